//! No group and no playlist that anybody can think of gives a 5xx, or an answer that the API does not describe.

use std::sync::LazyLock;

use lectern_tests::Form;
use lectern_tests::content::owned_by;
use lectern_tests::fixture::{NORTH, TEACHER};
use lectern_tests::form::ENCODINGS;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::fuzz::{check, word};

/// The path of a playlist that the random requests find.
static PLAYLIST: LazyLock<String> = LazyLock::new(|| {
    let playlist = json!({
        "title": "Ziel", "entries": [{ "contentId": "a" }, { "contentId": "b" }],
        "accessControlEntries": owned_by("ROLE_COURSE_1"),
    });
    let form = Form::new().field("playlist", playlist);
    let created = NORTH
        .user(TEACHER)
        .post("/api/playlists")
        .urlencoded(&form)
        .send()
        .expect(201)
        .json();
    format!("/api/playlists/{}", created["id"].as_str().expect("an id"))
});

/// Nearly what belongs there.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => word().prop_map(|word| json!(word)),
        2 => (-1..4_i64).prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Value::Null),
        2 => select(vec!["EVENT", "INACCESSIBLE", "event", "ROLE_COURSE_1", "read", "write"]).prop_map(|text| json!(text)),
    ]
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec((select(names), scalar()), 0..5).prop_map(|members| members.into_iter().collect())
}

fn entry() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (scalar(), (-1..5_i64)).prop_map(|(content, id)| json!({ "contentId": content, "id": id, "type": "EVENT" })),
        2 => scalar().prop_map(|content| json!({ "contentId": content })),
        2 => object(&["id", "contentId", "type", "x"]),
        1 => scalar(),
    ]
}

fn access_entry() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (scalar(), select(vec!["read", "write"])).prop_map(|(role, action)| json!({ "role": role, "action": action, "allow": true })),
        2 => object(&["id", "role", "action", "allow", "x"]),
        1 => scalar(),
    ]
}

fn playlist() -> impl Strategy<Value = String> {
    let lists = prop_oneof![
        vec(entry(), 0..5).prop_map(|entries| ("entries", json!(entries))),
        // Not the access list of the target: the others would no longer find it.
        select(vec![json!(null), json!({}), json!("a"), json!([{}])]).prop_map(|list| ("accessControlEntries", list)),
    ];
    let text = (
        select(vec![
            "title",
            "description",
            "creator",
            "updated",
            "organization",
            "id",
            "x",
        ]),
        scalar(),
    );
    let members = vec(prop_oneof![2 => lists, 3 => text], 0..5);
    prop_oneof![
        8 => members.prop_map(|members| members.into_iter().collect::<Value>().to_string()),
        1 => word(),
        1 => vec(entry(), 0..3).prop_map(|list| json!(list).to_string()),
    ]
}

#[test]
fn random_changes_of_a_playlist_never_fail() {
    let encodings = select(ENCODINGS.to_vec());
    check(300, (playlist(), encodings), |(playlist, encoding)| {
        let form = Form::new().field("playlist", playlist);
        NORTH.user(TEACHER).put(&PLAYLIST).form(&form, *encoding)
    });
    NORTH.user(TEACHER).get(&PLAYLIST).send().expect(200);
}

#[test]
fn random_new_playlists_never_fail() {
    let lists = vec(access_entry(), 0..4);
    check(300, (playlist(), lists), |(playlist, lists)| {
        let playlist = match serde_json::from_str::<Value>(playlist) {
            Ok(Value::Object(mut members)) => {
                members.insert("accessControlEntries".to_owned(), json!(lists));
                // Chosen identifiers must not replace what other tests have.
                members.remove("id");
                json!(members).to_string()
            }
            _ => playlist.clone(),
        };
        NORTH
            .user(TEACHER)
            .post("/api/playlists")
            .urlencoded(&Form::new().field("playlist", playlist))
    });
}

#[test]
fn random_groups_never_fail() {
    let fields = vec(
        (
            select(vec!["name", "description", "roles", "members", "member", "x"]),
            word(),
        ),
        0..4,
    );
    let routes = select(vec![
        ("POST", "/api/groups"),
        ("PUT", "/api/groups/fuzzed"),
        ("POST", "/api/groups/fuzzed/members"),
        ("DELETE", "/api/groups/fuzzed/members/{word}"),
        ("GET", "/api/groups/{word}"),
        ("PUT", "/api/groups/{word}"),
        ("DELETE", "/api/groups/{word}"),
    ]);
    NORTH
        .user(TEACHER)
        .post("/api/groups")
        .urlencoded(&Form::new().field("name", "Fuzzed"))
        .send()
        .expect(201);
    let encodings = select(ENCODINGS.to_vec());
    check(
        400,
        (routes, word(), fields, encodings),
        |((method, path), word, fields, encoding)| {
            let word = utf8_percent_encode(word, NON_ALPHANUMERIC).to_string();
            let form = fields
                .iter()
                .fold(Form::new(), |form, (name, value)| form.field(name, value));
            let request = NORTH.user(TEACHER).request(method, &path.replace("{word}", &word));
            if *method == "GET" {
                request
            } else {
                request.form(&form, *encoding)
            }
        },
    );
}

#[test]
fn random_lists_never_fail() {
    let parameters = vec(
        (
            select(vec![
                "filter",
                "sort",
                "limit",
                "offset",
                "cursor",
                "onlyWithWriteAccess",
            ]),
            word(),
        ),
        0..4,
    );
    let paths = select(vec!["/api/groups", "/api/playlists", "/api/playlists/"]);
    check(300, (paths, parameters), |(path, parameters)| {
        parameters
            .iter()
            .fold(NORTH.user(TEACHER).get(path), |request, (name, value)| {
                request.query(name, value)
            })
    });
}
