//! Patterns for points in time, as Java's `SimpleDateFormat` has them: the configuration of catalogs is full of them.
//!
//! Of its letters those count that stand for numbers: `y`, `M`, `d`, `H`, `m`, `s` and `S`. The host lets no other in.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use std::fmt::Write;

/// A pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern<'a>(pub(super) &'a str);

/// How points in time are kept, and written unless a pattern says otherwise.
pub(super) const INSTANT: Pattern<'static> = Pattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");

/// How times of day are kept.
pub(super) const TIME_OF_DAY: Pattern<'static> = Pattern("HH:mm:ss");

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A number and the digits that it has at least.
    Number(char, usize),
    /// A character that stands for itself.
    Plain(char),
}

impl Pattern<'_> {
    /// Writes a point in time, in UTC; nothing if it lies beyond the calendar.
    pub(super) fn format(self, at: i64) -> String {
        let mut text = String::new();
        let Some(at) = DateTime::from_timestamp_millis(at) else {
            return text;
        };
        for piece in self.pieces() {
            match piece {
                Piece::Plain(character) => text.push(character),
                Piece::Number(letter, digits) => {
                    let number = match letter {
                        'y' if digits == 2 => at.year().rem_euclid(100),
                        'y' => at.year(),
                        'M' => unit(at.month()),
                        'd' => unit(at.day()),
                        'H' => unit(at.hour()),
                        'm' => unit(at.minute()),
                        's' => unit(at.second()),
                        _ => unit(at.timestamp_subsec_millis()),
                    };
                    // A text takes whatever is written to it.
                    let _ = write!(text, "{number:0digits$}", digits = digits.min(9));
                }
            }
        }
        text
    }

    /// Reads a text that begins as the pattern says, and drops what stands behind. What the pattern leaves out is that of
    /// 1970-01-01T00:00:00Z.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        let (mut hour, mut minute, mut second, mut millisecond) = (0, 0, 0, 0);
        let mut rest = text.trim();
        let mut pieces = self.pieces().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Plain(character) => rest = rest.strip_prefix(character)?,
                Piece::Number(letter, digits) => {
                    // Only where numbers touch each other does the pattern say where one ends.
                    let longest = if matches!(pieces.peek(), Some(Piece::Number(..))) {
                        digits
                    } else {
                        9
                    };
                    let length = rest.bytes().take(longest).take_while(u8::is_ascii_digit).count();
                    let (number, behind) = rest.split_at_checked(length)?;
                    rest = behind;
                    let number: u32 = number.parse().ok()?;
                    match letter {
                        'y' if digits == 2 && length == 2 => year = 2000 + i32::try_from(number).ok()?,
                        'y' => year = i32::try_from(number).ok().filter(|year| *year <= 9999)?,
                        'M' => month = number,
                        'd' => day = number,
                        'H' => hour = number,
                        'm' => minute = number,
                        's' => second = number,
                        _ => millisecond = number,
                    }
                }
            }
        }
        let at = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_milli_opt(hour, minute, second, millisecond)?;
        Some(at.and_utc().timestamp_millis())
    }

    fn pieces(self) -> impl Iterator<Item = Piece> {
        let mut characters = self.0.chars().peekable();
        let mut is_quoted = false;
        std::iter::from_fn(move || {
            loop {
                let character = characters.next()?;
                if character == '\'' {
                    if characters.next_if_eq(&'\'').is_some() {
                        return Some(Piece::Plain('\''));
                    }
                    is_quoted = !is_quoted;
                } else if is_quoted || !character.is_ascii_alphabetic() {
                    return Some(Piece::Plain(character));
                } else {
                    let mut digits = 1;
                    while characters.next_if_eq(&character).is_some() {
                        digits += 1;
                    }
                    return Some(Piece::Number(character, digits));
                }
            }
        })
    }
}

/// A part of a date or a time: never more than four digits.
fn unit(number: u32) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LECTURE: i64 = 1_521_475_908_123;

    #[test]
    fn points_in_time_are_written_as_the_pattern_says() {
        for (pattern, text) in [
            (INSTANT.0, "2018-03-19T16:11:48.123Z"),
            ("yyyy-MM-dd", "2018-03-19"),
            ("d.M.yy", "19.3.18"),
            ("HH 'o''clock' m", "16 o'clock 11"),
            ("yyyyMMddHHmmss", "20180319161148"),
            ("", ""),
        ] {
            assert_eq!(Pattern(pattern).format(LECTURE), text, "{pattern}");
        }
        assert_eq!(INSTANT.format(i64::MAX), "");
    }

    #[test]
    fn what_is_written_can_be_read() {
        for (pattern, text, at) in [
            (INSTANT.0, "2018-03-19T16:11:48.123Z", LECTURE),
            ("yyyyMMddHHmmss", "20180319161148", LECTURE - 123),
            ("d.M.yy H:m:s", "19.3.18 16:11:48", LECTURE - 123),
            ("HH:mm", "01:30", 5_400_000),
            ("HH:mm", " 1:30:59Z", 5_400_000),
        ] {
            assert_eq!(Pattern(pattern).parse(text), Some(at), "{pattern}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        for (pattern, text) in [
            ("yyyy-MM-dd", ""),
            ("yyyy-MM-dd", "soon"),
            ("yyyy-MM-dd", "2018-13-01"),
            ("yyyy-MM-dd", "2018-02-30"),
            ("yyyy-MM-dd", "20180-02-03"),
            ("yyyy-MM-dd", "2018.02.03"),
            ("HH:mm", "24:00"),
            ("HH:mm", "12"),
            ("yyyyMMdd", "2018"),
        ] {
            assert_eq!(Pattern(pattern).parse(text), None, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(pattern in "[yMdHmsS'.:T -]{0,12}", text in ".{0,24}") {
            let _ = Pattern(&pattern).parse(&text);
            let _ = Pattern(&text).format(LECTURE);
        }

        #[test]
        fn every_second_survives(at in -62_000_000_000_000_i64..250_000_000_000_000) {
            prop_assert_eq!(INSTANT.parse(&INSTANT.format(at)), Some(at));
        }
    }
}
