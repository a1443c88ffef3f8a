//! The conflicts of capture agents against a plain model: random recordings that are scheduled, moved and deleted, checked by going
//! through all that there are.

use crate::support::*;
use lectern_data::model::*;
use lectern_scheduling::format_instant;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

const AGENTS: [&str; 2] = ["hall", "lab"];

#[derive(Debug, Clone)]
enum Step {
    /// Gaps and lengths of recordings, one after the other.
    Schedule {
        agent: &'static str,
        start: i64,
        recordings: Vec<(i64, i64)>,
    },
    Reschedule {
        event: usize,
        agent: Option<&'static str>,
        start: Option<i64>,
        length: i64,
        by_end: bool,
        allow_conflict: bool,
        administrator: bool,
    },
    Delete {
        event: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Booking {
    start: i64,
    end: i64,
    title: String,
    agent: &'static str,
}

fn step() -> impl Strategy<Value = Step> {
    let agent = || select(AGENTS.to_vec());
    // Few moments, so that bookings often overlap, touch and are the same; half a second, so that fractions count.
    let moment = || (0_i64..40).prop_map(|half_seconds| half_seconds * 500);
    let length = || (0_i64..6).prop_map(|half_seconds| half_seconds * 500);
    let schedule =
        (agent(), moment(), vec((length(), length()), 1..4)).prop_map(|(agent, start, recordings)| Step::Schedule {
            agent,
            start,
            recordings,
        });
    let reschedule = (
        any::<usize>(),
        prop::option::of(agent()),
        prop::option::of(moment()),
        length(),
        any::<(bool, bool, bool)>(),
    );
    let reschedule = reschedule.prop_map(
        |(event, agent, start, length, (by_end, allow_conflict, administrator))| Step::Reschedule {
            event,
            agent,
            start,
            length,
            by_end,
            allow_conflict,
            administrator,
        },
    );
    prop_oneof![3 => schedule, 3 => reschedule, 1 => any::<usize>().prop_map(|event| Step::Delete { event })]
}

/// What of the bookings is in the way of others at these times.
fn in_the_way(bookings: &[Booking], except: Option<&str>, agent: &str, periods: &[(i64, i64)]) -> Vec<Booking> {
    let mut found: Vec<_> = bookings
        .iter()
        .filter(|booking| booking.agent == agent && Some(booking.title.as_str()) != except)
        .filter(|booking| {
            periods
                .iter()
                .any(|(start, end)| booking.start < *end && booking.end > *start)
        })
        .cloned()
        .collect();
    found.sort();
    found
}

/// The refusal and the model agree.
fn check(outcome: Result<Sequence, Error>, expected: &[Booking]) -> Result<bool, TestCaseError> {
    match outcome {
        Ok(_) => {
            prop_assert_eq!(expected, &[]);
            Ok(true)
        }
        Err(error) => {
            prop_assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "scheduling"));
            let listed = |booking: &Booking| json!({ "start": format_instant(booking.start), "end": format_instant(booking.end), "title": booking.title });
            let mut expected: Vec<_> = expected.iter().map(|booking| listed(booking).to_string()).collect();
            let document: Vec<serde_json::Value> = serde_json::from_str(&error.document).unwrap();
            let mut document: Vec<_> = document.iter().map(ToString::to_string).collect();
            // Of those at the same time any may come first.
            expected.sort();
            document.sort();
            prop_assert_eq!(document, expected);
            Ok(false)
        }
    }
}

fn stored(tenant: &Tenant) -> Vec<Booking> {
    let mut query = query("events");
    query.fields = ["technical_start", "technical_end", "title", "agent_id"]
        .map(str::to_owned)
        .to_vec();
    let number = |value: &Value| match value {
        Value::Number(number) => *number,
        other => panic!("{other:?}"),
    };
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let page = tenant.find(&admin(), &query);
    let mut stored: Vec<_> = page
        .items
        .iter()
        .map(|item| Booking {
            start: number(&item.values[0]),
            end: number(&item.values[1]),
            title: text(&item.values[2]),
            agent: AGENTS
                .into_iter()
                .find(|agent| *agent == text(&item.values[3]))
                .unwrap(),
        })
        .collect();
    stored.sort();
    stored
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn an_agent_is_booked_exactly_when_the_model_says_so(steps in vec(step(), 1..25)) {
        let tenant = Tenant::new();
        tenant.sql("INSERT INTO capture_agent (name, timezone, inputs) VALUES ('hall', 'UTC', ''), ('lab', 'UTC', '')");
        let mut bookings: Vec<Booking> = Vec::new();
        let mut made = 0;
        for step in steps {
            match step {
                Step::Schedule { agent, start, recordings } => {
                    let mut at = start;
                    let periods: Vec<_> = recordings.iter().map(|(gap, length)| {
                        let start = at + gap;
                        at = start + length;
                        (start, at)
                    }).collect();
                    let new: Vec<Booking> = periods.iter().map(|(start, end)| {
                        made += 1;
                        Booking { start: *start, end: *end, title: format!("e{made}"), agent }
                    }).collect();
                    let schedule = Schedule {
                        agent: agent.to_owned(),
                        inputs: Vec::new(),
                        recordings: new.iter().map(|booking| Recording {
                            identifier: booking.title.clone(),
                            title: Some(booking.title.clone()),
                            start: booking.start,
                            end: booking.end,
                        }).collect(),
                    };
                    let change = Change::Schedule {
                        schedule, fields: Vec::new(), acl: Some(acl(&["A read", "A write"])), processing: None,
                    };
                    let expected = in_the_way(&bookings, None, agent, &periods);
                    if check(tenant.try_write(&user(&["A"]), &[change]), &expected)? {
                        bookings.extend(new);
                    }
                }
                Step::Reschedule { event, agent, start, length, by_end, allow_conflict, administrator } => {
                    if bookings.is_empty() {
                        continue;
                    }
                    let position = event % bookings.len();
                    let moved = bookings[position].clone();
                    let new_start = start.unwrap_or(moved.start);
                    let moved = Booking {
                        start: new_start, end: new_start + length, agent: agent.unwrap_or(moved.agent), title: moved.title,
                    };
                    let mut scheduling = json!({});
                    if let Some(agent) = agent {
                        scheduling["agent_id"] = json!(agent);
                    }
                    if let Some(start) = start {
                        scheduling["start"] = json!(format_instant(start));
                    }
                    if by_end {
                        scheduling["end"] = json!(format_instant(moved.end));
                    } else {
                        scheduling["duration"] = json!(length);
                    }
                    let change = Change::Reschedule {
                        event: moved.title.clone(), scheduling: scheduling.to_string(), allow_conflict,
                    };
                    let expected = if allow_conflict && administrator {
                        Vec::new()
                    } else {
                        in_the_way(&bookings, Some(&moved.title), moved.agent, &[(moved.start, moved.end)])
                    };
                    let session = if administrator { admin() } else { user(&["A"]) };
                    if check(tenant.try_write(&session, &[change]), &expected)? {
                        bookings[position] = moved;
                    }
                }
                Step::Delete { event } => {
                    if !bookings.is_empty() {
                        let gone = bookings.remove(event % bookings.len());
                        tenant.write(&user(&["A"]), &[delete("events", &gone.title)]);
                    }
                }
            }
            bookings.sort();
            prop_assert_eq!(&stored(&tenant), &bookings);
        }
    }
}
