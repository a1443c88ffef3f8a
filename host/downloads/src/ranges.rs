//! Which part of a file a request wants: ranges and conditions (RFC 9110, sections 13 and 14).

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, Method};
use std::ops::Range;

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Text(Bytes),
    /// These bytes of the file.
    File(Range<u64>),
}

impl Piece {
    /// In bytes.
    pub fn length(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::File(range) => range.end.saturating_sub(range.start),
        }
    }
}

/// How many ranges are answered as such; who wants more gets the whole file.
const RANGES: usize = 16;

/// What is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Nothing: the client has it.
    NotModified,
    /// Nothing: the file is too short for what is wanted.
    Unsatisfiable,
    /// All of it.
    Whole,
    /// These parts, none of them empty.
    Ranges(Vec<Range<u64>>),
}

/// Reads the header fields of a request for a file of this tag and length.
pub(crate) fn select(method: &Method, headers: &HeaderMap, tag: &str, length: u64) -> Selection {
    let known = texts(headers, header::IF_NONE_MATCH);
    if known
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || weak(known) == tag)
    {
        return Selection::NotModified;
    }
    // A tag must be the very same, and a date never is: files have none.
    let is_current = match headers.get(header::IF_RANGE) {
        Some(expected) => expected.as_bytes() == tag.as_bytes(),
        None => true,
    };
    if method != Method::GET || !is_current {
        return Selection::Whole;
    }
    let Some(ranges) = parse(&texts(headers, header::RANGE), length) else {
        return Selection::Whole;
    };
    let wanted: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    match ranges.len() {
        0 => Selection::Unsatisfiable,
        1 => Selection::Ranges(ranges),
        // Ranges that overlap are asked for by attackers only.
        2..=RANGES if wanted <= length => Selection::Ranges(ranges),
        _ => Selection::Whole,
    }
}

/// The ranges that a file of this length has, in the order in which they are wanted; none if nothing or nonsense is wanted.
fn parse(text: &str, length: u64) -> Option<Vec<Range<u64>>> {
    let (unit, list) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let mut ranges = Vec::new();
    for wanted in list.split(',').map(str::trim).filter(|wanted| !wanted.is_empty()) {
        let (first, last) = wanted.split_once('-')?;
        let range = match (number(first)?, number(last)?) {
            (Some(first), Some(last)) if last < first => return None,
            (Some(first), last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
            (None, Some(suffix)) => length.saturating_sub(suffix)..length,
            (None, None) => return None,
        };
        if range.start < range.end {
            ranges.push(range);
        }
    }
    Some(ranges)
}

/// A number, or its absence; none at all for anything else.
fn number(text: &str) -> Option<Option<u64>> {
    match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => None,
    }
}

/// The body of an answer to several ranges.
pub(crate) fn parts(ranges: &[Range<u64>], mimetype: &str, length: u64, boundary: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(2 * ranges.len() + 1);
    for range in ranges {
        let (first, last) = (range.start, range.end.saturating_sub(1));
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: {mimetype}\r\nContent-Range: bytes {first}-{last}/{length}\r\n\r\n"
        );
        pieces.push(Piece::Text(Bytes::from(head)));
        pieces.push(Piece::File(range.clone()));
    }
    pieces.push(Piece::Text(Bytes::from(format!("\r\n--{boundary}--\r\n"))));
    pieces
}

/// All fields of a name as one.
fn texts(headers: &HeaderMap, name: HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// A tag without the mark of a weak one.
fn weak(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const TAG: &str = "\"f\"";

    fn selected(fields: &[(HeaderName, &str)]) -> Selection {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        select(&Method::GET, &headers, TAG, 1000)
    }

    fn range(text: &str) -> Selection {
        selected(&[(header::RANGE, text)])
    }

    fn one(range: Range<u64>) -> Selection {
        Selection::Ranges(Vec::from([range]))
    }

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        for (text, expected) in [
            ("bytes=0-499", 0..500),
            ("bytes=500-", 500..1000),
            ("bytes=-300", 700..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=999-5000", 999..1000),
            ("bytes=0-18446744073709551615", 0..1000),
            ("bytes=10-99999999999999999999999", 10..1000),
            ("Bytes = 0-0", 0..1),
        ] {
            assert_eq!(range(text), one(expected), "{text}");
        }
    }

    #[test]
    fn several_ranges_come_in_their_order() {
        assert_eq!(
            range("bytes=500-599, 0-99,-1"),
            Selection::Ranges(vec![500..600, 0..100, 999..1000])
        );
        assert_eq!(range("bytes=0-1,5000-"), one(0..2));
    }

    #[test]
    fn what_lies_behind_the_end_cannot_be_satisfied() {
        for text in ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=5000-,-0"] {
            assert_eq!(range(text), Selection::Unsatisfiable, "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_range() {
        for text in [
            "",
            "bytes",
            "lines=0-1",
            "bytes=a-b",
            "bytes=5-1",
            "bytes=-",
            "bytes=1-2-3",
            "bytes=+1-2",
        ] {
            assert_eq!(range(text), Selection::Whole, "{text}");
        }
    }

    #[test]
    fn more_than_the_file_in_pieces_is_the_file() {
        assert_eq!(range("bytes=0-999,0-999"), Selection::Whole);
        let many: Vec<String> = (0..50).map(|start| format!("{start}-{start}")).collect();
        assert_eq!(range(&format!("bytes={}", many.join(","))), Selection::Whole);
    }

    #[test]
    fn who_has_the_file_does_not_get_it_again() {
        for text in [TAG, "W/\"f\"", "\"a\", \"f\"", "*"] {
            assert_eq!(
                selected(&[(header::IF_NONE_MATCH, text)]),
                Selection::NotModified,
                "{text}"
            );
        }
        assert_eq!(selected(&[(header::IF_NONE_MATCH, "\"g\"")]), Selection::Whole);
    }

    #[test]
    fn the_rest_of_another_file_is_not_sent() {
        let resumed = |condition| selected(&[(header::RANGE, "bytes=500-"), (header::IF_RANGE, condition)]);
        assert_eq!(resumed(TAG), one(500..1000));
        for condition in ["\"g\"", "W/\"f\"", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(resumed(condition), Selection::Whole, "{condition}");
        }
    }

    #[test]
    fn only_get_has_ranges() {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-1"))]);
        assert_eq!(select(&Method::HEAD, &headers, TAG, 1000), Selection::Whole);
    }
}
