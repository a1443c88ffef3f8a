//! What the server asks of the kernel so that it takes little memory.

use lectern_tests::fixture::server;
use std::fs;

#[test]
fn the_server_is_given_no_huge_pages() {
    let status = fs::read_to_string(format!("/proc/{}/status", server().process())).expect("a process");
    // Kernels from before 5.0 do not say.
    let said = status.lines().find(|line| line.starts_with("THP_enabled:"));
    assert!(said.is_none_or(|line| line.ends_with("0")), "{said:?}");
}
