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
mod tests;
