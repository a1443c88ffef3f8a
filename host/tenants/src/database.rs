//! A tenant's open database, and how many of them are open.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_data::access::AccessCache;
use lectern_data::connection::Role;
use lectern_data::sql::Sql;
use lectern_data::{pieces, write};

use crate::connections::{self, Readers, check_at_rest, open_tenant};
use crate::directory::Directory;
use crate::files::Files;
use crate::pages::PageMemory;
use crate::writer::{Settings, Writer};
use crate::{Activity, Clock, Error, Options, TenantName};

/// Everything that is needed to work with one tenant's file. Closed when the last request that uses it is done.
pub(crate) struct Database {
    /// Which file it is.
    file: Identity,
    /// Which of all databases that this process has opened: a file that is opened again may be another one, whose sequence has got to other
    /// commits by the same numbers.
    pub(crate) opening: u64,
    pub(crate) readers: Readers,
    pub(crate) writer: Arc<Writer>,
    pub(crate) access: AccessCache,
    pub(crate) directory: Directory,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.writer.close();
    }
}

/// The place of a tenant's database, open or not, and of the files beside it.
pub(crate) struct Slot {
    name: TenantName,
    path: PathBuf,
    pub(crate) files: Arc<Files>,
    /// Whether files that belong to nobody have been looked for.
    swept: AtomicBool,
    database: Mutex<Option<Arc<Database>>>,
    /// Milliseconds of the clock.
    last_used: AtomicU64,
}

impl Slot {
    /// Moves files from the database to the disk. Those for which there is no room stay where they are.
    pub(crate) fn take_in_files(&self, sql: &dyn Sql) {
        if let Err(error) = self.files.take_in(sql) {
            tracing::error!(tenant = %self.name, %error, "files stay in the database");
        }
    }

    /// The same on a connection of its own; gives whether there were any.
    pub(crate) fn takes_in_files(&self) -> bool {
        let Ok(sql) = connections::open(&self.path, Role::Writer) else {
            return false;
        };
        let are_inside = pieces::files(&sql).is_ok_and(|files| !files.is_empty());
        if are_inside {
            self.take_in_files(&sql);
        }
        are_inside
    }
}

/// The databases that are open.
pub(crate) struct OpenDatabases {
    limit: usize,
    waiting_transactions: usize,
    openings: AtomicU64,
    sweep_files: bool,
    clock: Arc<dyn Clock>,
    activity: Arc<Activity>,
    open: Mutex<Vec<Arc<Slot>>>,
    pages: Arc<PageMemory>,
}

impl Slot {
    pub(crate) fn new(name: TenantName, path: PathBuf) -> Self {
        Self {
            files: Arc::new(Files::of(&path)),
            name,
            path,
            swept: AtomicBool::new(false),
            database: Mutex::new(None),
            last_used: AtomicU64::new(0),
        }
    }

    /// Whether the next use is quick: the database is open, and nobody is just opening it.
    pub(crate) fn is_open(&self) -> bool {
        self.database.try_lock().is_ok_and(|database| database.is_some())
    }

    /// Closes the database as soon as nobody uses it. Does nothing, and says so, if somebody is just about to use it.
    pub(crate) fn close(&self) -> bool {
        self.database.try_lock().map(|mut database| database.take()).is_ok()
    }

    fn is_closed(&self) -> bool {
        self.database.try_lock().is_ok_and(|database| database.is_none())
    }

    /// Of the write-ahead log, in bytes. None is there before the first change.
    fn wal_size(&self) -> u64 {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        std::fs::metadata(PathBuf::from(wal)).map_or(0, |metadata| metadata.len())
    }

    /// What is wrong with the database, for the operator.
    pub(crate) fn failed(&self, source: lectern_data::sql::SqlError) -> Error {
        Error::Database {
            name: self.name.clone(),
            path: self.path.clone(),
            source,
        }
    }
}

impl OpenDatabases {
    pub(crate) fn new(options: &Options, activity: Arc<Activity>) -> Self {
        Self {
            activity,
            limit: options.open_databases.max(1),
            waiting_transactions: options.waiting_transactions,
            openings: AtomicU64::new(0),
            sweep_files: options.sweep_files,
            clock: Arc::clone(&options.clock),
            open: Mutex::new(Vec::new()),
            pages: Arc::default(),
        }
    }

    /// The database of a tenant, which is opened if need be. Another one is closed in exchange if too many are open.
    pub(crate) fn get(&self, slot: &Arc<Slot>) -> Result<Arc<Database>, Error> {
        slot.last_used.store(self.now(), Ordering::Relaxed);
        // Held while opening, so that nobody else opens it as well.
        let mut place = slot.database.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = place.as_ref() {
            // A file that has been removed or replaced can be written to for as long as it is open, and all of that would be lost.
            if identity(&slot.path) == database.file {
                return Ok(Arc::clone(database));
            }
            tracing::warn!(tenant = %slot.name, file = %slot.path.display(), "the database is not the one that was opened, so it is opened again");
            *place = None;
        }
        let database = match self.open(slot) {
            Ok(database) => Arc::new(database),
            // To be opened, a database needs room for some files beside it. Until there is, it can be read.
            Err(error) if error.is_of_full_disk() => return self.open_at_rest(slot).map(Arc::new).ok_or(error),
            Err(error) => return Err(error),
        };
        *place = Some(Arc::clone(&database));
        drop(place);
        self.admit(slot);
        Ok(database)
    }

    /// The databases that are open, each with the size of its write-ahead log in bytes.
    pub(crate) fn sizes(&self) -> Vec<(TenantName, u64)> {
        let open = self.lock();
        let open = open.iter().filter(|slot| !slot.is_closed());
        open.map(|slot| (slot.name.clone(), slot.wal_size())).collect()
    }

    /// Closes what nobody has used for this long.
    pub(crate) fn close_idle(&self, unused_for: Duration) {
        let oldest = self.now().saturating_sub(millis(unused_for));
        let mut open = self.lock();
        open.retain(|slot| slot.last_used.load(Ordering::Relaxed) > oldest || !slot.close());
        self.pages.divide(open.len());
    }

    /// Closes all databases and waits until nobody writes any more: then everything of them is in their own files.
    pub(crate) fn close_all(&self) {
        for slot in self.lock().drain(..) {
            let database = slot.database.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(database) = database {
                database.writer.end();
            }
        }
        self.pages.divide(0);
    }

    fn open(&self, slot: &Slot) -> Result<Database, Error> {
        let file = identity(&slot.path);
        // Only to bring the schema up to date: the writing thread has a connection of its own, and may never be needed.
        let connection = open_tenant(&slot.path, &slot.name).map_err(|source| slot.failed(source))?;
        slot.take_in_files(&connection);
        if self.sweep_files && !slot.swept.load(Ordering::Relaxed) {
            let swept = slot.files.sweep(&connection).map_err(|source| slot.failed(source))?;
            slot.swept.store(swept, Ordering::Relaxed);
        }
        let readers = Readers::new(slot.path.clone(), Arc::clone(&self.pages));
        Ok(self.made(slot, file, readers))
    }

    /// What can be had where there is no room: reading, of what is at rest.
    fn open_at_rest(&self, slot: &Slot) -> Option<Database> {
        check_at_rest(&slot.path, &slot.name).ok()?;
        tracing::warn!(tenant = %slot.name, file = %slot.path.display(), "there is no room to open the database, so it can only be read");
        let readers = Readers::at_rest(slot.path.clone(), Arc::clone(&self.pages));
        Some(self.made(slot, identity(&slot.path), readers))
    }

    fn made(&self, slot: &Slot, file: Identity, readers: Readers) -> Database {
        let settings = Settings {
            path: slot.path.clone(),
            pages: Arc::clone(&self.pages),
            waiting: self.waiting_transactions,
            clock: Arc::clone(&self.clock),
            apply: write::apply,
            files: Some(Arc::clone(&slot.files)),
            activity: Arc::clone(&self.activity),
        };
        Database {
            file,
            opening: self.openings.fetch_add(1, Ordering::Relaxed),
            readers,
            writer: Writer::new(settings),
            access: AccessCache::default(),
            directory: Directory::default(),
        }
    }

    /// Counts a database that has just been opened, and closes those that were not used for longest.
    fn admit(&self, slot: &Arc<Slot>) {
        let mut open = self.lock();
        open.retain(|other| !Arc::ptr_eq(other, slot) && !other.is_closed());
        open.sort_by_key(|other| std::cmp::Reverse(other.last_used.load(Ordering::Relaxed)));
        let mut place = 1;
        open.retain(|other| {
            place += 1;
            place <= self.limit || !other.close()
        });
        open.push(Arc::clone(slot));
        self.pages.divide(open.len());
    }

    fn now(&self) -> u64 {
        millis(self.clock.elapsed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Slot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What tells a file from another one of the same name: device and number; none if it is missing.
type Identity = Option<(u64, u64)>;

fn identity(path: &Path) -> Identity {
    let metadata = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    Some((0, metadata.file_type().is_file().into()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
