//! Trials that really break things: each runs against servers of its own, counts what was lost, and gives figures that have to be
//! reached.
//!
//! `cargo xtask torture` runs them at length and prints the figures as a table. `cargo xtask test` runs the same trials for a few
//! seconds, see `tests/torture.rs`; there no figure depends on how fast the machine is.

use std::fmt;

pub mod durability;
pub mod hot_swap;
pub mod isolation;
pub mod monitoring;

/// How much a trial does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few seconds, for every run of the tests. Nothing is measured that depends on time.
    Short,
    /// Minutes, with everything measured.
    Long,
}

impl Size {
    /// One of two amounts.
    pub fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

/// What came out of a trial, and what has to.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was counted or measured.
    pub what: String,
    /// The outcome, with its unit.
    pub measured: String,
    /// What it has to be.
    pub to_reach: String,
    /// Whether it is.
    pub reached: bool,
}

impl Figure {
    /// A count that has to be this one.
    pub fn exactly(what: &str, measured: u64, expected: u64) -> Self {
        Self {
            what: what.to_owned(),
            measured: measured.to_string(),
            to_reach: expected.to_string(),
            reached: measured == expected,
        }
    }

    /// A figure that may not be smaller.
    pub fn at_least(what: &str, measured: f64, least: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{measured:.2} {unit}").trim_end().to_owned(),
            to_reach: format!("≥ {least} {unit}").trim_end().to_owned(),
            reached: measured >= least,
        }
    }

    /// A figure that may not be larger.
    pub fn at_most(what: &str, measured: f64, most: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: format!("{measured:.2} {unit}").trim_end().to_owned(),
            to_reach: format!("≤ {most} {unit}").trim_end().to_owned(),
            reached: measured <= most,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.reached { "reached" } else { "MISSED" };
        write!(
            f,
            "{:<72} {:>16} {:>16}  {verdict}",
            self.what, self.measured, self.to_reach
        )
    }
}

/// Something that is tried.
pub struct Trial {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is done, in one sentence.
    pub about: &'static str,
    /// Does it.
    pub run: fn(Size) -> Vec<Figure>,
}

/// All trials.
pub const TRIALS: &[Trial] = &[
    Trial {
        name: "flood",
        about: "One tenant floods; another one's single client goes on asking.",
        run: isolation::flood,
    },
    Trial {
        name: "overload",
        about: "Four times the requests that the server can answer.",
        run: isolation::overload,
    },
    Trial {
        name: "kill",
        about: "A server is killed at random moments while clients write.",
        run: durability::kill,
    },
    Trial {
        name: "swaps",
        about: "Two versions of a handler take each other's place while it is asked without a pause.",
        run: hot_swap::swaps,
    },
    Trial {
        name: "watched",
        about: "The same requests untold, logged and counted, and followed as well.",
        run: monitoring::watched,
    },
];

/// The trial of this name.
pub fn trial(name: &str) -> Option<&'static Trial> {
    TRIALS.iter().find(|trial| trial.name == name)
}
