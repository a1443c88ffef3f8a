//! `lectern doctor`: what is wrong, why it matters, and what to do. And what it must not find: folders and files that others can read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use lectern_tests::{Installation, Server};
use serde_json::Value;

use crate::tenancy::{HOST, PASSWORD, VIDEO, admin, backup, fill, folder, installation, text, upload};

/// What the doctor says.
fn examined(installation: &Installation) -> (Value, i32) {
    let outcome = installation.call(&["doctor", "--json"]);
    let found = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:#?}"));
    (found, outcome.code.expect("an exit code"))
}

/// Asserts that there is one problem, which names what is concerned, and says what to do.
#[track_caller]
fn diagnosed(installation: &Installation, parts: &[&str], todo: &str) {
    let (found, code) = examined(installation);
    assert_eq!(code, 1, "{found:#}");
    let problems = found["problems"].as_array().expect("a list");
    let matching = problems.iter().find(|problem| {
        let what = problem["what"].as_str().expect("a text");
        parts.iter().all(|part| what.contains(part))
    });
    let problem = matching.unwrap_or_else(|| panic!("{parts:?} must be in {found:#}"));
    assert!(problem["todo"].as_str().expect("a text").contains(todo), "{problem:#}");
    assert!(!problem["why"].as_str().expect("a text").is_empty(), "{problem:#}");
    let said = installation.call(&["doctor"]).refused(&["problem"]).stdout;
    for part in parts {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn of_a_sound_data_folder_the_doctor_finds_no_problem_and_changes_nothing() {
    let installation = installation();
    let server = Server::start(&installation);
    fill(&installation, &admin(&server));
    let (found, code) = examined(&installation);
    assert_eq!(
        (code, found["problems"].as_array().map(Vec::len)),
        (0, Some(0)),
        "{found:#}"
    );
    assert_eq!(found["running"], true);
    assert_eq!(found["tenants"][0]["tenant"], "north");
    assert_eq!(found["tenants"][0]["hosts"][0], HOST);
    assert_eq!(found["tenants"][0]["files"], 1);
    assert_eq!(found["tenants"][0]["file_bytes"], VIDEO.len());
    drop(server);
    let before = installation.files();
    let (found, code) = examined(&installation);
    assert_eq!((code, &found["running"]), (0, &Value::Bool(false)), "{found:#}");
    assert!(installation.files() == before, "something was changed");
    assert!(!found["notes"].to_string().contains("tenant"), "{found:#}");
    // Also not after a server that could not tidy up.
    let server = Server::start(&installation);
    upload(&admin(&server), "Danach", VIDEO);
    server.kill();
    let before = installation.files();
    examined(&installation);
    for (path, content) in before {
        if !path.to_string_lossy().ends_with("-shm") {
            assert!(
                fs::read(&path).is_ok_and(|now| now == content),
                "{} was changed",
                path.display()
            );
        }
    }
    let said = installation.call(&["doctor"]).succeeded().stdout;
    assert!(
        said.contains("tenant north at north.example") && said.contains("no problem"),
        "{said}"
    );
}

#[test]
fn without_a_data_folder_the_doctor_says_how_to_make_one() {
    diagnosed(&Installation::empty(), &["data folder"], "lectern init");
}

#[test]
fn the_doctor_names_the_database_that_is_damaged_and_the_files_that_are_missing() {
    let installation = installation();
    {
        let server = Server::start(&installation);
        upload(&admin(&server), "Mit Datei", VIDEO);
    }
    let files = folder(&installation).join("files");
    let path = fs::read_dir(&files)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.is_file())
        .expect("a file");
    fs::remove_file(&path).expect("removed");
    diagnosed(&installation, &["north", text(&path), "missing"], "lectern restore");
    fs::write(files.join("3f359b10-da82-4834-8e65-741bc62dcdaf"), "nobody's").expect("a file");
    diagnosed(
        &installation,
        &["3f359b10-da82-4834-8e65-741bc62dcdaf", "no event"],
        "lectern verify",
    );
    let database = folder(&installation).join("tenant.db");
    fs::write(&database, "").expect("a file");
    diagnosed(
        &installation,
        &["north", text(&database), "empty"],
        "lectern restore FILE --replace",
    );
    fs::remove_file(&database).expect("removed");
    diagnosed(
        &installation,
        &["north", text(&database)],
        "lectern restore FILE --replace",
    );
}

#[test]
fn the_doctor_names_the_settings_that_cannot_be_read() {
    let installation = installation();
    for (path, content) in [
        ("tenants/north/jwt.toml", "keys = 5"),
        ("tenants/north/url-signing.properties", "key.main.secret = x\n"),
        ("tenants/north/catalogs/a.properties", "type = nothing\n"),
        ("tenants/north/listproviders/a.properties", "list.name\n"),
        ("tenants/north/workflows/a.yaml", "id: ["),
        ("tenants/north/statistics/a.json", "{"),
        ("workflows/all.yaml", "id: ["),
    ] {
        let file = installation.data().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::set_permissions(file.parent().expect("a folder"), fs::Permissions::from_mode(0o700)).expect("closed");
        fs::write(&file, content).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
        diagnosed(&installation, &["north", text(&file)], "put it right");
        fs::remove_file(&file).expect("removed");
    }
    assert_eq!(examined(&installation).1, 0);
}

#[test]
fn the_doctor_finds_what_others_could_read_or_change() {
    let installation = installation();
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    for (path, mode) in [
        (installation.data().join("tenants.db"), 0o644),
        (folder(&installation), 0o755),
        (folder(&installation).join("tenant.db"), 0o660),
        (installation.data(), 0o777),
    ] {
        let before = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        open(&path, mode);
        diagnosed(&installation, &[text(&path)], "chmod -R go=");
        open(&path, before);
    }
    assert_eq!(examined(&installation).1, 0);
}

#[test]
fn the_doctor_finds_what_interrupted_commands_have_left() {
    let installation = installation();
    for (name, todo) in [
        ("east", "lectern tenant erase east"),
        ("east.removed", "lectern tenant erase east"),
        ("east.restoring", "restore the tenant again"),
    ] {
        let path = installation.data().join("tenants").join(name);
        fs::create_dir(&path).expect("a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("closed");
        diagnosed(&installation, &[text(&path)], todo);
        fs::remove_dir(&path).expect("removed");
    }
}

#[test]
fn everything_in_a_data_folder_is_for_its_owner_only() {
    let installation = Installation::empty();
    // Whatever the shell would let others do.
    let shell = |arguments: &str| {
        let program = lectern_tests::program::lectern();
        let script = format!(
            "umask 0; echo '{PASSWORD}' | {} --data {} {arguments}",
            program.display(),
            text(&installation.data())
        );
        let status = Command::new("sh")
            .args(["-c", &script])
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.expect("sh runs").success(), "{arguments}");
    };
    shell(&format!(
        "init --tenant north --name North --host {HOST} --admin admin --admin-password-stdin"
    ));
    let server = Server::start(&installation);
    fill(&installation, &admin(&server));
    let file = backup(&installation, "north.tar");
    shell(&format!("restore {} --tenant again --host again.example", text(&file)));
    let exported = installation.file("export.tar");
    shell(&format!("tenant export north {}", text(&exported)));
    let mut paths = vec![installation.data(), file, exported];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let metadata = fs::metadata(&path).expect("a file");
        assert_eq!(
            metadata.permissions().mode() & 0o077,
            0,
            "{} is open to others",
            path.display()
        );
        if metadata.is_dir() {
            paths.extend(
                fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        }
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}
