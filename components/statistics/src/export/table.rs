//! A table as text: RFC 4180, lines end with CR LF.

use chrono::{DateTime, Datelike};
use csv::{Terminator, Writer, WriterBuilder};
use lectern_handler::api::{Bucket, TimeSeries};

use super::listed::Description;

/// The table in the making.
pub struct Table {
    resolution: String,
    writer: Writer<Vec<u8>>,
}

impl Table {
    pub fn new(resolution: &str) -> Table {
        Table {
            resolution: resolution.to_owned(),
            writer: writer(),
        }
    }

    /// `ID`, what resources are described by, `Date`, `Value`.
    pub fn header(&mut self, description: &Description) {
        let names = description.columns.iter().map(|(name, _)| name.as_str());
        self.line(&mut ["ID"].into_iter().chain(names).chain(["Date", "Value"]));
    }

    /// A line for each bucket.
    pub fn lines(&mut self, resource: &str, description: &Description, series: &TimeSeries) {
        for bucket in &series.buckets {
            let contents = description.columns.iter().map(|(_, content)| content.as_str());
            let (date, value) = (date(bucket, &self.resolution), number(bucket.value));
            self.line(
                &mut [resource]
                    .into_iter()
                    .chain(contents)
                    .chain([date.as_str(), value.as_str()]),
            );
        }
    }

    /// What has been written since the last time.
    pub fn take(&mut self) -> String {
        let written = std::mem::replace(&mut self.writer, writer());
        // It was made of texts, in memory.
        String::from_utf8(written.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    fn line(&mut self, cells: &mut dyn Iterator<Item = &str>) {
        // Memory does not refuse to be written to, and lines may be of any length.
        let _ = self.writer.write_record(cells);
    }
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new())
}

/// What the clocks of the tenant show at the start of a bucket, as far as it matters.
fn date(bucket: &Bucket, resolution: &str) -> String {
    let shown = bucket.start.saturating_add(i64::from(bucket.offset) * 1000);
    let Some(local) = DateTime::from_timestamp_millis(shown).map(|at| at.naive_utc()) else {
        return String::new();
    };
    match resolution {
        "hourly" => local.format("%Y-%m-%d %H:00").to_string(),
        "weekly" => {
            let week = local.iso_week();
            format!("{:04}-{:02}", week.year(), week.week())
        }
        "monthly" => local.format("%Y-%m").to_string(),
        "yearly" => local.format("%Y").to_string(),
        _ => local.format("%Y-%m-%d").to_string(),
    }
}

/// With a decimal point, as in the JSON of queries.
fn number(value: f64) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 2018-12-31T00:00:00+01:00.
    const BUCKET: Bucket = Bucket {
        start: 1_546_210_800_000,
        offset: 3600,
        value: 2.0,
    };

    #[test]
    fn dates_are_those_of_the_tenant_and_no_more_exact_than_the_buckets() {
        for (resolution, shown) in [
            ("hourly", "2018-12-31 00:00"),
            ("daily", "2018-12-31"),
            ("weekly", "2019-01"),
            ("monthly", "2018-12"),
            ("yearly", "2018"),
        ] {
            assert_eq!(date(&BUCKET, resolution), shown);
        }
    }

    #[test]
    fn what_would_break_a_line_is_in_quotes() {
        let mut table = Table::new("daily");
        let description = Description {
            columns: vec![("title".to_owned(), "a \"b\", c\nd".to_owned())],
        };
        table.header(&description);
        let series = TimeSeries {
            buckets: vec![BUCKET],
            total: None,
        };
        table.lines("e", &description, &series);
        assert_eq!(
            table.take(),
            "ID,title,Date,Value\r\ne,\"a \"\"b\"\", c\nd\",2018-12-31,2.0\r\n"
        );
        assert_eq!(table.take(), "");
    }
}
