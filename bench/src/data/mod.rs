//! Data sets: tenants of four sizes, the same every time, made once and kept.
//!
//! - [`generate`]: what is in them;
//! - [`media`]: their tracks and publications;
//! - [`facts`]: what measurements ask them for.
//!
//! A data set is a data folder of `lectern` with the tenant [`TENANT`]. What is written to is a [copy](Dataset::copy).

mod facts;
mod generate;
mod media;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use lectern_data::connection::Role;
use lectern_data::identity::{Agent, User};
use lectern_data::media::show_all;
use lectern_data::model::{Change, Principal, Session};
use lectern_data::{migrations, native, write};
use lectern_tenants::admin::{Admin, NewTenant};
use rusqlite::Connection;

pub use facts::Facts;
pub use generate::Dice;
use generate::Generator;

/// To be raised with every change of what is in the data sets.
const VERSION: u32 = 3;

/// The tenant.
pub const TENANT: &str = "bench";

/// Its host.
pub const HOST: &str = "bench.example";

/// The administrator.
pub const ADMIN: &str = "admin";
/// May read most events, by one role.
pub const STAFF: &str = "staff";
/// May read the same, and has 10,000 roles.
pub const MANY: &str = "many";
/// May read ten events.
pub const RARE: &str = "rare";
/// May read nothing that somebody does not let it read.
pub const NEWCOMER: &str = "newcomer";

/// The role of [`NEWCOMER`].
pub const NEW_ROLE: &str = "ROLE_NEWCOMER";

/// A capture agent.
pub const AGENT: &str = "lecture-hall";

/// The series with [`BIG_SERIES_EVENTS`] that follow its access list.
pub const BIG_SERIES: &str = "00000000-0000-4000-8000-00000000b165";
/// How many events it has.
pub const BIG_SERIES_EVENTS: usize = 1000;

/// Events that only [`RARE`] may read.
const RARE_EVENTS: usize = 10;

/// How many changes become one transaction.
const BATCH: usize = 2000;

/// When everything was created: 2026-01-01T00:00:00Z.
const NOW_MS: i64 = 1_767_225_600_000;

/// How large a data set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Size {
    /// 7,000 events, 1,000 series
    S,
    /// 22,000 events, 3,000 series
    M,
    /// 87,000 events, 10,000 series
    L,
    /// 300,000 events, 30,000 series
    #[value(name = "XL")]
    XL,
}

impl Size {
    /// How many events there are.
    pub fn events(self) -> usize {
        match self {
            Size::S => 7_000,
            Size::M => 22_000,
            Size::L => 87_000,
            Size::XL => 300_000,
        }
    }

    /// How many series there are.
    pub fn series(self) -> usize {
        match self {
            Size::S => 1_000,
            Size::M => 3_000,
            Size::L => 10_000,
            Size::XL => 30_000,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A data set.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// How large it is.
    pub size: Size,
    /// Its data folder.
    pub folder: PathBuf,
    /// What can be asked for.
    pub facts: Facts,
}

impl Dataset {
    /// The data set of this size below `folder`, made if it is not there.
    pub fn of(folder: &Path, size: Size) -> Result<Self> {
        let place = folder.join(size.to_string());
        let stamp = place.join("stamp");
        let current = format!("{VERSION} {}", migrations::known());
        if fs::read_to_string(&stamp).is_ok_and(|found| found == current) {
            let facts = fs::read(place.join("facts.json"))?;
            return Ok(Self {
                size,
                folder: place.join("data"),
                facts: serde_json::from_slice(&facts)?,
            });
        }
        let started = Instant::now();
        eprintln!(
            "making data set {size}: {} events, {} series …",
            size.events(),
            size.series()
        );
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::create_dir_all(&place).with_context(|| format!("cannot create {}", place.display()))?;
        let data = place.join("data");
        let facts = make(&data, size.events(), size.series())?;
        fs::write(place.join("facts.json"), serde_json::to_vec(&facts)?)?;
        fs::write(stamp, current)?;
        eprintln!("made data set {size} in {:.0} s", started.elapsed().as_secs_f64());
        Ok(Self {
            size,
            folder: data,
            facts,
        })
    }

    /// A copy to write to, which goes with the value.
    pub fn copy(&self) -> Result<Copy> {
        let place = self.folder.with_file_name("copy");
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        let data = place.join("data");
        copy_folder(&self.folder, &data)?;
        Ok(Copy { place, data })
    }

    /// The tenant's database.
    pub fn database(&self) -> PathBuf {
        database(&self.folder)
    }
}

/// A data set that may be written to.
pub struct Copy {
    place: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left is overwritten by the next one.
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// The tenant's database in a data folder.
pub fn database(data: &Path) -> PathBuf {
    data.join("tenants").join(TENANT).join("tenant.db")
}

/// Copies what a data folder holds; on the disk when it is done, so that nothing of it is written during a measurement.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            fs::File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

/// Makes a data folder with a tenant of this size.
fn make(data: &Path, events: usize, series: usize) -> Result<Facts> {
    let admin = Admin::init(data, &new_tenant(TENANT, HOST)?)?;
    let tenant = TENANT.parse()?;
    for (name, roles) in users() {
        let user = User {
            username: name.to_owned(),
            roles,
            ..User::default()
        };
        admin.add_user(&tenant, &user, name)?;
    }
    let agent = Agent {
        name: AGENT.to_owned(),
        timezone: "Europe/Zurich".to_owned(),
        inputs: vec!["camera".to_owned(), "screen".to_owned()],
    };
    admin.add_agent(&tenant, &agent)?;
    let catalogs = data.join("tenants").join(TENANT).join("catalogs");
    fs::create_dir_all(&catalogs)?;
    fs::write(catalogs.join("lecture.properties"), generate::CATALOG)?;
    fill(&database(data), events, series)
}

/// A tenant whose administrator is [`ADMIN`].
pub fn new_tenant(name: &str, host: &str) -> Result<NewTenant> {
    Ok(NewTenant {
        name: name.parse()?,
        display_name: format!("Benchmark {name}"),
        hosts: vec![host.parse()?],
        administrator: ADMIN.to_owned(),
        password: ADMIN.to_owned(),
        digest: false,
    })
}

fn users() -> [(&'static str, Vec<String>); 4] {
    let with = |roles: &mut dyn Iterator<Item = String>| {
        let reading = ["ROLE_API", "ROLE_API_EVENTS_VIEW", "ROLE_API_SERIES_VIEW"].map(str::to_owned);
        reading.into_iter().chain(roles).collect()
    };
    let one = |role: &str| with(&mut std::iter::once(role.to_owned()));
    let courses = (0..9_999).map(|course| format!("ROLE_COURSE_{course}"));
    [
        (STAFF, one(generate::STAFF_ROLE)),
        (MANY, with(&mut courses.chain([generate::STAFF_ROLE.to_owned()]))),
        (RARE, one(generate::RARE_ROLE)),
        (NEWCOMER, one(NEW_ROLE)),
    ]
}

fn fill(database: &Path, events: usize, series: usize) -> Result<Facts> {
    let connection = Connection::open(database)?;
    native::configure(&connection, Role::Writer)?;
    // Whatever is half made is made again.
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -524288")?;
    let mut generator = Generator::new(1, events / 50);
    let mut changes = vec![generator.big_series()];
    changes.extend((1..series).map(|_| generator.series()));
    for changes in changes.chunks(BATCH) {
        write_all(&connection, changes)?;
    }
    let mut media = media::Maker::new(2);
    let special = RARE_EVENTS + BIG_SERIES_EVENTS;
    ensure!(events > special, "a data set has more than {special} events");
    let mut made = 0;
    while made < events {
        let batch = BATCH.min(events - made);
        let changes: Vec<Change> = (made..made + batch)
            .map(|number| match number {
                0..RARE_EVENTS => generator.rare_event(),
                // Spread over the data set, as the events of a series are that runs for years.
                number if is_in_big_series(number - RARE_EVENTS, events - RARE_EVENTS) => {
                    generator.event_of_big_series()
                }
                _ => generator.event(),
            })
            .collect();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        apply(&connection, &changes)?;
        for change in &changes {
            if let Change::Create { identifier, .. } = change {
                media.publish(&connection, identifier)?;
            }
        }
        connection.execute_batch("COMMIT")?;
        made += batch;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    show_all(&connection)?;
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    facts::of(&connection)
}

/// Every so many, so that there are [`BIG_SERIES_EVENTS`] of them.
fn is_in_big_series(number: usize, of: usize) -> bool {
    (number + 1) * BIG_SERIES_EVENTS / of > number * BIG_SERIES_EVENTS / of
}

fn write_all(connection: &Connection, changes: &[Change]) -> Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    apply(connection, changes)?;
    Ok(connection.execute_batch("COMMIT")?)
}

fn apply(connection: &Connection, changes: &[Change]) -> Result<()> {
    let principal = Principal {
        username: ADMIN.to_owned(),
        name: "Administrator".to_owned(),
        administrator: true,
        ..Principal::default()
    };
    let session = Session {
        principal,
        authenticated: ADMIN.to_owned(),
        ..Session::default()
    };
    let written = write::apply(connection, &session, changes, NOW_MS);
    written
        .map(drop)
        .map_err(|error| anyhow::anyhow!("{} ({})", error.message, error.subject))
}

#[cfg(test)]
mod tests {
    use lectern_data::check;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lectern-bench-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    /// All of a table, in order.
    fn content(database: &Path, statement: &str) -> Vec<String> {
        let connection = Connection::open(database).unwrap();
        let mut statement = connection.prepare(statement).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a_data_set_is_whole_and_the_same_every_time() {
        let made: Vec<_> = ["first", "second"]
            .map(|name| {
                let folder = folder(name);
                let facts = make(&folder, 1500, 40).unwrap();
                (folder, facts)
            })
            .into_iter()
            .collect();
        let file = database(&made[0].0);
        let connection = Connection::open(&file).unwrap();
        assert_eq!(check::structure(&connection, check::Depth::Full), Vec::<String>::new());
        assert_eq!(check::rules(&connection).unwrap(), Vec::<String>::new());
        for (what, statement, number) in [
            ("events", "SELECT count(*) FROM event", 1500),
            ("series", "SELECT count(*) FROM series", 40),
            (
                "events of the large series that follow its list",
                "SELECT count(*) FROM event AS e JOIN series AS s ON s.id = e.series_id AND s.effective_acl_id = e.effective_acl_id \
                 WHERE s.identifier = '00000000-0000-4000-8000-00000000b165'",
                1000,
            ),
        ] {
            let counted: i64 = connection.query_row(statement, [], |row| row.get(0)).unwrap();
            assert_eq!(counted, number, "{what}");
        }
        drop(connection);
        for statement in [
            "SELECT identifier || title || ifnull(description, '') || ifnull(media, '') || ifnull(publications, '') \
             || ifnull(extended_metadata, '') FROM event LEFT JOIN event_media USING (id) ORDER BY id",
            "SELECT identifier || title FROM series ORDER BY id",
            "SELECT entries FROM acl ORDER BY id",
        ] {
            assert_eq!(content(&file, statement), content(&database(&made[1].0), statement));
        }
        assert_eq!(made[0].1, made[1].1);
        for (folder, _) in made {
            fs::remove_dir_all(folder).unwrap();
        }
    }
}
