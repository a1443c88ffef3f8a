//! Targets: the object that a change is about, and whether the session may do this to it.

use crate::access::{self, READ};
use crate::collection::Collection;
use crate::model::{Acl, Error, Reason, Sequence, Session};
use crate::sql::{Param, Sql};

/// An object as a change finds it.
#[derive(Debug)]
pub struct Target {
    pub collection: &'static Collection,
    pub identifier: String,
    /// Row id.
    pub id: i64,
    /// What the object refers to.
    pub effective_acl: i64,
    /// The list of its own that this is made of. None for series, which are what others follow.
    pub own_acl: Option<i64>,
    /// The list that holds.
    pub acl: Acl,
    /// The series that an event belongs to.
    pub series: Option<i64>,
    /// The commit that last changed what the object shows.
    pub sequence: Sequence,
}

impl Target {
    /// The object, if the session may do this to it: `missing` if it may not even read it, `denied` otherwise.
    pub fn find(
        sql: &dyn Sql,
        session: &Session,
        collection: &'static Collection,
        identifier: &str,
        action: &str,
    ) -> Result<Self, Error> {
        let kind = collection.table;
        let principal = &session.principal;
        let target = Self::look_up(sql, collection, identifier)?
            .filter(|target| access::allows(&target.acl, principal, READ))
            .ok_or_else(|| {
                Error::new(
                    Reason::Missing,
                    identifier,
                    format!("There is no {kind} {identifier:?}."),
                )
            })?;
        if !access::allows(&target.acl, principal, action) {
            let message = format!(
                "The {kind} {identifier:?} may be read but not changed: its access list does not allow {action:?}."
            );
            return Err(Error::new(Reason::Denied, identifier, message));
        }
        Ok(target)
    }

    /// The object, whoever may do what to it.
    pub fn look_up(sql: &dyn Sql, collection: &'static Collection, identifier: &str) -> Result<Option<Self>, Error> {
        let statement = if collection.has_series() {
            "SELECT o.id, o.effective_acl_id, a.own_acl_id, l.entries, o.series_id, \
             max(o.sequence, a.sequence, ifnull(s.sequence, 0)) \
             FROM event AS o CROSS JOIN effective_acl AS a ON a.id = o.effective_acl_id CROSS JOIN acl AS l ON l.id = a.acl_id \
             LEFT JOIN series AS s ON s.id = o.series_id WHERE o.identifier = ?"
        } else {
            "SELECT o.id, o.effective_acl_id, NULL, l.entries, NULL, max(o.sequence, a.sequence) \
             FROM series AS o CROSS JOIN effective_acl AS a ON a.id = o.effective_acl_id CROSS JOIN acl AS l ON l.id = a.acl_id \
             WHERE o.identifier = ?"
        };
        let mut found = None;
        sql.query(statement, &[Param::Text(identifier)], &mut |row| {
            let number = |index| row.column(index).integer();
            found = Some((
                Target {
                    collection,
                    identifier: identifier.to_owned(),
                    id: number(0).unwrap_or_default(),
                    effective_acl: number(1).unwrap_or_default(),
                    own_acl: number(2),
                    acl: Acl::new(),
                    series: number(4),
                    sequence: number(5).unwrap_or_default().unsigned_abs(),
                },
                row.column(3).text().unwrap_or_default().to_owned(),
            ));
            Ok(())
        })?;
        let Some((target, entries)) = found else {
            return Ok(None);
        };
        Ok(Some(Target {
            acl: access::from_json(&entries)?,
            ..target
        }))
    }
}
