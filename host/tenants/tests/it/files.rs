//! Files that clients upload: what stays of them, and that nothing else does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_data::model::{Assignment, Change, Reason, Session, StoredFile, Value};
use lectern_tenants::{Options, Tenant, Tenants, Upload};

use crate::fixture::{Fixture, log_in, mode, name};

const SAMPLE: &[u8] = include_bytes!("../../../media/tests/data/h264-aac.mp4");

/// A tenant and its administrator.
async fn tenant(fixture: &Fixture) -> (Arc<Tenant>, Arc<Session>) {
    let tenant = fixture.tenant("a");
    let admin = log_in(&tenant, "admin", "secret of a").await.unwrap();
    (tenant, admin)
}

async fn uploaded(tenant: &Tenant, content: &[u8]) -> (Upload, StoredFile) {
    let mut upload = tenant.upload("talk.mp4").await.unwrap();
    for chunk in content.chunks(1000) {
        upload.write(chunk).await.unwrap();
    }
    let stored = upload.finish().await.unwrap();
    (upload, stored)
}

fn create(event: &str) -> Change {
    Change::Create {
        collection: "events".into(),
        identifier: event.into(),
        fields: vec![Assignment {
            field: "title".into(),
            value: Value::Text("Talk".into()),
        }],
        acl: None,
    }
}

fn add(event: &str, file: StoredFile) -> Change {
    Change::AddTrack {
        event: event.into(),
        flavor: "presenter/source".into(),
        tags: vec![],
        file,
        overwrite: true,
    }
}

fn delete(event: &str) -> Change {
    Change::Delete {
        collection: "events".into(),
        identifier: event.into(),
    }
}

async fn keep(tenant: &Tenant, session: &Arc<Session>, changes: Vec<Change>, upload: Upload) {
    let keep = move || upload.keep();
    tenant.commit_then(Arc::clone(session), changes, keep).await.unwrap();
}

fn folder(fixture: &Fixture) -> PathBuf {
    fixture.data().join("tenants/a/files")
}

/// Every file below a folder, by name.
fn listed(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => names.extend(listed(&entry.path())),
            false => names.push(entry.file_name().into_string().unwrap()),
        }
    }
    names.sort();
    names
}

#[tokio::test]
async fn a_file_stays_with_the_commit_that_refers_to_it() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    assert_eq!((stored.name.as_str(), stored.size), ("talk.mp4", SAMPLE.len() as u64));
    assert_eq!(stored.mimetype, "video/mp4");
    assert_eq!(stored.duration, Some(1500));
    let streams: Vec<serde_json::Value> = serde_json::from_str(&stored.streams).unwrap();
    assert_eq!(streams.len(), 2);
    let identifier = stored.identifier.clone();
    keep(&tenant, &admin, vec![create("e"), add("e", stored)], upload).await;
    assert_eq!(listed(&folder(&fixture)), [identifier.as_str()]);
    let path = folder(&fixture).join(&identifier);
    assert_eq!(fs::read(&path).unwrap(), SAMPLE);
    assert_eq!((mode(&path), mode(&folder(&fixture))), (0o600, 0o700));
    assert!(tenant.open_file(&identifier).is_ok());
}

#[tokio::test]
async fn the_checksum_is_that_of_the_whole_file() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, _) = tenant(&fixture).await;
    // Longer than several steps of writing, and no multiple of one.
    let content: Vec<u8> = (0..5_000_001_u32).map(|number| (number % 251) as u8).collect();
    let (_upload, stored) = uploaded(&tenant, &content).await;
    let digest = <md5::Md5 as md5::Digest>::digest(&content);
    let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((stored.size, stored.checksum), (content.len() as u64, expected));
}

#[tokio::test]
async fn what_is_no_medium_or_a_damaged_one_is_stored_with_what_is_known() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, _) = tenant(&fixture).await;
    for (content, mimetype) in [
        (&SAMPLE[..SAMPLE.len() / 3], "video/mp4"),
        (b"WEBVTT\n", "video/mp4"),
        (b"", "video/mp4"),
    ] {
        let (_upload, stored) = uploaded(&tenant, content).await;
        assert_eq!(stored.mimetype, mimetype);
        assert_eq!(stored.size, content.len() as u64);
    }
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, _) = tenant(&fixture).await;
    drop(tenant.upload("begun.mp4").await.unwrap());
    let mut half = tenant.upload("half.mp4").await.unwrap();
    half.write(&vec![7; 3 << 20]).await.unwrap();
    assert_eq!(listed(&folder(&fixture)).len(), 1);
    drop(half);
    let (complete, _) = uploaded(&tenant, SAMPLE).await;
    drop(complete);
    assert_eq!(listed(&folder(&fixture)), [""; 0]);
}

#[tokio::test]
async fn a_refused_change_leaves_no_file() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    let refused = tenant
        .commit_then(admin, vec![add("none", stored)], move || upload.keep())
        .await;
    assert_eq!(refused.unwrap_err().reason, Reason::Missing);
    assert_eq!(listed(&folder(&fixture)), [""; 0]);
}

#[tokio::test]
async fn a_file_that_nothing_refers_to_any_more_goes_with_the_commit() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    keep(&tenant, &admin, vec![create("e"), add("e", stored)], upload).await;
    let (upload, stored) = uploaded(&tenant, b"another one").await;
    let second = stored.identifier.clone();
    keep(&tenant, &admin, vec![add("e", stored)], upload).await;
    assert_eq!(listed(&folder(&fixture)), [second]);
    tenant.commit(admin, vec![delete("e")]).await.unwrap();
    assert_eq!(listed(&folder(&fixture)), [""; 0]);
}

#[tokio::test]
async fn a_server_clears_away_what_an_earlier_one_has_left_behind() {
    let fixture = Fixture::new(&["a"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    let kept = stored.identifier.clone();
    keep(&tenant, &admin, vec![create("e"), add("e", stored)], upload).await;
    // Of another process, as far as the next server can know.
    let mut arriving = tenant.upload("arriving.mp4").await.unwrap();
    let (_complete, complete) = uploaded(&tenant, SAMPLE).await;
    for path in [
        "3f359b10-da82-4834-8e65-741bc62dcdaf",
        "incoming/28fba154-cdbd-4bd8-b6b7-829ad1ea6746",
    ] {
        fs::write(folder(&fixture).join(path), "left behind").unwrap();
    }
    assert_eq!(listed(&folder(&fixture)).len(), 5);
    for (sweep_files, left) in [(false, 5), (true, 3)] {
        let options = Options {
            sweep_files,
            ..Options::default()
        };
        let server = Tenants::open(&fixture.data(), options).unwrap();
        let tenant = server.tenant(&name("a")).unwrap().unwrap();
        log_in(&tenant, "admin", "secret of a").await.unwrap();
        assert_eq!(listed(&folder(&fixture)).len(), left, "{sweep_files}");
    }
    assert!(tenant.open_file(&kept).is_ok() && tenant.open_file(&complete.identifier).is_ok());
    arriving.write(b"the rest").await.unwrap();
    arriving.finish().await.unwrap();
}

#[tokio::test]
async fn a_removed_tenant_takes_its_files_along_and_gets_no_new_ones() {
    let fixture = Fixture::new(&["a", "b"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    keep(&tenant, &admin, vec![create("e"), add("e", stored)], upload).await;
    fixture.admin.erase_tenant(&name("a")).unwrap();
    assert!(!folder(&fixture).exists());
    assert!(tenant.upload("late.mp4").await.is_err());
    assert!(!fixture.data().join("tenants/a").exists());
}

#[tokio::test]
async fn what_is_no_identifier_of_a_file_opens_nothing() {
    let fixture = Fixture::new(&["a", "b"]);
    let (tenant, admin) = tenant(&fixture).await;
    let (upload, stored) = uploaded(&tenant, SAMPLE).await;
    let identifier = stored.identifier.clone();
    keep(&tenant, &admin, vec![create("e"), add("e", stored)], upload).await;
    for other in [
        "",
        ".",
        "..",
        "../tenant.db",
        "incoming",
        "/etc/passwd",
        &format!("./{identifier}"),
    ] {
        assert!(tenant.open_file(other).is_err(), "{other}");
    }
    assert!(fixture.tenant("b").open_file(&identifier).is_err(), "of another tenant");
}
