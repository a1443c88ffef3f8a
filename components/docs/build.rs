//! Makes the OpenAPI document of the routes and types that the handlers serve requests with.

use std::error::Error;
use std::fs;
use std::path::Path;

use lectern_data::identity::required_roles::{is_open, rule_for};
use lectern_handler::App;
use lectern_handler::openapi::{Part, document};
use sha2::{Digest, Sha256};

/// The handlers in the order in which they are described, and what they are about.
const PARTS: &[Part] = &[
    part("base", "What the server is, and who is asking.", &lectern_base::APP),
    part(
        "events",
        "Recordings: what is planned, being processed and published.",
        &lectern_events::APP,
    ),
    part(
        "series",
        "What events belong to, and inherit access from.",
        &lectern_series::APP,
    ),
    part(
        "playlists",
        "Lists of events that somebody put together.",
        &lectern_playlists::APP,
    ),
    part(
        "groups",
        "Groups of users, and the roles that their members have.",
        &lectern_groups::APP,
    ),
    part(
        "agents",
        "Capture agents: the devices that record.",
        &lectern_agents::APP,
    ),
    part(
        "workflows",
        "What can be done with events, and what is being done.",
        &lectern_workflows_handler::APP,
    ),
    part(
        "listproviders",
        "What forms offer for choice.",
        &lectern_listproviders::APP,
    ),
    part("statistics", "How often what was watched.", &lectern_statistics::APP),
    part("security", "Signed addresses of media.", &lectern_security::APP),
];

const fn part(name: &'static str, about: &'static str, app: &'static App) -> Part {
    Part { name, about, app }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let json = document(PARTS, roles)?.to_json()?;
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let tag: String = Sha256::digest(&json)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    fs::write(Path::new(&out).join("openapi.json"), json)?;
    println!("cargo::rustc-env=DOCUMENT_TAG=\"{tag}\"");
    Ok(())
}

/// The roles of which a route requires one; none for what is open to all.
fn roles(method: &str, pattern: &str) -> Option<Vec<&'static str>> {
    if is_open(method, pattern) {
        return None;
    }
    Some(rule_for(method, pattern).map_or(Vec::new(), |rule| rule.roles.to_vec()))
}
