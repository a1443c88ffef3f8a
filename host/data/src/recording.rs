//! Recordings: what capture agents say of the scheduled events that they record.
//!
//! Does not belong here: when an agent is booked ([`crate::scheduling`]), and writing ([`crate::write`]).

/// The state with which everything that was recorded has arrived.
pub const UPLOADED: &str = "upload_finished";

/// The status of an event that is to be recorded, and of which nothing has happened yet.
pub const SCHEDULED: &str = "EVENTS.EVENTS.STATUS.SCHEDULED";

const RECORDING: &str = "EVENTS.EVENTS.STATUS.RECORDING";
const INGESTING: &str = "EVENTS.EVENTS.STATUS.INGESTING";
const FAILURE: &str = "EVENTS.EVENTS.STATUS.RECORDING_FAILURE";

/// The states that agents report, and the status of an event that no workflow has been started on.
pub const STATES: [(&str, &str); 12] = [
    ("unknown", SCHEDULED),
    ("capturing", RECORDING),
    ("capture_finished", RECORDING),
    ("capture_error", FAILURE),
    ("manifest", INGESTING),
    ("manifest_error", FAILURE),
    ("manifest_finished", INGESTING),
    ("compressing", INGESTING),
    ("compressing_error", FAILURE),
    ("uploading", INGESTING),
    (UPLOADED, INGESTING),
    ("upload_error", FAILURE),
];

/// The status that an event has by the state of its recording; none for a state that there is not.
pub fn status(state: &str) -> Option<&'static str> {
    STATES
        .iter()
        .find(|(known, _)| *known == state)
        .map(|(_, status)| *status)
}
