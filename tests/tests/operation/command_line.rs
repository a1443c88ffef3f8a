//! The command line: what it does, and what it says when it cannot.

use std::fs;

use lectern_tests::{Installation, Server};

const PASSWORD: &str = "correct horse battery staple";

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "University of the North", "north.example", "admin", PASSWORD);
    installation
}

#[test]
fn help_names_every_command() {
    let installation = Installation::empty();
    let help = installation.call(&["--help"]).succeeded();
    for command in [
        "init", "tenant", "user", "agent", "api-key", "audit", "serve", "import", "backup", "restore", "verify",
    ] {
        assert!(help.stdout.contains(command), "{command} in {}", help.stdout);
    }
    for command in [
        vec!["init"],
        vec!["tenant", "add"],
        vec!["tenant", "set"],
        vec!["tenant", "unset"],
        vec!["tenant", "properties"],
        vec!["tenant", "export"],
        vec!["tenant", "erase"],
        vec!["backup"],
        vec!["restore"],
        vec!["verify"],
        vec!["user", "add"],
        vec!["user", "set-password"],
        vec!["agent", "add"],
        vec!["api-key", "add"],
        vec!["audit"],
        vec!["serve"],
        vec!["import", "schedule"],
    ] {
        let help = installation
            .call(&[command.as_slice(), &["--help"]].concat())
            .succeeded();
        assert!(help.stdout.contains("Usage:"), "{command:?}: {}", help.stdout);
    }
    assert!(!installation.data().exists(), "asking for help makes no data folder");
}

#[test]
fn without_a_data_folder_every_command_says_how_to_make_one() {
    let installation = Installation::empty();
    for arguments in [
        vec!["tenant", "list"],
        vec!["user", "list", "--tenant", "north"],
        vec!["user", "remove", "x", "--tenant", "north"],
        vec!["agent", "list", "--tenant", "north"],
        vec!["api-key", "list", "--tenant", "north"],
        vec!["audit", "--tenant", "north"],
        vec!["backup", "--tenant", "north", "north.tar"],
        vec!["verify", "--tenant", "north"],
        vec!["serve", "--listen", "127.0.0.1:0"],
    ] {
        installation.call(&arguments).refused(&["lectern init"]);
    }
    assert!(!installation.data().exists());
}

#[test]
fn the_data_folder_may_come_from_the_environment() {
    let installation = installed();
    let output = std::process::Command::new(lectern_tests::program::lectern())
        .args(["tenant", "list"])
        .env("LECTERN_DATA", installation.data())
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("north.example"));
}

#[test]
fn init_does_not_touch_an_existing_data_folder() {
    let installation = installed();
    let arguments = [
        "init",
        "--tenant",
        "other",
        "--name",
        "Other",
        "--host",
        "other.example",
    ];
    let admin = ["--admin", "admin", "--admin-password-stdin"];
    installation
        .call_with_input(&[arguments.as_slice(), &admin].concat(), PASSWORD)
        .refused(&[]);
    let tenants = installation.call(&["tenant", "list"]).succeeded().stdout;
    assert!(tenants.contains("north") && !tenants.contains("other"), "{tenants}");
}

#[test]
fn a_tenant_that_exists_is_not_added_again() {
    let installation = installed();
    let arguments = ["tenant", "add", "north", "--name", "Again", "--host", "again.example"];
    let admin = ["--admin", "admin", "--admin-password-stdin"];
    let arguments = [arguments.as_slice(), &admin].concat();
    installation.call_with_input(&arguments, PASSWORD).refused(&["north"]);
    assert!(
        !installation
            .call(&["tenant", "list"])
            .succeeded()
            .stdout
            .contains("again.example")
    );
}

#[test]
fn a_host_belongs_to_one_tenant() {
    let installation = installed();
    for host in ["north.example", "North.Example"] {
        let arguments = ["tenant", "add", "second", "--name", "Second", "--host", host];
        let admin = ["--admin", "admin", "--admin-password-stdin"];
        let arguments = [arguments.as_slice(), &admin].concat();
        installation
            .call_with_input(&arguments, PASSWORD)
            .refused(&["north.example"]);
    }
    assert!(
        !installation
            .call(&["tenant", "list"])
            .succeeded()
            .stdout
            .contains("second")
    );
}

#[test]
fn identifiers_that_could_be_paths_are_refused() {
    let installation = installed();
    for tenant in ["..", "a/b", "", ".", "a\\b", "-x", "tenant with spaces"] {
        let arguments = [
            "tenant",
            "add",
            "--name",
            "Bad",
            "--host",
            "bad.example",
            "--admin",
            "admin",
        ];
        let rest = ["--admin-password-stdin", "--", tenant];
        let arguments = [arguments.as_slice(), &rest].concat();
        installation.call_with_input(&arguments, PASSWORD).refused(&[]);
    }
}

#[test]
fn an_unknown_tenant_is_named_together_with_the_known_ones() {
    let installation = installed();
    for arguments in [
        vec!["user", "list", "--tenant", "south"],
        vec!["user", "add", "x", "--tenant", "south", "--password-stdin"],
        vec!["user", "set-password", "x", "--tenant", "south", "--password-stdin"],
        vec!["user", "remove", "x", "--tenant", "south"],
        vec!["agent", "list", "--tenant", "south"],
        vec!["tenant", "remove", "south"],
        vec!["tenant", "erase", "south", "--yes"],
        vec!["tenant", "export", "south", "south.tar"],
        vec!["backup", "--tenant", "south", "south.tar"],
        vec!["verify", "--tenant", "south"],
    ] {
        installation.call_with_input(&arguments, PASSWORD).refused(&["south"]);
    }
}

#[test]
fn an_empty_password_is_refused() {
    let installation = installed();
    for password in ["", "\n", "\r\n"] {
        let add = ["user", "add", "x", "--tenant", "north", "--password-stdin"];
        installation.call_with_input(&add, password).refused(&["password"]);
        let change = ["user", "set-password", "admin", "--tenant", "north", "--password-stdin"];
        installation.call_with_input(&change, password).refused(&["password"]);
    }
    assert!(
        !installation
            .call(&["user", "list", "--tenant", "north"])
            .succeeded()
            .stdout
            .contains('x')
    );
    let fresh = Installation::empty();
    let init = [
        "init",
        "--tenant",
        "t",
        "--name",
        "T",
        "--host",
        "t.example",
        "--admin",
        "a",
        "--admin-password-stdin",
    ];
    fresh.call_with_input(&init, "").refused(&["password"]);
    assert!(!fresh.data().join("tenants").exists());
    fresh.call_with_input(&init, PASSWORD).succeeded();
}

#[test]
fn a_user_that_exists_is_not_added_again() {
    let installation = installed();
    let add = ["user", "add", "admin", "--tenant", "north", "--password-stdin"];
    installation.call_with_input(&add, PASSWORD).refused(&["admin"]);
}

#[test]
fn a_user_that_does_not_exist_is_named() {
    let installation = installed();
    installation
        .call(&["user", "remove", "nobody", "--tenant", "north"])
        .refused(&["nobody"]);
    let change = [
        "user",
        "set-password",
        "nobody",
        "--tenant",
        "north",
        "--password-stdin",
    ];
    installation.call_with_input(&change, PASSWORD).refused(&["nobody"]);
}

#[test]
fn the_name_of_the_server_itself_and_names_that_could_not_be_typed_are_refused_with_the_reason() {
    let installation = installed();
    for (username, reason) in [
        ("opencast_system_account", "the server itself"),
        ("anonymous", "not logged in"),
        (" ada", "blank"),
        ("ada ", "blank"),
        ("a:b", ":"),
    ] {
        let arguments = ["user", "add", username, "--tenant", "north", "--password-stdin"];
        installation
            .call_with_input(&arguments, PASSWORD)
            .refused(&[username, reason]);
    }
}

#[test]
fn a_password_is_never_written_down() {
    let installation = installed();
    let mut files = vec![installation.data()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        } else {
            let content = fs::read(&path).expect("a file");
            let found = content
                .windows(PASSWORD.len())
                .any(|window| window == PASSWORD.as_bytes());
            assert!(!found, "{} contains the password", path.display());
        }
    }
}

#[test]
fn capture_agents_are_added_listed_and_removed() {
    let installation = installed();
    let add = [
        "agent",
        "add",
        "ca-01",
        "--tenant",
        "north",
        "--timezone",
        "Europe/Zurich",
        "--input",
        "camera",
    ];
    installation.call(&add).succeeded();
    let list = || {
        installation
            .call(&["agent", "list", "--tenant", "north"])
            .succeeded()
            .stdout
    };
    assert!(list().contains("ca-01"), "{}", list());
    let bad = [
        "agent",
        "add",
        "ca-02",
        "--tenant",
        "north",
        "--timezone",
        "Europe/Nowhere",
    ];
    installation.call(&bad).refused(&["Europe/Nowhere"]);
    installation
        .call(&["agent", "remove", "ca-01", "--tenant", "north"])
        .succeeded();
    assert!(!list().contains("ca-01"), "{}", list());
    installation
        .call(&["agent", "remove", "ca-01", "--tenant", "north"])
        .refused(&["ca-01"]);
}

#[test]
fn a_tenant_added_while_the_server_runs_is_served_at_once_and_gone_when_removed() {
    let installation = installed();
    let server = Server::start(&installation);
    let admin = server.client("second.example").with_credentials("admin", PASSWORD);
    installation.add_tenant("second", "Second", "second.example", "admin", PASSWORD);
    let organization = admin.get("/api/info/organization").send().expect(200).json();
    assert_eq!(organization["id"], "second");
    server.client("north.example").get("/api").send().expect(200);
    installation.call(&["tenant", "erase", "second", "--yes"]).succeeded();
    // One tenant is left, and a single tenant answers whatever the host: but not with the other one's users.
    let organization = admin.get("/api/info/organization").send();
    assert!(
        organization.status != 200 || organization.json()["id"] == "north",
        "{organization}"
    );
}

#[test]
fn an_address_that_is_taken_is_named() {
    let installation = installed();
    let server = Server::start(&installation);
    let address = server.address().to_string();
    let second = installed();
    second.call(&["serve", "--listen", &address]).refused(&[&address]);
}

#[test]
fn a_data_folder_keeps_what_was_written_over_a_restart() {
    let installation = installed();
    let id = {
        let server = Server::start(&installation);
        let admin = server.client("north.example").with_credentials("admin", PASSWORD);
        admin.create_series(serde_json::json!({ "title": "Bleibt" }), &serde_json::json!([]))
    };
    let server = Server::start(&installation);
    let admin = server.client("north.example").with_credentials("admin", PASSWORD);
    assert_eq!(admin.series(&id)["title"], "Bleibt");
}
