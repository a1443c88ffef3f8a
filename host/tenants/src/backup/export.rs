//! A tenant in a form that people and other programs can read: documents in JSON, and the files under the names that they were given. It
//! cannot be restored; for that there are backups.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use lectern_data::export;
use lectern_data::sql::SqlError;
use serde_json::json;
use tar::{Builder, EntryType, Header};

use super::snapshot::{Snapshot, other};
use crate::admin::Admin;
use crate::folder::create_file;
use crate::output::Output;
use crate::{Error, Host, TenantName};

/// What is said first.
const README: &str = "\
This archive holds what a tenant of Lectern holds, as it was at one moment, in a form that people and other programs can read.

tenant.json       the institution: names, hosts, properties
events.json       events: metadata, access lists, tracks and publications
series.json       series: metadata, access lists, properties
playlists.json    playlists and their entries
workflows.json    what was done to events
groups.json       groups of users, their roles and members
users.json        users with their roles
agents.json       capture agents
api-keys.json     names and roles of API keys
audit.json        who changed what
views.json        when events were watched
files/EVENT/FILE/NAME
                  the files of events; EVENT is the identifier of the event, FILE that of the file in the documents

Each document but the first is an array with one object on each line. Times are in UTC, durations in milliseconds. Passwords, keys and
what else is needed to log in are not here in any form. What the fields mean is described in docs/fields.md of Lectern.
";

impl Admin {
    /// Writes everything that a tenant holds to a new archive; gives the number of files in it.
    pub fn export_tenant(&self, tenant: &TenantName, file: &Path) -> Result<usize, Error> {
        let entry = self.registry.entry(tenant)?;
        let database = self.folder.database(tenant);
        let failed = |source: SqlError| Error::Database {
            name: tenant.clone(),
            path: database.clone(),
            source,
        };
        let mut output = Output::create(file)?;
        let documents = Scratch::new(&output.beside("json"))?;
        let mut snapshot = Snapshot::take(&self.folder, tenant, &output.beside("db"))?;
        snapshot.make_current().map_err(failed)?;
        let mut archive = Builder::new(BufWriter::with_capacity(1 << 18, &mut output));
        let mut add = |name: &str, size: u64, content: &mut dyn Read| -> io::Result<()> {
            let mut header = Header::new_gnu();
            header.set_entry_type(EntryType::Regular);
            header.set_size(size);
            header.set_mode(0o600);
            archive.append_data(&mut header, name, content)
        };
        let mut organization = export::organization(&snapshot.sql).map_err(failed)?;
        if let Some(object) = organization.as_object_mut() {
            let hosts: Vec<&str> = entry.hosts.iter().map(Host::as_str).collect();
            object.insert("hosts".to_owned(), json!(hosts));
        }
        let organization = format!("{organization:#}\n");
        for (name, text) in [("README.txt", README), ("tenant.json", &organization)] {
            add(name, text.len() as u64, &mut text.as_bytes()).map_err(Error::Output)?;
        }
        for document in export::DOCUMENTS {
            let (size, mut content) = documents.fill(&snapshot, document).map_err(|error| match error {
                Fill::Io(error) => Error::Output(error),
                Fill::Data(error) => failed(other(error.message)),
            })?;
            add(&format!("{document}.json"), size, &mut content).map_err(Error::Output)?;
        }
        let files = export::files(&snapshot.sql).map_err(|error| failed(other(error.message)))?;
        for (event, identifier, name) in &files {
            let reading = |source| Error::File {
                action: "read the file",
                path: self.folder.files(tenant).join(identifier),
                source,
            };
            let mut content = snapshot.files.open(identifier).map_err(reading)?;
            let size = content.metadata().map_err(reading)?.len();
            add(&path(event, identifier, name), size, &mut content).map_err(Error::Output)?;
        }
        let written = archive.into_inner().and_then(|mut output| output.flush());
        written.map_err(Error::Output)?;
        output.finish()?;
        Ok(files.len())
    }
}

/// Where a file is in the archive. Identifiers of events are the clients' choice, so nothing of them may lead elsewhere.
fn path(event: &str, file: &str, name: &str) -> String {
    let harmless = |text: &str| match text.trim_matches('.').is_empty() {
        true => "_".repeat(text.len().max(1)),
        false => text.replace(['/', '\\', '\0'], "_"),
    };
    format!("files/{}/{file}/{}", harmless(event), harmless(name))
}

/// A file to collect a document in.
struct Scratch(std::path::PathBuf);

enum Fill {
    Io(io::Error),
    Data(lectern_data::model::Error),
}

impl Scratch {
    fn new(path: &Path) -> Result<Self, Error> {
        create_file(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The length and the content of a document.
    fn fill(&self, snapshot: &Snapshot, document: &str) -> Result<(u64, File), Fill> {
        let file = File::options()
            .read(true)
            .write(true)
            .truncate(true)
            .open(&self.0)
            .map_err(Fill::Io)?;
        let mut output = BufWriter::new(file);
        let mut written = output.write_all(b"[");
        let mut is_first = true;
        let objects = export::objects(&snapshot.sql, document, &mut |object| {
            let separator = if is_first { "\n" } else { ",\n" };
            is_first = false;
            if written.is_ok() {
                written = write!(output, "{separator}{object}");
            }
            Ok(())
        });
        objects.map_err(Fill::Data)?;
        let mut file = written
            .and_then(|()| output.write_all(b"\n]\n"))
            .and_then(|()| output.into_inner().map_err(io::IntoInnerError::into_error))
            .map_err(Fill::Io)?;
        let size = file.stream_position().map_err(Fill::Io)?;
        file.seek(SeekFrom::Start(0)).map_err(Fill::Io)?;
        Ok((size, file))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // In the next attempt it is taken over.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_an_archive_is_outside_of_it() {
        assert_eq!(path("e-1", "f", "talk.mp4"), "files/e-1/f/talk.mp4");
        assert_eq!(path("../../etc", "f", "passwd"), "files/.._.._etc/f/passwd");
        assert_eq!(path("..", "f", ""), "files/__/f/_");
    }
}
