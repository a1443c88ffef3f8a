//! Conditional requests: `ETag`, `If-None-Match` and `If-Match` (RFC 9110, section 13) over commit sequences.
//!
//! The tag of an object is the sequence that last changed it, and the minor version of the API because the same object
//! looks different in each. What a client may have for one address (`…/acl`) changes whenever the object does.

use crate::api::{Sequence, Transaction, by_identifier};
use crate::{Context, Problem, Request, Response, Version};

/// The tag of an object at a sequence, as a version of the API shows it: `"42-11"`.
pub fn entity_tag(sequence: Sequence, version: Version) -> String {
    format!("\"{sequence}-{}\"", version.minor())
}

/// The tag of an object that does not look the same to everybody: `"42-11-9a"`.
pub fn view_tag(sequence: Sequence, version: Version, view: u64) -> String {
    format!("\"{sequence}-{}-{view:x}\"", version.minor())
}

/// 304 if the client already has what this tag is of.
pub fn not_modified(request: &Request, tag: &str) -> Option<Response> {
    let known = request.joined_header("if-none-match")?;
    let matches = known
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || opaque(known) == tag);
    matches.then(|| Response::new(304).with_header("etag", tag))
}

/// Makes a transaction depend on the request's `If-Match`, if it has one.
pub fn guard(
    context: &Context,
    transaction: &dyn Transaction,
    collection: &str,
    identifier: &str,
) -> Result<(), Problem> {
    let Some(known) = context.request.joined_header("if-match") else {
        return Ok(());
    };
    if known.trim() == "*" {
        return Ok(());
    }
    let sequences: Vec<Sequence> = known.split(',').filter_map(|tag| sequence_of(tag.trim())).collect();
    let expected = match *sequences.as_slice() {
        [] => None,
        [sequence] => Some(sequence),
        _ => {
            let page = context.session.find(&by_identifier(collection, identifier, &[]))?;
            let current = page.items.first().map(|item| item.sequence);
            current.filter(|current| sequences.contains(current))
        }
    };
    let expected = expected.ok_or_else(|| {
        Problem::new(412, "The object is not what 'If-Match' says. Read it again.").at_header("if-match")
    })?;
    transaction.expect(collection, identifier, expected);
    Ok(())
}

/// Whether the request says which state it is about.
pub fn is_guarded(request: &Request) -> bool {
    request.header("if-match").is_some()
}

/// A tag without the mark that a compressing proxy puts before it.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

fn sequence_of(tag: &str) -> Option<Sequence> {
    let (sequence, _) = opaque(tag).strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
    sequence.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_the_sequence_and_the_version() {
        assert_eq!(entity_tag(42, Version::NEWEST), "\"42-11\"");
        assert_eq!(sequence_of("\"42-11\""), Some(42));
        assert_eq!(sequence_of(&view_tag(42, Version::NEWEST, 7)), Some(42));
        assert_eq!(sequence_of("W/\"42-11\""), Some(42));
    }

    #[test]
    fn what_is_no_tag_of_ours_names_no_sequence() {
        for tag in ["", "42", "\"\"", "\"x-1\"", "\"42\"", "\""] {
            assert_eq!(sequence_of(tag), None, "{tag}");
        }
    }
}
