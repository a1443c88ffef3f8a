//! Metrics as Prometheus reads them: a strict reader of both text formats.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::client::Client;

/// The labels of a sample, sorted.
pub type Labels = BTreeMap<String, String>;

/// Everything that a server has told at one moment.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Kinds of metrics by name, the suffix of counters and infos included.
    pub families: BTreeMap<String, String>,
    samples: BTreeMap<(String, Labels), f64>,
}

impl Metrics {
    /// Asks a server, in the format of OpenMetrics.
    #[track_caller]
    pub fn of(address: SocketAddr) -> Self {
        let answer = Client::new(address, "metrics.example")
            .get("/metrics")
            .header("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
            .send()
            .expect(200);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(
            kind.starts_with("application/openmetrics-text; version=1.0.0"),
            "{kind}"
        );
        let text = answer.text();
        let body = text.strip_suffix("# EOF\n").expect("the end of the metrics");
        Self::parse(body, true)
    }

    /// The same in the format of Prometheus.
    #[track_caller]
    pub fn of_plain(address: SocketAddr) -> Self {
        let answer = Client::new(address, "metrics.example")
            .get("/metrics")
            .send()
            .expect(200);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        Self::parse(&answer.text(), false)
    }

    /// The value of a sample; none if there is none.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The sum of all samples of a name whose labels are these, among others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |found: &Labels| {
            labels
                .iter()
                .all(|(name, value)| found.get(*name).is_some_and(|found| found == value))
        };
        let samples = self.samples.iter();
        samples
            .filter(|((found, of), _)| found == name && fits(of))
            .map(|(_, value)| value)
            .sum()
    }

    /// The values of a label, of all samples of a name.
    pub fn label(&self, name: &str, label: &str) -> BTreeSet<&str> {
        let samples = self.samples.keys();
        samples
            .filter(|(found, _)| found == name)
            .filter_map(|(_, labels)| labels.get(label).map(String::as_str))
            .collect()
    }

    #[track_caller]
    fn parse(text: &str, is_open: bool) -> Self {
        let mut metrics = Self::default();
        let mut family = (String::new(), String::new());
        for line in text.lines() {
            if let Some(description) = line.strip_prefix("# ") {
                let mut words = description.splitn(3, ' ');
                let (word, name) = (words.next().expect("a word"), words.next().expect("a name"));
                assert!(is_name(name), "{line}");
                let rest = words.next().unwrap_or_else(|| panic!("{line}"));
                match word {
                    "HELP" => assert!(rest.ends_with('.'), "a sentence: {line}"),
                    "TYPE" => {
                        let suffix = match rest {
                            "counter" if is_open => "_total",
                            "info" if is_open => "_info",
                            _ => "",
                        };
                        family = (format!("{name}{suffix}"), rest.to_owned());
                        let known = metrics.families.insert(family.0.clone(), family.1.clone());
                        assert!(known.is_none(), "told twice: {line}");
                    }
                    "UNIT" => assert!(is_open && name.ends_with(&format!("_{rest}")), "{line}"),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (name, labels, value) = sample(line);
            let of_family = match family.1.as_str() {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .map(|suffix| format!("{}{suffix}", family.0))
                    .to_vec(),
                _ => vec![family.0.clone()],
            };
            assert!(of_family.contains(&name), "{line} is not of {family:?}");
            assert!(value >= 0.0 && value.is_finite(), "{line}");
            let known = metrics.samples.insert((name, labels), value);
            assert!(known.is_none(), "twice: {line}");
        }
        metrics.check_histograms();
        metrics
    }

    /// Buckets are cumulative, and the last holds everything.
    #[track_caller]
    fn check_histograms(&self) {
        let histograms = self.families.iter().filter(|(_, kind)| *kind == "histogram");
        for (name, _) in histograms {
            let mut series: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
            for ((found, labels), value) in &self.samples {
                if *found == format!("{name}_bucket") {
                    let mut labels = labels.clone();
                    let bound = labels.remove("le").expect("a bound");
                    let bound = if bound == "+Inf" {
                        f64::INFINITY
                    } else {
                        bound.parse().expect("a number")
                    };
                    series.entry(labels).or_default().push((bound, *value));
                }
            }
            for (labels, mut buckets) in series {
                buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
                assert!(
                    buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1),
                    "{name} {labels:?}: {buckets:?}"
                );
                let (bound, all) = *buckets.last().expect("a bucket");
                assert!(bound.is_infinite(), "{name}: {buckets:?}");
                assert_eq!(
                    self.samples.get(&(format!("{name}_count"), labels.clone())),
                    Some(&all),
                    "{name}"
                );
                assert!(self.samples.contains_key(&(format!("{name}_sum"), labels)), "{name}");
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `name{label="value",…} 1.5`
#[track_caller]
fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            assert!(is_name(label), "{line}");
            let (value, behind) = unquoted(value);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            rest = behind.strip_prefix(',').unwrap_or(behind);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
    (name.to_owned(), labels, value)
}

fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => match letters.next().expect("something escaped").1 {
                'n' => value.push('\n'),
                letter @ ('"' | '\\') => value.push(letter),
                letter => panic!("\\{letter} in {text}"),
            },
            letter => value.push(letter),
        }
    }
    panic!("no end of {text}")
}
