//! An agent records one thing at a time, unless an administrator says otherwise.

use super::*;

#[test]
fn one_conflict_refuses_all_and_lists_what_is_in_the_way() {
    let tenant = tenant();
    let second = one(&tenant, &an_hour("hall", MONDAY + 24 * HOUR));
    tenant.write(&admin(), &[update("events", &second, &[text("title", "Tuesday")])]);
    let week = json!({
        "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "end": "2019-05-24T19:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=16;BYMINUTE=30",
    });
    let error = schedule(&tenant, &admin(), &week, &[]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "scheduling"));
    let document: Json = serde_json::from_str(&error.document).unwrap();
    let expected = json!([{ "start": "2019-05-21T16:00:00Z", "end": "2019-05-21T17:00:00Z", "title": "Tuesday" }]);
    assert_eq!(document, expected);
    assert_eq!(tenant.number("SELECT count(*) FROM event"), 1);
}

#[test]
fn bookings_that_touch_and_bookings_of_other_agents_are_no_conflict() {
    let tenant = tenant();
    one(&tenant, &an_hour("hall", MONDAY));
    one(&tenant, &an_hour("hall", MONDAY + HOUR));
    one(&tenant, &an_hour("hall", MONDAY - HOUR));
    one(&tenant, &an_hour("lab", MONDAY + 1));
    for start in [MONDAY - 1, MONDAY + 1] {
        assert!(schedule(&tenant, &admin(), &an_hour("hall", start), &[]).is_err());
    }
    let nothing = json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "duration": 0 });
    one(&tenant, &nothing);
}

#[test]
fn an_event_occupies_its_agent_whatever_became_of_it_until_it_is_deleted() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    tenant.sql("UPDATE event SET status = 'EVENTS.EVENTS.STATUS.PROCESSED', processing_state = 'SUCCEEDED'");
    assert!(schedule(&tenant, &admin(), &an_hour("hall", MONDAY), &[]).is_err());
    tenant.write(&admin(), &[delete("events", &event)]);
    one(&tenant, &an_hour("hall", MONDAY));
}

#[test]
fn the_title_of_an_event_in_the_way_is_only_told_to_who_may_read_it() {
    let tenant = tenant();
    one(&tenant, &an_hour("hall", MONDAY));
    for (session, title) in [(admin(), "Analysis"), (user(&["B"]), "Analysis"), (user(&["C"]), "")] {
        let error = schedule(&tenant, &session, &an_hour("hall", MONDAY), &[]).unwrap_err();
        assert_eq!(titles(&error), [title]);
        assert!(error.document.contains("2019-05-20T16:00:00Z"));
    }
}

#[test]
fn only_scheduling_moves_a_booking() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    let fields = [number("start", 0), number("duration", 1), text("location", "Elsewhere")];
    tenant.write(&admin(), &[update("events", &event, &fields)]);
    assert_eq!(period(&tenant, &event), [MONDAY, MONDAY + HOUR]);
    assert_eq!(values(&tenant, &event, &["agent_id"]), [text_of("hall")]);
    // A change without an agent leaves the location alone.
    tenant.write(&admin(), &[reschedule(&event, &json!({ "duration": HOUR }))]);
    assert_eq!(
        values(&tenant, &event, &["location", "start"]),
        [text_of("Elsewhere"), Value::Number(MONDAY)]
    );
}

#[test]
fn an_event_is_never_in_its_own_way() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    let next = one(&tenant, &an_hour("hall", MONDAY + HOUR));
    tenant.write(&admin(), &[update("events", &next, &[text("title", "Next")])]);
    let earlier = json!({ "start": "2019-05-20T15:30:00Z", "end": "2019-05-20T16:30:00Z" });
    tenant.write(&admin(), &[reschedule(&event, &earlier)]);
    let longer = json!({ "duration": 2 * HOUR });
    let error = tenant.try_write(&admin(), &[reschedule(&event, &longer)]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "scheduling"));
    assert_eq!(titles(&error), ["Next"]);
    assert_eq!(period(&tenant, &event), [MONDAY - HOUR / 2, MONDAY + HOUR / 2]);
}

#[test]
fn conflicts_are_allowed_to_administrators_who_ask_for_it() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    one(&tenant, &an_hour("hall", MONDAY + HOUR));
    let longer = reschedule(&event, &json!({ "duration": 2 * HOUR }));
    let allowing = allowing_conflicts(longer.clone());
    for (session, change) in [
        (admin(), longer.clone()),
        (user(&["A"]), longer),
        (user(&["A"]), allowing.clone()),
    ] {
        assert_eq!(
            tenant.try_write(&session, &[change]).unwrap_err().reason,
            Reason::Conflict
        );
    }
    tenant.write(&admin(), &[allowing]);
    assert_eq!(period(&tenant, &event), [MONDAY, MONDAY + 2 * HOUR]);
}
