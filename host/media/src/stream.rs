//! The streams of a media file, in the shape of the API's `streams` object.

use serde::Serialize;

/// One stream. Serialises to the value the API keeps under the stream's identifier, with the API's member names and
/// only the members that are known.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Stream {
    /// Moving pictures; never cover art or subtitles.
    Video(VideoStream),
    /// Sound.
    Audio(AudioStream),
}

impl Stream {
    /// The key of this stream in the API's `streams` object: `video-1`, `audio-1`, `audio-2`, …
    pub fn identifier(&self) -> &str {
        match self {
            Stream::Video(video) => &video.identifier,
            Stream::Audio(audio) => &audio.identifier,
        }
    }
}

/// A video stream. What is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VideoStream {
    /// `video-1` for the first video stream of a file.
    pub identifier: String,
    /// Mean bit rate in bits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<f64>,
    /// The codec by its long name, as `ffprobe` and Opencast write it: `H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Number of frames. Where neither index nor tags say it, duration times frame rate, as in Opencast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framecount: Option<u64>,
    /// Mean frames per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framerate: Option<f64>,
    /// Coded width in pixels, before any rotation or aspect correction.
    #[serde(rename = "framewidth", skip_serializing_if = "Option::is_none")]
    pub frame_width: Option<u32>,
    /// Coded height in pixels, before any rotation or aspect correction.
    #[serde(rename = "frameheight", skip_serializing_if = "Option::is_none")]
    pub frame_height: Option<u32>,
    /// Whether frames are whole pictures or pairs of fields.
    #[serde(rename = "scantype", skip_serializing_if = "Option::is_none")]
    pub scan_type: Option<ScanType>,
    /// Which field of an interlaced frame comes first.
    #[serde(rename = "scanorder", skip_serializing_if = "Option::is_none")]
    pub scan_order: Option<ScanOrder>,
}

/// An audio stream. What is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AudioStream {
    /// `audio-1` for the first audio stream of a file.
    pub identifier: String,
    /// Mean bit rate in bits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<f64>,
    /// The codec by its long name, as `ffprobe` and Opencast write it: `AAC (Advanced Audio Coding)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Number of frames in the container's index; for PCM a frame is a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framecount: Option<u64>,
    /// Number of channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// Samples per second and channel.
    #[serde(rename = "samplingrate", skip_serializing_if = "Option::is_none")]
    pub sampling_rate: Option<u32>,
    /// Bits per sample; only codecs without loss have such a number.
    #[serde(rename = "bitdepth", skip_serializing_if = "Option::is_none")]
    pub bit_depth: Option<u32>,
}

/// How a video's frames are scanned; serialises to Opencast's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ScanType {
    /// Each frame holds two fields taken one after the other.
    Interlaced,
    /// Each frame is one picture.
    Progressive,
}

/// The order of the fields of interlaced video; serialises to Opencast's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ScanOrder {
    /// The field with the topmost line is shown first.
    TopFieldFirst,
    /// The field with the second line is shown first.
    BottomFieldFirst,
}

/// Numbers the streams of each kind in the order of the file, which is where the API's identifiers come from.
pub(crate) fn number(streams: &mut [Stream]) {
    let (mut videos, mut audios) = (0, 0);
    for stream in streams {
        match stream {
            Stream::Video(video) => {
                videos += 1;
                video.identifier = format!("video-{videos}");
            }
            Stream::Audio(audio) => {
                audios += 1;
                audio.identifier = format!("audio-{audios}");
            }
        }
    }
}

/// Opencast's estimate of the number of frames of a stream of this duration in milliseconds, where no index counts them:
/// duration times frame rate. Rounded, where Opencast cuts off: 2.002 s at 30000/1001 are 60 frames.
pub(crate) fn estimated_frames(duration: Option<u64>, framerate: Option<f64>) -> Option<u64> {
    Some((duration? as f64 / 1000.0 * framerate?).round() as u64).filter(|frames| *frames > 0)
}
