//! The handler components themselves: what they may reach, and which ones a server takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lectern_tests::{Installation, Server, program};
use wasmparser::{Parser, Payload};

/// The powers of a handler: the API's own contract, and HTTP.
const POWERS: [&str; 8] = [
    "lectern:api/auth",
    "lectern:api/lists",
    "lectern:api/search",
    "lectern:api/statistics",
    "lectern:api/storage",
    "lectern:api/types",
    "lectern:api/urls",
    "wasi:http/types",
];

/// What the Rust standard library drags in, depending on its version, on the libc it was built with and on what is used of it.
/// The host gives no folder, so nothing comes of the filesystem's interfaces. No sockets, no requests of their own: a new entry
/// here would be a new power for every handler.
const STANDARD_LIBRARY: [&str; 19] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// The names of a component's imports and exports, without versions.
fn interfaces(component: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut imports = BTreeSet::new();
    let mut exports = BTreeSet::new();
    let mut depth = 0;
    let plain = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(
                    section
                        .into_iter()
                        .map(|import| plain(import.expect("an import").name.name)),
                );
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(
                    section
                        .into_iter()
                        .map(|export| plain(export.expect("an export").name.name)),
                );
            }
            _ => {}
        }
    }
    (imports, exports)
}

fn built_in() -> Vec<(String, Vec<u8>)> {
    let mut components: Vec<_> = fs::read_dir(program::components())
        .expect("the built components")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("a component"))
        })
        .collect();
    components.sort();
    components
}

#[test]
fn there_is_one_component_for_each_family_of_resources() {
    let names: Vec<_> = built_in().into_iter().map(|(name, _)| name).collect();
    for name in ["base", "events", "series"] {
        assert!(names.iter().any(|built| built == name), "{name} in {names:?}");
    }
}

#[test]
fn handlers_import_the_api_http_and_what_the_standard_library_drags_in() {
    for (name, component) in built_in() {
        let (imports, _) = interfaces(&component);
        let (standard, powers): (Vec<_>, Vec<_>) = imports
            .iter()
            .map(String::as_str)
            .partition(|import| STANDARD_LIBRARY.contains(import));
        // Those that need less import less.
        assert!(powers.iter().all(|power| POWERS.contains(power)), "{name}: {powers:?}");
        assert!(name != "events" || powers == POWERS, "{name}: {powers:?}");
        assert!(standard.contains(&"wasi:io/streams"), "{name}: {standard:?}");
    }
}

#[test]
fn handlers_export_how_to_answer_and_how_to_be_tried_and_nothing_else() {
    for (name, component) in built_in() {
        let (_, exports) = interfaces(&component);
        assert_eq!(
            exports.into_iter().collect::<Vec<_>>(),
            ["lectern:api/probe", "wasi:http/incoming-handler"],
            "{name}"
        );
    }
}

/// A folder with the built handlers and one more file.
fn with_component(installation: &Installation, name: &str, component: &[u8]) -> String {
    let folder = installation.file("components");
    fs::create_dir(&folder).expect("a folder");
    for (name, component) in built_in() {
        fs::write(folder.join(format!("{name}.wasm")), component).expect("a file");
    }
    fs::write(folder.join(format!("{name}.wasm")), component).expect("a file");
    folder.to_str().expect("a path").to_owned()
}

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", "opens the door");
    installation
}

#[test]
fn a_component_that_asks_for_more_is_refused_by_name_and_import() {
    let installation = installed();
    let stranger = fs::read(program::guest("stranger")).expect("a guest");
    let folder = with_component(&installation, "stranger", &stranger);
    let message = Server::refuses_to_start(&installation, &["--components", &folder]);
    for part in ["stranger", "lectern-tests:elsewhere/outside"] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_component_that_handles_nothing_is_refused() {
    let installation = installed();
    let empty = b"\0asm\x0d\0\x01\0";
    let folder = with_component(&installation, "empty", empty);
    let message = Server::refuses_to_start(&installation, &["--components", &folder]);
    for part in ["empty", "wasi:http/incoming-handler"] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    for content in [b"".as_slice(), b"#!/bin/sh\n", b"\0asm\x01\0\0\0", b"\0asm"] {
        let installation = installed();
        let folder = with_component(&installation, "text", content);
        let message = Server::refuses_to_start(&installation, &["--components", &folder]);
        assert!(message.contains("text"), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn a_folder_of_components_that_is_not_there_is_named() {
    let installation = installed();
    let message = Server::refuses_to_start(&installation, &["--components", "/nonexistent/folder"]);
    assert!(message.contains("/nonexistent/folder"), "{message}");
}

#[test]
fn the_program_serves_without_any_component_file() {
    // A copy in a folder of its own: nothing beside it can be of help.
    let installation = installed();
    let copy = installation.file("lectern-copy");
    fs::copy(program::lectern(), &copy).expect("a copy");
    let server = Server::start_program(&copy, &installation);
    let admin = server
        .client("north.example")
        .with_credentials("admin", "opens the door");
    for path in ["/api", "/api/info/me", "/api/events", "/api/series"] {
        admin.get(path).send().expect(200);
    }
    assert!(Path::new(&copy).exists());
}
