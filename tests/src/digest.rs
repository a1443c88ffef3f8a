//! Digest authentication as clients do it, RFC 7616.

use md5::{Digest, Md5};

use crate::answer::Answer;

/// The nonce of a challenge; asserts that the answer is one.
#[track_caller]
pub fn nonce(answer: &Answer) -> String {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    let nonce = challenge
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    assert!(challenge.starts_with("Digest "), "{answer}\nmust ask for a digest");
    nonce
        .unwrap_or_else(|| panic!("{answer}\nmust hold a nonce"))
        .to_owned()
}

/// The value of `Authorization` for a method and target. `count` is how often the nonce is used with this request.
pub fn authorization(user: &str, password: &str, (method, target): (&str, &str), nonce: &str, count: u32) -> String {
    let secret = md5(&[user, "Opencast", password]);
    let request = md5(&[method, target]);
    let nc = format!("{count:08x}");
    let response = md5(&[&secret, nonce, &nc, "made-up", "auth", &request]);
    format!(
        "Digest username=\"{user}\", realm=\"Opencast\", nonce=\"{nonce}\", uri=\"{target}\", algorithm=MD5, qop=auth, \
         nc={nc}, cnonce=\"made-up\", response=\"{response}\""
    )
}

fn md5(parts: &[&str]) -> String {
    let hash = Md5::digest(parts.join(":").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
