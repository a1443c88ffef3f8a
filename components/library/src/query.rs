//! The parameters of a query string.

use std::borrow::Cow;

use form_urlencoded::parse;

use crate::Problem;

/// The parameters of a query string, percent-decoded when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    query_string: &'a str,
}

impl<'a> Parameters<'a> {
    /// The parameters of a query string that is still percent-encoded.
    pub fn of(query_string: &'a str) -> Parameters<'a> {
        Parameters { query_string }
    }

    /// All values of a parameter that are not empty: an empty parameter is as good as none.
    pub fn all(self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        parse(self.query_string.as_bytes())
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// The first value of a parameter that is not empty.
    pub fn first(self, name: &str) -> Option<Cow<'a, str>> {
        self.all(name).next()
    }

    /// Whether a parameter says `true`, in whatever case; everything else means no.
    pub fn flag(self, name: &str) -> bool {
        self.first(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole number; none if the parameter is absent or empty.
    pub fn integer(self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.first(name) else {
            return Ok(None);
        };
        match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Problem::bad_request(format!(
                "The parameter '{name}' must be a whole number, not '{text}'."
            ))
            .at_parameter(name)),
        }
    }

    /// Everything but the parameters of these names, encoded again.
    pub fn without(self, names: &[&str]) -> String {
        let mut rest = form_urlencoded::Serializer::new(String::new());
        rest.extend_pairs(parse(self.query_string.as_bytes()).filter(|(name, _)| !names.contains(&name.as_ref())));
        rest.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn booleans_are_true_in_any_letter_case_and_only_then() {
        for value in ["true", "True", "TRUE"] {
            assert!(Parameters::of(&format!("withacl={value}")).flag("withacl"));
        }
        for query_string in [
            "",
            "withacl",
            "withacl=",
            "withacl=1",
            "withacl=yes",
            "withacl=false",
            "other=true",
        ] {
            assert!(!Parameters::of(query_string).flag("withacl"), "{query_string}");
        }
    }

    #[test]
    fn an_empty_parameter_is_as_good_as_none() {
        let parameters = Parameters::of("filter=&sort=&limit=&filter=title:a");
        assert_eq!(parameters.first("sort"), None);
        assert_eq!(parameters.integer("limit").unwrap(), None);
        assert_eq!(parameters.all("filter").collect::<Vec<_>>(), ["title:a"]);
    }

    #[test]
    fn values_are_percent_decoded() {
        let parameters = Parameters::of("filter=title%3Aa+b%26c");
        assert_eq!(parameters.first("filter").unwrap(), "title:a b&c");
    }

    #[test]
    fn a_number_that_is_none_is_a_bad_request_naming_the_parameter() {
        for text in ["abc", "1.5", "0x10", "99999999999999999999"] {
            let problem = Parameters::of(&format!("limit={text}")).integer("limit").unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(problem.message.contains("'limit'"), "{}", problem.message);
        }
        assert_eq!(Parameters::of("limit=-7").integer("limit").unwrap(), Some(-7));
    }

    proptest! {
        #[test]
        fn any_query_string_can_be_read(query_string in ".*") {
            let parameters = Parameters::of(&query_string);
            let _ = parameters.all("a").count();
            let _ = parameters.integer("a");
            let _ = parameters.flag("a");
            let _ = parameters.without(&["a"]);
        }
    }
}
