//! The `sort` parameter.

#![no_main]

use lectern_handler::sort;
use libfuzzer_sys::fuzz_target;

const NAMES: sort::Names = &[
    ("title", Some("title")),
    ("date", Some("start")),
    ("start_date", Some("start")),
    ("review_status", None),
];

fuzz_target!(|text: &str| {
    match sort::parse(text, NAMES) {
        // Two names of the same field are one key.
        Ok(keys) => assert!(keys.len() <= 2),
        Err(problem) => assert_eq!(problem.status, 400),
    }
});
