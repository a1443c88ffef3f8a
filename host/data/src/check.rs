//! Whether a tenant's file is whole: what SQLite itself can tell, and what the rules of this crate promise beyond it. Nothing here is
//! needed to serve; it is asked by operators, and by tests that end programs in the middle of their work.
//!
//! Does not belong here: the files beside the database (`lectern-tenants`), putting anything right.

use crate::collection::{Collection, EVENTS, SERIES};
use crate::media;
use crate::migrations;
use crate::sql::{Failure, Param, Sql, SqlError};
use crate::text::{self, EVENT_TEXT, SERIES_NAME, SERIES_TEXT, TextIndex};
use crate::write::search_text;

/// How many problems of one kind are told.
const TOLD: u32 = 20;

/// How closely SQLite looks at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every page can be read and has its place.
    Quick,
    /// Also, every index says what its table says.
    Full,
}

/// What SQLite finds wrong with a file, a sentence each; nothing if it is sound.
pub fn structure(sql: &dyn Sql, depth: Depth) -> Vec<String> {
    let check = match depth {
        Depth::Quick => "quick_check",
        Depth::Full => "integrity_check",
    };
    let mut found = Vec::new();
    let checked = sql.query(&format!("PRAGMA {check}({TOLD})"), &[], &mut |row| {
        found.extend(row.column(0).text().filter(|text| *text != "ok").map(str::to_owned));
        Ok(())
    });
    // A file can be damaged so much that it cannot even be checked.
    found.extend(checked.err().map(|error| error.to_string()));
    if found.is_empty() {
        let broken = sql.query("PRAGMA foreign_key_check", &[], &mut |row| {
            if found.len() < TOLD as usize {
                let [table, parent] = [0, 2].map(|column| row.column(column).text().unwrap_or_default());
                let id = row.column(1).integer().unwrap_or_default();
                found.push(format!(
                    "row {id} of table {table} refers to a row of table {parent} that is not there"
                ));
            }
            Ok(())
        });
        found.extend(broken.err().map(|error| error.to_string()));
    }
    found
}

/// What holds of every tenant after every commit: each statement counts what contradicts it.
const RULES: [(&str, &str); 12] = [
    (
        "the row with the commit sequence is missing",
        "SELECT count(*) <> 1 FROM tenant_state",
    ),
    (
        "the number of events or series is not the one that is kept",
        "SELECT (events <> (SELECT count(*) FROM event)) + (series <> (SELECT count(*) FROM series)) FROM tenant_state",
    ),
    (
        "effective access lists have other numbers of objects than are kept",
        "SELECT count(*) FROM effective_acl AS a WHERE a.events <> (SELECT count(*) FROM event WHERE effective_acl_id = a.id) \
         OR a.series <> (SELECT count(*) FROM series WHERE effective_acl_id = a.id)",
    ),
    (
        "entries of access lists are not found by their role",
        "SELECT count(*) FROM acl AS l CROSS JOIN json_each(l.entries) AS j WHERE NOT EXISTS (SELECT 1 FROM role AS r \
         CROSS JOIN acl_entry AS e ON e.role_id = r.id WHERE r.name = j.value ->> 0 AND e.action = j.value ->> 1 AND e.acl_id = l.id)",
    ),
    (
        "roles lead to access lists that are not there",
        "SELECT count(*) FROM acl_entry WHERE acl_id NOT IN (SELECT id FROM acl)",
    ),
    (
        "objects belong to a commit that has not been",
        "SELECT count(*) FROM (SELECT sequence FROM event UNION ALL SELECT sequence FROM series \
         UNION ALL SELECT sequence FROM effective_acl UNION ALL SELECT sequence FROM workflow UNION ALL SELECT sequence FROM user_group \
         UNION ALL SELECT sequence FROM playlist UNION ALL SELECT sequence FROM user UNION ALL SELECT sequence FROM capture_agent \
         UNION ALL SELECT max(sequence) FROM audit) WHERE sequence > (SELECT sequence FROM tenant_state)",
    ),
    (
        "files that events refer to are not known",
        "SELECT count(*) FROM (SELECT m.id, j.value ->> 'file' AS file FROM event_media AS m CROSS JOIN json_each(m.media) AS j \
         UNION SELECT m.id, j.value ->> 'file' FROM event_media AS m CROSS JOIN json_each(m.publications) AS p \
         CROSS JOIN json_each(p.value) AS kind CROSS JOIN json_each(kind.value) AS j WHERE kind.key IN ('media', 'attachments', 'metadata')) AS named \
         WHERE file <> '' AND file NOT IN (SELECT identifier FROM file WHERE event_id = named.id)",
    ),
    (
        "files are kept that their event does not refer to",
        "SELECT count(*) FROM file AS f LEFT JOIN event_media AS m ON m.id = f.event_id \
         WHERE instr(ifnull(m.media, ''), f.identifier) = 0 AND instr(ifnull(m.publications, ''), f.identifier) = 0",
    ),
    (
        "files are kept that are to be removed",
        "SELECT count(*) FROM removed_file WHERE identifier IN (SELECT identifier FROM file)",
    ),
    (
        "terms are found of events or series that are not there",
        "SELECT (SELECT count(*) FROM event_term WHERE object_id NOT IN (SELECT id FROM event)) \
         + (SELECT count(*) FROM series_term WHERE object_id NOT IN (SELECT id FROM series))",
    ),
    (
        "presenters, contributors, organizers or publishers are not found by their name",
        "SELECT (SELECT count(*) FROM event AS o CROSS JOIN json_each(o.presenter) AS j \
         WHERE NOT EXISTS (SELECT 1 FROM event_term WHERE field = 'presenter' AND value = j.value AND object_id = o.id)) \
         + (SELECT count(*) FROM event AS o CROSS JOIN json_each(o.contributor) AS j \
         WHERE NOT EXISTS (SELECT 1 FROM event_term WHERE field = 'contributor' AND value = j.value AND object_id = o.id)) \
         + (SELECT count(*) FROM series AS o CROSS JOIN json_each(o.organizer) AS j \
         WHERE NOT EXISTS (SELECT 1 FROM series_term WHERE field = 'organizer' AND value = j.value AND object_id = o.id)) \
         + (SELECT count(*) FROM series AS o CROSS JOIN json_each(o.publisher) AS j \
         WHERE NOT EXISTS (SELECT 1 FROM series_term WHERE field = 'publisher' AND value = j.value AND object_id = o.id))",
    ),
    (
        "names of series are not found",
        "SELECT count(*) FROM series WHERE id NOT IN (SELECT id FROM series_name_text)",
    ),
];

/// What contradicts the rules that hold after every commit, a sentence each; nothing if all is well. The file has the schema of this
/// program and is structurally sound; the connection may make temporary tables. Reads everything.
pub fn rules(sql: &dyn Sql) -> Result<Vec<String>, SqlError> {
    let mut found = Vec::new();
    for (sentence, statement) in RULES {
        let mut count = 0;
        sql.query(statement, &[], &mut |row| {
            count = row.column(0).integer().unwrap_or(1);
            Ok(())
        })?;
        if count != 0 {
            found.push(format!("{sentence} ({count})"));
        }
    }
    for (index, what) in [
        (&EVENT_TEXT, "events"),
        (&SERIES_TEXT, "series"),
        (&SERIES_NAME, "names of series"),
    ] {
        found.extend(counted(
            index.differences(sql)?,
            &format!("{what} whose text is not what the search finds"),
        ));
    }
    found.extend(counted(
        text::vocabulary_differences(sql)?,
        "words that the search does not find as they are",
    ));
    found.extend(counted(
        media::differences(sql)?,
        "events that show something else than what is published of them",
    ));
    for (collection, index) in [(&EVENTS, &EVENT_TEXT), (&SERIES, &SERIES_TEXT)] {
        let differing = other_texts(sql, collection, index)?;
        found.extend(counted(
            differing,
            &format!("{} whose search text is another one's", collection.name),
        ));
    }
    Ok(found)
}

fn counted(count: u64, what: &str) -> Option<String> {
    (count != 0).then(|| format!("there are {what} ({count})"))
}

/// How many objects have a search text that does not follow from what they say, or the text of nobody.
fn other_texts(sql: &dyn Sql, collection: &'static Collection, index: &TextIndex) -> Result<u64, SqlError> {
    let (mut ids, mut differing) = (Vec::new(), 0);
    let statement = format!("SELECT id FROM {}", collection.table);
    sql.query(&statement, &[], &mut |row| {
        ids.extend(row.column(0).integer());
        Ok(())
    })?;
    for id in &ids {
        let expected = search_text(sql, collection, *id, |_| true)?;
        // Events that are scheduled together have what they have in common first.
        if sorted(&expected) != sorted(&index.text(sql, *id)?.unwrap_or_default()) {
            differing += 1;
        }
    }
    Ok(differing + index.others(sql, collection.table)?)
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines
}

/// The number of the last commit.
pub fn sequence(sql: &dyn Sql) -> Result<u64, SqlError> {
    let mut sequence = 0;
    sql.query("SELECT sequence FROM tenant_state", &[], &mut |row| {
        sequence = row.column(0).integer().unwrap_or_default().unsigned_abs();
        Ok(())
    })?;
    Ok(sequence)
}

/// Whether the file has a table of this name: those of an earlier schema lack some.
pub fn has_table(sql: &dyn Sql, table: &str) -> Result<bool, SqlError> {
    let mut found = false;
    let statement = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?";
    sql.query(statement, &[Param::Text(table)], &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

/// Refuses a file that is not the database of this tenant, whatever its schema: an empty one, one of another program, or that of another
/// tenant. To be asked before the file is brought to the current schema, which would make an empty file a tenant without content and
/// so hide what was lost.
pub fn is_of_tenant(sql: &dyn Sql, tenant: &str) -> Result<(), SqlError> {
    let version = migrations::version_of(sql)?;
    if version == 0 {
        return Err(other("the file is empty or not a tenant's database"));
    }
    if version > migrations::known() {
        // Whatever it says, it is for a newer program.
        return Ok(());
    }
    if !has_table(sql, "tenant_state")? {
        return Err(other("the file is the database of another program"));
    }
    if !has_table(sql, "organization")? {
        return Ok(());
    }
    let mut found = None;
    sql.query("SELECT identifier FROM organization", &[], &mut |row| {
        found = row.column(0).text().map(str::to_owned);
        Ok(())
    })?;
    match found {
        Some(found) if found == tenant => Ok(()),
        Some(found) => Err(other(&format!("the file is the database of the tenant `{found}`"))),
        None => Err(other("the file does not say whose database it is")),
    }
}

fn other(message: &str) -> SqlError {
    SqlError {
        failure: Failure::Other,
        message: message.to_owned(),
    }
}
