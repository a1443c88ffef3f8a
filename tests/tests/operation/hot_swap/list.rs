//! `lectern component list`.

use std::fs;

use lectern_tests::component::built_in;
use lectern_tests::{Installation, program};

use super::installed;

/// The words of the lines of a component.
fn lines(installation: &Installation, name: &str) -> Vec<Vec<String>> {
    let list = installation.component_list();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    list.lines()
        .map(words)
        .filter(|words| words.first().is_some_and(|first| first == name))
        .collect()
}

#[test]
fn the_handlers_of_the_program_are_listed_with_their_versions() {
    let installation = installed();
    for entry in fs::read_dir(program::components()).expect("the built components") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let lines = lines(&installation, &name);
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_eq!(
                (lines[0][1].as_str(), lines[0][2].len(), lines[0][3].as_str()),
                ("all", 12, "program")
            );
        }
    }
}

#[test]
fn what_is_deployed_is_listed_with_its_time_its_tenant_and_what_was_before() {
    let installation = installed();
    let original = lines(&installation, "events")[0][2].clone();
    let mut other = fs::read(built_in("events")).expect("a component");
    // A custom section: another version of the same handler.
    other.extend_from_slice(b"\0\x07\x04testyy");
    let file = installation.component("events.wasm", &other);
    installation.deploy("events", &file);
    installation.deploy_for("south", "events", &built_in("events"));
    let lines = lines(&installation, "events");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let [all, south] = [&lines[0], &lines[1]];
    assert_eq!(
        (all[1].as_str(), all[3].as_str(), south[1].as_str()),
        ("all", "deployed", "south")
    );
    assert_ne!(all[2], original);
    assert_eq!(south[2], original);
    assert!(all[4].starts_with("20") && all[4].ends_with('Z'), "{all:?}");
    // What rolling back leads to.
    assert_eq!(all[5..], [format!("{original},"), "program".to_owned()]);
    assert_eq!(south[5], format!("{},", all[2]));
}

#[test]
fn handlers_of_a_folder_are_listed_as_such() {
    let installation = installed();
    let folder = installation.components_with("versions");
    let output = std::process::Command::new(program::lectern())
        .args(["component", "list"])
        .env("LECTERN_DATA", installation.data())
        .env("LECTERN_COMPONENTS", folder)
        .output()
        .expect("the program starts");
    let list = String::from_utf8_lossy(&output.stdout);
    let line = list.lines().find(|line| line.starts_with("versions ")).expect("a line");
    assert!(line.contains("folder"), "{line}");
}
