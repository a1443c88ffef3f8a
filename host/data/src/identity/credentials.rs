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

/// What the credentials are good for, as Opencast names it.
pub const REALM: &str = "Opencast";

/// The credentials of a request.
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
    /// Digest authentication, RFC 7616.
    Digest(Digest),
    /// A bearer token that begins like an API key.
    ApiKey(String),
    /// Any other bearer token, or the query parameter `jwt`.
    Jwt(String),
}

/// What API keys begin with, so that people and secret scanners recognise them.
pub const API_KEY: &str = "lk_";

/// Digest credentials, complete but not checked: `qop=auth` and MD5, the only algorithm that all clients speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Never empty.
    pub username: String,
    /// What the server has sent.
    pub nonce: String,
    /// The request's target, as far as the client is concerned.
    pub uri: String,
    /// How often the client has used the nonce, this time included: eight hexadecimal digits.
    pub nc: String,
    /// What the client has made up.
    pub cnonce: String,
    /// 32 hexadecimal digits in lower case.
    pub response: String,
}

impl Digest {
    /// The nonce count as a number.
    pub fn count(&self) -> u32 {
        u32::from_str_radix(&self.nc, 16).unwrap_or_default()
    }
}

/// Whether the request is to be answered with a challenge for Digest authentication: it asks for one, or has tried.
pub fn wants_digest(request: &Request) -> bool {
    request.headers.iter().any(|(name, value)| match name.as_str() {
        "x-requested-auth" => value.trim().eq_ignore_ascii_case("digest"),
        "authorization" => scheme(value.trim()).0.eq_ignore_ascii_case("digest"),
        _ => false,
    })
}

/// A scheme and what comes behind it.
fn scheme(value: &str) -> (&str, &str) {
    let (scheme, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    (scheme, rest.trim())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::None => f.write_str("None"),
            Credentials::Basic { username, .. } => f
                .debug_struct("Basic")
                .field("username", username)
                .finish_non_exhaustive(),
            Credentials::Digest(digest) => digest.fmt(f),
            Credentials::ApiKey(_) => f.debug_tuple("ApiKey").finish_non_exhaustive(),
            Credentials::Jwt(_) => f.debug_tuple("Jwt").finish_non_exhaustive(),
        }
    }
}

impl Credentials {
    /// Reads the `Authorization` header, or the query parameter `jwt`. What cannot be understood is refused with 401 and a challenge:
    /// the client meant to identify itself, so it must not be taken for an anonymous one.
    pub fn of(request: &Request) -> Result<Self, Denial> {
        let mut values = request
            .headers
            .iter()
            .filter(|(name, _)| name == "authorization")
            .map(|(_, value)| value.trim());
        let value = match (values.next(), values.next()) {
            (None, _) | (Some(""), None) => "",
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Err(denials::unauthenticated("There is more than one Authorization header.")),
        };
        let token = query_token(&request.path_with_query);
        match (value, token) {
            ("", None) => Ok(Credentials::None),
            ("", Some(token)) => Ok(Credentials::Jwt(token.to_owned())),
            (_, Some(_)) => Err(denials::unauthenticated(
                "There are an Authorization header and a query parameter `jwt`: send one of them.",
            )),
            (value, None) => Self::of_header(value),
        }
    }

    fn of_header(value: &str) -> Result<Self, Denial> {
        let (scheme, rest) = scheme(value);
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => basic(rest).ok_or_else(|| {
                denials::unauthenticated(
                    "The Authorization header is malformed: after `Basic` comes `username:password` in UTF-8, encoded as Base64.",
                )
            }),
            "digest" => digest(value).map(Credentials::Digest).map_err(|fault| {
                denials::unauthenticated(format!("The Authorization header is malformed: {fault}."))
            }),
            "bearer" if rest.is_empty() => Err(denials::unauthenticated(
                "The Authorization header is malformed: after `Bearer` comes a JSON Web Token or an API key.",
            )),
            "bearer" if rest.starts_with(API_KEY) => Ok(Credentials::ApiKey(rest.to_owned())),
            "bearer" => Ok(Credentials::Jwt(rest.to_owned())),
            _ => Err(denials::unauthenticated(
                "The scheme of the Authorization header is not supported: use Basic, Digest or Bearer.",
            )),
        }
    }
}

/// The query parameter `jwt`. Tokens consist of characters that need no percent-encoding.
fn query_token(path_with_query: &str) -> Option<&str> {
    let (_, query) = path_with_query.split_once('?')?;
    let token = query.split('&').find_map(|pair| pair.strip_prefix("jwt="))?;
    (!token.is_empty()).then_some(token)
}

/// Reads Digest credentials, whose grammar is that of a challenge. The error completes a sentence.
fn digest(value: &str) -> Result<Digest, String> {
    let challenges = http_auth::parse_challenges(value).map_err(|_| {
        "after `Digest` come parameters such as `username=\"…\"`, in ASCII and separated by commas".to_owned()
    })?;
    let [challenge] = challenges.as_slice() else {
        return Err("it holds more than one scheme".to_owned());
    };
    let optional = |name: &str| {
        let mut values = challenge
            .params
            .iter()
            .filter(|(param, _)| param.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => Err(format!("`{name}` occurs more than once")),
            (value, None) | (value @ None, _) => Ok(value.map(|(_, value)| value.to_unescaped())),
        }
    };
    let required = |name: &str| {
        optional(name)?
            .filter(|value| !value.is_empty())
            .ok_or(format!("`{name}` is missing"))
    };
    let hexadecimal = |name: &str, digits: usize| {
        let value = required(name)?.to_ascii_lowercase();
        let valid = value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        valid
            .then_some(value)
            .ok_or(format!("`{name}` is not {digits} hexadecimal digits"))
    };
    if required("realm")? != REALM {
        return Err(format!("the realm is {REALM}"));
    }
    if !required("qop")?.eq_ignore_ascii_case("auth") {
        return Err("`qop` is `auth`".to_owned());
    }
    if optional("algorithm")?.is_some_and(|algorithm| !algorithm.eq_ignore_ascii_case("MD5")) {
        return Err("`algorithm` is MD5, as the challenge says".to_owned());
    }
    // The digest covers the count as it was written.
    hexadecimal("nc", 8)?;
    Ok(Digest {
        username: required("username")?,
        nonce: required("nonce")?,
        uri: required("uri")?,
        nc: required("nc")?,
        cnonce: required("cnonce")?,
        response: hexadecimal("response", 32)?,
    })
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
            &["Bearer"],
            &["Negotiate abc"],
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

    const DIGEST: &str = "Digest username=\"Mufasa\", realm=\"Opencast\", nonce=\"n\", uri=\"/api/events?limit=1\", \
        algorithm=MD5, qop=auth, nc=0000000A, cnonce=\"c\", response=\"8CA523F5E9506FED4657C9700EEBDBEC\"";

    fn read_digest(value: &str) -> Option<Digest> {
        match read(&[value]) {
            Ok(Credentials::Digest(digest)) => Some(digest),
            Ok(_) => None,
            Err(denial) => {
                assert_eq!(denial.status, 401);
                None
            }
        }
    }

    #[test]
    fn digest_credentials_are_read_quoted_or_not_and_in_any_order() {
        let expected = Digest {
            username: "Mufasa".into(),
            nonce: "n".into(),
            uri: "/api/events?limit=1".into(),
            nc: "0000000A".into(),
            cnonce: "c".into(),
            response: "8ca523f5e9506fed4657c9700eebdbec".into(),
        };
        assert_eq!(expected.count(), 10);
        // curl, Python's requests and PHP quote differently.
        for value in [
            DIGEST.to_owned(),
            DIGEST
                .replace("qop=auth", "qop=\"auth\"")
                .replace("algorithm=MD5", "algorithm=\"md5\""),
            DIGEST.replace("algorithm=MD5, ", ""),
            DIGEST.replace(", ", ","),
            DIGEST
                .replace("nonce=\"n\", ", "")
                .replace("cnonce=", "nonce=n, cnonce="),
            format!("{DIGEST}, opaque=\"\""),
            DIGEST.replacen("Digest", "DIGEST", 1),
        ] {
            assert_eq!(read_digest(&value), Some(expected.clone()), "{value}");
        }
    }

    #[test]
    fn a_quoted_pair_in_a_username_stands_for_its_character() {
        let digest = read_digest(&DIGEST.replace("Mufasa", "a\\\"b\\\\c")).unwrap();
        assert_eq!(digest.username, "a\"b\\c");
    }

    #[test]
    fn incomplete_repeated_or_foreign_digest_parameters_are_refused() {
        for name in ["username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response"] {
            let renamed = DIGEST.replace(&format!(" {name}="), " other=");
            assert_eq!(read_digest(&renamed), None, "{renamed}");
            let twice = format!("{DIGEST}, {name}=x");
            assert_eq!(read_digest(&twice), None, "{twice}");
        }
        for (good, bad) in [
            ("Opencast", "Elsewhere"),
            ("qop=auth", "qop=auth-int"),
            ("MD5", "SHA-256"),
            ("nc=0000000A", "nc=A"),
            ("nc=0000000A", "nc=0000000G"),
            ("8CA523", "8CA52"),
            ("Mufasa", "Müller"),
            ("uri=", "uri"),
            ("qop=auth", "qop=auth Basic YTpi"),
        ] {
            let value = DIGEST.replace(good, bad);
            assert_eq!(read_digest(&value), None, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_digest_header_is_read_differently_from_what_was_written(
            username in "[ -~]{1,20}", uri in "/[ -~]{0,30}", cnonce in "[ -~]{1,20}", noise in ".{0,60}",
        ) {
            let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let value = DIGEST
                .replace("Mufasa", "USERNAME")
                .replace("/api/events?limit=1", "URI")
                .replace("cnonce=\"c\"", "cnonce=\"CNONCE\"");
            let value = value.replacen("USERNAME", &quoted(&username), 1);
            let (head, tail) = value.rsplit_once("URI\", algorithm").unwrap();
            let value = format!("{head}{}\", algorithm{}", quoted(&uri), tail.replacen("CNONCE", &quoted(&cnonce), 1));
            let digest = read_digest(&value).unwrap();
            proptest::prop_assert_eq!((digest.username, digest.uri, digest.cnonce), (username, uri, cnonce));
            // Whatever else comes, it is refused and not a panic.
            let _ = read(&[&format!("Digest {noise}")]);
        }
    }

    #[test]
    fn a_bearer_token_is_an_api_key_or_a_json_web_token() {
        assert_eq!(read(&["Bearer lk_abc"]), Ok(Credentials::ApiKey("lk_abc".into())));
        assert_eq!(read(&["bearer  a.b.c "]), Ok(Credentials::Jwt("a.b.c".into())));
    }

    fn read_target(path_with_query: &str, authorization: Option<&str>) -> Result<Credentials, Denial> {
        let headers = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
        Credentials::of(&Request {
            path_with_query: path_with_query.to_owned(),
            headers: headers.into_iter().collect(),
            ..Request::default()
        })
    }

    #[test]
    fn a_json_web_token_may_come_as_query_parameter_but_an_api_key_may_not() {
        let token = Ok(Credentials::Jwt("a.b.c".into()));
        assert_eq!(read_target("/api/events?limit=1&jwt=a.b.c", None), token);
        assert_eq!(
            read_target("/api/events?jwt=lk_x", None),
            Ok(Credentials::Jwt("lk_x".into()))
        );
        for without in ["/api/events?jwt=", "/api/events?xjwt=a.b.c", "/api/jwt=a.b.c"] {
            assert_eq!(read_target(without, None), Ok(Credentials::None), "{without}");
        }
        assert_eq!(
            read_target("/api?jwt=a.b.c", Some("Basic YTpi")).unwrap_err().status,
            401
        );
    }

    #[test]
    fn a_digest_challenge_is_for_those_who_ask_for_it_or_try() {
        let wants = |name: &str, value: &str| {
            wants_digest(&Request {
                headers: vec![(name.to_owned(), value.to_owned())],
                ..Request::default()
            })
        };
        assert!(wants("x-requested-auth", "Digest") && wants("x-requested-auth", " digest "));
        assert!(wants("authorization", DIGEST));
        assert!(!wants("x-requested-auth", "Basic") && !wants("authorization", "Basic YTpi"));
    }

    #[test]
    fn a_password_is_not_shown_when_credentials_are_printed() {
        assert!(!format!("{:?}", basic_of("a", "secret")).contains("secret"));
    }
}
