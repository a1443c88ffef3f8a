//! Groups: who is in them, and the roles that they give.
//!
//! Whoever may call what changes groups may change every one, with one exception: a group that makes its members administrators, or
//! would, is left to those who are administrators of the same kind themselves.

use super::Work;
use super::content;
use super::small::{Assigned, Object, taken};
use crate::collection::small::GROUPS;
use crate::identity::roles;
use crate::model::{Assignment, Error, Reason, Session};
use crate::sql::{Param, SqlError};

/// How long names and identifiers of groups may be, in characters.
const NAME: usize = 128;

/// How long a username may be, in bytes.
const USERNAME: usize = 255;

/// Creates a group. Its role follows from its identifier.
pub fn create(work: &mut Work<'_>, identifier: &str, fields: &[Assignment]) -> Result<(), Error> {
    let assigned = Assigned::new(&GROUPS, fields)?;
    let name = assigned.text("name").unwrap_or_default();
    check_name(name)?;
    content::check_identifier(identifier)?;
    check_length("identifier", identifier)?;
    let role = roles::of_group(identifier);
    refuse_to_make_administrators(work.session, [role.as_str()])?;
    // Two groups whose identifiers differ in case only would give each other's role.
    let exists = "SELECT 1 FROM user_group WHERE identifier = ? OR role = ?";
    if work
        .number(exists, &[Param::Text(identifier), Param::Text(&role)])?
        .is_some()
    {
        return Err(taken(&GROUPS, identifier));
    }
    work.sql.execute(
        "INSERT INTO user_group (identifier, role, name, description) VALUES (?, ?, ?, ?)",
        &[
            Param::Text(identifier),
            Param::Text(&role),
            Param::Text(name),
            Param::Text(assigned.text("description").unwrap_or_default()),
        ],
    )?;
    put_roles_and_members(work, identifier, &assigned)
}

/// Gives the named fields new content. Identifier and role stay, whatever the name.
pub fn update(work: &mut Work<'_>, identifier: &str, fields: &[Assignment]) -> Result<(), Error> {
    writable(work, identifier)?;
    let assigned = Assigned::new(&GROUPS, fields)?;
    if let Some(name) = assigned.text("name") {
        check_name(name)?;
        put(work, identifier, "name", name)?;
    }
    if let Some(description) = assigned.text("description") {
        put(work, identifier, "description", description)?;
    }
    put_roles_and_members(work, identifier, &assigned)
}

/// Deletes a group; its members lose what they had through it.
pub fn delete(work: &mut Work<'_>, identifier: &str) -> Result<(), Error> {
    writable(work, identifier)?;
    for table in ["user_group_role", "user_group_member", "user_group"] {
        let statement = format!("DELETE FROM {table} WHERE identifier = ?");
        work.sql.execute(&statement, &[Param::Text(identifier)])?;
    }
    Ok(())
}

/// Refuses a group that does not exist, or that the session may not handle because of what it gives.
fn writable(work: &Work<'_>, identifier: &str) -> Result<(), Error> {
    Object::writable(work.sql, work.session, &GROUPS, identifier)?;
    let mut given = Vec::new();
    work.sql.query(
        "SELECT role FROM user_group WHERE identifier = ?1 UNION ALL SELECT role FROM user_group_role WHERE identifier = ?1",
        &[Param::Text(identifier)],
        &mut |row| {
            given.extend(row.column(0).text().map(str::to_owned));
            Ok(())
        },
    )?;
    refuse_to_make_administrators(work.session, given.iter().map(String::as_str))
}

fn put(work: &Work<'_>, identifier: &str, column: &str, text: &str) -> Result<(), SqlError> {
    let statement = format!("UPDATE user_group SET {column} = ? WHERE identifier = ?");
    work.sql
        .execute(&statement, &[Param::Text(text), Param::Text(identifier)])
        .map(drop)
}

fn put_roles_and_members(work: &Work<'_>, identifier: &str, assigned: &Assigned<'_>) -> Result<(), Error> {
    if let Some(given) = assigned.texts("roles") {
        if let Some(role) = given.iter().find(|role| !roles::is_valid(role)) {
            let message = format!("{role:?} cannot be a role: it must not be empty or hold white space or commas.");
            return Err(Error::invalid("roles", message));
        }
        refuse_to_make_administrators(work.session, given.iter().map(String::as_str))?;
        replace(work, identifier, "user_group_role", "role", given)?;
    }
    if let Some(members) = assigned.texts("members") {
        if let Some(member) = members.iter().find(|member| !is_username(member)) {
            let message = format!(
                "A member is a username of 1 to {USERNAME} bytes without commas and control characters, unlike {:?}.",
                member.chars().take(100).collect::<String>()
            );
            return Err(Error::invalid("members", message));
        }
        replace(work, identifier, "user_group_member", "username", members)?;
    }
    Ok(())
}

/// Lets exactly these be the group's.
fn replace(work: &Work<'_>, identifier: &str, table: &str, column: &str, texts: &[String]) -> Result<(), SqlError> {
    let texts = serde_json::json!(texts).to_string();
    let params = [Param::Text(identifier), Param::Text(&texts)];
    for statement in [
        format!("DELETE FROM {table} WHERE identifier = ?1 AND {column} NOT IN (SELECT value FROM json_each(?2))"),
        format!("INSERT OR IGNORE INTO {table} (identifier, {column}) SELECT ?1, value FROM json_each(?2)"),
    ] {
        work.sql.execute(&statement, &params)?;
    }
    Ok(())
}

fn is_username(member: &str) -> bool {
    !member.is_empty() && member.len() <= USERNAME && !member.contains(|c: char| c == ',' || c.is_control())
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(Error::invalid("name", "A group has a name."));
    }
    check_length("name", name)
}

fn check_length(field: &str, text: &str) -> Result<(), Error> {
    if text.chars().count() > NAME {
        let message = format!("The {field} of a group has at most {NAME} characters.");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// Nobody makes others what they are not themselves. `ROLE_ADMIN` includes the tenant's administrators.
fn refuse_to_make_administrators<'r>(session: &Session, given: impl IntoIterator<Item = &'r str>) -> Result<(), Error> {
    let has = |role: &str| session.principal.roles.iter().any(|own| own == role);
    let of_tenant = session.organization.admin_role.as_str();
    for role in given {
        let may = has(roles::ADMIN) || role != roles::ADMIN && (role != of_tenant || has(of_tenant));
        if !may {
            let message = format!("Only who has the role {role} may handle a group that gives it to its members.");
            return Err(Error::new(Reason::Denied, "roles", message));
        }
    }
    Ok(())
}
