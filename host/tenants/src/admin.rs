//! What an operator does to a data folder: the functions behind the command line. Everything happens on the caller's thread and is done
//! when the call returns; a server that runs on the same folder sees it with its next request. Every change of a tenant leaves a row in its
//! audit trail, except removing the tenant, which removes the trail.
//!
//! Does not belong here: reading standard input, printing, asking whether the operator is sure.

mod components;

use std::path::{Path, PathBuf};

use lectern_credentials::{digest, hash_of_api_key, password};
use lectern_data::audit::{self, Operation};
use lectern_data::identity::{self, API_KEY, AccountError, Agent, ApiKey, User, roles};
use lectern_data::model::{Organization, Sequence};
use lectern_data::sql::{Sql, SqlError};
use lectern_data::statistics::{self, Recorded, Seen};
use lectern_data::workflow::{self, Workflow};
use rusqlite::Connection;

use crate::connections::{open_current, open_tenant};
use crate::folder::{DataFolder, create_file, create_folder};
use crate::registry::Registry;
use crate::viewing::{Viewing, seen};
use crate::{Clock, Error, Host, SystemClock, TenantName};

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
    /// Whether the first user may also come in with Digest authentication, see [`NewPassword::digest`].
    pub digest: bool,
}

/// A password to be set.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    /// Exactly as it will be typed.
    pub text: &'a str,
    /// Whether the user may also come in with Digest authentication. That needs a secret that is stored as it is: whoever reads it
    /// in the database can come in with it, while a password hash has to be guessed first.
    pub digest: bool,
}

impl<'a> From<&'a str> for NewPassword<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, digest: false }
    }
}

impl NewPassword<'_> {
    /// What is stored: takes some tens of milliseconds.
    fn stored(&self, username: &str) -> Result<StoredPassword, Error> {
        Ok(StoredPassword {
            hash: password::hash(self.text)?,
            digest_secret: self.digest.then(|| digest::secret(username, self.text)),
        })
    }
}

struct StoredPassword {
    hash: String,
    digest_secret: Option<String>,
}

impl StoredPassword {
    fn set_digest_secret(&self, sql: &dyn Sql, username: &str) -> Result<(), AccountError> {
        match &self.digest_secret {
            Some(secret) => identity::set_digest_secret(sql, username, secret),
            None => Ok(()),
        }
    }
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
    pub(crate) folder: DataFolder,
    pub(crate) registry: Registry,
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
        let new = NewPassword {
            text: &tenant.password,
            digest: tenant.digest,
        };
        let stored = new.stored(&administrator.username)?;
        let folder = self.folder.clone();
        let administrator_roles = administrator.roles.join(",");
        let [administrators, applications] = identity::default_groups(tenant.name.as_str());
        self.registry.add(&tenant.name, &tenant.hosts, || {
            let path = folder.tenant(&tenant.name);
            if path.exists() {
                return Err(Error::FolderExists(path));
            }
            let made = create_folder(&path)
                .and_then(|()| create_file(&folder.database(&tenant.name)))
                .and_then(|()| {
                    let operations = [
                        made_by_operator("create", "organization", tenant.name.as_str(), ""),
                        made_by_operator("create", "users", &administrator.username, &administrator_roles),
                        made_by_operator("create", "groups", &administrators, ""),
                        made_by_operator("create", "groups", &applications, ""),
                    ];
                    let made = open_current(&folder.database(&tenant.name)).map_err(AccountError::from);
                    let made = made.and_then(|sql| {
                        recorded(&sql, &operations, |sql| {
                            identity::set_organization(sql, &organization)?;
                            identity::add_user(sql, &administrator, &stored.hash)?;
                            stored.set_digest_secret(sql, &administrator.username)?;
                            identity::add_default_groups(sql)
                        })
                    });
                    made.map_err(|error| failed(&folder, &tenant.name, error))
                })
                .and_then(|()| folder.sync(&tenant.name));
            if made.is_err() {
                // The reason why it could not be made is of more use than why it could not be cleaned up.
                let _ = folder.erase(&tenant.name);
            }
            made
        })
    }

    /// Where the database of a tenant is, as an absolute path. What the operator sets for the tenant lies beside it.
    pub fn database(&self, tenant: &TenantName) -> Result<PathBuf, Error> {
        self.registry.entry(tenant)?;
        let path = self.folder.database(tenant);
        path.canonicalize().map_err(|source| Error::File {
            action: "find",
            path,
            source,
        })
    }

    /// Refuses the name of a tenant that there is not.
    pub fn check_tenant(&self, tenant: &TenantName) -> Result<(), Error> {
        self.registry.entry(tenant).map(drop)
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

    /// The properties of a tenant, sorted by name.
    pub fn properties(&self, tenant: &TenantName) -> Result<Vec<(String, String)>, Error> {
        self.read(tenant, |sql| Ok(identity::organization(sql)?.properties))
    }

    /// Gives a tenant a property, in place of one of the same name, and does what follows from it.
    pub fn set_property(&self, tenant: &TenantName, name: &str, value: &str) -> Result<(), Error> {
        let operation = made_by_operator("update", "organization", tenant.as_str(), name);
        self.change(tenant, operation, |sql| identity::set_property(sql, name, value))
    }

    /// Takes a property of a tenant away, and does what follows from that.
    pub fn unset_property(&self, tenant: &TenantName, name: &str) -> Result<(), Error> {
        let operation = made_by_operator("update", "organization", tenant.as_str(), name);
        self.change(tenant, operation, |sql| identity::unset_property(sql, name))
    }

    /// Refuses a name that no tenant has and of which nothing is left, with the names there are.
    pub fn require_erasable(&self, tenant: &TenantName) -> Result<(), Error> {
        match self.registry.entry(tenant) {
            // What a program has left behind that was ended while it erased the tenant, or made it.
            Err(Error::UnknownTenant { .. }) if self.folder.has_remains(tenant) => Ok(()),
            known => known.map(drop),
        }
    }

    /// Removes a tenant and erases its data for good: database, files, settings and audit trail.
    pub fn erase_tenant(&self, tenant: &TenantName) -> Result<(), Error> {
        self.require_erasable(tenant)?;
        // In this order a crash in between leaves data that nobody serves, not a tenant without data.
        match self.registry.remove(tenant) {
            Err(Error::UnknownTenant { .. }) => {}
            removed => removed?,
        }
        self.folder.erase(tenant)
    }

    /// Adds a user.
    pub fn add_user<'p>(
        &self,
        tenant: &TenantName,
        user: &User,
        password: impl Into<NewPassword<'p>>,
    ) -> Result<(), Error> {
        self.registry.entry(tenant)?;
        identity::check_user(user).map_err(|error| self.failed(tenant, error))?;
        let stored = password.into().stored(&user.username)?;
        let (username, roles) = (&user.username, user.roles.join(","));
        let operation = made_by_operator("create", "users", username, &roles);
        self.change(tenant, operation, |sql| {
            identity::add_user(sql, user, &stored.hash)?;
            stored.set_digest_secret(sql, username)
        })
    }

    /// All users of a tenant, sorted by username.
    pub fn users(&self, tenant: &TenantName) -> Result<Vec<User>, Error> {
        self.read(tenant, identity::users)
    }

    /// Gives a user another password; the old one is refused from now on. Gives whether the user could use Digest authentication and
    /// no longer can.
    pub fn set_password<'p>(
        &self,
        tenant: &TenantName,
        username: &str,
        password: impl Into<NewPassword<'p>>,
    ) -> Result<bool, Error> {
        self.registry.entry(tenant)?;
        let stored = password.into().stored(username)?;
        let operation = made_by_operator("update", "users", username, "password");
        self.change(tenant, operation, |sql| {
            let had_digest = identity::account(sql, username)?.is_some_and(|account| account.digest_secret.is_some());
            identity::set_password_hash(sql, username, &stored.hash)?;
            stored.set_digest_secret(sql, username)?;
            Ok(had_digest && stored.digest_secret.is_none())
        })
    }

    /// Removes a user, who is refused from now on.
    pub fn remove_user(&self, tenant: &TenantName, username: &str) -> Result<(), Error> {
        let operation = made_by_operator("delete", "users", username, "");
        self.change(tenant, operation, |sql| identity::remove_user(sql, username))
    }

    /// Adds a capture agent.
    pub fn add_agent(&self, tenant: &TenantName, agent: &Agent) -> Result<(), Error> {
        let operation = made_by_operator("create", "agents", &agent.name, "");
        self.change(tenant, operation, |sql| identity::add_agent(sql, agent))
    }

    /// All capture agents of a tenant, sorted by name.
    pub fn agents(&self, tenant: &TenantName) -> Result<Vec<Agent>, Error> {
        self.read(tenant, identity::agents)
    }

    /// Removes a capture agent.
    pub fn remove_agent(&self, tenant: &TenantName, name: &str) -> Result<(), Error> {
        let operation = made_by_operator("delete", "agents", name, "");
        self.change(tenant, operation, |sql| identity::remove_agent(sql, name))
    }

    /// Adds an API key and gives the key itself, which nobody can find out later. `key.created_ms` is set.
    pub fn add_api_key(&self, tenant: &TenantName, key: &ApiKey) -> Result<String, Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| Error::Hashing(error.to_string()))?;
        let text = format!("{API_KEY}{}", blake3::Hash::from_bytes(secret).to_hex());
        let hash = hash_of_api_key(&text);
        let key = ApiKey {
            created_ms: SystemClock::default().unix_millis(),
            ..key.clone()
        };
        let roles = key.roles.join(",");
        let operation = made_by_operator("create", "api-keys", &key.name, &roles);
        self.change(tenant, operation, |sql| identity::add_api_key(sql, &key, &hash))?;
        Ok(text)
    }

    /// All API keys of a tenant, sorted by name.
    pub fn api_keys(&self, tenant: &TenantName) -> Result<Vec<ApiKey>, Error> {
        self.read(tenant, identity::api_keys)
    }

    /// Revokes an API key, which is refused from now on.
    pub fn revoke_api_key(&self, tenant: &TenantName, name: &str) -> Result<(), Error> {
        let operation = made_by_operator("delete", "api-keys", name, "");
        self.change(tenant, operation, |sql| identity::revoke_api_key(sql, name))
    }

    /// Who changed what, see [`audit::entries`].
    pub fn audit(&self, tenant: &TenantName, since: Option<Sequence>, limit: u32) -> Result<Vec<audit::Entry>, Error> {
        self.read(tenant, |sql| audit::entries(sql, since, limit))
    }

    /// The latest workflows of a tenant, the last one first; with `active` only those that are active.
    pub fn workflows(&self, tenant: &TenantName, active: bool, limit: u32) -> Result<Vec<Workflow>, Error> {
        self.read(tenant, |sql| workflow::workflows(sql, active, limit))
    }

    /// Resumes a workflow that is paused; a running server goes on with it within a second.
    pub fn resume_workflow(&self, tenant: &TenantName, id: i64) -> Result<(), Error> {
        let (identifier, now) = (id.to_string(), SystemClock::default().unix_millis());
        let operation = made_by_operator("resume", "workflows", &identifier, "");
        self.change(tenant, operation, |sql| workflow::resume(sql, id, now))?;
        self.registry.wake(tenant)
    }

    /// Pauses a workflow that is active.
    pub fn pause_workflow(&self, tenant: &TenantName, id: i64) -> Result<(), Error> {
        let (identifier, now) = (id.to_string(), SystemClock::default().unix_millis());
        let operation = made_by_operator("pause", "workflows", &identifier, "");
        self.change(tenant, operation, |sql| workflow::pause(sql, id, now))
    }

    /// Stops a workflow that is active.
    pub fn stop_workflow(&self, tenant: &TenantName, id: i64) -> Result<(), Error> {
        let (identifier, now) = (id.to_string(), SystemClock::default().unix_millis());
        let operation = made_by_operator("stop", "workflows", &identifier, "");
        self.change(tenant, operation, |sql| workflow::stop(sql, id, now))
    }

    /// Counts what requests show of views. Requests can be given several times and in any order.
    pub fn record_views(&self, tenant: &TenantName, viewings: &[Viewing]) -> Result<Recorded, Error> {
        let detail = format!("requests: {}", viewings.len());
        let operation = made_by_operator("import", "views", "", &detail);
        self.change(tenant, operation, |sql| {
            let secret = statistics::secret(sql)?;
            let requests: Vec<Seen> = viewings.iter().map(|viewing| seen(&secret, viewing)).collect();
            Ok(statistics::record(sql, &requests)?)
        })
    }

    fn read<T>(&self, tenant: &TenantName, read: impl FnOnce(&dyn Sql) -> Result<T, SqlError>) -> Result<T, Error> {
        self.registry.entry(tenant)?;
        let answer = open_tenant(&self.folder.database(tenant), tenant).and_then(|sql| read(&sql));
        answer.map_err(|error| self.failed(tenant, error.into()))
    }

    fn change<T>(
        &self,
        tenant: &TenantName,
        operation: Operation<'_>,
        make: impl FnOnce(&dyn Sql) -> Result<T, AccountError>,
    ) -> Result<T, Error> {
        self.registry.entry(tenant)?;
        change(&self.folder, tenant, &[operation], make)
    }

    fn failed(&self, tenant: &TenantName, error: AccountError) -> Error {
        failed(&self.folder, tenant, error)
    }
}

pub(crate) fn made_by_operator<'a>(
    action: &'a str,
    collection: &'a str,
    identifier: &'a str,
    detail: &'a str,
) -> Operation<'a> {
    Operation {
        action,
        collection,
        identifier,
        detail,
    }
}

/// Makes a change in a transaction, and records it there.
fn change<T>(
    folder: &DataFolder,
    tenant: &TenantName,
    operations: &[Operation<'_>],
    make: impl FnOnce(&dyn Sql) -> Result<T, AccountError>,
) -> Result<T, Error> {
    let database = folder.database(tenant);
    let made = open_tenant(&database, tenant)
        .map_err(AccountError::from)
        .and_then(|sql| recorded(&sql, operations, make));
    made.map_err(|error| failed(folder, tenant, error))
}

/// The same in a database that is open.
pub(crate) fn recorded<T>(
    sql: &Connection,
    operations: &[Operation<'_>],
    make: impl FnOnce(&dyn Sql) -> Result<T, AccountError>,
) -> Result<T, AccountError> {
    execute(sql, "BEGIN IMMEDIATE")?;
    // First, because that begins the commit whose number everything gets. Dropping the connection undoes what was not committed.
    audit::operator(sql, operations, SystemClock::default().unix_millis())?;
    let made = make(sql)?;
    execute(sql, "COMMIT")?;
    Ok(made)
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
