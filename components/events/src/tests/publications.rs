//! What is published, as every version shows it.

use serde_json::{Value as Json, json};

use super::*;

/// What the host keeps to be shown to everybody, and internally.
fn kept() -> [Json; 2] {
    [
        json!([{
            "id": "p1", "channel": "engage-player", "mediatype": "text/html", "url": "/play/new-0",
            "media": [
                {
                    "id": "m1", "mediatype": "video/mp4", "url": "/static/e/f1/a%20b.mp4", "flavor": "presenter/source", "size": 7,
                    "checksum": "0123 (md5)", "tags": ["archive"], "has_audio": true, "has_video": true, "duration": 1500,
                    "description": "The \"url\":\"/\" of \\\"url\\\":\\\"/x", "bitrate": 1000.5, "framerate": 25.0, "framecount": 38, "width": 640,
                    "height": 360, "is_master_playlist": false, "is_live": false,
                },
                {
                    "id": "m2", "mediatype": "audio/mpeg", "url": "/static/e/f2/b.mp3", "flavor": "presenter-audio/source", "size": 0,
                    "checksum": "", "tags": [], "has_audio": false, "has_video": false, "duration": null, "description": "",
                    "is_master_playlist": false, "is_live": false,
                },
            ],
            "attachments": [{
                "id": "a1", "mediatype": "image/png", "url": "/static/e/f3/c.png", "flavor": "presenter/preview", "size": 1,
                "checksum": "45 (md5)", "tags": [], "ref": "track:t1",
            }],
            "metadata": [{
                "id": "c1", "mediatype": "text/xml", "url": "/static/e/f4/episode.xml", "flavor": "dublincore/episode", "size": 2,
                "checksum": "67 (md5)", "tags": [],
            }],
        }]),
        json!([{
            "id": "p2", "channel": "internal", "mediatype": "text/html", "url": "https://elsewhere.example/e",
            "media": [], "attachments": [], "metadata": [],
        }]),
    ]
}

fn published() -> (Client, String) {
    let (client, path) = with_event();
    for (field, document) in ["published", "published_internally"].into_iter().zip(kept()) {
        set(&client, &path, field, Value::Document(in_order(&document)));
    }
    let channels = ["engage-player", "internal"].map(str::to_owned).to_vec();
    set(&client, &path, "publication_status", Value::Texts(channels));
    (client, path)
}

/// As the host writes it: what version 1.7.0 added stands together.
fn in_order(document: &Json) -> String {
    let text = document.to_string();
    let text = text.replace(",\"is_live\":false,\"is_master_playlist\":false", "");
    text.replace(
        "\"has_video\":",
        "\"is_master_playlist\":false,\"is_live\":false,\"has_video\":",
    )
}

/// The document with the addresses of a server.
fn on(server: &str, document: &Json) -> Json {
    match document {
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(path) if name == "url" && path.starts_with('/') => {
                    (name.clone(), format!("{server}{path}").into())
                }
                _ => (name.clone(), on(server, value)),
            })
            .collect(),
        Json::Array(elements) => elements.iter().map(|element| on(server, element)).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_publication_shows_what_is_in_it_and_where() {
    let (client, path) = published();
    let answer = client.get(&format!("{path}/publications"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    let [public, _] = kept();
    assert_eq!(answer.json(), on("http://localhost:8080", &public));
    assert_eq!(client.get(&format!("{path}/publications/p1")).json(), answer.json()[0]);
}

#[test]
fn of_an_event_that_is_not_published_nothing_is_shown() {
    let (client, path) = with_event();
    for query in ["", "?sign=true", "?includeInternalPublication=true"] {
        assert_eq!(client.get(&format!("{path}/publications{query}")).text, "[]");
    }
    let [_, internal] = kept();
    set(
        &client,
        &path,
        "published_internally",
        Value::Document(internal.to_string()),
    );
    let shown = |query: &str| client.get(&format!("{path}/publications{query}")).column("id");
    assert_eq!(shown(""), [""; 0]);
    assert_eq!(shown("?includeInternalPublication=true"), ["p2"]);
}

#[test]
fn members_of_version_1_7_are_not_shown_before() {
    let (client, path) = published();
    let media = client.speaking("1.6.0").get(&format!("{path}/publications")).json()[0]["media"][0].clone();
    assert_eq!(media["width"], 640);
    assert!(media.get("is_live").is_none() && media.get("is_master_playlist").is_none());
}

#[test]
fn internal_publications_are_for_those_who_ask() {
    let (client, path) = published();
    let channels = |client: &Client, query: &str| client.get(&format!("{path}/publications{query}")).column("channel");
    let all = ["engage-player", "internal"];
    assert_eq!(channels(&client, ""), ["engage-player"]);
    assert_eq!(channels(&client, "?includeInternalPublication=true"), all);
    let older = client.speaking("1.10.0");
    assert_eq!(channels(&older, "?includeInternalPublication=true"), ["engage-player"]);
    assert_eq!(
        client.get(&format!("{path}/publications/p2")).json()["url"],
        "https://elsewhere.example/e"
    );
    refused(&older.get(&format!("{path}/publications/p2")), 404, "'p2'");
    refused(&client.get(&format!("{path}/publications/p3")), 404, "'p3'");
    assert_eq!(client.get(&path).json()["publication_status"], json!(all));
}

#[test]
fn events_show_their_publications_on_request() {
    let (client, path) = published();
    let alone = client.get(&format!("{path}/publications")).json();
    assert_eq!(
        client.get(&format!("{path}?withpublications=true")).json()["publications"],
        alone
    );
    assert_eq!(
        client.get("/api/events?withpublications=true").json()[0]["publications"],
        alone
    );
    assert!(client.get(&path).json().get("publications").is_none());
    let internal = client
        .get("/api/events?withpublications=true&includeInternalPublication=true&withmetadata=true")
        .json();
    assert_eq!(internal[0]["publications"].as_array().unwrap().len(), 2);
    assert!(internal[0]["metadata"].is_array());
}

/// All addresses in an answer.
fn urls(json: &Json, urls: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(url) if name == "url" || name == "uri" => urls.push(url.to_owned()),
                    _ => self::urls(value, urls),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| self::urls(item, urls)),
        _ => {}
    }
}

fn signed(client: &Client, path: &str) -> (usize, usize) {
    let mut found = Vec::new();
    urls(&client.get(path).json(), &mut found);
    (
        found.iter().filter(|url| url.contains("signature=")).count(),
        found.len(),
    )
}

#[test]
fn addresses_are_signed_on_request_where_a_key_covers_them() {
    let (client, path) = published();
    let media = json!([{"id": "t1", "file": "f1", "name": "a.mp4"}]);
    set(&client, &path, "media", Value::Document(media.to_string()));
    assert_eq!(signed(&client, &format!("{path}/publications?sign=true")), (0, 5));
    client.backend.store.borrow_mut().signed = "http".to_owned();
    assert_eq!(signed(&client, &format!("{path}/publications")), (0, 5));
    assert_eq!(signed(&client, &format!("{path}/publications?sign=true")), (5, 5));
    assert_eq!(signed(&client, &format!("{path}/publications/p1?sign=true")), (5, 5));
    assert_eq!(
        signed(&client.speaking("1.6.0"), &format!("{path}/publications?sign=true")),
        (4, 5)
    );
    assert_eq!(
        signed(&client, &format!("{path}?withpublications=true&sign=true")),
        (5, 5)
    );
    assert_eq!(signed(&client, "/api/events?withpublications=true&sign=true"), (5, 5));
    assert_eq!(signed(&client, &format!("{path}/media?sign=true")), (1, 1));
    client.backend.store.borrow_mut().signing_fails = true;
    assert_eq!(signed(&client, &format!("{path}/publications?sign=true")), (0, 5));
}

#[test]
fn signed_addresses_are_never_those_that_a_client_has_already() {
    let (client, path) = published();
    for (path, tagged) in [
        (format!("{path}/publications"), true),
        (format!("{path}/publications?sign=true"), false),
        (format!("{path}/publications/p1?sign=true"), false),
        (format!("{path}?withpublications=true&sign=true"), false),
        (format!("{path}/media?sign=true"), false),
    ] {
        assert_eq!(client.get(&path).header("etag").is_some(), tagged, "{path}");
    }
}
