//! The elements of EBML (RFC 8794), as far as it takes to walk past them.

use std::io;

use crate::bounded::Bounded;

/// An element: its id as written, marker included, and where its content is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) start: u64,
    /// `None` if the writer did not know the size, as when recording: it ends where an element begins that cannot be in it.
    pub(super) size: Option<u64>,
}

impl Element {
    /// Where the content ends, if that is known and the file has all of it.
    pub(super) fn end(&self, file: &Bounded) -> Option<u64> {
        self.size
            .and_then(|size| self.start.checked_add(size))
            .filter(|end| *end <= file.length())
    }
}

/// The element at `position`; `None` if there is none, be it the end of the file or no EBML.
pub(super) fn element(file: &mut Bounded, position: u64) -> io::Result<Option<Element>> {
    let header = file.read_at(position, 12)?;
    Ok(parse(&header).map(|(id, size, length)| Element {
        id,
        start: position.saturating_add(length),
        size,
    }))
}

/// Id, size and length of an element's header.
fn parse(header: &[u8]) -> Option<(u32, Option<u64>, u64)> {
    let id_length = header.first()?.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = header
        .get(..id_length)?
        .iter()
        .fold(0, |id, byte| id << 8 | u32::from(*byte));
    let (size, size_length) = number(header.get(id_length..)?)?;
    Some((id, size, (id_length + size_length) as u64))
}

/// A number of variable length, and how many bytes it takes; all ones mean an unknown number.
pub(super) fn number(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let value = bytes
        .get(..length)?
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let ones = (1 << (7 * length)) - 1;
    let value = value & ones;
    Some(((value != ones).then_some(value), length))
}

/// Appends an element to `target`.
pub(super) fn write(target: &mut Vec<u8>, id: u32, content: &[u8]) {
    target.extend(id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0));
    // The size in eight bytes: a length of one byte, seven of number.
    target.extend((1 << 56 | content.len() as u64).to_be_bytes());
    target.extend(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_sizes_are_read_in_every_length() {
        assert_eq!(parse(&[0xe7, 0x81, 0x05]), Some((0xe7, Some(1), 2)));
        assert_eq!(parse(&[0x42, 0x86, 0x40, 0x02]), Some((0x4286, Some(2), 4)));
        assert_eq!(
            parse(&[0x1f, 0x43, 0xb6, 0x75, 0x01, 0, 0, 0, 0, 0, 1, 0]),
            Some((0x1f43_b675, Some(256), 12))
        );
    }

    #[test]
    fn a_size_of_all_ones_is_unknown_in_every_length() {
        assert_eq!(number(&[0xff]), Some((None, 1)));
        assert_eq!(number(&[0x7f, 0xff]), Some((None, 2)));
        assert_eq!(
            number(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Some((None, 8))
        );
        assert_eq!(number(&[0x40, 0x7f]), Some((Some(127), 2)));
    }

    #[test]
    fn what_is_cut_off_or_no_header_is_none() {
        for bytes in [
            &[][..],
            &[0x00, 0x81],
            &[0x08, 0x81],
            &[0x42],
            &[0x42, 0x86],
            &[0xe7, 0x00],
            &[0xe7, 0x40],
        ] {
            assert_eq!(parse(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        write(&mut bytes, 0x4286, b"abc");
        assert_eq!(parse(&bytes), Some((0x4286, Some(3), 10)));
        assert_eq!(&bytes[10..], b"abc");
    }
}
