//! Which part of a list is wanted: `limit` (or what a list calls it), `offset` and `cursor`.

use crate::Problem;
use crate::query::Parameters;

/// A part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// How many objects to leave out at the start, or behind the cursor.
    pub offset: u64,
    /// How many objects to return; all if none.
    pub limit: Option<u64>,
    /// The parameter that says so.
    pub limit_name: &'static str,
    /// Where an earlier page ended, from its `Link` header.
    pub cursor: Option<String>,
}

impl Window {
    /// Reads the parameters. A limit that is absent, 0 or negative is the resource's default; a negative offset is 0.
    pub fn of(parameters: Parameters<'_>, default_limit: Option<u64>) -> Result<Window, Problem> {
        Window::named(parameters, "limit", default_limit)
    }

    /// The same for a list that calls its limit otherwise.
    pub fn named(
        parameters: Parameters<'_>,
        limit_name: &'static str,
        default_limit: Option<u64>,
    ) -> Result<Window, Problem> {
        let limit = parameters
            .integer(limit_name)?
            .and_then(|limit| u64::try_from(limit).ok());
        let offset = parameters
            .integer("offset")?
            .and_then(|offset| u64::try_from(offset).ok());
        Ok(Window {
            offset: offset.unwrap_or(0),
            limit: limit.filter(|limit| *limit > 0).or(default_limit),
            limit_name,
            cursor: parameters.first("cursor").map(|cursor| cursor.into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(query_string: &str) -> Window {
        Window::of(Parameters::of(query_string), None).unwrap()
    }

    #[test]
    fn no_limit_zero_and_a_negative_limit_mean_the_default() {
        for query_string in ["", "limit=", "limit=0", "limit=-3"] {
            assert_eq!(window(query_string).limit, None, "{query_string}");
            let with_default = Window::of(Parameters::of(query_string), Some(100)).unwrap();
            assert_eq!(with_default.limit, Some(100), "{query_string}");
        }
        assert_eq!(window("limit=5").limit, Some(5));
    }

    #[test]
    fn a_negative_offset_is_none() {
        assert_eq!(window("offset=-1").offset, 0);
        assert_eq!(window("offset=25").offset, 25);
    }

    #[test]
    fn an_offset_needs_no_limit() {
        assert_eq!(
            window("offset=25"),
            Window {
                offset: 25,
                ..Window::of(Parameters::of(""), None).unwrap()
            }
        );
    }

    #[test]
    fn text_instead_of_a_number_is_a_bad_request() {
        assert_eq!(Window::of(Parameters::of("limit=abc"), None).unwrap_err().status, 400);
        assert_eq!(Window::of(Parameters::of("offset=abc"), None).unwrap_err().status, 400);
    }
}
