//! Files: uploading them with an event or to one, reading about them, and downloading them again.

use lectern_tests::content::{acl, event_form, owned_by, unique};
use lectern_tests::fixture::{NORTH, OUTSIDER, SOUTH, TENANTS, Tenant, each_tenant};
use lectern_tests::{Answer, Client, Form, Stage};
use serde_json::{Value, json};

/// 1.5 s of picture and sound.
const VIDEO: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");
const AUDIO: &[u8] = include_bytes!("../../../host/media/tests/data/audio.m4a");

fn md5(content: &[u8]) -> String {
    let digest = <md5::Md5 as md5::Digest>::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates an event that a role may read and write, with files.
#[track_caller]
fn create(stage: &Stage, files: &[(&str, &str, &[u8])]) -> String {
    let mut form = event_form(&json!({ "title": "Recorded" }), &owned_by(&stage.role));
    for (part, name, content) in files {
        form = form.file(part, name, "application/octet-stream", content);
    }
    let answer = stage.admin.post("/api/events").multipart(&form).send().expect(201);
    let event = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    stage.admin.until_processed(&event);
    event
}

#[track_caller]
fn add_track(client: &Client, event: &str, form: &Form) -> Answer {
    client
        .post(&format!("/api/events/{event}/track"))
        .multipart(form)
        .send()
}

#[track_caller]
fn media(client: &Client, event: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/events/{event}/media")).send().expect(200);
    answer.json().as_array().expect("a list").clone()
}

/// The path of each track's file.
#[track_caller]
fn paths(client: &Client, event: &str) -> Vec<String> {
    let tracks = media(client, event);
    tracks
        .iter()
        .map(|track| path_of(track["uri"].as_str().expect("an address")))
        .collect()
}

fn path_of(uri: &str) -> String {
    let (_, rest) = uri.split_once("://").expect("a scheme");
    format!("/{}", rest.split_once('/').expect("a path").1)
}

/// An event with one video, and the path of its file.
#[track_caller]
fn with_video(tenant: &Tenant) -> (Stage, String, String) {
    let stage = Stage::new(tenant);
    let event = create(&stage, &[("presenter", "talk.mp4", VIDEO)]);
    let path = paths(&stage.actor, &event).remove(0);
    (stage, event, path)
}

#[test]
fn an_uploaded_recording_is_described_and_can_be_downloaded_again() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let event = create(
            &stage,
            &[("audio", "sound only.m4a", AUDIO), ("presenter", "talk.mp4", VIDEO)],
        );
        let tracks = media(&stage.actor, &event);
        let flavors: Vec<&Value> = tracks.iter().map(|track| &track["flavor"]).collect();
        assert_eq!(flavors, ["presenter-audio/source", "presenter/source"]);
        let video = &tracks[1];
        assert_eq!(video["mimetype"], "video/mp4");
        assert_eq!(video["size"], VIDEO.len());
        assert_eq!(video["checksum"], format!("{} (md5)", md5(VIDEO)));
        assert_eq!(video["duration"], 1500);
        assert_eq!((&video["has_video"], &video["has_audio"]), (&json!(true), &json!(true)));
        assert_eq!(video["streams"]["video-1"]["framewidth"], 64);
        assert_eq!(video["streams"]["audio-1"]["samplingrate"], 44100);
        assert_eq!(tracks[0]["has_video"], false);
        let uri = tracks[0]["uri"].as_str().expect("an address");
        assert!(
            uri.starts_with(&format!("http://{}/static/{event}/", tenant.host)),
            "{uri}"
        );
        assert!(uri.ends_with("/sound%20only.m4a"), "{uri}");
        for (track, content) in tracks.iter().zip([AUDIO, VIDEO]) {
            let path = path_of(track["uri"].as_str().expect("an address"));
            let file = stage.actor.get(&path).send().expect(200);
            assert_eq!(file.body, content);
            assert_eq!(file.header("content-type"), track["mimetype"].as_str());
            assert_eq!(file.header("content-length"), Some(content.len().to_string().as_str()));
        }
        assert_eq!(
            stage.actor.event(&event)["duration"],
            1500,
            "as long as its longest track"
        );
    });
}

#[test]
fn files_may_come_before_everything_else() {
    let stage = Stage::new(&NORTH);
    let metadata = json!([{ "flavor": "dublincore/episode", "fields": [{ "id": "title", "value": "Late" }] }]);
    let form = Form::new()
        .file("presenter", "a.mp4", "video/mp4", VIDEO)
        .field("processing", json!({ "workflow": "schedule-and-upload" }))
        .file("presenter", "b.mp4", "video/mp4", VIDEO)
        .file("presentation", "", "application/octet-stream", b"")
        .field("acl", owned_by(&stage.role))
        .field("metadata", metadata);
    let answer = stage.admin.post("/api/events").multipart(&form).send().expect(201);
    let event = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    assert_eq!(media(&stage.actor, &event).len(), 2);
}

#[test]
fn what_is_no_medium_is_stored_all_the_same() {
    let stage = Stage::new(&SOUTH);
    let damaged = &VIDEO[..VIDEO.len() / 2];
    let event = create(
        &stage,
        &[
            ("presenter", "damaged.mp4", damaged),
            ("presentation", "slides", b"not known"),
            ("audio", "empty.mp3", b""),
        ],
    );
    let tracks = media(&stage.actor, &event);
    let sizes: Vec<&Value> = tracks.iter().map(|track| &track["size"]).collect();
    assert_eq!(sizes, [&json!(damaged.len()), &json!(9), &json!(0)]);
    assert_eq!(tracks[1]["mimetype"], "application/octet-stream");
    for (path, content) in paths(&stage.actor, &event).iter().zip([damaged, b"not known", b""]) {
        assert_eq!(stage.actor.get(path).send().expect(200).body, content);
    }
}

#[test]
fn a_file_is_sent_in_the_ranges_that_are_asked_for() {
    let (stage, _, path) = with_video(&NORTH);
    let length = VIDEO.len();
    let range = |range: &str| stage.actor.get(&path).header("range", range).send();
    let part = range("bytes=10-19").expect(206);
    assert_eq!(part.body, &VIDEO[10..20]);
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 10-19/{length}").as_str())
    );
    assert_eq!(part.header("content-type"), Some("video/mp4"));
    assert_eq!(range("bytes=-5").expect(206).body, &VIDEO[length - 5..]);
    assert_eq!(range("bytes=100-").expect(206).body, &VIDEO[100..]);
    let behind = range(&format!("bytes={length}-")).expect_empty(416);
    assert_eq!(
        behind.header("content-range"),
        Some(format!("bytes */{length}").as_str())
    );
    assert_eq!(range("bytes=nonsense").expect(200).body, VIDEO);

    let several = range("bytes=0-3,100-103").expect(206);
    let kind = several.header("content-type").expect("a type");
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .expect("a boundary");
    let parts: Vec<&[u8]> = split(&several.body, format!("--{boundary}").as_bytes());
    assert_eq!(parts.len(), 4, "two parts between what precedes and what follows them");
    for (part, range, content) in [(parts[1], "0-3", &VIDEO[..4]), (parts[2], "100-103", &VIDEO[100..104])] {
        let head = String::from_utf8_lossy(part);
        assert!(
            head.contains(&format!("Content-Range: bytes {range}/{length}\r\n")),
            "{head}"
        );
        assert!(part.ends_with(&[b"\r\n\r\n", content, b"\r\n"].concat()), "{head}");
    }
}

fn split<'b>(bytes: &'b [u8], mark: &[u8]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(position) = rest.windows(mark.len()).position(|window| window == mark) {
        parts.push(&rest[..position]);
        rest = &rest[position + mark.len()..];
    }
    parts.push(rest);
    parts
}

#[test]
fn a_client_that_has_a_file_is_told_so_and_one_that_has_half_of_it_gets_the_rest() {
    let (stage, _, path) = with_video(&SOUTH);
    let whole = stage.actor.get(&path).send().expect(200);
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").expect("a tag").to_owned();
    let known = stage
        .actor
        .get(&path)
        .header("if-none-match", &tag)
        .send()
        .expect_empty(304);
    assert_eq!(known.header("etag"), Some(tag.as_str()));
    let resumed = |tag: &str| {
        stage
            .actor
            .get(&path)
            .header("range", "bytes=9-")
            .header("if-range", tag)
            .send()
    };
    assert_eq!(resumed(&tag).expect(206).body, &VIDEO[9..]);
    assert_eq!(resumed("\"another\"").expect(200).body, VIDEO);
}

#[test]
fn head_answers_as_get_without_the_file() {
    let (stage, _, path) = with_video(&NORTH);
    let head = stage.actor.request("HEAD", &path).send().expect_empty(200);
    let get = stage.actor.get(&path).send().expect(200);
    for name in [
        "content-type",
        "content-length",
        "etag",
        "accept-ranges",
        "content-disposition",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[test]
fn a_file_is_for_those_who_may_read_its_event() {
    each_tenant(|tenant| {
        let (stage, event, path) = with_video(tenant);
        // No API role is needed, and none helps.
        let outsider = tenant.user(OUTSIDER);
        outsider.get(&path).send().expect(404);
        let denied = tenant.anonymous().get(&path).send().expect(401);
        assert!(
            denied
                .header("www-authenticate")
                .is_some_and(|challenge| challenge.starts_with("Basic")),
            "{denied}"
        );
        let digest = tenant
            .anonymous()
            .get(&path)
            .header("x-requested-auth", "Digest")
            .send()
            .expect(401);
        assert!(
            digest
                .header("www-authenticate")
                .is_some_and(|challenge| challenge.starts_with("Digest")),
            "{digest}"
        );
        tenant
            .anonymous()
            .with_credentials(OUTSIDER, "wrong")
            .get(&path)
            .send()
            .expect(401);

        let allow = |role: &str| {
            let list = acl(&[
                (role, "read"),
                (stage.role.as_str(), "write"),
                (stage.role.as_str(), "read"),
            ]);
            let form = Form::new().field("acl", list);
            stage
                .admin
                .put(&format!("/api/events/{event}/acl"))
                .urlencoded(&form)
                .send()
                .expect(204);
        };
        allow("ROLE_STUDENT");
        assert_eq!(outsider.get(&path).send().expect(200).body, VIDEO);
        tenant.anonymous().get(&path).send().expect(401);
        allow("ROLE_ANONYMOUS");
        assert_eq!(tenant.anonymous().get(&path).send().expect(200).body, VIDEO);
        allow("ROLE_NOBODY");
        tenant.anonymous().get(&path).send().expect(401);
        outsider.get(&path).send().expect(404);
    });
}

#[test]
fn the_files_of_the_other_tenant_are_out_of_reach() {
    each_tenant(|tenant| {
        let (stage, event, path) = with_video(tenant);
        let other = tenant.other();
        let own = create(&Stage::new(other), &[("presenter", "talk.mp4", VIDEO)]);
        let file = path.split('/').nth(3).expect("a file");
        for path in [path.clone(), format!("/static/{own}/{file}/talk.mp4")] {
            other.admin().get(&path).send().expect(404);
            other.anonymous().get(&path).send().expect(401);
        }
        let foreign = paths(&other.admin(), &own).remove(0);
        let foreign = foreign.split('/').nth(3).expect("a file");
        stage
            .admin
            .get(&format!("/static/{event}/{foreign}/talk.mp4"))
            .send()
            .expect(404);
    });
}

#[test]
fn only_the_address_that_was_handed_out_leads_to_a_file() {
    let (stage, event, path) = with_video(&NORTH);
    let file = path.split('/').nth(3).expect("a file").to_owned();
    let second = create(&stage, &[]);
    for wrong in [
        format!("/static/{event}/{file}/other.mp4"),
        format!("/static/{second}/{file}/talk.mp4"),
        format!("/static/{event}/{file}"),
        format!("/static/{event}/{file}/"),
        format!("/static/{event}/{file}/talk.mp4/"),
        format!("/static/{event}/..%2F{file}/talk.mp4"),
        format!("/static/{event}/..%2F..%2Ftenant.db/tenant.db"),
        format!("/static/{event}/incoming/talk.mp4"),
        "/static/".to_owned(),
        "/static/%2e%2e/%2e%2e/tenant.db".to_owned(),
    ] {
        let answer = stage.admin.get(&wrong).send();
        assert_eq!(answer.status, 404, "{answer}");
    }
    let refused = stage.admin.post(&path).send().expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    stage.admin.delete(&path).send().expect(405);
}

#[test]
fn an_uploaded_document_runs_nothing_in_the_origin_of_the_api() {
    let stage = Stage::new(&NORTH);
    let script = b"<html><script>alert(1)</script></html>";
    let files: Vec<(&str, &str, &[u8])> = ["a.html", "a.svg", "a.xhtml", "a.xml", "a.js", "a"]
        .map(|name| ("presenter", name, &script[..]))
        .into_iter()
        .collect();
    let event = create(&stage, &files);
    for path in paths(&stage.actor, &event) {
        let file = stage.actor.get(&path).send().expect(200);
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(
            file.header("content-security-policy")
                .is_some_and(|policy| policy.starts_with("sandbox;")),
            "{path}"
        );
        assert!(
            file.header("content-disposition")
                .is_some_and(|text| text.starts_with("attachment;")),
            "{path}"
        );
    }
    let (stage, _, path) = with_video(&NORTH);
    let video = stage.actor.get(&path).send().expect(200);
    assert!(
        video
            .header("content-disposition")
            .is_some_and(|text| text.starts_with("inline; filename=\"talk.mp4\""))
    );
}

#[test]
fn hostile_file_names_become_names() {
    let stage = Stage::new(&SOUTH);
    let long = format!("{}.mp4", "x".repeat(3000));
    let names = [
        ("../../../../etc/passwd", "passwd"),
        ("..", "file"),
        ("C:\\Windows\\talk.mp4", "talk.mp4"),
        ("Übung 1 #2?.mp4", "%C3%9Cbung%201%20%232%3F.mp4"),
        ("100%41.mp4", "100%2541.mp4"),
        ("a\u{202e}4pm.exe", "a4pm.exe"),
        (long.as_str(), ".mp4"),
    ];
    for (name, kept) in names {
        let event = create(&stage, &[("presenter", name, VIDEO)]);
        let path = paths(&stage.actor, &event).remove(0);
        assert!(path.ends_with(kept) && path.len() < 400, "{name:?} became {path}");
        assert_eq!(path.split('/').count(), 5, "{path}");
        assert_eq!(stage.actor.get(&path).send().expect(200).body, VIDEO, "{path}");
    }
}

#[test]
fn a_track_is_added_and_replaced() {
    each_tenant(|tenant| {
        let (stage, event, path) = with_video(tenant);
        let captions = |language: &str, content: &[u8]| {
            Form::new()
                .field("tags", format!("lang:{language},generated"))
                .file("track", &format!("{language}.vtt"), "text/vtt", content)
                .field("overwriteExisting", "true")
                .field("flavor", "captions/source")
        };
        for (language, content) in [("de", "WEBVTT 1"), ("en", "WEBVTT 2"), ("de", "WEBVTT 3")] {
            add_track(&stage.actor, &event, &captions(language, content.as_bytes())).expect_empty(200);
        }
        let tracks = media(&stage.actor, &event);
        let sizes: Vec<String> = tracks
            .iter()
            .map(|track| format!("{} {}", track["flavor"], track["tags"]))
            .collect();
        assert_eq!(
            sizes,
            [
                r#""presenter/source" []"#,
                r#""captions/source" ["lang:en","generated"]"#,
                r#""captions/source" ["lang:de","generated"]"#
            ]
        );
        assert_eq!(tracks[2]["mimetype"], "text/vtt");
        let german = paths(&stage.actor, &event).remove(2);
        assert_eq!(stage.actor.get(&german).send().expect(200).body, "WEBVTT 3");

        let replacement = Form::new()
            .field("flavor", "presenter/source")
            .field("overwriteExisting", "true")
            .file("track", "talk.mp4", "video/mp4", VIDEO);
        add_track(&stage.actor, &event, &replacement).expect_empty(200);
        stage.actor.get(&path).send().expect(404);
    });
}

#[test]
fn a_track_that_is_sent_again_under_its_key_is_added_once() {
    each_tenant(|tenant| {
        let (stage, event, _) = with_video(tenant);
        let key = unique("key");
        let send = |flavor: &str| {
            let form = Form::new()
                .field("flavor", flavor)
                .file("track", "slides.mp4", "video/mp4", VIDEO);
            let request = stage.actor.post(&format!("/api/events/{event}/track"));
            request.header("idempotency-key", &key).multipart(&form).send()
        };
        let before = media(&stage.actor, &event).len();
        assert_eq!(
            send("presentation/source").expect(200).header("idempotency-replayed"),
            None
        );
        let again = send("presentation/source").expect(200);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(media(&stage.actor, &event).len(), before + 1);
        send("audio/source").expect(422);
    });
}

#[test]
fn a_track_is_refused_with_the_reason() {
    let (stage, event, _) = with_video(&NORTH);
    let complete = Form::new()
        .field("flavor", "presenter/source")
        .file("track", "a.mp4", "video/mp4", VIDEO);
    let flavorless = Form::new().file("track", "a.mp4", "video/mp4", VIDEO);
    add_track(&stage.actor, &event, &flavorless).refused(400, "flavor");
    add_track(&stage.actor, &event, &flavorless.clone().field("flavor", "presenter")).refused(400, "presenter");
    add_track(&stage.actor, &event, &Form::new().field("flavor", "presenter/source")).refused(400, "track");
    let urlencoded = Form::new().field("flavor", "presenter/source");
    let path = format!("/api/events/{event}/track");
    stage.actor.post(&path).urlencoded(&urlencoded).send().expect(415);
    add_track(&stage.actor, "none", &complete).expect(404);
    let list = Form::new().field("acl", acl(&[(stage.role.as_str(), "read")]));
    stage
        .admin
        .put(&format!("/api/events/{event}/acl"))
        .urlencoded(&list)
        .send()
        .expect(204);
    add_track(&stage.actor, &event, &complete).refused(401, "unauthorized");
    assert_eq!(media(&stage.actor, &event).len(), 1);
}

#[test]
fn files_in_an_update_replace_the_tracks_of_their_flavor() {
    let stage = Stage::new(&SOUTH);
    let event = create(
        &stage,
        &[("presenter", "old.mp4", VIDEO), ("presentation", "slides.mp4", VIDEO)],
    );
    let metadata = json!([{ "flavor": "dublincore/episode", "fields": [{ "id": "title", "value": "Again" }] }]);
    let form = Form::new()
        .file("presenter", "new.mp4", "video/mp4", VIDEO)
        .file("audio", "sound.m4a", "audio/mp4", AUDIO)
        .field("metadata", &metadata);
    let update = |client: &Client, form: &Form| client.post(&format!("/api/events/{event}")).multipart(form).send();
    update(&stage.actor, &form).expect_empty(204);
    assert_eq!(stage.actor.event(&event)["title"], "Again");
    let names: Vec<String> = paths(&stage.actor, &event)
        .iter()
        .map(|path| path.rsplit('/').next().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["slides.mp4", "new.mp4", "sound.m4a"]);
    update(&stage.actor, &form.field("acl", "[{]")).expect(400);
    assert_eq!(media(&stage.actor, &event).len(), 3);
}

#[test]
fn the_files_of_a_deleted_event_are_gone() {
    for tenant in TENANTS {
        let (stage, event, path) = with_video(tenant);
        stage
            .actor
            .delete(&format!("/api/events/{event}"))
            .send()
            .expect_empty(204);
        stage.admin.get(&path).send().expect(404);
    }
}
