//! Counts: how many objects refer to each effective access list, and how many there are in all. Kept with every change, so that
//! totals and the choice of a plan need no counting.

use crate::collection::Collection;
use crate::model::Error;
use crate::sql::{Param, Sql, SqlError};
use std::collections::BTreeMap;

/// The changes of one transaction, stored at its end.
#[derive(Debug, Default)]
pub struct Counts {
    /// By effective access list.
    changes: BTreeMap<i64, Change>,
    /// Whether what somebody may read has changed otherwise.
    access_changed: bool,
}

#[derive(Debug, Default)]
struct Change {
    events: i64,
    series: i64,
}

impl Counts {
    /// So many more objects (fewer, if negative) of the collection refer to the effective access list.
    pub fn add(&mut self, collection: &Collection, effective_acl: i64, objects: i64) {
        let change = self.changes.entry(effective_acl).or_default();
        if collection.has_series() {
            change.events += objects;
        } else {
            change.series += objects;
        }
    }

    /// How many more events refer to the effective access list than its row says.
    pub fn pending_events(&self, effective_acl: i64) -> i64 {
        self.changes.get(&effective_acl).map_or(0, |change| change.events)
    }

    /// An effective access list has come to mean something else.
    pub fn access_changed(&mut self) {
        self.access_changed = true;
    }

    /// Stores the changes and removes the lists that nothing refers to any more.
    pub fn store(mut self, sql: &dyn Sql) -> Result<(), Error> {
        let mut total = Change::default();
        for (id, change) in std::mem::take(&mut self.changes) {
            total.events += change.events;
            total.series += change.series;
            self.store_one(sql, id, &change)?;
        }
        if self.access_changed || total.events != 0 || total.series != 0 {
            sql.execute(
                "UPDATE tenant_state SET access_generation = access_generation + ?, events = events + ?, series = series + ?",
                &[
                    Param::Integer(i64::from(self.access_changed)),
                    Param::Integer(total.events),
                    Param::Integer(total.series),
                ],
            )?;
        }
        Ok(())
    }

    fn store_one(&mut self, sql: &dyn Sql, id: i64, change: &Change) -> Result<(), Error> {
        let (mut events, mut series) = (0, 0);
        let (mut own, mut of_series) = (None, None);
        sql.query(
            "UPDATE effective_acl SET events = events + ?, series = series + ? WHERE id = ? \
             RETURNING events, series, own_acl_id, series_id",
            &[
                Param::Integer(change.events),
                Param::Integer(change.series),
                Param::Integer(id),
            ],
            &mut |row| {
                events = row.column(0).integer().unwrap_or_default();
                series = row.column(1).integer().unwrap_or_default();
                own = row.column(2).integer();
                of_series = row.column(3).integer();
                Ok(())
            },
        )?;
        if events < 0 || series < 0 {
            return Err(Error::fault(format!(
                "effective access list {id} would have fewer than no objects"
            )));
        }
        // Whoever remembers how many objects there are behind a list is right within a factor of two.
        self.access_changed |= magnitude(events) != magnitude(events - change.events)
            || magnitude(series) != magnitude(series - change.series);
        if events == 0 && series == 0 && (own.is_some() || of_series.is_some()) {
            remove(sql, id)?;
        }
        Ok(())
    }
}

fn magnitude(count: i64) -> u32 {
    i64::BITS - count.leading_zeros()
}

/// Removes an effective access list, and the lists that it was the last to mean or to be made of.
fn remove(sql: &dyn Sql, id: i64) -> Result<(), SqlError> {
    let mut acls = Vec::new();
    sql.query(
        "DELETE FROM effective_acl WHERE id = ? RETURNING acl_id, own_acl_id",
        &[Param::Integer(id)],
        &mut |row| {
            acls.extend([0, 1].iter().filter_map(|index| row.column(*index).integer()));
            Ok(())
        },
    )?;
    acls.into_iter().try_for_each(|acl| remove_unused_acl(sql, acl))
}

/// Removes an access list unless something means it.
pub fn remove_unused_acl(sql: &dyn Sql, acl: i64) -> Result<(), SqlError> {
    let mut entries = None;
    sql.query(
        "SELECT entries FROM acl WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM effective_acl WHERE acl_id = ?1) \
         AND NOT EXISTS (SELECT 1 FROM effective_acl WHERE own_acl_id = ?1) \
         AND NOT EXISTS (SELECT 1 FROM playlist WHERE acl_id = ?1)",
        &[Param::Integer(acl)],
        &mut |row| {
            entries = row.column(0).text().map(str::to_owned);
            Ok(())
        },
    )?;
    if let Some(entries) = entries {
        sql.execute(
            "DELETE FROM acl_entry WHERE (role_id, action, acl_id) IN (SELECT r.id, j.value ->> 1, ?1 \
             FROM json_each(?2) AS j CROSS JOIN role AS r ON r.name = j.value ->> 0)",
            &[Param::Integer(acl), Param::Text(&entries)],
        )?;
        sql.execute("DELETE FROM acl WHERE id = ?", &[Param::Integer(acl)])?;
    }
    Ok(())
}
