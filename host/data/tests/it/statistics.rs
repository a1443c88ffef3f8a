//! Statistics: views are counted once, and found by whom they concern.

use crate::support::{Tenant, admin, entry, event, series, text, user};
use lectern_data::model::{Error, Organization, Reason, Session};
use lectern_data::statistics::{
    Provider, Providers, Question, Recorded, Resolution, ResourceType, Seen, TIMEZONE, TimeSeries, answer, record,
    secret,
};

/// 2026-03-02T00:00:00Z, a Monday.
const MONDAY: i64 = 1_772_409_600_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn seen(key: i64, event: &str, at_ms: i64) -> Seen {
    Seen {
        key,
        event: event.to_owned(),
        at_ms,
    }
}

fn providers() -> Providers {
    let provider = |resource_type: ResourceType, is_running_total| Provider {
        identifier: format!(
            "{}{}",
            resource_type.as_str(),
            if is_running_total { "-total" } else { "" }
        ),
        title: String::new(),
        description: String::new(),
        resource_type,
        resolutions: vec![Resolution::Hourly, Resolution::Daily, Resolution::Yearly],
        is_running_total,
    };
    let all = ResourceType::ALL.map(|kind| provider(kind, false));
    all.into_iter()
        .chain([provider(ResourceType::Episode, true)])
        .map(|provider| (provider.identifier.clone(), provider))
        .collect()
}

fn question(provider: &str, resource: &str, (from, to): (i64, i64), resolution: &str) -> Question {
    Question {
        provider: provider.to_owned(),
        resource_type: provider.trim_end_matches("-total").to_owned(),
        resource_id: resource.to_owned(),
        from,
        to,
        resolution: resolution.to_owned(),
    }
}

fn values(series: &TimeSeries) -> Vec<f64> {
    series.buckets.iter().map(|(_, value)| *value).collect()
}

fn of_tenant(mut session: Session) -> Session {
    session.organization = Organization {
        identifier: "uni".to_owned(),
        ..Organization::default()
    };
    session
}

/// Two events of a series and one of none; students may read the first.
fn tenant() -> Tenant {
    let tenant = Tenant::new();
    let acl = vec![entry("ROLE_STUDENT", "read", true)];
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl.clone())),
            event("a", &[text("is_part_of", "s")], Some(acl)),
            event("b", &[text("is_part_of", "s")], Some(Vec::new())),
            event("c", &[], Some(Vec::new())),
        ],
    );
    tenant
}

fn ask(tenant: &Tenant, session: Session, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
    answer(&tenant.connection, &of_tenant(session), &providers(), questions)
}

const WEEK: (i64, i64) = (MONDAY, MONDAY + 7 * DAY - 1);

#[test]
fn views_are_counted_for_the_event_its_series_and_the_tenant() {
    let tenant = tenant();
    let recorded = record(
        &tenant.connection,
        &[
            seen(1, "a", MONDAY + HOUR),
            seen(2, "a", MONDAY + DAY),
            seen(3, "b", MONDAY + DAY),
            seen(4, "c", MONDAY + 6 * DAY),
            seen(5, "gone", MONDAY),
        ],
    );
    let expected = Recorded {
        views: 4,
        known: 0,
        unknown_events: 1,
    };
    assert_eq!(recorded.unwrap(), expected);
    let answers = ask(
        &tenant,
        admin(),
        &[
            question("episode", "a", WEEK, "daily"),
            question("series", "s", WEEK, "daily"),
            question("organization", "uni", WEEK, "daily"),
        ],
    )
    .unwrap();
    assert_eq!(values(&answers[0]), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(values(&answers[1]), [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(values(&answers[2]), [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let totals: Vec<Option<f64>> = answers.iter().map(|answer| answer.total).collect();
    assert_eq!(totals, [Some(2.0), Some(3.0), Some(4.0)]);
}

#[test]
fn a_view_counts_once_at_its_first_request_in_whatever_order_requests_become_known() {
    let requests = [
        seen(1, "a", MONDAY + 2 * HOUR),
        seen(1, "a", MONDAY + HOUR / 2),
        seen(1, "a", MONDAY + 3 * HOUR),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let tenant = tenant();
        for _ in 0..2 {
            record(&tenant.connection, &order.map(|position| requests[position].clone())).unwrap();
        }
        let question = question("series", "s", (MONDAY, MONDAY + 4 * HOUR - 1), "hourly");
        let answers = ask(&tenant, admin(), &[question]).unwrap();
        assert_eq!(values(&answers[0]), [1.0, 0.0, 0.0, 0.0], "{order:?}");
    }
}

#[test]
fn days_begin_where_the_tenant_is() {
    let tenant = tenant();
    tenant.set_property(TIMEZONE, "Europe/Berlin");
    record(&tenant.connection, &[seen(1, "a", MONDAY + 23 * HOUR)]).unwrap();
    let answers = ask(
        &tenant,
        admin(),
        &[question("episode", "a", (MONDAY, MONDAY + DAY), "daily")],
    )
    .unwrap();
    assert_eq!(values(&answers[0]), [0.0, 1.0]);
    let (first, _) = answers[0].buckets[0];
    assert_eq!((first.start, first.offset), (MONDAY - HOUR, 3600));
}

#[test]
fn a_running_total_counts_what_was_before() {
    let tenant = tenant();
    let requests = [
        seen(1, "a", MONDAY - DAY),
        seen(2, "a", MONDAY + HOUR),
        seen(3, "a", MONDAY + 2 * DAY),
    ];
    record(&tenant.connection, &requests).unwrap();
    let period = (MONDAY, MONDAY + 3 * DAY - 1);
    let answers = ask(&tenant, admin(), &[question("episode-total", "a", period, "daily")]).unwrap();
    assert_eq!((values(&answers[0]), answers[0].total), (vec![2.0, 2.0, 3.0], None));
}

#[test]
fn only_what_lies_in_the_period_counts() {
    let tenant = tenant();
    let requests = [
        seen(1, "a", MONDAY + HOUR),
        seen(2, "a", MONDAY + 5 * HOUR),
        seen(3, "a", MONDAY + 9 * HOUR),
    ];
    record(&tenant.connection, &requests).unwrap();
    let period = (MONDAY + 2 * HOUR, MONDAY + 9 * HOUR);
    let answers = ask(&tenant, admin(), &[question("episode", "a", period, "daily")]).unwrap();
    assert_eq!(values(&answers[0]), [1.0]);
}

#[test]
fn who_may_not_read_a_resource_learns_nothing_and_one_such_question_is_enough() {
    let tenant = tenant();
    let student = || user(&["ROLE_STUDENT"]);
    for allowed in [
        question("episode", "a", WEEK, "daily"),
        question("series", "s", WEEK, "daily"),
    ] {
        assert!(
            ask(&tenant, student(), std::slice::from_ref(&allowed)).is_ok(),
            "{allowed:?}"
        );
    }
    for denied in [
        question("episode", "b", WEEK, "daily"),
        question("episode", "gone", WEEK, "daily"),
        question("series", "gone", WEEK, "daily"),
        question("organization", "uni", WEEK, "daily"),
    ] {
        let questions = [question("episode", "a", WEEK, "daily"), denied];
        assert_eq!(ask(&tenant, student(), &questions).unwrap_err().reason, Reason::Denied);
    }
    let other = question("organization", "other", WEEK, "daily");
    assert_eq!(ask(&tenant, admin(), &[other]).unwrap_err().reason, Reason::Denied);
}

#[test]
fn what_a_provider_does_not_have_is_refused() {
    let tenant = tenant();
    let finer = |resource_type: &str| Question {
        resource_type: resource_type.to_owned(),
        ..question("series", "s", WEEK, "daily")
    };
    for (question, subject) in [
        (question("nonsense", "a", WEEK, "daily"), "provider"),
        (question("episode", "a", WEEK, "weekly"), "resolution"),
        (question("episode", "a", (0, MONDAY), "hourly"), "resolution"),
        (finer("organization"), "resource-type"),
        (finer("nonsense"), "resource-type"),
    ] {
        let error = ask(&tenant, admin(), &[question]).unwrap_err();
        assert_eq!((error.reason, error.subject.as_str()), (Reason::Invalid, subject));
    }
}

#[test]
fn every_tenant_has_a_secret_of_its_own() {
    let [one, other] = [Tenant::new(), Tenant::new()].map(|tenant| secret(&tenant.connection).unwrap());
    assert_eq!(one.len(), 32);
    assert_ne!(one, other);
}
