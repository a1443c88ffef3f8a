//! What a request says about who sends it.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::denials;
use crate::model::{Denial, Request};

/// Some clients leave the padding out; nothing is gained by refusing them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The credentials of a request. Further schemes become further variants.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// None were sent.
    None,
    /// Basic authentication, RFC 7617.
    Basic {
        /// Never empty.
        username: String,
        /// In plain text; never to be logged.
        password: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::None => f.write_str("None"),
            Credentials::Basic { username, .. } => f
                .debug_struct("Basic")
                .field("username", username)
                .finish_non_exhaustive(),
        }
    }
}

impl Credentials {
    /// Reads the `Authorization` header. What cannot be understood is refused with 401 and a challenge: the client meant to
    /// identify itself, so it must not be taken for an anonymous one.
    pub fn of(request: &Request) -> Result<Self, Denial> {
        let mut values = request
            .headers
            .iter()
            .filter(|(name, _)| name == "authorization")
            .map(|(_, value)| value.trim());
        let value = match (values.next(), values.next()) {
            (None, _) | (Some(""), None) => return Ok(Credentials::None),
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Err(denials::unauthenticated("There is more than one Authorization header.")),
        };
        let (scheme, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(denials::unauthenticated(
                "The scheme of the Authorization header is not supported: send a username and a password with Basic authentication.",
            ));
        }
        basic(rest.trim()).ok_or_else(|| {
            denials::unauthenticated(
                "The Authorization header is malformed: after `Basic` comes `username:password` in UTF-8, encoded as Base64.",
            )
        })
    }
}

fn basic(encoded: &str) -> Option<Credentials> {
    let decoded = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    // The password may contain colons, the username may not.
    let (username, password) = decoded.split_once(':')?;
    let valid = !username.is_empty() && !decoded.contains(char::is_control);
    valid.then(|| Credentials::Basic {
        username: username.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Credentials, Denial> {
        let headers = values
            .iter()
            .map(|value| ("authorization".to_owned(), (*value).to_owned()))
            .collect();
        Credentials::of(&Request {
            headers,
            ..Request::default()
        })
    }

    fn basic_of(username: &str, password: &str) -> Credentials {
        Credentials::Basic {
            username: username.into(),
            password: password.into(),
        }
    }

    #[test]
    fn basic_credentials_are_read_whatever_the_case_of_the_scheme() {
        // RFC 7617, section 2.
        for value in [
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ== ",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        ] {
            assert_eq!(read(&[value]), Ok(basic_of("Aladdin", "open sesame")), "{value}");
        }
    }

    #[test]
    fn username_and_password_are_utf_8() {
        // RFC 7617, section 2.1: `test` and `123£`.
        assert_eq!(read(&["Basic dGVzdDoxMjPCow=="]), Ok(basic_of("test", "123£")));
    }

    #[test]
    fn the_first_colon_ends_the_username_and_the_password_may_be_empty() {
        assert_eq!(read(&["Basic YTpiOmM="]), Ok(basic_of("a", "b:c")));
        assert_eq!(read(&["Basic YTo="]), Ok(basic_of("a", "")));
    }

    #[test]
    fn a_request_without_an_authorization_header_or_with_an_empty_one_has_no_credentials() {
        assert_eq!(read(&[]), Ok(Credentials::None));
        assert_eq!(read(&["  "]), Ok(Credentials::None));
    }

    #[test]
    fn malformed_credentials_are_401_with_a_challenge() {
        for values in [
            &["Basic"][..],
            &["Basic "],
            &["Basic !!!!"],
            &["Basic QWxhZGRpbg=="], // no colon
            &["Basic OnNlY3JldA=="], // no username
            &["Basic YTpi/w=="],     // not UTF-8
            &["Basic YQA6Yg=="],     // a NUL in the username
            &["Basic dGVzdDoxMjPCow== x"],
            &["Bearer abc"],
            &["Digest username=\"a\""],
            &["QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
            &["Basic YTpi", "Basic YTpi"],
        ] {
            let denial = read(values).unwrap_err();
            assert_eq!(denial.status, 401, "{values:?}");
            assert_eq!(
                denial.headers,
                [("www-authenticate".into(), "Basic realm=\"Opencast\"".into())],
                "{values:?}"
            );
        }
    }

    #[test]
    fn a_password_is_not_shown_when_credentials_are_printed() {
        assert!(!format!("{:?}", basic_of("a", "secret")).contains("secret"));
    }
}
