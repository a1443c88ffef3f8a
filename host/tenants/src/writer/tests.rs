use super::*;
use crate::manual_clock::ManualClock;
use lectern_data::sql::{Failure, Param};
use std::path::Path;
use tempfile::TempDir;

/// More than any test but one sends at once.
const WAITING: usize = 256;

/// A file with one table, and a writer whose transactions add one row for every change.
struct Fixture {
    folder: TempDir,
    writer: Arc<Writer>,
}

/// Adds the identifiers of updates as rows and gives their number; some identifiers mean trouble, after the row was added.
fn add_rows(sql: &dyn Sql, _session: &Session, changes: &[Change], _now: i64) -> Outcome {
    for change in changes {
        let Change::Update { identifier, .. } = change else {
            panic!("unexpected {change:?}")
        };
        sql.execute("INSERT INTO entry (name) VALUES (?)", &[Param::Text(identifier)])?;
        match identifier.as_str() {
            "invalid" => return Err(Error::invalid("invalid", "This is not valid.")),
            "panic" => panic!("a defect"),
            "disk full" => {
                // What SQLite does when there is no room even for undoing: it gives up the whole transaction.
                sql.execute("ROLLBACK", &[])?;
                return Err(SqlError {
                    failure: Failure::Full,
                    message: "full".into(),
                }
                .into());
            }
            _ => {}
        }
    }
    let mut rows = 0;
    sql.query("SELECT count(*) FROM entry", &[], &mut |row| {
        rows = row.column(0).integer().unwrap() as u64;
        Ok(())
    })?;
    Ok(rows)
}

fn changes(names: &[&str]) -> Vec<Change> {
    let update = |name: &&str| Change::Update {
        collection: "events".into(),
        identifier: (*name).into(),
        fields: vec![],
    };
    names.iter().map(update).collect()
}

fn settings(path: &Path) -> Settings {
    Settings {
        path: path.to_owned(),
        pages: Arc::default(),
        waiting: WAITING,
        clock: Arc::new(ManualClock::default()),
        apply: add_rows,
        files: None,
        activity: Arc::default(),
    }
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE entry (name TEXT NOT NULL UNIQUE) STRICT")
            .unwrap();
        Self {
            folder,
            writer: Writer::new(settings(&path)),
        }
    }

    fn connection(&self) -> Connection {
        connections::open(&self.path(), Role::Writer).unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tenant.db")
    }

    /// Runs these transactions as one batch.
    fn batch(&self, connection: &Connection, transactions: &[&[&str]]) -> Vec<Outcome> {
        let works: Vec<Work> = transactions
            .iter()
            .map(|names| Work {
                session: Arc::default(),
                changes: changes(names),
                then: None,
                reply: oneshot::channel().0,
                waiting: None,
            })
            .collect();
        write(connection, &works, &settings(&self.path()))
    }

    /// The rows as somebody else sees them.
    fn rows(&self) -> Vec<String> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT name FROM entry ORDER BY name").unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

fn reasons(outcomes: &[Outcome]) -> Vec<Result<Sequence, Reason>> {
    outcomes
        .iter()
        .map(|outcome| outcome.as_ref().copied().map_err(|error| error.reason))
        .collect()
}

/// How many pages all commits since the last checkpoint have written.
fn logged_pages(connection: &Connection) -> i64 {
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
        .unwrap()
}

#[test]
fn transactions_that_wait_together_share_one_commit() {
    let fixture = Fixture::new();
    let connection = fixture.connection();
    let pages_of = |transactions: &[&[&str]]| {
        assert_eq!(logged_pages(&connection), 0);
        assert!(fixture.batch(&connection, transactions).iter().all(Result::is_ok));
        connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1))
            .unwrap()
    };
    // Every commit writes the pages it changed, so ten commits would write ten times as many.
    let one = pages_of(&[&["x"]]);
    let ten = pages_of(&[
        &["a"],
        &["b"],
        &["c"],
        &["d"],
        &["e"],
        &["f"],
        &["g"],
        &["h"],
        &["i"],
        &["j"],
    ]);
    assert!(one > 0);
    assert_eq!(ten, one);
}

#[test]
fn what_is_wrong_with_one_transaction_undoes_that_one_only() {
    let fixture = Fixture::new();
    let outcomes = fixture.batch(
        &fixture.connection(),
        &[&["a"], &["b", "invalid"], &["c"], &["d", "panic"], &["a"], &["e", "f"]],
    );
    assert_eq!(
        reasons(&outcomes),
        [
            Ok(1),
            Err(Reason::Invalid),
            Ok(2),
            Err(Reason::Fault),
            Err(Reason::Fault),
            Ok(4)
        ]
    );
    assert_eq!(fixture.rows(), ["a", "c", "e", "f"]);
}

#[test]
fn a_batch_in_which_everything_fails_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let connection = fixture.connection();
    let outcomes = fixture.batch(&connection, &[&["a", "invalid"], &["b", "panic"]]);
    assert_eq!(reasons(&outcomes), [Err(Reason::Invalid), Err(Reason::Fault)]);
    assert!(connection.is_autocommit());
    assert_eq!(fixture.rows(), [""; 0]);
}

#[test]
fn a_transaction_that_fills_the_disk_does_not_take_the_others_with_it() {
    let fixture = Fixture::new();
    let outcomes = fixture.batch(&fixture.connection(), &[&["a"], &["b", "disk full"], &["c"]]);
    assert_eq!(reasons(&outcomes), [Ok(1), Err(Reason::Full), Ok(2)]);
    assert_eq!(fixture.rows(), ["a", "c"]);
}

#[test]
fn a_full_disk_is_reported_as_full_and_changes_nothing() {
    let fixture = Fixture::new();
    let connection = fixture.connection();
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    connection
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        .unwrap();
    let long = "x".repeat(100_000);
    let outcomes = fixture.batch(&connection, &[&["a"], &[&long], &["b"]]);
    assert_eq!(reasons(&outcomes), [Ok(1), Err(Reason::Full), Ok(2)]);
    assert_eq!(fixture.rows(), ["a", "b"]);
}

#[test]
fn when_another_program_holds_the_lock_everybody_is_told_that_the_store_is_busy() {
    let fixture = Fixture::new();
    let (connection, other) = (fixture.connection(), fixture.connection());
    connection.busy_timeout(Duration::ZERO).unwrap();
    execute(&other, "BEGIN IMMEDIATE").unwrap();
    assert_eq!(
        reasons(&fixture.batch(&connection, &[&["a"], &["b"]])),
        [Err(Reason::Busy), Err(Reason::Busy)]
    );
    execute(&other, "COMMIT").unwrap();
    assert_eq!(reasons(&fixture.batch(&connection, &[&["a"], &["b"]])), [Ok(1), Ok(2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_one_of_many_writers_gets_its_own_answer() {
    let fixture = Fixture::new();
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let writer = Arc::clone(&fixture.writer);
            let own = format!("{number:03}");
            tokio::spawn(async move {
                let names = match number % 4 {
                    0 => vec![own.as_str(), "invalid"],
                    1 => vec![own.as_str(), "panic"],
                    _ => vec![own.as_str()],
                };
                writer.commit(Arc::default(), changes(&names), None).await
            })
        })
        .collect();
    let mut sequences = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        match (number % 4, task.await.unwrap()) {
            (0, Err(error)) => assert_eq!(error.reason, Reason::Invalid),
            (1, Err(error)) => assert_eq!(error.reason, Reason::Fault),
            (_, outcome) => sequences.push(outcome.unwrap()),
        }
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=100).collect::<Vec<u64>>());
    let expected: Vec<String> = (0..200)
        .filter(|number| number % 4 > 1)
        .map(|number| format!("{number:03}"))
        .collect();
    assert_eq!(fixture.rows(), expected);
}

#[tokio::test]
async fn a_full_queue_is_busy() {
    let fixture = Fixture::new();
    // The thread waits for this lock with the first transaction in hand, and the queue fills up behind it.
    let other = fixture.connection();
    execute(&other, "BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let (reply, outcome) = oneshot::channel();
        let work = Work {
            session: Arc::default(),
            changes: changes(&[&format!("{:04}", waiting.len())]),
            then: None,
            reply,
            waiting: None,
        };
        match fixture.writer.submit(work) {
            Ok(()) => waiting.push(outcome),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.reason, Reason::Busy);
    // The thread may have taken some.
    assert!(waiting.len() >= WAITING, "{}", waiting.len());
    execute(&other, "COMMIT").unwrap();
    let accepted = waiting.len();
    for outcome in waiting {
        outcome.await.unwrap().unwrap();
    }
    assert_eq!(fixture.rows().len(), accepted);
}

#[tokio::test]
async fn a_closed_writer_finishes_what_waits_and_starts_again_when_it_is_needed() {
    let fixture = Fixture::new();
    let (reply, outcome) = oneshot::channel();
    fixture
        .writer
        .submit(Work {
            session: Arc::default(),
            changes: changes(&["a"]),
            then: None,
            reply,
            waiting: None,
        })
        .unwrap();
    fixture.writer.close();
    assert_eq!(outcome.await.unwrap(), Ok(1));
    assert_eq!(
        fixture.writer.commit(Arc::default(), changes(&["b"]), None).await,
        Ok(2)
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_a_fault_of_every_transaction_until_it_can() {
    let fixture = Fixture::new();
    let elsewhere = fixture.folder.path().join("elsewhere.db");
    std::fs::rename(fixture.path(), &elsewhere).unwrap();
    assert_eq!(
        fixture
            .writer
            .commit(Arc::default(), changes(&["a"]), None)
            .await
            .unwrap_err()
            .reason,
        Reason::Fault
    );
    std::fs::rename(&elsewhere, fixture.path()).unwrap();
    assert_eq!(
        fixture.writer.commit(Arc::default(), changes(&["a"]), None).await,
        Ok(1)
    );
}

#[tokio::test]
async fn a_transaction_nobody_waits_for_any_more_is_not_made() {
    let fixture = Fixture::new();
    let other = fixture.connection();
    execute(&other, "BEGIN IMMEDIATE").unwrap();
    let submit = |name: &str| {
        let (reply, outcome) = oneshot::channel();
        fixture
            .writer
            .submit(Work {
                session: Arc::default(),
                changes: changes(&[name]),
                then: None,
                reply,
                waiting: None,
            })
            .unwrap();
        outcome
    };
    let first = submit("first");
    drop(submit("abandoned"));
    let last = submit("last");
    execute(&other, "COMMIT").unwrap();
    first.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    assert_eq!(fixture.rows(), ["first", "last"]);
}

#[tokio::test]
async fn transactions_are_counted_by_outcome_and_by_how_many_share_a_commit() {
    let fixture = Fixture::new();
    let other = fixture.connection();
    execute(&other, "BEGIN IMMEDIATE").unwrap();
    let commit = |name: &'static str| fixture.writer.commit(Arc::default(), changes(&[name]), None);
    let all = async { tokio::join!(commit("a"), commit("b"), commit("invalid"), commit("c")) };
    let release = async { execute(&other, "COMMIT").unwrap() };
    let (outcomes, ()) = tokio::join!(all, release);
    assert_eq!(reasons(&[outcomes.2]), [Err(Reason::Invalid)]);
    let activity = &fixture.writer.settings.activity;
    assert_eq!((activity.committed.get(), activity.refused.get()), (3, 1));
    assert_eq!(activity.together.buckets().sum, 3);
    assert_eq!(activity.waiting.get(), 0);
}
