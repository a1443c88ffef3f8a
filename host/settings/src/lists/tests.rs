use super::*;

/// A data folder with a tenant.
struct Data {
    folder: tempfile::TempDir,
    lists: Lists,
}

impl Data {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tenant = folder.path().join("tenants/uni");
        fs::create_dir_all(&tenant).unwrap();
        let lists = Lists::new("uni".parse().unwrap(), &tenant.join("tenant.db"));
        Self { folder, lists }
    }

    /// Writes a file, `listproviders/…` or `tenants/uni/listproviders/…`.
    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).unwrap();
    }

    /// The value of the entry `a` of the list `L`.
    fn value(&self) -> Option<String> {
        let known = self.lists.current();
        let entry = known.get("L")?.iter().find(|entry| entry.key == "a")?;
        Some(entry.value.clone())
    }
}

fn list(value: &str) -> String {
    format!("list.name=L\na={value}\n")
}

#[test]
fn the_lists_that_come_with_the_program_can_be_read_and_are_not_computed_elsewhere() {
    let known = Data::new().lists.current();
    assert_eq!(known.len(), SHIPPED.len());
    for name in lectern_data::lists::names() {
        assert!(!known.contains_key(name), "{name}");
    }
    let keys = |name: &str| known[name].iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>();
    assert_eq!(
        keys("LICENSES"),
        [
            "ALLRIGHTS",
            "CC-BY",
            "CC-BY-SA",
            "CC-BY-ND",
            "CC-BY-NC",
            "CC-BY-NC-SA",
            "CC-BY-NC-ND",
            "CC0"
        ]
    );
    assert!(keys("LANGUAGES").iter().all(|key| key.len() == 3), "ISO 639");
    for name in [
        "ACL.ACTIONS",
        "ACL.DEFAULTS",
        "PUBLICATION.CHANNELS",
        "eventUploadAssetOptions",
    ] {
        assert!(known.contains_key(name), "{name}");
    }
}

#[test]
fn a_file_further_in_counts_before_one_further_out() {
    let data = Data::new();
    assert_eq!(data.value(), None);
    data.write("listproviders/a.properties", &list("everybody's"));
    assert_eq!(data.value().as_deref(), Some("everybody's"));
    data.write("tenants/uni/listproviders/z.properties", &list("own"));
    assert_eq!(data.value().as_deref(), Some("own"));
    data.remove("tenants/uni/listproviders/z.properties");
    assert_eq!(data.value().as_deref(), Some("everybody's"));
    data.remove("listproviders/a.properties");
    assert_eq!(data.value(), None);
}

#[test]
fn a_list_that_comes_with_the_program_can_be_replaced() {
    let data = Data::new();
    data.write("listproviders/licenses.properties", "list.name=LICENSES\nOURS=ours\n");
    assert_eq!(data.lists.current()["LICENSES"].len(), 1);
}

#[test]
fn a_list_for_one_tenant_counts_before_one_for_all_whatever_their_files_are_called() {
    for (all, own) in [("1", "2"), ("2", "1")] {
        let data = Data::new();
        data.write(&format!("listproviders/{all}.properties"), &list("all"));
        data.write(
            &format!("listproviders/{own}.properties"),
            &(list("own") + "list.org=uni"),
        );
        data.write("listproviders/3.properties", &(list("theirs") + "list.org=music"));
        assert_eq!(data.value().as_deref(), Some("own"));
    }
}

#[test]
fn what_is_changed_counts_from_the_next_request_on() {
    let data = Data::new();
    data.write("listproviders/a.properties", &list("1"));
    assert_eq!(data.value().as_deref(), Some("1"));
    data.write("listproviders/a.properties", &list("two"));
    assert_eq!(data.value().as_deref(), Some("two"));
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_others_alone() {
    let data = Data::new();
    data.write("listproviders/1.properties", &list("first"));
    data.write("listproviders/2.properties", &list("second"));
    data.write("listproviders/3.properties", "a=no name");
    data.write("listproviders/.4.properties", "list.name=HIDDEN");
    data.write("listproviders/5.txt", "list.name=TEXT");
    data.write("listproviders/6.properties", "list.name=LICENSES\nCC={");
    fs::create_dir(data.folder.path().join("listproviders/7.properties")).unwrap();
    let known = data.lists.current();
    assert_eq!(data.value().as_deref(), Some("first"));
    assert_eq!(known["LICENSES"].len(), 8);
    assert!(!known.contains_key("HIDDEN") && !known.contains_key("TEXT"));
}

#[test]
fn a_tenant_without_any_folder_has_what_comes_with_the_program() {
    let lists = Lists::new("uni".parse().unwrap(), Path::new("/nonexistent/tenants/uni/tenant.db"));
    assert_eq!(lists.current().len(), SHIPPED.len());
}
