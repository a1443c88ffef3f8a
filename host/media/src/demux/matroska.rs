//! Matroska and WebM (RFC 9559).
//!
//! `matroska-demuxer` reads the elements that describe a file. It gets copies of just these, of a limited size: given a
//! whole file, it follows what that says about positions and sizes, around in circles if it says so.

use std::io::{self, Cursor};

use matroska_demuxer::{FlagInterlaced, MatroskaFile, TrackEntry, TrackType};

use super::ebml::{self, Element};
use super::{Contents, Failure};
use crate::bounded::Bounded;
use crate::codecs;
use crate::container::Container;
use crate::stream::{AudioStream, ScanType, Stream, VideoStream};

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const TAGS: u32 = 0x1254_c367;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;

/// What one describing element may take: codecs put their tables into the tracks, subtitles their styles.
const DESCRIPTION: u64 = 1 << 20;
const MAX_TRACKS: usize = 100;
/// How far from the end the last cluster of a recording is looked for: half a minute, which is the longest a cluster can
/// be, of two 2.5 Mbit/s streams.
const TAIL: u64 = 20 << 20;
const TAIL_WINDOW: u64 = 256 << 10;

/// Reads the description of `file` and, if it was recorded without a duration, the time of its last frame.
pub(super) fn read(file: &mut Bounded) -> Result<Contents, Failure> {
    let damaged = |reason: String| Failure::Damaged(Container::Matroska, reason);
    let description = describe(file).map_err(|error| damaged(error.to_string()))?;
    let parsed = description.parse(true).or_else(|_| description.parse(false));
    let matroska = parsed.map_err(|error| damaged(error.to_string()))?;

    let nanoseconds = |ticks: f64| ticks * matroska.info().timestamp_scale().get() as f64;
    let stated = matroska.info().duration().map(nanoseconds);
    let duration = match stated.filter(|duration| duration.is_finite() && *duration > 0.0) {
        Some(duration) => Some(duration),
        // Better not to know the duration than to know nothing because a limit was reached.
        None => last_timestamp(file, description.clusters)
            .unwrap_or_default()
            .map(|ticks| nanoseconds(ticks as f64)),
    };
    let statistics = Statistics(matroska.tags().unwrap_or_default());
    let tracks = matroska.tracks().iter().take(MAX_TRACKS);
    Ok(Contents {
        container: if matroska.ebml_header().doc_type() == "webm" {
            Container::WebM
        } else {
            Container::Matroska
        },
        duration: duration
            .map(|nanoseconds| (nanoseconds / 1e6) as u64)
            .filter(|duration| *duration > 0),
        streams: tracks.filter_map(|track| stream(track, &statistics)).collect(),
    })
}

fn stream(track: &TrackEntry, statistics: &Statistics<'_>) -> Option<Stream> {
    let number = |value: u64| u32::try_from(value).ok();
    let bitrate = statistics.of_track(track, "BPS").map(|bits| bits as f64);
    let framecount = statistics.of_track(track, "NUMBER_OF_FRAMES");
    match track.track_type() {
        TrackType::Video => {
            let video = track.video()?;
            Some(Stream::Video(VideoStream {
                bitrate,
                format: codecs::of_codec_id(track.codec_id(), 0).map(str::to_owned),
                framecount,
                framerate: track
                    .default_duration()
                    .map(|nanoseconds| 1e9 / nanoseconds.get() as f64),
                frame_width: number(video.pixel_width().get()),
                frame_height: number(video.pixel_height().get()),
                scan_type: match video.flag_interlaced() {
                    FlagInterlaced::Interlaced => Some(ScanType::Interlaced),
                    FlagInterlaced::Progressive => Some(ScanType::Progressive),
                    _ => None,
                },
                ..VideoStream::default()
            }))
        }
        TrackType::Audio => {
            let audio = track.audio()?;
            let bits = audio.bit_depth().and_then(|bits| number(bits.get()));
            let format = codecs::of_codec_id(track.codec_id(), bits.unwrap_or_default());
            let lossless = track.codec_id().starts_with("A_PCM/") || matches!(track.codec_id(), "A_FLAC" | "A_ALAC");
            let rate = match format {
                // As in every container: what was recorded is stated, 48 kHz is what comes out.
                Some(codecs::OPUS) => 48_000.0,
                _ => audio.output_sampling_frequency().unwrap_or(audio.sampling_frequency()),
            };
            Some(Stream::Audio(AudioStream {
                bitrate,
                format: format.map(str::to_owned),
                framecount,
                channels: number(audio.channels().get()),
                sampling_rate: Some(rate.round() as u32).filter(|rate| *rate > 0),
                bit_depth: bits.filter(|_| lossless),
                ..AudioStream::default()
            }))
        }
        _ => None,
    }
}

/// The statistics that `mkvmerge` writes into the tags of each track.
struct Statistics<'a>(&'a [matroska_demuxer::Tag]);

impl Statistics<'_> {
    fn of_track(&self, track: &TrackEntry, name: &str) -> Option<u64> {
        let uid = track.track_uid().get();
        let of_track =
            |tag: &&matroska_demuxer::Tag| tag.targets().and_then(|targets| targets.tag_track_uid()) == Some(uid);
        let mut tags = self.0.iter().filter(of_track).flat_map(|tag| tag.simple_tags());
        tags.find(|tag| tag.name() == name)?.string()?.parse().ok()
    }
}

/// Copies of the elements that describe a file.
#[derive(Default)]
struct Description {
    ebml: Vec<u8>,
    info: Vec<u8>,
    tracks: Vec<u8>,
    tags: Vec<u8>,
    /// Where the first cluster is.
    clusters: u64,
}

impl Description {
    /// Has a file of nothing but the description read; without the tags, if these are what cannot be read.
    fn parse(&self, with_tags: bool) -> Result<MatroskaFile<Cursor<Vec<u8>>>, matroska_demuxer::DemuxError> {
        let mut segment = Vec::new();
        ebml::write(&mut segment, INFO, &self.info);
        ebml::write(&mut segment, TRACKS, &self.tracks);
        if with_tags && !self.tags.is_empty() {
            ebml::write(&mut segment, TAGS, &self.tags);
        }
        // The demuxer wants to know where to start.
        ebml::write(&mut segment, CLUSTER, &[]);
        let mut file = Vec::new();
        ebml::write(&mut file, EBML, &self.ebml);
        ebml::write(&mut file, SEGMENT, &segment);
        MatroskaFile::open(Cursor::new(file))
    }
}

/// Finds the elements that describe a file. Tags tend to be at its end, so this hops over all clusters, unless these are of
/// unknown size.
fn describe(file: &mut Bounded) -> io::Result<Description> {
    let mut description = Description::default();
    let copy = |file: &mut Bounded, element: &Element| match element.size {
        Some(size) if size <= DESCRIPTION => file.read_at(element.start, size),
        _ => Ok(Vec::new()),
    };
    let Some(header) = ebml::element(file, 0)? else {
        return Ok(description);
    };
    description.ebml = copy(file, &header)?;
    let Some(segment) = header.end(file).map_or(Ok(None), |end| ebml::element(file, end))? else {
        return Ok(description);
    };
    let mut position = segment.start;
    while let Some(element) = ebml::element(file, position)? {
        match element.id {
            INFO => description.info = copy(file, &element)?,
            TRACKS => description.tracks = copy(file, &element)?,
            TAGS => description.tags = copy(file, &element)?,
            CLUSTER if description.clusters == 0 => description.clusters = position,
            _ => {}
        }
        let Some(end) = element.end(file) else {
            break;
        };
        position = end;
    }
    Ok(description)
}

/// The time of the last frame, in ticks of the file. Browsers record without stating a duration, and without an index.
fn last_timestamp(file: &mut Bounded, clusters: u64) -> io::Result<Option<u64>> {
    let from = clusters.max(file.length().saturating_sub(TAIL));
    if clusters == 0 {
        return Ok(None);
    }
    let marker = CLUSTER.to_be_bytes();
    let mut end = file.length();
    while end > from {
        let start = from.max(end.saturating_sub(TAIL_WINDOW));
        // A marker may lie across the border of two windows.
        let window = file.read_at(start, end - start + marker.len() as u64 - 1)?;
        for (offset, _) in window
            .windows(marker.len())
            .enumerate()
            .rev()
            .filter(|(_, bytes)| *bytes == marker)
        {
            if let Some(last) = last_of_cluster(file, start + offset as u64)? {
                return Ok(Some(last));
            }
        }
        end = start;
    }
    Ok(None)
}

/// The time of the last frame of the cluster at `position`; `None` if that is no cluster after all.
fn last_of_cluster(file: &mut Bounded, position: u64) -> io::Result<Option<u64>> {
    let Some(cluster) = ebml::element(file, position)? else {
        return Ok(None);
    };
    let end = cluster.end(file).unwrap_or(file.length());
    let mut position = cluster.start;
    let mut start = None;
    let mut last = None;
    while let Some(element) = ebml::element(file, position)?.filter(|_| position < end) {
        match element.id {
            TIMESTAMP => {
                let content = file.read_at(element.start, element.size.unwrap_or_default().min(8))?;
                start = Some(content.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)));
            }
            SIMPLE_BLOCK | BLOCK => {
                // The track, in a number of one to eight bytes, and then the time relative to the cluster's.
                let header = file.read_at(element.start, 10)?;
                let relative =
                    ebml::number(&header).and_then(|(_, length)| header.get(length..length + 2)?.try_into().ok());
                let (Some(start), Some(relative)) = (start, relative) else {
                    break;
                };
                last = last.max(start.checked_add_signed(i16::from_be_bytes(relative).into()));
            }
            BLOCK_GROUP => {
                position = element.start;
                continue;
            }
            // Ids of four bytes are not found within a cluster.
            0x1000_0000.. => break,
            _ => {}
        }
        let Some(next) = element.end(file) else {
            break;
        };
        position = next;
    }
    Ok(last)
}
