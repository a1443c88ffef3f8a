//! `lectern user`.

use crate::cli::password;
use crate::cli::table::table;
use anyhow::Result;
use clap::{Args, Subcommand};
use lectern_data::identity;
use lectern_tenants::TenantName;
use lectern_tenants::admin::{Admin, NewPassword};
use std::path::Path;

const ADD_EXAMPLES: &str = "\
Example:
  echo \"$PASSWORD\" | lectern user add moodle --tenant uni --password-stdin --name 'Moodle' \\
      --role ROLE_API --role ROLE_API_EVENTS_VIEW --role ROLE_API_SERIES_VIEW";

#[derive(Debug, Subcommand)]
pub enum User {
    /// Adds a user
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// Username, as it is typed to log in
        #[arg(value_name = "USER")]
        username: String,
        #[command(flatten)]
        of: OfTenant,
        #[command(flatten)]
        password: FromStdin,
        /// Name that people see
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// E-mail address
        #[arg(long, default_value = "", hide_default_value = true)]
        email: String,
        /// A role that the user has; may be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Lists the users of a tenant with their roles
    List {
        #[command(flatten)]
        of: OfTenant,
    },
    /// Gives a user another password; the old one is refused from now on
    SetPassword {
        /// Username
        #[arg(value_name = "USER")]
        username: String,
        #[command(flatten)]
        of: OfTenant,
        #[command(flatten)]
        password: FromStdin,
    },
    /// Removes a user, who is refused from now on
    Remove {
        /// Username
        #[arg(value_name = "USER")]
        username: String,
        #[command(flatten)]
        of: OfTenant,
    },
}

/// Whose users.
#[derive(Debug, Args)]
pub struct OfTenant {
    /// Identifier of the tenant
    #[arg(long, value_name = "ID")]
    pub tenant: TenantName,
}

/// Where the password comes from.
#[derive(Debug, Args)]
pub struct FromStdin {
    /// Takes the password from the first line of standard input
    #[arg(long, required = true)]
    password_stdin: bool,
    /// Lets the user come in with Digest authentication too, for which a secret as good as the password is stored
    #[arg(long)]
    digest: bool,
}

impl FromStdin {
    fn read(&self) -> Result<String> {
        password::read()
    }

    fn password<'a>(&self, text: &'a str) -> NewPassword<'a> {
        NewPassword {
            text,
            digest: self.digest,
        }
    }
}

impl User {
    pub fn run(&self, data: &Path) -> Result<()> {
        let admin = Admin::open(data)?;
        match self {
            Self::Add {
                username,
                of,
                password,
                name,
                email,
                roles,
            } => {
                let user = identity::User {
                    username: username.clone(),
                    name: name.clone(),
                    email: email.clone(),
                    roles: roles.clone(),
                };
                admin.add_user(&of.tenant, &user, password.password(&password.read()?))?;
                println!("added user {username}");
            }
            Self::List { of } => print!("{}", list(admin.users(&of.tenant)?)),
            Self::SetPassword { username, of, password } => {
                let digest_ended = admin.set_password(&of.tenant, username, password.password(&password.read()?))?;
                println!("changed the password of user {username}");
                if digest_ended {
                    println!("Digest authentication is off for this user now: --digest was not given");
                }
            }
            Self::Remove { username, of } => {
                admin.remove_user(&of.tenant, username)?;
                println!("removed user {username}");
            }
        }
        Ok(())
    }
}

fn list(users: Vec<identity::User>) -> String {
    let rows: Vec<[String; 4]> = users
        .into_iter()
        .map(|user| [user.username, user.name, user.email, user.roles.join(",")])
        .collect();
    table(["USER", "NAME", "E-MAIL", "ROLES"], &rows)
}
