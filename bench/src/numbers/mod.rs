//! The measurements, by what they are about.
//!
//! Where two things are compared, they are measured in turns, five times each, and the medians count. Times are those of a client
//! on the same machine, in a process of its own.

mod memory;
mod native;
mod reads;
mod start;
mod writes;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::data::{Dataset, HOST, Size};
use crate::http::Asked;
use crate::load::Pace;
use crate::server::Server;
use crate::statistics::median;
use crate::table::Row;

/// How often two things are measured in turns.
pub const ROUNDS: usize = 5;

/// What a page with everything is asked for with.
pub const EVERYTHING: &str = "withacl=true&withmetadata=true&withscheduling=true&withpublications=true";

/// A number that is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
#[allow(
    missing_docs,
    reason = "the numbers have no other names; what they are is said where they are measured"
)]
pub enum Number {
    #[value(name = "P1")]
    P1,
    #[value(name = "P2")]
    P2,
    #[value(name = "P3")]
    P3,
    #[value(name = "P4")]
    P4,
    #[value(name = "P5")]
    P5,
    #[value(name = "P6")]
    P6,
    #[value(name = "P7")]
    P7,
    #[value(name = "P8")]
    P8,
    #[value(name = "P9")]
    P9,
    #[value(name = "P10")]
    P10,
    #[value(name = "P11")]
    P11,
}

impl Number {
    /// All of them.
    pub const ALL: [Number; 11] = [
        Number::P1,
        Number::P2,
        Number::P3,
        Number::P4,
        Number::P5,
        Number::P6,
        Number::P7,
        Number::P8,
        Number::P9,
        Number::P10,
        Number::P11,
    ];
}

/// What is measured, and with what.
pub struct Bench {
    /// Where data sets are kept.
    pub folder: PathBuf,
    /// The server.
    pub lectern: PathBuf,
    /// The server whose handlers are linked into it.
    pub native: PathBuf,
    /// The handler components.
    pub components: PathBuf,
    /// The data set that takes the place of all others.
    pub size: Option<Size>,
}

impl Bench {
    /// Measures a number.
    pub fn measure(&self, number: Number) -> Result<Vec<Row>> {
        match number {
            Number::P1 => native::single_event(self),
            Number::P2 => reads::page(self),
            Number::P3 => reads::growth(self),
            Number::P4 => reads::roles(self),
            Number::P5 => writes::access_list(self),
            Number::P6 => writes::schedule(self),
            Number::P7 => reads::walk(self),
            Number::P8 => start::instance(self),
            Number::P9 => memory::tenants(self),
            Number::P10 => writes::updates(self),
            Number::P11 => reads::text(self),
        }
    }

    /// The data set of this size, unless another one is to be measured on.
    pub fn dataset(&self, size: Size) -> Result<Dataset> {
        Dataset::of(&self.folder, self.size.unwrap_or(size))
    }

    /// A server on a data folder.
    pub fn serve(&self, data: &std::path::Path, arguments: &[&str]) -> Result<Server> {
        Server::lectern(&self.lectern, data, &self.cache(), arguments)
    }

    /// Where compiled components are kept.
    pub fn cache(&self) -> PathBuf {
        self.folder.join("cache")
    }
}

/// What a user of the data set asks.
pub fn get(user: &str, target: &str) -> Asked {
    Asked::get(HOST, user, target)
}

/// How long a single client waits for an answer, in microseconds: the median.
pub fn latency(server: &Server, requests: &[Asked], times: u64) -> Result<f64> {
    Ok(server.load(requests, 1, Pace::Times(times))?.p50)
}

/// The medians of what two things take, measured in turns.
pub fn in_turns(mut one: impl FnMut() -> Result<f64>, mut other: impl FnMut() -> Result<f64>) -> Result<(f64, f64)> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ones.push(one()?);
        others.push(other()?);
    }
    Ok((median(ones), median(others)))
}
