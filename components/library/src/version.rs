//! The versions of the External API and their negotiation.
//!
//! A version is chosen in two steps, as upstream does it: the `Accept` header must overlap with what the route
//! produces, and then a search for version names in the raw header, newest first, decides. Quality values do not count.

use std::fmt;

use crate::Problem;

/// A version of the External API: 1.0.0 to 1.11.0. Only the minor number ever changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

/// The media types of all versions, by minor number.
const MEDIA_TYPES: [&str; 12] = [
    "application/v1.0.0+json",
    "application/v1.1.0+json",
    "application/v1.2.0+json",
    "application/v1.3.0+json",
    "application/v1.4.0+json",
    "application/v1.5.0+json",
    "application/v1.6.0+json",
    "application/v1.7.0+json",
    "application/v1.8.0+json",
    "application/v1.9.0+json",
    "application/v1.10.0+json",
    "application/v1.11.0+json",
];

impl Version {
    /// The first version.
    pub const V1_0: Version = Version(0);
    /// Workflows, agents, scheduling, more fields and filters.
    pub const V1_1: Version = Version(1);
    /// `override` of series access lists.
    pub const V1_2: Version = Version(2);
    /// Statistics.
    pub const V1_3: Version = Version(3);
    /// Bibliographic `start` and `duration` of events, statistics as CSV.
    pub const V1_4: Version = Version(4);
    /// Repeated filters of events, `withacl` of series.
    pub const V1_5: Version = Version(5);
    /// Fewer sorts of groups.
    pub const V1_6: Version = Version(6);
    /// What the search for series answers as.
    pub const V1_7: Version = Version(7);
    /// Lists for forms.
    pub const V1_10: Version = Version(10);
    /// Internal publications.
    pub const V1_11: Version = Version(11);
    /// The newest version, used when a request does not name one.
    pub const NEWEST: Version = Version(11);

    /// All versions, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Version> {
        (0..=Self::NEWEST.0).map(Version)
    }

    /// The media type of answers: `application/v1.11.0+json`.
    pub fn media_type(self) -> &'static str {
        MEDIA_TYPES
            .get(usize::from(self.0))
            .copied()
            .unwrap_or("application/json")
    }

    /// The minor number: 11 for 1.11.0.
    pub fn minor(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.0", self.0)
    }
}

/// Chooses the version of the answer. `accept` holds all `Accept` header fields joined by commas; `since` is the version
/// with which the route appeared.
pub fn negotiate(accept: Option<&str>, since: Version) -> Result<Version, Problem> {
    let Some(accept) = accept else {
        return Ok(Version::NEWEST);
    };
    let overlaps = ranges(accept).any(|range| {
        is_wildcard(range)
            || range.eq_ignore_ascii_case(PROBLEM)
            || Version::all().any(|version| version >= since && range.eq_ignore_ascii_case(version.media_type()))
    });
    if !overlaps {
        return Err(not_acceptable(accept, since));
    }
    if ranges(accept).any(is_wildcard) {
        return Ok(Version::NEWEST);
    }
    let named = Version::all()
        .rev()
        .find(|version| accept.contains(version.media_type()));
    match named {
        Some(version) => Ok(version),
        // Only `application/problem+json`: that says how errors are to look, not which version is wanted.
        None if ranges(accept).any(|range| range.eq_ignore_ascii_case(PROBLEM)) => Ok(Version::NEWEST),
        None => Err(not_acceptable(accept, since)),
    }
}

/// Whether a path belongs to the External API, and so has versions.
pub fn has_versions(path: &str) -> bool {
    path.strip_prefix("/api")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether errors are to be answered as problem details (RFC 9457).
pub fn wants_problem_details(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| ranges(accept).any(|range| range.eq_ignore_ascii_case(PROBLEM)))
}

/// The media type of problem details.
pub const PROBLEM: &str = "application/problem+json";

/// The media ranges of an `Accept` header without their parameters.
fn ranges(accept: &str) -> impl Iterator<Item = &str> {
    accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim())
}

/// Whether a media range covers every version.
fn is_wildcard(range: &str) -> bool {
    ["*/*", "application/*", "application/json"]
        .iter()
        .any(|wildcard| range.eq_ignore_ascii_case(wildcard))
}

fn not_acceptable(accept: &str, since: Version) -> Problem {
    let available: Vec<String> = Version::all()
        .filter(|version| *version >= since)
        .map(|version| version.to_string())
        .collect();
    Problem::new(
        406,
        format!(
            "Nothing here can be answered as '{accept}'. Ask for 'application/json' or for one of the versions {}, as in '{}'.",
            available.join(", "),
            Version::NEWEST.media_type()
        ),
    )
    .at_header("accept")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Version {
        negotiate(Some(accept), Version::V1_0).unwrap()
    }

    #[test]
    fn without_an_accept_header_the_newest_version_answers() {
        assert_eq!(negotiate(None, Version::V1_0).unwrap(), Version::NEWEST);
    }

    #[test]
    fn wildcards_and_plain_json_mean_the_newest_version_even_next_to_an_older_one() {
        for accept in [
            "*/*",
            "application/*",
            "application/json",
            "application/v1.0.0+json, application/json;q=0.1",
        ] {
            assert_eq!(chosen(accept), Version::NEWEST, "{accept}");
        }
    }

    #[test]
    fn the_highest_version_named_wins_whatever_the_quality_values_say() {
        assert_eq!(chosen("application/v1.0.0+json"), Version::V1_0);
        assert_eq!(
            chosen("application/v1.1.0+json;q=0.1,application/v1.0.0+json"),
            Version::V1_1
        );
        assert_eq!(chosen("text/html, application/v1.10.0+json"), Version(10));
    }

    #[test]
    fn an_unknown_version_is_not_acceptable_and_the_answer_lists_the_versions() {
        for accept in [
            "application/v2.0.0+json",
            "application/v1.0.0+xml",
            "text/html",
            "",
            "application/v1.12.0+json",
        ] {
            let problem = negotiate(Some(accept), Version::V1_0).unwrap_err();
            assert_eq!(problem.status, 406, "{accept}");
            assert!(problem.message.contains("v1.0.0, v1.1.0"), "{}", problem.message);
            assert!(problem.message.contains("v1.11.0"), "{}", problem.message);
        }
    }

    #[test]
    fn a_version_older_than_the_route_is_not_acceptable() {
        assert_eq!(
            negotiate(Some("application/v1.0.0+json"), Version::V1_1)
                .unwrap_err()
                .status,
            406
        );
        assert_eq!(
            negotiate(Some("application/v1.1.0+json"), Version::V1_1).unwrap(),
            Version::V1_1
        );
    }

    #[test]
    fn asking_for_problem_details_does_not_choose_a_version() {
        assert_eq!(chosen("application/problem+json"), Version::NEWEST);
        assert_eq!(
            chosen("application/v1.4.0+json, application/problem+json"),
            Version::V1_4
        );
        assert!(wants_problem_details(Some(
            "application/v1.4.0+json, application/problem+json"
        )));
        assert!(!wants_problem_details(Some("application/json")));
        assert!(!wants_problem_details(None));
    }

    #[test]
    fn media_types_name_their_version() {
        for version in Version::all() {
            assert_eq!(version.media_type(), format!("application/{version}+json"));
        }
    }
}
