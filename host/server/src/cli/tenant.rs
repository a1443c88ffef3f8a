//! `lectern tenant`.

use crate::cli::password;
use crate::cli::table::table;
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use lectern_tenants::admin::{Admin, NewTenant};
use lectern_tenants::{Host, TenantName};
use std::io;
use std::path::{Path, PathBuf};

const ADD_EXAMPLES: &str = "\
Example:
  echo \"$PASSWORD\" | lectern tenant add college --name 'College of Music' \\
      --host video.college.example --admin admin --admin-password-stdin";

const EXPORT_EXAMPLES: &str = "\
For people, authorities and other programs. It cannot be restored; for that there is `lectern backup`.

Example:
  lectern tenant export uni uni-export.tar";

const ERASE_EXAMPLES: &str = "\
Backups that you have made are yours to delete.

Example:
  lectern tenant erase uni --yes";

const SET_EXAMPLES: &str = "\
Properties that the server knows:
  org.opencastproject.external.api.url               address under which clients reach the API
  org.opencastproject.engage.ui.url                  what clients get as engageuiurl
  org.opencastproject.authorization.acl.merge.mode   whether the access list of a series counts for events with their own:
                                                     `override` (it does not, the default), `roles` or `actions`.
                                                     Changing it rewrites the events concerned, which takes a while
                                                     for hundreds of thousands.
  org.opencastproject.statistics.timezone            where the days of statistics begin, such as `Europe/Berlin`; UTC if
                                                     it is not set
Clients see all of them at /api/info/organization/properties: keep no secrets there.

Example:
  lectern tenant set uni org.opencastproject.authorization.acl.merge.mode roles";

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
    /// Gives a tenant a property, in place of one of the same name
    #[command(after_help = SET_EXAMPLES)]
    Set {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
        /// Name of the property
        #[arg(value_name = "KEY")]
        name: String,
        /// Its value
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Takes a property of a tenant away
    Unset {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
        /// Name of the property
        #[arg(value_name = "KEY")]
        name: String,
    },
    /// Lists the properties of a tenant
    Properties {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
    },
    /// Writes everything that a tenant holds to a file that people can read: JSON and the files, without passwords and keys
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
        /// The tar archive to write, which must not exist
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Removes a tenant and erases everything that belongs to it: database, files, settings and audit trail
    #[command(visible_alias = "remove", after_help = ERASE_EXAMPLES)]
    Erase {
        /// Identifier of the tenant
        #[arg(value_name = "ID")]
        tenant: TenantName,
        /// Does not ask for the identifier once more
        #[arg(long)]
        yes: bool,
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
            Self::Set { tenant, name, value } => {
                admin.set_property(tenant, name, value)?;
                println!("set {name} of tenant {tenant}");
            }
            Self::Unset { tenant, name } => {
                admin.unset_property(tenant, name)?;
                println!("unset {name} of tenant {tenant}");
            }
            Self::Properties { tenant } => {
                let rows: Vec<[String; 2]> = admin.properties(tenant)?.into_iter().map(Into::into).collect();
                print!("{}", table(["KEY", "VALUE"], &rows));
            }
            Self::Export { tenant, file } => {
                let files = admin.export_tenant(tenant, file)?;
                println!("exported tenant {tenant} with {files} files to {}", file.display());
            }
            Self::Erase { tenant, yes } => {
                admin.require_erasable(tenant)?;
                if !yes {
                    confirm(tenant)?;
                }
                admin.erase_tenant(tenant)?;
                println!("erased tenant {tenant} and everything that belonged to it");
            }
        }
        Ok(())
    }
}

/// Asks for the identifier once more.
fn confirm(tenant: &TenantName) -> Result<()> {
    eprint!("This erases tenant {tenant} for good. Type its identifier to confirm: ");
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("the answer cannot be read")?;
    ensure!(
        line.trim() == tenant.as_str(),
        "nothing was erased: type `{tenant}`, or say --yes"
    );
    Ok(())
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
