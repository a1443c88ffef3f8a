//! The inspection of a file, with `ffprobe` or without.

use std::env;
use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::container::Container;
use crate::demux::{self, Contents, Failure};
use crate::ffprobe;
use crate::mimetype::mimetype;
use crate::stream::{self, Stream};

/// How long `ffprobe` may take. It reads a few MiB from the start of a file, and all of it only if it has no index.
const FFPROBE_LIMIT: Duration = Duration::from_secs(30);

/// What is known about a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspection {
    /// A media file.
    Media(Media),
    /// A file of another kind, or of a container that only `ffprobe` knows while it is not there.
    Unknown {
        /// By the file's name, see [`mimetype`].
        mimetype: &'static str,
        /// In bytes.
        size: u64,
    },
}

impl Inspection {
    /// The file's MIME type.
    pub fn mimetype(&self) -> &'static str {
        match self {
            Inspection::Media(media) => media.mimetype,
            Inspection::Unknown { mimetype, .. } => mimetype,
        }
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Inspection::Media(media) => media.size,
            Inspection::Unknown { size, .. } => *size,
        }
    }
}

/// A media file.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// The type of the container, such as `video/mp4`: by content, and by the file's name as far as that fits.
    pub mimetype: &'static str,
    /// In milliseconds, rounded down; `None` if neither stated nor to be found out from headers.
    pub duration: Option<u64>,
    /// In bytes.
    pub size: u64,
    /// Video and audio in the order of the file. Empty if there is neither, or if no more than the container is known.
    pub streams: Vec<Stream>,
}

impl Media {
    /// The API's `has_video`.
    pub fn has_video(&self) -> bool {
        has_video(&self.streams)
    }

    /// The API's `has_audio`.
    pub fn has_audio(&self) -> bool {
        self.streams.iter().any(|stream| matches!(stream, Stream::Audio(_)))
    }
}

/// Why a file cannot be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is no such file, or it cannot be read.
    #[error("{path} cannot be read: {source}; check that it exists and that the server may read it")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("{path} is not a file; only files can be inspected")]
    NotAFile {
        /// What is not a file.
        path: PathBuf,
    },
    /// A media file whose headers make no sense.
    #[error("the file is a damaged {mimetype}: {reason}; upload it again, or convert it to another format first")]
    Damaged {
        /// The type of the container.
        mimetype: &'static str,
        /// The file's size in bytes.
        size: u64,
        /// What is wrong.
        reason: String,
    },
}

/// Inspects files, with `ffprobe` if it has one.
#[derive(Debug, Clone)]
pub struct Inspector {
    ffprobe: Option<PathBuf>,
    limit: Duration,
}

impl Inspector {
    /// Uses the `ffprobe` that is on `PATH`, if there is one.
    pub fn detect() -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut candidates = env::split_paths(&path).filter(|folder| folder.is_absolute());
        let ffprobe = candidates.find_map(|folder| {
            let candidate = folder.join("ffprobe").with_extension(env::consts::EXE_EXTENSION);
            candidate.is_file().then_some(candidate)
        });
        Inspector {
            ffprobe,
            limit: FFPROBE_LIMIT,
        }
    }

    /// Uses only the built-in demuxers.
    pub fn built_in() -> Self {
        Inspector {
            ffprobe: None,
            limit: FFPROBE_LIMIT,
        }
    }

    /// Uses the `ffprobe` at this path, for no longer than `limit` on each file, and then the built-in demuxers.
    pub fn with_ffprobe(ffprobe: PathBuf, limit: Duration) -> Self {
        Inspector {
            ffprobe: Some(ffprobe),
            limit,
        }
    }

    /// The `ffprobe` in use, to be shown when the server starts.
    pub fn ffprobe(&self) -> Option<&Path> {
        self.ffprobe.as_deref()
    }

    /// Inspects the file at `path`, whose last part is its name. Blocks for milliseconds as a rule, for the time limits
    /// at most; not to be called on a thread that serves requests.
    pub fn inspect(&self, path: &Path) -> Result<Inspection, InspectError> {
        self.inspect_as(path, &path.file_name().unwrap_or_default().to_string_lossy())
    }

    /// The same for a file that is stored under another name than it was uploaded with.
    pub fn inspect_as(&self, path: &Path, file_name: &str) -> Result<Inspection, InspectError> {
        let unreadable = |source| InspectError::Read {
            path: path.to_owned(),
            source,
        };
        // Opening a pipe would block.
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(InspectError::NotAFile { path: path.to_owned() });
        }
        let size = metadata.len();
        let file = File::open(path).map_err(unreadable)?;
        let built_in = move || demux::demux(file, size);

        let contents = match self.probe(path) {
            Some(probed) => Ok(completed(probed, built_in)),
            None => built_in(),
        };
        inspection(contents, file_name, size).map_err(|failure| match failure {
            Failure::Io(source) => unreadable(source),
            failure => damaged(failure, file_name, size),
        })
    }

    /// The answer of `ffprobe`, if there is one.
    fn probe(&self, path: &Path) -> Option<Contents> {
        let ffprobe = self.ffprobe.as_deref()?;
        let answer = std::path::absolute(path)
            .map_err(ffprobe::ProbeError::Run)
            .and_then(|path| ffprobe::probe(ffprobe, &path, self.limit));
        match answer {
            Ok(contents) => Some(contents),
            Err(ffprobe::ProbeError::Refused) => None,
            Err(error) => {
                tracing::warn!(ffprobe = %ffprobe.display(), file = %path.display(), "inspecting without ffprobe: {error}");
                None
            }
        }
    }
}

/// Inspects the file at `path` with the `ffprobe` that was on `PATH` when this was first called, or without one; see
/// [`Inspector::inspect`].
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    static INSPECTOR: LazyLock<Inspector> = LazyLock::new(Inspector::detect);
    INSPECTOR.inspect(path)
}

/// Says what is in the bytes of a file of this name, by the built-in demuxers alone.
pub fn inspect_bytes(content: &Arc<[u8]>, file_name: &str) -> Result<Inspection, InspectError> {
    let size = content.len() as u64;
    let contents = demux::demux(Cursor::new(Arc::clone(content)), size);
    inspection(contents, file_name, size).map_err(|failure| damaged(failure, file_name, size))
}

fn inspection(contents: Result<Contents, Failure>, file_name: &str, size: u64) -> Result<Inspection, Failure> {
    match contents {
        Ok(contents) => Ok(Inspection::Media(media(contents, file_name, size))),
        Err(Failure::Unknown) => Ok(Inspection::Unknown {
            mimetype: mimetype(file_name),
            size,
        }),
        Err(failure) => Err(failure),
    }
}

fn damaged(failure: Failure, file_name: &str, size: u64) -> InspectError {
    let (mimetype, reason) = match failure {
        Failure::Damaged(container, reason) => (container.mimetype(file_name, true), reason),
        Failure::Io(error) => (mimetype(file_name), error.to_string()),
        Failure::Unknown => (mimetype(file_name), "nobody knows what it is".to_owned()),
    };
    InspectError::Damaged { mimetype, size, reason }
}

/// What is kept of an inspection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// MIME type.
    pub mimetype: String,
    /// Milliseconds, if it is a medium and its length is known.
    pub duration: Option<i64>,
    /// A JSON array of the streams of a medium; empty if it is none.
    pub streams: String,
}

impl Summary {
    /// Of a file that is no medium, or a damaged one, little is kept. Only one that cannot be read is an error.
    pub fn of(inspected: Result<Inspection, InspectError>) -> io::Result<Self> {
        match inspected {
            Ok(Inspection::Media(media)) => Ok(Self {
                mimetype: media.mimetype.to_owned(),
                duration: media.duration.and_then(|duration| i64::try_from(duration).ok()),
                streams: serde_json::to_string(&media.streams)?,
            }),
            Ok(Inspection::Unknown { mimetype, .. }) => Ok(Self {
                mimetype: mimetype.to_owned(),
                ..Self::default()
            }),
            Err(InspectError::Damaged { mimetype, reason, .. }) => {
                tracing::info!(%mimetype, %reason, "a medium is damaged");
                Ok(Self {
                    mimetype: mimetype.to_owned(),
                    ..Self::default()
                })
            }
            Err(InspectError::Read { source, .. }) => Err(source),
            Err(error @ InspectError::NotAFile { .. }) => Err(io::Error::other(error)),
        }
    }
}

/// Adds what only the built-in demuxers find out: the duration of a browser's recording, and WebM, which `ffprobe` calls
/// Matroska.
fn completed(probed: Contents, built_in: impl FnOnce() -> Result<Contents, Failure>) -> Contents {
    if probed.container != Container::Matroska && probed.duration.is_some() {
        return probed;
    }
    match built_in() {
        Ok(found) => Contents {
            container: found.container,
            duration: probed.duration.or(found.duration),
            streams: probed.streams,
        },
        Err(_) => probed,
    }
}

fn media(contents: Contents, file_name: &str, size: u64) -> Media {
    let Contents {
        container,
        duration,
        mut streams,
    } = contents;
    stream::number(&mut streams);
    for stream in &mut streams {
        if let Stream::Video(video) = stream {
            video.framecount = video.framecount.or(stream::estimated_frames(duration, video.framerate));
        }
    }
    Media {
        mimetype: container.mimetype(file_name, has_video(&streams)),
        duration,
        size,
        streams,
    }
}

fn has_video(streams: &[Stream]) -> bool {
    streams.iter().any(|stream| matches!(stream, Stream::Video(_)))
}
