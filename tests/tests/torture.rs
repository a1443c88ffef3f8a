//! The short form of what `cargo xtask torture` does at length.

use lectern_tests::torture::{Size, trial};

#[track_caller]
fn passes(name: &str) {
    let trial = trial(name).expect("a trial of this name");
    let missed: Vec<String> = (trial.run)(Size::Short)
        .iter()
        .filter(|figure| !figure.reached)
        .map(ToString::to_string)
        .collect();
    assert!(missed.is_empty(), "{}\n{}", trial.about, missed.join("\n"));
}

#[test]
fn a_tenant_that_floods_disturbs_no_other() {
    passes("flood");
}

#[test]
fn a_server_with_too_much_to_do_says_so_and_recovers() {
    passes("overload");
}

#[test]
fn what_was_acknowledged_survives_a_server_that_is_killed_in_the_middle_of_its_work() {
    passes("kill");
}

#[test]
fn a_handler_that_is_swapped_under_load_fails_no_request_and_mixes_no_answer() {
    passes("swaps");
}

#[test]
fn every_request_is_logged_counted_and_followed_at_any_speed() {
    passes("watched");
}
