//! What handlers have written of objects, kept for those who ask for the same objects next.
//!
//! Pages of lists are asked for over and over, and objects rarely change in between. What is kept of an object is found under everything that it
//! follows from: the opening of the tenant's database, handler and version, form, identifier, and the commit that changed the object last. So
//! nothing has to be taken out when something changes; it is not asked for any more, and makes room in time.
//!
//! Does not belong here: who may see what. Texts are looked up for objects that somebody may read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blake3::Hasher;
use lectern_data::model::Sequence;
use lru::LruCache;

/// What a text takes besides itself, about.
const OVERHEAD: usize = 128;

/// Renderings of all tenants of a process, within so many bytes.
pub(crate) struct Renderings {
    limit: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    texts: LruCache<Key, Arc<str>>,
    bytes: usize,
}

type Key = [u8; 16];

/// One way in which one handler writes the objects of one collection of an open database.
pub(crate) struct Form(Hasher);

impl Form {
    /// The form with these names.
    pub(crate) fn new(opening: u64, collection: &str, form: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(&opening.to_le_bytes());
        for part in [collection, form] {
            // With its length in front, no part can look like the end of the one before.
            hasher.update(&part.len().to_le_bytes()).update(part.as_bytes());
        }
        Self(hasher)
    }

    fn key(&self, identifier: &str, sequence: Sequence) -> Key {
        let mut hasher = self.0.clone();
        hasher.update(&sequence.to_le_bytes()).update(identifier.as_bytes());
        let mut key = Key::default();
        hasher.finalize_xof().fill(&mut key);
        key
    }
}

impl Renderings {
    /// Keeps at most so many bytes; none with 0.
    pub(crate) fn new(limit: usize) -> Self {
        let kept = Kept {
            texts: LruCache::unbounded(),
            bytes: 0,
        };
        Self {
            limit,
            kept: Mutex::new(kept),
        }
    }

    /// What is kept of these objects, in their order.
    pub(crate) fn get<'o>(
        &self,
        form: &Form,
        objects: impl Iterator<Item = (&'o str, Sequence)>,
    ) -> Vec<Option<Arc<str>>> {
        let keys: Vec<Key> = objects
            .map(|(identifier, sequence)| form.key(identifier, sequence))
            .collect();
        let mut kept = self.kept();
        keys.iter().map(|key| kept.texts.get(key).cloned()).collect()
    }

    /// Keeps what was written of objects.
    pub(crate) fn put(&self, form: &Form, written: Vec<(String, Sequence, String)>) {
        for (identifier, sequence, text) in written {
            let size = text.len() + OVERHEAD;
            // One text never drives out more than a few others.
            if size > self.limit / 16 {
                continue;
            }
            let key = form.key(&identifier, sequence);
            let mut kept = self.kept();
            kept.bytes += size;
            if let Some(former) = kept.texts.put(key, text.into()) {
                kept.bytes -= former.len() + OVERHEAD;
            }
            while kept.bytes > self.limit {
                let Some((_, oldest)) = kept.texts.pop_lru() else { break };
                kept.bytes -= oldest.len() + OVERHEAD;
            }
        }
    }

    /// Whether anything is kept at all.
    pub(crate) fn are_kept(&self) -> bool {
        self.limit > 0
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(renderings: &Renderings, form: &Form, identifier: &str, sequence: u64, text: &str) {
        renderings.put(form, vec![(identifier.to_owned(), sequence, text.to_owned())]);
    }

    fn get(renderings: &Renderings, form: &Form, identifier: &str, sequence: u64) -> Option<String> {
        let found = renderings.get(form, [(identifier, sequence)].into_iter());
        found.into_iter().next().flatten().map(|text| text.to_string())
    }

    #[test]
    fn a_text_is_found_under_all_that_it_follows_from_and_under_nothing_else() {
        let renderings = Renderings::new(1 << 20);
        let form = Form::new(1, "events", "a");
        put(&renderings, &form, "e", 7, "written");
        assert_eq!(get(&renderings, &form, "e", 7).as_deref(), Some("written"));
        assert_eq!(get(&renderings, &form, "e", 8), None);
        assert_eq!(get(&renderings, &form, "f", 7), None);
        for other in [
            Form::new(2, "events", "a"),
            Form::new(1, "series", "a"),
            Form::new(1, "events", "b"),
            Form::new(1, "event", "sa"),
        ] {
            assert_eq!(get(&renderings, &other, "e", 7), None);
        }
        put(&renderings, &form, "e", 7, "written again");
        assert_eq!(get(&renderings, &form, "e", 7).as_deref(), Some("written again"));
    }

    #[test]
    fn what_was_not_asked_for_longest_makes_room() {
        let renderings = Renderings::new(32 * (OVERHEAD + 100));
        let form = Form::new(1, "events", "");
        let text = "x".repeat(100);
        for sequence in 0..32 {
            put(&renderings, &form, "e", sequence, &text);
        }
        assert!(get(&renderings, &form, "e", 0).is_some());
        put(&renderings, &form, "e", 32, &text);
        assert!(get(&renderings, &form, "e", 1).is_none());
        for sequence in [0, 2, 31, 32] {
            assert!(get(&renderings, &form, "e", sequence).is_some(), "{sequence}");
        }
        for sequence in 0..1000 {
            put(&renderings, &form, "f", sequence, &text);
        }
        assert!(renderings.kept().bytes <= renderings.limit);
        assert_eq!(renderings.kept().texts.len(), 32);
    }

    #[test]
    fn what_is_too_long_and_anything_without_room_is_not_kept() {
        let form = Form::new(1, "events", "");
        let renderings = Renderings::new(16_000);
        put(&renderings, &form, "e", 1, &"x".repeat(1000));
        assert!(get(&renderings, &form, "e", 1).is_none());
        let none = Renderings::new(0);
        put(&none, &form, "e", 1, "");
        assert!(get(&none, &form, "e", 1).is_none() && !none.are_kept());
    }
}
