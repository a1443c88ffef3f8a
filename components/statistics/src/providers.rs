//! `/api/statistics/providers`: which statistics there are, and what can be asked of them.

use lectern_handler::api::Provider;
use lectern_handler::{Context, Problem, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What providers are about, from the finest on.
pub const RESOURCE_TYPES: [&str; 3] = ["episode", "series", "organization"];

/// The only type of provider: its answers are values by time.
pub const TIMESERIES: &str = "timeseries";

/// A statistics provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatisticsProvider)]
pub struct Shown<'a> {
    identifier: &'a str,
    title: &'a str,
    description: &'a str,
    /// `timeseries`.
    r#type: &'a str,
    /// `episode`, `series` or `organization`.
    #[serde(rename = "resourceType")]
    resource_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Vec<Parameter>>,
}

/// What a query to a provider has to say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatisticsParameter)]
struct Parameter {
    name: &'static str,
    /// `string`, `datetime` or `enumeration`.
    r#type: &'static str,
    optional: bool,
    /// The values of an enumeration.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
}

impl<'a> Shown<'a> {
    fn of(provider: &'a Provider, with_parameters: bool) -> Shown<'a> {
        Shown {
            identifier: &provider.identifier,
            title: &provider.title,
            description: &provider.description,
            r#type: TIMESERIES,
            resource_type: &provider.resource_type,
            parameters: with_parameters.then(|| parameters(provider)),
        }
    }
}

fn parameters(provider: &Provider) -> Vec<Parameter> {
    let needed = |name, r#type, values| Parameter {
        name,
        r#type,
        optional: false,
        values,
    };
    let levels = RESOURCE_TYPES.iter().rev().map(|&level| level.to_owned()).collect();
    vec![
        needed("resourceId", "string", None),
        needed("from", "datetime", None),
        needed("to", "datetime", None),
        needed("dataResolution", "enumeration", Some(provider.resolutions.clone())),
        Parameter {
            optional: true,
            ..needed("detailLevel", "enumeration", Some(levels))
        },
    ]
}

/// `GET /api/statistics/providers`
pub fn list(context: Context) -> Result<Response, Problem> {
    let filter = context.query().first("filter").unwrap_or_default().into_owned();
    let wanted = resource_type(&filter)?;
    let providers = context.session.statistics()?;
    let with_parameters = context.query().flag("withparameters");
    let shown: Vec<Shown<'_>> = providers
        .iter()
        .filter(|provider| wanted.is_none_or(|wanted| provider.resource_type == wanted))
        .map(|provider| Shown::of(provider, with_parameters))
        .collect();
    let count = shown.len().to_string();
    Ok(Response::json(200, context.version, &shown).with_header("x-total-count", count))
}

/// The resource type that a filter wants. Criteria with anything but one colon are left out, as upstream does; of several the last counts.
fn resource_type(filter: &str) -> Result<Option<&'static str>, Problem> {
    let mut wanted = None;
    for item in filter.split(',') {
        let mut pieces = item.trim_end_matches(':').split(':');
        let (Some(name), Some(value), None) = (pieces.next(), pieces.next(), pieces.next()) else {
            continue;
        };
        if name != "resourceType" {
            return Err(Problem::bad_request("Unknown filter").at_parameter("filter"));
        }
        let known = RESOURCE_TYPES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(value));
        wanted =
            Some(known.ok_or_else(|| Problem::bad_request("Invalid value for 'resourceType'").at_parameter("filter"))?);
    }
    Ok(wanted)
}

/// `GET /api/statistics/providers/{id}`
pub fn single(context: Context) -> Result<Response, Problem> {
    let identifier = context.path("id");
    if identifier.trim().is_empty() {
        return Err(Problem::bad_request("Invalid value for providerId"));
    }
    let providers = context.session.statistics()?;
    let provider = providers.iter().find(|provider| provider.identifier == identifier);
    let provider = provider
        .ok_or_else(|| Problem::not_found(format!("Cannot find a statistics provider with id '{identifier}'.")))?;
    let shown = Shown::of(provider, context.query().flag("withparameters"));
    Ok(Response::json(200, context.version, &shown))
}
