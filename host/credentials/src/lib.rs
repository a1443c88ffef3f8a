//! What proves who somebody is: password hashes, digests and their nonces. Functions of what they are given, so that they are the same
//! natively and under Spin.
//!
//! Does not belong here: reading header fields (`lectern_data::identity`), remembering who was right and who was wrong
//! (`lectern-tenants`, and the provider under Spin).

pub mod digest;
pub mod guessing;
pub mod password;

/// A hash that cannot be computed without the key, of parts that cannot run into each other. `purpose` keeps the uses of a key apart.
pub fn keyed(key: &[u8; 32], purpose: u8, parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&[purpose]);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize()
}

/// What is stored of an API key.
pub fn hash_of_api_key(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().to_string()
}
