//! Password hashes.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// There is none.
    #[error("the password is empty: give one on the standard input")]
    Empty,
    /// The system has no memory or no random numbers for it.
    #[error("{0}")]
    Failed(String),
}

/// What a password is compared with where there is no user, so that a wrong username takes as long as a wrong password. Nobody knows
/// a password for it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// argon2id with 19 MiB, two passes, one lane: the first choice of the OWASP password storage recommendations.
fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(19_456, 2, 1, None)?,
    ))
}

/// Hashes a password under a new random salt; gives a PHC string. Takes some tens of milliseconds.
pub fn hash(password: &str) -> Result<String, HashError> {
    if password.is_empty() {
        return Err(HashError::Empty);
    }
    let argon2 = argon2().map_err(|error| HashError::Failed(error.to_string()))?;
    let hash: PasswordHash = argon2
        .hash_password(password.as_bytes())
        .map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed. Always takes the time of a hash.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let stored = stored.unwrap_or(NOBODY);
    match (argon2(), PasswordHash::new(stored)) {
        (Ok(argon2), Ok(hash)) => argon2.verify_password(password.as_bytes(), &hash).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_stored_as_a_salted_phc_string_with_the_recommended_parameters() {
        let (first, second) = (hash("pässword").unwrap(), hash("pässword").unwrap());
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second);
        assert!(verify("pässword", Some(&first)) && verify("pässword", Some(&second)));
        assert!(!verify("pässwore", Some(&first)) && !verify("", Some(&first)));
    }

    #[test]
    fn an_empty_password_is_refused() {
        assert!(matches!(hash(""), Err(HashError::Empty)));
    }

    #[test]
    fn nobody_logs_in_without_a_stored_hash_or_with_a_broken_one() {
        for stored in [
            None,
            Some(""),
            Some("secret"),
            Some("$argon2id$"),
            Some("5ebe2294ecd0e0f08eab7690d2a6ee69"),
        ] {
            for password in ["", "secret", "nobody"] {
                assert!(!verify(password, stored), "{stored:?}");
            }
        }
    }

    #[test]
    fn an_unknown_user_costs_what_a_wrong_password_costs() {
        let parameters = |text: &str| {
            let hash = PasswordHash::new(text).unwrap();
            (
                hash.algorithm,
                hash.version,
                hash.params.to_string(),
                hash.hash.map(|hash| hash.as_bytes().len()),
            )
        };
        assert_eq!(parameters(NOBODY), parameters(&hash("x").unwrap()));
    }
}
