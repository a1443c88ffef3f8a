//! How the data layer words its refusals.

use crate::model::{Error, Reason};
use crate::sql::{Failure, SqlError};
use std::fmt;

impl Error {
    /// A refusal without details.
    pub fn new(reason: Reason, subject: &str, message: impl Into<String>) -> Self {
        Error {
            reason,
            message: message.into(),
            subject: subject.to_owned(),
            document: String::new(),
        }
    }

    /// The input does not fit the data; `subject` is the part at fault.
    pub fn invalid(subject: &str, message: impl Into<String>) -> Self {
        Error::new(Reason::Invalid, subject, message)
    }

    /// The store is damaged; `message` is for the operator.
    pub fn fault(message: impl Into<String>) -> Self {
        Error::new(Reason::Fault, "", message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        match error.failure {
            Failure::Busy => Error::new(Reason::Busy, "", "The store is busy; try again in a moment."),
            Failure::Full => Error::new(Reason::Full, "", "There is no room to store the change."),
            // Whatever the schema constrains is checked before it is written.
            Failure::Constraint | Failure::Other => Error::fault(error.message),
        }
    }
}
