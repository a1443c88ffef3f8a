//! Series by their titles.

use super::{Scope, leading, readable, text};
use crate::access::WRITE;
use crate::collection::SERIES;
use crate::model::{Error, ListEntry, ListPart};

/// Which series, and how they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Titles {
    /// By their title; where others of the list have the same, with the beginning of their identifier.
    Distinct,
    /// By their title, with the year in which they were created and who organizes them.
    Extended,
    /// Those that may be changed, by their title.
    Writable,
}

/// How much of an identifier tells series of the same title apart.
const BEGINNING: usize = 8;

/// Identifiers and titles of series, sorted by title. Whether others have the same title is asked of the readable ones only.
pub fn entries(scope: &Scope<'_>, titles: Titles) -> Result<ListPart, Error> {
    let access = scope.access(&SERIES, if titles == Titles::Writable { &[WRITE] } else { &[] })?;
    let (index, (condition, params)) = if scope.is_few(&SERIES, &access) {
        ("series_effective_acl_id", leading(&access, "o.effective_acl_id"))
    } else {
        ("series_title", readable(&access, "o.effective_acl_id"))
    };
    let (others_condition, others) = readable(&access, "p.effective_acl_id");
    let details = match titles {
        Titles::Distinct => format!(
            "EXISTS (SELECT 1 FROM series AS p WHERE p.title = o.title AND p.id <> o.id AND {others_condition})"
        ),
        Titles::Extended => "strftime('%Y', o.created_ms / 1000, 'unixepoch'), o.organizer".to_owned(),
        Titles::Writable => "NULL".to_owned(),
    };
    let statement = format!(
        "SELECT o.identifier, o.title, {details} FROM series AS o INDEXED BY {index} WHERE {condition} ORDER BY o.title, o.id"
    );
    let params = if titles == Titles::Distinct {
        [others, params].concat()
    } else {
        params
    };
    scope.read(&statement, &params, |row| {
        let (identifier, title) = (text(row, 0), text(row, 1));
        let title = match titles {
            Titles::Distinct if row.column(2).integer() == Some(1) => {
                format!("{title} (ID: {})", beginning(&identifier))
            }
            Titles::Extended => extended(&title, &text(row, 2), &text(row, 3)),
            Titles::Distinct | Titles::Writable => title,
        };
        ListEntry::new(identifier, title)
    })
}

fn beginning(identifier: &str) -> String {
    match identifier.char_indices().nth(BEGINNING) {
        Some((end, _)) => format!("{}...", identifier.get(..end).unwrap_or_default()),
        None => identifier.to_owned(),
    }
}

/// `organizers` is a JSON array, or empty.
fn extended(title: &str, year: &str, organizers: &str) -> String {
    let organizers: Vec<String> = serde_json::from_str(organizers).unwrap_or_default();
    let details: Vec<&str> = [year]
        .into_iter()
        .chain(organizers.iter().map(String::as_str))
        .collect();
    format!("{title} ({})", details.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_identifier_is_given_whole() {
        assert_eq!(beginning("12345678"), "12345678");
        assert_eq!(beginning("123456789"), "12345678...");
        assert_eq!(beginning("ÄÄÄÄÄÄÄÄÄ"), "ÄÄÄÄÄÄÄÄ...");
    }

    #[test]
    fn the_year_and_the_organizers_follow_the_title() {
        assert_eq!(
            extended("Logic", "2026", r#"["Ada","José"]"#),
            "Logic (2026, Ada, José)"
        );
        assert_eq!(extended("Logic", "2026", ""), "Logic (2026)");
    }
}
