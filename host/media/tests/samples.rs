//! What is found in real files: by the built-in demuxers, and by them compared with `ffprobe`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

use std::path::PathBuf;

use lectern_media::{AudioStream, Inspection, Inspector, Media, ScanOrder, ScanType, Stream, VideoStream};
use serde_json::json;

fn sample(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

fn media(inspector: &Inspector, name: &str) -> Media {
    match inspector.inspect(&sample(name)).unwrap() {
        Inspection::Media(media) => media,
        unknown => panic!("{name}: {unknown:?}"),
    }
}

fn built_in(name: &str) -> Media {
    media(&Inspector::built_in(), name)
}

/// The streams as the API shows them.
fn streams(media: &Media) -> serde_json::Value {
    media
        .streams
        .iter()
        .map(|stream| (stream.identifier().to_owned(), json!(stream)))
        .collect()
}

const H264: &str = "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10";
const AAC: &str = "AAC (Advanced Audio Coding)";
const OPUS: &str = "Opus (Opus Interactive Audio Codec)";

#[test]
fn an_mp4_is_described_as_in_the_documentation_of_the_api() {
    let media = built_in("h264-aac.mp4");
    assert_eq!(
        (media.mimetype, media.duration, media.size),
        ("video/mp4", Some(1500), 10_395)
    );
    assert!(media.has_video() && media.has_audio());
    assert_eq!(
        streams(&media),
        json!({
            "video-1": {
                "identifier": "video-1", "framecount": 15, "framewidth": 64, "framerate": 10.0,
                "format": H264, "bitrate": 11456.0, "frameheight": 48,
            },
            "audio-1": {
                "identifier": "audio-1", "channels": 1, "framecount": 66,
                "format": AAC, "bitrate": 32431.0, "samplingrate": 44100,
            },
        })
    );
}

#[test]
fn the_fragments_of_an_mp4_are_added_up() {
    let media = built_in("fragmented.mp4");
    assert_eq!((media.mimetype, media.duration), ("video/mp4", Some(1700)));
    assert_eq!(
        streams(&media),
        json!({
            "video-1": {
                "identifier": "video-1", "framecount": 15, "framewidth": 64, "framerate": 10.0,
                "format": H264, "bitrate": 11456.0, "frameheight": 48,
            },
            "audio-1": {
                "identifier": "audio-1", "channels": 1, "framecount": 66,
                "format": AAC, "bitrate": 29058.0, "samplingrate": 44100,
            },
        })
    );
}

#[test]
fn a_quicktime_file_says_how_it_is_scanned_and_how_its_samples_are_stored() {
    let media = built_in("mpeg2-pcm.mov");
    assert_eq!((media.mimetype, media.duration), ("video/quicktime", Some(200)));
    let [Stream::Video(video), Stream::Audio(audio)] = media.streams.as_slice() else {
        panic!("{media:?}");
    };
    assert_eq!(video.format.as_deref(), Some("MPEG-2 video"));
    assert_eq!(
        (video.scan_type, video.scan_order),
        (Some(ScanType::Interlaced), Some(ScanOrder::TopFieldFirst))
    );
    assert_eq!(audio.format.as_deref(), Some("PCM signed 24-bit little-endian"));
    assert_eq!(
        (audio.bit_depth, audio.sampling_rate, audio.bitrate),
        (Some(24), Some(8000), Some(192_000.0))
    );
    assert_eq!(
        json!(video)
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.starts_with("scan"))
            .collect::<Vec<_>>(),
        [
            (&"scanorder".to_owned(), &json!("TopFieldFirst")),
            (&"scantype".to_owned(), &json!("Interlaced"))
        ],
    );
}

#[test]
fn a_track_may_have_a_name_in_any_encoding() {
    let mut content = std::fs::read(sample("mpeg2-pcm.mov")).unwrap();
    let name = b"VideoHandler";
    let position = content.windows(name.len()).position(|bytes| bytes == name).unwrap();
    content[position..position + name.len()].fill(0xe9);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();

    let inspection = Inspector::built_in().inspect_as(file.path(), "mpeg2-pcm.mov").unwrap();
    assert_eq!(inspection, Inspection::Media(built_in("mpeg2-pcm.mov")));
}

#[test]
fn an_m4a_is_audio() {
    let media = built_in("audio.m4a");
    assert_eq!((media.mimetype, media.duration), ("audio/m4a", Some(1500)));
    assert!(!media.has_video() && media.has_audio());
}

#[test]
fn a_webm_is_told_from_matroska() {
    let media = built_in("vp9-opus.webm");
    assert_eq!((media.mimetype, media.duration), ("video/webm", Some(1508)));
    assert_eq!(
        media.streams,
        [
            Stream::Video(VideoStream {
                identifier: "video-1".into(),
                format: Some("Google VP9".into()),
                framecount: Some(15),
                framerate: Some(10.0),
                frame_width: Some(64),
                frame_height: Some(48),
                scan_type: Some(ScanType::Progressive),
                ..VideoStream::default()
            }),
            Stream::Audio(AudioStream {
                identifier: "audio-1".into(),
                format: Some(OPUS.into()),
                channels: Some(1),
                sampling_rate: Some(48_000),
                ..AudioStream::default()
            }),
        ]
    );
    assert_eq!(built_in("h264-vorbis.mkv").mimetype, "video/x-matroska");
}

#[test]
fn a_recording_without_a_duration_ends_with_its_last_frame() {
    assert_eq!(built_in("recorded.webm").duration, Some(1501));
}

#[test]
fn statistics_in_the_tags_of_matroska_are_used() {
    let media = built_in("statistics.mkv");
    let [_, Stream::Video(video), _] = media.streams.as_slice() else {
        panic!("{media:?}");
    };
    assert_eq!((video.bitrate, video.framecount), (Some(9001.0), Some(14)));
}

#[test]
fn streams_are_numbered_by_kind_in_the_order_of_the_file() {
    let media = built_in("statistics.mkv");
    let identifiers: Vec<_> = media.streams.iter().map(Stream::identifier).collect();
    assert_eq!(identifiers, ["audio-1", "video-1", "audio-2"]);
}

#[test]
fn a_cover_is_not_a_video() {
    let with = built_in("cover.mp3");
    assert_eq!(with.mimetype, "audio/mpeg");
    assert!(!with.has_video() && with.has_audio());
    assert_eq!(with.streams, built_in("audio.mp3").streams);
}

#[test]
fn sound_files_are_described_each_in_its_way() {
    let lossy =
        |name, mimetype, duration, format, sampling_rate| (name, mimetype, duration, format, sampling_rate, None);
    for (name, mimetype, duration, format, sampling_rate, bit_depth) in [
        lossy("audio.mp3", "audio/mpeg", 1500, "MP3 (MPEG audio layer 3)", 44_100),
        lossy("vorbis.ogg", "audio/ogg", 1500, "Vorbis", 44_100),
        lossy("opus.ogg", "audio/ogg", 1506, OPUS, 48_000),
        (
            "audio.wav",
            "audio/wav",
            250,
            "PCM signed 16-bit little-endian",
            8000,
            Some(16),
        ),
        (
            "audio.aiff",
            "audio/aiff",
            250,
            "PCM signed 24-bit big-endian",
            8000,
            Some(24),
        ),
        (
            "audio.flac",
            "audio/flac",
            500,
            "FLAC (Free Lossless Audio Codec)",
            8000,
            Some(16),
        ),
    ] {
        let media = built_in(name);
        assert_eq!((media.mimetype, media.duration), (mimetype, Some(duration)), "{name}");
        let [Stream::Audio(audio)] = media.streams.as_slice() else {
            panic!("{name}: {media:?}");
        };
        assert_eq!(audio.format.as_deref(), Some(format), "{name}");
        assert_eq!(
            (audio.sampling_rate, audio.bit_depth),
            (Some(sampling_rate), bit_depth),
            "{name}"
        );
        assert_eq!(audio.channels, Some(if name == "audio.wav" { 2 } else { 1 }), "{name}");
    }
}

#[test]
fn ogg_with_theora_is_video() {
    let media = built_in("theora.ogv");
    assert_eq!((media.mimetype, media.duration), ("video/ogg", Some(500)));
    assert!(media.has_video() && media.has_audio());
}

#[test]
fn the_type_follows_the_content_where_the_name_is_wrong() {
    let inspect = |name| {
        Inspector::built_in()
            .inspect_as(&sample("vp9-opus.webm"), name)
            .unwrap()
    };
    assert_eq!(inspect("lecture.mp4").mimetype(), "video/webm");
    assert_eq!(inspect("lecture").mimetype(), "video/webm");
}

/// Nothing to compare with where there is no `ffprobe`; its own results are its authors' to test.
#[test]
fn the_built_in_demuxers_agree_with_ffprobe() {
    let with_ffprobe = Inspector::detect();
    if with_ffprobe.ffprobe().is_none() {
        eprintln!("not compared: there is no ffprobe on PATH");
        return;
    }
    let samples = std::fs::read_dir(sample(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in samples.filter(|name| !name.ends_with(".md") && !name.ends_with(".avi")) {
        let (ours, theirs) = (built_in(&name), media(&with_ffprobe, &name));
        assert_eq!((ours.mimetype, ours.size), (theirs.mimetype, theirs.size), "{name}");
        // ffprobe counts the silence that an MP3 encoder adds.
        let (our_duration, their_duration) = (ours.duration.unwrap(), theirs.duration.unwrap());
        assert!(
            our_duration.abs_diff(their_duration) <= 50,
            "{name}: {our_duration}, {their_duration}"
        );
        assert_eq!(ours.streams.len(), theirs.streams.len(), "{name}");
        for (our, their) in ours.streams.iter().zip(&theirs.streams) {
            match (our, their) {
                (Stream::Video(our), Stream::Video(their)) => {
                    assert_eq!(our.format, their.format, "{name}");
                    assert_eq!(
                        (our.frame_width, our.frame_height),
                        (their.frame_width, their.frame_height),
                        "{name}"
                    );
                    assert_eq!(our.framecount, their.framecount, "{name}");
                    assert_eq!(our.framerate, their.framerate, "{name}");
                    // It looks into the frames for these two; a container need not say how they are scanned.
                    assert!(our.scan_type.is_none() || our.scan_type == their.scan_type, "{name}");
                    assert!(our.scan_order.is_none() || our.scan_order == their.scan_order, "{name}");
                    assert_close(our.bitrate, their.bitrate, &name);
                }
                (Stream::Audio(our), Stream::Audio(their)) => {
                    assert_eq!(our.format, their.format, "{name}");
                    assert_eq!(
                        (our.channels, our.sampling_rate),
                        (their.channels, their.sampling_rate),
                        "{name}"
                    );
                    assert_eq!(our.bit_depth, their.bit_depth, "{name}");
                    assert_close(our.bitrate, their.bitrate, &name);
                }
                _ => panic!("{name}: {our:?}, {their:?}"),
            }
        }
    }
}

#[test]
fn what_only_ffprobe_knows_is_unknown_without_it() {
    let inspection = Inspector::built_in().inspect(&sample("mpeg4-mp3.avi")).unwrap();
    assert_eq!(
        inspection,
        Inspection::Unknown {
            mimetype: "video/avi",
            size: 15_436
        }
    );

    let with_ffprobe = Inspector::detect();
    if with_ffprobe.ffprobe().is_some() {
        let media = media(&with_ffprobe, "mpeg4-mp3.avi");
        assert_eq!(media.mimetype, "video/avi");
        assert!(media.has_video() && media.has_audio());
    }
}

#[track_caller]
fn assert_close(ours: Option<f64>, theirs: Option<f64>, name: &str) {
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        assert!((ours - theirs).abs() <= theirs / 100.0, "{name}: {ours}, {theirs}");
    }
}
