//! Tracks of events, and the files that events keep.

use crate::support::{Tenant, acl, admin, delete, event, number, update, user};
use lectern_data::media::Element;
use lectern_data::model::{Assignment, Change, Error, Reason, StoredFile, Value};

/// A file of ten seconds.
fn file(identifier: &str) -> StoredFile {
    StoredFile {
        identifier: identifier.to_owned(),
        name: format!("{identifier}.mp4"),
        mimetype: "video/mp4".to_owned(),
        size: 7,
        checksum: "9e107d9d372bb6826bd81d3542a419d6".to_owned(),
        duration: Some(10_000),
        streams: r#"[{"identifier": "video-1", "framerate": 25.0}]"#.to_owned(),
    }
}

fn lasting(identifier: &str, duration: i64) -> StoredFile {
    StoredFile {
        duration: Some(duration),
        ..file(identifier)
    }
}

fn add(flavor: &str, tags: &[&str], file: StoredFile) -> Change {
    Change::AddTrack {
        event: "e".to_owned(),
        flavor: flavor.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        file,
        overwrite: false,
    }
}

fn replace(flavor: &str, tags: &[&str], file: StoredFile) -> Change {
    let Change::AddTrack {
        event,
        flavor,
        tags,
        file,
        ..
    } = add(flavor, tags, file)
    else {
        unreachable!()
    };
    Change::AddTrack {
        event,
        flavor,
        tags,
        file,
        overwrite: true,
    }
}

fn tenant() -> Tenant {
    let tenant = Tenant::new();
    let own = acl(&["ROLE_T read", "ROLE_T write", "ROLE_S read"]);
    tenant.write(&admin(), &[event("e", &[], Some(own))]);
    tenant
}

fn value(tenant: &Tenant, field: &str) -> Value {
    tenant.get(&admin(), "events", "e", &[field]).unwrap().0.values[0].clone()
}

fn tracks(tenant: &Tenant) -> Vec<Element> {
    match value(tenant, "media") {
        Value::Document(json) => serde_json::from_str(&json).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The files of all tracks, in order.
fn files_of_tracks(tenant: &Tenant) -> Vec<String> {
    tracks(tenant).into_iter().map(|track| track.file).collect()
}

fn column(tenant: &Tenant, statement: &str) -> Vec<String> {
    let mut select = tenant.connection.prepare(statement).unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn kept(tenant: &Tenant) -> Vec<String> {
    column(tenant, "SELECT identifier FROM file ORDER BY identifier")
}

fn removed(tenant: &Tenant) -> Vec<String> {
    column(tenant, "SELECT identifier FROM removed_file ORDER BY identifier")
}

#[test]
fn an_event_has_no_tracks_until_one_is_added() {
    assert_eq!(value(&tenant(), "media"), Value::None);
    assert_eq!(value(&tenant(), "publications"), Value::None);
}

#[test]
fn a_track_says_everything_about_its_file() {
    let tenant = tenant();
    tenant.write(&admin(), &[add("presenter/source", &["archive", "lang:de"], file("f"))]);
    let [track] = tracks(&tenant).try_into().unwrap();
    assert_eq!(
        (track.flavor.as_str(), track.tags.join(" ").as_str()),
        ("presenter/source", "archive lang:de")
    );
    assert_eq!((track.file.as_str(), track.name.as_str()), ("f", "f.mp4"));
    assert_eq!((track.size, track.mimetype.as_str()), (7, "video/mp4"));
    assert_eq!(track.checksum, "9e107d9d372bb6826bd81d3542a419d6");
    assert_eq!(track.duration, Some(10_000));
    assert_eq!(track.streams[0]["framerate"], 25.0);
    assert_eq!(kept(&tenant), ["f"]);
}

#[test]
fn tracks_of_one_flavor_stand_side_by_side_unless_they_are_to_be_replaced() {
    let tenant = tenant();
    tenant.write(
        &admin(),
        &[
            add("presenter/source", &[], file("a")),
            add("presenter/source", &[], file("b")),
            add("presentation/source", &[], file("c")),
        ],
    );
    assert_eq!(files_of_tracks(&tenant), ["a", "b", "c"]);
    tenant.write(&admin(), &[replace("presenter/source", &[], file("d"))]);
    assert_eq!(files_of_tracks(&tenant), ["c", "d"]);
    assert_eq!(
        (kept(&tenant), removed(&tenant)),
        (
            vec!["c".to_owned(), "d".to_owned()],
            vec!["a".to_owned(), "b".to_owned()]
        )
    );
}

#[test]
fn of_a_language_only_that_language_is_replaced() {
    let tenant = tenant();
    for (language, name) in [("lang:de", "german"), ("lang:en", "english")] {
        tenant.write(&admin(), &[add("captions/source", &[language], file(name))]);
    }
    tenant.write(&admin(), &[add("captions/source", &[], file("unknown"))]);
    let change = replace("captions/source", &["generated", "lang:de"], file("better"));
    tenant.write(&admin(), &[change]);
    assert_eq!(files_of_tracks(&tenant), ["english", "unknown", "better"]);
}

#[test]
fn tracks_are_added_by_who_may_write() {
    let tenant = tenant();
    let change = [add("presenter/source", &[], file("f"))];
    let reason = |role: &str| tenant.try_write(&user(&[role]), &change).unwrap_err().reason;
    assert_eq!(reason("ROLE_S"), Reason::Denied);
    assert_eq!(reason("ROLE_X"), Reason::Missing);
    assert_eq!(kept(&tenant), [""; 0]);
    tenant.write(&user(&["ROLE_T"]), &change);
}

#[test]
fn an_event_that_is_being_processed_takes_no_tracks() {
    let tenant = tenant();
    for state in ["INSTANTIATED", "RUNNING", "PAUSED", "FAILING"] {
        tenant.sql(&format!("UPDATE event SET processing_state = '{state}'"));
        let refused = tenant.try_write(&admin(), &[add("presenter/source", &[], file("f"))]);
        let Error { reason, subject, .. } = refused.unwrap_err();
        assert_eq!((reason, subject.as_str()), (Reason::Conflict, "workflow"), "{state}");
    }
    for state in ["SUCCEEDED", "FAILED", "STOPPED"] {
        tenant.sql(&format!("UPDATE event SET processing_state = '{state}'"));
        tenant.write(&admin(), &[add("presenter/source", &[], file(state))]);
    }
}

#[test]
fn an_event_lasts_as_long_as_its_longest_track_unless_its_metadata_say_otherwise() {
    let tenant = tenant();
    let length = || value(&tenant, "duration");
    tenant.write(&admin(), &[update("events", "e", &[number("duration", 0)])]);
    tenant.write(
        &admin(),
        &[
            add("presenter/source", &[], lasting("a", 10)),
            add("presentation/source", &[], lasting("b", 30)),
            add("presenter-audio/source", &[], lasting("c", 20)),
        ],
    );
    assert_eq!(length(), Value::Number(30));
    let unknown = StoredFile {
        duration: None,
        ..file("d")
    };
    tenant.write(&admin(), &[add("captions/source", &[], unknown)]);
    assert_eq!(length(), Value::Number(30));
    tenant.write(&admin(), &[replace("presentation/source", &[], lasting("e", 15))]);
    assert_eq!(length(), Value::Number(20));
    tenant.write(&admin(), &[update("events", "e", &[number("duration", 5000)])]);
    tenant.write(&admin(), &[add("presenter/source", &[], lasting("f", 60))]);
    assert_eq!(length(), Value::Number(5000));
}

#[test]
fn a_new_track_is_a_change_of_the_event() {
    let tenant = tenant();
    assert_eq!(value(&tenant, "archive_version"), Value::Number(0));
    let sequence = tenant.write(&admin(), &[add("presenter/source", &[], file("f"))]);
    assert_eq!(tenant.get(&admin(), "events", "e", &[]).unwrap().0.sequence, sequence);
    assert_eq!(value(&tenant, "archive_version"), Value::Number(1));
}

#[test]
fn the_files_of_a_deleted_event_are_to_be_removed() {
    let tenant = tenant();
    tenant.write(&admin(), &[add("presenter/source", &[], file("f"))]);
    tenant.write(&admin(), &[delete("events", "e")]);
    assert_eq!((kept(&tenant), removed(&tenant)), (vec![], vec!["f".to_owned()]));
}

#[test]
fn flavors_and_tags_are_checked() {
    let tenant = tenant();
    let subject = |change: Change| {
        let error = tenant.try_write(&admin(), &[change]).unwrap_err();
        (error.reason, error.subject)
    };
    let long = format!("a/{}", "b".repeat(255));
    for flavor in [
        "",
        "presenter",
        "/",
        "a/",
        "/b",
        "a/b/c",
        "a /b",
        "a/\u{7}b",
        long.as_str(),
    ] {
        assert_eq!(
            subject(add(flavor, &[], file("f"))),
            (Reason::Invalid, "flavor".to_owned()),
            "{flavor:?}"
        );
    }
    for tag in ["", "a\0b", long.as_str()] {
        assert_eq!(
            subject(add("a/b", &[tag], file("f"))),
            (Reason::Invalid, "tags".to_owned()),
            "{tag:?}"
        );
    }
    assert_eq!(subject(add("a/b", &["x"; 101], file("f"))).1, "tags");
}

#[test]
fn handlers_cannot_assign_what_the_host_puts_together() {
    let tenant = tenant();
    for field in ["media", "publications"] {
        let assignment = Assignment {
            field: field.to_owned(),
            value: Value::Document("[]".to_owned()),
        };
        let error = tenant.try_write(&admin(), &[update("events", "e", &[assignment])]);
        assert_eq!(error.unwrap_err().subject, field);
    }
}
