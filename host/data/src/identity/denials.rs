//! The ways to be turned away.

use crate::model::Denial;

/// Asks for a username and a password.
pub const CHALLENGE: &str = "Basic realm=\"Opencast\"";

/// Nobody, or not who they say they are: 401 with a challenge, never a redirect to a login page.
pub fn unauthenticated(message: impl Into<String>) -> Denial {
    let headers = vec![("www-authenticate".to_owned(), CHALLENGE.to_owned())];
    Denial {
        status: 401,
        message: message.into(),
        headers,
    }
}

/// A nonce that is not good any more, with a new challenge: who knows the password may try again with that.
pub fn stale(challenge: String) -> Denial {
    Denial {
        headers: vec![("www-authenticate".to_owned(), challenge)],
        ..unauthenticated("The nonce has expired or was used before. Repeat the request with the new one.")
    }
}

/// A bearer token that is worth nothing; the message says why.
pub fn invalid_token(message: impl Into<String>) -> Denial {
    let challenge = "Bearer realm=\"Opencast\", error=\"invalid_token\"";
    Denial {
        headers: vec![("www-authenticate".to_owned(), challenge.to_owned())],
        ..unauthenticated(message)
    }
}

/// One answer for an unknown user and a wrong password, so that nobody learns which usernames exist.
pub fn wrong_password() -> Denial {
    unauthenticated("The username or the password is wrong.")
}

/// Known, but not allowed to do this.
pub fn forbidden(message: impl Into<String>) -> Denial {
    Denial {
        status: 403,
        message: message.into(),
        headers: Vec::new(),
    }
}

/// The identity headers contradict each other.
pub fn contradictory(message: impl Into<String>) -> Denial {
    Denial {
        status: 400,
        message: message.into(),
        headers: Vec::new(),
    }
}

/// Too many wrong passwords; the seconds are those after which another one is looked at.
pub fn too_many(seconds: u64) -> Denial {
    let message =
        format!("There were too many wrong passwords for this user from this address. Try again in {seconds} s.");
    Denial {
        status: 429,
        message,
        headers: vec![("retry-after".to_owned(), seconds.to_string())],
    }
}

/// The request is not at fault; trying again later may help.
pub fn unavailable(message: impl Into<String>) -> Denial {
    Denial {
        status: 503,
        message: message.into(),
        headers: vec![("retry-after".to_owned(), "1".to_owned())],
    }
}
