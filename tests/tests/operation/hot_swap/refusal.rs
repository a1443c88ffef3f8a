//! What is not deployed, and why. Nothing changes by it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lectern_tests::component::{built_in, probed, version};
use lectern_tests::{Installation, Server, program};

use super::{installed, others_are_served, serving};

/// All files of a folder but those that SQLite keeps beside an open database, with their content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
                files.insert(path.clone(), fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// Asserts that a component is refused for these reasons, and that nothing is different afterwards.
#[track_caller]
fn is_refused(installation: &Installation, name: &str, wasm: &[u8], reasons: &[&str]) {
    let list = installation.component_list();
    let before = content(&installation.data());
    let file = installation.component("refused.wasm", wasm);
    // Where it can be seen whether something is left behind.
    let cache = installation.data().join("cache");
    let [file, cache] = [file, cache].map(|path| path.to_str().expect("a path").to_owned());
    installation
        .call(&["component", "deploy", name, &file, "--cache", &cache])
        .refused(&[reasons, &["nothing has changed"]].concat());
    let after = content(&installation.data());
    let changed: Vec<_> = after
        .iter()
        .filter(|(path, content)| before.get(*path) != Some(*content))
        .map(|(path, _)| path)
        .collect();
    assert!(changed.is_empty() && before.len() == after.len(), "{name}: {changed:?}");
    assert_eq!(installation.component_list(), list);
}

#[test]
fn what_is_refused_is_named_with_the_reason_and_changes_nothing() {
    let installation = installed();
    installation.deploy("versions", &installation.component("version.wasm", &version(1)));
    let server = Server::start(&installation);
    assert_eq!(serving(&server, "north.example"), Some(1));
    let stranger = fs::read(program::guest("stranger")).expect("a guest");
    for (wasm, reasons) in [
        (b"#!/bin/sh\n".to_vec(), ["versions", "not a WebAssembly component"]),
        (Vec::new(), ["versions", "not a WebAssembly component"]),
        (stranger, ["versions", "lectern-tests:elsewhere/outside"]),
        (
            b"\0asm\x0d\0\x01\0".to_vec(),
            ["versions", "wasi:http/incoming-handler"],
        ),
        (probed("well"), ["/api/misbehaving", "another handler"]),
    ] {
        is_refused(&installation, "versions", &wasm, &reasons);
        assert_eq!(serving(&server, "north.example"), Some(1));
    }
    others_are_served(&server);
}

#[test]
fn a_handler_whose_probe_fails_is_refused_with_what_happened() {
    let installation = installed();
    for (how, reason) in [("trap", "unreachable"), ("gone", "404"), ("exit", "exit")] {
        let reasons = [&format!("GET /api/misbehaving/{how}"), reason];
        is_refused(&installation, "misbehaving", &probed(how), &reasons);
    }
    installation.deploy("misbehaving", &installation.component("good.wasm", &probed("well")));
}

#[test]
fn a_handler_whose_probe_takes_longer_than_a_request_may_is_refused() {
    let installation = installed();
    let file = installation.component("slow.wasm", &probed("loop"));
    let output = std::process::Command::new(program::lectern())
        .args(["component", "deploy", "misbehaving"])
        .arg(&file)
        .env("LECTERN_DATA", installation.data())
        .env("LECTERN_REQUEST_TIMEOUT_MS", "300")
        .output()
        .expect("the program starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{message}");
    assert!(
        message.contains("misbehaving/loop") && message.contains("time"),
        "{message}"
    );
    assert!(!installation.data().join("components").exists());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let installation = installed();
    let events = built_in("events");
    let events = events.to_str().expect("a path");
    for (arguments, parts) in [
        (vec!["deploy", "../events", events], vec!["../events"]),
        (vec!["deploy", "Events", events], vec!["Events"]),
        (
            vec!["deploy", "events", "/nonexistent/events.wasm"],
            vec!["/nonexistent/events.wasm"],
        ),
        (
            vec!["deploy", "events", events, "--tenant", "east"],
            vec!["east", "north"],
        ),
        (vec!["rollback", "events"], vec!["events", "component list"]),
        (vec!["rollback", "events", "--tenant", "north"], vec!["events", "north"]),
        (vec!["rollback", "events", "--tenant", "east"], vec!["east", "north"]),
    ] {
        let arguments = [vec!["component"], arguments].concat();
        installation.call(&arguments).refused(&parts);
    }
    assert!(!installation.data().join("components").exists());
}
