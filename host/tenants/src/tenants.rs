//! All tenants of a data folder.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_data::connection::Role;
use lectern_data::workflow;
use lectern_media::Inspector;

use crate::component::Versions;
use crate::connections::open;
use crate::database::OpenDatabases;
use crate::digest::Nonces;
use crate::folder::DataFolder;
use crate::login::Logins;
use crate::registry::{Entry, Registry};
use crate::renderings::Renderings;
use crate::tenant::Shared;
use crate::workflows::Wake;
use crate::{Activity, Clock, ComponentName, Deployments, Error, Host, SystemClock, Tenant, TenantName};

/// How much the tenants of a process may take together.
#[derive(Clone)]
pub struct Options {
    /// How many tenants' databases may be open at once; the least recently used is closed first.
    pub open_databases: usize,
    /// How many transactions of one tenant may wait for their turn; more are refused as busy.
    pub waiting_transactions: usize,
    /// Bytes of what handlers have written of objects that are kept for the next requests, see `search.keep` of the contract.
    pub rendering_memory: usize,
    /// Whether files that belong to nobody are removed from a tenant's folder when it is first used. For servers: what an earlier
    /// one has left behind is of no use to anybody.
    pub sweep_files: bool,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            open_databases: 64,
            waiting_transactions: 1024,
            rendering_memory: 16 << 20,
            sweep_files: false,
            clock: Arc::new(SystemClock::default()),
        }
    }
}

/// The tenants of a data folder. One value per process; the command line may change the folder at the same time from another
/// process, and what it changes counts from the next call on.
pub struct Tenants {
    /// Locked by servers for as long as they run, so that others can tell.
    _running: Option<File>,
    folder: DataFolder,
    shared: Arc<Shared>,
    view: Mutex<View>,
    /// Counts the changes of what is deployed.
    deployments_revision: AtomicU64,
}

/// The registry as last read.
struct View {
    registry: Registry,
    version: Option<i64>,
    names: HashMap<TenantName, Arc<Tenant>>,
    hosts: HashMap<Host, Arc<Tenant>>,
    deployments: Arc<Deployments>,
}

impl Tenants {
    /// Opens an existing data folder.
    pub fn open(data: &Path, options: Options) -> Result<Self, Error> {
        let folder = DataFolder::new(data);
        let registry = Registry::open(&folder)?;
        let sweep_files = options.sweep_files;
        let activity = Arc::new(Activity::default());
        let shared = Arc::new(Shared {
            databases: OpenDatabases::new(&options, Arc::clone(&activity)),
            activity,
            inspector: Arc::new(Inspector::detect()),
            renderings: Renderings::new(options.rendering_memory),
            logins: Logins::new(Arc::clone(&options.clock))?,
            nonces: Nonces::new(Arc::clone(&options.clock))?,
            wake: Wake::default(),
            clock: options.clock,
        });
        let view = View {
            registry,
            version: None,
            names: HashMap::new(),
            hosts: HashMap::new(),
            deployments: Arc::default(),
        };
        let running = sweep_files.then(|| folder.mark_running()).flatten();
        let tenants = Self {
            _running: running,
            folder,
            shared,
            view: Mutex::new(view),
            deployments_revision: AtomicU64::new(0),
        };
        tenants.current(|_| ())?;
        Ok(tenants)
    }

    /// The tenant that requests for this authority (`HOST[:PORT]`, the value of the `Host` header) are for. A single tenant
    /// answers for every host, so that it need not know its name; of several, none answers for a host that is not registered.
    pub fn by_host(&self, authority: &str) -> Result<Option<Arc<Tenant>>, Error> {
        self.current(|view| {
            if view.names.len() == 1 {
                return view.names.values().next().cloned();
            }
            let host: Host = authority.parse().ok()?;
            view.hosts
                .get(&host)
                .or_else(|| view.hosts.get(&host.without_port()))
                .cloned()
        })
    }

    /// The tenant of this name, if there is one.
    pub fn tenant(&self, name: &TenantName) -> Result<Option<Arc<Tenant>>, Error> {
        self.current(|view| view.names.get(name).cloned())
    }

    /// The names of all tenants, sorted.
    pub fn names(&self) -> Result<Vec<TenantName>, Error> {
        let mut names: Vec<TenantName> = self.current(|view| view.names.keys().cloned().collect())?;
        names.sort();
        Ok(names)
    }

    /// Which versions of components are deployed, as of the last call that looked at the registry, such as [`Tenants::by_host`]: a number that is another one
    /// when that has changed.
    pub fn deployments_revision(&self) -> u64 {
        self.deployments_revision.load(Ordering::Acquire)
    }

    /// Which versions of components are deployed, with the revision of that.
    pub fn deployments(&self) -> Result<(u64, Arc<Deployments>), Error> {
        self.current(|view| (self.deployments_revision(), Arc::clone(&view.deployments)))
    }

    /// A version that was deployed, as it was then.
    pub fn version(&self, component: &ComponentName, digest: &str) -> Result<Vec<u8>, Error> {
        Versions::new(self.folder.clone()).read(component, digest)
    }

    /// Closes the databases that nobody has used for this long, and those of tenants that have been erased. To be called now and then.
    pub fn close_idle(&self, unused_for: Duration) {
        // Whatever is wrong with the registry is reported to those who need it.
        let _ = self.current(|_| ());
        self.shared.databases.close_idle(unused_for);
    }

    /// Closes all databases, when nothing is to be served any more.
    pub fn close(&self) {
        self.shared.databases.close_all();
    }

    /// What is counted about all tenants together.
    pub fn activity(&self) -> &Activity {
        &self.shared.activity
    }

    /// The tenants whose databases are open, each with the size of its write-ahead log in bytes.
    pub fn open_databases(&self) -> Vec<(TenantName, u64)> {
        self.shared.databases.sizes()
    }

    pub(crate) fn wake(&self) -> &Wake {
        &self.shared.wake
    }

    /// Whether a tenant has workflows that have something to do. Its database is not kept open, nor brought up to date.
    pub(crate) fn has_due_workflows(&self, name: &TenantName) -> Result<bool, Error> {
        let path = self.folder.database(name);
        let due = open(&path, Role::Reader).and_then(|sql| workflow::due(&sql, 1));
        let due = due.map_err(|source| Error::Database {
            name: name.clone(),
            path,
            source,
        })?;
        Ok(!due.is_empty())
    }

    /// The tenants whose workflows somebody has resumed on the command line since the last call.
    pub(crate) fn woken(&self) -> Result<Vec<TenantName>, Error> {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.registry.take_woken()
    }

    /// Reads from the registry as it is now.
    fn current<T>(&self, read: impl FnOnce(&View) -> T) -> Result<T, Error> {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let version = view.registry.version()?;
        if view.version != Some(version) {
            let entries = view.registry.entries()?;
            let deployments = view.registry.deployments()?;
            view.replace(entries, &self.folder, &self.shared);
            if *view.deployments != deployments {
                view.deployments = Arc::new(deployments);
                self.deployments_revision.fetch_add(1, Ordering::Release);
            }
            view.version = Some(version);
        }
        Ok(read(&view))
    }
}

impl View {
    /// Keeps the tenants that are still there, and with them their open databases.
    fn replace(&mut self, entries: Vec<Entry>, folder: &DataFolder, shared: &Arc<Shared>) {
        let mut old = std::mem::take(&mut self.names);
        self.hosts.clear();
        for entry in entries {
            let tenant = match old.remove(&entry.name) {
                Some(tenant) if tenant.serial() == entry.serial => tenant,
                _ => Arc::new(Tenant::new(
                    entry.serial,
                    entry.name.clone(),
                    folder.database(&entry.name),
                    Arc::clone(shared),
                )),
            };
            self.hosts
                .extend(entry.hosts.into_iter().map(|host| (host, Arc::clone(&tenant))));
            self.names.insert(entry.name, tenant);
        }
    }
}
