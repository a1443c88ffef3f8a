//! What clients send to `/api/playlists`, and what they read.

use lectern_handler::fake::{Answer, Client};
use serde_json::{Value as Json, json};

use crate::APP;

/// A client of a tenant with an event that students may read and one that they may not.
fn client() -> Client {
    let client = Client::of(&APP);
    client.backend.add_event("open", &[], Some(&[("ROLE_STUDENT", "read")]));
    client.backend.add_event("closed", &[], None);
    client
}

fn student(client: &Client) -> Client {
    client.identified("jane", &["ROLE_STUDENT"])
}

fn create(client: &Client, playlist: &Json) -> Answer {
    client.urlencoded("POST", "/api/playlists/", &[("playlist", &playlist.to_string())])
}

fn put(client: &Client, playlist: &Json) -> Answer {
    client.urlencoded("PUT", "/api/playlists/p", &[("playlist", &playlist.to_string())])
}

fn acl(entries: &[(&str, &str)]) -> Json {
    let entry = |(role, action): &(&str, &str)| json!({ "allow": true, "role": role, "action": action });
    entries.iter().map(entry).collect()
}

/// A client of a tenant with the playlist `p`.
fn with_playlist() -> Client {
    let client = client();
    let answer = create(
        &client,
        &json!({
            "id": "p", "title": "Best of", "description": "All of it", "creator": "Somebody", "updated": 1_701_854_481_056_i64,
            "entries": [{ "contentId": "open", "type": "EVENT" }, { "contentId": "closed", "type": "EVENT" }],
            "accessControlEntries": acl(&[("ROLE_STUDENT", "read"), ("ROLE_TEACHER", "read"), ("ROLE_TEACHER", "write")]),
        }),
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
    client
}

fn entry(id: i64, content: &str, kind: &str) -> Json {
    json!({ "id": id, "contentId": content, "type": kind })
}

#[test]
fn a_playlist_is_created_and_the_answer_is_what_can_be_read_then() {
    let client = with_playlist();
    let answer = client.get("/api/playlists/p");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "id": "p", "title": "Best of", "description": "All of it", "creator": "Somebody", "updated": "2018-03-19T16:11:48Z",
            "entries": [entry(1, "open", "EVENT"), entry(2, "closed", "EVENT")],
            "accessControlEntries": [
                { "id": 1, "allow": true, "role": "ROLE_STUDENT", "action": "read" },
                { "id": 2, "allow": true, "role": "ROLE_TEACHER", "action": "read" },
                { "id": 3, "allow": true, "role": "ROLE_TEACHER", "action": "write" },
            ],
        })
    );
    let again = create(
        &client,
        &json!({ "title": "Best of", "entries": [{ "contentId": "none", "type": "EVENT" }] }),
    );
    assert_eq!(again.status, 201);
    let id = again.json()["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        again.header("location"),
        Some(format!("http://localhost:8080/api/playlists/{id}").as_str())
    );
    assert_eq!(client.get(&format!("/api/playlists/{id}")).json(), again.json());
    assert_eq!(again.json()["entries"], json!([entry(1, "none", "INACCESSIBLE")]));
    assert_eq!(again.json()["description"], "");
}

#[test]
fn who_may_not_read_what_they_create_is_answered_all_the_same() {
    let client = client();
    let answer = create(
        &student(&client),
        &json!({ "title": "Hidden", "entries": [{ "contentId": "closed", "type": "EVENT" }] }),
    );
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["entries"], json!([entry(1, "closed", "INACCESSIBLE")]));
    let path = format!("/api/playlists/{}", answer.json()["id"].as_str().unwrap_or_default());
    assert_eq!(student(&client).get(&path).status, 404);
    assert_eq!(client.get(&path).status, 200);
}

#[test]
fn both_paths_and_both_encodings_create() {
    for path in ["/api/playlists", "/api/playlists/"] {
        let client = client();
        let fields = [("playlist", r#"{"title": "A"}"#)];
        assert_eq!(client.urlencoded("POST", path, &fields).status, 201);
        assert_eq!(client.multipart("POST", path, &fields).status, 201);
    }
}

#[test]
fn the_form_of_the_documents_is_understood() {
    let client = client();
    let answer = create(&client, &json!({ "playlist": { "title": "A" } }));
    assert_eq!((answer.status, &answer.json()["title"]), (201, &json!("A")));
}

#[test]
fn before_1_11_0_there_are_no_playlists() {
    let client = with_playlist();
    assert_eq!(client.speaking("1.10.0").get("/api/playlists").status, 406);
    assert_eq!(client.speaking("1.11.0").get("/api/playlists").status, 200);
}

#[test]
fn what_is_wrong_is_named() {
    for (playlist, pointer) in [
        ("", "#/playlist"),
        ("[]", "#/playlist"),
        ("{", "#/playlist"),
        (r#"{"colour": "red"}"#, "#/playlist/colour"),
        (r#"{"title": 1}"#, "#/playlist/title"),
        (r#"{"organization": "other"}"#, "#/playlist/organization"),
        (r#"{"entries": ["a"]}"#, "#/playlist/entries/0"),
        (r#"{"entries": [{"type": "EVENT"}]}"#, "#/playlist/entries/0/contentId"),
        (
            r#"{"entries": [{"contentId": "", "type": "EVENT"}]}"#,
            "#/playlist/entries/0/contentId",
        ),
        (
            r#"{"entries": [{"contentId": "a", "type": "SERIES"}]}"#,
            "#/playlist/entries/0/type",
        ),
        (
            r#"{"entries": [{"contentId": "a", "id": "x"}]}"#,
            "#/playlist/entries/0/id",
        ),
        (
            r#"{"entries": [{"contentId": "a", "id": 7}]}"#,
            "#/playlist/entries/0/id",
        ),
        (
            r#"{"entries": [{"contentId": "a", "more": 7}]}"#,
            "#/playlist/entries/0/more",
        ),
        (
            r#"{"accessControlEntries": [{"role": "a", "action": "read"}]}"#,
            "#/playlist/accessControlEntries/0/allow",
        ),
        (
            r#"{"accessControlEntries": [{"allow": true, "role": "a", "action": "read", "x": 1}]}"#,
            "#/playlist/accessControlEntries/0/x",
        ),
    ] {
        let client = client().with_header("accept", "application/problem+json");
        let answer = client.submit("POST", "/api/playlists", &[("playlist", playlist)]);
        assert_eq!(answer.status, 400, "{playlist}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{playlist}");
    }
}

#[test]
fn the_tenant_may_be_named_and_ids_of_access_entries_do_not_matter() {
    let playlist = json!({
        "organization": "mh_default_org", "entries": { "id": 0, "contentId": "open", "type": "EVENT" },
        "accessControlEntries": [{ "id": 77, "allow": true, "role": "ROLE_X", "action": "read" }],
    });
    let answer = create(&client(), &playlist);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json()["accessControlEntries"][0]["id"], 1);
    assert_eq!(answer.json()["entries"], json!([entry(1, "open", "EVENT")]));
}

#[test]
fn a_playlist_with_the_identifier_of_one_that_is_there_takes_its_place() {
    let client = with_playlist();
    let teacher = client.identified("tom", &["ROLE_TEACHER"]);
    let replacement = json!({ "id": "p", "entries": [{ "id": 2, "contentId": "closed" }, { "contentId": "open" }],
        "accessControlEntries": acl(&[("ROLE_TEACHER", "read")]) });
    let answer = create(&teacher, &replacement);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json(), teacher.get("/api/playlists/p").json());
    assert_eq!(answer.json()["title"], "");
    assert_eq!(answer.json()["entries"][1]["id"], 3);
    // Now it may only read it; a student not even that.
    assert_eq!(create(&teacher, &replacement).status, 403);
    assert_eq!(create(&student(&client), &json!({ "id": "p" })).status, 403);
}

#[test]
fn what_an_update_does_not_mention_stays() {
    let client = with_playlist();
    let before = client.get("/api/playlists/p").json();
    let unchanged = put(&client, &json!({}));
    assert_eq!((unchanged.status, unchanged.json()), (200, before.clone()));
    let renamed = put(&client, &json!({ "title": "New", "creator": null }));
    let mut expected = before.clone();
    expected["title"] = json!("New");
    expected["creator"] = json!("");
    assert_eq!(renamed.json(), expected);
    assert_eq!(client.get("/api/playlists/p").json(), expected);
    let sent_back = put(&client, &before);
    assert_eq!(sent_back.json(), before, "what has been read can be sent back");
}

#[test]
fn entries_keep_their_ids_and_new_ones_get_others() {
    let client = with_playlist();
    let answer = put(
        &client,
        &json!({ "entries": [{ "contentId": "open", "type": "EVENT" }, { "id": 1, "contentId": "open" }] }),
    );
    assert_eq!(
        answer.json()["entries"],
        json!([entry(3, "open", "EVENT"), entry(1, "open", "EVENT")])
    );
    assert_eq!(client.get("/api/playlists/p").json(), answer.json());
    let foreign = put(&client, &json!({ "entries": [{ "id": 9, "contentId": "open" }] }));
    assert_eq!(foreign.status, 400);
}

#[test]
fn an_update_can_take_the_right_to_read_from_whoever_makes_it() {
    let client = with_playlist();
    let teacher = client.identified("tom", &["ROLE_TEACHER"]);
    let answer = put(&teacher, &json!({ "accessControlEntries": [] }));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["accessControlEntries"], json!([]));
    assert_eq!(teacher.get("/api/playlists/p").status, 404);
}

#[test]
fn who_may_only_read_is_forbidden_to_change() {
    let client = with_playlist();
    let student = student(&client);
    assert_eq!(put(&student, &json!({ "title": "x" })).status, 403);
    assert_eq!(student.send("DELETE", "/api/playlists/p").status, 403);
    let stranger = client.identified("x", &[]);
    for answer in [
        stranger.get("/api/playlists/p"),
        put(&stranger, &json!({})),
        stranger.send("DELETE", "/api/playlists/p"),
    ] {
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (404, "Cannot find playlist instance with id 'p'.")
        );
    }
}

#[test]
fn an_update_cannot_change_the_identifier() {
    let client = with_playlist();
    assert_eq!(put(&client, &json!({ "id": "q" })).status, 400);
    assert_eq!(put(&client, &json!({ "id": "p" })).status, 200);
}

#[test]
fn deleting_answers_with_what_was_there() {
    let client = with_playlist();
    let before = client.get("/api/playlists/p").json();
    let answer = client.send("DELETE", "/api/playlists/p");
    assert_eq!((answer.status, answer.json()), (200, before));
    assert_eq!(client.get("/api/playlists/p").status, 404);
    assert_eq!(client.send("DELETE", "/api/playlists/p").status, 404);
}

#[test]
fn the_entity_tag_tells_who_sees_which_entries() {
    let client = with_playlist();
    let tag = |client: &Client| {
        client
            .get("/api/playlists/p")
            .header("etag")
            .unwrap_or_default()
            .to_owned()
    };
    assert_ne!(tag(&client), tag(&student(&client)));
    let known = student(&client).with_header("if-none-match", &tag(&client));
    assert_eq!(
        known.get("/api/playlists/p").json()["entries"][1]["type"],
        "INACCESSIBLE"
    );
    let known = client.with_header("if-none-match", &tag(&client));
    assert_eq!(known.get("/api/playlists/p").status, 304);
    let guarded = client.with_header("if-match", &tag(&client));
    assert_eq!(put(&guarded, &json!({ "title": "a" })).status, 200);
    assert_eq!(put(&guarded, &json!({ "title": "b" })).status, 412);
}

#[test]
fn a_list_holds_what_may_be_read_in_full_pages() {
    let client = with_playlist();
    for id in ["a", "z"] {
        create(&client, &json!({ "id": id }));
    }
    assert_eq!(client.get("/api/playlists").column("id"), ["a", "p", "z"]);
    let student = student(&client);
    let answer = student.get("/api/playlists?limit=1&sort=updated:DESC");
    assert_eq!(
        (answer.column("id"), answer.header("x-total-count")),
        (vec!["p".to_owned()], Some("1"))
    );
    assert_eq!(
        student.get("/api/playlists").json()[0],
        student.get("/api/playlists/p").json()
    );
    assert_eq!(client.get("/api/playlists?offset=1").column("id"), ["p", "z"]);
    for query in [
        "limit=-1",
        "offset=-1",
        "limit=x",
        "sort=title:ASC",
        "sort=updated",
        "sort=updated:up",
        "sort=Updated:ASC",
    ] {
        assert_eq!(client.get(&format!("/api/playlists?{query}")).status, 400, "{query}");
    }
}

#[test]
fn a_creation_that_is_sent_again_under_its_key_happens_once() {
    let client = client().with_header("idempotency-key", "1");
    let first = create(&client, &json!({ "title": "A" }));
    let again = create(&client, &json!({ "title": "A" }));
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(client.get("/api/playlists").column("title"), ["A"]);
}

#[test]
fn who_was_outrun_tries_again() {
    let client = with_playlist();
    client.backend.store.borrow_mut().interference = Some(Box::new(|store| {
        let key = ("playlists".to_owned(), "p".to_owned());
        if let Some(object) = store.objects.get_mut(&key) {
            object.sequence += 100;
        }
    }));
    assert_eq!(create(&client, &json!({ "id": "p", "title": "New" })).status, 201);
    assert_eq!(client.get("/api/playlists/p").json()["title"], "New");
}
