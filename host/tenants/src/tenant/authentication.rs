//! Who sends a request to the tenant: one way in for each kind of credentials.

use std::net::IpAddr;
use std::sync::Arc;

use lectern_credentials::{digest, hash_of_api_key};
use lectern_data::identity::{self, Credentials, Digest, denials};
use lectern_data::model::{Denial, Principal, Request, Session};

use super::Tenant;
use crate::login::{Attempt, Guess};

impl Tenant {
    /// Whether the tenant trusts the JSON Web Tokens of somebody.
    pub fn accepts_tokens(&self) -> bool {
        self.tokens.are_accepted()
    }

    /// Checks credentials, the role that method and path require, and run-as headers, in this order. `client` is the address that
    /// wrong passwords are counted against.
    pub async fn authenticate(&self, request: &Request, client: IpAddr) -> Result<Arc<Session>, Denial> {
        let outcome = self.enter(request, client).await;
        outcome.map_err(|denial| self.challenged(request, denial))
    }

    async fn enter(&self, request: &Request, client: IpAddr) -> Result<Arc<Session>, Denial> {
        let credentials = Credentials::of(request)?;
        self.open_aside().await;
        let session = match credentials {
            Credentials::None => self.ask(|database, sql| database.directory.anonymous(sql))?,
            Credentials::Basic { username, password } => self.with_password(&username, &password, client).await?,
            Credentials::Digest(digest) => self.with_digest(request, &digest, client).await?,
            Credentials::ApiKey(key) => self.with_api_key(&key)?,
            Credentials::Jwt(token) => {
                let organization = self.ask(|database, sql| database.directory.organization(sql))?;
                Arc::new(self.tokens.session(&token, &organization)?)
            }
        };
        let find = |username: &str| {
            let known = self.ask(|database, sql| database.directory.user(sql, username))?;
            Ok(known.map(|known| Principal::clone(&known.session.principal)))
        };
        Ok(identity::enter(request, &session, find)?.map_or(session, Arc::new))
    }

    /// Asks for a digest instead of a password where the client wants that.
    pub fn challenged(&self, request: &Request, mut denial: Denial) -> Denial {
        let basic = |(name, value): &&mut (String, String)| name == "www-authenticate" && value == denials::CHALLENGE;
        if let Some((_, value)) = denial.headers.iter_mut().find(basic)
            && identity::wants_digest(request)
        {
            *value = self.shared.nonces.challenge(&self.name, false);
        }
        denial
    }

    /// The session of the user of this name, if the password is right.
    async fn with_password(&self, username: &str, password: &str, client: IpAddr) -> Result<Arc<Session>, Denial> {
        let known = self.ask(|database, sql| database.directory.user(sql, username))?;
        let stored = known.as_ref().and_then(|known| known.password_hash.as_deref());
        let attempt = Attempt {
            tenant: &self.name,
            username,
            password,
            stored,
            client,
        };
        if !self.shared.logins.remembers(attempt) {
            self.shared.logins.verify(attempt).await?;
        }
        known
            .map(|known| Arc::clone(&known.session))
            .ok_or_else(denials::wrong_password)
    }

    /// The session of the user that the digest names, if the digest is right, of this request, and new.
    async fn with_digest(&self, request: &Request, digest: &Digest, client: IpAddr) -> Result<Arc<Session>, Denial> {
        let username = digest.username.as_str();
        let known = self.ask(|database, sql| database.directory.user(sql, username))?;
        let secret = known.as_ref().and_then(|known| known.digest_secret.as_deref());
        let guess = Guess {
            tenant: &self.name,
            username,
            is_known: known.is_some(),
            client,
        };
        let is_right = || digest::is_right(digest, &request.method, secret);
        self.shared.logins.verify_digest(guess, is_right).await?;
        if digest.uri != request.path_with_query {
            return Err(denials::contradictory(
                "The `uri` of the Authorization header is not the target of the request.",
            ));
        }
        // Asked last: only who knows the password learns that just the nonce was at fault.
        if !self.shared.nonces.admit(&self.name, &digest.nonce, digest.count()) {
            return Err(denials::stale(self.shared.nonces.challenge(&self.name, true)));
        }
        known
            .map(|known| Arc::clone(&known.session))
            .ok_or_else(denials::wrong_password)
    }

    /// The session of an API key. Wrong ones are not counted: guessing one of 2^256 is no danger.
    fn with_api_key(&self, key: &str) -> Result<Arc<Session>, Denial> {
        let hash = hash_of_api_key(key);
        let now = self.shared.clock.unix_millis();
        let session = self.ask(|database, sql| {
            let Some(key) = identity::api_key(sql, &hash, now)? else {
                return Ok(None);
            };
            let organization = database.directory.organization(sql)?;
            Ok(Some(Arc::new(identity::key_session(&key, &organization))))
        })?;
        session.ok_or_else(|| denials::invalid_token("The API key is unknown, revoked or expired."))
    }
}
