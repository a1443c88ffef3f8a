//! `lectern spin manifest`, and tenants that move to Spin and back. What Spin answers to requests is for the tests of the API, which are
//! run under it as well.

use std::fs;
use std::path::Path;
use std::thread;

use lectern_tests::content::{event_form, owned_by};
use lectern_tests::runtime::Runtime;
use lectern_tests::{Client, Form, Installation, Server, program};
use serde_json::json;

use crate::migrations::{put_earlier, steps, version};
use crate::tenancy;

const HOST: &str = "video.uni.example";

fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("uni", "University", HOST, "admin", "secret");
    installation
}

fn admin(server: &Server) -> Client {
    server.client(HOST).with_credentials("admin", "secret")
}

fn under_spin(installation: &Installation) -> Server {
    Server::start_by(&Runtime::SpinCompat, installation, None)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn the_files_for_spin_name_all_tenants_their_hosts_and_their_databases() {
    let installation = installation();
    installation.add_tenant("other-2", "Other", "other.example:8443", "admin", "secret");
    let said = installation.call(&["spin", "manifest"]).succeeded().stdout;
    let folder = installation.data().join("spin");
    assert!(said.contains(&format!("spin up --from {}", folder.display())), "{said}");
    let manifest = read(&folder.join("spin.toml"));
    for part in [
        "other.example:8443=other-x2 video.uni.example=uni",
        "route = \"/api/events/...\"",
        "route = \"/capture-admin/...\"",
        "route = \"/api/...\"",
        "path = \"components/provider.wasm\"",
    ] {
        assert!(manifest.contains(part), "{part} is not in:\n{manifest}");
    }
    let config = read(&folder.join("runtime-config.toml"));
    for tenant in ["uni", "other-2"] {
        let database = installation.data().join("tenants").join(tenant).join("tenant.db");
        assert!(config.contains(&format!("\"{}\"", database.display())), "{config}");
    }
}

#[test]
fn spin_gets_the_very_handlers_that_the_host_runs() {
    let installation = installation();
    let hello = program::guest("hello");
    let deploy = ["component", "deploy", "hello", hello.to_str().unwrap()];
    installation.call(&deploy).succeeded();
    installation.call(&["spin", "manifest"]).succeeded();
    let copies = installation.data().join("spin/components");
    assert_eq!(fs::read(copies.join("hello.wasm")).unwrap(), fs::read(hello).unwrap());
    for entry in fs::read_dir(program::components()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "wasm") {
            let copy = copies.join(path.file_name().unwrap());
            assert_eq!(fs::read(&copy).unwrap(), fs::read(&path).unwrap(), "{}", copy.display());
        }
    }
}

#[test]
fn what_spin_cannot_serve_is_said_tenant_by_tenant() {
    let installation = installation();
    installation.add_tenant("other", "Other", "other.example", "admin", "secret");
    let tenant = installation.data().join("tenants/uni");
    write(&tenant.join("jwt.toml"), "keys = []");
    write(&tenant.join("files/ab/abcd"), "a film");
    let hello = program::guest("hello");
    let deploy = [
        "component",
        "deploy",
        "hello",
        hello.to_str().unwrap(),
        "--tenant",
        "uni",
    ];
    installation.call(&deploy).succeeded();
    let said = installation.call(&["spin", "manifest"]).succeeded().stderr;
    assert!(!said.contains("uploaded files"), "{said}");
    let said = installation.call(&["spin", "manifest", "--without-files"]).succeeded();
    assert!(!said.stdout.contains("--direct-mounts"), "{}", said.stdout);
    let said = said.stderr;
    for part in ["jwt.toml", "1 uploaded files", "hello"] {
        let lines = said.lines().filter(|line| line.contains(part));
        let whose: Vec<&str> = lines.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(whose, ["tenant uni"], "{part}: {said}");
    }
}

#[test]
fn settings_are_copied_and_what_spin_has_no_use_for_is_not() {
    let installation = installation();
    write(&installation.data().join("workflows/own.yaml"), "id: own\n");
    let tenant = installation.data().join("tenants/uni");
    write(&tenant.join("catalogs/own.properties"), "type=events");
    write(&tenant.join("jwt.toml"), "keys = []");
    installation.call(&["spin", "manifest"]).succeeded();
    let settings = installation.data().join("spin/settings/uni/data");
    assert_eq!(read(&settings.join("workflows/own.yaml")), "id: own\n");
    assert_eq!(
        read(&settings.join("tenants/uni/catalogs/own.properties")),
        "type=events"
    );
    assert!(!settings.join("tenants/uni/jwt.toml").exists());
    fs::remove_file(tenant.join("catalogs/own.properties")).unwrap();
    installation.call(&["spin", "manifest"]).succeeded();
    assert!(!settings.join("tenants/uni/catalogs/own.properties").exists());
}

#[test]
fn a_file_that_somebody_has_changed_is_not_overwritten() {
    let installation = installation();
    let folder = installation.file("for-spin");
    let call = || installation.call(&["spin", "manifest", "--output", folder.to_str().unwrap()]);
    call().succeeded();
    let manifest = folder.join("spin.toml");
    let written = read(&manifest);
    call().succeeded();
    assert_eq!(read(&manifest), written, "the secret, too, stays the same");
    fs::write(&manifest, format!("{written}# mine\n")).unwrap();
    call().refused(&[manifest.to_str().unwrap(), "--output"]);
    assert!(read(&manifest).ends_with("# mine\n"));
}

#[test]
fn what_the_operator_has_written_down_counts_under_spin_too() {
    let installation = installation();
    let data = installation.data();
    let definition = |title: &str| format!("id: own\ntitle: {title}\noperations:\n  - id: pause\n");
    write(&data.join("workflows/own.yaml"), &definition("Of all"));
    write(&data.join("tenants/uni/workflows/own.yaml"), &definition("Of this one"));
    write(
        &data.join("listproviders/rooms.properties"),
        "list.name=ROOMS\na=Aula\n",
    );
    let spin = under_spin(&installation);
    let get = |path: &str| admin(&spin).get(path).send().expect(200).json();
    assert_eq!(get("/api/workflow-definitions/own")["title"], "Of this one");
    assert_eq!(get("/api/listproviders/ROOMS.json"), json!({ "a": "Aula" }));
}

#[test]
fn a_file_that_is_too_long_is_refused_and_leaves_nothing() {
    let installation = tenancy::installation();
    let spin = under_spin(&installation);
    let admin = tenancy::admin(&spin);
    let form = event_form(&json!({ "title": "Zu lang" }), &owned_by("ROLE_A"));
    let form = form.file("presenter", "talk.mp4", "video/mp4", &vec![0; 9 << 20]);
    let answer = admin.post("/api/events").multipart(&form).send();
    answer.refused(413, "8388608");
    assert_eq!(admin.get("/api/events").send().expect(200).json(), json!([]));
    // Several pieces of the database.
    let content: Vec<u8> = (0..3_u32 << 20).map(|number| number as u8).collect();
    let event = tenancy::upload(&admin, "Kurz", &content);
    assert!(tenancy::files_of(&admin, &event) == [content]);
}

#[test]
fn a_tenant_moves_to_spin_and_back() {
    let installation = installation();
    let acl = owned_by("ROLE_ADMIN");
    let titles = |server: &Server| {
        let events = admin(server).get("/api/events?sort=title:ASC").send().expect(200);
        events.column("title")
    };
    let host = Server::start(&installation);
    admin(&host).create_event(json!({ "title": "1 Host" }), &acl);
    drop(host);
    let spin = under_spin(&installation);
    assert_eq!(titles(&spin), ["1 Host"]);
    let event = admin(&spin).create_event(json!({ "title": "2 Spin" }), &acl);
    assert_eq!(titles(&spin), ["1 Host", "2 Spin"]);
    // What the command line changes counts at once.
    installation.set_password("uni", "admin", "another secret");
    admin(&spin).get("/api/events").send().expect(401);
    installation.set_password("uni", "admin", "secret");
    drop(spin);
    let host = Server::start(&installation);
    assert_eq!(titles(&host), ["1 Host", "2 Spin"]);
    let found = admin(&host)
        .get("/api/events?filter=textFilter:spin")
        .send()
        .expect(200);
    assert_eq!(found.identifiers(), [event]);
    drop(host);
    installation.call(&["verify", "--tenant", "uni"]).succeeded();
}

#[test]
fn uploaded_files_are_served_wherever_they_were_uploaded() {
    let installation = tenancy::installation();
    // Of several pieces, and shorter than one.
    let contents = [700_000, 1000].map(|length: u32| (0..length).map(|number| number as u8).collect::<Vec<_>>());
    let [first, second] = &contents;
    let host = Server::start(&installation);
    let by_host = tenancy::upload(&tenancy::admin(&host), "Host", first);
    drop(host);
    let said = installation.call(&["spin", "manifest"]).succeeded().stdout;
    assert!(said.contains(" --direct-mounts "), "{said}");
    let spin = under_spin(&installation);
    let admin = tenancy::admin(&spin);
    let by_spin = tenancy::upload(&admin, "Spin", second);
    assert!(tenancy::files_of(&admin, &by_host) == [first.clone()]);
    assert!(tenancy::files_of(&admin, &by_spin) == [second.clone()]);
    let media = admin
        .get(&format!("/api/events/{by_host}/media"))
        .send()
        .expect(200)
        .json();
    let address = media[0]["uri"].as_str().unwrap();
    let path = &address[address.find("/static").unwrap()..];
    let part = admin
        .get(path)
        .header("Range", "bytes=300000-599999")
        .send()
        .expect(206);
    assert!(part.body == first[300_000..600_000]);
    // Whoever may not read the event, or writes another identifier, gets nothing.
    spin.client(tenancy::HOST).get(path).send().expect(401);
    admin.get(&path.replace("/static/", "/static/..%2f")).send().expect(404);
    drop(spin);
    let host = Server::start(&installation);
    let admin = tenancy::admin(&host);
    assert!(tenancy::files_of(&admin, &by_host) == [first.clone()]);
    assert!(tenancy::files_of(&admin, &by_spin) == [second.clone()]);
    drop(host);
    installation.call(&["verify", "--tenant", "north"]).succeeded();
}

#[test]
fn a_trap_inside_a_transaction_undoes_it() {
    let installation = installation();
    let trap = [("SPIN_COMPAT_TRAP_AFTER", "not to be")];
    let spin = Server::start_by_in(&Runtime::SpinCompat, &installation, None, &trap);
    let admin = admin(&spin);
    let event = admin.create_event(json!({ "title": "before" }), &owned_by("ROLE_ADMIN"));
    let form = event_form(&json!({ "title": "not to be" }), &owned_by("ROLE_ADMIN"));
    admin.post("/api/events").multipart(&form).send().expect(500);
    let metadata = json!([{ "id": "title", "value": "not to be" }]);
    let form = Form::new().field("metadata", metadata);
    let path = format!("/api/events/{event}/metadata?type=dublincore/episode");
    admin.put(&path).urlencoded(&form).send().expect(500);
    assert!(
        spin.log_so_far().contains("a trap, as somebody wanted"),
        "{}",
        spin.log_so_far()
    );
    // It is as if it had never begun: nothing is there of it, and nothing is locked.
    let titles = || {
        admin
            .get("/api/events?sort=title:ASC")
            .send()
            .expect(200)
            .column("title")
    };
    assert_eq!(titles(), ["before"]);
    admin.create_event(json!({ "title": "then" }), &owned_by("ROLE_ADMIN"));
    assert_eq!(titles(), ["before", "then"]);
    drop(spin);
    installation.call(&["verify", "--tenant", "uni"]).succeeded();
}

#[test]
fn a_request_needs_as_many_statements_as_the_documentation_says_however_long_the_list() {
    let installation = installation();
    let spin = under_spin(&installation);
    let admin = admin(&spin);
    let acl = owned_by("ROLE_ADMIN");
    let series = admin.create_series(json!({ "title": "Series" }), &acl);
    let events: Vec<_> = (0..30)
        .map(|number| admin.create_event(json!({ "title": format!("Event {number}"), "isPartOf": series }), &acl))
        .collect();
    let [event, ..] = events.as_slice() else { unreachable!() };
    let page = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spin.md"));
    let documented = page.split("<!-- statements -->").nth(1).expect("a table");
    let documented: Vec<(&str, &str)> = documented
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(request, rest)| (request, rest.split(' ').next().unwrap_or_default()))
        .collect();
    let counted: Vec<(&str, String)> = documented
        .iter()
        .map(|(request, _)| {
            let (method, target) = request.split_once(' ').expect("a method");
            let target = target.replace("EVENT", event).replace("SERIES", &series);
            match method {
                "GET" => admin.get(&target).send().expect(200),
                "PUT" => admin
                    .put(&target)
                    .urlencoded(&Form::new().field("acl", &acl))
                    .send()
                    .expect(204),
                "POST" => admin
                    .post(&target)
                    .multipart(&event_form(&json!({ "title": "New" }), &acl))
                    .send()
                    .expect(201),
                other => panic!("{other}"),
            };
            let log = spin.log_so_far();
            let line = log.lines().rev().find_map(|line| line.strip_suffix(" statements"));
            let (_, number) = line.and_then(|line| line.rsplit_once(": ")).expect("a number");
            (*request, number.to_owned())
        })
        .collect();
    let counted: Vec<(&str, &str)> = counted
        .iter()
        .map(|(request, number)| (*request, number.as_str()))
        .collect();
    assert_eq!(documented, counted);
    assert!(documented.len() > 5, "{documented:?}");
}

#[test]
fn spin_brings_an_earlier_database_to_the_current_schema_however_many_ask() {
    let installation = tenancy::installation();
    put_earlier(&installation, 12);
    let spin = under_spin(&installation);
    thread::scope(|scope| {
        for _ in 0..8 {
            // Without a password: several that come at once are guesses until one has turned out to be right.
            scope.spawn(|| {
                spin.client(tenancy::HOST).get("/api").send().expect(200);
            });
        }
    });
    let events = tenancy::admin(&spin).get("/api/events").send().expect(200);
    assert_eq!(events.identifiers().len(), 20);
    drop(spin);
    assert_eq!(version(&installation), steps().len());
    let host = Server::start(&installation);
    assert_eq!(
        tenancy::admin(&host)
            .get("/api/events")
            .send()
            .expect(200)
            .identifiers()
            .len(),
        20
    );
}

#[test]
fn a_right_password_is_remembered_until_it_is_another_one_and_wrong_ones_are_counted() {
    let installation = installation();
    let spin = under_spin(&installation);
    let path = installation.data().join("tenants/uni/tenant.db");
    let count = |table: &str| -> i64 {
        let sql = rusqlite::Connection::open(&path).expect("a database");
        let statement = format!("SELECT count(*) FROM {table}");
        sql.query_row(&statement, [], |row| row.get(0)).expect("a number")
    };
    let get = |password: &str| {
        let client = spin.client(HOST).with_credentials("admin", password);
        client.get("/api/info/me").send()
    };
    for _ in 0..3 {
        get("secret").expect(200);
    }
    assert_eq!((count("right_password"), count("wrong_password")), (1, 0));
    get("guessed").expect(401);
    assert_eq!((count("right_password"), count("wrong_password")), (1, 1));
    // What is remembered was right for another hash.
    installation.set_password("uni", "admin", "another one");
    get("secret").expect(401);
    get("another one").expect(200);
    assert_eq!(count("wrong_password"), 0);
    let refused = (0..40).map(|_| get("guessed").status).find(|status| *status == 429);
    assert_eq!(refused, Some(429));
    assert_eq!(
        get("another one").status,
        200,
        "whoever knows the password need not wait"
    );
}
