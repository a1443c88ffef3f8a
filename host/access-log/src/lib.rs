//! Access logs: what a line says, and whether the request in it is part of a view of an event.
//!
//! - [`parse`]: a line of nginx or Apache (`common`, `combined`, also with the virtual host in front), or of `lectern serve`;
//! - [`viewed`]: the event that a request shows somebody.
//!
//! Lines are what strangers have sent: whatever they are, they are read or left out.
//!
//! Does not belong here: files, and counting (`lectern-data`).

mod combined;
mod own;
mod view;

pub use view::viewed;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The client's address, or what the log has in its place.
    pub client: String,
    /// What the client says that it is; empty if it says nothing, none if the log does not have it.
    pub agent: Option<String>,
    /// The tenant, if the log knows it.
    pub tenant: Option<String>,
    /// In upper case.
    pub method: String,
    /// As it was sent: still percent-encoded, with the query if there is one.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
}

/// Reads a line; none if it is about no request, or damaged.
pub fn parse(line: &str) -> Option<Request> {
    own::parse(line).or_else(|| combined::parse(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_line_is_read_or_left_out(line in ".*") {
            let _ = parse(&line).map(|request| viewed(&request));
        }

        #[test]
        fn almost_lines_are_read_or_left_out(
            line in "(::1 - - )?\\[?(10/Oct/2000:13:55:36 -0700)?\\]? \"?(GET|HEAD)? ?(/static/a%2/b/c.mp4|/play/x)?( HTTP/1.1)?\"? (200|9{0,9})? ?(\\\\|\"|x|\\[|=| ){0,20}"
        ) {
            let _ = parse(&line).map(|request| viewed(&request));
        }

        #[test]
        fn almost_lines_of_json_are_read_or_left_out(
            line in "x?\\{(\"(time|target|client|method|path|status)\":(\"(lectern::access|2026-11-26T02:00:00Z|/play/x|\\\\u[0-9d]{0,4})\"|[0-9]{1,6}|\\{),?){0,7}\\}?"
        ) {
            let _ = parse(&line).map(|request| viewed(&request));
        }

        #[test]
        fn almost_own_lines_are_read_or_left_out(
            line in "(2026-11-26T02:00:00Z)?  INFO lectern::access: ((client|path|status|agent|tenant|method|)=(\"|\\\\|[a-z0-9/ ]){0,9} ?){0,9}"
        ) {
            let _ = parse(&line).map(|request| viewed(&request));
        }
    }
}
