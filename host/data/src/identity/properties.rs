//! Properties of the tenant: texts by name, that clients read at `/api/info/organization/properties` and of which this program knows
//! a few. The callers provide the transaction.

use super::AccountError;
use super::accounts::refused;
use crate::access::{MERGE_MODE, MergeMode};
use crate::sql::{Failure, Param, Sql, SqlError};
use crate::statistics::{TIMEZONE, is_timezone};
use crate::write;

/// How many bytes a name and a value may have.
const NAME: usize = 255;
const VALUE: usize = 64 << 10;

/// Gives the tenant a property, in place of one of the same name. Everything that follows from it is done as well; hence the caller
/// has begun a commit.
pub fn set_property(sql: &dyn Sql, name: &str, value: &str) -> Result<(), AccountError> {
    if name.is_empty() || name.len() > NAME || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return refused(format!(
            "`{name}` cannot be the name of a property: it has 1 to {NAME} bytes and neither white space nor control characters"
        ));
    }
    if value.len() > VALUE || value.contains(char::is_control) {
        return refused(format!(
            "the property `{name}` cannot have this value: it has at most {VALUE} bytes and no control characters"
        ));
    }
    if name == MERGE_MODE
        && let Err(unknown) = value.parse::<MergeMode>()
    {
        return refused(format!("`{value}` cannot be the value of `{name}`: {unknown}"));
    }
    if name == TIMEZONE && !is_timezone(value) {
        return refused(format!(
            "`{value}` cannot be the value of `{name}`: it is the name of a time zone such as `Europe/Berlin`"
        ));
    }
    sql.execute(
        "INSERT OR REPLACE INTO organization_property (name, value) VALUES (?, ?)",
        &[Param::Text(name), Param::Text(value)],
    )?;
    follow(sql, name)
}

/// Takes a property away.
pub fn unset_property(sql: &dyn Sql, name: &str) -> Result<(), AccountError> {
    let delete = "DELETE FROM organization_property WHERE name = ?";
    match sql.execute(delete, &[Param::Text(name)])? {
        0 => refused(format!("the tenant has no property `{name}`")),
        _ => follow(sql, name),
    }
}

/// Does what follows from another value of the property.
fn follow(sql: &dyn Sql, name: &str) -> Result<(), AccountError> {
    if name == MERGE_MODE {
        write::follow_merge_mode(sql).map_err(|error| {
            AccountError::Sql(SqlError {
                failure: Failure::Other,
                message: error.message,
            })
        })?;
    }
    Ok(())
}
