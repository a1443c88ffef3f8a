//! `/api/playlists`: events in an order that somebody has chosen, with an access list of their own.

use lectern_tests::content::{acl, owned_by, unique, unique_role};
use lectern_tests::fixture::{LMS, READER, TEACHER, Tenant, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Answer, Client, Form};
use serde_json::{Value, json};

const COURSE: &str = "ROLE_COURSE_1";
const STUDENTS: &str = "ROLE_COURSE_1_STUDENT";

fn form(playlist: &Value) -> Form {
    Form::new().field("playlist", playlist)
}

#[track_caller]
fn post(client: &Client, playlist: &Value) -> Answer {
    client.post("/api/playlists/").urlencoded(&form(playlist)).send()
}

#[track_caller]
fn create(client: &Client, playlist: &Value) -> Value {
    post(client, playlist).expect(201).json()
}

fn path(playlist: &Value) -> String {
    format!("/api/playlists/{}", playlist["id"].as_str().expect("an id"))
}

#[track_caller]
fn read(client: &Client, path: &str) -> Value {
    client.get(path).send().expect(200).json()
}

#[track_caller]
fn put(client: &Client, path: &str, playlist: &Value) -> Value {
    client.put(path).urlencoded(&form(playlist)).send().expect(200).json()
}

fn entries(contents: &[&str]) -> Value {
    contents
        .iter()
        .map(|content| json!({ "contentId": content, "type": "EVENT" }))
        .collect()
}

fn ids(playlist: &Value) -> Vec<i64> {
    let entries = playlist["entries"].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| entry["id"].as_i64().expect("a number"))
        .collect()
}

fn types(playlist: &Value) -> Vec<&str> {
    let entries = playlist["entries"].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| entry["type"].as_str().expect("a type"))
        .collect()
}

/// Readable by students, writable by the course.
fn course() -> Value {
    acl(&[(STUDENTS, "read"), (COURSE, "read"), (COURSE, "write")])
}

#[test]
fn the_answer_to_a_creation_is_the_playlist_as_it_can_be_read() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let event = client.create_event(json!({ "title": "In a playlist" }), &owned_by(COURSE));
        for (encoding, path) in ENCODINGS.into_iter().zip(["/api/playlists", "/api/playlists/"]) {
            let playlist = json!({
                "title": "Größte Erfolge", "description": "Alle", "creator": "Ada", "updated": 1_701_854_481_056_i64,
                "entries": entries(&[&event, "none"]), "accessControlEntries": course(),
            });
            let answer = client.post(path).form(&form(&playlist), encoding).send().expect(201);
            assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
            let created = answer.json();
            let id = created["id"].as_str().expect("an id").to_owned();
            assert!(
                answer
                    .header("location")
                    .is_some_and(|location| location.ends_with(&format!("/api/playlists/{id}")))
            );
            assert_eq!(read(&client, &format!("/api/playlists/{id}")), created);
            assert!(
                created["updated"]
                    .as_str()
                    .is_some_and(|updated| updated.ends_with('Z') && updated > "2024")
            );
            let mut expected = playlist.clone();
            expected["id"] = json!(id);
            expected["updated"] = created["updated"].clone();
            expected["entries"] = json!([
                { "id": 1, "contentId": event, "type": "EVENT" }, { "id": 2, "contentId": "none", "type": "INACCESSIBLE" },
            ]);
            expected["accessControlEntries"] = json!([
                { "id": 1, "allow": true, "role": STUDENTS, "action": "read" },
                { "id": 2, "allow": true, "role": COURSE, "action": "read" },
                { "id": 3, "allow": true, "role": COURSE, "action": "write" },
            ]);
            assert_eq!(created, expected);
        }
    });
}

#[test]
fn an_entry_is_inaccessible_to_those_who_may_not_read_its_event_as_long_as_that_is_so() {
    each_tenant(|tenant| {
        let (client, reader) = (tenant.user(TEACHER), tenant.user(READER));
        let series = client.create_series(json!({ "title": "Of a playlist" }), &owned_by(COURSE));
        let in_series = client.create_event(json!({ "title": "a", "isPartOf": series }), &owned_by(COURSE));
        let event = client.create_event(json!({ "title": "b" }), &course());
        let playlist = create(
            &client,
            &json!({ "entries": entries(&[&in_series, &event]), "accessControlEntries": course() }),
        );
        let path = path(&playlist);
        assert_eq!(types(&read(&client, &path)), ["EVENT", "EVENT"]);
        assert_eq!(types(&read(&reader, &path)), ["INACCESSIBLE", "EVENT"]);
        let tag = reader
            .get(&path)
            .send()
            .expect(200)
            .header("etag")
            .expect("a tag")
            .to_owned();
        reader.get(&path).header("if-none-match", &tag).send().expect(304);
        let list = Form::new().field("acl", course());
        client
            .put(&format!("/api/events/{in_series}/acl"))
            .urlencoded(&list)
            .send()
            .expect(204);
        let seen = reader
            .get(&path)
            .header("if-none-match", &tag)
            .send()
            .expect(200)
            .json();
        assert_eq!(types(&seen), ["EVENT", "EVENT"]);
        let tag = reader
            .get(&path)
            .send()
            .expect(200)
            .header("etag")
            .expect("a tag")
            .to_owned();
        client.delete(&format!("/api/events/{event}")).send().expect(204);
        let seen = reader
            .get(&path)
            .header("if-none-match", &tag)
            .send()
            .expect(200)
            .json();
        assert_eq!(types(&seen), ["EVENT", "INACCESSIBLE"]);
        assert_eq!(seen["entries"][1]["contentId"], event);
    });
}

#[test]
fn a_playlist_is_read_and_changed_by_whom_its_own_list_allows_it() {
    each_tenant(|tenant| {
        let (client, reader) = (tenant.user(TEACHER), tenant.user(READER));
        let playlist = create(&client, &json!({ "title": "Ours", "accessControlEntries": course() }));
        let path = path(&playlist);
        assert_eq!(read(&reader, &path), playlist);
        // The role that the table of required roles asks for is not enough.
        let with_api_roles = tenant.user(LMS);
        let text = with_api_roles.get(&path).send().expect(404).text();
        assert_eq!(
            text,
            format!(
                "Cannot find playlist instance with id '{}'.",
                playlist["id"].as_str().unwrap_or_default()
            )
        );
        with_api_roles
            .put(&path)
            .urlencoded(&form(&json!({})))
            .send()
            .expect(404);
        with_api_roles.delete(&path).send().expect(404);
        let as_student = tenant.with_roles(&format!("{STUDENTS},ROLE_API_PLAYLISTS_EDIT,ROLE_API_PLAYLISTS_DELETE"));
        as_student
            .put(&path)
            .urlencoded(&form(&json!({ "title": "Mine" })))
            .send()
            .expect(403);
        as_student.delete(&path).send().expect(403);
        assert_eq!(post(&as_student, &json!({ "id": playlist["id"] })).status, 403);
        reader
            .put(&path)
            .urlencoded(&form(&json!({ "title": "Mine" })))
            .send()
            .expect(403);
        assert_eq!(read(&tenant.admin(), &path), playlist);
        put(&tenant.admin(), &path, &json!({ "title": "By the administrator" }));
    });
}

#[test]
fn a_creator_who_is_not_in_the_list_cannot_read_it_afterwards() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let playlist = create(&client, &json!({ "title": "Gone", "entries": entries(&["a"]) }));
        assert_eq!(ids(&playlist), [1]);
        client.get(&path(&playlist)).send().expect(404);
        assert_eq!(read(&tenant.admin(), &path(&playlist)), playlist);
    });
}

#[test]
fn what_an_update_does_not_mention_stays_and_entries_keep_their_ids() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let playlist = create(
            &client,
            &json!({ "title": "T", "description": "D", "entries": entries(&["a", "b", "c"]), "accessControlEntries": course() }),
        );
        let path = path(&playlist);
        let renamed = put(&client, &path, &json!({ "title": "New" }));
        assert_eq!(
            (&renamed["title"], &renamed["description"]),
            (&json!("New"), &json!("D"))
        );
        assert_eq!(renamed["entries"], playlist["entries"]);
        assert_eq!(renamed["accessControlEntries"], playlist["accessControlEntries"]);
        let moved = json!({ "entries": [
            { "id": 3, "contentId": "c", "type": "EVENT" }, { "contentId": "d", "type": "EVENT" }, { "id": 1, "contentId": "a", "type": "EVENT" },
        ] });
        let moved = put(&client, &path, &moved);
        assert_eq!(ids(&moved), [3, 4, 1]);
        assert_eq!(read(&client, &path), moved);
        assert_eq!(ids(&put(&client, &path, &json!({ "entries": entries(&["e"]) }))), [5]);
        let foreign = json!({ "entries": [{ "id": 3, "contentId": "c", "type": "EVENT" }] });
        client
            .put(&path)
            .urlencoded(&form(&foreign))
            .send()
            .refused(400, "entry 3");
        let mut before = read(&client, &path);
        let mut sent_back = put(&client, &path, &before);
        before["updated"] = json!("");
        sent_back["updated"] = json!("");
        assert_eq!(sent_back, before, "what has been read can be sent back");
        let closed = put(&client, &path, &json!({ "accessControlEntries": [] }));
        assert_eq!(closed["accessControlEntries"], json!([]));
        client.get(&path).send().expect(404);
    });
}

#[test]
fn an_identifier_may_be_chosen_and_one_that_is_there_is_replaced() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let id = unique("playlist");
        let playlist =
            json!({ "id": id, "title": "First", "entries": entries(&["a"]), "accessControlEntries": course() });
        assert_eq!(create(&client, &playlist)["id"], id.as_str());
        let replaced = create(
            &client,
            &json!({ "id": id, "accessControlEntries": course(), "entries": [{ "id": 1, "contentId": "b" }] }),
        );
        assert_eq!(replaced["title"], "");
        assert_eq!(ids(&replaced), [1]);
        assert_eq!(read(&client, &path(&replaced)), replaced);
        post(&tenant.user(LMS), &playlist).expect(403);
        // What one tenant has does not matter to the other.
        create(&tenant.other().user(TEACHER), &playlist);
        assert_eq!(read(&client, &path(&replaced)), replaced);
    });
}

#[test]
fn deleting_answers_with_the_playlist_and_hides_it_from_everybody() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let playlist = create(
            &client,
            &json!({ "title": "T", "entries": entries(&["a"]), "accessControlEntries": course() }),
        );
        let path = path(&playlist);
        assert_eq!(client.delete(&path).send().expect(200).json(), playlist);
        for client in [&client, &tenant.admin()] {
            client.get(&path).send().expect(404);
            client.delete(&path).send().expect(404);
            client.put(&path).urlencoded(&form(&json!({}))).send().expect(404);
            let listed = client.get("/api/playlists").send().expect(200).column("id");
            assert!(!listed.iter().any(|id| *id == playlist["id"]));
        }
        let again = json!({ "id": playlist["id"], "accessControlEntries": course() });
        assert_eq!(create(&client, &again)["entries"], json!([]));
    });
}

#[test]
fn a_list_holds_in_full_pages_what_may_be_read() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let role = unique_role();
        let mut expected = Vec::new();
        for position in 0..6 {
            let list = if position % 2 == 0 {
                acl(&[(&role, "read")])
            } else {
                course()
            };
            let playlist = create(
                &client,
                &json!({ "title": format!("{position}"), "accessControlEntries": list }),
            );
            if position % 2 == 0 {
                expected.push(playlist["id"].as_str().expect("an id").to_owned());
            }
        }
        expected.sort();
        let member = tenant.with_roles(&format!("{role},ROLE_API_PLAYLISTS_VIEW"));
        let all = member.get("/api/playlists").send().expect(200);
        assert_eq!(all.column("id"), expected);
        assert_eq!(all.header("x-total-count"), Some("3"));
        let first = member.get("/api/playlists/?limit=2").send().expect(200);
        assert_eq!(first.column("id"), expected[..2]);
        assert_eq!(
            member.get("/api/playlists?offset=2").send().expect(200).column("id"),
            expected[2..]
        );
        assert_eq!(
            member.get("/api/playlists?offset=9").send().expect(200).json(),
            json!([])
        );
        let mut sorted = member
            .get("/api/playlists?sort=updated:DESC")
            .send()
            .expect(200)
            .column("updated");
        sorted.reverse();
        assert!(sorted.is_sorted());
        let shown = &all.json()[0];
        assert_eq!(*shown, read(&member, &path(shown)));
        for (name, value) in [
            ("limit", "-1"),
            ("offset", "-1"),
            ("limit", "x"),
            ("sort", "title:ASC"),
            ("sort", "updated"),
        ] {
            member
                .get("/api/playlists")
                .query(name, value)
                .send()
                .refused(400, name);
        }
    });
}

#[test]
fn what_is_wrong_with_a_playlist_is_named() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        client
            .post("/api/playlists")
            .urlencoded(&Form::new())
            .send()
            .refused(400, "playlist");
        for (playlist, part) in [
            (json!([]), "playlist"),
            (json!({ "colour": "red" }), "playlist/colour"),
            (json!({ "title": {} }), "playlist/title"),
            (json!({ "title": "\u{1}" }), "playlist/title"),
            (json!({ "id": "a/b" }), "playlist/id"),
            (json!({ "organization": tenant.other().id }), "playlist/organization"),
            (
                json!({ "entries": [{ "contentId": "a", "type": "SERIES" }] }),
                "playlist/entries/0/type",
            ),
            (
                json!({ "entries": [{ "contentId": "a", "type": "EVENT", "id": 5 }] }),
                "playlist/entries/0/id",
            ),
            (
                json!({ "accessControlEntries": [{ "allow": true, "role": "a" }] }),
                "playlist/accessControlEntries/0/action",
            ),
            (
                json!({ "accessControlEntries": ["a"] }),
                "playlist/accessControlEntries/0",
            ),
        ] {
            post(&client, &playlist).not_5xx();
            let request = client.post("/api/playlists").urlencoded(&form(&playlist));
            request
                .header("accept", "application/problem+json")
                .send()
                .refused(400, part);
        }
        let documented = create(
            &client,
            &json!({ "playlist": { "title": "As documented", "organization": tenant.id } }),
        );
        assert_eq!(documented["title"], "As documented");
    });
}

#[test]
fn playlists_exist_since_1_11_0() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let playlist = create(&client, &json!({ "accessControlEntries": course() }));
        for version in ["v1.0.0", "v1.10.0"] {
            client.get("/api/playlists").version(version).send().expect(406);
            client.get(&path(&playlist)).version(version).send().expect(406);
        }
        client.get(&path(&playlist)).version("v1.11.0").send().expect(200);
        client.request("HEAD", &path(&playlist)).send().expect_empty(200);
        tenant.admin().put("/api/playlists").send().expect(405);
    });
}

#[test]
fn a_creation_that_is_sent_again_under_its_key_happens_once() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER).with_header("idempotency-key", &unique("key"));
        let playlist = json!({ "title": "Once", "accessControlEntries": course() });
        let first = create(&client, &playlist);
        assert_eq!(create(&client, &playlist), first);
    });
}

#[test]
fn a_playlist_cannot_be_changed_over_what_somebody_else_has_done() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let path = path(&create(&client, &json!({ "accessControlEntries": course() })));
        let tag = client
            .get(&path)
            .send()
            .expect(200)
            .header("etag")
            .expect("a tag")
            .to_owned();
        put(&client, &path, &json!({ "title": "Somebody else's" }));
        let late = client
            .put(&path)
            .urlencoded(&form(&json!({ "title": "Late" })))
            .header("if-match", &tag);
        late.send().expect(412);
        client.delete(&path).header("if-match", &tag).send().expect(412);
        assert_eq!(read(&client, &path)["title"], "Somebody else's");
    });
}

#[test]
fn playlists_of_another_tenant_cannot_be_reached() {
    each_tenant(|tenant: &Tenant| {
        let client = tenant.user(TEACHER);
        let playlist = create(&client, &json!({ "title": "T", "accessControlEntries": course() }));
        let (path, foreign) = (path(&playlist), tenant.other().admin());
        foreign.get(&path).send().expect(404);
        foreign
            .put(&path)
            .urlencoded(&form(&json!({ "title": "x" })))
            .send()
            .expect(404);
        foreign.delete(&path).send().expect(404);
        let listed = foreign.get("/api/playlists").send().expect(200).column("id");
        assert!(!listed.iter().any(|id| *id == playlist["id"]));
        assert_eq!(read(&client, &path), playlist);
    });
}
