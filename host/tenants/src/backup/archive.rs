//! Reading a backup. It may come from anywhere and be damaged, cut off, or made to do harm: every member is checked before anything is done
//! with it, and in the end all of them are held against the manifest.
//!
//! Only plain files under plain names are accepted. Links, folders, long or extended names, sparse files and whatever else the
//! format knows are refused, since this program writes none of it.
//!
//! Does not belong here: where the members go.

use std::collections::HashSet;
use std::io::{self, Read, Seek};

use lectern_data::migrations;
use tar::{Archive, EntryType};

use super::manifest::{FORMAT, Manifest, Member, Place, place};
use super::{DATABASE, MANIFEST};
use crate::TenantName;

/// How long a manifest may be, in bytes: that of some million files.
const LONGEST_MANIFEST: u64 = 512 << 20;

/// Why a file cannot be used as a backup.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is something else.
    #[error("it is not a backup made by `lectern backup`: {0}")]
    NoBackup(String),
    /// Its end is missing.
    #[error("it has been cut off: its last member, `{MANIFEST}`, is missing or incomplete; use another copy of it")]
    CutOff,
    /// A member is not what the manifest says.
    #[error("it is damaged: {0}; use another copy of it")]
    Damaged(String),
    /// It holds something that no backup holds.
    #[error("it holds `{name}`, {reason}: this is not a file that `lectern backup` has made, so nothing of it is used")]
    Refused {
        /// The member.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A newer program has made it.
    #[error(
        "it has {what} {found}, and this program knows {what}s up to {known}: use the program that has made it, {program}, or a newer one"
    )]
    Newer {
        /// `format` or `schema`.
        what: &'static str,
        /// Its number in the backup.
        found: usize,
        /// The newest that is known.
        known: usize,
        /// As the manifest has it.
        program: String,
    },
    /// The file cannot be read, or a member cannot be put where it goes.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Takes the members of a backup.
pub(crate) trait Sink {
    /// Takes a member, whose content has not been checked yet. What is not read is passed over.
    fn member(&mut self, place: Place<'_>, content: &mut dyn Read) -> io::Result<()>;
}

/// Takes nothing.
struct Nothing;

impl Sink for Nothing {
    fn member(&mut self, _place: Place<'_>, _content: &mut dyn Read) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a backup and checks everything but the database itself.
pub fn inspect(input: impl Read) -> Result<Manifest, Fault> {
    read(input, &mut Nothing)
}

/// Reads a backup from beginning to end. Whatever the sink has been given is good only if this succeeds.
pub(crate) fn read(input: impl Read, sink: &mut dyn Sink) -> Result<Manifest, Fault> {
    let mut archive = Archive::new(input);
    let mut names = Names::default();
    let mut members = Vec::new();
    let mut manifest: Option<Manifest> = None;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry.map_err(|error| unreadable(error, &members))?;
        let (name, size) = names.check(&entry)?;
        if manifest.is_some() {
            return Err(refused(&name, "which comes after the manifest"));
        }
        if name == MANIFEST {
            manifest = Some(parsed(&mut entry, size)?);
            continue;
        }
        let place = place(&name).ok_or_else(|| refused(&name, "which has no place in a backup"))?;
        let mut content = Content {
            inner: &mut entry,
            hasher: blake3::Hasher::new(),
            length: 0,
        };
        sink.member(place, &mut content)?;
        io::copy(&mut content, &mut io::sink())?;
        if content.length != size {
            return Err(Fault::CutOff);
        }
        let blake3 = content.hasher.finalize().to_hex().to_string();
        members.push(Member { name, size, blake3 });
    }
    let manifest = manifest.ok_or_else(|| missing_manifest(&members))?;
    compare(&manifest, &members)?;
    Ok(manifest)
}

/// Reads the manifest alone, passing over what precedes it.
pub(crate) fn manifest(input: impl Read + Seek) -> Result<Manifest, Fault> {
    let mut archive = Archive::new(input);
    let mut names = Names::default();
    let mut seen = Vec::new();
    for entry in archive.entries_with_seek()?.raw(true) {
        let mut entry = entry.map_err(|error| unreadable(error, &seen))?;
        let (name, size) = names.check(&entry)?;
        if name == MANIFEST {
            return parsed(&mut entry, size);
        }
        place(&name).ok_or_else(|| refused(&name, "which has no place in a backup"))?;
        let blake3 = String::new();
        seen.push(Member { name, size, blake3 });
    }
    Err(missing_manifest(&seen))
}

/// The names that an archive has had so far.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// The name and the length of a member that is a plain file and has not been there before.
    fn check<R: Read>(&mut self, entry: &tar::Entry<'_, R>) -> Result<(String, u64), Fault> {
        let header = entry.header();
        let name = header.path_bytes().into_owned();
        let name = String::from_utf8(name).map_err(|error| {
            let name = String::from_utf8_lossy(error.as_bytes()).escape_debug().to_string();
            refused(&name, "whose name is not UTF-8")
        })?;
        if header.entry_type() != EntryType::Regular {
            return Err(refused(&name, "which is not a plain file"));
        }
        let size = header.entry_size()?;
        if !self.0.insert(name.clone()) {
            return Err(refused(&name, "and that twice"));
        }
        Ok((name, size))
    }
}

fn refused(name: &str, reason: &'static str) -> Fault {
    // A name can be made to confuse whoever reads it on a terminal.
    let name = name.escape_debug().to_string();
    Fault::Refused { name, reason }
}

/// What is no archive at all, or one that ends in the middle.
fn unreadable(error: io::Error, members: &[Member]) -> Fault {
    match members {
        _ if error.kind() == io::ErrorKind::UnexpectedEof => Fault::CutOff,
        [] => Fault::NoBackup(error.to_string()),
        _ => Fault::Damaged(error.to_string()),
    }
}

fn missing_manifest(members: &[Member]) -> Fault {
    match members {
        [] => Fault::NoBackup("there is nothing in it".to_owned()),
        _ => Fault::CutOff,
    }
}

fn parsed(entry: &mut dyn Read, size: u64) -> Result<Manifest, Fault> {
    /// What every format begins with.
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
        #[serde(default)]
        program: String,
    }
    if size > LONGEST_MANIFEST {
        return Err(refused(MANIFEST, "which is longer than that of any backup"));
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text)?;
    if text.len() as u64 != size {
        return Err(Fault::CutOff);
    }
    let unusable = |error: serde_json::Error| Fault::Damaged(format!("`{MANIFEST}` cannot be read: {error}"));
    let Format { format, program } = serde_json::from_slice(&text).map_err(unusable)?;
    let newer = |what, found, known| Fault::Newer {
        what,
        found,
        known,
        program: program.escape_debug().to_string(),
    };
    if format > FORMAT {
        return Err(newer("format", format as usize, FORMAT as usize));
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(unusable)?;
    if manifest.schema > migrations::known() {
        return Err(newer("schema", manifest.schema, migrations::known()));
    }
    if manifest.tenant.parse::<TenantName>().is_err() {
        return Err(Fault::Damaged(format!("`{MANIFEST}` does not name a tenant")));
    }
    Ok(manifest)
}

fn compare(manifest: &Manifest, members: &[Member]) -> Result<(), Fault> {
    let damaged = |what: String| Err(Fault::Damaged(what));
    for (said, found) in manifest.members.iter().zip(members) {
        if said != found {
            return damaged(match said.name == found.name {
                true => format!("`{}` is not as it was written", found.name),
                false => format!("`{}` is in the place of `{}`", found.name, said.name.escape_debug()),
            });
        }
    }
    if manifest.members.len() != members.len() {
        let (said, found) = (manifest.members.len(), members.len());
        return damaged(format!("it has {found} members and not {said}"));
    }
    match members.iter().any(|member| member.name == DATABASE) {
        true => Ok(()),
        false => damaged(format!("`{DATABASE}` is missing")),
    }
}

/// A member on its way, whose digest is made.
struct Content<'e> {
    inner: &'e mut dyn Read,
    hasher: blake3::Hasher,
    length: u64,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.length += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
