//! Who sends a request.
//!
//! What a host keeps in memory, who was right a short while ago and who was wrong how often, is here in the tenant's database. A
//! client that comes again with the right password costs one statement.

use std::net::{IpAddr, SocketAddr};

use lectern_credentials::guessing::{LONGEST_WAIT, network, wait_after};
use lectern_credentials::{digest, hash_of_api_key, keyed, password};
use lectern_data::identity::{self, Account, Credentials, Digest, Entrance, attempts, denials};
use lectern_data::migrations;
use lectern_data::model::{Denial, Request, Session};
use lectern_data::sql::SqlError;
use uuid::Uuid;

use crate::configuration::{Label, secret_key};
use crate::database::Database;
use crate::now;
use crate::tenant::Tenant;

/// How long a right password is remembered, in milliseconds, and from when on it is remembered anew when it is used.
const REMEMBERED_FOR: i64 = 300_000;
const RENEWED_BEFORE: i64 = 150_000;

/// How many guesses may be under way. Instances do not know of each other: whoever begins with many requests at once and the right password has
/// none of them confirmed yet.
const UNDER_WAY: u32 = 16;

/// Lets a request in, with the tenant that it is for.
pub fn authenticate(request: &Request) -> Result<(Tenant, Session), Denial> {
    let label = Label::of(request)?;
    let guard = Guard::new(request, label.clone());
    let outcome = enter(request, label, &guard);
    outcome.map_err(|denial| guard.challenged(request, denial))
}

/// A denial that asks for credentials as the client wants to give them.
pub fn challenged(request: &Request, denial: Denial) -> Denial {
    match Label::of(request) {
        Ok(label) => Guard::new(request, label).challenged(request, denial),
        Err(_) => denial,
    }
}

fn enter(request: &Request, label: Label, guard: &Guard) -> Result<(Tenant, Session), Denial> {
    let credentials = Credentials::of(request)?;
    let (username, password) = match &credentials {
        Credentials::Basic { username, password } => (username.as_str(), password.as_str()),
        Credentials::Digest(digest) => (digest.username.as_str(), ""),
        _ => ("", ""),
    };
    let database = Database::open(&label).map_err(unavailable)?;
    let right = guard.right(username, password);
    let hash: &[u8] = right.as_ref().map_or(&[], |hash| hash.as_bytes());
    let entrance = entrance(&database, username, hash).map_err(unavailable)?;
    let organization = &entrance.organization;
    let known = || entrance.account.as_ref().ok_or_else(denials::wrong_password);
    let session = match &credentials {
        Credentials::None => identity::session(None, organization),
        Credentials::Basic { password, .. } => {
            guard.admit_password(&database, &entrance, username, password, hash)?;
            identity::session(Some(known()?), organization)
        }
        Credentials::Digest(digest) => {
            guard.admit_digest(&database, request, digest, entrance.account.as_ref())?;
            identity::session(Some(known()?), organization)
        }
        Credentials::ApiKey(key) => {
            let key = identity::api_key(&database, &hash_of_api_key(key), now()).map_err(unavailable)?;
            let key = key.ok_or_else(|| denials::invalid_token("The API key is unknown, revoked or expired."))?;
            identity::key_session(&key, organization)
        }
        Credentials::Jwt(_) => {
            return Err(denials::invalid_token(
                "This server runs under Spin, where no JSON Web Tokens are accepted. Use a password or an API key.",
            ));
        }
    };
    let find = |username: &str| {
        let account = identity::account(&database, username).map_err(unavailable)?;
        Ok(account.map(|account| identity::session(Some(&account), organization).principal))
    };
    let switched = identity::enter(request, &session, find)?;
    let tenant = Tenant::new(label, database, organization).map_err(unavailable)?;
    Ok((tenant, switched.unwrap_or(session)))
}

/// Reads what is needed to come in, from a file that is brought to the current schema first if it has an older one.
fn entrance(database: &Database, username: &str, hash: &[u8]) -> Result<Entrance, SqlError> {
    let known = i64::try_from(migrations::known()).unwrap_or(i64::MAX);
    match identity::entrance(database, username, hash) {
        Ok(entrance) if entrance.schema == known => Ok(entrance),
        // Of an older schema, or of none: tables are missing then.
        read => {
            if migrations::version_of(database)? == migrations::known() {
                return read;
            }
            database.migrate()?;
            identity::entrance(database, username, hash)
        }
    }
}

/// What keeps guessers out of a tenant.
struct Guard {
    /// Without one nothing can be remembered of passwords.
    key: Option<[u8; 32]>,
    label: Label,
    client: Option<IpAddr>,
}

impl Guard {
    fn new(request: &Request, label: Label) -> Self {
        Self {
            key: secret_key(),
            label,
            client: client(request),
        }
    }

    /// What is remembered of a right password.
    fn right(&self, username: &str, password: &str) -> Option<blake3::Hash> {
        let parts = [&self.label.0, username, password].map(str::as_bytes);
        Some(keyed(self.key.as_ref()?, b'p', &parts))
    }

    /// Whom wrong passwords are counted for. Without a secret key this says who guessed whom, and nothing else.
    fn guesser(&self, username: &str) -> blake3::Hash {
        let client = self.client.map(|client| network(client).octets()).unwrap_or_default();
        let parts = [self.label.0.as_bytes(), username.as_bytes(), &client];
        keyed(&self.key.unwrap_or_default(), b'g', &parts)
    }

    /// Lets a user in whose password is right.
    fn admit_password(
        &self,
        database: &Database,
        entrance: &Entrance,
        username: &str,
        password: &str,
        hash: &[u8],
    ) -> Result<(), Denial> {
        let stored = entrance
            .account
            .as_ref()
            .and_then(|account| account.password_hash.as_deref());
        let now = now();
        let remembered = entrance.right_until_ms.filter(|until| now < *until);
        if remembered.is_some_and(|until| until > now.saturating_add(RENEWED_BEFORE)) {
            return Ok(());
        }
        let remember = || match stored.filter(|_| self.key.is_some()) {
            Some(stored) => attempts::remember_right(database, hash, stored, now, now.saturating_add(REMEMBERED_FOR)),
            None => Ok(()),
        };
        if remembered.is_some() {
            // If somebody else is writing, the next request will do.
            let _ = database.transaction(remember);
            return Ok(());
        }
        self.guess(database, username, || password::verify(password, stored), remember)
    }

    /// Lets a user in whose digest is right, of this request, and new.
    fn admit_digest(
        &self,
        database: &Database,
        request: &Request,
        digest: &Digest,
        account: Option<&Account>,
    ) -> Result<(), Denial> {
        let Some(key) = &self.key else {
            return Err(denials::unavailable(
                "Digests cannot be checked, as the variable `secret_key` is not set. Use HTTPS and a password.",
            ));
        };
        let secret = account.and_then(|account| account.digest_secret.as_deref());
        let is_right = || digest::is_right(digest, &request.method, secret);
        self.guess(database, &digest.username, is_right, || Ok(()))?;
        if digest.uri != request.path_with_query {
            return Err(denials::contradictory(
                "The `uri` of the Authorization header is not the target of the request.",
            ));
        }
        // Asked last: only who knows the password learns that just the nonce was at fault.
        let made = digest::made(key, &self.label.0, &digest.nonce);
        let until = made.map(|made| i64::try_from((made + digest::LIFE).as_millis()).unwrap_or(i64::MAX));
        let now = now();
        let is_new = match until.filter(|until| now < *until) {
            None => false,
            Some(until) => database
                .transaction(|| attempts::use_nonce(database, &digest.nonce, digest.count(), now, until))
                .map_err(unavailable)?,
        };
        match is_new {
            true => Ok(()),
            false => Err(denials::stale(digest::challenge(&self.nonce(key), true))),
        }
    }

    /// Looks at a guess, unless there were too many wrong ones. It counts as wrong before the outcome is known, so that a client cannot
    /// have guesses for nothing by hanging up, or many by sending them at once.
    fn guess(
        &self,
        database: &Database,
        username: &str,
        is_right: impl FnOnce() -> bool,
        remember: impl FnOnce() -> Result<(), SqlError>,
    ) -> Result<(), Denial> {
        let who = self.guesser(username);
        let counted = database.transaction(|| {
            // Asked for in here: others may have counted theirs while this waited for its turn, and would seem to be ahead of their time.
            let now = now();
            let mut wrong = attempts::wrong(database, who.as_bytes())?;
            let wait = wrong.wait_until_ms.saturating_sub(now);
            if wait > 0 {
                return Ok(Err(wait));
            }
            wrong.in_a_row = wrong.in_a_row.saturating_add(1);
            let wait =
                i64::try_from(wait_after(wrong.in_a_row.saturating_sub(UNDER_WAY)).as_millis()).unwrap_or(i64::MAX);
            wrong.wait_until_ms = now.saturating_add(wait);
            attempts::remember_wrong(database, who.as_bytes(), wrong, now)?;
            Ok::<_, SqlError>(Ok(()))
        });
        if let Err(wait) = counted.map_err(unavailable)? {
            let seconds = u64::try_from(wait).unwrap_or_default().div_ceil(1000);
            return Err(denials::too_many(seconds.min(LONGEST_WAIT)));
        }
        if !is_right() {
            return Err(denials::wrong_password());
        }
        let forgotten = database.transaction(|| {
            attempts::forget_wrong(database, who.as_bytes())?;
            remember()
        });
        forgotten.map_err(unavailable)
    }

    /// Asks for a digest instead of a password where the client wants that.
    fn challenged(&self, request: &Request, mut denial: Denial) -> Denial {
        let basic = |(name, value): &&mut (String, String)| name == "www-authenticate" && value == denials::CHALLENGE;
        if let Some(key) = &self.key
            && let Some((_, value)) = denial.headers.iter_mut().find(basic)
            && identity::wants_digest(request)
        {
            *value = digest::challenge(&self.nonce(key), false);
        }
        denial
    }

    fn nonce(&self, key: &[u8; 32]) -> String {
        let time = std::time::Duration::from_millis(u64::try_from(now()).unwrap_or_default());
        let (serial, _) = Uuid::new_v4().as_u64_pair();
        digest::nonce(key, &self.label.0, time, serial)
    }
}

/// The address that Spin says the client has. Spin puts its own header fields behind those of the client, so only the last one counts.
pub fn client(request: &Request) -> Option<IpAddr> {
    let mut named = request.headers.iter().filter(|(name, _)| name == "spin-client-addr");
    let address: SocketAddr = named.next_back()?.1.parse().ok()?;
    Some(address.ip())
}

/// The directory's trouble is the operator's and not the client's.
fn unavailable(error: SqlError) -> Denial {
    eprintln!("the users of a tenant cannot be looked up: {error}");
    denials::unavailable("The users of this tenant cannot be looked up at the moment.")
}
