use lectern_data::model::Reason;
use serde_json::Value;

use super::*;

fn file(flavor: &str) -> String {
    format!(
        "type=events\nflavor={flavor}\ntitle=T\nproperty.room.inputID=room\nproperty.room.label=ROOM\nproperty.room.type=text\n"
    )
}

/// A tenant's folder.
struct Tenant {
    folder: tempfile::TempDir,
    catalogs: Catalogs,
}

impl Tenant {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalogs = Catalogs::new("uni".parse().unwrap(), &folder.path().join("tenant.db"));
        Self { folder, catalogs }
    }

    fn write(&self, name: &str, text: &str) {
        let folder = self.folder.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    fn flavors(&self, collection: &str) -> Vec<String> {
        let catalogs: Value = serde_json::from_str(&self.catalogs.of(collection).unwrap()).unwrap();
        let flavors = catalogs.as_array().unwrap().iter().map(|catalog| &catalog["flavor"]);
        flavors.map(|flavor| flavor.as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_tenant_without_files_has_no_catalogs() {
    let tenant = Tenant::new();
    assert_eq!(tenant.catalogs.of("events").unwrap(), "[]");
    assert_eq!(tenant.catalogs.of("series").unwrap(), "[]");
}

#[test]
fn a_collection_without_metadata_is_refused() {
    let error = Tenant::new().catalogs.of("groups").unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Invalid, "groups"));
}

#[test]
fn catalogs_belong_to_events_or_series_and_come_by_flavor() {
    let tenant = Tenant::new();
    tenant.write("1.properties", &file("b/b"));
    tenant.write("2.cfg", &file("a/a"));
    tenant.write("3.properties", &file("a/a").replace("events", "series"));
    tenant.write("README.md", "not a catalog");
    tenant.write(".4.properties", &file("hidden/hidden"));
    assert_eq!(tenant.flavors("events"), ["a/a", "b/b"]);
    assert_eq!(tenant.flavors("series"), ["a/a"]);
}

#[test]
fn what_changes_in_the_folder_counts_from_the_next_request_on() {
    let tenant = Tenant::new();
    assert!(tenant.flavors("events").is_empty());
    tenant.write("1.properties", &file("a/a"));
    assert_eq!(tenant.flavors("events"), ["a/a"]);
    tenant.write("1.properties", &file("a/longer"));
    assert_eq!(tenant.flavors("events"), ["a/longer"]);
    tenant.write("2.properties", &file("b/b"));
    assert_eq!(tenant.flavors("events"), ["a/longer", "b/b"]);
    fs::remove_file(tenant.folder.path().join(FOLDER).join("1.properties")).unwrap();
    assert_eq!(tenant.flavors("events"), ["b/b"]);
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_others_alone() {
    let tenant = Tenant::new();
    tenant.write("1.properties", &file("a/a"));
    tenant.write("2.properties", &file("dublincore/episode"));
    tenant.write("3.properties", "type=\\u");
    tenant.write("4.properties", &file("a/a").replace("title=T", "title=Another"));
    fs::create_dir(tenant.folder.path().join(FOLDER).join("5.properties")).unwrap();
    tenant.write("6.properties", &file("b/b"));
    assert_eq!(tenant.flavors("events"), ["a/a", "b/b"]);
    // Of two with the same flavor the first counts.
    assert!(!tenant.catalogs.of("events").unwrap().contains("Another"));
}
