//! `lectern serve --watch`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lectern_tests::component::{probed, version};
use lectern_tests::{Installation, Server};

use super::{installed, others_are_served, serving};

/// A failing test says so after this time. No test needs it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that watches a folder with the first version in it.
fn watching(installation: &Installation) -> (Server, std::path::PathBuf) {
    let folder = installation.components_with("versions");
    put(&folder, "versions", &version(1));
    let arguments = ["--components", folder.to_str().expect("a path"), "--watch"];
    (Server::start_with(installation, &arguments), folder)
}

/// Like a build: written beside and renamed.
fn put(folder: &Path, name: &str, wasm: &[u8]) {
    let unfinished = folder.join(format!("{name}.wasm.new"));
    fs::write(&unfinished, wasm).expect("a file");
    fs::rename(&unfinished, folder.join(format!("{name}.wasm"))).expect("a file");
}

/// Asks until the answer is this. Answers of other versions in between are no failures.
#[track_caller]
fn until_serving(server: &Server, version: Option<u8>) {
    let started = Instant::now();
    while serving(server, "north.example") != version {
        assert!(
            started.elapsed() < PATIENCE,
            "{version:?} does not come:\n{}",
            server.log()
        );
    }
}

/// Reads the log until it says this.
#[track_caller]
fn until_logged(server: &Server, parts: &[&str]) {
    let started = Instant::now();
    let is_there = |log: &str| log.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    while !is_there(&server.log()) {
        assert!(
            started.elapsed() < PATIENCE,
            "{parts:?} is not in the log:\n{}",
            server.log()
        );
    }
}

#[test]
fn what_is_built_into_the_folder_serves_without_a_restart() {
    let installation = installed();
    let (server, folder) = watching(&installation);
    assert_eq!(serving(&server, "north.example"), Some(1));
    for number in [2, 3, 1] {
        put(&folder, "versions", &version(number));
        until_serving(&server, Some(number));
    }
    until_logged(&server, &["versions: live as version", "after the file changed"]);
    fs::remove_file(folder.join("versions.wasm")).expect("a file");
    until_serving(&server, None);
    put(&folder, "versions", &version(2));
    until_serving(&server, Some(2));
    others_are_served(&server);
}

#[test]
fn a_file_that_is_copied_in_pieces_serves_when_it_is_complete() {
    let installation = installed();
    let (server, folder) = watching(&installation);
    fs::copy(
        installation.component("two.wasm", &version(2)),
        folder.join("versions.wasm"),
    )
    .expect("a copy");
    until_serving(&server, Some(2));
}

#[test]
fn what_is_refused_leaves_the_old_version_and_says_why() {
    let installation = installed();
    let (server, folder) = watching(&installation);
    for (wasm, reason) in [
        (b"nonsense".to_vec(), "not a WebAssembly component"),
        (probed("well"), "another handler"),
    ] {
        put(&folder, "versions", &wasm);
        until_logged(&server, &["refused", "versions", reason, "goes on"]);
        assert_eq!(serving(&server, "north.example"), Some(1));
    }
    put(&folder, "misbehaving", &probed("trap"));
    until_logged(&server, &["refused", "misbehaving/trap", "unreachable"]);
    put(&folder, "versions", &version(3));
    until_serving(&server, Some(3));
}

#[test]
fn a_developer_learns_that_something_deployed_ranks_above_the_folder() {
    let installation = installed();
    let (server, folder) = watching(&installation);
    installation.deploy("versions", &installation.component("two.wasm", &version(2)));
    assert_eq!(serving(&server, "north.example"), Some(2));
    put(&folder, "versions", &version(3));
    until_logged(&server, &["versions", "ranks above it", "component rollback versions"]);
    assert_eq!(serving(&server, "north.example"), Some(2));
    installation.roll_back("versions");
    assert_eq!(serving(&server, "north.example"), Some(3));
}

#[test]
fn watching_needs_a_folder() {
    let installation = installed();
    installation
        .call(&["serve", "--listen", "127.0.0.1:0", "--watch"])
        .refused(&["--components"]);
}
