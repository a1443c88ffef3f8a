//! The table that is printed at the end.

use std::fmt;

use serde::{Serialize, Serializer};

/// A number that is to be reached.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `P1`, …
    pub number: &'static str,
    /// What is measured, and on which data.
    pub what: String,
    /// What was measured.
    pub measured: String,
    /// What is to be reached.
    pub to_reach: String,
    /// Whether it was.
    #[serde(serialize_with = "in_a_word")]
    pub verdict: bool,
}

fn in_a_word<S: Serializer>(verdict: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(word(*verdict))
}

fn word(verdict: bool) -> &'static str {
    if verdict { "reached" } else { "missed" }
}

/// All rows.
#[derive(Debug, Default, Serialize)]
pub struct Table {
    /// In the order of their numbers.
    pub rows: Vec<Row>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["number", "what", "measured", "to reach", "verdict"].map(str::to_owned);
        let rows = self.rows.iter().map(|row| {
            let verdict = word(row.verdict).to_owned();
            [
                row.number.to_owned(),
                row.what.clone(),
                row.measured.clone(),
                row.to_reach.clone(),
                verdict,
            ]
        });
        aligned(f, std::iter::once(head).chain(rows).collect())
    }
}

/// Writes rows, the first of which is the heading, as a table in Markdown.
pub fn aligned<const COLUMNS: usize>(f: &mut impl fmt::Write, rows: Vec<[String; COLUMNS]>) -> fmt::Result {
    let mut widths = [0; COLUMNS];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = text.chars().count().max(*width);
        }
    }
    for (position, row) in rows.iter().enumerate() {
        for (width, text) in widths.iter().zip(row) {
            write!(f, "| {text:width$} ")?;
        }
        writeln!(f, "|")?;
        if position == 0 {
            for width in widths {
                write!(f, "|{:-<1$}", "", width + 2)?;
            }
            writeln!(f, "|")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_for_programs_has_the_same_five_columns() {
        let row = Row {
            number: "P2",
            what: "a page".to_owned(),
            measured: "1.00 ms".to_owned(),
            to_reach: "≤ 2 ms".to_owned(),
            verdict: true,
        };
        let table = Table { rows: vec![row] };
        let json = serde_json::to_value(&table).unwrap();
        let expected = serde_json::json!({ "rows": [{
            "number": "P2", "what": "a page", "measured": "1.00 ms", "to_reach": "≤ 2 ms", "verdict": "reached",
        }] });
        assert_eq!(json, expected);
        let lines: Vec<String> = table.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{lines:#?}");
    }
}
