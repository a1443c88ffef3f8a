//! Acting as another user or with other roles.
//!
//! Two families of headers exist. Opencast implements `X-Opencast-Matterhorn-*` with the aliases `X-RUN-AS-USER` and
//! `X-RUN-WITH-ROLES`: roles are separated by commas and replace those of the user. Its guide to the API describes
//! `X-API-AS-USER` and `X-API-WITH-ROLES`: roles are separated by white space and added. Both are honoured, each with its own meaning, but not
//! in one request.

use super::{denials, roles};
use crate::model::{Denial, Organization, Principal, Request, Session};

/// What the identity headers of a request ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    organization: Option<String>,
    user: Option<String>,
    roles: Option<Roles>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Roles {
    Replaced(Vec<String>),
    Added(Vec<String>),
}

impl RunAs {
    /// Reads the headers; none of them is the same as blank ones. Refuses with 400 what cannot be meant.
    pub fn of(request: &Request) -> Result<Option<Self>, Denial> {
        let header = |name| single(request, name);
        let organization = header("x-opencast-matterhorn-organization")?;
        let run_user = header("x-opencast-matterhorn-user")?.or(header("x-run-as-user")?);
        let run_roles = list(request, "x-opencast-matterhorn-roles").or_else(|| list(request, "x-run-with-roles"));
        let api_user = header("x-api-as-user")?;
        let api_roles = list(request, "x-api-with-roles");

        let run = organization.is_some() || run_user.is_some() || run_roles.is_some();
        let api = api_user.is_some() || api_roles.is_some();
        if run && api {
            return Err(denials::contradictory(
                "X-API-AS-USER and X-API-WITH-ROLES cannot be combined with X-RUN-AS-USER, X-RUN-WITH-ROLES or \
                 X-Opencast-Matterhorn headers: the former add roles, the latter replace them.",
            ));
        }
        let roles = match (run_roles, api_roles) {
            (Some(text), _) => Some(Roles::Replaced(split(&text, |c| c == ','))),
            (None, Some(text)) => Some(Roles::Added(split(&text, |c| c == ',' || c.is_whitespace()))),
            (None, None) => None,
        };
        Ok((run || api).then_some(Self {
            organization,
            user: run_user.or(api_user),
            roles,
        }))
    }

    /// The session of the user that the headers name. Every guard looks at the user who authenticated, never at an intermediate one.
    /// `find` looks a user of the tenant's directory up, with all roles.
    pub fn switch(
        &self,
        original: &Session,
        find: impl FnOnce(&str) -> Result<Option<Principal>, Denial>,
    ) -> Result<Session, Denial> {
        let organization = &original.organization;
        let guard = Guard {
            original: &original.principal,
            organization,
        };
        if let Some(identifier) = &self.organization {
            guard.organization(identifier)?;
        }
        if self.user.is_none() && self.roles.is_none() {
            return Ok(original.clone());
        }
        guard.sudo()?;
        let base = match self.user.as_deref() {
            None | Some(roles::ANONYMOUS_USER) => roles::anonymous(organization),
            Some(username) => {
                let unknown = || denials::forbidden(format!("There is no user {username} to run as."));
                let target = find(username)?.ok_or_else(unknown)?;
                guard.escalation(&target.roles, &format!("User {username} has"))?;
                target
            }
        };
        let principal = match &self.roles {
            None => base,
            Some(Roles::Replaced(replaced)) => {
                guard.escalation(replaced, "The request asks for")?;
                roles::with_roles(base, replaced.clone(), organization)
            }
            Some(Roles::Added(added)) => {
                guard.escalation(added, "The request asks for")?;
                let all = base.roles.iter().chain(added).cloned().collect();
                roles::with_roles(base, all, organization)
            }
        };
        Ok(Session {
            principal,
            ..original.clone()
        })
    }
}

/// What the user who authenticated may switch to.
struct Guard<'a> {
    original: &'a Principal,
    organization: &'a Organization,
}

impl Guard<'_> {
    fn organization(&self, identifier: &str) -> Result<(), Denial> {
        if !roles::has(self.original, roles::ADMIN) {
            return Err(denials::forbidden(
                "X-Opencast-Matterhorn-Organization needs the role ROLE_ADMIN.",
            ));
        }
        if identifier != self.organization.identifier {
            // A tenant is a file of its own; no request reaches into another one.
            let own = &self.organization.identifier;
            return Err(denials::forbidden(format!(
                "X-Opencast-Matterhorn-Organization cannot lead from tenant {own} to another one: send the request to that tenant's host."
            )));
        }
        Ok(())
    }

    fn sudo(&self) -> Result<(), Denial> {
        if roles::has(self.original, roles::SUDO) {
            return Ok(());
        }
        let user = &self.original.username;
        Err(denials::forbidden(format!(
            "User {user} needs the role ROLE_SUDO to run as another user or with other roles."
        )))
    }

    /// Nobody but an administrator gets what makes one. `who` begins the sentence that says where the roles come from.
    fn escalation(&self, wanted: &[String], who: &str) -> Result<(), Denial> {
        if roles::has(self.original, roles::ADMIN) {
            return Ok(());
        }
        let tenant_admin = self.organization.admin_role.as_str();
        let forbidden = wanted.iter().map(String::as_str).find(|role| match *role {
            roles::ADMIN | roles::SUDO => true,
            role => role == tenant_admin && !roles::has(self.original, role),
        });
        match forbidden {
            None => Ok(()),
            Some(role) => Err(denials::forbidden(format!(
                "{who} the role {role}, which needs an administrator to run with."
            ))),
        }
    }
}

/// The only value of a header, unless it is blank.
fn single(request: &Request, name: &str) -> Result<Option<String>, Denial> {
    let mut values = values(request, name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(denials::contradictory(format!(
            "The header {name} was sent more than once."
        ))),
        (value, None) => Ok(value.map(str::to_owned)),
    }
}

/// All values of a header that holds a list; repeating it is the same as separating by commas.
fn list(request: &Request, name: &str) -> Option<String> {
    let values: Vec<&str> = values(request, name).collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn values<'a>(request: &'a Request, name: &str) -> impl Iterator<Item = &'a str> {
    let values = request
        .headers
        .iter()
        .filter(move |(header, _)| header == name)
        .map(|(_, value)| value.trim());
    values.filter(|value| !value.is_empty())
}

/// Blanks around a role are dropped before any guard looks at it.
fn split(text: &str, separator: impl Fn(char) -> bool) -> Vec<String> {
    text.split(separator)
        .map(str::trim)
        .filter(|role| !role.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
