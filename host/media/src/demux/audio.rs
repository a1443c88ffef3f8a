//! Files of sound: MP3, WAV, AIFF, FLAC and Ogg, read by `symphonia`, which grows its buffers with what it has read.

use std::io::{self, Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSourceStream, ReadBytes};
use symphonia::default::formats::{AiffReader, FlacReader, MpaReader, OggReader, WavReader};

use super::{Contents, Failure};
use crate::bounded::Bounded;
use crate::codecs::{self, Pcm};
use crate::container::Container;
use crate::stream::{AudioStream, Stream, VideoStream};

/// Tags and pictures are kept in memory by the readers, and there may be any number of them.
const MAX_BYTES: u64 = 24 << 20;

/// Where a file starts after the ID3 tags before it (ID3v2.4, section 3.1); 0 if there are none. Rarely is there a second
/// tag, never a tenth.
pub(super) fn skip_id3(file: &mut Bounded) -> io::Result<u64> {
    let mut start: u64 = 0;
    for _ in 0..10 {
        let header = file.read_at(start, 10)?;
        let [b'I', b'D', b'3', _, _, flags, a, b, c, d] = *header.as_slice() else {
            break;
        };
        let size = [a, b, c, d]
            .into_iter()
            .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        start = start.saturating_add(10 + size + footer);
    }
    Ok(start)
}

/// Reads a file in this container that begins at `start`.
pub(super) fn read(mut file: Bounded, start: u64, container: Container) -> Result<Contents, Failure> {
    let length = file.length();
    file.lower_limit(MAX_BYTES);
    let first_page = match container {
        Container::Ogg => file.read_at(start, 4096).map_err(Failure::Io)?,
        _ => Vec::new(),
    };
    let reader = match open(file, start, container) {
        Ok(reader) => reader,
        // A frame header of two bytes is in many a file that has nothing to do with MPEG.
        Err(_) if container == Container::Mp3 && start == 0 => return Err(Failure::Unknown),
        Err(error) => return Err(Failure::Damaged(container, error.to_string())),
    };
    let tracks = reader.tracks();
    let mut duration = tracks.iter().filter_map(milliseconds).max();
    let mut streams: Vec<_> = theora(&first_page).map(Stream::Video).into_iter().collect();
    streams.extend(
        tracks
            .iter()
            .filter_map(|track| Some(Stream::Audio(stream(parameters(track)?)))),
    );
    let frames = tracks.first().and_then(all_frames);
    // What has not been read by now are the samples, apart from a tag at the end.
    let bits = length.saturating_sub(reader.into_inner().pos()) as f64 * 8.0;
    if let [Stream::Audio(audio)] = streams.as_mut_slice() {
        match (container, audio.bitrate, audio.sampling_rate, frames) {
            // Written into a pipe: the length in the header could not be filled in.
            (Container::Wav, Some(rate), _, None) => duration = Some((bits * 1000.0 / rate) as u64),
            (Container::Mp3, _, Some(rate), Some(frames)) => {
                audio.bitrate = Some((bits * f64::from(rate) / frames as f64).floor());
            }
            _ => {}
        }
    }
    Ok(Contents {
        container,
        duration: duration.filter(|duration| *duration > 0),
        streams,
    })
}

fn open(file: Bounded, start: u64, container: Container) -> Result<Box<dyn FormatReader>, Error> {
    let mut stream = MediaSourceStream::new(Box::new(file), Default::default());
    stream.seek(SeekFrom::Start(start))?;
    let options = FormatOptions::default();
    Ok(match container {
        Container::Wav => Box::new(WavReader::try_new(stream, options)?),
        Container::Aiff => Box::new(AiffReader::try_new(stream, options)?),
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
        _ => Box::new(MpaReader::try_new(stream, options)?),
    })
}

fn parameters(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(parameters)) => Some(parameters),
        _ => None,
    }
}

fn milliseconds(track: &Track) -> Option<u64> {
    let rate = parameters(track)?.sample_rate.filter(|rate| *rate > 0)?;
    u64::try_from(u128::from(track.num_frames?) * 1000 / u128::from(rate)).ok()
}

/// The samples of all frames, with those that are there for the encoder's sake only.
fn all_frames(track: &Track) -> Option<u64> {
    let silent = u64::from(track.delay.unwrap_or_default()) + u64::from(track.padding.unwrap_or_default());
    track
        .num_frames
        .and_then(|frames| frames.checked_add(silent))
        .filter(|frames| *frames > 0)
}

fn stream(parameters: &AudioCodecParameters) -> AudioStream {
    let (format, bits) = format(parameters.codec);
    let channels = parameters
        .channels
        .as_ref()
        .and_then(|channels| u32::try_from(channels.count()).ok());
    let channels = channels.filter(|channels| *channels > 0);
    // Uncompressed, the bit rate is a matter of multiplication.
    let bitrate = match (parameters.sample_rate, channels, bits) {
        (Some(rate), Some(channels), Some(bits)) => Some(f64::from(rate) * f64::from(channels) * f64::from(bits)),
        _ => None,
    };
    let bit_depth = match parameters.codec {
        CODEC_ID_FLAC => parameters.bits_per_sample,
        _ => bits,
    };
    AudioStream {
        bitrate,
        format: format.map(str::to_owned),
        channels,
        sampling_rate: parameters.sample_rate.filter(|rate| *rate > 0),
        bit_depth,
        ..AudioStream::default()
    }
}

/// The name of a codec and, if it stores samples as they are, in how many bits.
fn format(codec: AudioCodecId) -> (Option<&'static str>, Option<u32>) {
    let (kind, bits) = match codec {
        CODEC_ID_MP3 => return (Some(codecs::MP3), None),
        CODEC_ID_MP2 => return (Some(codecs::MP2), None),
        CODEC_ID_OPUS => return (Some(codecs::OPUS), None),
        CODEC_ID_VORBIS => return (Some(codecs::VORBIS), None),
        CODEC_ID_FLAC => return (Some(codecs::FLAC), None),
        CODEC_ID_PCM_ALAW => return (Some(codecs::A_LAW), Some(8)),
        CODEC_ID_PCM_MULAW => return (Some(codecs::MU_LAW), Some(8)),
        CODEC_ID_PCM_U8 => (Pcm::SignedLittle, 8),
        CODEC_ID_PCM_S16LE => (Pcm::SignedLittle, 16),
        CODEC_ID_PCM_S24LE => (Pcm::SignedLittle, 24),
        CODEC_ID_PCM_S32LE => (Pcm::SignedLittle, 32),
        CODEC_ID_PCM_S8 => (Pcm::SignedBig, 8),
        CODEC_ID_PCM_S16BE => (Pcm::SignedBig, 16),
        CODEC_ID_PCM_S24BE => (Pcm::SignedBig, 24),
        CODEC_ID_PCM_S32BE => (Pcm::SignedBig, 32),
        CODEC_ID_PCM_F32LE => (Pcm::FloatLittle, 32),
        CODEC_ID_PCM_F64LE => (Pcm::FloatLittle, 64),
        CODEC_ID_PCM_F32BE => (Pcm::FloatBig, 32),
        CODEC_ID_PCM_F64BE => (Pcm::FloatBig, 64),
        _ => return (None, None),
    };
    (codecs::pcm(kind, bits), Some(bits))
}

/// Theora, the video of Ogg, for which there is no demuxer, but whose first packet says what matters (Theora specification,
/// section 6.2).
fn theora(first_pages: &[u8]) -> Option<VideoStream> {
    const MARK: &[u8] = b"\x80theora";
    let position = first_pages.windows(MARK.len()).position(|bytes| bytes == MARK)?;
    let header = first_pages.get(position..position + 30)?;
    let number = |range| {
        header
            .get(range)
            .map(|bytes: &[u8]| bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    };
    let rate = f64::from(number(22..26)?) / f64::from(number(26..30)?);
    Some(VideoStream {
        format: Some(codecs::THEORA.to_owned()),
        frame_width: number(14..17).filter(|width| *width > 0),
        frame_height: number(17..20).filter(|height| *height > 0),
        framerate: Some(rate).filter(|rate| rate.is_finite() && *rate > 0.0),
        ..VideoStream::default()
    })
}
