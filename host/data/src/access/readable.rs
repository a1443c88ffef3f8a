//! What of a collection a principal may read: asked once per distinct access list, never per object.

use super::{AccessCache, READ};
use crate::collection::Collection;
use crate::marks::{Marks, PackedMarks};
use crate::model::{Error, Principal};
use crate::sql::{Param, Sql, SqlError};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Up to how many access lists are looked up one by one rather than by a pass over all.
const LOOKED_UP: usize = 500;

/// A pass over all roles is made if there are less than so many for each role of the user.
const PASSED_OVER: u64 = 3;

/// The tenant's counters within the transaction that reads them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// The last commit.
    pub sequence: i64,
    /// Changes with everything that decides who may read what.
    pub generation: i64,
    events: u64,
    series: u64,
}

impl State {
    pub fn read(sql: &dyn Sql) -> Result<State, Error> {
        let mut state = None;
        sql.query(
            "SELECT sequence, access_generation, events, series FROM tenant_state",
            &[],
            &mut |row| {
                let number = |index| row.column(index).integer().unwrap_or_default();
                state = Some(State {
                    sequence: number(0),
                    generation: number(1),
                    events: count(number(2)),
                    series: count(number(3)),
                });
                Ok(())
            },
        )?;
        state.ok_or_else(|| Error::fault("the table tenant_state is empty"))
    }

    /// How many objects the collection has.
    pub fn rows(&self, collection: &Collection) -> u64 {
        if collection.has_series() {
            self.events
        } else {
            self.series
        }
    }
}

/// What a query is limited to.
#[derive(Debug)]
pub(crate) enum Access {
    /// Nothing: the principal is an administrator.
    Everything,
    /// The objects behind these effective access lists.
    Only(Arc<Readable>),
}

/// The effective access lists that let a principal do all of some actions, as far as there are objects behind them.
#[derive(Debug)]
pub(crate) struct Readable {
    /// The generation this is true for.
    pub generation: i64,
    /// Their ids.
    pub ids: Vec<i64>,
    /// The same for statements, to test one, and, as JSON, to go through them.
    pub marks: Marks,
    json: OnceLock<String>,
    /// How many objects were behind them when this was found out. As long as the generation is the same, the number is right
    /// within a factor of two.
    pub rows: u64,
    /// The exact number, and the commit it was counted at.
    counted: Mutex<Option<(i64, u64)>>,
    /// How many objects the collection had.
    all: u64,
    /// Whether it is remembered, so that what it remembers is of use.
    is_kept: bool,
    side: Mutex<Option<Arc<Side>>>,
}

/// The objects that may be read at a commit, or the others, whichever are fewer.
#[derive(Debug)]
struct Side {
    sequence: i64,
    is_readable: bool,
    objects: PackedMarks,
}

impl Readable {
    /// The ids as a JSON array.
    pub fn json(&self) -> &str {
        self.json.get_or_init(|| json(&self.ids))
    }

    /// How many objects are behind the lists in the state that the transaction sees.
    pub fn count(&self, sql: &dyn Sql, collection: &Collection, state: &State) -> Result<u64, SqlError> {
        let remembered = *self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((sequence, rows)) = remembered
            && sequence == state.sequence
        {
            return Ok(rows);
        }
        let mut rows = 0;
        let mut each = |row: &dyn crate::sql::Row| {
            rows = count(row.column(0).integer().unwrap_or_default());
            Ok(())
        };
        let column = collection.name;
        if self.ids.len() <= LOOKED_UP {
            let statement = format!(
                "SELECT sum(a.{column}) FROM json_each(?) AS j CROSS JOIN effective_acl AS a ON a.id = j.value"
            );
            sql.query(&statement, &[Param::Text(self.json())], &mut each)?;
        } else {
            let statement = format!(
                "SELECT sum({column}) FROM effective_acl WHERE substr(?, id{}",
                Marks::TEST
            );
            sql.query(&statement, &[Param::Blob(self.marks.bytes())], &mut each)?;
        }
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some((state.sequence, rows));
        Ok(rows)
    }

    /// How many of the marked objects are behind the lists in the state that the transaction sees; none if finding out would be of no use for
    /// the next time.
    pub fn count_of(
        &self,
        sql: &dyn Sql,
        collection: &Collection,
        state: &State,
        marks: &Marks,
    ) -> Result<Option<u64>, SqlError> {
        if !self.is_kept {
            return Ok(None);
        }
        let remembered = self.side.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let side = match remembered.filter(|side| side.sequence == state.sequence) {
            Some(side) => side,
            None => {
                let side = Arc::new(self.side(sql, collection, state)?);
                *self.side.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&side));
                side
            }
        };
        let common = side.objects.count_common(marks);
        let counted = if side.is_readable {
            common
        } else {
            marks.count() - common
        };
        Ok(Some(counted as u64))
    }

    fn side(&self, sql: &dyn Sql, collection: &Collection, state: &State) -> Result<Side, SqlError> {
        let is_readable = self.has_fewer(collection, state);
        let objects = sql.marks(
            "o.id",
            &self.objects(collection, is_readable),
            &[Param::Blob(self.marks.bytes())],
        )?;
        Ok(Side {
            sequence: state.sequence,
            is_readable,
            objects: PackedMarks::from(&objects),
        })
    }

    /// Whether fewer objects are behind the lists than behind others.
    pub fn has_fewer(&self, collection: &Collection, state: &State) -> bool {
        self.rows <= state.rows(collection).saturating_sub(self.rows)
    }

    /// From where a statement takes the objects `o` that are behind the lists, or behind others. Its parameter are the marks.
    pub fn objects(&self, collection: &Collection, readable: bool) -> String {
        let (table, column, test) = (collection.table, collection.name, Marks::TEST);
        let not = if readable { "" } else { "NOT " };
        format!(
            "FROM effective_acl AS a CROSS JOIN {table} AS o INDEXED BY {table}_effective_acl_id \
             ON o.effective_acl_id = a.id WHERE a.{column} > 0 AND {not}substr(?, a.id{test}"
        )
    }

    /// How many bytes it takes, roughly, with what it may still come to remember.
    pub fn weight(&self) -> usize {
        let side = usize::try_from(self.all / 8).unwrap_or(usize::MAX);
        size_of::<Readable>() + self.ids.len() * size_of::<i64>() + self.marks.bytes().len() + side
    }
}

/// Finds out what of the collection the principal may read and also do all of `actions` with, or remembers it.
pub(crate) fn resolve(
    sql: &dyn Sql,
    principal: &Principal,
    collection: &'static Collection,
    actions: &[String],
    state: &State,
    cache: Option<&AccessCache>,
) -> Result<Access, Error> {
    if principal.administrator {
        return Ok(Access::Everything);
    }
    let actions = with_read(actions);
    let Some(cache) = cache else {
        return Ok(Access::Only(Arc::new(find_out(
            sql, principal, collection, &actions, state,
        )?)));
    };
    let key = cache.key(principal, collection, &actions);
    if let Some(readable) = cache.get(&key, state.generation) {
        return Ok(Access::Only(readable));
    }
    let readable = Arc::new(Readable {
        is_kept: true,
        ..find_out(sql, principal, collection, &actions, state)?
    });
    cache.put(key, Arc::clone(&readable));
    Ok(Access::Only(readable))
}

/// The actions, and reading, which every other one needs.
fn with_read(actions: &[String]) -> BTreeSet<&str> {
    actions.iter().map(String::as_str).chain([READ]).collect()
}

/// The access lists that allow the principal to read and also all of these actions.
pub(crate) fn readable_acls(sql: &dyn Sql, principal: &Principal, actions: &[String]) -> Result<Marks, Error> {
    allowing_acls(sql, principal, &with_read(actions))
}

fn find_out(
    sql: &dyn Sql,
    principal: &Principal,
    collection: &Collection,
    actions: &BTreeSet<&str>,
    state: &State,
) -> Result<Readable, Error> {
    let mut readable = Readable {
        generation: state.generation,
        ids: Vec::new(),
        marks: Marks::default(),
        json: OnceLock::new(),
        rows: 0,
        counted: Mutex::default(),
        all: state.rows(collection),
        is_kept: false,
        side: Mutex::default(),
    };
    let allowing = allowing_acls(sql, principal, actions)?;
    let mut each = |row: &dyn crate::sql::Row| {
        if let (Some(id), Some(rows)) = (row.column(0).integer(), row.column(1).integer()) {
            readable.ids.push(id);
            readable.marks.insert(id);
            readable.rows += count(rows);
        }
        Ok(())
    };
    let column = collection.name;
    let allowing_ids: Vec<i64> = allowing.ids().collect();
    if allowing_ids.len() <= LOOKED_UP {
        let statement = format!(
            "SELECT a.id, a.{column} FROM json_each(?) AS j CROSS JOIN effective_acl AS a ON a.acl_id = j.value \
             WHERE a.{column} > 0"
        );
        sql.query(&statement, &[Param::Text(&json(&allowing_ids))], &mut each)?;
    } else {
        let statement = format!(
            "SELECT id, {column} FROM effective_acl WHERE {column} > 0 AND substr(?, acl_id{}",
            Marks::TEST
        );
        sql.query(&statement, &[Param::Blob(allowing.bytes())], &mut each)?;
    }
    Ok(readable)
}

/// The access lists that allow the principal all of these actions.
fn allowing_acls(sql: &dyn Sql, principal: &Principal, actions: &BTreeSet<&str>) -> Result<Marks, Error> {
    let roles = json(&role_ids(sql, &principal.roles)?);
    let mut allowing: Option<Marks> = None;
    for action in actions {
        let (mut allowed, mut denied) = (Marks::default(), Vec::new());
        sql.query(
            "SELECT x.acl_id, x.allow FROM json_each(?) AS j CROSS JOIN acl_entry AS x ON x.role_id = j.value AND x.action = ?",
            &[Param::Text(&roles), Param::Text(action)],
            &mut |row| {
                match (row.column(0).integer(), row.column(1).integer()) {
                    (Some(acl), Some(1)) => allowed.insert(acl),
                    (Some(acl), _) => denied.push(acl),
                    (None, _) => {}
                }
                Ok(())
            },
        )?;
        denied.into_iter().for_each(|acl| allowed.remove(acl));
        if let Some(others) = &allowing {
            allowed.intersect(others);
        }
        allowing = Some(allowed);
    }
    Ok(allowing.unwrap_or_default())
}

/// The ids of those of the roles that access lists mention.
fn role_ids(sql: &dyn Sql, roles: &[String]) -> Result<Vec<i64>, SqlError> {
    let mut ids = Vec::new();
    let mut mentioned = 0;
    sql.query("SELECT max(id) FROM role", &[], &mut |row| {
        mentioned = count(row.column(0).integer().unwrap_or_default());
        Ok(())
    })?;
    if mentioned < roles.len() as u64 * PASSED_OVER {
        // Going through all roles is cheaper than looking most of them up.
        let wanted: HashSet<&str> = roles.iter().map(String::as_str).collect();
        sql.query("SELECT id, name FROM role", &[], &mut |row| {
            if row.column(1).text().is_some_and(|name| wanted.contains(name)) {
                ids.extend(row.column(0).integer());
            }
            Ok(())
        })?;
    } else {
        let roles = serde_json::json!(roles).to_string();
        sql.query(
            "SELECT r.id FROM json_each(?) AS j CROSS JOIN role AS r ON r.name = j.value",
            &[Param::Text(&roles)],
            &mut |row| {
                ids.extend(row.column(0).integer());
                Ok(())
            },
        )?;
    }
    Ok(ids)
}

fn json(ids: &[i64]) -> String {
    serde_json::json!(ids).to_string()
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
