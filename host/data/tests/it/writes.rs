//! What changes do, and which are refused.

use crate::support::*;
use lectern_data::model::*;

fn values(tenant: &Tenant, collection: &str, identifier: &str, fields: &[&str]) -> Vec<Value> {
    tenant.get(&admin(), collection, identifier, fields).unwrap().0.values
}

fn refused(tenant: &Tenant, change: Change) -> (Reason, String) {
    let error = tenant.try_write(&admin(), &[change]).unwrap_err();
    assert!(error.message.len() > 15, "{}", error.message);
    (error.reason, error.subject)
}

#[test]
fn every_commit_has_a_larger_number_and_a_refused_one_leaves_nothing_behind() {
    let tenant = Tenant::new();
    assert_eq!(tenant.write(&admin(), &[event("1", &[], None)]), 1);
    let changes = [
        event("2", &[text("title", "T")], Some(acl(&["A read"]))),
        series("s", "S", None),
        event("1", &[], None),
    ];
    assert_eq!(
        tenant.try_write(&admin(), &changes).unwrap_err().reason,
        Reason::Conflict
    );
    assert_eq!(tenant.list(&admin(), &query("events")), ["1"]);
    assert_eq!(tenant.list(&admin(), &query("series")), Vec::<String>::new());
    assert_eq!(tenant.write(&admin(), &[event("2", &[], None)]), 2);
}

#[test]
fn a_transaction_that_only_expects_something_is_no_commit() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[event("1", &[], None)]);
    assert_eq!(tenant.write(&admin(), &[expect("events", "1", 1)]), 1);
    assert_eq!(tenant.write(&admin(), &[]), 1);
}

#[test]
fn what_is_expected_is_expected_of_the_state_before_the_transaction() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[series("s", "S", None), event("e", &[text("is_part_of", "s")], None)],
    );
    let rename = |title: &str| update("events", "e", &[text("title", title)]);
    assert_eq!(tenant.write(&admin(), &[rename("A"), expect("events", "e", 1)]), 2);
    assert_eq!(
        refused(&tenant, expect("events", "e", 1)),
        (Reason::Changed, "e".to_owned())
    );
    tenant.write(&admin(), &[update("series", "s", &[text("title", "T")])]);
    assert_eq!(
        refused(&tenant, expect("events", "e", 2)),
        (Reason::Changed, "e".to_owned())
    );
    tenant.write(&admin(), &[expect("events", "e", 3), rename("B")]);
}

#[test]
fn an_identifier_is_unique_in_its_collection_and_fit_for_a_path() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event("e", &[], None), series("e", "Another collection", None)],
    );
    assert_eq!(
        refused(&tenant, event("e", &[], None)),
        (Reason::Conflict, "e".to_owned())
    );
    assert_eq!(
        refused(&tenant, series("e", "S", None)),
        (Reason::Conflict, "e".to_owned())
    );
    for identifier in ["", "a/b", "/", ".", "..", "a\nb", "a\0b", "\u{7f}", &"x".repeat(256)] {
        assert_eq!(
            refused(&tenant, event(identifier, &[], None)),
            (Reason::Invalid, "identifier".to_owned())
        );
    }
    let unusual = ["x".repeat(255), "ä ö".to_owned(), "...".to_owned(), "%2F?#&".to_owned()];
    for identifier in &unusual {
        tenant.write(&admin(), &[event(identifier, &[], None)]);
        assert!(tenant.get(&admin(), "events", identifier, &[]).is_some());
    }
}

#[test]
fn updating_changes_the_named_fields_and_leaves_the_others_alone() {
    let tenant = Tenant::new();
    let fields = ["title", "description", "presenter", "start", "duration", "end"];
    tenant.write(
        &admin(),
        &[event(
            "e",
            &[
                text("title", "T"),
                text("description", "D"),
                texts("presenter", &["P", "Q"]),
                number("start", 5),
            ],
            None,
        )],
    );
    tenant.write(
        &admin(),
        &[update("events", "e", &[none("description"), number("duration", 10)])],
    );
    let both = Value::Texts(vec!["P".into(), "Q".into()]);
    assert_eq!(
        values(&tenant, "events", "e", &fields),
        [
            Value::Text("T".into()),
            Value::None,
            both,
            Value::Number(5),
            Value::Number(10),
            Value::Number(15)
        ]
    );
    tenant.write(
        &admin(),
        &[update(
            "events",
            "e",
            &[texts("presenter", &["R", "P", "P"]), none("start"), text("title", "")],
        )],
    );
    let again = Value::Texts(vec!["R".into(), "P".into(), "P".into()]);
    assert_eq!(
        values(&tenant, "events", "e", &fields),
        [
            Value::None,
            Value::None,
            again,
            Value::None,
            Value::Number(10),
            Value::None
        ]
    );
    let found = |presenter: &str| tenant.list(&admin(), &by("events", "presenter", presenter)).len();
    assert_eq!((found("P"), found("Q"), found("R")), (1, 0, 1));
    tenant.write(&admin(), &[update("events", "e", &[texts("presenter", &[""])])]);
    assert_eq!(values(&tenant, "events", "e", &["presenter"]), [Value::None]);
    assert_eq!(tenant.number("SELECT count(*) FROM event_term"), 0);
}

#[test]
fn of_several_assignments_to_a_field_the_last_holds() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event(
            "e",
            &[
                text("title", "A"),
                texts("presenter", &["A"]),
                text("title", "B"),
                texts("presenter", &["B"]),
            ],
            None,
        )],
    );
    assert_eq!(values(&tenant, "events", "e", &["title"]), [Value::Text("B".into())]);
    assert_eq!(
        tenant.list(&admin(), &by("events", "presenter", "A")),
        Vec::<String>::new()
    );
    assert_eq!(tenant.list(&admin(), &by("events", "presenter", "B")), ["e"]);
}

#[test]
fn an_event_is_created_when_it_says_or_when_it_starts_or_now() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            event("says", &[number("created", 1), number("start", 2)], None),
            event("starts", &[number("start", 2)], None),
            event("now", &[], None),
        ],
    );
    let created = |identifier| values(&tenant, "events", identifier, &["created"]).remove(0);
    assert_eq!(
        [created("says"), created("starts"), created("now")],
        [1, 2, NOW].map(Value::Number)
    );
    tenant.write(
        &admin(),
        &[update("events", "says", &[number("start", 9)]), series("s", "S", None)],
    );
    assert_eq!(created("says"), Value::Number(1));
    assert_eq!(values(&tenant, "series", "s", &["created"]), [Value::Number(NOW)]);
    assert_eq!(
        refused(&tenant, update("events", "says", &[none("created")])),
        (Reason::Invalid, "created".to_owned())
    );
}

#[test]
fn the_creator_is_the_name_of_the_user_or_the_username() {
    let tenant = Tenant::new();
    let mut nameless = admin();
    nameless.principal.name = String::new();
    tenant.write(&admin(), &[event("1", &[], None), series("s", "S", None)]);
    tenant.write(&nameless, &[event("2", &[], None)]);
    let creator = |collection, identifier| values(&tenant, collection, identifier, &["creator"]).remove(0);
    assert_eq!(creator("events", "1"), Value::Text("A User".into()));
    assert_eq!(creator("series", "s"), Value::Text("A User".into()));
    assert_eq!(creator("events", "2"), Value::Text("user".into()));
}

#[test]
fn anyone_with_a_session_may_create_also_what_they_may_not_read() {
    let tenant = Tenant::new();
    let nobody = user(&[]);
    tenant.write(
        &nobody,
        &[event("e", &[], None), series("s", "S", Some(acl(&["A read"])))],
    );
    assert_eq!(tenant.list(&nobody, &query("events")), Vec::<String>::new());
    assert_eq!(tenant.list(&user(&["A"]), &query("series")), ["s"]);
}

#[test]
fn an_event_belongs_only_to_a_series_that_exists_and_may_be_read() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("e", &[], Some(acl(&["B read", "B write"]))),
        ],
    );
    let attempt = |roles: &[&str], series: &str| {
        let fields = [text("is_part_of", series)];
        let created = tenant
            .try_write(&user(roles), &[event("new", &fields, None)])
            .map_err(|error| (error.reason, error.subject));
        let updated = tenant
            .try_write(&user(roles), &[update("events", "e", &fields)])
            .map_err(|error| (error.reason, error.subject));
        (created, updated)
    };
    let invalid = Err((Reason::Invalid, "is_part_of".to_owned()));
    assert_eq!(attempt(&["B"], "s"), (invalid.clone(), invalid.clone()));
    assert_eq!(attempt(&["A", "B"], "nowhere"), (invalid.clone(), invalid.clone()));
    assert_eq!(attempt(&["A", "B"], ""), (invalid.clone(), invalid));
    assert_eq!(attempt(&["A", "B"], "s"), (Ok(2), Ok(3)));
}

#[test]
fn what_does_not_fit_the_data_is_refused_by_field() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[event("e", &[], None), series("s", "S", None)]);
    let assign = |field: &str, value: Value| Assignment {
        field: field.to_owned(),
        value,
    };
    let long = "x".repeat((1 << 20) + 1);
    for (collection, assignment) in [
        ("events", text("titel", "T")),
        ("events", text("identifier", "f")),
        ("events", text("status", "T")),
        ("events", text("series", "S")),
        ("events", text("text", "T")),
        ("events", number("end", 1)),
        ("events", number("title", 1)),
        ("events", text("start", "1")),
        ("events", text("presenter", "P")),
        ("events", texts("title", &["T"])),
        ("events", assign("title", Value::Flag(true))),
        ("events", assign("title", Value::Document("{}".into()))),
        ("events", number("is_part_of", 1)),
        ("events", text("title", "a\0b")),
        ("events", text("title", "a\u{1b}b")),
        ("events", texts("presenter", &["ok", "\u{7}"])),
        ("events", text("description", &long)),
        ("events", number("duration", -1)),
        ("events", number("start", i64::MAX)),
        ("events", number("start", i64::MIN)),
        ("series", text("presenter", "P")),
        ("series", number("created", 1)),
        ("series", none("title")),
        ("series", text("title", "")),
    ] {
        let identifier = &collection[..1];
        let expected = (Reason::Invalid, assignment.field.clone());
        assert_eq!(
            refused(
                &tenant,
                update(collection, identifier, std::slice::from_ref(&assignment))
            ),
            expected
        );
        let title = (collection == "series").then(|| text("title", "S"));
        let fields: Vec<_> = title.into_iter().chain([assignment]).collect();
        assert_eq!(refused(&tenant, create(collection, "new", &fields, None)), expected);
    }
    assert_eq!(
        refused(&tenant, create("series", "new", &[], None)),
        (Reason::Invalid, "title".to_owned())
    );
    assert_eq!(
        refused(&tenant, create("Events", "new", &[], None)),
        (Reason::Invalid, "Events".to_owned())
    );
    tenant.write(
        &admin(),
        &[update(
            "events",
            "e",
            &[text("description", "tabs\tand\r\nlines are text\u{a0}")],
        )],
    );
}

#[test]
fn an_access_list_has_names_and_is_not_endless() {
    let tenant = Tenant::new();
    let many = vec![entry("A", "read", true); 10_001];
    for list in [
        acl(&[" read"]),
        acl(&["A "]),
        acl(&["A\n read"]),
        acl(&["A re\0ad"]),
        vec![entry(&"x".repeat(1001), "read", true)],
        many,
    ] {
        assert_eq!(
            refused(&tenant, event("e", &[], Some(list.clone()))),
            (Reason::Invalid, "acl".to_owned())
        );
        assert_eq!(
            refused(&tenant, series("s", "S", Some(list))),
            (Reason::Invalid, "acl".to_owned())
        );
    }
    tenant.write(&admin(), &[event("e", &[], None)]);
    assert_eq!(
        refused(&tenant, grant("events", "e", "read", "")),
        (Reason::Invalid, "acl".to_owned())
    );
}

#[test]
fn a_deleted_object_is_gone_from_everything_that_found_it() {
    let tenant = Tenant::new();
    let fields = [text("title", "Title"), texts("presenter", &["P"])];
    tenant.write(&admin(), &[event("e", &fields, Some(acl(&["A read"])))]);
    tenant.write(&admin(), &[delete("events", "e")]);
    assert_eq!(tenant.find(&admin(), &query("events")).total, Some(0));
    for criterion in [
        equals("title", &["Title"]),
        equals("presenter", &["P"]),
        contains("title"),
    ] {
        assert_eq!(
            tenant.list(&admin(), &filtered("events", &[criterion])),
            Vec::<String>::new()
        );
    }
    assert_eq!(
        refused(&tenant, delete("events", "e")),
        (Reason::Missing, "e".to_owned())
    );
    tenant.write(&admin(), &[event("e", &[], None)]);
    assert_eq!(
        values(&tenant, "events", "e", &["title", "presenter"]),
        [Value::None, Value::None]
    );
    assert_eq!(
        tenant.list(&admin(), &filtered("events", &[contains("title")])),
        Vec::<String>::new()
    );
}

#[test]
fn the_events_of_a_deleted_series_stay_and_belong_to_none() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "Name of the series", Some(acl(&["A read"]))),
            event("follows", &[text("is_part_of", "s")], None),
            event("own", &[text("is_part_of", "s")], Some(acl(&["A read"]))),
        ],
    );
    let sequence = tenant.write(&admin(), &[delete("series", "s")]);
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), ["own"]);
    for identifier in ["follows", "own"] {
        let (item, _) = tenant
            .get(&admin(), "events", identifier, &["is_part_of", "series"])
            .unwrap();
        assert_eq!((item.sequence, item.values), (sequence, vec![Value::None, Value::None]));
    }
    assert_eq!(
        tenant.list(&admin(), &filtered("events", &[contains("name")])),
        Vec::<String>::new()
    );
    assert_eq!(
        tenant.list(&admin(), &sorted(query("events"), &["series"])),
        ["follows", "own"]
    );
}

#[test]
fn changes_of_one_transaction_see_those_before_them() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("e", &[text("is_part_of", "s")], None),
            set_acl("series", "s", Some(acl(&["B read"]))),
            update("events", "e", &[text("title", "T")]),
            delete("events", "e"),
            event("e", &[text("is_part_of", "s"), text("title", "U")], None),
            event("f", &[text("is_part_of", "s")], None),
            delete("series", "s"),
            delete("events", "f"),
        ],
    );
    let (item, list) = tenant.get(&admin(), "events", "e", &["title", "is_part_of"]).unwrap();
    assert_eq!(
        (item.values, list),
        (vec![Value::Text("U".into()), Value::None], acl(&[]))
    );
    assert_eq!(tenant.find(&admin(), &query("events")).total, Some(1));
    assert_eq!(tenant.list(&admin(), &filtered("events", &[contains("u")])), ["e"]);
}

#[test]
fn several_requests_can_share_a_commit_and_one_of_them_can_fail() {
    let tenant = Tenant::new();
    tenant.sql("BEGIN IMMEDIATE");
    for (identifier, end) in [
        ("1", "RELEASE request"),
        ("2", "ROLLBACK TO request; RELEASE request"),
        ("3", "RELEASE request"),
    ] {
        tenant.sql("SAVEPOINT request");
        let changes = [event(identifier, &[text("title", "Titel")], Some(acl(&["A read"])))];
        lectern_data::write::apply(&tenant.connection, &admin(), &changes, NOW).unwrap();
        tenant.sql(end);
    }
    tenant.sql("COMMIT");
    assert_eq!(tenant.list(&admin(), &query("events")), ["1", "3"]);
    assert_eq!(
        tenant.list(&user(&["A"]), &filtered("events", &[contains("titel")])),
        ["1", "3"]
    );
    assert_eq!(tenant.find(&user(&["A"]), &query("events")).total, Some(2));
    assert_eq!(tenant.get(&admin(), "events", "3", &[]).unwrap().0.sequence, 2);
}
