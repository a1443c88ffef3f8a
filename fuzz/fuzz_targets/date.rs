//! Points in time, dates, times of day and lengths.

#![no_main]

use lectern_handler::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    _ = date::parse_instant(text);
    _ = date::parse_utc(text);
    _ = date::parse_date(text).map(date::midnight);
    _ = date::parse_minute(text);
    if let Some(length) = date::parse_duration(text) {
        assert!(length >= 0);
    }
});
