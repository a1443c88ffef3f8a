//! `lectern spin`: the tenants of a data folder served by [Spin](https://spinframework.dev) instead of this program.
//!
//! Spin has the same handlers, which are bound to a component that serves `lectern:api` from the tenants' very databases. What that
//! component does is not here (`spin/provider`).

mod labels;
mod manifest;
mod output;
mod refused;
mod settings;
mod toml;

use crate::cli::component::Setup;
use anyhow::Result;
use clap::Subcommand;

const MANIFEST_EXAMPLES: &str = "\
Writes spin.toml, runtime-config.toml, the components and the tenants' settings. Databases and uploaded files
stay where they are: a tenant is served by Spin or by this program, as you like, and by both if need be. Write the files again
when a tenant comes or goes, when its hosts or settings change, when a handler is deployed, and after an update
of this program; then start Spin again.

Example:
  lectern spin manifest --data /var/lib/lectern --output /srv/lectern-spin
  spin up --from /srv/lectern-spin/spin.toml \\
      --runtime-config-file /srv/lectern-spin/runtime-config.toml --direct-mounts";

#[derive(Debug, Subcommand)]
pub enum Spin {
    /// Writes what Spin needs to serve the tenants, and says what of them it cannot serve
    #[command(after_help = MANIFEST_EXAMPLES)]
    Manifest(manifest::Manifest),
}

impl Spin {
    pub fn run(&self, setup: &Setup) -> Result<()> {
        match self {
            Self::Manifest(manifest) => manifest.run(setup),
        }
    }
}
