//! What of a data folder Spin does not serve, in sentences for the operator: better read now than found out by a user.

use anyhow::Result;
use lectern_tenants::admin::Admin;
use lectern_tenants::{Deployments, TenantName};
use std::fs;
use std::path::Path;

/// Workflows that are counted at most.
const WORKFLOWS: u32 = 1000;

/// What a tenant misses.
pub fn of_tenant(
    admin: &Admin,
    deployments: &Deployments,
    tenant: &TenantName,
    database: &Path,
    without_files: bool,
) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    if database.with_file_name("jwt.toml").exists() {
        missing.push("JSON Web Tokens are refused (jwt.toml); passwords, digests and API keys are not".to_owned());
    }
    let files = files(&database.with_file_name("files"));
    if without_files && files > 0 {
        missing.push(format!(
            "its {files} uploaded files lie on the disk and are left out; what is uploaded under Spin is kept in the database"
        ));
    }
    let own = deployments.iter().filter(|known| known.tenant.as_ref() == Some(tenant));
    let mut own: Vec<&str> = own.map(|deployment| deployment.component.as_str()).collect();
    own.sort_unstable();
    own.dedup();
    if !own.is_empty() {
        missing.push(format!(
            "handlers that are deployed for this tenant alone do not serve it, those for all do: {}",
            own.join(", ")
        ));
    }
    let workflows = admin.workflows(tenant, true, WORKFLOWS)?.len();
    if workflows > 0 {
        missing.push(format!(
            "its {workflows} workflows that have not ended stay as they are: nobody works on them under Spin"
        ));
    }
    Ok(missing)
}

/// How many files there are in a folder and below.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            _ => 1,
        })
        .sum()
}
