//! Which versions of components the operator has deployed, and for whom: a part of the registry.
//!
//! For all tenants together, and for each tenant by itself, a component has a pile of versions. Deploying puts one on top, rolling back
//! takes it away. The top of a tenant's own pile counts for the tenant, without one that of all; what comes with the program is below all
//! of them.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::registry::parsed;
use crate::{ComponentName, TenantName};

/// Made when it is first needed: a data folder of an earlier version lacks it.
const SCHEMA: &str = "
    -- The versions of components that were deployed and not rolled back, for a tenant or, without one, for all.
    CREATE TABLE IF NOT EXISTS deployment (
        -- Never given twice, so that deploying the same version again is a change.
        serial INTEGER PRIMARY KEY AUTOINCREMENT,
        component TEXT NOT NULL,
        tenant INTEGER REFERENCES tenant ON DELETE CASCADE,
        -- BLAKE3 in hexadecimal digits.
        digest TEXT NOT NULL,
        -- Milliseconds since 1970-01-01T00:00:00Z.
        deployed INTEGER NOT NULL
    ) STRICT;";

/// Has what was deployed for one tenant count for another one.
pub(crate) fn hand_over(sql: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    sql.execute_batch(SCHEMA)?;
    sql.execute("UPDATE deployment SET tenant = ? WHERE tenant = ?", [to, from])
        .map(drop)
}

/// A version in use, or one that rolling back leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Orders the deployments, the newest last.
    serial: i64,
    /// What was deployed.
    pub component: ComponentName,
    /// For whom; none for all who have no version of their own.
    pub tenant: Option<TenantName>,
    /// BLAKE3 of the component in hexadecimal digits.
    pub digest: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub deployed: i64,
}

/// All deployments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployments {
    /// The newest first.
    all: Vec<Deployment>,
}

impl Deployments {
    /// All of them, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Deployment> {
        self.all.iter()
    }

    /// The components that were deployed for anybody, sorted.
    pub fn components(&self) -> BTreeSet<&ComponentName> {
        self.all.iter().map(|deployment| &deployment.component).collect()
    }

    /// The tenants that have a version of their own of any component, sorted.
    pub fn tenants(&self) -> BTreeSet<&TenantName> {
        self.all
            .iter()
            .filter_map(|deployment| deployment.tenant.as_ref())
            .collect()
    }

    /// The pile of a component for a tenant itself, or for all, the top first.
    pub fn pile<'a>(
        &'a self,
        component: &'a ComponentName,
        tenant: Option<&'a TenantName>,
    ) -> impl Iterator<Item = &'a Deployment> {
        self.all
            .iter()
            .filter(move |deployment| deployment.component == *component && deployment.tenant.as_ref() == tenant)
    }

    /// What may serve a tenant (without one, all who have no version of their own) with a component, best first.
    pub fn ranked<'a>(
        &'a self,
        component: &'a ComponentName,
        tenant: Option<&'a TenantName>,
    ) -> impl Iterator<Item = &'a Deployment> {
        let own = tenant.map(|_| self.pile(component, tenant)).into_iter().flatten();
        own.chain(self.pile(component, None))
    }
}

fn exist(sql: &Connection) -> rusqlite::Result<bool> {
    let there = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'deployment')";
    sql.prepare_cached(there)?.query_row([], |row| row.get(0))
}

/// Reads all of them.
pub(crate) fn read(sql: &Connection) -> rusqlite::Result<Deployments> {
    if !exist(sql)? {
        return Ok(Deployments::default());
    }
    let query = "SELECT deployment.serial, component, name, digest, deployed
        FROM deployment LEFT JOIN tenant ON tenant.serial = tenant
        ORDER BY deployment.serial DESC";
    let all = sql
        .prepare_cached(query)?
        .query_map([], deployment)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Deployments { all })
}

fn deployment(row: &Row<'_>) -> rusqlite::Result<Deployment> {
    let tenant: Option<String> = row.get(2)?;
    Ok(Deployment {
        serial: row.get(0)?,
        component: parsed(1, row.get::<_, String>(1)?.parse())?,
        tenant: tenant.map(|name| parsed(2, name.parse())).transpose()?,
        digest: row.get(3)?,
        deployed: row.get(4)?,
    })
}

/// Puts a version on top of a pile. The same version as the top takes its place, so that rolling back always leads to another one.
pub(crate) fn push(
    sql: &Connection,
    component: &ComponentName,
    tenant: Option<i64>,
    digest: &str,
    deployed: i64,
) -> rusqlite::Result<()> {
    sql.execute_batch(SCHEMA)?;
    if top(sql, component, tenant)?.is_some_and(|(_, known)| known == digest) {
        pop(sql, component, tenant)?;
    }
    let insert = "INSERT INTO deployment (component, tenant, digest, deployed) VALUES (?1, ?2, ?3, ?4)";
    sql.execute(insert, (component.as_str(), tenant, digest, deployed))
        .map(drop)
}

/// Takes the top of a pile away and gives its digest; none if there is nothing.
pub(crate) fn pop(
    sql: &Connection,
    component: &ComponentName,
    tenant: Option<i64>,
) -> rusqlite::Result<Option<String>> {
    if !exist(sql)? {
        return Ok(None);
    }
    let Some((serial, digest)) = top(sql, component, tenant)? else {
        return Ok(None);
    };
    sql.execute("DELETE FROM deployment WHERE serial = ?", [serial])?;
    Ok(Some(digest))
}

fn top(sql: &Connection, component: &ComponentName, tenant: Option<i64>) -> rusqlite::Result<Option<(i64, String)>> {
    let query =
        "SELECT serial, digest FROM deployment WHERE component = ?1 AND tenant IS ?2 ORDER BY serial DESC LIMIT 1";
    sql.query_row(query, (component.as_str(), tenant), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .optional()
}
