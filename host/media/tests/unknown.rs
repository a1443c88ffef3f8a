//! Files that are no media, or none any more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

use std::fs;
use std::path::PathBuf;

use lectern_media::{InspectError, Inspection, Inspector, OCTET_STREAM, mimetype};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)).unwrap()
}

#[test]
fn a_file_that_is_no_media_is_unknown_with_the_type_of_its_name() {
    let folder = Folder::new();
    for (name, content, mimetype) in [
        (
            "captions.vtt",
            &b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"[..],
            "text/vtt",
        ),
        ("captions.srt", b"\xff\xfe1\0\n\0", "text/plain"),
        ("episode.xml", b"<dublincore/>", "text/xml"),
        ("data.json", b"{}", "application/json"),
        ("slide.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        ("photo.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "image/avif"),
        (
            "index.m3u8",
            b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n",
            "application/x-mpegURL",
        ),
        ("noise", b"\xff\xfb\x90\x44 is not an MP3", OCTET_STREAM),
        ("list.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "video/mp4"),
        ("empty.mp4", b"", "video/mp4"),
    ] {
        let path = folder.file(name, content);
        let expected = Inspection::Unknown {
            mimetype,
            size: content.len() as u64,
        };
        for inspector in [Inspector::built_in(), Inspector::detect()] {
            assert_eq!(inspector.inspect(&path).unwrap(), expected, "{name}");
        }
    }
}

#[test]
fn an_upload_that_broke_off_before_its_index_is_damaged() {
    let folder = Folder::new();
    let path = folder.file("lecture.mp4", &sample("h264-aac.mp4")[..5000]);
    for inspector in [Inspector::built_in(), Inspector::detect()] {
        let error = inspector.inspect(&path).unwrap_err();
        assert!(
            matches!(
                error,
                InspectError::Damaged {
                    mimetype: "video/mp4",
                    size: 5000,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            "the file is a damaged video/mp4: it has no index (moov box), as if cut off; \
             upload it again, or convert it to another format first"
        );
    }
}

#[test]
fn an_upload_that_broke_off_after_its_index_is_described() {
    let folder = Folder::new();
    let whole = sample("h264-vorbis.mkv");
    let path = folder.file("lecture.mkv", &whole[..whole.len() / 2]);
    let Inspection::Media(media) = Inspector::built_in().inspect(&path).unwrap() else {
        panic!("not recognised");
    };
    assert_eq!(
        (media.mimetype, media.duration, media.streams.len()),
        ("video/x-matroska", Some(1503), 2)
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let folder = Folder::new();
    let path = folder.0.path().join("gone.mp4");
    let error = Inspector::built_in().inspect(&path).unwrap_err();
    assert!(matches!(&error, InspectError::Read { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with(&format!("{} cannot be read: ", path.display())),
        "{error}"
    );
}

#[test]
fn only_files_are_opened() {
    let folder = Folder::new();
    let error = lectern_media::inspect(folder.0.path()).unwrap_err();
    assert!(matches!(error, InspectError::NotAFile { .. }), "{error:?}");
    // Opening it would wait for input.
    #[cfg(target_os = "linux")]
    {
        let error = lectern_media::inspect(std::path::Path::new("/dev/tty0")).unwrap_err();
        assert!(
            matches!(error, InspectError::NotAFile { .. } | InspectError::Read { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn names_give_the_types_that_opencast_gives_them() {
    for (name, expected) in [
        ("lecture.mp4", "video/mp4"),
        ("LECTURE.MP4", "video/mp4"),
        ("lecture.v2.final.mkv", "video/x-matroska"),
        ("lecture.m4v", "video/mp4"),
        ("lecture.mov", "video/quicktime"),
        ("lecture.webm", "video/webm"),
        ("lecture.avi", "video/avi"),
        ("lecture.ts", "video/mp2t"),
        ("lecture.ogv", "video/ogg"),
        ("lecture.mpg", "video/mpeg"),
        ("lecture.flv", "video/x-flv"),
        ("lecture.wmv", "video/x-ms-wmv"),
        ("lecture.mp3", "audio/mpeg"),
        ("lecture.m4a", "audio/m4a"),
        ("lecture.aac", "audio/aac"),
        ("lecture.wav", "audio/wav"),
        ("lecture.ogg", "audio/ogg"),
        ("lecture.opus", "audio/ogg"),
        ("lecture.flac", "audio/flac"),
        ("lecture.mka", "audio/x-matroska"),
        ("lecture.m3u8", "application/x-mpegURL"),
        ("lecture.mpd", "application/dash+xml"),
        ("slide.png", "image/png"),
        ("slide.jpg", "image/jpeg"),
        ("slide.jpeg", "image/jpeg"),
        ("slide.gif", "image/gif"),
        ("slide.svg", "image/svg+xml"),
        ("slide.webp", "image/webp"),
        ("captions.vtt", "text/vtt"),
        ("captions.srt", "text/plain"),
        ("captions.dfxp", "application/ttml+xml"),
        ("captions.ttml", "application/ttml+xml"),
        ("episode.xml", "text/xml"),
        ("cut.smil", "application/smil"),
        ("data.json", "application/json"),
        ("calendar.ics", "text/calendar"),
        ("slides.pdf", "application/pdf"),
        ("all.zip", "application/zip"),
        ("notes.txt", "text/plain"),
    ] {
        assert_eq!(mimetype(name), expected, "{name}");
    }
    for name in [
        "",
        "lecture",
        ".",
        "mp4",
        "lecture.",
        "lecture.mp4 ",
        "lecture.unheard-of",
        "../.mp4/x",
        "lecture.mp4\0",
    ] {
        assert_eq!(mimetype(name), OCTET_STREAM, "{name}");
    }
}
