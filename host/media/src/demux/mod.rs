//! The built-in demuxers: which one a file is for, and the walls around them.

mod audio;
mod ebml;
mod iso;
mod iso_fragments;
mod matroska;
mod sample_entry;

use std::io;
#[cfg(not(target_family = "wasm"))]
use std::sync::mpsc::{self, RecvTimeoutError};
#[cfg(not(target_family = "wasm"))]
use std::thread;
use std::time::{Duration, Instant};

use crate::bounded::{Bounded, Source};
use crate::container::Container;
use crate::stream::Stream;

/// How long a built-in demuxer may take; some milliseconds are usual.
const TIME_LIMIT: Duration = Duration::from_secs(10);
#[cfg(not(target_family = "wasm"))]
const GRACE: Duration = Duration::from_secs(1);

/// The demuxers recurse where boxes and descriptors may be nested; what they may recurse into is small (see
/// [`sample_entry`]), and this holds all of it.
#[cfg(not(target_family = "wasm"))]
const STACK: usize = 8 << 20;

/// What a demuxer found.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) container: Container,
    /// In milliseconds.
    pub(crate) duration: Option<u64>,
    pub(crate) streams: Vec<Stream>,
}

/// Why a demuxer found nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No demuxer knows such files.
    Unknown,
    /// A file of this container, whose headers cannot be read.
    Damaged(Container, String),
    /// The file cannot be read at all.
    Io(io::Error),
}

/// Reads the headers of `file`, which is `length` bytes long.
///
/// The demuxers are libraries that meet whatever is uploaded. They run in a thread of their own, where a panic ends, and
/// read through [`Bounded`], where a loop ends. What computes on and on without reading is left behind when its time is
/// over. Allocations cannot be caught: no library is given a length it has not been shown the bytes for.
pub(crate) fn demux(file: impl Source + 'static, length: u64) -> Result<Contents, Failure> {
    contained(TIME_LIMIT, move |deadline| {
        let mut file = Bounded::new(file, length, deadline);
        let start = audio::skip_id3(&mut file).map_err(Failure::Io)?;
        let first = file.read_at(start, 16).map_err(Failure::Io)?;
        let kind = sniff(&first).ok_or(Failure::Unknown)?;
        match kind {
            Kind::Iso(container) => iso::read(&mut file, container),
            Kind::Ebml => matroska::read(&mut file),
            Kind::Audio(container) => audio::read(file, start, container),
        }
    })
}

/// Runs `read` with a deadline. Where there are no threads, the walls are those of the instance that all of this runs in.
#[cfg(target_family = "wasm")]
fn contained(limit: Duration, read: impl FnOnce(Instant) -> Result<Contents, Failure>) -> Result<Contents, Failure> {
    read(Instant::now() + limit)
}

/// Runs `read` with a deadline in a thread of its own, and goes without its answer if it panics or misses the deadline.
#[cfg(not(target_family = "wasm"))]
fn contained(
    limit: Duration,
    read: impl FnOnce(Instant) -> Result<Contents, Failure> + Send + 'static,
) -> Result<Contents, Failure> {
    let deadline = Instant::now() + limit;
    let (sender, receiver) = mpsc::channel();
    let run = move || {
        // Nobody listens any more if the time is over.
        let _ = sender.send(read(deadline));
    };
    thread::Builder::new()
        .name("media inspection".into())
        .stack_size(STACK)
        .spawn(run)
        .map_err(Failure::Io)?;
    // Who keeps to the deadline still has to say so.
    match receiver.recv_timeout(limit + GRACE) {
        Ok(result) => result,
        Err(error) => {
            let what = if error == RecvTimeoutError::Timeout {
                "does not come to an end"
            } else {
                "has panicked"
            };
            tracing::error!("a demuxer {what}; the file is treated as no media");
            Err(Failure::Unknown)
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Iso(Container),
    Ebml,
    Audio(Container),
}

/// Which demuxer is for a file, by its first 16 bytes.
fn sniff(start: &[u8]) -> Option<Kind> {
    Some(match *start {
        [_, _, _, _, b'f', b't', b'y', b'p', b'q', b't', b' ', b' ', ..] => Kind::Iso(Container::QuickTime),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] if !is_image(start) => Kind::Iso(Container::Mp4),
        // QuickTime from before there were file types starts with any of its boxes.
        [_, _, _, _, b'm', b'o', b'o', b'v', ..]
        | [_, _, _, _, b'm', b'd', b'a', b't', ..]
        | [_, _, _, _, b'w', b'i', b'd', b'e', ..] => Kind::Iso(Container::QuickTime),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Kind::Ebml,
        [b'O', b'g', b'g', b'S', ..] => Kind::Audio(Container::Ogg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Kind::Audio(Container::Wav),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => Kind::Audio(Container::Aiff),
        [b'f', b'L', b'a', b'C', ..] => Kind::Audio(Container::Flac),
        // Layers III and II; layer I is not used for files, but is what the mark of UTF-16 looks like.
        [0xff, second, ..] if second & 0xe0 == 0xe0 && matches!(second & 0x06, 0x02 | 0x04) => {
            Kind::Audio(Container::Mp3)
        }
        _ => return None,
    })
}

/// HEIF and AVIF are boxes as well, and images.
fn is_image(start: &[u8]) -> bool {
    start
        .get(8..12)
        .is_some_and(|brand| matches!(brand, b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif" | b"avis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demuxer_that_panics_finds_nothing() {
        let result = contained(TIME_LIMIT, |_| panic!("as a library might"));
        assert!(matches!(result, Err(Failure::Unknown)), "{result:?}");
    }

    #[test]
    fn a_demuxer_that_does_not_come_to_an_end_is_left_behind() {
        let result = contained(Duration::ZERO, |_| {
            loop {
                thread::park();
            }
        });
        assert!(matches!(result, Err(Failure::Unknown)), "{result:?}");
    }

    #[test]
    fn images_in_boxes_are_no_media() {
        assert!(sniff(b"\0\0\0\x1cftypheic\0\0\0\0").is_none());
        assert!(sniff(b"\0\0\0\x1cftypmp42\0\0\0\0").is_some());
    }
}
