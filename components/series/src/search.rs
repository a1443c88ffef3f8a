//! `GET /api/series/series.json`: the search for series from before there was an External API, with parameters of its own.

use lectern_handler::api::{Criterion, Query, SortKey, Test, everything};
use lectern_handler::filter::last_millisecond;
use lectern_handler::list::{respond, write_json};
use lectern_handler::query::Parameters;
use lectern_handler::window::Window;
use lectern_handler::{Context, Problem, Response, Version, date};

use crate::shown::{FIELDS, Series};

/// Parameters whose value a field must have, and the fields.
pub const EQUAL: &[(&str, &str)] = &[
    ("seriesTitle", "title"),
    ("creator", "creator"),
    ("contributor", "contributor"),
    ("publisher", "publisher"),
    ("rightsholder", "rightsholder"),
    ("language", "language"),
    ("license", "license"),
    ("subject", "subject"),
    // The documents of upstream have the first name, its code the second.
    ("abstract", "description"),
    ("description", "description"),
];

/// The sort orders in upper case and without underscores: those of the documents, and upstream's names of the fields.
const SORTS: &[(&str, &str)] = &[
    ("TITLE", "title"),
    ("SUBJECT", "subject"),
    ("CREATOR", "creator"),
    ("PUBLISHERS", "publisher"),
    ("PUBLISHER", "publisher"),
    ("CONTRIBUTORS", "contributor"),
    ("DESCRIPTION", "description"),
    ("CREATEDDATETIME", "created"),
    ("LANGUAGE", "language"),
    ("RIGHTSHOLDER", "rightsholder"),
    ("MANAGEDACL", "managed_acl"),
    ("LICENCE", "license"),
    ("LICENSE", "license"),
];

/// How many series an answer has unless the client says otherwise.
const COUNT: u64 = 100;

pub fn search(context: Context) -> Result<Response, Problem> {
    // Whatever version the client speaks.
    let version = Version::V1_7;
    let parameters = context.query();
    let window = Window::named(parameters, "count", Some(COUNT))?;
    let criteria = criteria(parameters)?;
    let query = Query {
        filters: if criteria.is_empty() {
            Vec::new()
        } else {
            vec![criteria]
        },
        sort: sort(parameters)?,
        actions: if parameters.flag("edit") {
            vec!["write".to_owned()]
        } else {
            Vec::new()
        },
        ..everything(crate::SERIES, FIELDS)
    };
    let write = move |item: &lectern_handler::api::Item, _: &[_], text: &mut Vec<u8>| {
        write_json(&Series::listed(&item.values, version, None), text);
    };
    respond(context, version, query, window, Box::new(write))
}

/// What all of the series must meet.
fn criteria(parameters: Parameters<'_>) -> Result<Vec<Criterion>, Problem> {
    let mut criteria = Vec::new();
    let mut add = |field: &str, test: Test| {
        criteria.push(Criterion {
            field: field.to_owned(),
            test,
        });
    };
    if let Some(text) = parameters.first("q") {
        add("text", Test::Contains(text.into_owned()));
    }
    if let Some(id) = parameters.first("seriesId") {
        let test = if parameters.flag("fuzzyMatch") {
            Test::Contains(id.into_owned())
        } else {
            Test::Equals(vec![id.into_owned()])
        };
        add("identifier", test);
    }
    for (parameter, field) in EQUAL {
        if let Some(value) = parameters.first(parameter) {
            add(field, Test::Equals(vec![value.into_owned()]));
        }
    }
    let from = second(parameters, "createdfrom")?;
    let to = second(parameters, "createdto")?.map(last_millisecond);
    if from.is_some() || to.is_some() {
        add(
            "created",
            Test::Between((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))),
        );
    }
    Ok(criteria)
}

fn second(parameters: Parameters<'_>, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = parameters.first(name) else {
        return Ok(None);
    };
    let second = date::parse_instant(text.trim()).ok_or_else(|| {
        Problem::bad_request(format!(
            "The parameter '{name}' must be a time like 2015-05-08T00:00:00Z, not '{text}'."
        ))
        .at_parameter(name)
    })?;
    Ok(Some(second))
}

/// The order: one name or several, separated by commas, each of them reversed by `_DESC`. Letter case and underscores do not
/// count.
fn sort(parameters: Parameters<'_>) -> Result<Vec<SortKey>, Problem> {
    let Some(text) = parameters.first("sort") else {
        return Ok(Vec::new());
    };
    let mut keys: Vec<SortKey> = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let upper = item.to_ascii_uppercase();
        let (name, descending) = match (upper.strip_suffix("_DESC"), upper.strip_suffix("_ASC")) {
            (Some(name), _) => (name, true),
            (None, Some(name)) => (name, false),
            (None, None) => (upper.as_str(), false),
        };
        let plain = name.replace('_', "");
        let Some((_, field)) = SORTS.iter().find(|(known, _)| *known == plain) else {
            return Err(Problem::bad_request(format!(
                "There is no sort order '{item}'. There are: TITLE, SUBJECT, CREATOR, PUBLISHERS, CONTRIBUTORS, DESCRIPTION, \
                 CREATED_DATE_TIME, LANGUAGE, RIGHTS_HOLDER, MANAGED_ACL, LICENCE, each of them also with _DESC."
            ))
            .at_parameter("sort"));
        };
        if keys.iter().all(|key| key.field != *field) {
            keys.push(SortKey {
                field: (*field).to_owned(),
                descending,
            });
        }
    }
    Ok(keys)
}
