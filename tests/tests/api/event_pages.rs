//! `GET /api/events`: totals, links and cursors.

use std::collections::BTreeMap;

use lectern_tests::content::unique;
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Answer, Stage};
use serde_json::json;

/// The addresses of the `Link` header by their relation, from `/api` on.
fn links(answer: &Answer) -> BTreeMap<String, String> {
    let header = answer.header("link").unwrap_or_default();
    let links = header.split(", <").filter(|link| !link.is_empty());
    links
        .map(|link| {
            let (address, rest) = link.trim_start_matches('<').split_once('>').expect("an address");
            let relation = rest.trim_start_matches("; rel=\"").trim_end_matches('"');
            let (_, path) = address.split_once("/api/").expect("an address of the API");
            (relation.to_owned(), format!("/api/{path}"))
        })
        .collect()
}

fn numbered(stage: &Stage, count: usize) -> Vec<String> {
    let titles: Vec<String> = (0..count).map(|number| format!("{number:02}")).collect();
    for title in &titles {
        stage.event(json!({ "title": title }));
    }
    titles
}

#[test]
fn the_total_counts_what_matches_whatever_the_window_shows() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        numbered(&stage, 5);
        for (query, total) in [
            ("", "5"),
            ("?limit=2", "5"),
            ("?limit=2&offset=4", "5"),
            ("?offset=9", "5"),
            ("?filter=title:03", "1"),
            ("?filter=title:03&filter=title:04&limit=1", "2"),
            ("?filter=title:nothing", "0"),
        ] {
            let answer = stage.actor.get(&format!("/api/events{query}")).send().expect(200);
            assert_eq!(answer.header("x-total-count"), Some(total), "{query}");
        }
    });
}

#[test]
fn links_lead_to_the_first_the_previous_the_next_and_the_last_page() {
    let stage = Stage::new(&NORTH);
    numbered(&stage, 7);
    let page = |path: &str| stage.actor.get(path).send().expect(200);
    let middle = page("/api/events?sort=title:ASC&limit=2&offset=2&withacl=true");
    assert_eq!(middle.column("title"), ["02", "03"]);
    let links = links(&middle);
    for (relation, titles) in [
        ("first", vec!["00", "01"]),
        ("prev", vec!["00", "01"]),
        ("next", vec!["04", "05"]),
        ("last", vec!["06"]),
    ] {
        let answer = page(&links[relation]);
        assert_eq!(answer.column("title"), titles, "{relation}");
        assert!(
            answer.json()[0]["acl"].is_array(),
            "{relation} keeps the other parameters"
        );
    }
}

#[test]
fn the_ends_of_a_list_have_no_links_beyond_and_a_list_without_a_limit_has_none() {
    let stage = Stage::new(&NORTH);
    numbered(&stage, 3);
    let relations = |query: &str| {
        let answer = stage.actor.get(&format!("/api/events{query}")).send().expect(200);
        links(&answer).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(relations("?limit=2"), ["first", "last", "next"]);
    assert_eq!(relations("?limit=2&offset=2"), ["first", "last", "prev"]);
    assert_eq!(relations("?limit=3"), ["first", "last"]);
    assert_eq!(relations(""), Vec::<String>::new());
}

#[test]
fn links_are_absolute_at_the_host_of_the_request() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let answer = stage.actor.get("/api/events?limit=1").send().expect(200);
        let header = answer.header("link").expect("links");
        assert!(
            header.starts_with(&format!("<http://{}/api/events?limit=1>", tenant.host)),
            "{header}"
        );
    });
}

#[test]
fn a_walk_by_cursor_neither_repeats_nor_misses_an_event_while_others_write() {
    for sort in [
        "title:ASC",
        "title:DESC",
        "location:ASC,title:DESC",
        "start_date:DESC",
        "",
    ] {
        let stage = Stage::new(&NORTH);
        let expected = numbered(&stage, 9);
        let mut path = format!("/api/events?sort={sort}&limit=2");
        let mut found = Vec::new();
        for step in 0.. {
            let answer = stage.actor.get(&path).send().expect(200);
            found.extend(answer.column("title"));
            // What was shown goes, what comes sorts before everything: both would shift an offset.
            let shown = answer.identifiers();
            stage.admin.delete(&format!("/api/events/{}", shown[0])).send();
            stage
                .event(json!({ "title": if sort == "title:DESC" { "zz" } else { "" }.to_owned() + &step.to_string() }));
            match links(&answer).remove("next") {
                Some(next) => path = next,
                None => break,
            }
            assert!(step < 20, "{sort}: the walk does not end");
        }
        let numbered: Vec<String> = found
            .into_iter()
            .filter(|title| title.len() == 2 && title < &"10".to_owned())
            .collect();
        let mut sorted = numbered.clone();
        sorted.sort();
        assert_eq!(sorted, expected, "{sort}");
    }
}

#[test]
fn a_cursor_without_a_limit_leads_on_page_by_page_as_well() {
    let stage = Stage::new(&NORTH);
    numbered(&stage, 3);
    let first = stage.actor.get("/api/events?sort=title:ASC&limit=1").send().expect(200);
    let next = links(&first)["next"].replace("limit=1&", "");
    assert!(!next.contains("limit"), "{next}");
    let rest = stage.actor.get(&next).send().expect(200);
    assert_eq!(rest.column("title"), ["01", "02"]);
    let relations: Vec<String> = links(&rest).into_keys().collect();
    assert_eq!(relations, ["first", "last"]);
}

#[test]
fn a_cursor_of_another_query_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    numbered(&stage, 3);
    let first = stage.actor.get("/api/events?sort=title:ASC&limit=1").send().expect(200);
    let next = links(&first)["next"].clone();
    for other in [
        next.replace("title%3AASC", "title%3ADESC"),
        next.replace("?", "?filter=title:02&"),
        next.replace("?", "?onlyWithWriteAccess=true&"),
        "/api/events?limit=1&cursor=x".to_owned(),
    ] {
        stage.actor.get(&other).send().refused(400, "cursor");
    }
}

#[test]
fn a_user_walks_only_what_may_be_read() {
    let (stage, other) = (Stage::new(&NORTH), Stage::new(&NORTH));
    for number in 0..4 {
        stage.event(json!({ "title": format!("{number}") }));
        other.event(json!({ "title": format!("{number}") }));
    }
    let first = stage.actor.get("/api/events?sort=title:ASC&limit=2").send().expect(200);
    let next = links(&first)["next"].clone();
    // Whoever gets hold of the address sees there what the list shows to themselves.
    let theirs = other.actor.get(&next).send().expect(200).identifiers();
    let readable = other.list("events").send().expect(200).identifiers();
    assert!(theirs.iter().all(|id| readable.contains(id)), "{theirs:?}");
}

#[test]
fn comment_resolution_has_no_effect_and_is_checked() {
    let stage = Stage::new(&NORTH);
    let title = unique("Kommentar");
    stage.event(json!({ "title": title }));
    for value in ["", " ", "ALL", "UNRESOLVED", "RESOLVED"] {
        let answer = stage
            .list("events")
            .query("commentResolution", value)
            .send()
            .expect(200);
        assert_eq!(answer.column("title"), std::slice::from_ref(&title), "{value:?}");
    }
    for value in ["all", "OPEN"] {
        let request = stage.list("events").query("commentResolution", value);
        request.send().refused(400, "commentResolution");
    }
    for parameter in ["id", "commentReason"] {
        stage.list("events").query(parameter, "anything").send().expect(200);
    }
}
