//! The `scheduling` object of a request.

use serde_json::{Map, Value};

use crate::{
    error::{Error, Problem},
    period::Period,
    time::parse_instant,
};

/// The `scheduling` object of `POST /api/events`, `POST /api/events/{id}` and `PUT /api/events/{id}/scheduling`. What is absent, `null`
/// or blank is `None`; members of other names are ignored.
///
/// ```json
/// {"agent_id": "ca24", "start": "2019-05-20T16:00:00Z", "end": "2019-06-10T19:00:00Z", "duration": 1080000,
///  "inputs": ["default"], "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=16;BYMINUTE=0"}
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The capture agent. Whether it exists is not checked here.
    pub agent_id: Option<String>,
    /// Start of the recording, or of the time in which the rule's occurrences lie; milliseconds since 1970-01-01T00:00:00Z.
    pub start: Option<i64>,
    /// End of the recording, or the last moment at which an occurrence may start; milliseconds since 1970-01-01T00:00:00Z.
    pub end: Option<i64>,
    /// Length of one recording in milliseconds, not negative.
    pub duration: Option<i64>,
    /// The agent's devices to record from, as sent.
    pub inputs: Option<Vec<String>>,
    /// A recurrence rule of RFC 5545, as sent.
    pub rrule: Option<String>,
}

impl Request {
    /// Reads the decoded object.
    ///
    /// Dates are ISO 8601 with any offset, seconds optional. `duration` is a whole number of milliseconds, as a number or as text.
    ///
    /// # Errors
    ///
    /// The first member with a value of another type or form. What has to be present is up to what the object is used for.
    pub fn from_json(scheduling: &Value) -> Result<Self, Error> {
        let Value::Object(members) = scheduling else {
            return Err(Error::new("scheduling", Problem::Type("a JSON object")));
        };
        Ok(Self {
            agent_id: text(members, "agent_id")?.map(str::to_owned),
            start: date(members, "start")?,
            end: date(members, "end")?,
            duration: duration(members)?,
            inputs: inputs(members)?,
            rrule: text(members, "rrule")?.map(str::to_owned),
        })
    }

    /// The capture agent, which creating needs.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn agent(&self) -> Result<&str, Error> {
        const REASON: &str = "name the capture agent that records";
        self.agent_id
            .as_deref()
            .ok_or(Error::new("agent_id", Problem::Missing(REASON)))
    }

    /// The period of an existing booking after this change. `rrule` has no meaning here.
    ///
    /// Without `start` the booking keeps its start; one of `end` and `duration` is needed, **`end` wins** over `duration` as it does
    /// upstream (in [`expand`](crate::expand), which creates, it is the other way round).
    ///
    /// # Errors
    ///
    /// Neither `end` nor `duration`, or an end before the start.
    pub fn changed(&self, booked: Period) -> Result<Period, Error> {
        let start = self.start.unwrap_or(booked.start);
        match (self.end, self.duration) {
            (Some(end), _) => Period::between(start, end),
            (None, Some(duration)) => Period::lasting(start, duration),
            (None, None) => Err(Error::new("end", Problem::Missing(END_OR_DURATION))),
        }
    }

    /// The period of a single recording to be created: **`duration` wins** over `end`.
    pub(crate) fn single(&self) -> Result<Period, Error> {
        const REASON: &str = "say when the recording starts";
        let start = self.start.ok_or(Error::new("start", Problem::Missing(REASON)))?;
        let until_end = self.end.map(|end| Period::between(start, end)).transpose()?;
        match self.duration {
            Some(duration) => Period::lasting(start, duration),
            None => until_end.ok_or(Error::new("end", Problem::Missing(END_OR_DURATION))),
        }
    }
}

const END_OR_DURATION: &str = "give either `end` or `duration`";

/// `None` for what clients leave empty when they have nothing to say.
fn present<'a>(members: &'a Map<String, Value>, member: &str) -> Option<&'a Value> {
    members.get(member).filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

fn text<'a>(members: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, Error> {
    match present(members, member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim())),
        Some(_) => Err(Error::new(member, Problem::Type("text"))),
    }
}

fn date(members: &Map<String, Value>, member: &'static str) -> Result<Option<i64>, Error> {
    text(members, member)?
        .map(|text| parse_instant(text).map_err(|problem| Error::new(member, problem)))
        .transpose()
}

fn duration(members: &Map<String, Value>) -> Result<Option<i64>, Error> {
    let milliseconds = match present(members, "duration") {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match milliseconds {
        None => Err(Error::new("duration", Problem::Type("a whole number of milliseconds"))),
        Some(..0) => Err(Error::new("duration", Problem::Negative)),
        Some(0..) => Ok(milliseconds),
    }
}

fn inputs(members: &Map<String, Value>) -> Result<Option<Vec<String>>, Error> {
    let Some(value) = present(members, "inputs") else {
        return Ok(None);
    };
    let names = value.as_array().and_then(|names| {
        let names = names.iter().map(|name| name.as_str().map(str::to_owned));
        names.collect::<Option<Vec<_>>>()
    });
    names
        .map(Some)
        .ok_or(Error::new("inputs", Problem::Type("an array of texts")))
}
