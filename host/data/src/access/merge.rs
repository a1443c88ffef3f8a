//! Merge modes: what holds for an event that has an access list of its own and belongs to a series that has one, too.
//!
//! The modes and their names are those of Opencast's authorization service. There the mode is a setting of the server, here a
//! property of the tenant.

use crate::model::{AccessEntry, Acl};
use crate::sql::{Param, Sql, SqlError};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// The property of the tenant that names the mode.
pub const MERGE_MODE: &str = "org.opencastproject.authorization.acl.merge.mode";

/// How the access lists of an event and of its series become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MergeMode {
    /// The event's list is the list.
    #[default]
    Override,
    /// The event's list, and from that of the series all about roles that the event's does not mention.
    Roles,
    /// The event's list, and from that of the series all about roles and actions that the event's does not mention together.
    Actions,
}

/// A text that names no merge mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownMergeMode;

impl fmt::Display for UnknownMergeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the merge modes are `override`, `roles` and `actions`")
    }
}

impl FromStr for MergeMode {
    type Err = UnknownMergeMode;

    fn from_str(name: &str) -> Result<Self, UnknownMergeMode> {
        match name {
            "override" => Ok(MergeMode::Override),
            "roles" => Ok(MergeMode::Roles),
            "actions" => Ok(MergeMode::Actions),
            _ => Err(UnknownMergeMode),
        }
    }
}

impl MergeMode {
    /// The tenant's mode. It is set by [`crate::identity::set_property`], which lets no unknown name pass.
    pub(crate) fn read(sql: &dyn Sql) -> Result<Self, SqlError> {
        let mut mode = MergeMode::default();
        sql.query(
            "SELECT value FROM organization_property WHERE name = ?",
            &[Param::Text(MERGE_MODE)],
            &mut |row| {
                mode = row.column(0).text().unwrap_or_default().parse().unwrap_or_default();
                Ok(())
            },
        )?;
        Ok(mode)
    }

    /// Whether the list of the series counts although the event has its own.
    pub fn merges(self) -> bool {
        self != MergeMode::Override
    }

    /// The list that holds: the event's own entries, and behind them those of the series that are not passed over.
    pub fn merge(self, own: &[AccessEntry], series: &[AccessEntry]) -> Acl {
        let series = if self.merges() { series } else { &[] };
        let mentioned: HashSet<_> = own.iter().map(|entry| self.subject(entry)).collect();
        let others = series.iter().filter(|entry| !mentioned.contains(&self.subject(entry)));
        own.iter().chain(others).cloned().collect()
    }

    /// What an entry is about: of two that agree in this the event's counts.
    fn subject(self, entry: &AccessEntry) -> (&str, &str) {
        let action = if self == MergeMode::Actions { &entry.action } else { "" };
        (&entry.role, action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, &str)]) -> Acl {
        let entry = |(role, action): &(&str, &str)| AccessEntry {
            role: (*role).to_owned(),
            action: (*action).to_owned(),
            allow: true,
        };
        entries.iter().map(entry).collect()
    }

    /// The example of upstream's configuration file.
    #[test]
    fn the_modes_do_what_upstream_says_of_them() {
        let series = list(&[("1", "read"), ("1", "write"), ("2", "read"), ("2", "write")]);
        let own = list(&[("2", "read"), ("3", "read")]);
        for (mode, expected) in [
            (MergeMode::Override, own.clone()),
            (
                MergeMode::Roles,
                list(&[("2", "read"), ("3", "read"), ("1", "read"), ("1", "write")]),
            ),
            (
                MergeMode::Actions,
                list(&[
                    ("2", "read"),
                    ("3", "read"),
                    ("1", "read"),
                    ("1", "write"),
                    ("2", "write"),
                ]),
            ),
        ] {
            assert_eq!(mode.merge(&own, &series), expected, "{mode:?}");
        }
    }

    #[test]
    fn the_rule_of_the_event_wins() {
        let mut own = list(&[("1", "read")]);
        own[0].allow = false;
        for mode in [MergeMode::Roles, MergeMode::Actions] {
            assert_eq!(mode.merge(&own, &list(&[("1", "read")])), own);
        }
    }

    #[test]
    fn an_empty_list_is_overridden_as_it_is_and_merged_to_that_of_the_series() {
        let series = list(&[("1", "read")]);
        assert_eq!(MergeMode::Override.merge(&[], &series), []);
        assert_eq!(MergeMode::Roles.merge(&[], &series), series);
        assert_eq!(MergeMode::Actions.merge(&[], &series), series);
    }
}
