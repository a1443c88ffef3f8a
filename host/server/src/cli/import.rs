//! `lectern import`.

use crate::import::schedule;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use lectern_tenants::{Error, Options, TenantName, Tenants};
use std::path::{Path, PathBuf};

const SCHEDULE_EXAMPLES: &str = "\
Tracks become series and talks become events. A later import of the same programme updates what has
changed and makes nothing twice; access lists of what exists already stay as they are.

Example:
  lectern import schedule schedule.xml --tenant uni --read-role ROLE_USER";

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Imports the programme of a conference from schedule XML, as frab and pretalx export it
    #[command(after_help = SCHEDULE_EXAMPLES)]
    Schedule {
        /// The schedule
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
        /// A role that may read what is imported, instead of everybody; may be repeated
        #[arg(long = "read-role", value_name = "ROLE")]
        read_roles: Vec<String>,
    },
}

impl Import {
    pub fn run(&self, data: &Path) -> Result<()> {
        let Self::Schedule {
            file,
            tenant: name,
            read_roles,
        } = self;
        let tenants = Tenants::open(data, Options::default())?;
        let Some(tenant) = tenants.tenant(name)? else {
            bail!(Error::UnknownTenant {
                name: name.clone(),
                known: tenants.names()?,
            });
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the import cannot be started")?;
        let summary = runtime.block_on(schedule::import(&tenant, file, read_roles))?;
        println!("{summary}");
        Ok(())
    }
}
