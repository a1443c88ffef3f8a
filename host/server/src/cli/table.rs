//! Lists on standard output: aligned columns for people, one object to a line for programs.

use chrono::{DateTime, SecondsFormat};

/// How many characters wide a column gets. Longer cells, such as the roles of somebody who has thousands, move the rest of their line.
const WIDEST: usize = 100;

/// Lines of a table: the heading and the rows, columns separated by at least two spaces.
pub fn table<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let heading = heading.map(str::to_owned);
    let lines = || std::iter::once(&heading).chain(rows);
    let width = |column: usize| {
        lines()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .filter(|width| *width <= WIDEST)
            .max()
    };
    let widths: Vec<usize> = (0..COLUMNS).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in lines() {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A point in time to the second, as RFC 3339 has it.
pub fn time(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_any_length_is_printed_and_moves_its_own_line_only() {
        let long = "x".repeat(1 << 17);
        let rows = [[long.clone(), "b".to_owned()], ["a".to_owned(), long.clone()]];
        assert_eq!(table(["X", "Y"], &rows), format!("X  Y\n{long}  b\na  {long}\n"));
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "b".to_owned()], ["längst".to_owned(), String::new()]];
        assert_eq!(table(["X", "Y"], &rows), "X       Y\na       b\nlängst\n");
    }
}
