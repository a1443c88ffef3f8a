//! `lectern backup` and `lectern verify`: a tenant in one file, while it is served.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use lectern_tests::{Client, Server, program};
use serde_json::Value;

use crate::tenancy::{
    HOST, VIDEO, admin, admin_of, backup, files_of, fill, folder, installation, text, unpacked, upload,
};

/// The content of the file of an event with this title: no two are alike.
fn content(title: &str) -> Vec<u8> {
    title.bytes().cycle().take(5000).collect()
}

/// Creates events with files, one after the other, and deletes each but every third when the next one is there.
fn write(client: &Client, thread: usize, written: &AtomicUsize, stop: &AtomicBool) {
    let mut number = 0;
    let mut former: Option<String> = None;
    while !stop.load(Ordering::Relaxed) {
        let title = format!("{thread}/{number}");
        let event = upload(client, &title, &content(&title));
        if let Some(former) = former.take_if(|_| number % 3 != 1) {
            client.delete(&format!("/api/events/{former}")).send().expect(204);
        }
        former = Some(event);
        number += 1;
        written.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_made_while_clients_write_is_the_tenant_at_one_commit_with_its_files() {
    let installation = installation();
    let server = Server::start(&installation);
    let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut backups = Vec::new();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|number| {
                let (client, written, stop) = (admin(&server), &written, &stop);
                scope.spawn(move || write(&client, number, written, stop))
            })
            .collect();
        for round in 1..=4 {
            // They go on while the backup is made.
            while written.load(Ordering::Relaxed) < 8 * round {
                assert!(!writers.iter().all(|writer| writer.is_finished()), "nobody writes");
                thread::yield_now();
            }
            backups.push(backup(&installation, &format!("{round}.tar")));
        }
        stop.store(true, Ordering::Relaxed);
    });
    // What was deleted while somebody held the files is gone now.
    installation.call(&["verify", "--tenant", "north"]).succeeded();
    let mut events = 0;
    for (number, file) in backups.iter().enumerate() {
        let whole = installation.call(&["verify", text(file)]).succeeded();
        assert!(whole.stdout.contains("tenant north"), "{}", whole.stdout);
        let (tenant, host) = (format!("copy{number}"), format!("copy{number}.example"));
        installation
            .call(&["restore", text(file), "--tenant", &tenant, "--host", &host])
            .succeeded();
        installation.call(&["verify", "--tenant", &tenant]).succeeded();
        let admin = admin_of(&server, &host);
        let list = admin.get("/api/events?limit=1000").send().expect(200);
        let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (event, title) in list.identifiers().iter().zip(list.column("title")) {
            assert_eq!(files_of(&admin, event), [content(&title)], "{title}");
            let (thread, number) = title.split_once('/').expect("a title of this test");
            numbers
                .entry(thread.to_owned())
                .or_default()
                .push(number.parse().expect("a number"));
        }
        for (thread, numbers) in numbers {
            let last = numbers.iter().max().copied().unwrap_or_default();
            let kept = (0..last.saturating_sub(1)).filter(|number| number % 3 == 0);
            for number in kept {
                assert!(
                    numbers.contains(&number),
                    "{thread}: {number} of {numbers:?} came before the last one and was not deleted"
                );
            }
            events += numbers.len();
        }
    }
    assert!(events > 0, "no backup has events: this shows nothing");
}

#[test]
fn a_backup_can_be_looked_into_with_tar() {
    let installation = installation();
    let server = Server::start(&installation);
    fill(&installation, &admin(&server));
    fs::create_dir(folder(&installation).join("workflows")).expect("a folder");
    let workflow = "id: own\ntitle: Own\noperations:\n  - id: pause\n";
    fs::write(folder(&installation).join("workflows/own.yaml"), workflow).expect("a file");
    let secret = installation.file("secret.pem");
    fs::write(&secret, "a key elsewhere").expect("a file");
    std::os::unix::fs::symlink(&secret, folder(&installation).join("key.pem")).expect("a link");
    let file = backup(&installation, "north.tar");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let into = installation.file("unpacked");
    unpacked(&file, &into);
    let manifest: Value =
        serde_json::from_slice(&fs::read(into.join("manifest.json")).expect("a manifest")).expect("JSON");
    assert_eq!(manifest["tenant"], "north");
    assert_eq!(manifest["name"], "University of the North");
    assert_eq!(manifest["hosts"], serde_json::json!([HOST]));
    let members: Vec<&str> = manifest["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|member| member["name"].as_str().expect("a name"))
        .collect();
    let [database, key, workflow_file, video] = members.as_slice() else {
        panic!("{members:?}")
    };
    assert_eq!(
        [*database, *key, *workflow_file],
        ["tenant.db", "settings/key.pem", "settings/workflows/own.yaml"]
    );
    assert_eq!(fs::read(into.join(video)).expect("a file"), VIDEO);
    assert_eq!(fs::read_to_string(into.join(key)).expect("a file"), "a key elsewhere");
    assert_eq!(fs::read_to_string(into.join(workflow_file)).expect("a file"), workflow);
}

#[test]
fn a_backup_can_go_to_standard_output() {
    let installation = installation();
    let server = Server::start(&installation);
    upload(&admin(&server), "Mit Datei", VIDEO);
    let output = Command::new(program::lectern())
        .arg("--data")
        .arg(installation.data())
        .args(["backup", "--tenant", "north", "-"])
        .stderr(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(output.status.success());
    let file = installation.file("piped.tar");
    fs::write(&file, output.stdout).expect("a file");
    installation.call(&["verify", text(&file)]).succeeded();
}

#[test]
fn a_backup_never_overwrites_anything() {
    let installation = installation();
    let file = installation.file("precious");
    fs::write(&file, "precious").expect("a file");
    installation
        .call(&["backup", "--tenant", "north", text(&file)])
        .refused(&["precious", "exists"]);
    assert_eq!(fs::read_to_string(&file).expect("a file"), "precious");
    let elsewhere = installation.file("missing/north.tar");
    installation
        .call(&["backup", "--tenant", "north", text(&elsewhere)])
        .refused(&["missing"]);
    let unknown = installation.file("unknown.tar");
    installation
        .call(&["backup", "--tenant", "east", text(&unknown)])
        .refused(&["east", "north", "south"]);
    assert!(!unknown.exists());
}

#[test]
fn a_backup_that_is_killed_leaves_no_backup_and_is_in_nobodys_way() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = admin(&server);
    for number in 0..5 {
        upload(&admin, &number.to_string(), &vec![number; 3 << 20]);
    }
    let file = installation.file("killed.tar");
    for _ in 0..5 {
        let mut child = Command::new(program::lectern())
            .arg("--data")
            .arg(installation.data())
            .args(["backup", "--tenant", "north", text(&file)])
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        // As soon as it writes the archive, which takes longer than it takes to see that.
        while fs::metadata(installation.file("killed.tar.partial")).map_or(0, |partial| partial.len()) == 0 {
            if child.try_wait().expect("a child").is_some() {
                break;
            }
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        if file.exists() {
            installation.call(&["verify", text(&file)]).succeeded();
            fs::remove_file(&file).expect("removed");
        }
    }
    let event = upload(&admin, "Danach", VIDEO);
    admin.delete(&format!("/api/events/{event}")).send().expect(204);
    installation
        .call(&["backup", "--tenant", "north", text(&file)])
        .succeeded();
    installation.call(&["verify", text(&file)]).succeeded();
    installation.call(&["verify", "--tenant", "north"]).succeeded();
    let left: Vec<_> = fs::read_dir(installation.folder())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.contains("partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn verify_says_which_file_of_a_tenant_is_missing_changed_or_too_much() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = admin(&server);
    upload(&admin, "Mit Datei", VIDEO);
    let verify = || installation.call(&["verify", "--tenant", "north"]);
    assert!(verify().succeeded().stdout.contains("1 file"));
    let files = folder(&installation).join("files");
    let path = fs::read_dir(&files)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.is_file())
        .expect("a file");
    let problem = |word: &str| {
        let outcome = verify().refused(&["damaged"]);
        assert!(
            outcome.stdout.contains(text(&path)) && outcome.stdout.contains(word),
            "{}",
            outcome.stdout
        );
    };
    let mut other = VIDEO.to_vec();
    other[1000] ^= 1;
    fs::write(&path, &other).expect("a file");
    problem("another content");
    fs::write(&path, b"short").expect("a file");
    problem("bytes");
    fs::remove_file(&path).expect("removed");
    problem("missing");
    fs::write(&path, VIDEO).expect("a file");
    verify().succeeded();
    let orphan = files.join("3f359b10-da82-4834-8e65-741bc62dcdaf");
    fs::write(&orphan, "nobody's").expect("a file");
    let outcome = verify().refused(&["damaged"]);
    assert!(outcome.stdout.contains(text(&orphan)), "{}", outcome.stdout);
}
