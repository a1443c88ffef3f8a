//! Another merge mode for the tenant: every event that it concerns refers to another row, or its row means another list.

use super::{Work, acls};
use crate::access::MergeMode;
use crate::collection::EVENTS;
use crate::model::Error;
use crate::sql::{Param, SqlError};

/// Brings all events to the mode that the tenant has now. Within a mode that merges, rows change; into or out of it each event with a
/// list of its own that belongs to a series does: a change for the operator to make when it is quiet.
pub fn follow_mode(work: &mut Work<'_>) -> Result<(), Error> {
    if MergeMode::read(work.sql)?.merges() {
        for series in merging_series(work)? {
            acls::merge_anew(work, series)?;
        }
        merge(work)
    } else {
        separate(work)
    }
}

fn merging_series(work: &Work<'_>) -> Result<Vec<i64>, SqlError> {
    let mut series = Vec::new();
    work.sql.query(
        "SELECT DISTINCT series_id FROM effective_acl WHERE own_acl_id IS NOT NULL AND series_id IS NOT NULL",
        &[],
        &mut |row| {
            series.extend(row.column(0).integer());
            Ok(())
        },
    )?;
    Ok(series)
}

/// Events that belong to a series, so many of one list and one series.
struct Group {
    effective: i64,
    own: i64,
    series: i64,
    events: i64,
}

fn merge(work: &mut Work<'_>) -> Result<(), Error> {
    let mut groups = Vec::new();
    work.sql.query(
        "SELECT a.id, a.own_acl_id, e.series_id, count(*) FROM effective_acl AS a \
         CROSS JOIN event AS e INDEXED BY event_effective_acl_id ON e.effective_acl_id = a.id \
         WHERE a.own_acl_id IS NOT NULL AND a.series_id IS NULL AND e.series_id IS NOT NULL GROUP BY 1, 3",
        &[],
        &mut |row| {
            let number = |index| row.column(index).integer().unwrap_or_default();
            groups.push(Group {
                effective: number(0),
                own: number(1),
                series: number(2),
                events: number(3),
            });
            Ok(())
        },
    )?;
    for group in groups {
        let merged = acls::of_stored(work, group.own, Some(group.series))?;
        work.counts.add(&EVENTS, group.effective, -group.events);
        work.counts.add(&EVENTS, merged, group.events);
        work.sql.execute(
            "UPDATE event SET effective_acl_id = ?, sequence = ? WHERE series_id = ? AND effective_acl_id = ?",
            &[
                Param::Integer(merged),
                Param::Integer(work.sequence),
                Param::Integer(group.series),
                Param::Integer(group.effective),
            ],
        )?;
    }
    Ok(())
}

fn separate(work: &mut Work<'_>) -> Result<(), Error> {
    for series in merging_series(work)? {
        for (merged, own) in acls::merged_with(work, series)? {
            let alone = acls::of_stored(work, own, None)?;
            acls::redirect(work, merged, alone)?;
        }
    }
    Ok(())
}
