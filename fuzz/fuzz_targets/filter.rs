//! The `filter` parameter, in every version of the API.

#![no_main]

use lectern_handler::Version;
use lectern_handler::filter::Kind::{AnyOf, Contains, Equal, Period, Second};
use lectern_handler::filter::{Grammar, filter, since};
use libfuzzer_sys::fuzz_target;

const GRAMMAR: Grammar = Grammar {
    filters: &[
        filter("presenters", "presenter", AnyOf),
        filter("series", "is_part_of", Equal),
        filter("textFilter", "text", Contains),
        since(Version::V1_1, "created", "created", Second),
        since(Version::V1_1, "start", "start", Period),
    ],
    colons_since: Version::V1_1,
    is_lenient: false,
};

fuzz_target!(|text: &str| {
    for version in [Version::V1_0, Version::V1_1, Version::NEWEST] {
        match GRAMMAR.parse(text, version) {
            // A field is tested once, whatever the filter repeats.
            Ok(criteria) => assert!(criteria.len() <= GRAMMAR.filters.len()),
            Err(problem) => assert_eq!(problem.status, 400),
        }
    }
});
