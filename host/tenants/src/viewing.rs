//! Views that logs tell of.
//!
//! Does not belong here: counting and calendars (`lectern-data`), what logs look like (`lectern-access-log`).

use lectern_data::statistics::Seen;

/// How long requests for an event from one client are the same view, in milliseconds. The periods are those of the clock and not of the
/// client, so that it does not matter in which order logs become known.
const WINDOW: i64 = 6 * 60 * 60 * 1000;

/// A request by which somebody watched an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewing {
    /// The event's identifier.
    pub event: String,
    /// The client's address.
    pub client: String,
    /// What the client says that it is; may be empty.
    pub agent: String,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
}

/// The request as a part of a view. Who the client is cannot be found out from it without the tenant's secret.
pub(crate) fn seen(secret: &[u8], viewing: &Viewing) -> Seen {
    let Viewing {
        event,
        client,
        agent,
        at_ms,
    } = viewing;
    let mut hasher = blake3::Hasher::new_derive_key("lectern 2026-11-26 views");
    let window = at_ms.div_euclid(WINDOW).to_be_bytes();
    for part in [secret, &window, event.as_bytes(), client.as_bytes(), agent.as_bytes()] {
        // The length keeps apart what would otherwise run together.
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let hash = hasher.finalize();
    let (first, _) = hash.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
    Seen {
        key: i64::from_be_bytes(*first),
        event: event.clone(),
        at_ms: *at_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_client_for_one_event_within_a_window_are_one_view() {
        let with = |secret: &[u8], event: &str, client: &str, agent: &str, at_ms| {
            let viewing = Viewing {
                event: event.to_owned(),
                client: client.to_owned(),
                agent: agent.to_owned(),
                at_ms,
            };
            seen(secret, &viewing).key
        };
        let key = |event: &str, client: &str, agent: &str, at_ms| with(b"s", event, client, agent, at_ms);
        let first = key("e", "192.0.2.7", "Firefox", WINDOW * 7);
        assert_eq!(first, key("e", "192.0.2.7", "Firefox", WINDOW * 8 - 1));
        for other in [
            key("f", "192.0.2.7", "Firefox", WINDOW * 7),
            key("e", "192.0.2.8", "Firefox", WINDOW * 7),
            key("e", "192.0.2.7", "Chrome", WINDOW * 7),
            key("e", "192.0.2.7", "Firefox", WINDOW * 8),
            with(b"t", "e", "192.0.2.7", "Firefox", WINDOW * 7),
        ] {
            assert_ne!(first, other);
        }
    }
}
