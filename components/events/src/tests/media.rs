use lectern_handler::api::{Reason, Value};
use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use super::{ACL, METADATA, PROCESSING, client, refused, set, with_event};

const PRESENTER: &str = "presenter; filename=\"a.mp4\"";
const TRACK: &str = "track; filename=\"a.mp4\"";

/// Creates an event with these parts besides those that every event needs, which come last.
fn create(client: &Client, parts: &[(&str, &str)]) -> Answer {
    let needed = [("metadata", METADATA), ("acl", ACL), ("processing", PROCESSING)];
    client.multipart("POST", "/api/events", &[parts, &needed].concat())
}

fn path(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/api/events/{}", answer.json()["identifier"].as_str().unwrap())
}

fn add(client: &Client, path: &str, parts: &[(&str, &str)]) -> Answer {
    client.multipart("POST", &format!("{path}/track"), parts)
}

/// Flavor and file name of each track.
fn tracks(client: &Client, path: &str) -> Vec<String> {
    let media = client.get(&format!("{path}/media"));
    assert_eq!(media.status, 200, "{}", media.text);
    let name = |uri: &str| uri.rsplit('/').next().unwrap().to_owned();
    let flavors = media.column("flavor").into_iter();
    flavors
        .zip(media.column("uri"))
        .map(|(flavor, uri)| format!("{flavor} {}", name(&uri)))
        .collect()
}

#[test]
fn files_become_tracks_of_their_flavors_wherever_they_stand() {
    let client = client();
    let answer = create(
        &client,
        &[
            (PRESENTER, "one"),
            ("presentation; filename=\"b.mp4\"", "two"),
            ("audio; filename=\"c.m4a\"", "three"),
            ("presenter; filename=\"d.mp4\"", "four"),
            ("presenter; filename=\"\"", ""),
            ("preview; filename=\"e.png\"", "five"),
        ],
    );
    assert_eq!(
        tracks(&client, &path(&answer)),
        [
            "presenter/source a.mp4",
            "presentation/source b.mp4",
            "presenter-audio/source c.m4a",
            "presenter/source d.mp4"
        ]
    );
}

#[test]
fn a_creation_that_is_refused_after_its_files_creates_nothing() {
    let client = client();
    let parts = [
        (PRESENTER, "video"),
        ("metadata", "[{]"),
        ("acl", ACL),
        ("processing", PROCESSING),
    ];
    refused(&client.multipart("POST", "/api/events", &parts), 400, "metadata");
    refused(&client.multipart("POST", "/api/events", &parts[..1]), 400, "metadata");
    assert_eq!(client.get("/api/events").text, "[]");
}

#[test]
fn a_request_brings_so_many_files_and_no_more() {
    let answer = create(&client(), &[(PRESENTER, "video"); 65]);
    refused(&answer, 400, "64 files");
}

/// The example of the documentation, as the host keeps it.
const STORED: &str = r#"[{
    "id": "ea9a6cd8", "flavor": "presenter/source", "tags": ["archive"], "description": "", "ref": "", "file": "f1",
    "name": "Übung 1.mp4", "mimetype": "video/mp4", "size": 65072115, "checksum": "ac0e3138be69927c0fb6ff4ea7465df0",
    "duration": 184669, "streams": [
        {"identifier": "video-1", "framecount": 4430, "framewidth": 2048, "framerate": 24.0, "frameheight": 858},
        {"identifier": "audio-1", "channels": 2, "samplingrate": 44100}
    ]
}, {"id": "x", "flavor": "captions/source", "file": "f2", "name": "a.vtt", "mimetype": "text/vtt", "description": "English"}]"#;

#[test]
fn a_track_looks_as_documented() {
    let (client, path) = with_event();
    set(&client, &path, "media", Value::Document(STORED.to_owned()));
    let event = path.rsplit('/').next().unwrap();
    let uri = format!("http://localhost:8080/static/{event}/f1/%C3%9Cbung%201.mp4");
    let track = json!({
        "duration": 184_669, "flavor": "presenter/source", "identifier": "ea9a6cd8", "mimetype": "video/mp4", "size": 65_072_115,
        "streams": {
            "video-1": {"identifier": "video-1", "framecount": 4430, "framewidth": 2048, "framerate": 24.0, "frameheight": 858},
            "audio-1": {"identifier": "audio-1", "channels": 2, "samplingrate": 44100}
        },
        "checksum": "ac0e3138be69927c0fb6ff4ea7465df0 (md5)", "description": "", "has_audio": true, "has_video": true,
        "is_master_playlist": false, "is_live": false, "element-description": uri, "uri": uri, "tags": ["archive"]
    });
    assert_eq!(client.get(&format!("{path}/media")).json()[0], track);
}

#[test]
fn what_is_not_known_about_a_track_is_left_out() {
    let (client, path) = with_event();
    set(&client, &path, "media", Value::Document(STORED.to_owned()));
    let track = client.get(&format!("{path}/media")).json()[1].clone();
    for absent in ["duration", "checksum"] {
        assert!(track.get(absent).is_none(), "{track}");
    }
    assert_eq!(
        (&track["has_audio"], &track["has_video"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&track["size"], &track["streams"], &track["tags"]),
        (&json!(0), &json!({}), &json!([]))
    );
    assert_eq!(
        (&track["description"], &track["element-description"]),
        (&json!("English"), &json!("English"))
    );
}

#[test]
fn what_a_track_has_is_said_since_1_7_0() {
    let (client, path) = with_event();
    set(&client, &path, "media", Value::Document(STORED.to_owned()));
    for (version, known) in [("1.6.0", false), ("1.7.0", true)] {
        let track = client.speaking(version).get(&format!("{path}/media")).json()[0].clone();
        for member in ["has_video", "has_audio", "is_master_playlist", "is_live"] {
            assert_eq!(track.get(member).is_some(), known, "{member} in {version}");
        }
    }
}

#[test]
fn files_are_where_the_tenant_says_the_server_is() {
    let (client, path) = with_event();
    set(&client, &path, "media", Value::Document(STORED.to_owned()));
    for url in ["https://video.example/base", "https://video.example/base/api/"] {
        let property = ("org.opencastproject.external.api.url".to_owned(), url.to_owned());
        client.backend.store.borrow_mut().properties = vec![property];
        let uri = client.get(&format!("{path}/media")).column("uri").remove(1);
        assert_eq!(
            uri,
            format!(
                "https://video.example/base/static/{}/f2/a.vtt",
                path.rsplit('/').next().unwrap()
            )
        );
    }
}

#[test]
fn a_track_is_added_with_its_tags() {
    let (client, path) = with_event();
    let parts = [
        (TRACK, "video"),
        ("tags", " archive,lang:de, ,"),
        ("flavor", " Presenter/Source "),
        ("other; filename=\"b.mp4\"", "ignored"),
    ];
    let answer = add(&client, &path, &parts);
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let media = client.get(&format!("{path}/media")).json();
    assert_eq!(
        (&media[0]["flavor"], &media[0]["tags"]),
        (&json!("presenter/source"), &json!(["archive", "lang:de"]))
    );
    assert_eq!(media.as_array().unwrap().len(), 1);
}

#[test]
fn a_track_stands_beside_the_others_unless_it_is_to_replace_them() {
    let (client, path) = with_event();
    let named = |name: &str, overwrite: &str| {
        let track = format!("track; filename=\"{name}\"");
        let parts = [
            ("flavor", "captions/source"),
            ("overwriteExisting", overwrite),
            (&track, "WEBVTT"),
        ];
        assert_eq!(add(&client, &path, &parts).status, 200);
        tracks(&client, &path)
    };
    named("a.vtt", "");
    assert_eq!(named("b.vtt", "no"), ["captions/source a.vtt", "captions/source b.vtt"]);
    assert_eq!(named("c.vtt", "True"), ["captions/source c.vtt"]);
}

#[test]
fn what_is_wrong_with_a_track_is_named() {
    let (client, path) = with_event();
    let flavor = ("flavor", "presenter/source");
    for (parts, named) in [
        (vec![flavor], "'track'"),
        (vec![flavor, ("track", "text")], "'track'"),
        (vec![flavor, ("track; filename=\"\"", "")], "'track'"),
        (vec![flavor, (TRACK, "a"), (TRACK, "b")], "'track'"),
        (vec![(TRACK, "a")], "'flavor'"),
        (vec![(TRACK, "a"), ("flavor", "presenter")], "'presenter'"),
    ] {
        refused(&add(&client, &path, &parts), 400, named);
    }
    let form = [("flavor", "presenter/source")];
    assert_eq!(client.urlencoded("POST", &format!("{path}/track"), &form).status, 415);
    assert_eq!(tracks(&client, &path), [""; 0]);
}

#[test]
fn an_event_that_is_not_there_takes_no_track() {
    let parts = [("flavor", "presenter/source"), (TRACK, "video")];
    refused(&add(&client(), "/api/events/none", &parts), 404, "'none'");
}

#[test]
fn a_conflict_with_processing_and_a_full_disk_are_said_as_they_are() {
    let (client, path) = with_event();
    for (reason, status) in [(Reason::Conflict, 409), (Reason::Full, 507)] {
        client.backend.store.borrow_mut().failures = vec![Some(reason), None];
        let answer = add(&client, &path, &[("flavor", "presenter/source"), (TRACK, "video")]);
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

#[test]
fn files_in_an_update_take_the_place_of_the_tracks_of_their_flavor() {
    let client = client();
    let path = path(&create(
        &client,
        &[(PRESENTER, "old"), ("presentation; filename=\"slides.mp4\"", "old")],
    ));
    super::end_workflow(&client, &path);
    let parts = [
        ("presenter; filename=\"b.mp4\"", "new"),
        ("presenter; filename=\"c.mp4\"", "new"),
        ("metadata", METADATA),
    ];
    assert_eq!(client.multipart("POST", &path, &parts).status, 204);
    let expected = [
        "presentation/source slides.mp4",
        "presenter/source b.mp4",
        "presenter/source c.mp4",
    ];
    assert_eq!(tracks(&client, &path), expected);
    assert_eq!(
        client
            .multipart("POST", &path, &[("audio; filename=\"d.m4a\"", "new")])
            .status,
        204
    );
    assert_eq!(tracks(&client, &path).len(), 4);
}

#[test]
fn an_update_with_files_that_somebody_else_outran_can_be_sent_again() {
    let (client, path) = with_event();
    let key = ("events".to_owned(), path.rsplit('/').next().unwrap().to_owned());
    client.backend.store.borrow_mut().interference = Some(Box::new(move |store| {
        store.objects.get_mut(&key).unwrap().sequence += 1;
    }));
    let start = r#"[{"flavor": "dublincore/episode", "fields": [{"id": "startDate", "value": "2020-01-01"}]}]"#;
    let parts = [(PRESENTER, "video"), ("metadata", start)];
    let answer = client.multipart("POST", &path, &parts);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(tracks(&client, &path), [""; 0]);
    assert_eq!(client.multipart("POST", &path, &parts).status, 204);
    assert_eq!(tracks(&client, &path), ["presenter/source a.mp4"]);
}

#[test]
fn a_scheduled_event_takes_files_if_it_is_one() {
    const ONE: &str = r#"{"agent_id": "ca24", "start": "2018-03-27T16:00:00Z", "end": "2018-03-27T19:00:00Z"}"#;
    let client = client();
    let scheduled = create(&client, &[(PRESENTER, "intro"), ("scheduling", ONE)]);
    assert_eq!(tracks(&client, &path(&scheduled)), ["presenter/source a.mp4"]);
    let several = ONE.replace("\"start\"", "\"rrule\": \"COUNT=3\", \"start\"");
    let refusal = create(&client, &[(PRESENTER, "intro"), ("scheduling", &several)]);
    refused(&refusal, 400, "'scheduling' asks for several");
    assert_eq!(client.get("/api/events").column("identifier").len(), 1);
}
