//! Queries that cannot be answered, or look as if they were SQL.

use super::*;

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let tenant = programme();
    let mut cursor = query("events");
    cursor.limit = 1;
    let mine = tenant.find(&admin(), &cursor).next.unwrap();
    let with_cursor = |text: &str| Query {
        cursor: Some(text.to_owned()),
        ..cursor.clone()
    };
    let cases = [
        (query("episodes"), "episodes"),
        (
            Query {
                fields: vec!["titel".into()],
                ..query("events")
            },
            "titel",
        ),
        (
            Query {
                fields: vec!["text".into()],
                ..query("events")
            },
            "text",
        ),
        (by("events", "titel", "x"), "titel"),
        (by("events", "organizer", "x"), "organizer"),
        (by("events", "duration", "5"), "duration"),
        (filtered("events", &[between("title", 1, 2)]), "title"),
        (by("events", "text", "x"), "text"),
        (sorted(query("events"), &["text"]), "text"),
        (sorted(query("events"), &["description"]), "description"),
        (sorted(query("events"), &["nothing"]), "nothing"),
        (sorted(query("series"), &["-start"]), "start"),
        (filtered("events", &[contains(&"x".repeat(1001))]), "text"),
        (with_cursor(""), "cursor"),
        (with_cursor("%%%"), "cursor"),
        (with_cursor("e30"), "cursor"),
        (with_cursor(&mine[..mine.len() - 4]), "cursor"),
        (sorted(with_cursor(&mine), &["title"]), "cursor"),
        (
            Query {
                filters: vec![vec![contains("x")]],
                ..with_cursor(&mine)
            },
            "cursor",
        ),
        (
            Query {
                collection: "series".into(),
                ..with_cursor(&mine)
            },
            "cursor",
        ),
    ];
    for (query, subject) in cases {
        let error = tenant.try_find(&admin(), &query).unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, subject),
            "{query:?}"
        );
        assert!(error.message.len() > 20);
    }
}

#[test]
fn nothing_that_a_client_sends_is_taken_for_sql() {
    let tenant = programme();
    let nasty = ["'; DROP TABLE event; --", "\" OR 1=1", "?", "\0", "%", "a\u{10FFFF}"];
    for text in nasty {
        for field in [
            "title",
            "presenter",
            "is_part_of",
            "series",
            "description",
            "created",
            "status",
        ] {
            assert_eq!(found(&tenant, &[equals(field, &[text])]), Vec::<String>::new());
            assert_eq!(found(&tenant, &[equals(field, &[text, "x"])]), Vec::<String>::new());
        }
        assert!(tenant.get(&admin(), "events", text, &[]).is_none());
        assert!(found(&tenant, &[contains(text)]).len() < 4, "{text}");
    }
    assert_eq!(tenant.find(&admin(), &query("events")).total, Some(4));
}
