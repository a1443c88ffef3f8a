//! `lectern api-key`.

use crate::cli::table::{table, time};
use crate::cli::user::OfTenant;
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use lectern_data::identity;
use lectern_tenants::admin::Admin;
use std::path::Path;

const ADD_EXAMPLES: &str = "\
Prints the key, which is shown this once and sent as `Authorization: Bearer lk_…`. The key has exactly
these roles; in the audit trail it is `key:NAME`.

Example:
  lectern api-key add harvester --tenant uni --role ROLE_API --role ROLE_API_EVENTS_VIEW --expires 90d";

#[derive(Debug, Subcommand)]
pub enum ApiKey {
    /// Makes an API key and prints it
    #[command(after_help = ADD_EXAMPLES)]
    Add {
        /// Name of the key: letters, digits, `-`, `_` and `.`
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        of: OfTenant,
        /// A role that the key has; may be repeated
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<String>,
        /// When the key expires: after so many days or hours such as `90d` or `12h`, or at a time such as 2030-01-31T00:00:00Z
        #[arg(long, value_name = "WHEN", value_parser = expiry)]
        expires: Option<DateTime<Utc>>,
    },
    /// Lists the API keys of a tenant with their roles
    List {
        #[command(flatten)]
        of: OfTenant,
    },
    /// Revokes an API key, which is refused from now on
    Revoke {
        /// Name of the key
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        of: OfTenant,
    },
}

fn expiry(text: &str) -> Result<DateTime<Utc>, String> {
    let count = |unit| text.strip_suffix(unit).and_then(|count| count.parse::<u32>().ok());
    let after = count('d')
        .and_then(|days| TimeDelta::try_days(days.into()))
        .or_else(|| count('h').and_then(|hours| TimeDelta::try_hours(hours.into())));
    let time = match after {
        Some(after) => Utc::now().checked_add_signed(after),
        None => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
    };
    time.ok_or_else(|| {
        "use a number of days or hours such as `90d` or `12h`, or a time such as `2030-01-31T00:00:00Z`".to_owned()
    })
}

impl ApiKey {
    pub fn run(&self, data: &Path) -> Result<()> {
        let admin = Admin::open(data)?;
        match self {
            Self::Add {
                name,
                of,
                roles,
                expires,
            } => {
                let key = identity::ApiKey {
                    name: name.clone(),
                    roles: roles.clone(),
                    expires_ms: expires.map(|expires| expires.timestamp_millis()),
                    ..identity::ApiKey::default()
                };
                println!("{}", admin.add_api_key(&of.tenant, &key)?);
            }
            Self::List { of } => print!("{}", list(admin.api_keys(&of.tenant)?)),
            Self::Revoke { name, of } => {
                admin.revoke_api_key(&of.tenant, name)?;
                println!("revoked API key {name}");
            }
        }
        Ok(())
    }
}

fn list(keys: Vec<identity::ApiKey>) -> String {
    let rows: Vec<[String; 4]> = keys
        .into_iter()
        .map(|key| {
            let expires = key.expires_ms.map_or_else(|| "never".to_owned(), time);
            [key.name, time(key.created_ms), expires, key.roles.join(",")]
        })
        .collect();
    table(["NAME", "CREATED", "EXPIRES", "ROLES"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_expires_after_days_or_hours_or_at_a_time() {
        let hours = |text: &str| (expiry(text).unwrap() - Utc::now() + TimeDelta::minutes(1)).num_hours();
        assert_eq!((hours("90d"), hours("12h")), (90 * 24, 12));
        let time = expiry("2030-01-31T01:00:00+01:00").unwrap();
        assert_eq!(time.to_rfc3339(), "2030-01-31T00:00:00+00:00");
    }

    #[test]
    fn what_is_no_expiry_is_refused_with_an_example() {
        for text in ["", "d", "90", "-1d", "1.5d", "tomorrow", "2030-01-31", "99999999999d"] {
            assert!(expiry(text).unwrap_err().contains("90d"), "{text}");
        }
    }
}
