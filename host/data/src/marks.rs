//! Sets of row ids that a statement can test for membership, and find.

use std::fmt;

/// Larger ids are not kept: no tenant has had that many objects, and a damaged file must not make a set take all memory.
const LARGEST: usize = 1 << 26;

/// A set of row ids with a byte for each id up to the largest. As a parameter, a statement tests it with [`Marks::TEST`] in about
/// a tenth of a microsecond, whatever the set's size; there is no cheaper test that both rusqlite and `spin:sqlite` can do.
#[derive(Default, Clone)]
pub struct Marks(Vec<u8>);

impl Marks {
    /// What follows the id in a condition such as `substr(?, id + 1, 1) = x'01'`.
    pub const TEST: &str = " + 1, 1) = x'01'";

    /// Adds an id. What cannot be a row id is left out.
    pub fn insert(&mut self, id: i64) {
        let Ok(index) = usize::try_from(id) else { return };
        if let Some(mark) = self.0.get_mut(index) {
            *mark = 1;
        } else if index <= LARGEST {
            self.0.resize(index + 1, 0);
            self.insert(id);
        }
    }

    /// Removes an id.
    pub fn remove(&mut self, id: i64) {
        if let Some(mark) = usize::try_from(id).ok().and_then(|index| self.0.get_mut(index)) {
            *mark = 0;
        }
    }

    /// Removes what is not in the other set.
    pub fn intersect(&mut self, other: &Marks) {
        self.0.truncate(other.0.len());
        for (mark, other) in self.0.iter_mut().zip(&other.0) {
            *mark &= other;
        }
    }

    /// Adds what is in the other set.
    pub fn unite(&mut self, other: &Marks) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mark, other) in self.0.iter_mut().zip(&other.0) {
            *mark |= other;
        }
    }

    /// How many ids there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|mark| usize::from(*mark)).sum()
    }

    /// The ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        (0..).zip(&self.0).filter(|(_, mark)| **mark == 1).map(|(id, _)| id)
    }

    /// The set as a parameter.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The set that [`bytes`](Self::bytes) has been of.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Marks(bytes)
    }

    /// The bytes of the set, which is not needed any more.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Marks({} bytes)", self.0.len())
    }
}

/// A set of row ids with a bit for each id up to the largest: to be kept, and not for statements.
#[derive(Debug, Default)]
pub struct PackedMarks(Vec<u8>);

impl PackedMarks {
    /// How many ids are in both sets.
    pub fn count_common(&self, marks: &Marks) -> usize {
        let has = |id: &i64| {
            let index = usize::try_from(*id).unwrap_or(usize::MAX);
            self.0.get(index / 8).is_some_and(|bits| bits >> (index % 8) & 1 == 1)
        };
        marks.ids().filter(has).count()
    }
}

impl From<&Marks> for PackedMarks {
    fn from(marks: &Marks) -> Self {
        let pack = |marks: &[u8]| (0..).zip(marks).fold(0, |bits, (place, mark)| bits | mark << place);
        PackedMarks(marks.0.chunks(8).map(pack).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[i64]) -> Marks {
        let mut marks = Marks::default();
        ids.iter().for_each(|id| marks.insert(*id));
        marks
    }

    #[test]
    fn sets_that_are_kept_have_the_same_ids() {
        let kept = PackedMarks::from(&set(&[0, 7, 8, 15, 16, 1000]));
        assert_eq!(
            kept.count_common(&set(&[0, 1, 7, 8, 9, 15, 16, 17, 1000, 1001, 9000])),
            6
        );
        assert_eq!(kept.count_common(&set(&[])), 0);
        assert_eq!(PackedMarks::default().count_common(&set(&[3])), 0);
    }

    #[test]
    fn ids_that_no_object_has_take_no_memory() {
        let mut marks = Marks::default();
        for id in [i64::MIN, -1, 3, LARGEST as i64 + 1, i64::MAX] {
            marks.insert(id);
        }
        assert_eq!(marks.ids().collect::<Vec<_>>(), [3]);
        assert_eq!((marks.count(), marks.bytes().len()), (1, 4));
    }

    #[test]
    fn sets_of_different_length_are_united_and_intersected() {
        let (short, long) = (set(&[1, 2]), set(&[2, 9]));
        for (one, other) in [(&short, &long), (&long, &short)] {
            let (mut united, mut common) = (one.clone(), one.clone());
            united.unite(other);
            common.intersect(other);
            assert_eq!(united.ids().collect::<Vec<_>>(), [1, 2, 9]);
            assert_eq!(common.ids().collect::<Vec<_>>(), [2]);
        }
    }
}
