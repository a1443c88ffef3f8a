//! How `ffprobe` is run, shown with programs in its place that do what it should not.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lectern_media::{Inspection, Inspector};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/h264-aac.mp4");

/// One test at a time: a program cannot be run while it is open for writing, and while it is being written, it is open in
/// every process that another test is just about to start.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program of this text in `folder`, and an inspector that takes it for `ffprobe`.
fn inspector(folder: &Path, program: &str, limit: Duration) -> Inspector {
    let path = folder.join("ffprobe");
    fs::write(&path, format!("#!/bin/sh\n{program}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Inspector::with_ffprobe(path, limit)
}

fn long() -> Duration {
    Duration::from_secs(3600)
}

#[test]
fn an_ffprobe_that_gives_no_answer_is_done_without() {
    let _alone = alone();
    let built_in = Inspector::built_in().inspect(Path::new(SAMPLE)).unwrap();
    for (program, limit) in [
        ("exit 1", long()),
        ("exec kill -9 $$", long()),
        ("echo this is no JSON", long()),
        ("echo '{}'", long()),
        (
            r#"echo '{"format": {"format_name": "tty"}, "streams": [{"codec_type": "video"}]}'"#,
            long(),
        ),
        (
            r#"echo '{"format": {"format_name": "mov,mp4"}, "streams": []}'"#,
            long(),
        ),
        // Runs on, says nothing, says too much, has closed its output.
        ("exec sleep 1000", Duration::from_millis(200)),
        ("exec yes", Duration::from_millis(200)),
        ("exec >&-; exec sleep 1000", Duration::from_millis(200)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let inspector = inspector(folder.path(), program, limit);
        assert_eq!(inspector.inspect(Path::new(SAMPLE)).unwrap(), built_in, "{program}");
    }
    let missing = Inspector::with_ffprobe(PathBuf::from("/nonexistent/ffprobe"), long());
    assert_eq!(missing.inspect(Path::new(SAMPLE)).unwrap(), built_in);
}

#[test]
fn a_file_name_is_neither_an_option_nor_a_protocol_nor_a_command() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let inspector = inspector(folder.path(), r#"printf '%s\n' "$@" > "$0.arguments"; exit 1"#, long());
    for name in [
        "-version",
        "http:localhost",
        "concat:a|b",
        "$(touch pwned).mp4",
        "; touch pwned",
        "a b",
    ] {
        let path = folder.path().join(name);
        fs::copy(SAMPLE, &path).unwrap();
        inspector.inspect(&path).unwrap();

        let arguments = fs::read_to_string(folder.path().join("ffprobe.arguments")).unwrap();
        let arguments: Vec<_> = arguments.lines().collect();
        let url = format!("file:{}", path.display());
        assert_eq!(
            arguments
                .iter()
                .filter(|argument| argument.contains(name))
                .collect::<Vec<_>>(),
            [&url]
        );
        assert_eq!(arguments[arguments.len() - 2..], ["-i", url.as_str()]);
        // And nothing that it opens is anything else.
        let whitelist = arguments
            .iter()
            .position(|argument| *argument == "-protocol_whitelist")
            .unwrap();
        assert_eq!(arguments[whitelist + 1], "file");
    }
    assert!(!folder.path().join("pwned").exists() && !Path::new("pwned").exists());
}

#[test]
fn the_answer_of_ffprobe_is_taken() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let answer = r#"{
        "streams": [
            {"codec_type": "video", "codec_long_name": "Motion JPEG", "width": 640, "height": 360, "field_order": "bb",
             "avg_frame_rate": "30000/1001", "duration": "2.002000", "disposition": {"attached_pic": 0}},
            {"codec_type": "video", "codec_long_name": "PNG", "avg_frame_rate": "0/0", "disposition": {"attached_pic": 1}},
            {"codec_type": "audio", "codec_long_name": "unknown", "sample_rate": "48000", "channels": 2,
             "bits_per_sample": 0, "bit_rate": "128000", "nb_frames": "95", "disposition": {"attached_pic": 0}},
            {"codec_type": "data"}
        ],
        "format": {"format_name": "avi", "duration": "2.048999"}
    }"#;
    let program = format!("cat << 'END'\n{answer}\nEND");
    let inspector = inspector(folder.path(), &program, long());
    let Inspection::Media(media) = inspector.inspect(Path::new(SAMPLE)).unwrap() else {
        panic!("not recognised");
    };
    assert_eq!((media.mimetype, media.duration), ("video/avi", Some(2048)));
    assert_eq!(
        serde_json::json!(media.streams),
        serde_json::json!([
            {
                "identifier": "video-1", "format": "Motion JPEG", "framewidth": 640, "frameheight": 360,
                "framerate": 30000.0 / 1001.0, "framecount": 60,
                "scantype": "Interlaced", "scanorder": "BottomFieldFirst",
            },
            {"identifier": "audio-1", "bitrate": 128000.0, "framecount": 95, "channels": 2, "samplingrate": 48000},
        ])
    );
}
