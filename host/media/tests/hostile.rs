//! Files that somebody made to do harm: every inspection ends, with some result and within bounds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod bounds;

use std::io::Write;

use bounds::{SAMPLES, alone, sample, survives, survives_content};
use lectern_media::Inspection;

/// An MP4 box.
fn iso(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), body].concat()
}

fn iso_full(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    iso(kind, &[&[0; 4], body].concat())
}

/// An MP4 with one track that has this sample table.
fn mp4(table: &[u8], extra: &[u8]) -> Vec<u8> {
    let tkhd = iso_full(b"tkhd", &[&[0; 8], &1u32.to_be_bytes()[..], &[0; 68]].concat());
    let mdhd = iso_full(
        b"mdhd",
        &[&[0; 8], &1000u32.to_be_bytes()[..], &5000u32.to_be_bytes(), &[0; 4]].concat(),
    );
    let hdlr = iso_full(b"hdlr", &[&[0; 4], b"vide".as_slice(), &[0; 13]].concat());
    let minf = iso(b"minf", &iso(b"stbl", table));
    let trak = iso(b"trak", &[tkhd, iso(b"mdia", &[mdhd, hdlr, minf].concat())].concat());
    [iso(b"ftyp", b"isom\0\0\0\0"), iso(b"moov", &[&trak, extra].concat())].concat()
}

fn video_entry(children: &[u8]) -> Vec<u8> {
    let fields = [&[0; 24][..], &[0, 64, 0, 48], &[0; 50]].concat();
    iso_full(
        b"stsd",
        &[
            &1u32.to_be_bytes(),
            iso(b"avc1", &[&fields, children].concat()).as_slice(),
        ]
        .concat(),
    )
}

#[test]
fn boxes_within_boxes_do_not_exhaust_the_stack() {
    let _alone = alone();
    // Built from the inside out: a box for every level, as deep as 16 MiB allow.
    let nested = |kind: &[u8; 4], header: &[u8], levels: usize| {
        let step = 8 + header.len();
        let mut content = Vec::with_capacity(levels * step);
        for level in (1..=levels).rev() {
            content.extend(u32::try_from(level * step).unwrap().to_be_bytes());
            content.extend(kind);
            content.extend(header);
        }
        content
    };
    for kind in [b"moov", b"trak", b"mdia", b"meta", b"udta", b"stsd", b"avc1", b"wave"] {
        let deep = nested(kind, &[], 2_000_000);
        survives_content(&[iso(b"ftyp", b"isom\0\0\0\0"), deep.clone()].concat());
        survives_content(&mp4(&video_entry(&deep), &deep));
        survives_content(&mp4(&iso_full(b"stsd", &deep), &[]));
    }
    // Descriptors within descriptors, five bytes each.
    for size in [900, 100_000] {
        let descriptors = [0x03, 0x7f, 0, 1, 0].repeat(size / 5);
        let content = mp4(&video_entry(&iso_full(b"esds", &descriptors)), &[]);
        let Some(Inspection::Media(media)) = survives_content(&content) else {
            panic!("the rest is all right");
        };
        assert!(media.has_video());
    }
}

#[test]
fn counts_in_mp4_are_not_believed() {
    let _alone = alone();
    let many = u32::MAX.to_be_bytes();
    let index = |size: u32| iso_full(b"stsz", &[&size.to_be_bytes()[..], &many, &[0; 16]].concat());
    for table in [
        // Sizes that are not there, and sizes that are all the same, which need not be there.
        [video_entry(&[]), index(0)].concat(),
        [video_entry(&[]), index(u32::MAX)].concat(),
        iso_full(b"stsd", &many),
        // Larger than the file, and reaching beyond 64 bits.
        [&[0x7f, 0xff, 0xff, 0xff], &video_entry(&[])[4..]].concat(),
        [&[0, 0, 0, 1], b"stsd".as_slice(), &[0xff; 8], &[0; 64]].concat(),
    ] {
        survives_content(&mp4(&table, &[]));
    }
    // A run of four thousand million samples without a byte for any of them, a thousand times.
    let trex = iso_full(b"trex", &[&1u32.to_be_bytes(), &[0xff; 16][..]].concat());
    let run = iso_full(b"trun", &many);
    let traf = iso(b"traf", &[iso_full(b"tfhd", &1u32.to_be_bytes()), run].concat());
    let content = [
        mp4(&video_entry(&[]), &iso(b"mvex", &trex)),
        iso(b"moof", &traf).repeat(1000),
    ];
    survives_content(&content.concat());
}

#[test]
fn an_index_as_large_as_may_be_stays_within_bounds() {
    let _alone = alone();
    let count = (16 << 20) / 4 - 3;
    let sizes = [
        &0u32.to_be_bytes()[..],
        &u32::to_be_bytes(count),
        &vec![1; count as usize * 4],
    ]
    .concat();
    let Some(Inspection::Media(media)) =
        survives_content(&mp4(&[video_entry(&[]), iso_full(b"stsz", &sizes)].concat(), &[]))
    else {
        panic!("this is an MP4");
    };
    let lectern_media::Stream::Video(video) = &media.streams[0] else {
        panic!("{media:?}");
    };
    assert_eq!(video.framecount, Some(count.into()));
}

#[test]
fn any_number_of_small_boxes_comes_to_an_end() {
    let _alone = alone();
    let free = iso(b"free", &[]);
    survives_content(&[iso(b"ftyp", b"isom\0\0\0\0"), free.repeat(3_000_000)].concat());
    survives_content(
        &[
            iso(b"ftyp", b"isom\0\0\0\0"),
            iso(b"moov", &iso(b"trak", &[]).repeat(1_000_000)),
        ]
        .concat(),
    );
    survives_content(&mp4(&iso_full(b"stsd", &free.repeat(1_000_000)), &[]));
}

/// An EBML element whose size is given in eight bytes.
fn ebml(id: &[u8], size: u64, content: &[u8]) -> Vec<u8> {
    [id, &(1 << 56 | size).to_be_bytes(), content].concat()
}

fn ebml_of(id: &[u8], content: &[u8]) -> Vec<u8> {
    ebml(id, content.len() as u64, content)
}

const EBML: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
const SEEK_HEAD: &[u8] = &[0x11, 0x4d, 0x9b, 0x74];
const INFO: &[u8] = &[0x15, 0x49, 0xa9, 0x66];
const TRACKS: &[u8] = &[0x16, 0x54, 0xae, 0x6b];
const TAGS: &[u8] = &[0x12, 0x54, 0xc3, 0x67];
const CLUSTER: &[u8] = &[0x1f, 0x43, 0xb6, 0x75];
const UNKNOWN_SIZE: u64 = (1 << 56) - 1;

fn header() -> Vec<u8> {
    let versions = [ebml_of(&[0x42, 0x87], &[4]), ebml_of(&[0x42, 0x85], &[2])].concat();
    ebml_of(EBML, &[ebml_of(&[0x42, 0x82], b"webm"), versions].concat())
}

fn matroska(segment: &[u8]) -> Vec<u8> {
    [header(), ebml_of(SEGMENT, segment)].concat()
}

/// What describes a file with one track, apart from what is added to each part.
fn description(info: &[u8], entry: &[u8], tracks: &[u8]) -> Vec<u8> {
    let names = [ebml_of(&[0x4d, 0x80], b"test"), ebml_of(&[0x57, 0x41], b"test")].concat();
    let numbers = [
        ebml_of(&[0xd7], &[1]),
        ebml_of(&[0x73, 0xc5], &[1]),
        ebml_of(&[0x83], &[2]),
    ]
    .concat();
    let audio = [ebml_of(&[0x86], b"A_OPUS"), ebml_of(&[0xe1], &[])].concat();
    let entry = ebml_of(&[0xae], &[&numbers, audio.as_slice(), entry].concat());
    [
        ebml_of(INFO, &[&names, info].concat()),
        ebml_of(TRACKS, &[&entry, tracks].concat()),
    ]
    .concat()
}

#[test]
fn the_matroska_that_is_made_worse_below_is_all_right_itself() {
    let _alone = alone();
    let block = ebml_of(&[0xa3], &[0x81, 0x01, 0x00, 0x80]);
    let cluster = ebml_of(CLUSTER, &[ebml_of(&[0xe7], &[0x10, 0x00]), block].concat());
    let content = matroska(&[description(&[], &[], &[]), cluster].concat());
    let Some(Inspection::Media(media)) = survives_content(&content) else {
        panic!("not recognised");
    };
    assert_eq!(
        (media.mimetype, media.duration, media.streams.len()),
        ("audio/webm", Some(0x1000 + 0x100), 1)
    );
}

#[test]
fn loops_in_matroska_come_to_an_end() {
    let _alone = alone();
    // A list of positions that names itself, and a checksum first, which one library stumbles over for ever.
    let seek = ebml_of(
        &[0x4d, 0xbb],
        &[ebml_of(&[0x53, 0xab], SEEK_HEAD), ebml_of(&[0x53, 0xac], &[0])].concat(),
    );
    let described = description(&[], &[], &[]);
    let checksum = ebml_of(&[0xbf], &[0; 4]);
    for start in [
        ebml_of(SEEK_HEAD, &seek),
        [checksum, ebml_of(SEEK_HEAD, &seek)].concat(),
    ] {
        let content = matroska(&[start, described.clone()].concat());
        assert!(matches!(survives_content(&content), Some(Inspection::Media(_))));
    }
    // Elements of no size, of unknown size, and zeroes where elements should be.
    for end in [
        ebml(CLUSTER, 0, &[]).repeat(1_000_000),
        ebml(CLUSTER, UNKNOWN_SIZE, &[]).repeat(1_000_000),
        [0xec, 0x80].repeat(8_000_000),
        [ebml(CLUSTER, UNKNOWN_SIZE, &[]), [0xec, 0x80].repeat(8_000_000)].concat(),
        [ebml(CLUSTER, UNKNOWN_SIZE, &[]), [0xa0, 0x80].repeat(8_000_000)].concat(),
        [ebml(CLUSTER, UNKNOWN_SIZE, &[]), CLUSTER.repeat(5_000_000)].concat(),
        vec![0; 1 << 20],
    ] {
        survives_content(&matroska(&[described.clone(), end].concat()));
    }
}

#[test]
fn elements_of_matroska_do_not_grow_in_memory_without_bounds() {
    let _alone = alone();
    // An empty element takes two bytes in a file and twenty times that in memory.
    let tiny = [0x83, 0x80].repeat((1 << 19) - 500);
    let tags = ebml_of(TAGS, &tiny);
    survives_content(&matroska(&[description(&tiny, &[], &[]), tags.clone()].concat()));
    survives_content(&matroska(
        &[description(&[], &tiny[..(1 << 20) - 2000], &[]), tags.clone()].concat(),
    ));
    survives_content(&matroska(
        &[description(&[], &[], &tiny[..(1 << 20) - 2000]), tags].concat(),
    ));
    let entries = [0xae, 0x80].repeat((1 << 19) - 500);
    survives_content(&matroska(&description(&[], &[], &entries)));
    let numbers = [
        ebml_of(&[0xd7], &[1]),
        ebml_of(&[0x73, 0xc5], &[1]),
        ebml_of(&[0x83], &[17]),
    ]
    .concat();
    let entry = ebml_of(&[0xae], &[numbers, ebml_of(&[0x86], b"S")].concat());
    survives_content(&matroska(&description(
        &[],
        &[],
        &entry.repeat((1 << 20) / entry.len() - 10),
    )));
}

/// A file of this length, of which only the start takes up room.
fn sparse(start: &[u8], length: u64) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(start).unwrap();
    file.as_file().set_len(length).unwrap();
    file
}

#[test]
fn a_huge_file_is_neither_read_nor_kept_in_memory() {
    let _alone = alone();
    const HUGE: u64 = 1 << 40;
    let name = ebml(&[0x7b, 0xa9], HUGE / 2, &[]);
    let chunk = |id: &[u8; 4]| [id.as_slice(), &u32::MAX.to_le_bytes()].concat();
    let starts = [
        // Names and lists of half a terabyte, with zeroes to read for all of it.
        [header(), ebml(SEGMENT, HUGE - 100, &ebml(INFO, HUGE - 200, &name))].concat(),
        [header(), ebml(SEGMENT, UNKNOWN_SIZE, &description(&name, &[], &[]))].concat(),
        [
            header(),
            ebml(SEGMENT, UNKNOWN_SIZE, &description(&[], &[], &[])),
            ebml(CLUSTER, UNKNOWN_SIZE, &[]),
        ]
        .concat(),
        [
            &[0, 0, 0, 1],
            b"moov".as_slice(),
            &(HUGE - 100).to_be_bytes(),
            &[0, 0, 0, 1],
            b"trak",
            &(HUGE - 200).to_be_bytes(),
        ]
        .concat(),
        [
            chunk(b"RIFF"),
            b"WAVE".to_vec(),
            chunk(b"LIST"),
            b"INFO".to_vec(),
            chunk(b"INAM"),
        ]
        .concat(),
        [chunk(b"RIFF"), b"WAVE".to_vec(), chunk(b"fmt ")].concat(),
        [
            b"FORM".to_vec(),
            vec![0x7f; 4],
            b"AIFFCOMT".to_vec(),
            vec![0x7f; 4],
            vec![0xff; 4],
        ]
        .concat(),
        [b"fLaC".to_vec(), vec![0x04, 0xff, 0xff, 0xff], vec![0xff; 8]].concat(),
        [b"fLaC".to_vec(), [0x06, 0xff, 0xff, 0xff].repeat(100)].concat(),
        [b"OggS".to_vec(), vec![0; 22], vec![0xff; 256]].concat(),
        [b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec()].concat(),
        b"ID3\x04\0\0\0\0\0\0".repeat(1_000_000),
        b"\xff\xfb\x90\x44".to_vec(),
        b"\xff\xfb\x90\x44".repeat(1_000_000),
    ];
    for start in starts.iter().chain(SAMPLES.iter().map(|(_, sample)| sample)) {
        survives(sparse(start, HUGE).path());
    }
}

#[test]
fn a_tag_of_any_number_of_pages_stays_within_bounds() {
    let _alone = alone();
    let vorbis = sample("vorbis.ogg");
    // The first page as it is, then one packet without an end.
    let first = vorbis
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| *bytes == b"OggS")
        .nth(1)
        .unwrap()
        .0;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&vorbis[..first]).unwrap();
    for number in 1..1000u32 {
        let header = [
            b"OggS\0\x01".as_slice(),
            &[0xff; 8],
            &vorbis[14..18],
            &number.to_le_bytes(),
            &[0; 4],
            &[0xff; 256],
        ];
        let mut page = [&header.concat(), vec![b'x'; 255 * 255].as_slice()].concat();
        let checksum = ogg_checksum(&page);
        page[22..26].copy_from_slice(&checksum.to_le_bytes());
        file.write_all(&page).unwrap();
    }
    survives(file.path());
}

/// The checksum of a page of Ogg (RFC 3533, section 6).
fn ogg_checksum(page: &[u8]) -> u32 {
    page.iter().fold(0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 1 {
                sum << 1 ^ 0x04c1_1db7
            } else {
                sum << 1
            }
        })
    })
}
