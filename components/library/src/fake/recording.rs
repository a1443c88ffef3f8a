//! What the backend in memory takes from a `scheduling` object: it believes what it is told.

use serde_json::{Value as Json, from_str};

use crate::api::Value;
use crate::date::parse_instant;

/// The capture agent.
pub(super) fn agent(scheduling: &str) -> Option<String> {
    let object: Json = from_str(scheduling).ok()?;
    object.get("agent_id")?.as_str().map(str::to_owned)
}

/// The COUNT of the rule; one without a rule.
pub(super) fn count(scheduling: &str) -> usize {
    let object: Json = from_str(scheduling).unwrap_or_default();
    let rule = object.get("rrule").and_then(Json::as_str).unwrap_or_default();
    let mut parts = rule.split(';');
    let count = parts.find_map(|part| part.strip_prefix("COUNT=")?.parse().ok());
    count.unwrap_or(1)
}

/// The fields that the object sets.
pub(super) fn fields(scheduling: &str) -> Vec<(String, Value)> {
    let object: Json = from_str(scheduling).unwrap_or_default();
    let text = |name: &str| object.get(name)?.as_str();
    let time = |name: &str| Some(Value::Number(parse_instant(text(name)?)?));
    let inputs = object.get("inputs").and_then(Json::as_array).map(|inputs| {
        let names = inputs.iter().filter_map(Json::as_str).map(str::to_owned);
        Value::Texts(names.collect())
    });
    let fields = [
        ("agent_id", text("agent_id").map(|agent| Value::Text(agent.to_owned()))),
        ("technical_start", time("start")),
        ("technical_end", time("end")),
        ("inputs", inputs),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
