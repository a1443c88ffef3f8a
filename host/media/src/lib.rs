//! Says what is in a media file on disk: its type, its duration, its size, and per stream what the API's `media` answers
//! hold. `ffprobe` answers when it is installed; otherwise the demuxers built into this crate do, for MP4, M4A, MOV,
//! Matroska, WebM, MP3, AAC, WAV, AIFF, FLAC and Ogg.
//!
//! A file comes from whoever may upload, so it is taken for hostile: only headers and indices are read, with limits on
//! bytes, steps, time and memory, and a demuxer that panics or runs away costs its own thread and nothing else.
//!
//! Does not belong here: checksums (taken while an upload is written), flavors, tags and URLs (the media package's),
//! playlists (`application/x-mpegURL` is only named, never followed), and decoding or transcoding of any kind.

mod bounded;
mod codecs;
mod container;
mod demux;
mod ffprobe;
mod inspector;
mod mimetype;
mod stream;

pub use inspector::{InspectError, Inspection, Inspector, Media, Summary, inspect, inspect_bytes};
pub use mimetype::{OCTET_STREAM, mimetype};
pub use stream::{AudioStream, ScanOrder, ScanType, Stream, VideoStream};
