//! Objects: creating, updating and deleting them, with everything that finds them.

use super::content::{self, Content};
use super::target::Target;
use super::{NEXT_VERSION, Work, acls};
use crate::access::READ;
use crate::collection::{Collection, EVENTS, Equals, Field, Kind, Place, SERIES};
use crate::model::{Acl, Assignment, Error, Principal, Reason};
use crate::sql::{Param, Sql, SqlError};
use crate::text::fold;
use std::collections::BTreeMap;

/// The status of an event that has neither a workflow nor a schedule.
pub const PROCESSED: &str = "EVENTS.EVENTS.STATUS.PROCESSED";

/// Creates an object.
pub fn create(
    work: &mut Work<'_>,
    collection: &'static Collection,
    identifier: &str,
    fields: &[Assignment],
    acl: Option<&Acl>,
) -> Result<(), Error> {
    let mut content = new_content(work, collection, fields)?;
    put_identifier(work, collection, identifier, &mut content)?;
    if collection.has_series() {
        let effective = complete_event(work, &mut content, acl)?;
        content.put("status", PROCESSED.to_owned());
        insert_event(work, &content, effective).map(drop)
    } else {
        create_series(work, content, acl)
    }
}

/// What is assigned to a new object, with what the host adds.
pub fn new_content(work: &Work<'_>, collection: &'static Collection, fields: &[Assignment]) -> Result<Content, Error> {
    let mut content = Content::new(collection, fields)?;
    content.put("creator", creator(&work.session.principal));
    content.put_number("sequence", work.sequence);
    // What the host adds is searched, too.
    content.searched = true;
    Ok(content)
}

/// Gives a new object an identifier that no other one has.
pub fn put_identifier(
    work: &Work<'_>,
    collection: &Collection,
    identifier: &str,
    content: &mut Content,
) -> Result<(), Error> {
    content::check_identifier(identifier)?;
    let taken = format!("SELECT 1 FROM {} WHERE identifier = ?", collection.table);
    if work.number(&taken, &[Param::Text(identifier)])?.is_some() {
        let message = format!(
            "There is already an object with the identifier {identifier:?} among the {}.",
            collection.name
        );
        return Err(Error::new(Reason::Conflict, identifier, message));
    }
    content.put("identifier", identifier.to_owned());
    Ok(())
}

/// The user as objects show their creator.
fn creator(principal: &Principal) -> String {
    let Principal { name, username, .. } = principal;
    if name.is_empty() {
        username.clone()
    } else {
        name.clone()
    }
}

/// Completes the content of a new event, except for its identifier and its status, and gives the effective access list.
pub fn complete_event(work: &mut Work<'_>, content: &mut Content, acl: Option<&Acl>) -> Result<i64, Error> {
    let series = match content.series.take().flatten() {
        Some(series) => Some(readable_series(work, &series)?.id),
        None => None,
    };
    let effective = match acl {
        Some(acl) => acls::of_own(work, acl, series)?,
        None => acls::followed(work, series)?,
    };
    if content.number("created_ms").is_none() {
        content.put_number("created_ms", content.number("start_ms").unwrap_or(work.now_ms));
    }
    content.put_number("has_previews", 0);
    content.put_number("archive_version", 0);
    content.put_number("effective_acl_id", effective);
    content.put_row("series_id", series);
    Ok(effective)
}

/// Adds an event whose content is complete, and gives its row.
pub fn insert_event(work: &mut Work<'_>, content: &Content, effective_acl: i64) -> Result<i64, Error> {
    let id = insert(work, &EVENTS, content)?;
    work.created_events.insert(id);
    work.counts.add(&EVENTS, effective_acl, 1);
    index(work, &EVENTS, id, content)?;
    Ok(id)
}

fn create_series(work: &mut Work<'_>, mut content: Content, acl: Option<&Acl>) -> Result<(), Error> {
    check_title(content.text("title").unwrap_or_default())?;
    content.put_number("created_ms", work.now_ms);
    // The row to refer to refers to the series in turn.
    content.put_number("effective_acl_id", 0);
    let id = insert(work, &SERIES, &content)?;
    let effective = acls::of_series(work, id, acl.map(Vec::as_slice).unwrap_or_default())?;
    work.sql.execute(
        "UPDATE series SET effective_acl_id = ? WHERE id = ?",
        &[Param::Integer(effective), Param::Integer(id)],
    )?;
    work.counts.add(&SERIES, effective, 1);
    index(work, &SERIES, id, &content)
}

/// Series are listed, found and sorted by their title, also on behalf of their events.
fn check_title(title: &str) -> Result<(), Error> {
    if title.is_empty() {
        return Err(Error::invalid("title", "A series has a title."));
    }
    Ok(())
}

/// Gives the named fields new content.
pub fn update(work: &mut Work<'_>, target: &Target, fields: &[Assignment]) -> Result<(), Error> {
    let Target { collection, .. } = target;
    if fields.is_empty() {
        return Ok(());
    }
    let mut content = Content::new(collection, fields)?;
    if **collection == SERIES
        && let Some(title) = content.text("title")
    {
        check_title(title)?;
    }
    if content.number("created_ms").is_none() && fields.iter().any(|field| field.field == "created") {
        return Err(Error::invalid(
            "created",
            "The time of creation can be changed but not removed.",
        ));
    }
    if let Some(series) = content.series.take() {
        move_to_series(work, target, series.as_deref(), &mut content)?;
    }
    assign(work, target, content)
}

/// Gives columns new content, and brings what finds the object up to date. An event is a new version then.
pub fn assign(work: &mut Work<'_>, target: &Target, content: Content) -> Result<(), Error> {
    store(work, target, content, true)
}

/// The same; whether an event is a new version is the caller's to say.
pub fn store(work: &mut Work<'_>, target: &Target, mut content: Content, is_new_version: bool) -> Result<(), Error> {
    let Target { collection, id, .. } = target;
    content.put_number("sequence", work.sequence);
    let mut names: Vec<String> = content.columns().map(|column| column.update()).collect();
    let mut params: Vec<Param<'_>> = content.columns().map(|column| column.param()).collect();
    if is_new_version && **collection == EVENTS {
        names.push(NEXT_VERSION.to_owned());
        params.push(Param::Integer(work.sequence));
    }
    params.push(Param::Integer(*id));
    for (field, _) in &content.terms {
        remove_terms(work, collection, *id, field)?;
    }
    let statement = format!("UPDATE {} SET {} WHERE id = ?", collection.table, names.join(", "));
    work.sql.execute(&statement, &params)?;
    check_documents(work, target, &content)?;
    index(work, collection, *id, &content)
}

/// A document that is only ever added to must not grow without end.
fn check_documents(work: &Work<'_>, target: &Target, content: &Content) -> Result<(), Error> {
    for column in content.columns().filter(|column| column.is_patch()) {
        let (name, table) = (column.name(), target.collection.table);
        let statement = format!("SELECT length({name}) FROM {table} WHERE id = ?");
        let length = work
            .number(&statement, &[Param::Integer(target.id)])?
            .unwrap_or_default();
        content::check_length(name, length.unsigned_abs())?;
    }
    Ok(())
}

fn move_to_series(
    work: &mut Work<'_>,
    target: &Target,
    series: Option<&str>,
    content: &mut Content,
) -> Result<(), Error> {
    let series = match series {
        Some(series) => Some(readable_series(work, series)?.id),
        None => None,
    };
    if series == target.series {
        return Ok(());
    }
    content.put_row("series_id", series);
    let effective = match target.own_acl {
        Some(own) => acls::of_stored(work, own, series)?,
        None => acls::followed(work, series)?,
    };
    if effective != target.effective_acl {
        work.counts.add(&EVENTS, target.effective_acl, -1);
        work.counts.add(&EVENTS, effective, 1);
        content.put_number("effective_acl_id", effective);
    }
    Ok(())
}

/// The series that an event is to belong to.
fn readable_series(work: &Work<'_>, identifier: &str) -> Result<Target, Error> {
    Target::find(work.sql, work.session, &SERIES, identifier, READ).map_err(|error| match error.reason {
        Reason::Missing => Error::invalid("is_part_of", error.message),
        _ => error,
    })
}

/// Deletes an object. The events of a series stay and belong to none; those that followed its access list admit administrators
/// only from then on, as nobody has said who else should see them.
pub fn delete(work: &mut Work<'_>, target: &Target) -> Result<(), Error> {
    let Target { collection, id, .. } = target;
    if **collection == SERIES {
        leave_series(work, target)?;
        work.texts.series_names.insert(*id, String::new());
    }
    for field in collection.fields {
        remove_terms(work, collection, *id, field)?;
    }
    texts(work, collection).insert(*id, String::new());
    work.sql.execute(
        &format!("DELETE FROM {} WHERE id = ?", collection.table),
        &[Param::Integer(*id)],
    )?;
    work.counts.add(collection, target.effective_acl, -1);
    Ok(())
}

fn leave_series(work: &mut Work<'_>, series: &Target) -> Result<(), Error> {
    let following = acls::events_of(work, series.effective_acl)?;
    let mut nothing = series.effective_acl;
    if following != 0 {
        nothing = acls::of_nothing(work)?;
        work.counts.add(&EVENTS, series.effective_acl, -following);
        work.counts.add(&EVENTS, nothing, following);
    }
    let sequence = Param::Integer(work.sequence);
    let statement = format!(
        "UPDATE event SET series_id = NULL, {NEXT_VERSION}, sequence = ?, \
         effective_acl_id = CASE effective_acl_id WHEN ? THEN ? ELSE effective_acl_id END WHERE series_id = ?"
    );
    work.sql.execute(
        &statement,
        &[
            sequence,
            sequence,
            Param::Integer(series.effective_acl),
            Param::Integer(nothing),
            Param::Integer(series.id),
        ],
    )?;
    for (merged, own) in acls::merged_with(work, series.id)? {
        let alone = acls::of_stored(work, own, None)?;
        acls::redirect(work, merged, alone)?;
    }
    Ok(())
}

fn insert(work: &Work<'_>, collection: &Collection, content: &Content) -> Result<i64, Error> {
    let names: Vec<&str> = content.columns().map(|column| column.name()).collect();
    let params: Vec<Param<'_>> = content.columns().map(|column| column.param()).collect();
    let places: Vec<&str> = content.columns().map(|column| column.insert()).collect();
    let statement = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        collection.table,
        names.join(", "),
        places.join(", ")
    );
    work.insert(&statement, &params)
}

/// Brings what finds an object up to date with its row.
fn index(work: &mut Work<'_>, collection: &Collection, id: i64, content: &Content) -> Result<(), Error> {
    let statement = format!(
        "INSERT OR IGNORE INTO {}_term (field, value, object_id) VALUES (?, ?, ?)",
        collection.table
    );
    for (field, values) in content.terms.iter().filter(|(field, _)| field.equals == Equals::Terms) {
        for value in values {
            work.sql.execute(
                &statement,
                &[Param::Text(field.name), Param::Text(value), Param::Integer(id)],
            )?;
        }
    }
    if content.searched {
        let text = search_text(work.sql, collection, id, |_| true)?;
        texts(work, collection).insert(id, text);
    }
    if let (true, Some(title)) = (*collection == SERIES, content.text("title")) {
        let mut identifier = String::new();
        work.sql.query(
            "SELECT identifier FROM series WHERE id = ?",
            &[Param::Integer(id)],
            &mut |row| {
                identifier.push_str(row.column(0).text().unwrap_or_default());
                Ok(())
            },
        )?;
        work.texts
            .series_names
            .insert(id, fold(&format!("{title}\n{identifier}")));
    }
    Ok(())
}

fn texts<'w>(work: &'w mut Work<'_>, collection: &Collection) -> &'w mut BTreeMap<i64, String> {
    if collection.has_series() {
        &mut work.texts.events
    } else {
        &mut work.texts.series
    }
}

/// What a person would search for in the wanted fields of the object's row, a line each, folded.
pub fn search_text(
    sql: &dyn Sql,
    collection: &Collection,
    id: i64,
    is_wanted: impl Fn(&Field) -> bool,
) -> Result<String, SqlError> {
    let fields = collection.fields.iter().filter(|field| is_wanted(field));
    let expressions: Vec<String> = fields.filter_map(searched_expression).collect();
    let statement = format!(
        "SELECT {} FROM {} WHERE id = ?",
        expressions.join(", "),
        collection.table
    );
    let mut lines = Vec::with_capacity(expressions.len());
    sql.query(&statement, &[Param::Integer(id)], &mut |row| {
        lines.extend((0..expressions.len()).filter_map(|index| row.column(index).text().map(str::to_owned)));
        Ok(())
    })?;
    Ok(fold(&lines.join("\n")))
}

fn searched_expression(field: &Field) -> Option<String> {
    let Place::Own(column) = field.place else { return None };
    field.searched.then(|| match field.kind {
        Kind::Text if field.name == "status" => {
            // Every status begins with words that nobody searches for.
            format!("replace({column}, 'EVENTS.EVENTS.STATUS.', '')")
        }
        Kind::Texts => format!("(SELECT group_concat(value, char(10)) FROM json_each({column}))"),
        // As the API shows it.
        Kind::Number => format!("strftime('%Y-%m-%dT%H:%M:%SZ', {column} / 1000, 'unixepoch')"),
        // Nobody searches for yes or no.
        Kind::Document(_) => {
            format!("(SELECT group_concat(atom, char(10)) FROM json_tree({column}) WHERE type IN ('text', 'integer'))")
        }
        Kind::Text | Kind::Flag => column.to_owned(),
    })
}

fn remove_terms(work: &Work<'_>, collection: &Collection, id: i64, field: &Field) -> Result<(), SqlError> {
    if let (Equals::Terms, Place::Own(column)) = (field.equals, field.place) {
        let Collection { table, .. } = collection;
        let statement = format!(
            "DELETE FROM {table}_term WHERE field = ?1 AND object_id = ?2 \
             AND value IN (SELECT j.value FROM {table} AS o CROSS JOIN json_each(o.{column}) AS j WHERE o.id = ?2)"
        );
        work.sql
            .execute(&statement, &[Param::Text(field.name), Param::Integer(id)])?;
    }
    Ok(())
}
