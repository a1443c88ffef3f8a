//! `lectern component deploy` and `rollback`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use lectern_tests::component::{built_in, version};
use lectern_tests::raw::Connection;
use lectern_tests::{Installation, Server, program};

use super::{admin, installed, others_are_served, serving};

/// The guest as a version, in a file.
fn file(installation: &Installation, number: u8) -> std::path::PathBuf {
    installation.component(&format!("version-{number}.wasm"), &version(number))
}

#[test]
fn what_is_deployed_answers_the_next_request_and_what_is_rolled_back_does_not() {
    let installation = installed();
    let server = Server::start(&installation);
    assert_eq!(serving(&server, "north.example"), None);
    for number in [1, 2, 3] {
        let said = installation.deploy("versions", &file(&installation, number));
        assert_eq!(serving(&server, "north.example"), Some(number), "{said}");
        assert_eq!(serving(&server, "south.example"), Some(number));
    }
    for number in [Some(2), Some(1), None] {
        installation.roll_back("versions");
        assert_eq!(serving(&server, "north.example"), number);
    }
    installation
        .call(&["component", "rollback", "versions"])
        .refused(&["versions", "nothing"]);
    others_are_served(&server);
}

#[test]
fn a_request_that_has_begun_is_finished_by_the_version_that_began_it() {
    let installation = installed();
    let server = Server::start(&installation);
    installation.deploy("versions", &file(&installation, 1));
    let mut old = Connection::open(server.address());
    old.send(
        "POST /api/versions HTTP/1.1\r\nHost: north.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
         4\r\nonce\r\n",
    );
    let begun = old.read_at_least(1);
    assert!(begun > 0);
    for number in [2, 3] {
        installation.deploy("versions", &file(&installation, number));
        assert_eq!(serving(&server, "north.example"), Some(number));
    }
    old.send("5\r\nagain\r\n0\r\n\r\n");
    let answer = String::from_utf8(old.until_closed()).expect("text");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(answer.matches("version-number:1 ").count(), 4, "{answer}");
    assert_eq!(answer.matches("version-number:").count(), 5, "{answer}");
    assert!(answer.ends_with("0\r\n\r\n"), "{answer}");
}

#[test]
fn what_is_deployed_outlives_a_restart_and_deleting_the_cache() {
    let installation = installed();
    let server = Server::start(&installation);
    installation.deploy("versions", &file(&installation, 1));
    installation.deploy("versions", &file(&installation, 2));
    assert_eq!(serving(&server, "north.example"), Some(2));
    server.kill();
    fs::remove_file(file(&installation, 1)).expect("a file");
    let server = with_empty_cache(&installation);
    assert_eq!(serving(&server, "north.example"), Some(2));
    installation.roll_back("versions");
    until_serving(&server, 1);
}

/// A server that finds nothing compiled, and carries no more than one handler, so that it starts soon all the same.
fn with_empty_cache(installation: &Installation) -> Server {
    let folder = installation.file("few-components");
    fs::create_dir(&folder).expect("a folder");
    fs::copy(program::guest("misbehaving"), folder.join("misbehaving.wasm")).expect("a copy");
    let cache = installation.file("empty-cache");
    let paths = [folder, cache].map(|path| path.to_str().expect("a path").to_owned());
    Server::start_with(installation, &["--components", &paths[0], "--cache", &paths[1]])
}

/// Asks until the answer is from this version, and gives the versions that answered before.
fn until_serving(server: &Server, version: u8) -> Vec<Option<u8>> {
    let mut before = Vec::new();
    let started = Instant::now();
    loop {
        match serving(server, "north.example") {
            Some(number) if number == version => return before,
            other => before.push(other),
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{version} does not come: {before:?}"
        );
    }
}

#[test]
fn a_version_that_is_not_compiled_is_compiled_aside_while_the_old_one_serves() {
    let installation = installed();
    let server = with_empty_cache(&installation);
    // Compiled where this server does not look.
    installation.deploy("versions", &file(&installation, 1));
    let before = until_serving(&server, 1);
    assert!(before.iter().all(Option::is_none), "{before:?}");
    installation.deploy("versions", &file(&installation, 2));
    let before = until_serving(&server, 2);
    assert!(before.iter().all(|version| *version == Some(1)), "{before:?}");
}

#[test]
fn a_handler_of_the_program_is_replaced_and_comes_back() {
    let installation = installed();
    let server = Server::start(&installation);
    let client = admin(&server, "north.example");
    let original = client.get("/api/info/me").send().expect(200).text();
    let base = fs::read(built_in("base")).expect("a component");
    // The same handler with another name for the administrator's provider: one can see which one answers.
    let position = base.windows(8).position(|bytes| bytes == b"userrole").expect("a name");
    let mut other = base.clone();
    other[position..position + 8].copy_from_slice(b"userrule");
    let file = installation.component("base.wasm", &other);
    installation.deploy("base", &file);
    let answer = client.get("/api/info/me").send_unchecked();
    assert!(answer.status == 200 && answer.text().contains("userrule"), "{answer}");
    let said = installation.roll_back("base");
    assert!(said.contains("program"), "{said}");
    assert_eq!(client.get("/api/info/me").send().expect(200).text(), original);
}

#[test]
fn every_handler_of_the_program_passes_its_own_probe() {
    let installation = installed();
    for entry in fs::read_dir(program::components()).expect("the built components") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let said = installation.deploy(&name, &path);
            assert!(said.contains("probed") && said.contains(&name), "{said}");
        }
    }
    others_are_served(&Server::start(&installation));
}

#[test]
fn versions_are_kept_by_content_for_the_owner_only() {
    let installation = installed();
    for _ in 0..2 {
        installation.deploy("versions", &file(&installation, 1));
        installation.deploy("versions", &file(&installation, 2));
    }
    let folder = installation.data().join("components/versions");
    let files: Vec<_> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        let content = fs::read(file).expect("a file");
        assert!(content == version(1) || content == version(2), "{}", file.display());
        assert_eq!(fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        fs::metadata(&folder).expect("a folder").permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn the_same_version_twice_is_one_step() {
    let installation = installed();
    let server = Server::start(&installation);
    installation.deploy("versions", &file(&installation, 1));
    for _ in 0..3 {
        installation.deploy("versions", &file(&installation, 2));
    }
    assert_eq!(serving(&server, "north.example"), Some(2));
    installation.roll_back("versions");
    assert_eq!(serving(&server, "north.example"), Some(1));
}

#[test]
fn a_version_that_was_deployed_before_is_deployed_again_by_its_digits() {
    let installation = installed();
    let server = Server::start(&installation);
    installation.deploy("versions", &file(&installation, 1));
    let list = installation.component_list();
    let line = list.lines().find(|line| line.starts_with("versions")).expect("a line");
    let digits = line.split_whitespace().nth(2).expect("a version").to_owned();
    installation.deploy("versions", &file(&installation, 2));
    installation
        .call(&["component", "deploy", "versions", &digits])
        .succeeded();
    assert_eq!(serving(&server, "north.example"), Some(1));
    installation
        .call(&["component", "deploy", "versions", "0123456789ab"])
        .refused(&["0123456789ab"]);
    assert_eq!(serving(&server, "north.example"), Some(1));
}

#[test]
fn a_damaged_version_leaves_what_is_below_it_and_is_repaired_by_deploying_it_again() {
    let installation = installed();
    let first = file(&installation, 1);
    let second = file(&installation, 2);
    installation.deploy("versions", &first);
    installation.deploy("versions", &second);
    let kept = installation.data().join("components/versions");
    let damaged = fs::read_dir(&kept)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| fs::read(path).expect("a file") == version(2))
        .expect("the second version");
    fs::write(&damaged, "half").expect("a file");
    let server = with_empty_cache(&installation);
    assert_eq!(serving(&server, "north.example"), Some(1));
    let cache = installation.file("empty-cache");
    let cache = cache.to_str().expect("a path");
    let list = || {
        installation
            .call(&["component", "list", "--cache", cache])
            .succeeded()
            .stdout
    };
    for text in [list(), server.log()] {
        assert!(text.contains("damaged") && text.contains("versions"), "{text}");
    }
    let file = second.to_str().expect("a path");
    installation
        .call(&["component", "deploy", "versions", file, "--cache", cache])
        .succeeded();
    assert_eq!(serving(&server, "north.example"), Some(2));
    assert!(!list().contains("damaged"));
}

#[test]
fn a_component_under_the_name_of_another_is_not_deployed() {
    let installation = installed();
    installation
        .try_to_deploy("series", &built_in("events"))
        .refused(&["series", "/api/events", "another handler"]);
}

#[test]
fn what_a_probe_writes_or_reads_is_not_the_tenants() {
    let installation = installed();
    let server = Server::start(&installation);
    let tenants = || {
        let mut files: Vec<_> = Vec::new();
        for tenant in ["north", "south"] {
            let folder = installation.data().join("tenants").join(tenant);
            files.extend(
                fs::read_dir(folder)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path())
                    // SQLite's own come and go as the server opens and closes databases.
                    .filter(|path| {
                        !["db-wal", "db-shm"]
                            .iter()
                            .any(|ending| path.extension() == Some(ending.as_ref()))
                    }),
            );
        }
        files.sort();
        files
    };
    let before = tenants();
    installation.deploy("events", &built_in("events"));
    assert_eq!(tenants(), before);
    assert!(!installation.data().join("tenants/probe").exists());
    let audit = installation.call(&["audit", "--tenant", "north"]).succeeded().stdout;
    assert!(!audit.contains("probe"), "{audit}");
    drop(server);
}
