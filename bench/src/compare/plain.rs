//! The same events in a database as one would lay it out without much thought: a table, its indexes, a table of roles, a text index.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use rusqlite::Connection;

use crate::data::Dataset;

/// The tenant's database is attached as `tenant`.
const COPY: &str = "\
CREATE TABLE event (
    id INTEGER PRIMARY KEY, identifier TEXT UNIQUE, title TEXT, description TEXT, presenter TEXT, location TEXT, created TEXT, start TEXT,
    duration INTEGER, language TEXT, license TEXT, is_part_of TEXT, series TEXT, status TEXT, processing_state TEXT, publication_status TEXT);
INSERT INTO event SELECT e.id, e.identifier, e.title, e.description, e.presenter, e.location,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.created_ms / 1000, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%SZ', e.start_ms / 1000, 'unixepoch'),
    e.duration_ms, e.language, e.license, s.identifier, s.title, e.status, e.processing_state, e.publication_status
    FROM tenant.event AS e LEFT JOIN tenant.series AS s ON s.id = e.series_id;
CREATE INDEX event_start ON event (start);
CREATE INDEX event_title ON event (title);
CREATE TABLE event_role (event INTEGER, role TEXT, PRIMARY KEY (event, role)) WITHOUT ROWID;
INSERT INTO event_role SELECT e.id, r.name FROM tenant.event AS e JOIN tenant.effective_acl AS a ON a.id = e.effective_acl_id
    JOIN tenant.acl_entry AS l ON l.acl_id = a.acl_id AND l.action = 'read' JOIN tenant.role AS r ON r.id = l.role_id
    GROUP BY e.id, r.name;
CREATE VIRTUAL TABLE event_fts USING fts5 (text, content = '', tokenize = 'trigram');
INSERT INTO event_fts (rowid, text) SELECT id, concat_ws(' ', title, description, presenter, location, series) FROM event;
ANALYZE;
";

/// The database, made if it is not there.
pub fn database(dataset: &Dataset) -> Result<PathBuf> {
    let path = dataset.folder.with_file_name("plain.db");
    if path.exists() {
        return Ok(path);
    }
    eprintln!("making a plain database of {} …", dataset.size);
    let unfinished = path.with_extension("new");
    let _ = fs::remove_file(&unfinished);
    let connection = Connection::open(&unfinished)?;
    connection.execute("ATTACH ? AS tenant", [dataset.database().to_string_lossy()])?;
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
    connection.execute_batch(COPY)?;
    connection.execute_batch("COMMIT; DETACH tenant; PRAGMA journal_mode = WAL")?;
    drop(connection);
    fs::rename(unfinished, &path)?;
    Ok(path)
}
