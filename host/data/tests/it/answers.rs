//! Answers that are remembered, so that a request that is sent again is not carried out again.

use crate::support::{NOW, Tenant, admin, series, user};
use lectern_data::model::{Change, Error, Reason, Session};
use lectern_data::write;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn remember(key: &str) -> Change {
    Change::Remember {
        key: key.to_owned(),
        fingerprint: "what was asked".to_owned(),
        answer: "what was answered".to_owned(),
    }
}

fn at(tenant: &Tenant, session: &Session, changes: &[Change], now_ms: i64) -> Result<u64, Error> {
    tenant.sql("SAVEPOINT change");
    let outcome = write::apply(&tenant.connection, session, changes, now_ms);
    if outcome.is_err() {
        tenant.sql("ROLLBACK TO change");
    }
    tenant.sql("RELEASE change");
    outcome
}

#[test]
fn a_key_that_is_known_refuses_the_transaction_and_gives_back_what_was_remembered() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("a", "A", None), remember("k")]);
    // The identifier is taken as well, but that the request has been carried out is what matters.
    let error = tenant
        .try_write(&admin(), &[series("a", "A", None), remember("k")])
        .unwrap_err();
    assert_eq!(
        (error.reason, error.subject.as_str()),
        (Reason::Conflict, "idempotency-key")
    );
    assert_eq!(
        error.document,
        r#"{"answer":"what was answered","fingerprint":"what was asked"}"#
    );
    assert_eq!(tenant.number("SELECT count(*) FROM series"), 1);
}

#[test]
fn a_transaction_that_fails_remembers_nothing() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("a", "A", None)]);
    tenant
        .try_write(&admin(), &[remember("k"), series("a", "A", None)])
        .unwrap_err();
    tenant.write(&admin(), &[remember("k"), series("b", "B", None)]);
}

#[test]
fn keys_belong_to_the_user_and_to_those_they_act_for() {
    let tenant = Tenant::new();
    let session = |authenticated: &str, effective: &str| {
        let mut session = user(&["ROLE_X"]);
        session.authenticated = authenticated.to_owned();
        session.principal.username = effective.to_owned();
        session
    };
    tenant.write(&session("lms", "ann"), &[remember("k")]);
    tenant.write(&session("lms", "bob"), &[remember("k")]);
    tenant.write(&session("ann", "ann"), &[remember("k")]);
    tenant.try_write(&session("lms", "ann"), &[remember("k")]).unwrap_err();
}

#[test]
fn an_answer_is_forgotten_after_a_day_and_then_removed() {
    let tenant = Tenant::new();
    at(&tenant, &admin(), &[remember("k")], NOW).unwrap();
    at(&tenant, &admin(), &[remember("other")], NOW).unwrap();
    at(&tenant, &admin(), &[remember("k")], NOW + DAY - 1).unwrap_err();
    at(&tenant, &admin(), &[remember("k")], NOW + DAY).unwrap();
    at(&tenant, &admin(), &[remember("k")], NOW + DAY + 1).unwrap_err();
    assert_eq!(tenant.number("SELECT count(*) FROM remembered_answer"), 1);
}

#[test]
fn a_key_that_is_none_is_refused() {
    let tenant = Tenant::new();
    for key in ["", "a\nb", &"k".repeat(256)] {
        let error = tenant.try_write(&admin(), &[remember(key)]).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid, "{key}");
    }
}
