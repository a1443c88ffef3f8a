//! What serves the tests of the API: `lectern serve`, the same handlers in the small host `lectern-spin-compat`, or in Spin itself.
//!
//! `LECTERN_RUNTIME` says which: `host` (or nothing), `spin-compat`, or `spin` with the program's path in `SPIN`. The cases are the same
//! for all; the few that cannot pass under Spin are in [`EXCEPT_UNDER_SPIN`], each with its reason, and nowhere else.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::program::{self, Installation};

/// Who serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// `lectern serve`.
    Host,
    /// `lectern-spin-compat`.
    SpinCompat,
    /// Spin, by the path of its program.
    Spin(PathBuf),
}

/// Settings are copied when the manifest is written.
const SETTINGS: &str = "settings are those that were there when Spin was started";

/// It is a part of the host.
const PLAYER: &str = "the page to watch a recording is a part of `lectern serve`";

/// Their keys are the host's.
const TOKENS: &str = "JSON Web Tokens are refused under Spin";

/// Tests of the API, `MODULE::NAME`, that are left out under Spin, and why. `docs/spin.md` shows the same.
pub const EXCEPT_UNDER_SPIN: &[(&str, &str)] = &[
    (
        "extended_metadata::what_the_operator_changes_counts_from_the_next_request_on",
        SETTINGS,
    ),
    (
        "fuzz::random_headers_never_fail",
        "Spin answers a header field that is not UTF-8 with the status 500, and does so itself",
    ),
    (
        "hosts::a_request_without_or_with_two_hosts_is_refused",
        "Spin closes the connection on which a request without a host comes, and takes the first of two",
    ),
    (
        "hosts::the_host_of_an_absolute_target_wins_over_the_header",
        "Spin closes the connection on which a request contradicts itself",
    ),
    (
        "http::a_client_that_sends_much_without_being_known_gets_to_see_why_it_is_refused",
        "Spin does not read what nobody wants of a body to keep its connection",
    ),
    (
        "listproviders::lists_of_the_operator_count_at_once_the_tenants_before_those_of_all",
        SETTINGS,
    ),
    (
        "tokens::a_token_makes_no_administrator_unless_that_is_configured",
        TOKENS,
    ),
    ("tokens::a_token_may_come_in_a_form_in_front_of_the_files", TOKENS),
    ("tokens::a_token_may_come_in_the_query_and_is_not_logged", TOKENS),
    ("tokens::a_token_of_each_algorithm_opens", TOKENS),
    ("tokens::a_token_that_is_not_good_is_refused_with_a_reason", TOKENS),
    ("tokens::the_form_that_held_the_token_is_read_all_the_same", TOKENS),
    (
        "workflow_definitions::a_definition_of_one_tenant_is_unknown_to_the_other_and_counts_before_one_for_all",
        SETTINGS,
    ),
    (
        "workflow_definitions::a_definition_with_roles_is_there_for_those_who_have_one_and_for_administrators",
        SETTINGS,
    ),
    (
        "workflow_definitions::the_list_is_filtered_by_tags_sorted_and_paged",
        SETTINGS,
    ),
    (
        "workflow_instances::a_definition_with_roles_is_for_those_who_have_one",
        SETTINGS,
    ),
    (
        "publications::the_page_to_watch_shows_the_film_to_those_who_may_read_the_event",
        PLAYER,
    ),
    (
        "publications::what_everybody_may_read_can_be_watched_without_credentials",
        PLAYER,
    ),
];

impl Runtime {
    /// The one that the environment asks for.
    pub fn current() -> Self {
        match std::env::var("LECTERN_RUNTIME").as_deref() {
            Err(_) | Ok("" | "host") => Self::Host,
            Ok("spin-compat") => Self::SpinCompat,
            Ok("spin") => {
                let program = std::env::var_os("SPIN").expect("SPIN names the program of Spin");
                Self::Spin(program.into())
            }
            Ok(other) => panic!("LECTERN_RUNTIME is `host`, `spin-compat` or `spin`, not {other:?}"),
        }
    }

    /// Whether it is Spin, or behaves like it: tenants and their settings are those that were there when it was started.
    pub fn is_spin(&self) -> bool {
        *self != Self::Host
    }

    /// The program that serves a data folder on a free port, with its arguments.
    pub(crate) fn command(&self, installation: &Installation) -> Vec<PathBuf> {
        let spin = |start: &[&Path]| {
            let folder = installation.file("spin");
            let output = folder.as_os_str();
            let arguments: [&OsStr; 4] = ["spin".as_ref(), "manifest".as_ref(), "--output".as_ref(), output];
            installation.call(&arguments).succeeded();
            let mut command: Vec<PathBuf> = start.iter().map(|part| part.to_path_buf()).collect();
            command.extend(["--from".into(), folder.join("spin.toml")]);
            command.extend(["--runtime-config-file".into(), folder.join("runtime-config.toml")]);
            command.extend(["--direct-mounts", "--listen", "127.0.0.1:0"].map(PathBuf::from));
            command
        };
        match self {
            Self::Host => {
                let mut command = vec![program::lectern(), "--data".into(), installation.data()];
                command.extend(["serve", "--listen", "127.0.0.1:0"].map(PathBuf::from));
                command
            }
            Self::SpinCompat => spin(&[&program::spin_compat()]),
            Self::Spin(program) => spin(&[program, "up".as_ref()]),
        }
    }
}

/// Whether a test is left out, by the name that Rust has for something inside of it: `api::MODULE::NAME::…`.
pub fn leaves_out(inside: &str) -> bool {
    let mut parts = inside.split("::").skip(1);
    let name = match (parts.next(), parts.next()) {
        (Some(module), Some(name)) => format!("{module}::{name}"),
        _ => panic!("{inside} is not inside of a test"),
    };
    let reason = EXCEPT_UNDER_SPIN.iter().find(|(known, _)| *known == name);
    let (_, reason) =
        reason.unwrap_or_else(|| panic!("{name} is not in the list of those that are left out under Spin"));
    let is_spin = Runtime::current().is_spin();
    if is_spin {
        eprintln!("{name} is left out: {reason}");
    }
    is_spin
}

/// Ends a test under Spin. The test must be in [`EXCEPT_UNDER_SPIN`](crate::runtime::EXCEPT_UNDER_SPIN).
#[macro_export]
macro_rules! except_under_spin {
    () => {{
        fn here() {}
        if $crate::runtime::leaves_out(std::any::type_name_of_val(&here)) {
            return;
        }
    }};
}
