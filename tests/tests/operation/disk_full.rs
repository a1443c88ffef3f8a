//! A disk without room: what cannot be stored is refused as such, what is there can be read, and as soon as there is room everything goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lectern_tests::content::{event_form, owned_by, series_form};
use lectern_tests::{Answer, Client, Installation, Server, program};
use serde_json::json;

use crate::tenancy::{HOST, VIDEO, admin, admin_of, files_of, folder, installation, text, upload};

/// A program that runs `lectern` with its arguments in other circumstances.
fn wrapped(installation: &Installation, script: &str) -> PathBuf {
    let file = installation.file("wrapped");
    fs::write(&file, format!("#!/bin/sh\nset -e\n{script}")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).expect("an executable script");
    file
}

fn create_series(client: &Client, title: &str) -> Answer {
    let fields = json!({ "title": title, "description": "lang ".repeat(4000) });
    client
        .post("/api/series")
        .header("accept", "application/problem+json")
        .urlencoded(&series_form(&fields, &owned_by("ROLE_A")))
        .send()
}

fn create_event(client: &Client, length: usize) -> Answer {
    let form = event_form(&json!({ "title": "Groß" }), &owned_by("ROLE_A"));
    client
        .post("/api/events")
        .header("accept", "application/problem+json")
        .multipart(&form.file("presenter", "large.mp4", "video/mp4", &vec![7; length]))
        .send()
}

/// A problem that says what is the matter, and nothing else.
#[track_caller]
fn assert_full(answer: &Answer) {
    assert_eq!(answer.status, 507, "{answer}");
    let problem = answer.json();
    assert_eq!(problem["status"], 507, "{answer}");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("no room")),
        "{answer}"
    );
    assert!(!answer.text().contains("tenant.db"), "{answer}");
}

/// Writes until there is no room; gives the titles that were acknowledged.
#[track_caller]
fn fill_up(client: &Client, prefix: &str) -> Vec<String> {
    let mut titles = Vec::new();
    for number in 0..3000 {
        let title = format!("{prefix}{number}");
        let answer = create_series(client, &title);
        if answer.status != 201 {
            assert_full(&answer);
            return titles;
        }
        titles.push(title);
    }
    panic!("there is always room");
}

#[track_caller]
fn titles(client: &Client) -> Vec<String> {
    let mut titles = client.get("/api/series?limit=5000").send().expect(200).column("title");
    titles.sort();
    titles
}

fn sorted(mut titles: Vec<String>) -> Vec<String> {
    titles.sort();
    titles
}

/// What holds on a full disk, whatever has filled it: nothing can be written, and everything can be read.
#[track_caller]
fn assert_read_only(server: &Server, event: &str, stored: &[String]) {
    let admin = admin(server);
    for _ in 0..3 {
        assert_full(&create_series(&admin, "Zuviel"));
    }
    assert_eq!(files_of(&admin, event), [VIDEO]);
    assert_eq!(titles(&admin), stored);
    let found = admin
        .get("/api/series?filter=textFilter:lang&limit=5000")
        .send()
        .expect(200);
    assert_eq!(found.identifiers().len(), stored.len());
    for path in ["/health/live", "/health/ready"] {
        server.client(HOST).get(path).send().expect(200);
    }
}

#[test]
fn where_files_can_grow_no_further_writes_are_refused_and_reads_go_on_until_they_can() {
    let installation = installation();
    // No file can be longer than 4 MiB, which every system can do without help. The limit can be lifted while the server runs.
    let script = format!("ulimit -S -f 8192\nexec {} \"$@\"\n", program::lectern().display());
    let server = Server::start_program(&wrapped(&installation, &script), &installation);
    let admin = admin(&server);
    let event = upload(&admin, "Mit Datei", VIDEO);
    let stored = sorted(fill_up(&admin, "S"));
    assert!(stored.len() > 10, "{stored:?}");
    assert_full(&create_event(&admin, 5 << 20));
    assert_read_only(&server, &event, &stored);
    let log = server.log();
    assert!(
        log.contains("no room") && log.contains(text(&folder(&installation))),
        "{log}"
    );
    installation.call(&["verify", "--tenant", "north"]).succeeded();
    let lifted = Command::new("prlimit")
        .args(["--pid", server.process(), "--fsize=unlimited"])
        .status();
    assert!(lifted.expect("prlimit runs").success());
    assert_eq!(create_series(&admin, "Wieder").status, 201);
    assert_eq!(create_event(&admin, 5 << 20).status, 201);
    assert_eq!(titles(&admin), sorted([stored, vec!["Wieder".to_owned()]].concat()));
    installation.call(&["verify", "--tenant", "north"]).succeeded();
}

/// Whether this user may make a file system of their own, as most systems allow.
fn can_mount(installation: &Installation) -> bool {
    let place = installation.file("try");
    fs::create_dir(&place).expect("a folder");
    let mount = Command::new("unshare")
        .args(["-Ur", "-m", "mount", "-t", "tmpfs", "none", text(&place)])
        .output();
    let can = mount.as_ref().is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("NOT TESTED: a full file system, since none can be mounted here: {mount:?}");
    }
    can
}

/// Fills what is left of a file system.
fn ballast(folder: &Path) -> PathBuf {
    let path = folder.join("ballast");
    let mut file = fs::File::create(&path).expect("a file");
    for size in [1 << 16, 1 << 12, 1] {
        while std::io::Write::write_all(&mut file, &vec![1; size]).is_ok() {}
    }
    path
}

#[test]
fn on_a_full_file_system_writes_are_refused_reads_go_on_and_nothing_is_left_of_what_was_refused() {
    let installation = installation();
    if !can_mount(&installation) {
        return;
    }
    {
        let server = Server::start(&installation);
        upload(&admin_of(&server, "south.example"), "Im Süden", VIDEO);
    }
    let data = installation.data();
    fs::rename(&data, installation.file("source")).expect("a folder");
    fs::create_dir(&data).expect("a folder");
    // The server alone sees the small file system; it is reached through the server's process.
    let script = format!(
        "exec unshare -Ur -m sh -c 'mount -t tmpfs -o size=96m,mode=700 none \"$1\" && cp -a \"$2/.\" \"$1\" && shift 2 && exec \"$@\"' sh \\\n  {} {} {} \"$@\"\n",
        data.display(),
        installation.file("source").display(),
        program::lectern().display()
    );
    let server = Server::start_program(&wrapped(&installation, &script), &installation);
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.process(), data.display()));
    let verify = |tenant: &str| {
        let output = Command::new("nsenter")
            .args([
                "--target",
                server.process(),
                "--user",
                "--mount",
                "--preserve-credentials",
            ])
            .arg(program::lectern())
            .arg("--data")
            .arg(&data)
            .args(["verify", "--tenant", tenant])
            .output()
            .expect("nsenter runs");
        assert!(output.status.success(), "{output:?}");
    };
    let admin = admin(&server);
    let event = upload(&admin, "Mit Datei", VIDEO);
    assert_eq!(create_series(&admin, "Davor").status, 201);
    for round in 0..2 {
        let ballast = ballast(&inside);
        // What has room already in the write-ahead log is still accepted.
        let mut stored = titles(&admin);
        stored.extend(fill_up(&admin, &format!("R{round}S")));
        let stored = sorted(stored);
        assert_full(&create_event(&admin, 3 << 20));
        assert_read_only(&server, &event, &stored);
        let south = admin_of(&server, "south.example");
        if round == 0 {
            // Nobody has opened it yet.
            assert_eq!(
                south.get("/api/events").send().expect(200).column("title"),
                ["Im Süden"]
            );
            assert_full(&create_series(&south, "Zuviel"));
        }
        let arriving = fs::read_dir(inside.join("tenants/north/files/incoming")).expect("a folder");
        assert_eq!(arriving.count(), 0, "of the refused upload nothing is left");
        fs::remove_file(ballast).expect("removed");
        for client in [&admin, &south] {
            assert_eq!(create_series(client, &format!("R{round}")).status, 201);
        }
        assert_eq!(titles(&admin), sorted([stored, vec![format!("R{round}")]].concat()));
        let large = create_event(&admin, 3 << 20);
        assert_eq!(large.status, 201, "{large}");
        let large = large.json()["identifier"].as_str().expect("an identifier").to_owned();
        admin.until_processed(&large);
        admin.delete(&format!("/api/events/{large}")).send().expect(204);
        verify("north");
        verify("south");
    }
}
