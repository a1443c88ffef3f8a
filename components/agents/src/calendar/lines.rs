//! Properties of an iCalendar, written one by one: a calendar of thousands of recordings is sent while it is made.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendarEntry, ICalendarParameter, ICalendarParameterName, ICalendarProperty, ICalendarValue, ICalendarValueType,
};
use chrono::{DateTime, Datelike, Timelike, Utc};

/// Lines in the making.
#[derive(Default)]
pub struct Lines(String);

impl Lines {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Adds the beginning or the end of something, or a property that is the same in all calendars.
    pub fn put(&mut self, line: &'static str) {
        self.0.push_str(line);
        self.0.push_str("\r\n");
    }

    /// Adds a text.
    pub fn text(&mut self, name: ICalendarProperty, text: &str) {
        let text: String = text
            .replace("\r\n", "\n")
            .chars()
            .map(|letter| match letter {
                '\r' => '\n',
                '\n' | '\t' => letter,
                letter if letter.is_control() => '\u{fffd}',
                letter => letter,
            })
            .collect();
        self.add(&ICalendarEntry::new(name).with_value(ICalendarValue::Text(text)));
    }

    /// Adds a point in time, in milliseconds since 1970; nothing if it lies beyond the calendar.
    pub fn moment(&mut self, name: ICalendarProperty, at: i64) {
        if let Some(time) = DateTime::from_timestamp_millis(at).as_ref().and_then(partial) {
            self.add(&ICalendarEntry::new(name).with_value(time));
        }
    }

    /// Adds a file.
    pub fn attach(&mut self, media_type: &str, name: &str, content: &str) {
        let file_name = ICalendarParameterName::Other("X-APPLE-FILENAME".to_owned());
        self.add(
            &ICalendarEntry::new(ICalendarProperty::Attach)
                .with_param(ICalendarParameter::fmttype(media_type.to_owned()))
                .with_param(ICalendarParameter::value(ICalendarValueType::Binary))
                .with_param(ICalendarParameter::new(file_name, name.to_owned()))
                .with_value(ICalendarValue::Binary(content.as_bytes().to_vec())),
        );
    }

    fn add(&mut self, entry: &ICalendarEntry) {
        // Writing to a String cannot fail.
        let _ = entry.write_to(&mut self.0);
    }
}

/// The time in UTC, to the second.
fn partial(time: &DateTime<Utc>) -> Option<PartialDateTime> {
    let small = |number: u32| u8::try_from(number).ok();
    Some(PartialDateTime {
        year: Some(u16::try_from(time.year()).ok().filter(|year| *year <= 9999)?),
        month: small(time.month()),
        day: small(time.day()),
        hour: small(time.hour()),
        minute: small(time.minute()),
        second: small(time.second()),
        tz_hour: Some(0),
        tz_minute: Some(0),
        tz_minus: false,
    })
}

/// A point in time as HTTP writes it; none beyond the calendar.
pub fn http_date(at: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(at)?;
    Some(time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_line_is_longer_than_75_bytes_and_no_letter_is_cut_in_two() {
        let mut lines = Lines::default();
        lines.text(ICalendarProperty::Summary, &"ä".repeat(200));
        let text = String::from_utf8(lines.into_bytes()).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "ä".repeat(200)));
    }

    #[test]
    fn what_has_a_meaning_in_texts_is_escaped() {
        let mut lines = Lines::default();
        lines.text(ICalendarProperty::Summary, "a;b,c\\d\r\ne\nf\u{1}");
        assert_eq!(
            lines.into_bytes(),
            "SUMMARY:a\\;b\\,c\\\\d\\ne\\nf\u{fffd}\r\n".as_bytes()
        );
    }

    #[test]
    fn times_are_those_of_the_calendar_and_of_http() {
        let mut lines = Lines::default();
        lines.moment(ICalendarProperty::Dtstart, 1_521_475_908_000);
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
            lines.text(ICalendarProperty::Summary, &text);
            let calendar = String::from_utf8(lines.into_bytes()).unwrap();
            let calendar = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{calendar}END:VEVENT\r\nEND:VCALENDAR\r\n");
            let calendar: icalendar::Calendar = calendar.parse().unwrap();
            let event = calendar.events().next().unwrap();
            prop_assert_eq!(icalendar::Component::get_summary(event).unwrap_or_default(), text);
        }
    }
}
