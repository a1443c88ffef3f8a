//! Lines as objects of JSON: `{"time":…,"level":…,"target":…,"message":…}` and the members of the event beside these.
//!
//! Not the JSON of `tracing-subscriber`, which leaves Unicode's separators of lines as they are.

use super::escape;
use std::fmt;
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        let time = chrono::DateTime::<chrono::Utc>::from(SystemTime::now());
        write!(
            writer,
            "{{\"time\":\"{}\",\"level\":\"{}\",\"target\":",
            time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            metadata.level()
        )?;
        escape::json(metadata.target(), &mut writer)?;
        let mut members = Members {
            writer,
            text: String::new(),
            outcome: Ok(()),
        };
        event.record(&mut members);
        members.outcome?;
        members.writer.write_str("}\n")
    }
}

struct Members<'w> {
    writer: Writer<'w>,
    text: String,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>, &mut String) -> fmt::Result) {
        self.outcome = self.outcome.and_then(|()| {
            self.writer.write_char(',')?;
            escape::json(field.name(), &mut self.writer)?;
            self.writer.write_char(':')?;
            value(&mut self.writer, &mut self.text)
        });
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |writer, _| escape::json(value, writer));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |writer, _| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, |writer, _| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, |writer, _| write!(writer, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, |writer, text| {
            text.clear();
            fmt::write(text, format_args!("{value:?}"))?;
            escape::json(text, writer)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Output;
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_event_is_an_object_in_one_line() {
        let output = Output::default();
        let subscriber = tracing_subscriber::fmt()
            .event_format(Json)
            .with_writer(output.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(
                target: "lectern::access",
                tenant = "uni",
                path = "/a\n\u{2028}\"b",
                status = 200_u16,
                ratio = -1_i64,
                whole = true,
                client = %"::1",
                reason = ?"quoted\n",
                "said {}", "so"
            );
        });
        let text = output.text();
        assert!(
            text.ends_with("}\n") && text.matches(['\n', '\u{2028}']).count() == 1,
            "{text}"
        );
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let time = line.as_object_mut().unwrap().remove("time").unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).is_ok());
        let expected = json!({
            "level": "INFO",
            "target": "lectern::access",
            "message": "said so",
            "tenant": "uni",
            "path": "/a\n\u{2028}\"b",
            "status": 200,
            "ratio": -1,
            "whole": true,
            "client": "::1",
            "reason": "\"quoted\\n\"",
        });
        assert_eq!(line, expected);
    }
}
