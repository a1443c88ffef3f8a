//! Identity: who sends a request, what roles they have, and whether they may call what they call.
//!
//! The way in, the same natively and under Spin:
//!
//! 1. [`Credentials::of`] reads what the request says about its sender.
//! 2. The caller checks them, however it does that (a password against [`Account::password_hash`], a digest against
//!    [`Account::digest_secret`], an API key against [`api_key`], a token against keys of its own), and has a session: [`session`]
//!    of the user, or of the anonymous user if there are no credentials, or [`key_session`].
//! 3. [`enter`] checks the role that method and path require of that user, and then switches to the user or roles that the
//!    request's run-as headers name.
//!
//! Does not belong here: hashing passwords, remembering anything between requests, time (`lectern-tenants`); what an access list
//! allows.

mod accounts;
mod api_keys;
pub mod attempts;
mod credentials;
pub mod denials;
mod directory;
mod properties;
pub mod required_roles;
pub mod roles;
mod run_as;

pub use accounts::{
    AccountError, Agent, User, add_agent, add_default_groups, add_user, agents, check_user, default_groups,
    is_agent_name, remove_agent, remove_user, rename_organization, set_digest_secret, set_organization,
    set_password_hash, users,
};
pub use api_keys::{ApiKey, add_api_key, api_key, api_keys, key_session, revoke_api_key};
pub use credentials::{API_KEY, Credentials, Digest, REALM, wants_digest};
pub use directory::{Account, Entrance, account, entrance, organization, revision};
pub use properties::{set_property, unset_property};
pub use run_as::RunAs;

use crate::model::{self, Denial, Organization, Principal, Request, Session};

/// The session of a user whose credentials were checked; of the anonymous user if there is none.
pub fn session(account: Option<&Account>, organization: &Organization) -> Session {
    let principal = match account {
        Some(account) => roles::principal_of(account, organization),
        None => roles::anonymous(organization),
    };
    let authenticated = account.map(|account| account.username.clone()).unwrap_or_default();
    Session {
        principal,
        authenticated,
        organization: organization.clone(),
    }
}

/// A session of the system itself, under the name that Opencast gives it: for workflows, and for what the operator does on the command line.
pub fn system_session(organization: &Organization) -> Session {
    let identity = Principal {
        username: roles::SYSTEM_USER.to_owned(),
        name: "System User".to_owned(),
        provider: model::SYSTEM.to_owned(),
        user_role: roles::of_user(roles::SYSTEM_USER),
        ..Principal::default()
    };
    let powers = [roles::ADMIN, roles::SUDO].map(str::to_owned).to_vec();
    let principal = roles::with_roles(identity, powers, organization);
    Session {
        authenticated: principal.username.clone(),
        principal,
        organization: organization.clone(),
    }
}

/// Lets a request in whose sender is known, or not. The required role is asked of the user who authenticated, before the identity
/// is switched. Gives the switched session, or none if the request goes on as it is. `find` looks a user of the tenant's directory up.
pub fn enter(
    request: &Request,
    session: &Session,
    find: impl FnOnce(&str) -> Result<Option<Principal>, Denial>,
) -> Result<Option<Session>, Denial> {
    let run_as = RunAs::of(request);
    let known = !session.authenticated.is_empty();
    // Somebody who is unknown can only be asked who they are, also where run-as headers would be refused.
    let switches = !matches!(run_as, Ok(None));
    if !known && (switches || !required_roles::is_open(&request.method, &request.path_with_query)) {
        return Err(denials::unauthenticated(
            "This request needs a username and a password.",
        ));
    }
    required_roles::check(&session.principal, &request.method, &request.path_with_query)?;
    match run_as? {
        Some(run_as) => run_as.switch(session, find).map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
