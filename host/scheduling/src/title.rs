//! Titles of recurring events.

/// The titles of `count` events that one recurrence rule creates, in chronological order: the title of the request, one blank and
/// a running number from 1, padded with zeros to the width of `count`, so that they sort as they follow each other. `Lecture 1` to
/// `Lecture 9`, but `Lecture 01` to `Lecture 16`; a rule with a single occurrence gives `Lecture 1`. Without a title there is the number
/// alone.
pub fn numbered_titles(title: &str, count: usize) -> impl ExactSizeIterator<Item = String> {
    let width = count.to_string().len();
    let blank = if title.is_empty() { "" } else { " " };
    (0..count).map(move |index| format!("{title}{blank}{number:0width$}", number = index + 1))
}
