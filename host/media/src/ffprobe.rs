//! Asks `ffprobe` about a file. No shell is involved, the file can only be taken for a file, and what is in it can neither
//! make `ffprobe` open another one nor keep it busy beyond a limit.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::container::Container;
use crate::demux::Contents;
use crate::stream::{self, AudioStream, ScanOrder, ScanType, Stream, VideoStream};

/// What may be asked for comes in a few KiB, however many streams there are.
const MAX_OUTPUT: u64 = 4 << 20;

/// Only what holds its own media: a playlist could name any other file. The names are `ffmpeg`'s.
const FORMATS: &[(&str, Container)] = &[
    ("aac", Container::Aac),
    ("aiff", Container::Aiff),
    ("asf", Container::Asf),
    ("avi", Container::Avi),
    ("flac", Container::Flac),
    ("flv", Container::Flv),
    ("matroska", Container::Matroska),
    ("mov", Container::Mp4),
    ("mp3", Container::Mp3),
    ("mpeg", Container::MpegProgram),
    ("mpegts", Container::MpegTransport),
    ("mxf", Container::Mxf),
    ("ogg", Container::Ogg),
    ("wav", Container::Wav),
];

/// What is asked about each stream, and no more: tags may be as long as a file.
const STREAM_ENTRIES: &str = "stream=codec_type,codec_long_name,bit_rate,duration,nb_frames,avg_frame_rate,width,height,\
     field_order,channels,sample_rate,bits_per_sample,bits_per_raw_sample:stream_disposition=attached_pic:\
     stream_tags=BPS,BPS-eng,NUMBER_OF_FRAMES,NUMBER_OF_FRAMES-eng";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("it cannot be run: {0}")]
    Run(#[from] std::io::Error),
    #[error("it gave no answer within {0:?}")]
    TooLong(Duration),
    #[error("it does not know such files, or finds this one damaged")]
    Refused,
    #[error("its answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// What `ffprobe` finds in the file at `path`, an absolute path, within `limit`.
pub(crate) fn probe(ffprobe: &Path, path: &Path, limit: Duration) -> Result<Contents, ProbeError> {
    let output = run(ffprobe, path, limit)?;
    let report: Report = serde_json::from_slice(&output)?;
    report.into_contents().ok_or(ProbeError::Refused)
}

fn run(ffprobe: &Path, path: &Path, limit: Duration) -> Result<Vec<u8>, ProbeError> {
    let formats: Vec<_> = FORMATS.iter().map(|(name, _)| *name).collect();
    // Whatever its name, it is a file.
    let mut url = OsString::from("file:");
    url.push(path);
    let mut child = Command::new(ffprobe)
        .args(["-v", "quiet", "-of", "json", "-protocol_whitelist", "file"])
        .args(["-format_whitelist", &formats.join(",")])
        .args(["-show_entries", "format=format_name,duration:format_tags=major_brand"])
        .args(["-show_entries", STREAM_ENTRIES])
        .arg("-i")
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + limit;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut output = Vec::new();
            if stdout.take(MAX_OUTPUT).read_to_end(&mut output).is_ok() {
                // Nobody listens any more if the time is over.
                let _ = sender.send(output);
            }
        });
    }
    let output = receiver.recv_timeout(limit);
    let succeeded = finish(&mut child, deadline)?;
    match (output, succeeded) {
        (Ok(output), Some(true)) => Ok(output),
        (_, Some(false)) => Err(ProbeError::Refused),
        (Err(_), _) | (_, None) => Err(ProbeError::TooLong(limit)),
    }
}

/// Waits until `deadline` for a child that has closed its output, and ends it then; whether it succeeded, if it ended.
fn finish(child: &mut Child, deadline: Instant) -> Result<Option<bool>, ProbeError> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The answer of `ffprobe`, which writes most numbers as text.
#[derive(Deserialize)]
struct Report {
    format: ReportFormat,
    #[serde(default)]
    streams: Vec<ReportStream>,
}

#[derive(Deserialize)]
struct ReportFormat {
    format_name: String,
    duration: Option<String>,
    #[serde(default)]
    tags: ReportFormatTags,
}

#[derive(Deserialize, Default)]
struct ReportFormatTags {
    major_brand: Option<String>,
}

#[derive(Deserialize)]
struct ReportStream {
    codec_type: Option<String>,
    codec_long_name: Option<String>,
    bit_rate: Option<String>,
    duration: Option<String>,
    nb_frames: Option<String>,
    avg_frame_rate: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    field_order: Option<String>,
    channels: Option<u32>,
    sample_rate: Option<String>,
    bits_per_sample: Option<u32>,
    bits_per_raw_sample: Option<String>,
    #[serde(default)]
    disposition: ReportDisposition,
    #[serde(default)]
    tags: ReportStreamTags,
}

#[derive(Deserialize, Default)]
struct ReportDisposition {
    #[serde(default)]
    attached_pic: u8,
}

/// The statistics that `mkvmerge` writes, under names with a language in older versions.
#[derive(Deserialize, Default)]
struct ReportStreamTags {
    #[serde(rename = "BPS")]
    bits_per_second: Option<String>,
    #[serde(rename = "BPS-eng")]
    bits_per_second_eng: Option<String>,
    #[serde(rename = "NUMBER_OF_FRAMES")]
    frames: Option<String>,
    #[serde(rename = "NUMBER_OF_FRAMES-eng")]
    frames_eng: Option<String>,
}

impl Report {
    fn into_contents(self) -> Option<Contents> {
        let names: Vec<_> = self.format.format_name.split(',').collect();
        let (_, container) = FORMATS.iter().find(|(name, _)| names.contains(name))?;
        let container = match (container, self.format.tags.major_brand.as_deref()) {
            (Container::Mp4, Some("qt  ")) => Container::QuickTime,
            (container, _) => *container,
        };
        let duration = self.format.duration.as_deref().and_then(milliseconds);
        let streams: Vec<_> = self.streams.into_iter().filter_map(ReportStream::into_stream).collect();
        Some(Contents {
            container,
            duration,
            streams,
        })
        .filter(|contents| !contents.streams.is_empty())
    }
}

impl ReportStream {
    fn into_stream(self) -> Option<Stream> {
        let bits_per_second = self.tags.bits_per_second.or(self.tags.bits_per_second_eng);
        let bitrate = number(self.bit_rate)
            .or(number(bits_per_second))
            .map(|bits| bits as f64);
        let framecount = number(self.nb_frames)
            .or(number(self.tags.frames))
            .or(number(self.tags.frames_eng));
        match self.codec_type.as_deref()? {
            "video" if self.disposition.attached_pic == 0 => {
                let (scan_type, scan_order) = scan(self.field_order.as_deref());
                let framerate = self.avg_frame_rate.as_deref().and_then(fraction);
                let duration = self.duration.as_deref().and_then(milliseconds);
                Some(Stream::Video(VideoStream {
                    bitrate,
                    format: self.codec_long_name.filter(|name| name != "unknown"),
                    framecount: framecount.or(stream::estimated_frames(duration, framerate)),
                    framerate,
                    frame_width: self.width.filter(|width| *width > 0),
                    frame_height: self.height.filter(|height| *height > 0),
                    scan_type,
                    scan_order,
                    ..VideoStream::default()
                }))
            }
            "audio" => Some(Stream::Audio(AudioStream {
                bitrate,
                format: self.codec_long_name.filter(|name| name != "unknown"),
                framecount,
                channels: self.channels.filter(|channels| *channels > 0),
                sampling_rate: number(self.sample_rate).and_then(|rate| u32::try_from(rate).ok()),
                bit_depth: number(self.bits_per_raw_sample)
                    .and_then(|bits| u32::try_from(bits).ok())
                    .or(self.bits_per_sample)
                    .filter(|bits| *bits > 0),
                ..AudioStream::default()
            })),
            _ => None,
        }
    }
}

/// By way of microseconds, of which there is a whole number, down to milliseconds as in Opencast.
fn milliseconds(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    Some((seconds * 1e6).round() as u64 / 1000).filter(|milliseconds| *milliseconds > 0)
}

fn number(text: Option<String>) -> Option<u64> {
    text?.parse().ok().filter(|number| *number > 0)
}

/// `30000/1001`; `0/0` is not known.
fn fraction(text: &str) -> Option<f64> {
    let (numerator, denominator) = text.split_once('/')?;
    let value = numerator.parse::<f64>().ok()? / denominator.parse::<f64>().ok()?;
    Some(value).filter(|value| value.is_finite() && *value > 0.0)
}

fn scan(field_order: Option<&str>) -> (Option<ScanType>, Option<ScanOrder>) {
    match field_order {
        Some("progressive") => (Some(ScanType::Progressive), None),
        // Two letters: the field that is stored first, the field that is shown first.
        Some("tt" | "bt") => (Some(ScanType::Interlaced), Some(ScanOrder::TopFieldFirst)),
        Some("bb" | "tb") => (Some(ScanType::Interlaced), Some(ScanOrder::BottomFieldFirst)),
        _ => (None, None),
    }
}
