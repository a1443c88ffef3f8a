//! Content lines of an iCalendar.
//!
//! Written here and not by a library because attachments make lines of many kilobytes, and a calendar has thousands of them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lectern_handler::date::Written;

/// How many bytes a line has before it is folded.
const LENGTH: usize = 75;

/// Lines in the making.
#[derive(Default)]
pub struct Lines(String);

impl Lines {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Adds a line that is complete, folded.
    pub fn put(&mut self, line: &str) {
        let mut left = line;
        let mut length = LENGTH;
        while left.len() > length {
            let end = (1..=length).rev().find(|end| left.is_char_boundary(*end));
            let Some((piece, rest)) = end.and_then(|end| left.split_at_checked(end)) else {
                break;
            };
            self.0.push_str(piece);
            self.0.push_str("\r\n ");
            left = rest;
            // The blank counts.
            length = LENGTH - 1;
        }
        self.0.push_str(left);
        self.0.push_str("\r\n");
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, text: &str) {
        let mut line = format!("{name}:");
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' | ';' | ',' => line.extend(['\\', letter]),
                '\r' if letters.peek() == Some(&'\n') => {}
                '\r' | '\n' => line.push_str("\\n"),
                '\t' => line.push('\t'),
                letter if letter.is_control() => line.push('\u{fffd}'),
                letter => line.push(letter),
            }
        }
        self.put(&line);
    }

    /// Adds a point in time, in milliseconds since 1970; nothing if it lies beyond the calendar.
    pub fn moment(&mut self, name: &str, at: i64) {
        let time = written(at).replace(['-', ':'], "");
        if !time.is_empty() {
            self.put(&format!("{name}:{time}"));
        }
    }

    /// Adds a file.
    pub fn attach(&mut self, media_type: &str, name: &str, content: &str) {
        let content = BASE64_STANDARD.encode(content);
        self.put(&format!(
            "ATTACH;FMTTYPE={media_type};VALUE=BINARY;ENCODING=BASE64;X-APPLE-FILENAME={name}:{content}"
        ));
    }
}

fn written(at: i64) -> String {
    Written::Second(at).to_string()
}

/// A point in time as HTTP writes it; none beyond the calendar.
pub fn http_date(at: i64) -> Option<String> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let time = written(at);
    let day = usize::try_from(at.div_euclid(86_400_000).rem_euclid(7)).ok()?;
    let month: usize = time.get(5..7)?.parse().ok()?;
    Some(format!(
        "{}, {} {} {} {} GMT",
        DAYS.get(day)?,
        time.get(8..10)?,
        MONTHS.get(month.checked_sub(1)?)?,
        time.get(..4)?,
        time.get(11..19)?
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_line_is_longer_than_75_bytes_and_no_letter_is_cut_in_two() {
        let mut lines = Lines::default();
        lines.text("SUMMARY", &"ä".repeat(200));
        let text = String::from_utf8(lines.into_bytes()).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= LENGTH));
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "ä".repeat(200)));
    }

    #[test]
    fn what_has_a_meaning_in_texts_is_escaped() {
        let mut lines = Lines::default();
        lines.text("SUMMARY", "a;b,c\\d\r\ne\nf\u{1}");
        assert_eq!(
            lines.into_bytes(),
            "SUMMARY:a\\;b\\,c\\\\d\\ne\\nf\u{fffd}\r\n".as_bytes()
        );
    }

    #[test]
    fn times_are_those_of_the_calendar_and_of_http() {
        let mut lines = Lines::default();
        lines.moment("DTSTART", 1_521_475_908_000);
        assert_eq!(lines.into_bytes(), b"DTSTART:20180319T161148Z\r\n");
        assert_eq!(
            http_date(1_521_475_908_000).as_deref(),
            Some("Mon, 19 Mar 2018 16:11:48 GMT")
        );
        assert_eq!(
            http_date(784_111_777_000).as_deref(),
            Some("Sun, 06 Nov 1994 08:49:37 GMT")
        );
        assert_eq!(http_date(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read_again(text in "[^\\p{Cc}]{0,200}") {
            let mut lines = Lines::default();
            lines.text("SUMMARY", &text);
            let calendar = String::from_utf8(lines.into_bytes()).unwrap();
            let calendar = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{calendar}END:VEVENT\r\nEND:VCALENDAR\r\n");
            let calendar: icalendar::Calendar = calendar.parse().unwrap();
            let event = calendar.events().next().unwrap();
            prop_assert_eq!(icalendar::Component::get_summary(event).unwrap_or_default(), text);
        }
    }
}
