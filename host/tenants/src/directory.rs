//! What is remembered of a tenant's directory while its database is open.
//!
//! Every use asks the database for the directory's revision, so a change counts from the next request on, whoever made it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lectern_data::identity;
use lectern_data::model::{Organization, Session};
use lectern_data::sql::{Sql, SqlError};

/// How many roles all remembered users may have together: a bound on memory, as a user can have tens of thousands.
const ROLES: usize = 100_000;

/// A user with what a login needs. Shared, because a user with ten thousand roles is not copied for every request.
pub(crate) struct Known {
    /// The session of this user without any run-as header.
    pub(crate) session: Arc<Session>,
    /// What the password is compared with.
    pub(crate) password_hash: Option<String>,
    /// What a digest is computed from.
    pub(crate) digest_secret: Option<String>,
}

/// The users that were asked for since the directory last changed.
#[derive(Default)]
pub(crate) struct Directory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    revision: Option<i64>,
    organization: Arc<Organization>,
    anonymous: Arc<Session>,
    users: HashMap<String, Arc<Known>>,
    roles: usize,
}

impl Directory {
    /// The tenant's settings.
    pub(crate) fn organization(&self, sql: &dyn Sql) -> Result<Arc<Organization>, SqlError> {
        Ok(Arc::clone(&self.current(sql)?.organization))
    }

    /// The session of those who did not say who they are.
    pub(crate) fn anonymous(&self, sql: &dyn Sql) -> Result<Arc<Session>, SqlError> {
        Ok(Arc::clone(&self.current(sql)?.anonymous))
    }

    /// The user of this name.
    pub(crate) fn user(&self, sql: &dyn Sql, username: &str) -> Result<Option<Arc<Known>>, SqlError> {
        let (revision, organization) = {
            let state = self.current(sql)?;
            if let Some(known) = state.users.get(username) {
                return Ok(Some(Arc::clone(known)));
            }
            (state.revision, Arc::clone(&state.organization))
        };
        // Unknown users are not remembered: anyone could fill the memory with them.
        let Some(account) = identity::account(sql, username)? else {
            return Ok(None);
        };
        let session = Arc::new(identity::session(Some(&account), &organization));
        let known = Arc::new(Known {
            session,
            password_hash: account.password_hash,
            digest_secret: account.digest_secret,
        });
        let mut state = self.lock();
        // What was read may be newer than the revision, never older; the next revision drops it.
        if state.revision == revision {
            let roles = known.session.principal.roles.len();
            if state.roles.saturating_add(roles) > ROLES {
                state.users.clear();
                state.roles = 0;
            }
            state.roles = state.roles.saturating_add(roles);
            state.users.insert(account.username, Arc::clone(&known));
        }
        Ok(Some(known))
    }

    /// The state, emptied if the directory has changed.
    fn current(&self, sql: &dyn Sql) -> Result<MutexGuard<'_, State>, SqlError> {
        let revision = identity::revision(sql)?;
        let mut state = self.lock();
        if state.revision != Some(revision) {
            let organization = identity::organization(sql)?;
            *state = State {
                revision: Some(revision),
                anonymous: Arc::new(identity::session(None, &organization)),
                organization: Arc::new(organization),
                users: HashMap::new(),
                roles: 0,
            };
        }
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
