//! The `filter` parameter: `name:value,name:value`.
//!
//! The criteria of one parameter must all be met. A value goes up to the next comma and may contain colons; a backslash
//! before `,`, `:` or `\` makes it part of the value. A criterion without a value is left out.

use crate::api::{Criterion, Test};
use crate::text::{find_unescaped, split_unescaped, unescape};
use crate::{Problem, Version, date};

/// The filters of a resource.
pub struct Grammar {
    /// The filters; no name occurs twice.
    pub filters: &'static [Filter],
    /// The first version whose values may contain colons; before it a value ends at its first colon.
    pub colons_since: Version,
    /// Whether white space around names and values does not matter, and names that are not known have no effect in any version.
    pub is_lenient: bool,
}

/// A filter: its name and what it tests.
pub struct Filter {
    /// The name; letter case counts.
    pub name: &'static str,
    /// The first version that knows it.
    pub since: Version,
    /// The field that it tests.
    pub field: &'static str,
    /// How it tests.
    pub kind: Kind,
}

/// How a filter tests its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Equal; of several the last counts.
    Equal,
    /// Equal; several are alternatives.
    AnyOf,
    /// Equal; several must all be met, by different texts of a field that has several.
    AllOf,
    /// The same for words that are kept in capitals and known in any case.
    AnyOfCapitals,
    /// Every word occurs in the text; of several the first counts.
    Contains,
    /// A point in time, to the second; of several the last counts.
    Second,
    /// Between two points in time, `from/to`, both included; of several the last counts.
    Period,
}

/// A filter of the first version.
pub const fn filter(name: &'static str, field: &'static str, kind: Kind) -> Filter {
    since(Version::V1_0, name, field, kind)
}

/// A filter of a later version.
pub const fn since(since: Version, name: &'static str, field: &'static str, kind: Kind) -> Filter {
    Filter {
        name,
        since,
        field,
        kind,
    }
}

impl Grammar {
    /// Reads one `filter` parameter.
    pub fn parse(&self, text: &str, version: Version) -> Result<Vec<Criterion>, Problem> {
        let mut criteria: Vec<Criterion> = Vec::new();
        for item in split_unescaped(text, ',') {
            let Some((name, value)) = find_unescaped(item, ':').map(|at| item.split_at(at)) else {
                continue;
            };
            let mut value = value.strip_prefix(':').unwrap_or(value);
            if value.chars().all(|character| character == ':') {
                continue;
            }
            if version < self.colons_since {
                value = split_unescaped(value, ':').next().unwrap_or_default();
            }
            let mut name = unescape(name);
            if self.is_lenient {
                (name, value) = (name.trim().to_owned(), value.trim());
                if value.is_empty() {
                    continue;
                }
            }
            match self
                .filters
                .iter()
                .find(|filter| filter.name == name && filter.since <= version)
            {
                Some(filter) => add(&mut criteria, filter, unescape(value))?,
                None if version == Version::V1_0 || self.is_lenient => {}
                None => return Err(self.unknown(&name, version)),
            }
        }
        Ok(criteria)
    }

    fn unknown(&self, name: &str, version: Version) -> Problem {
        let known = self.filters.iter().filter(|filter| filter.since <= version);
        let known: Vec<&str> = known.map(|filter| filter.name).collect();
        Problem::bad_request(format!("There is no filter '{name}'. There are: {}.", known.join(", ")))
            .at_parameter("filter")
    }
}

/// Adds the test of one criterion to what the earlier ones of the same field say.
fn add(criteria: &mut Vec<Criterion>, filter: &Filter, value: String) -> Result<(), Problem> {
    let known = criteria.iter_mut().find(|criterion| criterion.field == filter.field);
    let test = match (filter.kind, known) {
        (Kind::AnyOf | Kind::AnyOfCapitals, _) if value.trim().is_empty() => {
            return Err(
                Problem::bad_request(format!("The filter '{}' needs a value.", filter.name)).at_parameter("filter"),
            );
        }
        (
            Kind::AnyOf | Kind::AnyOfCapitals,
            Some(Criterion {
                test: Test::Equals(alternatives),
                ..
            }),
        ) => {
            alternatives.push(kept(filter, value));
            return Ok(());
        }
        (Kind::AllOf, _) => {
            criteria.push(Criterion {
                field: filter.field.to_owned(),
                test: Test::Equals(vec![value]),
            });
            return Ok(());
        }
        (Kind::Contains, Some(_)) => return Ok(()),
        (Kind::Contains, None) => Test::Contains(value),
        (Kind::Equal | Kind::AnyOf | Kind::AnyOfCapitals, _) => Test::Equals(vec![kept(filter, value)]),
        (Kind::Second, _) => {
            let second = instant(filter, &value)?;
            Test::Between((second, last_millisecond(second)))
        }
        (Kind::Period, _) => {
            let (from, to) = value.split_once('/').ok_or_else(|| {
                Problem::bad_request(format!(
                    "The filter '{}' needs a period like 2015-05-08T00:00:00Z/2015-05-10T00:00:00Z, not '{value}'.",
                    filter.name
                ))
                .at_parameter("filter")
            })?;
            Test::Between((instant(filter, from)?, last_millisecond(instant(filter, to)?)))
        }
    };
    criteria.retain(|criterion| criterion.field != filter.field);
    criteria.push(Criterion {
        field: filter.field.to_owned(),
        test,
    });
    Ok(())
}

/// A value as it is kept.
fn kept(filter: &Filter, value: String) -> String {
    match filter.kind {
        Kind::AnyOfCapitals => value.to_uppercase(),
        _ => value,
    }
}

/// The last millisecond of the second that starts here: bounds are meant to the second.
pub fn last_millisecond(second: i64) -> i64 {
    second.saturating_add(999)
}

fn instant(filter: &Filter, text: &str) -> Result<i64, Problem> {
    date::parse_instant(text).ok_or_else(|| {
        Problem::bad_request(format!(
            "The filter '{}' needs times like 2015-05-08T00:00:00Z, not '{text}'.",
            filter.name
        ))
        .at_parameter("filter")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GRAMMAR: Grammar = Grammar {
        filters: &[
            filter("presenters", "presenter", Kind::AnyOf),
            filter("series", "is_part_of", Kind::Equal),
            filter("textFilter", "text", Kind::Contains),
            since(Version::V1_1, "is_part_of", "is_part_of", Kind::Equal),
            since(Version::V1_1, "title", "title", Kind::Equal),
            since(Version::V1_1, "created", "created", Kind::Second),
            since(Version::V1_1, "start", "start", Kind::Period),
            since(Version::V1_1, "tag", "tags", Kind::AllOf),
            since(Version::V1_1, "state", "state", Kind::AnyOfCapitals),
        ],
        colons_since: Version::V1_1,
        is_lenient: false,
    };

    fn criterion(field: &str, test: Test) -> Criterion {
        Criterion {
            field: field.to_owned(),
            test,
        }
    }

    fn equals(field: &str, values: &[&str]) -> Criterion {
        criterion(
            field,
            Test::Equals(values.iter().map(|&value| value.to_owned()).collect()),
        )
    }

    fn newest(text: &str) -> Vec<Criterion> {
        GRAMMAR.parse(text, Version::NEWEST).unwrap()
    }

    fn refused(text: &str) -> String {
        let problem = GRAMMAR.parse(text, Version::NEWEST).unwrap_err();
        assert_eq!(problem.status, 400, "{text}");
        assert_eq!(problem.part, Some(crate::Part::Parameter("filter".to_owned())));
        problem.message
    }

    #[test]
    fn criteria_are_separated_by_commas() {
        assert_eq!(
            newest("title:Intro,is_part_of:math"),
            [equals("title", &["Intro"]), equals("is_part_of", &["math"])]
        );
    }

    #[test]
    fn a_value_may_contain_colons_since_1_1_0_and_ended_at_one_before() {
        assert_eq!(newest("series:a:b:c"), [equals("is_part_of", &["a:b:c"])]);
        assert_eq!(
            GRAMMAR.parse("series:a:b:c", Version::V1_0).unwrap(),
            [equals("is_part_of", &["a"])]
        );
    }

    #[test]
    fn a_backslash_makes_a_comma_or_a_colon_part_of_the_value() {
        assert_eq!(
            newest(r"title:One\, two\: three\\"),
            [equals("title", &[r"One, two: three\"])]
        );
        assert_eq!(
            GRAMMAR.parse(r"series:a\:b", Version::V1_0).unwrap(),
            [equals("is_part_of", &["a:b"])]
        );
    }

    #[test]
    fn nothing_is_trimmed() {
        assert_eq!(newest("title: Intro "), [equals("title", &[" Intro "])]);
        assert!(refused(" title:Intro").contains("' title'"));
    }

    #[test]
    fn a_criterion_without_a_value_is_left_out_whatever_its_name() {
        assert_eq!(newest("title,title:,unknown,unknown::,presenters:"), []);
    }

    #[test]
    fn an_unknown_name_is_refused_since_1_1_0_and_ignored_before() {
        assert!(refused("colour:red").contains("'colour'"));
        assert_eq!(GRAMMAR.parse("colour:red,title:x", Version::V1_0).unwrap(), []);
    }

    #[test]
    fn a_lenient_grammar_trims_and_leaves_out_what_it_does_not_know() {
        const LENIENT: Grammar = Grammar {
            filters: &[filter("name", "name", Kind::Equal)],
            colons_since: Version::V1_0,
            is_lenient: true,
        };
        let newest = |text| LENIENT.parse(text, Version::NEWEST).unwrap();
        assert_eq!(newest(" name : a: b ,colour:red"), [equals("name", &["a: b"])]);
        assert_eq!(newest("name: ,name"), []);
        assert_eq!(newest("name:a,name:b"), [equals("name", &["b"])]);
    }

    #[test]
    fn words_that_are_kept_in_capitals_are_known_in_any_case() {
        assert_eq!(
            newest("state:running,state:Paused"),
            [equals("state", &["RUNNING", "PAUSED"])]
        );
    }

    #[test]
    fn several_tags_must_all_be_there() {
        assert_eq!(newest("tag:a,tag:b"), [equals("tags", &["a"]), equals("tags", &["b"])]);
    }

    #[test]
    fn several_presenters_are_alternatives() {
        assert_eq!(newest("presenters:A,presenters:B"), [equals("presenter", &["A", "B"])]);
    }

    #[test]
    fn of_other_criteria_for_the_same_field_the_last_counts() {
        assert_eq!(newest("series:a,is_part_of:b"), [equals("is_part_of", &["b"])]);
    }

    #[test]
    fn of_several_text_filters_the_first_counts() {
        assert_eq!(
            newest("textFilter:one two,textFilter:three"),
            [criterion("text", Test::Contains("one two".to_owned()))]
        );
    }

    #[test]
    fn a_blank_alternative_is_refused() {
        assert!(refused("presenters: ").contains("'presenters'"));
    }

    #[test]
    fn a_period_includes_both_its_seconds() {
        assert_eq!(
            newest("start:1970-01-01T00:00:01Z/1970-01-01T00:00:02Z"),
            [criterion("start", Test::Between((1000, 2999)))]
        );
        assert_eq!(
            newest("start:1970-01-01T00:00:01.000Z/1970-01-01T00:01Z"),
            [criterion("start", Test::Between((1000, 60_999)))]
        );
    }

    #[test]
    fn a_point_in_time_is_meant_to_the_second() {
        assert_eq!(
            newest("created:1970-01-01T00:00:01Z"),
            [criterion("created", Test::Between((1000, 1999)))]
        );
    }

    #[test]
    fn a_broken_period_is_refused_naming_the_filter() {
        for text in [
            "start:yesterday/today",
            "start:1970-01-01T00:00:01Z",
            "start:/",
            "start:1970-01-01T00:00:01Z/",
            "created:x",
        ] {
            let name = text.split(':').next().unwrap();
            assert!(refused(text).contains(name), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*", minor in 0..12usize) {
            let _ = GRAMMAR.parse(&text, Version::all().nth(minor).unwrap());
        }

        #[test]
        fn any_value_can_be_searched_for_when_escaped(value in ".*[^:].*") {
            let escaped = value.replace('\\', r"\\").replace(',', r"\,").replace(':', r"\:");
            prop_assert_eq!(newest(&format!("title:{escaped}")), [equals("title", &[&value])]);
        }

        #[test]
        fn almost_filters_are_read_or_refused(text in "((start|title|presenters|created|x)(:|::)?[0-9TZ:/, -]{0,20},?){0,4}") {
            let _ = GRAMMAR.parse(&text, Version::NEWEST);
        }
    }
}
