//! The list of tenants and their hosts, a small SQLite file that server and command line share.

use lectern_data::check::{self, Depth};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use crate::backup::is_unfinished;
use crate::deployments::{self, Deployments};
use crate::folder::{DataFolder, create_file, create_folder};
use crate::{ComponentName, Error, Host, TenantName};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tenant (
        -- Never given twice, so that a tenant made under the name of a removed one is not taken for it.
        serial INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE IF NOT EXISTS host (
        host TEXT PRIMARY KEY,
        tenant INTEGER NOT NULL REFERENCES tenant ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;";

/// The number of the schema, in the file's `user_version`; the first data folders have none.
const VERSION: i64 = 1;

/// Made when it is first needed: a data folder of an earlier version lacks it.
const WOKEN: &str = "
    -- Tenants whose workflows have something to do since the command line resumed one.
    CREATE TABLE IF NOT EXISTS woken (
        tenant INTEGER PRIMARY KEY REFERENCES tenant ON DELETE CASCADE
    ) STRICT;";

/// A tenant as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) serial: i64,
    pub(crate) name: TenantName,
    /// Sorted.
    pub(crate) hosts: Vec<Host>,
}

/// A connection to the registry.
pub(crate) struct Registry {
    folder: DataFolder,
    connection: Connection,
}

impl Registry {
    /// Opens the registry of a new or existing data folder.
    pub(crate) fn create(folder: &DataFolder) -> Result<Self, Error> {
        create_folder(folder.root())?;
        create_file(&folder.registry())?;
        let registry = Self::open(folder)?;
        registry.run(|connection| {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.execute_batch(SCHEMA)?;
            connection.pragma_update(None, "user_version", VERSION)
        })?;
        Ok(registry)
    }

    /// Opens the registry of an existing data folder.
    pub(crate) fn open(folder: &DataFolder) -> Result<Self, Error> {
        let path = folder.registry();
        if !path.is_file() {
            return Err(Error::NoDataFolder(folder.root().to_owned()));
        }
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // Of a tenant that is erased nothing stays behind.
            connection.pragma_update(None, "secure_delete", true)?;
            Ok(connection)
        };
        let opened = open().and_then(|connection| {
            let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok((connection, version))
        });
        match opened {
            Ok((connection, ..=VERSION)) => Ok(Self {
                folder: folder.clone(),
                connection,
            }),
            Ok((_, found)) => Err(Error::NewerRegistry {
                path,
                found,
                known: VERSION,
            }),
            Err(source) => Err(Error::Registry { path, source }),
        }
    }

    /// Opens the registry of an existing data folder to look at it, leaving the file and what is beside it alone.
    pub(crate) fn look(folder: &DataFolder) -> Result<Self, Error> {
        let has_log = folder.root().join("tenants.db-wal").exists();
        let registry = Self::open(folder)?;
        // What somebody has left behind is for the next one who writes.
        registry.run(|connection| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log))?;
        Ok(registry)
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        work(&self.connection).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> Error {
        Error::Registry {
            path: self.folder.registry(),
            source,
        }
    }

    /// A number that changes whenever another connection has changed the registry.
    pub(crate) fn version(&self) -> Result<i64, Error> {
        self.run(|connection| {
            connection
                .prepare_cached("PRAGMA data_version")?
                .query_row([], |row| row.get(0))
        })
    }

    /// All tenants, sorted by name.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT serial, name, host FROM tenant LEFT JOIN host ON tenant = serial ORDER BY name, host",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let serial = row.get(0)?;
                if entries.last().is_none_or(|last| last.serial != serial) {
                    let name = parsed(1, row.get::<_, String>(1)?.parse())?;
                    entries.push(Entry {
                        serial,
                        name,
                        hosts: Vec::new(),
                    });
                }
                if let (Some(host), Some(entry)) = (row.get::<_, Option<String>>(2)?, entries.last_mut()) {
                    entry.hosts.push(parsed(2, host.parse())?);
                }
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// Hosts that no request can have, because somebody else than this program has written them: each with its normal form.
    pub(crate) fn unmatched_hosts(&self) -> Result<Vec<(String, Host)>, Error> {
        let mut found = Vec::new();
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT host FROM host ORDER BY host")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let written: String = row.get(0)?;
                let host: Host = parsed(0, written.parse())?;
                if host.as_str() != written {
                    found.push((written, host));
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// What SQLite finds wrong with the file.
    pub(crate) fn damages(&self) -> Vec<String> {
        check::structure(&self.connection, Depth::Full)
    }

    /// The tenant of this name, or an error that names those there are.
    pub(crate) fn entry(&self, name: &TenantName) -> Result<Entry, Error> {
        let entries = self.entries()?;
        match entries.iter().find(|entry| entry.name == *name) {
            Some(entry) => Ok(entry.clone()),
            None => Err(Error::UnknownTenant {
                name: name.clone(),
                known: entries.into_iter().map(|entry| entry.name).collect(),
            }),
        }
    }

    /// Adds a tenant. `prepare` makes its folder and database; only when that has succeeded is the tenant there for anyone.
    pub(crate) fn add(
        &mut self,
        name: &TenantName,
        hosts: &[Host],
        prepare: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.put(name, hosts, false, prepare)
    }

    /// The same; with `replace` the tenant may be there already, and is then another one of this name. What is deployed for it alone is kept.
    pub(crate) fn put(
        &mut self,
        name: &TenantName,
        hosts: &[Host],
        replace: bool,
        prepare: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        if hosts.is_empty() {
            return Err(Error::NoHost);
        }
        let path = self.folder.registry();
        let failed = |source| Error::Registry {
            path: path.clone(),
            source,
        };
        // Taking the lock first keeps two commands from making the same tenant.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // A name is there once, and nobody else's has a blank: the old tenant steps aside until the new one has taken over from it.
        if replace {
            let rename = "UPDATE tenant SET name = 'replaced ' || name WHERE name = ?";
            transaction.execute(rename, [name.as_str()]).map_err(failed)?;
        }
        if transaction
            .execute("INSERT OR IGNORE INTO tenant (name) VALUES (?)", [name.as_str()])
            .map_err(failed)?
            == 0
        {
            return Err(Error::TenantExists(name.clone()));
        }
        let serial = transaction.last_insert_rowid();
        if replace {
            let old = "SELECT serial FROM tenant WHERE name = 'replaced ' || ?";
            let old: Option<i64> = transaction
                .query_row(old, [name.as_str()], |row| row.get(0))
                .optional()
                .map_err(failed)?;
            if let Some(old) = old {
                deployments::hand_over(&transaction, old, serial).map_err(failed)?;
                transaction
                    .execute("DELETE FROM tenant WHERE serial = ?", [old])
                    .map_err(failed)?;
            }
        }
        for host in hosts {
            let insert = "INSERT INTO host (host, tenant) VALUES (?1, ?2) ON CONFLICT (host) DO NOTHING";
            if transaction.execute(insert, (host.as_str(), serial)).map_err(failed)? == 1 {
                continue;
            }
            let owner = "SELECT name FROM tenant JOIN host ON tenant = serial WHERE host = ?";
            let owner: String = transaction
                .query_row(owner, [host.as_str()], |row| row.get(0))
                .map_err(failed)?;
            // The same host given twice is one host.
            if owner != name.as_str() {
                let tenant = parsed(0, owner.parse()).map_err(failed)?;
                return Err(Error::HostTaken {
                    host: host.clone(),
                    tenant,
                });
            }
        }
        prepare()?;
        transaction.commit().map_err(failed)
    }

    /// Where a tenant is served that is restored, or why it cannot be: at the hosts that are asked for, else where the tenant is that it
    /// replaces, else at its own.
    pub(crate) fn admits(
        &self,
        name: &TenantName,
        asked: &[Host],
        own: &[Host],
        replace: bool,
    ) -> Result<Vec<Host>, Error> {
        let entries = self.entries()?;
        let hosts = match entries.iter().find(|entry| entry.name == *name) {
            Some(_) if !replace => return Err(Error::TenantInTheWay(name.clone())),
            _ if !asked.is_empty() => asked,
            Some(entry) => &entry.hosts,
            None => own,
        };
        if hosts.is_empty() {
            return Err(Error::NoHost);
        }
        for host in hosts {
            let owner = entries
                .iter()
                .find(|entry| entry.name != *name && entry.hosts.contains(host));
            if let Some(owner) = owner {
                return Err(Error::HostInTheWay {
                    host: host.clone(),
                    tenant: owner.name.clone(),
                });
            }
        }
        let path = self.folder.tenant(name);
        if !entries.iter().any(|entry| entry.name == *name) && path.exists() && !is_unfinished(&path) {
            return Err(Error::FolderExists(path));
        }
        Ok(hosts.to_vec())
    }

    /// Leaves word for a running server that a tenant's workflows have something to do.
    pub(crate) fn wake(&self, name: &TenantName) -> Result<(), Error> {
        let entry = self.entry(name)?;
        self.run(|connection| {
            connection.execute_batch(WOKEN)?;
            connection.execute("INSERT OR IGNORE INTO woken VALUES (?)", [entry.serial])
        })
        .map(drop)
    }

    /// Takes the word that was left.
    pub(crate) fn take_woken(&self) -> Result<Vec<TenantName>, Error> {
        self.run(|connection| {
            let there = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'woken')";
            if !connection.prepare_cached(there)?.query_row([], |row| row.get(0))? {
                return Ok(Vec::new());
            }
            let woken = "SELECT name FROM tenant WHERE serial IN (SELECT tenant FROM woken)";
            let mut names = Vec::new();
            let mut statement = connection.prepare_cached(woken)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                names.push(parsed(0, row.get::<_, String>(0)?.parse())?);
            }
            if !names.is_empty() {
                // Whoever is woken in between is so by the next call, or has been.
                connection.execute("DELETE FROM woken", [])?;
            }
            Ok(names)
        })
    }

    /// What is deployed.
    pub(crate) fn deployments(&self) -> Result<Deployments, Error> {
        self.run(deployments::read)
    }

    /// Deploys a version for a tenant, or for all. `also` is done before anybody sees it; without it, nothing is.
    pub(crate) fn push_deployment(
        &mut self,
        component: &ComponentName,
        tenant: Option<&TenantName>,
        digest: &str,
        now: i64,
        also: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let push = |sql: &Connection, tenant| deployments::push(sql, component, tenant, digest, now);
        self.change_deployments(tenant, push, |()| also())
    }

    /// Takes back the last version that was deployed for a tenant, or for all, if there is one, and gives its digest.
    pub(crate) fn pop_deployment(
        &mut self,
        component: &ComponentName,
        tenant: Option<&TenantName>,
        also: impl FnOnce(&str) -> Result<(), Error>,
    ) -> Result<Option<String>, Error> {
        let pop = |sql: &Connection, tenant| deployments::pop(sql, component, tenant);
        self.change_deployments(tenant, pop, |digest| {
            digest.as_deref().map(also).transpose()?;
            Ok(digest)
        })
    }

    fn change_deployments<T, U>(
        &mut self,
        tenant: Option<&TenantName>,
        make: impl FnOnce(&Connection, Option<i64>) -> rusqlite::Result<T>,
        also: impl FnOnce(T) -> Result<U, Error>,
    ) -> Result<U, Error> {
        let serial = tenant
            .map(|name| self.entry(name))
            .transpose()?
            .map(|entry| entry.serial);
        let path = self.folder.registry();
        let failed = |source| Error::Registry {
            path: path.clone(),
            source,
        };
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let made = make(&transaction, serial).map_err(failed)?;
        let outcome = also(made)?;
        transaction.commit().map_err(failed)?;
        Ok(outcome)
    }

    /// Forgets a tenant, in the write-ahead log and in the file itself.
    pub(crate) fn remove(&self, name: &TenantName) -> Result<(), Error> {
        let entry = self.entry(name)?;
        self.run(|connection| {
            connection.execute("DELETE FROM tenant WHERE serial = ?", [entry.serial])?;
            // Waits for those who are just reading.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        })
    }
}

/// A name or host that someone else than this program has written into the registry.
pub(crate) fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
    column: usize,
    result: Result<T, E>,
) -> rusqlite::Result<T> {
    result.map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
