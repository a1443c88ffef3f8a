//! Numbers that there are several of, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Values by name, of which there are only so many: whoever comes later shares one. So what is invented by others, or is just a lot,
/// cannot fill memory. Finding one takes a lock that only a new name holds up.
#[derive(Debug)]
pub struct Table<V> {
    values: RwLock<BTreeMap<Arc<str>, Arc<V>>>,
    room: usize,
    rest: Arc<str>,
}

impl<V> Table<V> {
    /// A table with room for so many names; what finds no room is counted under the name `rest`.
    pub fn new(room: usize, rest: &str) -> Self {
        Self {
            values: RwLock::default(),
            room,
            rest: rest.into(),
        }
    }

    /// The value of a name, which is made if it is new.
    pub fn get(&self, name: &str, make: impl FnOnce() -> V) -> Arc<V> {
        if let Some(value) = self.known(name) {
            return value;
        }
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let has_room = values.len() < self.room || values.contains_key(name);
        let name = if has_room { name.into() } else { Arc::clone(&self.rest) };
        Arc::clone(values.entry(name).or_insert_with(|| Arc::new(make())))
    }

    /// All values, by name.
    pub fn all(&self) -> Vec<(Arc<str>, Arc<V>)> {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        values
            .iter()
            .map(|(name, value)| (Arc::clone(name), Arc::clone(value)))
            .collect()
    }

    fn known(&self, name: &str) -> Option<Arc<V>> {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        let value = values.get(name);
        let rest = || (values.len() >= self.room).then(|| values.get(&self.rest)).flatten();
        value.or_else(rest).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counter;

    #[test]
    fn a_name_has_one_value() {
        let table = Table::new(10, "rest");
        for name in ["b", "a", "b"] {
            table.get(name, Counter::default).increment();
        }
        let all = table
            .all()
            .into_iter()
            .map(|(name, count)| (name.to_string(), count.get()));
        assert_eq!(all.collect::<Vec<_>>(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    }

    #[test]
    fn who_finds_no_room_shares() {
        let table = Table::new(2, "rest");
        for number in 0..100 {
            table.get(&number.to_string(), Counter::default).increment();
        }
        table.get("0", Counter::default).increment();
        let all = table
            .all()
            .into_iter()
            .map(|(name, count)| (name.to_string(), count.get()));
        let expected = [("0".to_owned(), 2), ("1".to_owned(), 1), ("rest".to_owned(), 98)];
        assert_eq!(all.collect::<Vec<_>>(), expected);
    }
}
