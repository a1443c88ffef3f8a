//! Lines as text: time, level, part of the program, and members as `name=value`.
//!
//! They look like those of `tracing-subscriber` without colours. That one looks at every letter of a text for how Rust would write it, and most
//! texts of the access log are plain.

use std::fmt;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        let time = chrono::DateTime::<chrono::Utc>::from(SystemTime::now());
        let time = time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        write!(writer, "{time} {:>5} {}:", metadata.level(), metadata.target())?;
        let mut members = Members {
            writer,
            outcome: Ok(()),
        };
        event.record(&mut members);
        members.outcome?;
        members.writer.write_char('\n')
    }
}

struct Members<'w> {
    writer: Writer<'w>,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        self.outcome = self.outcome.and_then(|()| {
            self.writer.write_char(' ')?;
            if field.name() != "message" {
                self.writer.write_str(field.name())?;
                self.writer.write_char('=')?;
            }
            value(&mut self.writer)
        });
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |writer| {
            if field.name() == "message" {
                writer.write_str(value)
            } else if is_plain(value) {
                writer.write_char('"')?;
                writer.write_str(value)?;
                writer.write_char('"')
            } else {
                write!(writer, "{value:?}")
            }
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, |writer| write!(writer, "{value:?}"));
    }
}

/// Whether Rust writes a text in quotation marks as it is. There are others that it does.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::super::output::Output;
    use super::*;

    fn said() {
        tracing::info!(
            target: "lectern::access",
            tenant = "uni",
            path = "/a\n\u{2028}\"b\\ü",
            query = "a=b&c='%20'",
            empty = "",
            status = 200_u16,
            ratio = -1_i64,
            share = 0.5_f64,
            whole = true,
            client = %"::1",
            reason = ?"quoted\n",
            "said {}", "so"
        );
        tracing::error!("alone");
        tracing::warn!(none = "message");
    }

    /// Everything behind the time.
    fn lines(output: &Output) -> Vec<String> {
        let text = output.text();
        let line = |line: &str| {
            let (time, rest) = line.split_once(' ').unwrap();
            assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
            rest.to_owned()
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn a_line_is_what_the_library_makes_of_it() {
        let (own, others) = (Output::default(), Output::default());
        let subscriber = tracing_subscriber::fmt().with_ansi(false);
        tracing::subscriber::with_default(subscriber.with_writer(others.clone()).finish(), said);
        let subscriber = tracing_subscriber::fmt().with_ansi(false).event_format(Text);
        tracing::subscriber::with_default(subscriber.with_writer(own.clone()).finish(), said);
        assert_eq!(lines(&own), lines(&others));
        assert_eq!(lines(&own).len(), 3);
    }
}
