//! Lines of access logs: they are what strangers have sent.

#![no_main]

use lectern_access_log::{parse, viewed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    if let Some(request) = parse(line) {
        let _ = viewed(&request);
    }
});
