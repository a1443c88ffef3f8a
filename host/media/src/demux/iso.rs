//! The ISO base media file format (ISO/IEC 14496-12) and QuickTime: MP4, M4A, M4V, 3GP, MOV.
//!
//! The way to a box is walked here, so that only the boxes that are needed are ever read, and what is in a box is decoded
//! by `mp4-atom`. It is given single boxes without children, each no larger than such a box can be: its own walk would
//! read everything and follow boxes into boxes to any depth.

use std::io::{self, Seek, SeekFrom};
use std::ops::Range;

use mp4_atom::{Atom, FourCC, Header, Mdhd, Mvhd, ReadFrom, Stsz, StszSamples, Tkhd};

use super::iso_fragments::{self, Fragments};
use super::sample_entry::{self, SampleEntry};
use super::{Contents, Failure};
use crate::bounded::Bounded;
use crate::container::Container;
use crate::stream::{AudioStream, Stream, VideoStream};

/// A box of numbers and short names.
const SMALL: u64 = 4 << 10;
/// The index of sizes: four million samples, which is a day of AAC.
const INDEX: u64 = 16 << 20;
/// Boxes on one level. Only fragmented files have many: two to four for each second or so.
const MAX_BOXES: usize = 200_000;
const MAX_TRACKS: usize = 100;

/// A box: its type and where its body is.
pub(super) struct IsoBox {
    pub(super) kind: FourCC,
    pub(super) body: Range<u64>,
}

/// One track as far as its boxes tell.
#[derive(Default)]
struct Track {
    id: u32,
    /// Units of time per second.
    timescale: u32,
    duration: u64,
    samples: u64,
    bytes: u64,
    entry: Option<SampleEntry>,
}

/// Reads the `moov` box of `file`, wherever it is, and the `moof` boxes if the file is fragmented.
pub(super) fn read(file: &mut Bounded, container: Container) -> Result<Contents, Failure> {
    let damaged = |reason: String| Failure::Damaged(container, reason);
    let unreadable = |error: io::Error| damaged(error.to_string());

    let top = boxes(file, 0..file.length()).map_err(unreadable)?;
    let moov = find(&top, b"moov").ok_or_else(|| damaged("it has no index (moov box), as if cut off".into()))?;
    let children = boxes(file, moov.body.clone()).map_err(unreadable)?;
    let mut tracks = Vec::new();
    for trak in children
        .iter()
        .filter(|child| child.kind == FourCC::new(b"trak"))
        .take(MAX_TRACKS)
    {
        tracks.push(track(file, trak).map_err(unreadable)?);
    }
    let fragments = match find(&children, b"mvex") {
        // More fragments than may be read: the index has been read, and what it says is still worth something.
        Some(mvex) => iso_fragments::read(file, &top, mvex).unwrap_or_default(),
        None => Fragments::default(),
    };
    for track in &mut tracks {
        if let Some(found) = fragments.of_track(track.id) {
            // Some writers state the duration of the whole in the track and put every sample into fragments.
            let before = if track.samples == 0 { 0 } else { track.duration };
            track.duration = before.saturating_add(found.duration);
            track.samples = track.samples.saturating_add(found.samples);
            track.bytes = track.bytes.saturating_add(found.bytes);
        }
    }
    let movie = match find(&children, b"mvhd") {
        Some(mvhd) if fragments.is_empty() => leaf::<Mvhd>(file, mvhd, SMALL).map_err(unreadable)?,
        _ => None,
    };
    let duration = movie
        .and_then(|movie| milliseconds(movie.duration, movie.timescale))
        .or_else(|| {
            tracks
                .iter()
                .filter_map(|track| milliseconds(track.duration, track.timescale))
                .max()
        });
    Ok(Contents {
        container,
        duration,
        streams: tracks.into_iter().filter_map(Track::into_stream).collect(),
    })
}

fn track(file: &mut Bounded, trak: &IsoBox) -> io::Result<Track> {
    let mut track = Track::default();
    let children = boxes(file, trak.body.clone())?;
    if let Some(tkhd) = find_leaf::<Tkhd>(file, &children, SMALL)? {
        track.id = tkhd.track_id;
    }
    let media = children_of(file, &children, b"mdia")?;
    if let Some(mdhd) = find_leaf::<Mdhd>(file, &media, SMALL)? {
        track.timescale = mdhd.timescale;
        track.duration = known_duration(mdhd.duration);
    }
    // Only the four bytes that say what the track is for: the name after them may be in any encoding.
    let handler = match find(&media, b"hdlr") {
        Some(hdlr) => <[u8; 4]>::try_from(file.read_at(hdlr.body.start.saturating_add(8), 4)?).ok(),
        None => None,
    };
    let information = children_of(file, &media, b"minf")?;
    let table = children_of(file, &information, b"stbl")?;
    if let Some(stsz) = find_leaf::<Stsz>(file, &table, INDEX)? {
        (track.samples, track.bytes) = match stsz.samples {
            StszSamples::Identical { count, size } => (count.into(), u64::from(count) * u64::from(size)),
            StszSamples::Different { sizes } => (sizes.len() as u64, sizes.iter().map(|size| u64::from(*size)).sum()),
        };
    }
    if let (Some(handler), Some(stsd)) = (handler, find(&table, b"stsd")) {
        track.entry = sample_entry::read(file, stsd, handler)?;
    }
    Ok(track)
}

impl Track {
    fn into_stream(self) -> Option<Stream> {
        let seconds = match (known_duration(self.duration), self.timescale) {
            (0, _) | (_, 0) => None,
            (duration, timescale) => Some(duration as f64 / f64::from(timescale)),
        };
        let per_second = |amount: u64| seconds.filter(|_| amount > 0).map(|seconds| amount as f64 / seconds);
        let bitrate = per_second(self.bytes.saturating_mul(8)).map(f64::floor);
        let framecount = Some(self.samples).filter(|samples| *samples > 0);
        Some(match self.entry? {
            SampleEntry::Video(video) => Stream::Video(VideoStream {
                bitrate: bitrate.or(video.bitrate),
                framecount,
                framerate: per_second(self.samples),
                ..video
            }),
            SampleEntry::Audio(audio) => Stream::Audio(AudioStream {
                bitrate: bitrate.or(audio.bitrate),
                framecount,
                ..audio
            }),
        })
    }
}

/// The duration in a header; all ones mean that the writer did not know.
fn known_duration(duration: u64) -> u64 {
    if duration == u64::from(u32::MAX) || duration == u64::MAX {
        0
    } else {
        duration
    }
}

fn milliseconds(duration: u64, timescale: u32) -> Option<u64> {
    let milliseconds = u128::from(known_duration(duration)) * 1000 / u128::from(timescale).max(1);
    u64::try_from(milliseconds)
        .ok()
        .filter(|milliseconds| *milliseconds > 0 && timescale > 0)
}

/// The boxes that follow one another in `range`. What sticks out of it is cut off, so that the end of an upload that broke
/// off is still seen.
pub(super) fn boxes(file: &mut Bounded, range: Range<u64>) -> io::Result<Vec<IsoBox>> {
    let mut boxes = Vec::new();
    let mut position = range.start;
    // Less than a header is padding: QuickTime ends lists with four zeroes.
    while range.end.saturating_sub(position) >= 8 && boxes.len() < MAX_BOXES {
        file.seek(SeekFrom::Start(position))?;
        let header = match Header::read_from(file) {
            Ok(header) => header,
            Err(mp4_atom::Error::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            Err(_) => break,
        };
        let start = file.stream_position()?;
        let end = match header.size {
            Some(size) => start.saturating_add(size as u64).min(range.end),
            None => range.end,
        };
        boxes.push(IsoBox {
            kind: header.kind,
            body: start.min(end)..end,
        });
        // A header is at least eight bytes, so this always moves on.
        position = end.max(start);
    }
    Ok(boxes)
}

/// The first box of a type.
pub(super) fn find<'a>(boxes: &'a [IsoBox], kind: &[u8; 4]) -> Option<&'a IsoBox> {
    boxes.iter().find(|candidate| candidate.kind == FourCC::new(kind))
}

/// The children of the first box of a type; none if there is no such box.
pub(super) fn children_of(file: &mut Bounded, siblings: &[IsoBox], kind: &[u8; 4]) -> io::Result<Vec<IsoBox>> {
    find(siblings, kind).map_or(Ok(Vec::new()), |parent| boxes(file, parent.body.clone()))
}

/// Decodes the first box of the type `T`, if there is one; see [`leaf`].
pub(super) fn find_leaf<T: Atom>(file: &mut Bounded, siblings: &[IsoBox], limit: u64) -> io::Result<Option<T>> {
    let found = siblings.iter().find(|candidate| candidate.kind == T::KIND);
    found.map_or(Ok(None), |found| leaf(file, found, limit))
}

/// Decodes a box without children; `None` if it is larger than `limit` or not what it says it is: the rest of the file may
/// be all right.
pub(super) fn leaf<T: Atom>(file: &mut Bounded, found: &IsoBox, limit: u64) -> io::Result<Option<T>> {
    let size = found.body.end - found.body.start;
    if size > limit {
        return Ok(None);
    }
    let body = file.read_at(found.body.start, size)?;
    Ok(T::decode_body(&mut body.as_slice()).ok())
}
