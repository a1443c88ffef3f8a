//! The lenient JSON of form fields: what it has read can be written and read again.

#![no_main]

use lectern_handler::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(value) = json::parse(text) {
        let written = value.to_string();
        assert!(json::parse(&written).is_ok(), "{written}");
    }
});
