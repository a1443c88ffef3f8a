//! `lectern agent`.

use crate::cli::table::table;
use anyhow::Result;
use chrono_tz::Tz;
use clap::Subcommand;
use lectern_data::identity;
use lectern_tenants::TenantName;
use lectern_tenants::admin::Admin;
use std::path::Path;

const ADD_EXAMPLES: &str = "\
Example:
  lectern agent add hall-1 --tenant uni --timezone Europe/Zurich --input camera --input slides";

#[derive(Debug, Subcommand)]
pub enum Agent {
    /// Adds a capture agent, which events can be scheduled on; a device that reports adds itself
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// Name of the capture agent
        #[arg(value_name = "AGENT")]
        name: String,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
        /// Time zone of the room, by its name in the IANA time zone database
        #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = timezone)]
        timezone: Tz,
        /// Something that the agent can record; may be repeated
        #[arg(long = "input", value_name = "NAME")]
        inputs: Vec<String>,
    },
    /// Lists the capture agents of a tenant
    List {
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
    /// Removes a capture agent; a device that goes on reporting is added again
    Remove {
        /// Name of the capture agent
        #[arg(value_name = "AGENT")]
        name: String,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
}

fn timezone(name: &str) -> Result<Tz, String> {
    name.parse()
        .map_err(|_| "use a name of the IANA time zone database, such as `Europe/Zurich` or `UTC`".to_owned())
}

impl Agent {
    pub fn run(&self, data: &Path) -> Result<()> {
        let admin = Admin::open(data)?;
        match self {
            Self::Add {
                name,
                tenant,
                timezone,
                inputs,
            } => {
                let agent = identity::Agent {
                    name: name.clone(),
                    timezone: timezone.name().to_owned(),
                    inputs: inputs.clone(),
                };
                admin.add_agent(tenant, &agent)?;
                println!("added capture agent {name}");
            }
            Self::List { tenant } => print!("{}", list(admin.agents(tenant)?)),
            Self::Remove { name, tenant } => {
                admin.remove_agent(tenant, name)?;
                println!("removed capture agent {name}");
            }
        }
        Ok(())
    }
}

fn list(agents: Vec<identity::Agent>) -> String {
    let rows: Vec<[String; 3]> = agents
        .into_iter()
        .map(|agent| [agent.name, agent.timezone, agent.inputs.join(",")])
        .collect();
    table(["AGENT", "TIMEZONE", "INPUTS"], &rows)
}
