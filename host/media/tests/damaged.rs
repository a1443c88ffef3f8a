//! Files that chance has damaged: every inspection ends, with some result and within bounds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod bounds;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use bounds::{SAMPLES, alone, sample, survives, survives_content};
use proptest::prelude::*;

#[test]
fn a_file_may_end_anywhere() {
    let _alone = alone();
    for (_, sample) in SAMPLES.iter() {
        let step = sample.len() / 200 + 1;
        for length in (0..sample.len().min(200)).chain((0..sample.len()).step_by(step)) {
            survives_content(&sample[..length]);
        }
    }
}

#[test]
fn every_byte_of_a_header_may_be_wrong() {
    let _alone = alone();
    for (_, sample) in SAMPLES.iter() {
        for position in 0..sample.len().min(300) {
            for value in [0x00, 0xff] {
                let mut content = sample.clone();
                content[position] = value;
                survives_content(&content);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_may_be_wrong(
        sample in any::<prop::sample::Index>(),
        // Four bytes at once hit a size as a whole.
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>(), 1..=4usize), 1..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let _alone = alone();
        let mut content = sample.get(&SAMPLES).1.clone();
        for (position, bytes, count) in changes {
            let position = position.index(content.len());
            for (target, byte) in content[position..].iter_mut().zip(&bytes[..count]) {
                *target = *byte;
            }
        }
        if let Some(cut) = cut {
            content.truncate(cut.index(content.len()));
        }
        survives_content(&content);
    }

    #[test]
    fn parts_may_be_doubled_or_missing(
        sample in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 1..2000usize,
        to in any::<prop::sample::Index>(),
        doubled in any::<bool>(),
    ) {
        let _alone = alone();
        let mut content = sample.get(&SAMPLES).1.clone();
        let from = from.index(content.len());
        let end = (from + length).min(content.len());
        if doubled {
            let part = content[from..end].to_vec();
            let to = to.index(content.len());
            content.splice(to..to, part);
        } else {
            content.drain(from..end);
        }
        survives_content(&content);
    }
}

#[test]
fn a_file_that_grows_or_shrinks_meanwhile_does_no_harm() {
    let _alone = alone();
    let sample = sample("h264-aac.mp4");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(sample).unwrap();
    let path = file.path().to_owned();
    let writer = std::thread::spawn(move || {
        let mut file = File::options().write(true).open(&path).unwrap();
        for length in (0..2000u64).map(|step| step * 37 % 12_000) {
            file.set_len(length).unwrap();
            file.seek(SeekFrom::Start(0)).unwrap();
            file.write_all(&sample[..length.min(sample.len() as u64) as usize])
                .unwrap();
        }
    });
    while !writer.is_finished() {
        survives(file.path());
    }
    writer.join().unwrap();
}
