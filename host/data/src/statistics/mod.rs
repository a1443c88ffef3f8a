//! Statistics: how often events were watched.
//!
//! A view is what somebody watches of an event within some hours; whoever reads access logs says which requests belong to the same view
//! and gives it a key. The first request of a view is when it happened, in whatever order requests become known, so logs can be
//! imported twice, or overlap. Views are counted by quarters of an hour, which is what the offsets of all time zones are multiples of,
//! for the event, for the series that it belonged to when it was counted, and for the whole tenant. Who watched is not stored.
//!
//! Does not belong here: what access logs look like and which requests are views (`lectern-access-log`), and which statistics the
//! operator offers (`lectern-tenants`).

mod answer;
mod buckets;

pub(crate) use answer::is_timezone;
pub use answer::{Provider, Providers, Question, TIMEZONE, TimeSeries, answer};
pub use buckets::{Bucket, Resolution, buckets};

use crate::sql::{Column, Param, Sql, SqlError};

/// What views are counted by, in milliseconds.
const SLOT: i64 = 15 * 60 * 1000;

/// What a number of views is about, from the finest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// An event.
    Episode,
    /// All events of a series.
    Series,
    /// All events of the tenant.
    Organization,
}

impl ResourceType {
    /// From the finest on.
    pub const ALL: [ResourceType; 3] = [ResourceType::Episode, ResourceType::Series, ResourceType::Organization];

    /// As it is stored and as the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            ResourceType::Episode => "episode",
            ResourceType::Series => "series",
            ResourceType::Organization => "organization",
        }
    }

    /// The type of this name, whatever its case.
    pub fn of(name: &str) -> Option<ResourceType> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

/// A request that belongs to a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What all requests of the view have in common and those of no other view.
    pub key: i64,
    /// The event's identifier.
    pub event: String,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
}

/// What has become of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Views that were not known.
    pub views: u64,
    /// Requests that belong to a view that was known already.
    pub known: u64,
    /// Requests for events that do not exist (any more).
    pub unknown_events: u64,
}

/// What the keys of this tenant's views are made with, so that nobody can find out from them who watched.
pub fn secret(sql: &dyn Sql) -> Result<Vec<u8>, SqlError> {
    let mut secret = Vec::new();
    sql.query("SELECT secret FROM view_secret", &[], &mut |row| {
        if let Column::Blob(bytes) = row.column(0) {
            secret = bytes.to_vec();
        }
        Ok(())
    })?;
    Ok(secret)
}

/// Counts what requests show of views, in the caller's transaction.
pub fn record(sql: &dyn Sql, requests: &[Seen]) -> Result<Recorded, SqlError> {
    let mut recorded = Recorded::default();
    for request in requests {
        match known_view(sql, request.key)? {
            Some(view) => {
                recorded.known += 1;
                if request.at_ms < view.at_ms {
                    move_view(sql, request.key, &view, request.at_ms)?;
                }
            }
            None => match series_of(sql, &request.event)? {
                Some(series) => {
                    let view = View {
                        event: request.event.clone(),
                        series,
                        at_ms: request.at_ms,
                    };
                    insert_view(sql, request.key, &view)?;
                    recorded.views += 1;
                }
                None => recorded.unknown_events += 1,
            },
        }
    }
    Ok(recorded)
}

/// A view as it is stored.
struct View {
    event: String,
    /// Empty if it belongs to none.
    series: String,
    at_ms: i64,
}

fn known_view(sql: &dyn Sql, key: i64) -> Result<Option<View>, SqlError> {
    let mut found = None;
    let statement = "SELECT event, series, at_ms FROM view WHERE key = ?";
    sql.query(statement, &[Param::Integer(key)], &mut |row| {
        let text = |column| row.column(column).text().unwrap_or_default().to_owned();
        found = Some(View {
            event: text(0),
            series: text(1),
            at_ms: row.column(2).integer().unwrap_or_default(),
        });
        Ok(())
    })?;
    Ok(found)
}

/// The series of an event, empty if it belongs to none; none if there is no such event.
fn series_of(sql: &dyn Sql, event: &str) -> Result<Option<String>, SqlError> {
    let mut found = None;
    let statement =
        "SELECT s.identifier FROM event AS o LEFT JOIN series AS s ON s.id = o.series_id WHERE o.identifier = ?";
    sql.query(statement, &[Param::Text(event)], &mut |row| {
        found = Some(row.column(0).text().unwrap_or_default().to_owned());
        Ok(())
    })?;
    Ok(found)
}

fn insert_view(sql: &dyn Sql, key: i64, view: &View) -> Result<(), SqlError> {
    sql.execute(
        "INSERT INTO view (key, event, series, at_ms) VALUES (?, ?, ?, ?)",
        &[
            Param::Integer(key),
            Param::Text(&view.event),
            Param::Text(&view.series),
            Param::Integer(view.at_ms),
        ],
    )?;
    count(sql, view, slot(view.at_ms), 1)
}

fn move_view(sql: &dyn Sql, key: i64, view: &View, at_ms: i64) -> Result<(), SqlError> {
    let statement = "UPDATE view SET at_ms = ? WHERE key = ?";
    sql.execute(statement, &[Param::Integer(at_ms), Param::Integer(key)])?;
    if slot(at_ms) != slot(view.at_ms) {
        count(sql, view, slot(view.at_ms), -1)?;
        count(sql, view, slot(at_ms), 1)?;
    }
    Ok(())
}

fn count(sql: &dyn Sql, view: &View, slot: i64, views: i64) -> Result<(), SqlError> {
    let resources = [
        (ResourceType::Episode, view.event.as_str()),
        (ResourceType::Series, &view.series),
        (ResourceType::Organization, ""),
    ];
    for (kind, resource) in resources {
        if kind == ResourceType::Series && resource.is_empty() {
            continue;
        }
        sql.execute(
            "INSERT INTO view_count (resource_type, resource, slot, views) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (resource_type, resource, slot) DO UPDATE SET views = views + ?4",
            &[
                Param::Text(kind.as_str()),
                Param::Text(resource),
                Param::Integer(slot),
                Param::Integer(views),
            ],
        )?;
    }
    Ok(())
}

fn slot(at_ms: i64) -> i64 {
    at_ms.div_euclid(SLOT)
}

/// How many views fall into each bucket and into the period. `resource` is the identifier of an event or a series, and without meaning
/// for the tenant. Periods are exact to a quarter of an hour.
pub fn views(
    sql: &dyn Sql,
    (kind, resource): (ResourceType, &str),
    (from_ms, to_ms): (i64, i64),
    buckets: &[Bucket],
) -> Result<Vec<i64>, SqlError> {
    let resource = if kind == ResourceType::Organization {
        ""
    } else {
        resource
    };
    let mut counted = vec![0; buckets.len()];
    let mut current = 0;
    let statement = "SELECT slot, views FROM view_count WHERE resource_type = ? AND resource = ? AND slot >= ? AND slot <= ? \
                     ORDER BY slot";
    let bounds = [
        Param::Text(kind.as_str()),
        Param::Text(resource),
        Param::Integer(slot(from_ms)),
        Param::Integer(slot(to_ms.saturating_sub(1))),
    ];
    sql.query(statement, &bounds, &mut |row| {
        let number = |column| row.column(column).integer().unwrap_or_default();
        let start = number(0).saturating_mul(SLOT);
        while buckets.get(current + 1).is_some_and(|next| next.start <= start) {
            current += 1;
        }
        if let Some(count) = counted.get_mut(current) {
            *count += number(1);
        }
        Ok(())
    })?;
    Ok(counted)
}

/// How many views there were before a point in time.
pub fn views_before(sql: &dyn Sql, kind: ResourceType, resource: &str, before_ms: i64) -> Result<i64, SqlError> {
    let resource = if kind == ResourceType::Organization {
        ""
    } else {
        resource
    };
    let mut views = 0;
    let statement =
        "SELECT ifnull(sum(views), 0) FROM view_count WHERE resource_type = ? AND resource = ? AND slot < ?";
    let bounds = [
        Param::Text(kind.as_str()),
        Param::Text(resource),
        Param::Integer(slot(before_ms)),
    ];
    sql.query(statement, &bounds, &mut |row| {
        views = row.column(0).integer().unwrap_or_default();
        Ok(())
    })?;
    Ok(views)
}
