//! `lectern tenant`.

use crate::cli::password;
use crate::cli::table::table;
use anyhow::Result;
use clap::{Args, Subcommand};
use lectern_tenants::admin::{Admin, NewTenant};
use lectern_tenants::{Host, TenantName};
use std::path::Path;

const ADD_EXAMPLES: &str = "\
Example:
  echo \"$PASSWORD\" | lectern tenant add college --name 'College of Music' \\
      --host video.college.example --admin admin --admin-password-stdin";

#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Adds a tenant with its first user, who is its administrator
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// Identifier of the tenant: lower-case letters and digits, such as `uni-bern`
        #[arg(value_name = "ID")]
        tenant: TenantName,
        #[command(flatten)]
        new: NewTenantArgs,
    },
    /// Lists all tenants with their hosts
    List,
    /// Removes a tenant and erases everything that belongs to it
    Remove {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
    },
}

/// What a new tenant needs besides its identifier.
#[derive(Debug, Args)]
pub struct NewTenantArgs {
    /// Name that people see
    #[arg(long)]
    name: String,
    /// Name under which clients reach the tenant, with the port if it is not 80 or 443; may be repeated
    #[arg(long = "host", value_name = "HOST[:PORT]", required = true)]
    hosts: Vec<Host>,
    /// Username of the administrator
    #[arg(long, value_name = "USER")]
    admin: String,
    /// Takes the administrator's password from the first line of standard input
    #[arg(long, required = true)]
    admin_password_stdin: bool,
    /// Lets the administrator come in with Digest authentication too, for which a secret as good as the password is stored
    #[arg(long)]
    digest: bool,
}

impl NewTenantArgs {
    /// The tenant, with the password from standard input.
    pub fn read(&self, tenant: &TenantName) -> Result<NewTenant> {
        Ok(NewTenant {
            name: tenant.clone(),
            display_name: self.name.clone(),
            hosts: self.hosts.clone(),
            administrator: self.admin.clone(),
            password: password::read()?,
            digest: self.digest,
        })
    }
}

impl Tenant {
    pub fn run(&self, data: &Path) -> Result<()> {
        let mut admin = Admin::open(data)?;
        match self {
            Self::Add { tenant, new } => {
                admin.add_tenant(&new.read(tenant)?)?;
                println!("added tenant {tenant}");
            }
            Self::List => print!("{}", list(&admin)?),
            Self::Remove { tenant } => {
                admin.remove_tenant(tenant)?;
                println!("removed tenant {tenant} and its data");
            }
        }
        Ok(())
    }
}

fn list(admin: &Admin) -> Result<String> {
    let rows: Vec<[String; 3]> = admin
        .tenants()?
        .into_iter()
        .map(|tenant| {
            let hosts: Vec<&str> = tenant.hosts.iter().map(Host::as_str).collect();
            let name = tenant.display_name.unwrap_or_else(|error| format!("({error})"));
            [tenant.name.to_string(), hosts.join(","), name]
        })
        .collect();
    Ok(table(["ID", "HOSTS", "NAME"], &rows))
}
