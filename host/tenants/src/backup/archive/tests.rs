use super::*;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use tar::{Builder, Header};

const FILE: &str = "files/3f359b10-da82-4834-8e65-741bc62dcdaf";

/// An archive of these members, whatever they are.
fn archive(members: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in members {
        builder
            .append(&header(name, *kind, content.len() as u64), *content)
            .unwrap();
    }
    builder.into_inner().unwrap()
}

/// A header with any name, also one that nobody should write.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    let field = &mut header.as_old_mut().name;
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name.as_bytes()[..length]);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o600);
    header.set_cksum();
    header
}

fn manifest_of(members: &[(&str, &[u8])]) -> Manifest {
    Manifest {
        format: FORMAT,
        program: "lectern".to_owned(),
        tenant: "uni".to_owned(),
        schema: 1,
        members: members
            .iter()
            .map(|(name, content)| Member {
                name: (*name).to_owned(),
                size: content.len() as u64,
                blake3: blake3::hash(content).to_hex().to_string(),
            })
            .collect(),
        ..Manifest::default()
    }
}

/// A backup with these members and a manifest that describes them.
fn backup(members: &[(&str, &[u8])]) -> Vec<u8> {
    with_manifest(members, &manifest_of(members))
}

fn with_manifest(members: &[(&str, &[u8])], manifest: &Manifest) -> Vec<u8> {
    let text = serde_json::to_vec(manifest).unwrap();
    let mut all: Vec<_> = members
        .iter()
        .map(|(name, content)| (*name, EntryType::Regular, *content))
        .collect();
    all.push((MANIFEST, EntryType::Regular, &text));
    archive(&all)
}

const GOOD: [(&str, &[u8]); 3] = [
    ("tenant.db", b"a database"),
    ("settings/jwt.toml", b"settings"),
    (FILE, &[7; 2000]),
];

/// The refusal of an archive, which must be the same whether all of it is read or the manifest alone finds it.
fn fault(bytes: &[u8]) -> String {
    inspect(bytes).unwrap_err().to_string()
}

#[test]
fn a_backup_is_what_its_manifest_says() {
    let bytes = backup(&GOOD);
    let found = inspect(bytes.as_slice()).unwrap();
    assert_eq!(found, manifest_of(&GOOD));
    assert_eq!(found, manifest(Cursor::new(&bytes)).unwrap());
    assert_eq!(
        found.files().collect::<Vec<_>>(),
        ["3f359b10-da82-4834-8e65-741bc62dcdaf"]
    );
    assert_eq!(found.size(), 2018);
}

#[test]
fn a_sink_gets_every_member_where_it_goes() {
    struct Collect(Vec<String>);
    impl Sink for Collect {
        fn member(&mut self, place: Place<'_>, content: &mut dyn Read) -> io::Result<()> {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            self.0.push(format!("{place:?} {}", bytes.len()));
            Ok(())
        }
    }
    let mut collect = Collect(Vec::new());
    read(backup(&GOOD).as_slice(), &mut collect).unwrap();
    assert_eq!(
        collect.0,
        [
            "Database 10",
            "Setting(\"jwt.toml\") 8",
            "File(\"3f359b10-da82-4834-8e65-741bc62dcdaf\") 2000"
        ]
    );
}

#[test]
fn something_else_is_no_backup() {
    for bytes in [&b""[..], b"not an archive at all", &[0; 4096], &[b'x'; 4096]] {
        let found = fault(bytes);
        assert!(found.contains("not a backup") || found.contains("cut off"), "{found}");
    }
    let other = archive(&[("etc/passwd", EntryType::Regular, b"root")]);
    assert!(fault(&other).contains("`etc/passwd`"));
}

#[test]
fn a_backup_that_is_cut_off_anywhere_is_refused() {
    let bytes = backup(&GOOD);
    // Behind the manifest there is nothing but the end of the archive.
    let end = bytes.len() - 1024;
    for length in 0..end {
        let cut = &bytes[..length];
        assert!(inspect(cut).is_err(), "{length} of {end}");
        assert!(
            manifest(Cursor::new(cut)).is_err() || length + 512 > end,
            "{length} of {end}"
        );
    }
    inspect(&bytes[..end]).unwrap();
}

#[test]
fn a_member_that_is_not_as_it_was_written_is_named() {
    for (name, content) in [
        ("tenant.db", &b"a Database"[..]),
        ("settings/jwt.toml", b"settingz"),
        (FILE, &[8; 2000]),
        (FILE, &[7; 1999]),
    ] {
        let changed = GOOD.map(|(other, kept)| (other, if other == name { content } else { kept }));
        let found = fault(&with_manifest(&changed, &manifest_of(&GOOD)));
        assert!(found.contains(name) && found.contains("damaged"), "{found}");
    }
}

#[test]
fn members_that_are_missing_added_or_in_another_order_are_noticed() {
    for members in [
        &GOOD[..2],
        &GOOD[1..],
        &[GOOD[0], GOOD[2]],
        &[GOOD[1], GOOD[0], GOOD[2]],
    ] {
        let found = fault(&with_manifest(members, &manifest_of(&GOOD)));
        assert!(found.contains("damaged"), "{found}");
        if members.len() < 3 {
            let found = fault(&with_manifest(&GOOD, &manifest_of(members)));
            assert!(found.contains("damaged"), "{found}");
        }
    }
    assert!(fault(&backup(&GOOD[1..])).contains("`tenant.db` is missing"));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "../tenant.db",
        "/etc/passwd",
        "files/../../x",
        "settings/../../tenants.db",
        "settings/tenant.db-wal",
        "./tenant.db",
        "files/incoming",
        "tenant.db\u{202e}",
    ] {
        let members = [GOOD[0], (name, &b"x"[..])];
        let bytes = backup(&members);
        assert!(
            matches!(inspect(bytes.as_slice()), Err(Fault::Refused { .. })),
            "{name}"
        );
        assert!(
            matches!(manifest(Cursor::new(&bytes)), Err(Fault::Refused { .. })),
            "{name}"
        );
    }
    let mut bytes = archive(&[("tenant.db", EntryType::Regular, b"x")]);
    bytes[3] = 0xff;
    assert!(inspect(bytes.as_slice()).is_err());
}

#[test]
fn whatever_is_no_plain_file_is_refused() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::GNUSparse,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::Continuous,
    ] {
        let bytes = archive(&[("settings/x", kind, b""), ("tenant.db", EntryType::Regular, b"x")]);
        let found = fault(&bytes);
        assert!(found.contains("not a plain file"), "{kind:?}: {found}");
    }
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let members = [GOOD[0], GOOD[0]];
    assert!(fault(&backup(&members)).contains("twice"));
    let text = serde_json::to_vec(&manifest_of(&GOOD[..1])).unwrap();
    let twice = archive(&[
        ("tenant.db", EntryType::Regular, GOOD[0].1),
        (MANIFEST, EntryType::Regular, &text),
        (MANIFEST, EntryType::Regular, &text),
    ]);
    assert!(fault(&twice).contains("twice"));
    let after = archive(&[
        ("tenant.db", EntryType::Regular, GOOD[0].1),
        (MANIFEST, EntryType::Regular, &text),
        ("settings/x", EntryType::Regular, b"x"),
    ]);
    assert!(fault(&after).contains("after the manifest"));
}

#[test]
fn lengths_that_lie_do_no_harm() {
    for size in [11, 1 << 20, 1 << 40, u64::MAX >> 1, u64::MAX] {
        for name in ["tenant.db", MANIFEST] {
            let mut bytes = header(name, EntryType::Regular, size).as_bytes().to_vec();
            bytes.write_all(&[b' '; 512]).unwrap();
            assert!(inspect(bytes.as_slice()).is_err(), "{name} {size}");
            assert!(manifest(Cursor::new(&bytes)).is_err(), "{name} {size}");
        }
    }
}

#[test]
fn a_backup_of_a_newer_program_says_which_program_is_needed() {
    let newer = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest_of(&GOOD);
        manifest.program = "lectern 9.1".to_owned();
        change(&mut manifest);
        fault(&with_manifest(&GOOD, &manifest))
    };
    let format = newer(&|manifest| manifest.format = 2);
    assert!(
        format.contains("format 2") && format.contains("lectern 9.1"),
        "{format}"
    );
    let schema = newer(&|manifest| manifest.schema = 4711);
    assert!(
        schema.contains("schema 4711") && schema.contains("lectern 9.1"),
        "{schema}"
    );
    // Whatever else a newer format says.
    let text = br#"{"format": 3, "program": "lectern 10", "members": "elsewhere"}"#;
    let bytes = archive(&[(MANIFEST, EntryType::Regular, text)]);
    assert!(fault(&bytes).contains("format 3"));
}

#[test]
fn a_manifest_that_says_nothing_sensible_is_refused() {
    for text in ["", "{}", "[]", "{\"format\": 1}", "{\"format\": \"1\"}", "\u{0}"] {
        let bytes = archive(&[(MANIFEST, EntryType::Regular, text.as_bytes())]);
        assert!(fault(&bytes).contains(MANIFEST), "{text}");
    }
    let mut manifest = manifest_of(&GOOD);
    manifest.tenant = "../x".to_owned();
    assert!(fault(&with_manifest(&GOOD, &manifest)).contains("name a tenant"));
}

proptest! {
    /// One wrong byte is never overlooked, wherever it is; only what means nothing may differ: the padding, and the fields of headers
    /// that nobody reads.
    #[test]
    fn one_wrong_byte_changes_nothing_of_what_is_read(position in 0_usize..1 << 20, flip in 1_u8..) {
        let mut bytes = backup(&GOOD);
        let position = position % bytes.len();
        bytes[position] ^= flip;
        if let Ok(found) = inspect(bytes.as_slice()) {
            let mut expected = manifest_of(&GOOD);
            // What describes the backup as a whole has no digest.
            expected.program = found.program.clone();
            expected.tenant = found.tenant.clone();
            expected.name = found.name.clone();
            expected.created = found.created.clone();
            (expected.schema, expected.sequence) = (found.schema, found.sequence);
            prop_assert_eq!(found, expected);
        }
    }

    /// Archives of any members are read to an end, and accepted only if they are what they say.
    #[test]
    fn archives_of_anything_are_read_without_harm(
        members in prop::collection::vec((
            prop::sample::select(vec!["tenant.db", "settings/a", "settings/../b", FILE, MANIFEST, "x", ""]),
            prop::sample::select(vec![b'0', b'0', b'0', b'1', b'2', b'5', b'L', b'K', b'x', b'g', b'S', 0]),
            prop::collection::vec(any::<u8>(), 0..700),
            prop::option::of(any::<u64>()),
        ), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = Vec::new();
        for (name, kind, content, lie) in &members {
            let size = lie.unwrap_or(content.len() as u64);
            bytes.extend(header(name, EntryType::new(*kind), size).as_bytes());
            bytes.extend(content);
            bytes.resize(bytes.len().next_multiple_of(512), 0);
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        prop_assert!(inspect(bytes.as_slice()).is_err());
        prop_assert!(manifest(Cursor::new(&bytes)).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
        prop_assert!(inspect(bytes.as_slice()).is_err());
    }
}
