//! The time a recording takes.

use crate::{
    error::{Error, Problem},
    time::LAST,
};

/// The time a recording takes, without its end: two periods that touch do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub start: i64,
    /// Milliseconds since 1970-01-01T00:00:00Z, never before `start`. Equal to it for a recording of zero length.
    pub end: i64,
}

impl Period {
    /// Whether a capture agent could not record both: each starts before the other one ends. Opencast has had no safety margin
    /// between recordings since version 12. A recording of zero length overlaps those that are running at its moment.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && self.end > other.start
    }

    /// From `start` until `duration` milliseconds later.
    pub(crate) fn lasting(start: i64, duration: i64) -> Result<Self, Error> {
        let end = start.checked_add(duration).filter(|end| *end <= LAST);
        let end = end.ok_or(Error::new("duration", Problem::TooLong))?;
        Ok(Self { start, end })
    }

    /// From `start` until `end`.
    pub(crate) fn between(start: i64, end: i64) -> Result<Self, Error> {
        if end < start {
            return Err(Error::new("end", Problem::EndBeforeStart));
        }
        Ok(Self { start, end })
    }
}
