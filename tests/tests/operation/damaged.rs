//! A tenant whose database is damaged: nobody else notices, the operator is told which file it is, and once it is restored it is served
//! without a restart.

use std::fs;
use std::path::{Path, PathBuf};

use lectern_tests::{Client, Installation, Server};

use crate::tenancy::{HOST, VIDEO, admin, admin_of, backup, fill, folder, installation, shown, text, upload};

/// What can happen to a file, and how it is brought about.
type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 8] = [
    ("overwritten in the middle", |file| {
        let mut bytes = fs::read(file).expect("a file");
        let length = bytes.len();
        bytes[8192..length - 4096].fill(0xa5);
        fs::write(file, bytes).expect("a file");
    }),
    ("cut off", |file| {
        let bytes = fs::read(file).expect("a file");
        fs::write(file, &bytes[..bytes.len() / 3]).expect("a file");
    }),
    ("without its header", |file| {
        let mut bytes = fs::read(file).expect("a file");
        bytes[..4096].fill(0);
        fs::write(file, bytes).expect("a file");
    }),
    ("empty", |file| fs::write(file, "").expect("a file")),
    ("something else", |file| {
        fs::write(file, "not a database\n".repeat(5000)).expect("a file");
    }),
    ("missing", |file| fs::remove_file(file).expect("removed")),
    ("a folder", |file| {
        fs::remove_file(file).expect("removed");
        fs::create_dir(file).expect("a folder");
    }),
    ("that of another tenant", |file| {
        let other = file
            .parent()
            .and_then(Path::parent)
            .expect("folders")
            .join("south/tenant.db");
        fs::copy(other, file).expect("a copy");
    }),
];

/// Asks for all kinds of things; asserts that no answer tells where files are, and gives the statuses.
#[track_caller]
fn statuses(client: &Client, installation: &Installation) -> Vec<u16> {
    let path = installation.data();
    let paths = [
        "/api/events?withacl=true&withmetadata=true&withpublications=true",
        "/api/series?withacl=true",
        "/api/events?filter=textFilter:ubungen",
        "/api/groups",
        "/api/info/me",
        "/api/workflows",
    ];
    let reads = paths.map(|path| client.get(path).send());
    let write = client
        .post("/api/series")
        .urlencoded(&lectern_tests::content::series_form(
            &serde_json::json!({ "title": "Neu" }),
            &serde_json::json!([]),
        ))
        .send();
    let mut statuses = Vec::new();
    for answer in reads.into_iter().chain([write]) {
        let said = answer.text();
        assert!(!said.contains(text(&path)) && !said.contains("tenant.db"), "{answer}");
        statuses.push(answer.status);
    }
    statuses
}

/// A data folder with content in both tenants, a server, what it shows, and a backup.
struct Sound {
    installation: Installation,
    server: Server,
    before: Vec<(String, serde_json::Value)>,
    file: PathBuf,
}

impl Sound {
    fn new() -> Self {
        let installation = installation();
        let server = Server::start(&installation);
        fill(&installation, &admin(&server));
        upload(&admin_of(&server, "south.example"), "Heil", VIDEO);
        let before = shown(&admin(&server));
        let file = backup(&installation, "north.tar");
        Self {
            installation,
            server,
            before,
            file,
        }
    }

    #[track_caller]
    fn assert_others_are_served(&self, what: &str) {
        let south = admin_of(&self.server, "south.example");
        assert_eq!(
            south.get("/api/events").send().expect(200).column("title"),
            ["Heil"],
            "{what}"
        );
        for path in ["/health/live", "/health/ready"] {
            self.server.client(HOST).get(path).send().expect(200);
        }
    }

    /// Restores the tenant, which the running server serves as before.
    #[track_caller]
    fn restore(&self, what: &str) {
        self.installation
            .call(&["restore", text(&self.file), "--replace"])
            .succeeded();
        assert_eq!(shown(&admin(&self.server)), self.before, "{what}");
        self.installation.call(&["verify", "--tenant", "north"]).succeeded();
        upload(&admin(&self.server), "Danach", VIDEO);
    }
}

#[test]
fn a_damaged_database_takes_out_its_tenant_alone_until_it_is_restored() {
    let mut sound = Sound::new();
    let database = folder(&sound.installation).join("tenant.db");
    for (what, damage) in DAMAGES {
        // Stopped in order, so that all of it is in the one file.
        sound.server.stop();
        damage(&database);
        fs::remove_file(sound.installation.file("server.log")).expect("removed");
        sound.server = Server::start(&sound.installation);
        let found = statuses(&admin(&sound.server), &sound.installation);
        assert!(found.iter().any(|status| *status >= 500), "{what}: {found:?}");
        assert!(
            found.iter().all(|status| *status >= 500 || (200..300).contains(status)),
            "{what}: {found:?}"
        );
        let log = sound.server.log();
        assert!(
            log.contains(text(&database)) && log.contains("lectern restore"),
            "{what}: {log}"
        );
        sound.assert_others_are_served(what);
        let verified = sound
            .installation
            .call(&["verify", "--tenant", "north"])
            .refused(&["damaged", "lectern restore"]);
        if what != "overwritten in the middle" {
            assert!(verified.stdout.contains(text(&database)), "{what}: {verified:#?}");
            let list = sound.installation.call(&["user", "list", "--tenant", "north"]);
            list.refused(&[text(&database), "restore it from a backup"]);
        }
        sound.restore(what);
    }
}

#[test]
fn a_database_that_is_damaged_while_it_is_served_harms_nobody_else_and_can_be_restored() {
    let sound = Sound::new();
    for (what, damage) in DAMAGES {
        damage(&folder(&sound.installation).join("tenant.db"));
        let found = statuses(&admin(&sound.server), &sound.installation);
        if ["missing", "a folder"].contains(&what) {
            // What is written to a file that has no name is lost.
            assert!(found.iter().all(|status| *status >= 500), "{what}: {found:?}");
        }
        sound.assert_others_are_served(what);
        sound.restore(what);
    }
}
