//! What can be wrong with a `scheduling` object. All of it is the client's to mend.

use crate::time::format_instant;

/// A `scheduling` object that cannot be followed. Its text is one sentence for the client that names the member at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{member}` {problem}")]
pub struct Error {
    /// The member at fault: `agent_id`, `start`, `end`, `duration`, `inputs` or `rrule`; `scheduling` if it is the object itself.
    pub member: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Error {
    pub(crate) fn new(member: &'static str, problem: Problem) -> Self {
        Self { member, problem }
    }

    pub(crate) fn rule(reason: impl Into<String>) -> Self {
        Self::new("rrule", Problem::Rule(reason.into()))
    }
}

/// What is wrong with a member of a `scheduling` object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Needed, but absent, null or blank.
    #[error("is missing: {0}")]
    Missing(&'static str),
    /// A JSON value of another type; the text names the expected one.
    #[error("must be {0}")]
    Type(&'static str),
    /// Not a date and time of ISO 8601.
    #[error("must be a date and time with an offset, such as 2018-03-27T16:00:00Z")]
    Date,
    /// A date and time that leaves open which point in time it is.
    #[error("has no offset from UTC: append Z or, for example, +02:00")]
    Offset,
    /// Outside of the years 1 to 9999.
    #[error("must lie in the years 1 to 9999")]
    Range,
    /// `end` is before `start`.
    #[error("must not be before `start`")]
    EndBeforeStart,
    /// `duration` is negative.
    #[error("must not be negative")]
    Negative,
    /// `start` + `duration` is after the year 9999.
    #[error("is too long: the recording must end before the year 10000")]
    TooLong,
    /// Not a usable recurrence rule; the text says which part.
    #[error("is not a usable recurrence rule: {0}")]
    Rule(String),
    /// The rule has no occurrence between `start` and `end`.
    #[error("has no occurrence between `start` and `end`")]
    NoOccurrence,
    /// More than [`MAX_OCCURRENCES`](crate::MAX_OCCURRENCES) occurrences.
    #[error(
        "has more than {} occurrences between `start` and `end`: shorten the time or use COUNT",
        crate::MAX_OCCURRENCES
    )]
    TooManyOccurrences,
    /// Two consecutive occurrences overlap: their starts.
    #[error("is longer than the time between the occurrences at {} and {}", format_instant(*first), format_instant(*second))]
    Overlap {
        /// Start of the earlier one.
        first: i64,
        /// Start of the later one, before the end of the earlier.
        second: i64,
    },
}
