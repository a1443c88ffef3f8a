//! The `sort` parameter: `title:ASC,start_date:DESC`.

use crate::Problem;
use crate::api::SortKey;

/// The sort names of a resource.
pub type Names = &'static [(&'static str, Option<&'static str>)];

/// Reads a `sort` parameter. `names` gives the field that stands behind each name; a name without a field is accepted and
/// has no effect. The keys keep the order given; of several with the same field the first counts.
pub fn parse(text: &str, names: Names) -> Result<Vec<SortKey>, Problem> {
    let mut keys: Vec<SortKey> = Vec::new();
    for item in text.split(',').filter(|item| !item.trim().is_empty()) {
        let malformed = || {
            Problem::bad_request(format!(
                "The sort criterion '{item}' is not of the form 'name:ASC' or 'name:DESC'."
            ))
            .at_parameter("sort")
        };
        let (name, order) = item.split_once(':').ok_or_else(malformed)?;
        let descending = match order.trim().to_ascii_lowercase().as_str() {
            "asc" | "ascending" => false,
            "desc" | "descending" => true,
            _ => return Err(malformed()),
        };
        let Some((_, field)) = names.iter().find(|(known, _)| *known == name.trim()) else {
            let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            return Err(Problem::bad_request(format!(
                "There is no sort criterion '{}'. There are: {}.",
                name.trim(),
                known.join(", ")
            ))
            .at_parameter("sort"));
        };
        if let Some(field) = field.filter(|field| keys.iter().all(|key| key.field != *field)) {
            keys.push(SortKey {
                field: field.to_owned(),
                descending,
            });
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: Names = &[
        ("title", Some("title")),
        ("date", Some("start")),
        ("start_date", Some("start")),
        ("review", None),
    ];

    fn keys(text: &str) -> Vec<(String, bool)> {
        let keys = parse(text, NAMES).unwrap();
        keys.into_iter().map(|key| (key.field, key.descending)).collect()
    }

    #[test]
    fn several_criteria_keep_the_order_given() {
        assert_eq!(
            keys("start_date:DESC,title:ASC"),
            [("start".to_owned(), true), ("title".to_owned(), false)]
        );
    }

    #[test]
    fn the_direction_may_be_written_out_and_in_any_case() {
        for text in ["title:DESC", "title:desc", "title:Descending", " title :DESC"] {
            assert_eq!(keys(text), [("title".to_owned(), true)], "{text}");
        }
    }

    #[test]
    fn a_name_without_effect_is_accepted() {
        assert_eq!(keys("review:ASC,title:ASC"), [("title".to_owned(), false)]);
    }

    #[test]
    fn a_blank_parameter_sorts_by_nothing() {
        assert_eq!(keys(" "), []);
    }

    #[test]
    fn a_missing_or_odd_direction_is_a_bad_request() {
        for text in ["title", "title:", "title:UP", "title:ASC:DESC", ":ASC"] {
            let problem = parse(text, NAMES).unwrap_err();
            assert_eq!(problem.status, 400, "{text}");
            assert_eq!(problem.part, Some(crate::Part::Parameter("sort".to_owned())));
        }
    }

    #[test]
    fn an_unknown_name_is_a_bad_request_that_lists_the_known_ones() {
        let problem = parse("Title:ASC", NAMES).unwrap_err();
        assert!(problem.message.contains("'Title'"), "{}", problem.message);
        assert!(problem.message.contains("start_date"), "{}", problem.message);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse(&text, NAMES);
        }
    }
}
