//! `lectern component new`.

use std::fs;
use std::path::Path;

use lectern_tests::{Server, program};
use serde_json::json;

use super::{admin, installed};

/// The library of this checkout.
const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../components/library");

#[test]
fn a_new_handler_that_was_built_as_it_is_is_deployed_and_answers() {
    let installation = installed();
    let server = Server::start(&installation);
    let said = installation.deploy("hello", &program::guest("hello"));
    assert!(said.contains("GET /api/hello"), "{said}");
    let answer = admin(&server, "north.example").get("/api/hello").send().expect(200);
    assert_eq!(answer.json(), json!({"greeting": "Hello, Administrator!"}));
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    server.client("north.example").get("/api/hello").send().expect(401);
}

#[test]
fn a_new_handler_is_written_without_a_data_folder_and_never_over_something() {
    let installation = installed();
    let folder = installation.file("greeting");
    let new = |arguments: &[&str]| {
        std::process::Command::new(program::lectern())
            .args(["component", "new"])
            .args(arguments)
            .env_remove("LECTERN_DATA")
            .current_dir(installation.folder())
            .output()
            .expect("the program starts")
    };
    let made = new(&["greeting", "--at", "greeting", "--library", LIBRARY]);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && said.contains("cargo build"), "{made:?}");
    let source = fs::read_to_string(folder.join("src/lib.rs")).expect("a source file");
    assert!(
        source.contains("\"/api/greeting\"") && source.contains("#[test]"),
        "{source}"
    );
    let again = new(&["greeting", "--at", "greeting", "--library", LIBRARY]);
    assert!(!again.status.success());
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("exists already"),
        "{again:?}"
    );
    assert_eq!(
        fs::read_to_string(folder.join("src/lib.rs")).expect("a source file"),
        source
    );
    for (arguments, part) in [
        (&["greeting"][..], "--at"),
        (&["other", "--at", "other"], "--library"),
        (&["other", "--at", "other", "--library", "."], "components/library"),
        (&["../other", "--at", "other", "--library", LIBRARY], "../other"),
        (&["2nd", "--at", "other", "--library", LIBRARY], "letter"),
    ] {
        let refused = new(arguments);
        let message = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && message.contains(part),
            "{arguments:?}: {message}"
        );
    }
    assert!(!Path::new(&installation.file("other")).exists());
}
