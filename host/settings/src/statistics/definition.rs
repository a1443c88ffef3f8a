//! What a file says of a statistics provider. The names are those of Opencast's files for InfluxDB:
//!
//! ```json
//! {
//!   "id": "episode.views.daily",
//!   "title": "Views",
//!   "description": "How often the episode was watched",
//!   "resourceType": "EPISODE",
//!   "type": "timeseries",
//!   "sources": [{ "measurement": "views", "aggregation": "SUM", "resolutions": ["DAILY", "WEEKLY"] }]
//! }
//! ```

use lectern_data::statistics::{Provider, Resolution, ResourceType};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    id: Identifier,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    resource_type: Type,
    r#type: Kind,
    sources: Sources,
}

/// Letters, digits, `-`, `_`, `.`: it becomes part of addresses.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Identifier(String);

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Type(ResourceType);

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
enum Kind {
    TimeSeries,
    RunningTotal,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Source>")]
struct Sources(Vec<Source>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "members that are only checked, or accepted because Opencast's files have them"
)]
struct Source {
    measurement: Option<Measurement>,
    aggregation: Option<Aggregation>,
    /// Names in InfluxDB, without meaning here.
    aggregation_variable: Option<String>,
    resource_id_name: Option<String>,
    resolutions: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Measurement;

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Aggregation;

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Step(Resolution);

impl TryFrom<String> for Identifier {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if text.is_empty() || !text.chars().all(is_plain) {
            return Err(format!(
                "the identifier {text:?} must consist of letters, digits, '-', '_' and '.'"
            ));
        }
        Ok(Identifier(text))
    }
}

impl TryFrom<String> for Type {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        ResourceType::of(&text)
            .map(Type)
            .ok_or_else(|| format!("'resourceType' is EPISODE, SERIES or ORGANIZATION, not {text:?}"))
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "timeseries" => Ok(Kind::TimeSeries),
            "runningtotal" => Ok(Kind::RunningTotal),
            _ => Err(format!("'type' is timeseries or runningtotal, not {text:?}")),
        }
    }
}

impl TryFrom<Vec<Source>> for Sources {
    type Error = String;

    fn try_from(sources: Vec<Source>) -> Result<Self, String> {
        if sources.iter().all(|source| source.resolutions.is_empty()) {
            return Err("a provider has at least one source with at least one resolution".to_owned());
        }
        Ok(Sources(sources))
    }
}

impl TryFrom<String> for Measurement {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "views" => Ok(Measurement),
            _ => Err(format!("there is no measurement {text:?}, only \"views\"")),
        }
    }
}

impl TryFrom<String> for Aggregation {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "SUM" => Ok(Aggregation),
            _ => Err(format!(
                "views can only be added up: 'aggregation' is SUM, not {text:?}"
            )),
        }
    }
}

impl TryFrom<String> for Step {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Resolution::of(&text)
            .map(Step)
            .ok_or_else(|| format!("a resolution is HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY, not {text:?}"))
    }
}

/// Reads and checks a file. The error begins with the line.
pub(super) fn parse(text: &str) -> Result<Provider, String> {
    let file: File = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        // The column is of no use where the end of a value is reported.
        let what = message.rfind(" at line ").and_then(|end| message.get(..end));
        format!("{}: {}", error.line(), what.unwrap_or(&message))
    })?;
    let steps = file.sources.0.iter().flat_map(|source| &source.resolutions);
    let mut resolutions: Vec<Resolution> = steps.map(|step| step.0).collect();
    resolutions.sort_unstable();
    resolutions.dedup();
    Ok(Provider {
        identifier: file.id.0,
        title: file.title,
        description: file.description,
        resource_type: file.resource_type.0,
        resolutions,
        is_running_total: matches!(file.r#type, Kind::RunningTotal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Opencast's documentation, but for the measurement.
    const OPENCAST: &str = r#"{
      "id": "episode.views.sum.influx",
      "title": "STATISTICS.TITLE.VIEWS_SUM",
      "description": "STATISTICS.DESCRIPTION.VIEWS_SUM",
      "resourceType": "EPISODE",
      "sources": [{
        "measurement": "views",
        "aggregation": "SUM",
        "aggregationVariable": "value",
        "resourceIdName": "episodeId",
        "resolutions": ["YEARLY", "DAILY", "WEEKLY", "MONTHLY", "DAILY"]
      }],
      "type": "timeseries"
    }"#;

    #[test]
    fn a_file_of_opencast_is_read() {
        let provider = Provider {
            identifier: "episode.views.sum.influx".to_owned(),
            title: "STATISTICS.TITLE.VIEWS_SUM".to_owned(),
            description: "STATISTICS.DESCRIPTION.VIEWS_SUM".to_owned(),
            resource_type: ResourceType::Episode,
            resolutions: vec![
                Resolution::Daily,
                Resolution::Weekly,
                Resolution::Monthly,
                Resolution::Yearly,
            ],
            is_running_total: false,
        };
        assert_eq!(parse(OPENCAST), Ok(provider));
    }

    #[test]
    fn a_fault_names_its_line() {
        for (before, after, line, word) in [
            ("\"EPISODE\"", "\"LECTURE\"", 5, "LECTURE"),
            (
                "\"views\"",
                "\"infinite.impressions_daily\"",
                7,
                "infinite.impressions_daily",
            ),
            ("\"SUM\"", "\"MEAN\"", 8, "MEAN"),
            ("\"DAILY\"", "\"SECONDLY\"", 11, "SECONDLY"),
            // The last member of an object ends where the object does.
            ("\"timeseries\"", "\"pie\"", 14, "pie"),
            ("episode.views.sum.influx", "a b", 2, "a b"),
            ("\"title\"", "\"titel\"", 3, "titel"),
            ("\"id\": \"episode.views.sum.influx\",", "", 14, "id"),
        ] {
            let fault = parse(&OPENCAST.replacen(before, after, 1)).unwrap_err();
            assert!(fault.starts_with(&format!("{line}: ")), "{after}: {fault}");
            assert!(fault.contains(word), "{after}: {fault}");
        }
        let fault = parse(r#"{"id": "a", "resourceType": "SERIES", "type": "timeseries", "sources": []}"#).unwrap_err();
        assert!(fault.contains("at least one source"), "{fault}");
    }
}
