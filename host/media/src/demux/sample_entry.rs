//! Sample entries of MP4 and QuickTime: what kind of samples a track has.

use std::io;

use mp4_atom::{Audio, Btrt, Decode, Dfla, Dops, Esds, Fiel, FlacMetadataBlock, Visual};

use super::iso::{self, IsoBox};
use crate::bounded::Bounded;
use crate::codecs::{self, Pcm};
use crate::stream::{AudioStream, ScanOrder, ScanType, VideoStream};

/// What precedes the boxes of a video entry: the fields of SampleEntry and VisualSampleEntry.
const VISUAL_FIELDS: u64 = 78;
/// The same for audio, with the most that QuickTime's versions add.
const AUDIO_FIELDS: u64 = 64;
/// An entry's boxes are tens of bytes. `mp4-atom` recurses into descriptors, at five bytes a level; this bounds it.
const DETAIL: u64 = 1 << 10;

/// The kind of a track's samples, and what the entry says about them.
pub(super) enum SampleEntry {
    Video(VideoStream),
    Audio(AudioStream),
}

/// Reads the first entry of `stsd` for a track with this handler; `None` for tracks of neither video nor audio. Tracks that
/// change their kind of samples midway have several entries, the first of which is taken to speak for all.
pub(super) fn read(file: &mut Bounded, stsd: &IsoBox, handler: [u8; 4]) -> io::Result<Option<SampleEntry>> {
    // Version, flags and the number of entries come first.
    let entries = iso::boxes(file, stsd.body.start.saturating_add(8)..stsd.body.end)?;
    let Some(entry) = entries.first() else {
        return Ok(None);
    };
    Ok(match &handler {
        b"vide" => video(file, entry)?.map(SampleEntry::Video),
        b"soun" => audio(file, entry)?.map(SampleEntry::Audio),
        _ => None,
    })
}

fn video(file: &mut Bounded, entry: &IsoBox) -> io::Result<Option<VideoStream>> {
    let fields = file.read_at(entry.body.start, VISUAL_FIELDS.min(entry.body.end - entry.body.start))?;
    let Ok(visual) = Visual::decode(&mut fields.as_slice()) else {
        return Ok(None);
    };
    let children = iso::boxes(file, entry.body.start.saturating_add(VISUAL_FIELDS)..entry.body.end)?;
    let described = iso::find_leaf::<Esds>(file, &children, DETAIL)?.map(|esds| esds.es_desc.dec_config);
    let (scan_type, scan_order) = match iso::find_leaf::<Fiel>(file, &children, DETAIL)? {
        Some(Fiel { field_count: 1, .. }) => (Some(ScanType::Progressive), None),
        // 1 and 9 (which differ in how the fields are stored) have the top field first, 6 and 14 the bottom field.
        Some(Fiel {
            field_count: 2,
            field_order: 1 | 9,
        }) => (Some(ScanType::Interlaced), Some(ScanOrder::TopFieldFirst)),
        Some(Fiel {
            field_count: 2,
            field_order: 6 | 14,
        }) => (Some(ScanType::Interlaced), Some(ScanOrder::BottomFieldFirst)),
        Some(Fiel { field_count: 2, .. }) => (Some(ScanType::Interlaced), None),
        _ => (None, None),
    };
    let format = described
        .as_ref()
        .and_then(|described| codecs::of_object_type(described.object_type_indication))
        .or_else(|| codecs::of_sample_entry(entry.kind.into()));
    Ok(Some(VideoStream {
        bitrate: bitrate(file, &children, described.map(|described| described.avg_bitrate))?,
        format: format.map(str::to_owned),
        frame_width: known(visual.width.into()),
        frame_height: known(visual.height.into()),
        scan_type,
        scan_order,
        ..VideoStream::default()
    }))
}

fn audio(file: &mut Bounded, entry: &IsoBox) -> io::Result<Option<AudioStream>> {
    let fields = file.read_at(entry.body.start, AUDIO_FIELDS.min(entry.body.end - entry.body.start))?;
    let mut rest = fields.as_slice();
    let Ok(fixed) = Audio::decode(&mut rest) else {
        return Ok(None);
    };
    let consumed = (fields.len() - rest.len()) as u64;
    let mut children = iso::boxes(file, entry.body.start.saturating_add(consumed)..entry.body.end)?;
    // QuickTime wraps the boxes that MP4 has here.
    children.extend(iso::children_of(file, &children, b"wave")?);

    let kind = <[u8; 4]>::from(entry.kind);
    let mut channels = u32::from(fixed.channel_count);
    let mut sampling_rate = u32::from(fixed.sample_rate.integer());
    let little = match iso::find(&children, b"enda") {
        Some(enda) => file.read_at(enda.body.start, 2)? == [0, 1],
        None => false,
    };
    let mut uncompressed = codecs::pcm_of_sample_entry(kind, fixed.sample_size.into(), little);
    if let Some(second) = second_version(&fields) {
        (sampling_rate, channels) = (second.sampling_rate, second.channels);
        uncompressed = second.pcm.filter(|_| &kind == b"lpcm");
    }
    let mut bits = match &kind {
        b"alac" => Some(fixed.sample_size.into()),
        _ => uncompressed.map(|(_, bits)| bits),
    };
    if let Some(dops) = iso::find_leaf::<Dops>(file, &children, DETAIL)? {
        // Opus is 48 kHz whatever was recorded.
        (sampling_rate, channels) = (48_000, dops.output_channel_count.into());
    }
    // Comments may follow the block with the numbers, hence the larger limit.
    if let Some(dfla) = iso::find_leaf::<Dfla>(file, &children, 64 * DETAIL)? {
        for block in dfla.blocks {
            if let FlacMetadataBlock::StreamInfo {
                sample_rate,
                num_channels_minus_one,
                bits_per_sample_minus_one,
                ..
            } = block
            {
                (sampling_rate, channels) = (sample_rate, u32::from(num_channels_minus_one) + 1);
                bits = Some(u32::from(bits_per_sample_minus_one) + 1);
            }
        }
    }
    let described = iso::find_leaf::<Esds>(file, &children, DETAIL)?.map(|esds| esds.es_desc.dec_config);
    let mut format = match uncompressed {
        Some((pcm, bits)) => codecs::pcm(pcm, bits),
        None => codecs::of_sample_entry(kind),
    };
    if let Some(described) = &described {
        format = codecs::of_object_type(described.object_type_indication).or(format);
        // AAC's own configuration is right where the entry has a default; 7 stands for eight channels.
        if let Some(specific) = described.dec_specific.as_ref().filter(|_| format == Some(codecs::AAC)) {
            match specific.chan_conf {
                count @ 1..=6 => channels = count.into(),
                7 => channels = 8,
                _ => {}
            }
        }
    }
    Ok(Some(AudioStream {
        bitrate: bitrate(file, &children, described.map(|described| described.avg_bitrate))?,
        format: format.map(str::to_owned),
        channels: known(channels),
        sampling_rate: known(sampling_rate),
        bit_depth: bits.and_then(known),
        ..AudioStream::default()
    }))
}

/// What QuickTime's second version of an audio entry adds.
struct SecondVersion {
    sampling_rate: u32,
    channels: u32,
    pcm: Option<(Pcm, u32)>,
}

/// Reads an entry in the second version of QuickTime's format, whose ordinary fields hold fixed values (QuickTime File
/// Format, sound sample description version 2).
fn second_version(fields: &[u8]) -> Option<SecondVersion> {
    let number = |position: usize| Some(u32::from_be_bytes(fields.get(position..position + 4)?.try_into().ok()?));
    if fields.get(8..10)? != [0, 2] {
        return None;
    }
    let rate = f64::from_be_bytes(fields.get(32..40)?.try_into().ok()?);
    let (bits, flags) = (number(48)?, number(52)?);
    let pcm = match flags & 3 {
        0 => Pcm::SignedLittle,
        1 => Pcm::FloatLittle,
        2 => Pcm::SignedBig,
        _ => Pcm::FloatBig,
    };
    Some(SecondVersion {
        // A rate that is no number, or no rate, becomes 0, which stands for unknown.
        sampling_rate: if (0.0..=10_000_000.0).contains(&rate) {
            rate as u32
        } else {
            0
        },
        channels: number(40)?,
        pcm: Some((pcm, bits)).filter(|(_, bits)| *bits > 0),
    })
}

/// The bit rate an entry states; for files whose samples are not counted.
fn bitrate(file: &mut Bounded, children: &[IsoBox], described: Option<u32>) -> io::Result<Option<f64>> {
    let stated = iso::find_leaf::<Btrt>(file, children, DETAIL)?
        .map(|btrt| btrt.avg_bitrate)
        .or(described);
    Ok(stated.and_then(known).map(f64::from))
}

fn known(value: u32) -> Option<u32> {
    Some(value).filter(|value| *value > 0)
}
