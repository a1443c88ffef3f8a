//! Lists that follow from what the tenant has.

use crate::support::{Recorder, Tenant, acl, admin, create, event, series, text, texts, user};
use lectern_data::lists::{self, Window};
use lectern_data::model::{ListPart, Session};

const ALL: Window = Window {
    offset: 0,
    limit: u32::MAX,
};

/// A part of a list, asked for with and without a cache.
fn part(tenant: &Tenant, session: &Session, name: &str, window: Window) -> ListPart {
    let cached = lists::entries(&tenant.connection, session, name, window, Some(&tenant.cache)).unwrap();
    let fresh = lists::entries(&tenant.connection, session, name, window, None).unwrap();
    assert_eq!(cached, fresh, "with and without a cache");
    cached.unwrap()
}

/// A list as `key=value`, or as the key alone where both are the same.
fn list(tenant: &Tenant, session: &Session, name: &str) -> Vec<String> {
    let part = part(tenant, session, name, ALL);
    assert!(!part.more);
    let entries = part.entries.into_iter();
    entries
        .map(|entry| {
            if entry.key == entry.value {
                entry.key
            } else {
                format!("{}={}", entry.key, entry.value)
            }
        })
        .collect()
}

fn university() -> Tenant {
    let tenant = Tenant::new();
    tenant.sql(
        "INSERT INTO user (username, name, email, provider) VALUES
             ('ada', 'Ada Löwe', 'ada@uni.example', 'opencast'), ('ben', '', '', 'opencast'), ('eve', 'Eve', '', 'ldap');
         INSERT INTO user_role VALUES ('ada', 'ROLE_TEACHER');
         INSERT INTO user_group (identifier, role, name, description) VALUES ('staff', 'ROLE_GROUP_STAFF', 'Staff', 'Who works here'),
             ('void', 'ROLE_GROUP_VOID', 'Void', '');
         INSERT INTO user_group_role VALUES ('staff', 'ROLE_STAFF'), ('void', 'ROLE_VOID');
         INSERT INTO user_group_member VALUES ('staff', 'ben'), ('void', 'stranger');
         INSERT INTO capture_agent (name, timezone, inputs) VALUES ('hall-2', 'UTC', ''), ('hall-1', 'UTC', ''),
             ('studio', 'UTC', '');
         UPDATE capture_agent SET roles = '[\"ROLE_STUDIO\"]' WHERE name = 'studio';",
    );
    let organized = |identifier: &str, title: &str, entries: &[&str]| {
        let fields = [
            text("title", title),
            texts("organizer", &["Ada Löwe", "Zoë"]),
            texts("contributor", &["Carl"]),
            texts("publisher", &["Press"]),
        ];
        create("series", identifier, &fields, Some(acl(entries)))
    };
    tenant.write(
        &admin(),
        &[
            organized("rust-2026", "Rust", &["A read", "A write", "B read"]),
            organized("rust-2025-again", "Rust", &["A read"]),
            series("logic", "Logic", Some(acl(&["C read"]))),
            event(
                "1",
                &[
                    texts("presenter", &["Ada Löwe", "ben"]),
                    texts("contributor", &["Dora"]),
                    text("location", "Hall 1"),
                    text("subject", "Code"),
                    text("publisher", "Faculty"),
                ],
                Some(acl(&["A read"])),
            ),
            event(
                "2",
                &[texts("presenter", &["Fritz"]), text("location", "Secret bunker")],
                Some(acl(&["C read"])),
            ),
        ],
    );
    tenant
}

#[test]
fn a_list_that_does_not_exist_is_none() {
    for name in ["", "series", "SERIES ", "LANGUAGES", "EVENTS"] {
        assert_eq!(
            lists::entries(&Tenant::new().connection, &admin(), name, ALL, None).unwrap(),
            None
        );
    }
}

#[test]
fn every_list_can_be_had_from_a_tenant_that_has_nothing_and_from_one_that_has_something() {
    for tenant in [Tenant::new(), university()] {
        for session in [admin(), user(&["A"]), user(&[])] {
            for name in lists::names() {
                list(&tenant, &session, name);
            }
        }
    }
}

#[test]
fn series_are_those_that_the_session_may_read_by_title() {
    let tenant = university();
    assert_eq!(
        list(&tenant, &admin(), "SERIES"),
        [
            "logic=Logic",
            "rust-2026=Rust (ID: rust-202...)",
            "rust-2025-again=Rust (ID: rust-202...)"
        ]
    );
    assert_eq!(list(&tenant, &user(&["C"]), "SERIES"), ["logic=Logic"]);
    assert!(list(&tenant, &user(&[]), "SERIES").is_empty());
}

#[test]
fn a_title_is_the_only_one_where_its_double_may_not_be_read() {
    assert_eq!(list(&university(), &user(&["B"]), "SERIES"), ["rust-2026=Rust"]);
}

#[test]
fn series_to_be_chosen_for_writing_are_those_that_may_be_written() {
    let tenant = university();
    assert_eq!(list(&tenant, &user(&["A"]), "SERIES.WRITE_ONLY"), ["rust-2026=Rust"]);
    assert!(list(&tenant, &user(&["B"]), "SERIES.WRITE_ONLY").is_empty());
    assert_eq!(list(&tenant, &admin(), "SERIES.WRITE_ONLY").len(), 3);
}

#[test]
fn extended_titles_name_the_year_and_the_organizers() {
    assert_eq!(
        list(&university(), &user(&["B"]), "SERIES.TITLE_EXTENDED"),
        ["rust-2026=Rust (2023, Ada Löwe, Zoë)"]
    );
    assert_eq!(
        list(&university(), &user(&["C"]), "SERIES.TITLE_EXTENDED"),
        ["logic=Logic (2023)"]
    );
}

#[test]
fn what_events_say_is_listed_once_and_only_if_somebody_may_read_it_there() {
    let tenant = university();
    let a = user(&["A"]);
    assert_eq!(list(&tenant, &admin(), "EVENTS.LOCATION"), ["Hall 1", "Secret bunker"]);
    assert_eq!(list(&tenant, &a, "EVENTS.LOCATION"), ["Hall 1"]);
    assert_eq!(
        list(&tenant, &a, "EVENTS.PRESENTERS_BIBLIOGRAPHIC"),
        ["Ada Löwe", "ben"]
    );
    assert_eq!(list(&tenant, &a, "EVENTS.CONTRIBUTORS"), ["Dora"]);
    assert_eq!(list(&tenant, &a, "EVENTS.SUBJECT"), ["Code"]);
    assert_eq!(list(&tenant, &a, "EVENTS.PUBLISHER"), ["Faculty"]);
    assert_eq!(list(&tenant, &a, "SERIES.ORGANIZERS"), ["Ada Löwe", "Zoë"]);
    assert_eq!(list(&tenant, &a, "SERIES.CONTRIBUTORS"), ["Carl"]);
    assert!(list(&tenant, &user(&["C"]), "SERIES.CONTRIBUTORS").is_empty());
}

#[test]
fn contributors_are_users_and_everybody_whom_readable_objects_name() {
    let tenant = university();
    assert_eq!(
        list(&tenant, &user(&["A"]), "CONTRIBUTORS"),
        ["Ada Löwe", "Carl", "Dora", "Eve", "Faculty", "Press", "Zoë", "ben"]
    );
    assert_eq!(
        list(&tenant, &user(&["C"]), "CONTRIBUTORS"),
        ["Ada Löwe", "Eve", "Fritz"]
    );
    assert_eq!(list(&tenant, &user(&[]), "CONTRIBUTORS"), ["Ada Löwe", "Eve"]);
}

#[test]
fn a_contributor_who_is_a_user_is_listed_by_the_username_alone() {
    let tenant = university();
    assert_eq!(
        list(&tenant, &user(&["A"]), "CONTRIBUTORS.NAMES.TO.USERNAMES"),
        [
            "ada=Ada Löwe",
            "Carl",
            "Dora",
            "eve=Eve",
            "Faculty",
            "Press",
            "Zoë",
            "ben"
        ]
    );
    assert_eq!(
        list(&tenant, &user(&[]), "CONTRIBUTORS.USERNAMES"),
        ["ada=Ada Löwe", "eve=Eve", "ben"]
    );
}

#[test]
fn users_are_listed_by_what_is_known_of_them() {
    let tenant = university();
    for (name, expected) in [
        ("USERS.NAME", &["ada=Ada Löwe", "eve=Eve", "ben"][..]),
        (
            "USERS.NAME.AND.EMAIL",
            &["ada=Ada Löwe <ada@uni.example>", "eve=Eve", "ben"],
        ),
        (
            "USERS.NAME.AND.USERNAME",
            &["ada=Ada Löwe (ada)", "eve=Eve (eve)", "ben=ben (ben)"],
        ),
        ("USERS.USERNAME", &["ada", "ben", "eve"]),
        ("USERS.EMAIL", &["ada=ada@uni.example"]),
        ("USERS.NAME.ONLY", &["Ada Löwe", "Eve"]),
        ("USERS.EMAIL.ONLY", &["ada@uni.example"]),
        ("USERS.USERDIRECTORY.ONLY", &["ldap", "opencast"]),
        (
            "USERS.ROLE.ONLY",
            &[
                "ROLE_GROUP_STAFF",
                "ROLE_STAFF",
                "ROLE_TEACHER",
                "ROLE_USER",
                "ROLE_USER_ADA",
                "ROLE_USER_BEN",
                "ROLE_USER_EVE",
            ],
        ),
    ] {
        assert_eq!(list(&tenant, &user(&[]), name), expected, "{name}");
    }
}

#[test]
fn groups_and_agents_are_listed_by_name() {
    let tenant = university();
    assert_eq!(list(&tenant, &user(&[]), "GROUPS"), ["staff=Staff", "void=Void"]);
    assert_eq!(list(&tenant, &user(&[]), "GROUPS.NAME"), ["Staff", "Void"]);
    assert_eq!(list(&tenant, &user(&[]), "GROUPS.DESCRIPTION"), ["Who works here"]);
    assert_eq!(list(&tenant, &user(&[]), "AGENTS.NAME"), ["hall-1", "hall-2"]);
    assert_eq!(
        list(&tenant, &user(&["ROLE_STUDIO"]), "AGENTS.NAME"),
        ["hall-1", "hall-2", "studio"]
    );
}

#[test]
fn states_are_the_same_everywhere() {
    let tenant = Tenant::new();
    assert_eq!(list(&tenant, &user(&[]), "YES_NO"), ["true=YES", "false=NO"]);
    assert_eq!(list(&tenant, &user(&[]), "YES"), ["true=YES"]);
    assert_eq!(list(&tenant, &user(&[]), "NO"), ["false=NO"]);
    assert!(list(&tenant, &user(&[]), "AGENTS.STATUS").contains(&"idle=AGENTS.STATUS.IDLE".to_owned()));
    assert!(list(&tenant, &user(&[]), "EVENTS.PROGRESS").contains(&"PAUSED".to_owned()));
    assert_eq!(list(&tenant, &user(&[]), "EVENTS.STATUS").len(), 10);
    assert_eq!(list(&tenant, &user(&[]), "EVENTS.ISPUBLISHED").len(), 2);
}

#[test]
fn parts_put_together_are_the_whole_list() {
    let tenant = university();
    for session in [admin(), user(&["A"])] {
        for name in lists::names() {
            let whole = part(&tenant, &session, name, ALL).entries;
            let mut together = Vec::new();
            loop {
                let offset = together.len() as u64;
                let next = part(&tenant, &session, name, Window { offset, limit: 2 });
                assert!(next.entries.len() == 2 || !next.more, "{name}");
                together.extend(next.entries);
                if !next.more {
                    break;
                }
            }
            assert_eq!(together, whole, "{name}");
        }
    }
}

/// Many objects of which few, or most, may be read are looked through in different ways. Both have to say the same.
#[test]
fn a_list_is_the_same_however_it_is_found() {
    let tenant = Tenant::new();
    let mut changes = Vec::new();
    for number in 0..120 {
        let entries: &[&str] = if number % 20 == 0 {
            &["RARE read", "COMMON read"]
        } else {
            &["COMMON read"]
        };
        let presenters = [
            format!("Presenter {}", number % 40),
            format!("Presenter {}", number % 7),
        ];
        let presenters: Vec<&str> = presenters.iter().map(String::as_str).collect();
        let fields = [
            texts("presenter", &presenters),
            text("location", &format!("Room {}", number % 30)),
        ];
        changes.push(event(&format!("e{number}"), &fields, Some(acl(entries))));
        let title = format!("Title {}", number % 60);
        changes.push(series(&format!("s{number}"), &title, Some(acl(entries))));
    }
    tenant.write(&admin(), &changes);
    let (rare, common) = (user(&["RARE"]), user(&["COMMON"]));
    let both = user(&["COMMON", "RARE"]);
    for name in [
        "EVENTS.LOCATION",
        "EVENTS.PRESENTERS_BIBLIOGRAPHIC",
        "SERIES",
        "CONTRIBUTORS",
    ] {
        assert_eq!(list(&tenant, &common, name), list(&tenant, &admin(), name), "{name}");
        assert_eq!(list(&tenant, &both, name), list(&tenant, &admin(), name), "{name}");
    }
    assert_eq!(
        list(&tenant, &rare, "EVENTS.LOCATION"),
        ["Room 0", "Room 10", "Room 20"]
    );
    assert_eq!(
        list(&tenant, &rare, "EVENTS.PRESENTERS_BIBLIOGRAPHIC"),
        [
            "Presenter 0",
            "Presenter 2",
            "Presenter 20",
            "Presenter 3",
            "Presenter 4",
            "Presenter 5",
            "Presenter 6"
        ]
    );
    assert_eq!(
        list(&tenant, &rare, "SERIES"),
        [
            "s0=Title 0 (ID: s0)",
            "s60=Title 0 (ID: s60)",
            "s20=Title 20 (ID: s20)",
            "s80=Title 20 (ID: s80)",
            "s40=Title 40 (ID: s40)",
            "s100=Title 40 (ID: s100)"
        ]
    );
}

#[test]
fn what_many_events_say_is_found_without_looking_at_all_of_them() {
    let tenant = university();
    for name in ["EVENTS.LOCATION", "EVENTS.PUBLISHER", "CONTRIBUTORS"] {
        let recorder = Recorder::new(&tenant.connection);
        lists::entries(&recorder, &admin(), name, ALL, None).unwrap();
        let statements = recorder.statements();
        let statement = statements
            .iter()
            .find(|text| text.starts_with("SELECT DISTINCT key"))
            .unwrap();
        for step in tenant.plan(statement) {
            assert!(
                !step.starts_with("SCAN event") && !step.starts_with("SCAN series"),
                "{name}: {step}"
            );
        }
    }
}
