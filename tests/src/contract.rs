//! The API's own description, held against what it answers: every answer that a test gets must be one that `/api/openapi.json` promises for
//! the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::answer::Answer;

/// Where the description is.
pub const PATH: &str = "/api/openapi.json";

/// A description and what has been made of it so far.
pub struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// The description, which all servers of a test run share; `fetch` gets it the first time. None from a server that has none.
pub fn known(fetch: impl FnOnce() -> Option<Value>) -> Option<&'static Contract> {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    if let Some(contract) = CONTRACT.get() {
        return Some(contract);
    }
    let document = fetch()?;
    Some(CONTRACT.get_or_init(|| Contract {
        document,
        validators: Mutex::default(),
    }))
}

impl Contract {
    /// What is wrong with an answer; nothing if the description has no such operation, which is up to the test then.
    pub fn breach(&self, method: &str, path: &str, answer: &Answer) -> Option<String> {
        let path = path.split('?').next().unwrap_or_default();
        // Not even the tenant is known: that is no answer of the API.
        if answer.text().contains("Nobody is served under this host name.") {
            return None;
        }
        let is_head = method == "HEAD";
        let method = if is_head { "get" } else { &method.to_ascii_lowercase() };
        let (pattern, operation) = self.operation(method, path)?;
        let place = format!("{method} {pattern} → {}", answer.status);
        let Some(response) = operation["responses"].get(answer.status.to_string()) else {
            return Some(format!("{place}: the status is not documented"));
        };
        if is_head {
            return None;
        }
        let nothing = Map::new();
        let contents = response["content"].as_object().unwrap_or(&nothing);
        if answer.body.is_empty() && (contents.is_empty() || answer.status >= 400) {
            return None;
        }
        let content_type = answer.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default();
        let Some(content) = contents.get(media_type) else {
            return Some(format!("{place}: a body of type {media_type:?} is not documented"));
        };
        if !media_type.ends_with("json") {
            return None;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return Some(format!("{place}: the body is not JSON"));
        };
        let validator = self.validator(&format!("{place} {media_type}"), &content["schema"]);
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .take(5)
            .collect();
        (!errors.is_empty()).then(|| format!("{place}: {}", errors.join("; ")))
    }

    /// The operation of a method on a path, and the pattern of the latter. The pattern with fewer segments in braces counts.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let paths = self.document["paths"].as_object()?;
        let matching = paths.iter().filter(|(pattern, _)| matches(pattern, path));
        let (pattern, item) = matching.min_by_key(|(pattern, _)| pattern.matches('{').count())?;
        Some((pattern, item.get(method)?))
    }

    fn validator(&self, place: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(place.to_owned()).or_insert_with(|| {
            let whole = json!({ "allOf": [schema], "components": self.document["components"] });
            let validator = jsonschema::draft202012::new(&whole);
            Arc::new(validator.unwrap_or_else(|error| panic!("{place}: the schema is none: {error}")))
        });
        Arc::clone(validator)
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut expected, mut actual) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(expected), Some(actual))
                if expected == actual || (expected.starts_with('{') && !actual.is_empty()) => {}
            _ => return false,
        }
    }
}
