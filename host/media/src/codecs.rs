//! Names of codecs: from the codes of the containers to the long names of `ffprobe`, which are what Opencast shows, so that
//! it makes no difference for a client who inspected the file.

const H264: &str = "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10";
const HEVC: &str = "H.265 / HEVC (High Efficiency Video Coding)";
const VVC: &str = "H.266 / VVC (Versatile Video Coding)";
const AV1: &str = "Alliance for Open Media AV1";
const VP8: &str = "On2 VP8";
const VP9: &str = "Google VP9";
const MPEG1_VIDEO: &str = "MPEG-1 video";
const MPEG2_VIDEO: &str = "MPEG-2 video";
const MPEG4_PART_2: &str = "MPEG-4 part 2";
const H263: &str = "H.263 / H.263-1996, H.263+ / H.263-1998 / H.263 version 2";
const MJPEG: &str = "Motion JPEG";
const PRORES: &str = "Apple ProRes (iCodec Pro)";
pub(crate) const THEORA: &str = "Theora";

pub(crate) const AAC: &str = "AAC (Advanced Audio Coding)";
pub(crate) const MP2: &str = "MP2 (MPEG audio layer 2)";
pub(crate) const MP3: &str = "MP3 (MPEG audio layer 3)";
pub(crate) const OPUS: &str = "Opus (Opus Interactive Audio Codec)";
pub(crate) const VORBIS: &str = "Vorbis";
pub(crate) const FLAC: &str = "FLAC (Free Lossless Audio Codec)";
const ALAC: &str = "ALAC (Apple Lossless Audio Codec)";
const AC3: &str = "ATSC A/52A (AC-3)";
const EAC3: &str = "ATSC A/52B (AC-3, E-AC-3)";
const AMR_NB: &str = "AMR-NB (Adaptive Multi-Rate NarrowBand)";
const AMR_WB: &str = "AMR-WB (Adaptive Multi-Rate WideBand)";
pub(crate) const A_LAW: &str = "PCM A-law / G.711 A-law";
pub(crate) const MU_LAW: &str = "PCM mu-law / G.711 mu-law";

/// How the bytes of an uncompressed sample are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pcm {
    SignedLittle,
    SignedBig,
    FloatLittle,
    FloatBig,
}

/// The name of uncompressed audio with samples of `bits` bits.
pub(crate) fn pcm(kind: Pcm, bits: u32) -> Option<&'static str> {
    Some(match (kind, bits) {
        (Pcm::SignedLittle, 16) => "PCM signed 16-bit little-endian",
        (Pcm::SignedLittle, 24) => "PCM signed 24-bit little-endian",
        (Pcm::SignedLittle, 32) => "PCM signed 32-bit little-endian",
        (Pcm::SignedBig, 8) => "PCM signed 8-bit",
        (Pcm::SignedBig, 16) => "PCM signed 16-bit big-endian",
        (Pcm::SignedBig, 24) => "PCM signed 24-bit big-endian",
        (Pcm::SignedBig, 32) => "PCM signed 32-bit big-endian",
        // WAV and Matroska alike: samples of one byte have no sign.
        (Pcm::SignedLittle, 8) => "PCM unsigned 8-bit",
        (Pcm::FloatLittle, 32) => "PCM 32-bit floating point little-endian",
        (Pcm::FloatLittle, 64) => "PCM 64-bit floating point little-endian",
        (Pcm::FloatBig, 32) => "PCM 32-bit floating point big-endian",
        (Pcm::FloatBig, 64) => "PCM 64-bit floating point big-endian",
        _ => return None,
    })
}

/// What a sample entry of MP4 or QuickTime holds, by its type (ISO/IEC 14496-12, the MP4 Registration Authority's list);
/// `mp4a` and `mp4v` say more in their descriptor, see [`of_object_type`].
pub(crate) fn of_sample_entry(kind: [u8; 4]) -> Option<&'static str> {
    Some(match &kind {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" | b"dva1" | b"dvav" => H264,
        b"hev1" | b"hvc1" | b"hev2" | b"hvc2" | b"dvh1" | b"dvhe" => HEVC,
        b"vvc1" | b"vvi1" => VVC,
        b"av01" => AV1,
        b"vp08" => VP8,
        b"vp09" => VP9,
        b"m2v1" => MPEG2_VIDEO,
        b"mp4v" => MPEG4_PART_2,
        b"jpeg" | b"mjpg" | b"mjpa" | b"mjpb" => MJPEG,
        b"s263" | b"h263" => H263,
        b"ap4h" | b"ap4x" | b"apch" | b"apcn" | b"apcs" | b"apco" => PRORES,
        b"mp4a" => AAC,
        b".mp3" => MP3,
        b"Opus" => OPUS,
        b"fLaC" => FLAC,
        b"alac" => ALAC,
        b"ac-3" => AC3,
        b"ec-3" => EAC3,
        b"samr" => AMR_NB,
        b"sawb" => AMR_WB,
        b"alaw" => A_LAW,
        b"ulaw" => MU_LAW,
        _ => return None,
    })
}

/// How samples of a sample entry are stored, and their number of bits, for the uncompressed types of QuickTime and MP4:
/// `bits` is what the entry says, which not all types heed; `little` whether it says that bytes are swapped.
pub(crate) fn pcm_of_sample_entry(kind: [u8; 4], bits: u32, little: bool) -> Option<(Pcm, u32)> {
    let signed = if little { Pcm::SignedLittle } else { Pcm::SignedBig };
    let float = if little { Pcm::FloatLittle } else { Pcm::FloatBig };
    Some(match &kind {
        b"sowt" => (Pcm::SignedLittle, bits),
        b"twos" => (Pcm::SignedBig, bits),
        b"in24" => (signed, 24),
        b"in32" => (signed, 32),
        b"fl32" => (float, 32),
        b"fl64" => (float, 64),
        _ => return None,
    })
}

/// What a stream with an MPEG-4 descriptor holds, by its object type indication (ISO/IEC 14496-1, table 5).
pub(crate) fn of_object_type(indication: u8) -> Option<&'static str> {
    Some(match indication {
        0x20 => MPEG4_PART_2,
        0x21 => H264,
        0x23 => HEVC,
        0x40 | 0x66..=0x68 => AAC,
        0x60..=0x65 => MPEG2_VIDEO,
        0x69 | 0x6b => MP3,
        0x6a => MPEG1_VIDEO,
        0x6c => MJPEG,
        0xa5 => AC3,
        0xa6 => EAC3,
        0xad => OPUS,
        0xdd => VORBIS,
        _ => return None,
    })
}

/// What a track of Matroska or WebM holds, by its codec id (RFC 9559 and its registry of codecs).
pub(crate) fn of_codec_id(codec_id: &str, bits: u32) -> Option<&'static str> {
    Some(match codec_id {
        "V_MPEG4/ISO/AVC" => H264,
        "V_MPEGH/ISO/HEVC" => HEVC,
        "V_MPEGI/ISO/VVC" => VVC,
        "V_AV1" => AV1,
        "V_VP8" => VP8,
        "V_VP9" => VP9,
        "V_MPEG1" => MPEG1_VIDEO,
        "V_MPEG2" => MPEG2_VIDEO,
        "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/AP" => MPEG4_PART_2,
        "V_MJPEG" => MJPEG,
        "V_PRORES" => PRORES,
        "V_THEORA" => THEORA,
        "A_MPEG/L3" => MP3,
        "A_MPEG/L2" => MP2,
        "A_OPUS" => OPUS,
        "A_VORBIS" => VORBIS,
        "A_FLAC" => FLAC,
        "A_ALAC" => ALAC,
        "A_AC3" => AC3,
        "A_EAC3" => EAC3,
        "A_PCM/INT/LIT" => return pcm(Pcm::SignedLittle, bits),
        "A_PCM/INT/BIG" => return pcm(Pcm::SignedBig, bits),
        "A_PCM/FLOAT/IEEE" => return pcm(Pcm::FloatLittle, bits),
        // Older files add the profile: A_AAC/MPEG4/LC/SBR.
        aac if aac == "A_AAC" || aac.starts_with("A_AAC/") => AAC,
        _ => return None,
    })
}
