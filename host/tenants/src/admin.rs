//! What an operator does to a data folder: the functions behind the command line. Everything happens on the caller's thread and is done
//! when the call returns; a server that runs on the same folder sees it with its next request.
//!
//! Does not belong here: reading standard input, printing, asking whether the operator is sure.

use std::path::Path;

use lectern_data::identity::{self, AccountError, Agent, User, roles};
use lectern_data::model::Organization;
use lectern_data::sql::{Sql, SqlError};
use rusqlite::Connection;

use crate::connections::open_current;
use crate::folder::{DataFolder, create_file, create_folder};
use crate::registry::Registry;
use crate::{Error, Host, TenantName, password};

/// A tenant to be added.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The identifier.
    pub name: TenantName,
    /// The name that people see.
    pub display_name: String,
    /// At least one.
    pub hosts: Vec<Host>,
    /// Username of the first user, who gets [`ADMINISTRATOR_ROLES`].
    pub administrator: String,
    /// The first user's password, exactly as it will be typed.
    pub password: String,
}

/// A tenant as the list shows it.
#[derive(Debug)]
pub struct TenantSummary {
    /// The identifier.
    pub name: TenantName,
    /// Sorted.
    pub hosts: Vec<Host>,
    /// The name that people see, or why it cannot be read.
    pub display_name: Result<String, Error>,
}

/// What the first user of a tenant gets, as in Opencast; with `ROLE_ADMIN` no `ROLE_API_…` role is needed.
pub const ADMINISTRATOR_ROLES: [&str; 2] = [roles::ADMIN, roles::SUDO];

/// A data folder in the hands of its operator.
pub struct Admin {
    folder: DataFolder,
    registry: Registry,
}

impl Admin {
    /// Makes a data folder with a first tenant.
    pub fn init(data: &Path, tenant: &NewTenant) -> Result<Self, Error> {
        let folder = DataFolder::new(data);
        let registry = Registry::create(&folder)?;
        if !registry.entries()?.is_empty() {
            return Err(Error::AlreadyInitialised(data.to_owned()));
        }
        let mut admin = Self { folder, registry };
        admin.add_tenant(tenant)?;
        Ok(admin)
    }

    /// Opens an existing data folder.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let folder = DataFolder::new(data);
        let registry = Registry::open(&folder)?;
        Ok(Self { folder, registry })
    }

    /// Adds a tenant with its first user.
    pub fn add_tenant(&mut self, tenant: &NewTenant) -> Result<(), Error> {
        let administrator = User {
            username: tenant.administrator.clone(),
            name: "Administrator".to_owned(),
            roles: ADMINISTRATOR_ROLES.map(str::to_owned).to_vec(),
            ..User::default()
        };
        let organization = Organization {
            identifier: tenant.name.to_string(),
            name: tenant.display_name.clone(),
            admin_role: roles::ADMIN.to_owned(),
            anonymous_role: roles::ANONYMOUS.to_owned(),
            properties: Vec::new(),
        };
        identity::check_user(&administrator).map_err(|error| self.failed(&tenant.name, error))?;
        let hash = password::hash(&tenant.password)?;
        let folder = self.folder.clone();
        self.registry.add(&tenant.name, &tenant.hosts, || {
            let path = folder.tenant(&tenant.name);
            if path.exists() {
                return Err(Error::FolderExists(path));
            }
            let made = create_folder(&path)
                .and_then(|()| create_file(&folder.database(&tenant.name)))
                .and_then(|()| {
                    change(&folder, &tenant.name, |sql| {
                        identity::set_organization(sql, &organization)?;
                        identity::add_user(sql, &administrator, &hash)
                    })
                });
            if made.is_err() {
                // The reason why it could not be made is of more use than why it could not be cleaned up.
                let _ = folder.erase(&tenant.name);
            }
            made
        })
    }

    /// All tenants, sorted by name.
    pub fn tenants(&self) -> Result<Vec<TenantSummary>, Error> {
        let summary = |entry: crate::registry::Entry| {
            let organization = self.read(&entry.name, identity::organization);
            let display_name = organization.map(|organization| organization.name);
            TenantSummary {
                name: entry.name,
                hosts: entry.hosts,
                display_name,
            }
        };
        Ok(self.registry.entries()?.into_iter().map(summary).collect())
    }

    /// Removes a tenant and erases its data for good.
    pub fn remove_tenant(&self, tenant: &TenantName) -> Result<(), Error> {
        // In this order a crash in between leaves data that nobody serves, not a tenant without data.
        self.registry.remove(tenant)?;
        self.folder.erase(tenant)
    }

    /// Adds a user.
    pub fn add_user(&self, tenant: &TenantName, user: &User, password: &str) -> Result<(), Error> {
        self.registry.entry(tenant)?;
        identity::check_user(user).map_err(|error| self.failed(tenant, error))?;
        let hash = password::hash(password)?;
        self.change(tenant, |sql| identity::add_user(sql, user, &hash))
    }

    /// All users of a tenant, sorted by username.
    pub fn users(&self, tenant: &TenantName) -> Result<Vec<User>, Error> {
        self.read(tenant, identity::users)
    }

    /// Gives a user another password; the old one is refused from now on.
    pub fn set_password(&self, tenant: &TenantName, username: &str, password: &str) -> Result<(), Error> {
        self.registry.entry(tenant)?;
        let hash = password::hash(password)?;
        self.change(tenant, |sql| identity::set_password_hash(sql, username, &hash))
    }

    /// Removes a user, who is refused from now on.
    pub fn remove_user(&self, tenant: &TenantName, username: &str) -> Result<(), Error> {
        self.change(tenant, |sql| identity::remove_user(sql, username))
    }

    /// Adds a capture agent.
    pub fn add_agent(&self, tenant: &TenantName, agent: &Agent) -> Result<(), Error> {
        self.change(tenant, |sql| identity::add_agent(sql, agent))
    }

    /// All capture agents of a tenant, sorted by name.
    pub fn agents(&self, tenant: &TenantName) -> Result<Vec<Agent>, Error> {
        self.read(tenant, identity::agents)
    }

    /// Removes a capture agent.
    pub fn remove_agent(&self, tenant: &TenantName, name: &str) -> Result<(), Error> {
        self.change(tenant, |sql| identity::remove_agent(sql, name))
    }

    fn read<T>(&self, tenant: &TenantName, read: impl FnOnce(&dyn Sql) -> Result<T, SqlError>) -> Result<T, Error> {
        self.registry.entry(tenant)?;
        let answer = open_current(&self.folder.database(tenant)).and_then(|sql| read(&sql));
        answer.map_err(|error| self.failed(tenant, error.into()))
    }

    fn change(
        &self,
        tenant: &TenantName,
        make: impl FnOnce(&dyn Sql) -> Result<(), AccountError>,
    ) -> Result<(), Error> {
        self.registry.entry(tenant)?;
        change(&self.folder, tenant, make)
    }

    fn failed(&self, tenant: &TenantName, error: AccountError) -> Error {
        failed(&self.folder, tenant, error)
    }
}

/// Makes a change in a transaction.
fn change(
    folder: &DataFolder,
    tenant: &TenantName,
    make: impl FnOnce(&dyn Sql) -> Result<(), AccountError>,
) -> Result<(), Error> {
    let made = || {
        let sql = open_current(&folder.database(tenant))?;
        execute(&sql, "BEGIN IMMEDIATE")?;
        // Dropping the connection undoes what was not committed.
        make(&sql)?;
        execute(&sql, "COMMIT")?;
        Ok(())
    };
    made().map_err(|error| failed(folder, tenant, error))
}

fn execute(sql: &Connection, statement: &str) -> Result<(), SqlError> {
    Sql::execute(sql, statement, &[]).map(drop)
}

fn failed(folder: &DataFolder, tenant: &TenantName, error: AccountError) -> Error {
    match error {
        AccountError::Refused(message) => Error::Refused(message),
        AccountError::Sql(source) => Error::Database {
            name: tenant.clone(),
            path: folder.database(tenant),
            source,
        },
    }
}
