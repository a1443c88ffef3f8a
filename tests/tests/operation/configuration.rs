//! Settings: from a file, the environment and the command line.

use std::fs;
use std::path::Path;

use lectern_tests::{Installation, Server};

const PASSWORD: &str = "set in stone";

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    installation
}

/// Writes the file that is looked for.
fn write(installation: &Installation, text: &str) {
    fs::write(installation.data().join("lectern.toml"), text).expect("a file");
}

/// What a client hears about the size of bodies.
fn body_bytes(server: &Server) -> u64 {
    let admin = server.client("north.example").with_credentials("admin", PASSWORD);
    let capabilities = admin.get("/api/capabilities").send().expect(200).json();
    capabilities["limits"]["body-bytes"]
        .as_u64()
        .unwrap_or_else(|| panic!("{capabilities}"))
}

#[test]
fn a_setting_of_the_file_counts_and_the_command_line_ranks_above() {
    let installation = installed();
    write(&installation, "request-body-mib = 3\nlog = \"warn\"\n");
    let server = Server::start(&installation);
    assert_eq!(body_bytes(&server), 3 << 20);
    assert!(!server.log_so_far().contains("INFO"), "{}", server.log_so_far());
    drop(server);
    let server = Server::start_with(&installation, &["--request-body-mib", "2"]);
    assert_eq!(body_bytes(&server), 2 << 20);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_the_part_at_fault() {
    let installation = installed();
    for (text, parts) in [
        ("request-body-mb = 3", ["request-body-mb", "request-body-mib"]),
        ("instances = 0", ["--instances", "0"]),
        ("listen = \"here\"", ["--listen", "here"]),
        ("listen 8080", ["lectern.toml", "line 1"]),
        ("data = \"/elsewhere\"", ["lectern.toml", "--config"]),
        ("[limits]\ninstances = 2", ["[limits]", "config example"]),
    ] {
        write(&installation, text);
        installation.call(&["config", "check"]).refused(&parts);
        let message = Server::refuses_to_start(&installation, &[]);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[test]
fn a_check_looks_at_the_files_that_are_named_too() {
    let installation = installed();
    for (text, part) in [
        ("tls-certificate = \"a.pem\"\ntls-key = \"a.key\"", "a.pem"),
        ("tls-certificate = \"a.pem\"", "--tls-key"),
        ("components = \"nowhere\"", "nowhere"),
        ("instances = 2\ntenant-instances = 3", "--tenant-instances"),
    ] {
        write(&installation, text);
        installation.call(&["config", "check"]).refused(&[part]);
    }
    write(&installation, "instances = 2\ntenant-instances = 2");
    let outcome = installation.call(&["config", "check"]).succeeded();
    assert!(outcome.stdout.contains("lectern.toml"), "{}", outcome.stdout);
}

#[test]
fn a_file_elsewhere_can_say_where_the_data_is() {
    let installation = installed();
    let file = installation.file("elsewhere.toml");
    fs::write(&file, "data = \"data\"\ninstances = 7").expect("a file");
    let empty = Installation::empty();
    let file = file.to_str().expect("a path");
    // Relative to the file, wherever the program is started.
    let outcome = empty
        .call_without_data(&["--config", file, "tenant", "list"])
        .succeeded();
    assert!(outcome.stdout.contains("north.example"), "{}", outcome.stdout);
    let outcome = empty
        .call_without_data(&["--config", file, "config", "show"])
        .succeeded();
    assert!(
        outcome.stdout.contains("instances = 7  # elsewhere.toml"),
        "{}",
        outcome.stdout
    );
    installation
        .call(&["--config", "/nonexistent.toml", "tenant", "list"])
        .refused(&["/nonexistent.toml"]);
}

#[test]
fn the_example_is_a_file_that_changes_nothing() {
    let installation = installed();
    let before = installation.call(&["config", "show"]).succeeded().stdout;
    let example = installation.call(&["config", "example"]).succeeded().stdout;
    write(&installation, &example);
    installation.call(&["config", "check"]).succeeded();
    assert_eq!(installation.call(&["config", "show"]).succeeded().stdout, before);
    assert!(before.contains("listen = \"127.0.0.1:8080\"  # default"), "{before}");
}

/// The settings with their defaults, as the example has them.
fn settings(installation: &Installation) -> Vec<(String, String)> {
    let example = installation.call(&["config", "example"]).succeeded().stdout;
    let commented = example.lines().filter_map(|line| line.strip_prefix('#'));
    commented
        .filter(|line| !line.starts_with([' ', '#']))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

#[test]
fn every_setting_is_in_the_documentation_with_its_default() {
    let installation = installed();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operation.md");
    let page = fs::read_to_string(page).expect("docs/operation.md");
    let settings = settings(&installation);
    assert!(settings.len() > 15, "{settings:?}");
    for (name, default) in settings {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/operation.md has no row for `{name}`"));
        let is_placeholder = default.chars().any(|letter| letter.is_ascii_uppercase());
        let shown = if is_placeholder {
            " – ".to_owned()
        } else {
            format!("`{default}`")
        };
        assert!(row.contains(&shown), "{row} must show {shown}");
    }
}
