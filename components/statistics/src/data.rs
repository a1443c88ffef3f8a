//! `POST /api/statistics/data/query`

use lectern_handler::api::{Error, Provider, Question, TimeSeries};
use lectern_handler::row::Moment;
use lectern_handler::{Context, Problem, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::providers::TIMESERIES;
use crate::query::{self, Query};

/// The answer to a query.
#[derive(Serialize, ToSchema)]
#[schema(as = StatisticsAnswer)]
pub struct Answer {
    provider: Asked,
    /// As they were sent.
    #[schema(schema_with = lectern_handler::openapi::object)]
    parameters: Map<String, Value>,
    data: Data,
}

/// The provider that was asked.
#[derive(Serialize, ToSchema)]
#[schema(as = StatisticsAsked)]
struct Asked {
    identifier: String,
    /// `timeseries`.
    r#type: &'static str,
    #[serde(rename = "resourceType")]
    resource_type: String,
}

/// Values by time.
#[derive(Serialize, ToSchema)]
#[schema(as = StatisticsData)]
struct Data {
    /// When the hours, days, … start.
    labels: Vec<Moment>,
    /// As many.
    values: Vec<f64>,
    /// The sum, if that makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<f64>,
}

pub fn query(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let providers = context.session.statistics()?;
    let queries = query::several(&form, &providers)?;
    let questions: Vec<Question> = queries.iter().map(Query::question).collect();
    let series = context.session.count_views(&questions).map_err(refused)?;
    let answers: Vec<Answer> = queries
        .into_iter()
        .zip(series)
        .map(|(query, series)| Answer {
            provider: asked(query.provider),
            parameters: query.parameters,
            data: data(series),
        })
        .collect();
    Ok(Response::json(200, context.version, &answers))
}

/// What a refusal of the host means: what it finds fault with was in the form.
pub fn refused(error: Error) -> Problem {
    match Problem::from(error) {
        problem if problem.status == 400 => problem.at_body("data"),
        problem => problem,
    }
}

fn asked(provider: &Provider) -> Asked {
    Asked {
        identifier: provider.identifier.clone(),
        r#type: TIMESERIES,
        resource_type: provider.resource_type.clone(),
    }
}

fn data(series: TimeSeries) -> Data {
    Data {
        labels: series.buckets.iter().map(|bucket| Moment(Some(bucket.start))).collect(),
        values: series.buckets.iter().map(|bucket| bucket.value).collect(),
        total: series.total,
    }
}
