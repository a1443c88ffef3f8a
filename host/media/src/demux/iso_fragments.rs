//! Fragmented MP4, as browsers and OBS record it: the samples are described by `moof` boxes throughout the file.

use std::collections::HashMap;
use std::io;

use mp4_atom::{FourCC, Tfhd, Trex, Trun, TrunSamples};

use super::iso::{self, IsoBox};
use crate::bounded::Bounded;

/// A box of a few numbers.
const SMALL: u64 = 4 << 10;
/// The run of samples of one fragment: 65,536 samples with all their fields.
const RUN: u64 = 1 << 20;

/// What the fragments add to each track.
#[derive(Default)]
pub(super) struct Fragments {
    tracks: HashMap<u32, Found>,
}

/// What the fragments of one track add up to.
#[derive(Default)]
pub(super) struct Found {
    /// In the track's units of time.
    pub(super) duration: u64,
    pub(super) samples: u64,
    pub(super) bytes: u64,
}

impl Fragments {
    pub(super) fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    pub(super) fn of_track(&self, id: u32) -> Option<&Found> {
        self.tracks.get(&id)
    }
}

/// Adds up all fragments among the boxes `top` of the file; `mvex` has the defaults of the tracks. If a file has more
/// fragments than may be read, nothing is known about any of them, rather than half of it.
pub(super) fn read(file: &mut Bounded, top: &[IsoBox], mvex: &IsoBox) -> io::Result<Fragments> {
    let mut defaults = HashMap::new();
    for child in of_kind(&iso::boxes(file, mvex.body.clone())?, b"trex") {
        if let Some(trex) = iso::leaf::<Trex>(file, child, SMALL)? {
            defaults.insert(trex.track_id, trex);
        }
    }
    let mut fragments = Fragments::default();
    for moof in of_kind(top, b"moof") {
        for traf in of_kind(&iso::boxes(file, moof.body.clone())?, b"traf") {
            let children = iso::boxes(file, traf.body.clone())?;
            let Some(header) = iso::find_leaf::<Tfhd>(file, &children, SMALL)? else {
                continue;
            };
            // Only tracks the index knows: an id invented per fragment must not fill the memory.
            let Some(default) = defaults.get(&header.track_id) else {
                continue;
            };
            let duration = header
                .default_sample_duration
                .unwrap_or(default.default_sample_duration);
            let size = header.default_sample_size.unwrap_or(default.default_sample_size);
            for run in of_kind(&children, b"trun") {
                if let Some(run) = iso::leaf::<Trun>(file, run, RUN)? {
                    fragments
                        .tracks
                        .entry(header.track_id)
                        .or_default()
                        .add(&run.samples, duration, size);
                }
            }
        }
    }
    Ok(fragments)
}

impl Found {
    fn add(&mut self, samples: &TrunSamples, duration: u32, size: u32) {
        let (count, durations, sizes) = match samples {
            TrunSamples::Inherited { count, .. } => {
                let count = u64::from(*count);
                (count, count * u64::from(duration), count * u64::from(size))
            }
            TrunSamples::Explicit(entries) => (
                entries.len() as u64,
                entries
                    .iter()
                    .map(|entry| u64::from(entry.duration.unwrap_or(duration)))
                    .sum(),
                entries.iter().map(|entry| u64::from(entry.size.unwrap_or(size))).sum(),
            ),
        };
        self.samples = self.samples.saturating_add(count);
        self.duration = self.duration.saturating_add(durations);
        self.bytes = self.bytes.saturating_add(sizes);
    }
}

fn of_kind<'a>(boxes: &'a [IsoBox], kind: &'static [u8; 4]) -> impl Iterator<Item = &'a IsoBox> {
    boxes
        .iter()
        .filter(move |candidate| candidate.kind == FourCC::new(kind))
}
