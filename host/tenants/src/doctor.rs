//! What is wrong with a data folder, why that matters, and what to do about it. Nothing is changed, be it only the files that SQLite puts
//! beside a database.
//!
//! Does not belong here: what concerns the machine and the program (the server's `lectern doctor`), looking at every byte (`lectern verify`).

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use lectern_data::check::Depth;
use lectern_data::migrations;
use lectern_data::sql::Sql;

use crate::backup::{self, look};
use crate::folder::DataFolder;
use crate::registry::{Entry, Registry};
use crate::{Clock, Error, Host, SystemClock, TenantName, connections, jwt};

/// Something to be put right, or to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it has to be put right.
    pub is_problem: bool,
    /// What is wrong, with the file or the tenant concerned.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do, if possible as a command.
    pub todo: String,
}

impl Finding {
    /// Something to be put right.
    pub fn problem(what: impl Into<String>, why: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            is_problem: true,
            what: what.into(),
            why: why.into(),
            todo: todo.into(),
        }
    }

    /// Something to be known.
    pub fn note(what: impl Into<String>, why: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            is_problem: false,
            ..Self::problem(what, why, todo)
        }
    }
}

/// What there is in a data folder.
#[derive(Debug, Default)]
pub struct Examination {
    /// Whether a server runs on it.
    pub is_running: bool,
    /// The tenants, sorted by name.
    pub tenants: Vec<Patient>,
    /// In the order in which it was found.
    pub findings: Vec<Finding>,
}

/// A tenant as it was found.
#[derive(Debug)]
pub struct Patient {
    /// Its identifier.
    pub name: TenantName,
    /// Where it is served.
    pub hosts: Vec<Host>,
    /// The number of the database's schema; 0 if it cannot be read.
    pub schema: usize,
    /// Bytes of the database and its write-ahead log.
    pub database: u64,
    /// How many files there are.
    pub files: usize,
    /// Their bytes.
    pub size: u64,
}

/// How many files with wrong permissions are named.
const NAMED: usize = 5;

/// A write-ahead log this long has not been checkpointed for a while.
const LONG_LOG: u64 = 256 << 20;

/// Bits of a mode that let others than the owner in.
const OTHERS: u32 = 0o077;
/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// Looks at a data folder.
pub fn examine(data: &Path) -> Examination {
    let mut found = Examination::default();
    let folder = DataFolder::new(data);
    let registry = match Registry::look(&folder) {
        Ok(registry) => registry,
        Err(error) => {
            found.findings.push(without_registry(&error));
            return found;
        }
    };
    found.is_running = folder.is_running();
    permissions(&folder, &mut found.findings);
    let entries = match registry.entries() {
        Ok(entries) => entries,
        Err(error) => {
            found.findings.push(without_registry(&error));
            return found;
        }
    };
    of_registry(&registry, &entries, &folder, &mut found.findings);
    for entry in &entries {
        let patient = of_tenant(&folder, entry, &mut found.findings);
        found.tenants.push(patient);
    }
    left_behind(&folder, &entries, &mut found.findings);
    found
}

fn without_registry(error: &Error) -> Finding {
    let todo = match error {
        Error::NoDataFolder(folder) => format!(
            "name another folder with --data, or make one: lectern init --data {} --help",
            folder.display()
        ),
        Error::NewerRegistry { .. } => "run the newer program".to_owned(),
        _ => "restore the file from a copy; or make a new data folder and restore the tenants from their backups: lectern restore FILE"
            .to_owned(),
    };
    Finding::problem(
        error.to_string(),
        "without the list of tenants nobody can be served",
        todo,
    )
}

/// Folders and files belong to one user and are closed to all others.
fn permissions(folder: &DataFolder, findings: &mut Vec<Finding>) {
    let Ok(root) = fs::metadata(folder.root()) else { return };
    let mut open = Vec::new();
    let mut foreign = Vec::new();
    // What is in it is closed by itself, so others may look into it, but not move anything.
    if root.mode() & OTHERS_WRITE != 0 {
        open.push(folder.root().to_owned());
    }
    for path in [folder.registry(), folder.tenants(), folder.root().join("cache")] {
        walk(&path, root.uid(), &mut open, &mut foreign);
    }
    let why = "they hold password hashes, keys and recordings, which other users of this machine could read or change";
    if !open.is_empty() {
        let todo = format!("chmod -R go= {}", folder.root().display());
        findings.push(Finding::problem(
            format!("others than their owner may use {}", listed(&open)),
            why,
            todo,
        ));
    }
    if !foreign.is_empty() {
        let todo = format!("chown -R {}:{} {}", root.uid(), root.gid(), folder.root().display());
        let what = format!("the owner of the data folder does not own {}", listed(&foreign));
        findings.push(Finding::problem(what, "the server may not be able to use them", todo));
    }
    let user = rustix::process::geteuid().as_raw();
    if user != root.uid() && user != 0 {
        findings.push(Finding::problem(
            format!(
                "{} belongs to the user {}, and this is the user {user}",
                folder.root().display(),
                root.uid()
            ),
            "what this user writes, the server cannot use, and the other way round",
            format!(
                "use the commands as the user of the server: sudo -u '#{}' lectern …",
                root.uid()
            ),
        ));
    }
}

fn walk(path: &Path, owner: u32, open: &mut Vec<PathBuf>, foreign: &mut Vec<PathBuf>) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.file_type().is_symlink() {
        return;
    }
    if metadata.mode() & OTHERS != 0 {
        open.push(path.to_owned());
    }
    if metadata.uid() != owner {
        foreign.push(path.to_owned());
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            walk(&entry.path(), owner, open, foreign);
        }
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let named: Vec<String> = paths
        .iter()
        .take(NAMED)
        .map(|path| path.display().to_string())
        .collect();
    let more = match paths.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

fn of_registry(registry: &Registry, entries: &[Entry], folder: &DataFolder, findings: &mut Vec<Finding>) {
    let path = folder.registry();
    for damage in registry.damages() {
        findings.push(Finding::problem(
            format!("the list of tenants, {}, is damaged: {damage}", path.display()),
            "tenants or hosts can be missing from it",
            "restore it from a copy; or make a new data folder and restore the tenants from their backups: lectern restore FILE",
        ));
    }
    for (written, host) in registry.unmatched_hosts().unwrap_or_default() {
        findings.push(Finding::problem(
            format!("no request can be for the host `{written}`"),
            format!("hosts are compared in their normal form, which is `{host}`"),
            format!(
                "sqlite3 {} \"UPDATE host SET host = '{host}' WHERE host = '{written}'\"",
                path.display()
            ),
        ));
    }
    for entry in entries
        .iter()
        .filter(|entry| entry.hosts.is_empty() && entries.len() > 1)
    {
        let name = &entry.name;
        findings.push(Finding::problem(
            format!("the tenant `{name}` has no host"),
            "with several tenants the host decides whose request it is, so nobody reaches this one",
            format!("lectern backup --tenant {name} {name}.tar && lectern restore {name}.tar --replace --host HOST"),
        ));
    }
}

fn of_tenant(folder: &DataFolder, entry: &Entry, findings: &mut Vec<Finding>) -> Patient {
    let (name, database) = (&entry.name, folder.database(&entry.name));
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let log = length(&database.with_file_name("tenant.db-wal"));
    let found = look(name, &database, Depth::Quick);
    for problem in &found.problems {
        findings.push(Finding::problem(
            format!("tenant {name}: {problem}"),
            "requests for what is damaged or missing fail; other tenants are not affected",
            format!("look at all of it with: lectern verify --tenant {name}; then, if need be: lectern restore FILE --replace"),
        ));
    }
    if found.problems.is_empty() {
        of_database(name, &database, found.schema, findings);
    }
    if log > LONG_LOG {
        findings.push(Finding::note(
            format!("tenant {name}: the write-ahead log has {log} bytes"),
            "somebody has been reading for a long time, so it cannot be cut back, and the disk fills",
            "see whether a backup or another program has had the database open for long",
        ));
    }
    let faults = lectern_settings::faults(name, &database);
    for (path, reason) in faults.into_iter().chain(jwt::faults(&database)) {
        // Some reasons name the file themselves, because it can be another one.
        let reason = reason.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&reason);
        findings.push(Finding::problem(
            format!("tenant {name}: {} cannot be used: {reason}", path.display()),
            "it is left out, as if it were not there, until it is put right",
            "put it right; it is read again when it has changed",
        ));
    }
    Patient {
        name: name.clone(),
        hosts: entry.hosts.clone(),
        schema: found.schema,
        database: length(&database).saturating_add(log),
        files: found.files,
        size: found.size,
    }
}

fn of_database(name: &TenantName, database: &Path, schema: usize, findings: &mut Vec<Finding>) {
    if schema < migrations::known() {
        findings.push(Finding::note(
            format!(
                "tenant {name}: the database has schema {schema}, this program has schema {}",
                migrations::known()
            ),
            "it is brought up to date when it is first used; an older program cannot use it then",
            format!("make a backup before: lectern backup --tenant {name} FILE"),
        ));
    }
    let Ok(sql) = connections::look(database) else { return };
    let mut latest = None;
    // Of what cannot be read something has been said already.
    let _ = sql.query(
        "SELECT at_ms FROM audit ORDER BY sequence DESC LIMIT 1",
        &[],
        &mut |row| {
            latest = row.column(0).integer();
            Ok(())
        },
    );
    let now = SystemClock::default().unix_millis();
    if let Some(ahead) = latest
        .map(|latest| latest.saturating_sub(now))
        .filter(|ahead| *ahead > 60_000)
    {
        findings.push(Finding::problem(
            format!(
                "the clock is {} s behind the last change of tenant {name}",
                ahead / 1000
            ),
            "tokens, signatures, recordings and statistics go by the time",
            "set the clock: timedatectl set-ntp true",
        ));
    }
    if !has_write_ahead_log(database) {
        findings.push(Finding::note(
            format!("tenant {name}: the database is not in the mode of a write-ahead log"),
            "it has been copied by other means than `lectern restore`; the mode is set when it is first used",
            "nothing need be done",
        ));
    }
}

/// What the header of a database says: a connection to one at rest would not tell.
fn has_write_ahead_log(database: &Path) -> bool {
    let mut header = [0; 20];
    let read = fs::File::open(database).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.ends_with(&[2, 2])
}

/// Folders that belong to no tenant.
fn left_behind(folder: &DataFolder, entries: &[Entry], findings: &mut Vec<Finding>) {
    for found in fs::read_dir(folder.tenants()).into_iter().flatten().flatten() {
        let (path, name) = (found.path(), found.file_name().to_string_lossy().into_owned());
        if entries.iter().any(|entry| entry.name.as_str() == name) {
            continue;
        }
        let tenant = name.split('.').next().unwrap_or_default().to_owned();
        let (what, todo) = if name.ends_with(".restoring") || backup::is_unfinished(&path) {
            (
                "has been left behind by a restore, or one is just going on",
                format!("restore the tenant again, or remove it: rm -r {}", path.display()),
            )
        } else if name.ends_with(".removed") {
            (
                "has been left behind by a command that was to erase it",
                format!("lectern tenant erase {tenant}"),
            )
        } else {
            (
                "belongs to no tenant",
                format!("move it away, or erase it: lectern tenant erase {tenant}"),
            )
        };
        findings.push(Finding::problem(
            format!("{} {what}", path.display()),
            "it takes room, and can hold what was to be erased",
            todo,
        ));
    }
}
