//! What clients ask of statistics: the form field `data`.

use lectern_handler::api::{Provider, Question};
use lectern_handler::date::parse_utc;
use lectern_handler::form::Form;
use lectern_handler::{Problem, json};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::providers::RESOURCE_TYPES;

/// The form field.
const FIELD: &str = "data";

/// A query as the documentation shows it.
#[derive(ToSchema)]
#[schema(as = StatisticsQuery)]
#[allow(dead_code, reason = "read member by member")]
pub struct QueryInput {
    provider: ProviderInput,
    parameters: ParametersInput,
}

#[derive(ToSchema)]
#[schema(as = StatisticsQueryProvider)]
#[allow(dead_code, reason = "see above")]
struct ProviderInput {
    identifier: String,
}

#[derive(ToSchema)]
#[schema(as = StatisticsQueryParameters)]
#[allow(dead_code, reason = "see above")]
struct ParametersInput {
    /// The identifier of the event, the series or the organization.
    #[schema(rename = "resourceId")]
    resource_id: String,
    from: String,
    to: String,
    /// One of the provider's resolutions.
    #[schema(rename = "dataResolution")]
    data_resolution: String,
    /// `organization`, `series` or `episode`.
    #[schema(rename = "detailLevel", required = false)]
    detail_level: String,
}

/// A query that has been checked.
pub struct Query<'p> {
    pub provider: &'p Provider,
    /// As the client has sent them.
    pub parameters: Map<String, Value>,
    pub resource: String,
    pub from: i64,
    pub to: i64,
    pub resolution: String,
    /// `episode`, `series` or `organization`, if the client names one.
    pub detail_level: Option<&'static str>,
}

impl Query<'_> {
    /// What to ask the host about the resource of the query itself.
    pub fn question(&self) -> Question {
        self.question_about(&self.provider.resource_type, &self.resource)
    }

    /// What to ask the host about another resource.
    pub fn question_about(&self, resource_type: &str, resource: &str) -> Question {
        Question {
            provider: self.provider.identifier.clone(),
            resource_type: resource_type.to_owned(),
            resource_id: resource.to_owned(),
            from: self.from,
            to: self.to,
            resolution: self.resolution.clone(),
        }
    }
}

/// Reads a list of queries.
pub fn several<'p>(form: &Form, providers: &'p [Provider]) -> Result<Vec<Query<'p>>, Problem> {
    let Value::Array(queries) = parsed(form)? else {
        return Err(refused(FIELD, "JSON malformed"));
    };
    let queries = queries.into_iter().enumerate();
    queries
        .map(|(position, query)| one(query, providers, &format!("{FIELD}/{position}")))
        .collect()
}

/// Reads a single query.
pub fn single<'p>(form: &Form, providers: &'p [Provider]) -> Result<Query<'p>, Problem> {
    one(parsed(form)?, providers, FIELD)
}

fn parsed(form: &Form) -> Result<Value, Problem> {
    let text = form
        .filled(FIELD)
        .ok_or_else(|| refused(FIELD, "No query data provided"))?;
    json::parse(text).map_err(|malformed| {
        let problem = refused(FIELD, "JSON malformed");
        Problem {
            message: format!("{}: {malformed}", problem.message),
            ..problem
        }
    })
}

/// The refusal of a query, in upstream's words.
fn refused(part: &str, reason: &str) -> Problem {
    Problem::bad_request(format!("Unable to parse form parameter 'data': {reason}")).at_body(part)
}

fn one<'p>(query: Value, providers: &'p [Provider], part: &str) -> Result<Query<'p>, Problem> {
    let Value::Object(mut query) = query else {
        return Err(refused(part, "JSON malformed"));
    };
    let provider = text(query.get("provider"), "identifier").ok_or_else(|| {
        let at = format!("{part}/provider/identifier");
        refused(&at, "Identifier of provider is missing")
    })?;
    let provider = providers
        .iter()
        .find(|known| known.identifier == provider)
        .ok_or_else(|| refused(&format!("{part}/provider/identifier"), "Provider not found"))?;
    let parameters = query.remove("parameters").unwrap_or_default();
    let at = |name: &str| format!("{part}/parameters/{name}");
    let needed = |name: &str| {
        let missing = || refused(&at(name), &format!("Parameter '{name}' is missing"));
        text(Some(&parameters), name).map(str::to_owned).ok_or_else(missing)
    };
    let instant = |name: &str| {
        let malformed = || refused(&at(name), &format!("Parameter '{name}' not in ISO 8601 UTC format"));
        parse_utc(&needed(name)?).ok_or_else(malformed)
    };
    let resource = needed("resourceId")?;
    let detail_level = match parameters.get("detailLevel") {
        None => None,
        Some(_) => Some(
            level(&needed("detailLevel")?)
                .ok_or_else(|| refused(&at("detailLevel"), "Illegal value for 'detailLevel'"))?,
        ),
    };
    let (from, to) = (instant("from")?, instant("to")?);
    let wanted = needed("dataResolution")?;
    let resolution = provider
        .resolutions
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&wanted))
        .ok_or_else(|| refused(&at("dataResolution"), "Illegal value for 'resolution'"))?;
    if to <= from {
        return Err(refused(&at("from"), "'from' date must be before 'to' date"));
    }
    Ok(Query {
        provider,
        resource,
        from,
        to,
        resolution: resolution.clone(),
        detail_level,
        parameters: match parameters {
            Value::Object(parameters) => parameters,
            // Nothing else has members.
            _ => Map::new(),
        },
    })
}

/// The text of a member, unless it is blank.
fn text<'v>(object: Option<&'v Value>, name: &str) -> Option<&'v str> {
    let text = object?.get(name)?.as_str()?;
    (!text.trim().is_empty()).then_some(text)
}

fn level(name: &str) -> Option<&'static str> {
    RESOURCE_TYPES
        .into_iter()
        .find(|level| level.eq_ignore_ascii_case(name))
}
