//! What is asked of statistics, and the answer.

use super::buckets::{Bucket, Resolution, buckets};
use super::{ResourceType, views, views_before};
use crate::model::{Criterion, Error, Query, Reason, Session, Test};
use crate::search;
use crate::sql::{Param, Sql, SqlError};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// The property with the tenant's time zone, an IANA name: where its days begin. UTC if there is none.
pub const TIMEZONE: &str = "org.opencastproject.statistics.timezone";

/// How many buckets all answers to one call have at most.
const BUCKETS: usize = 200_000;

/// A statistic that the operator offers, see `statistics.provider`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Unique within the tenant.
    pub identifier: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// What it is about.
    pub resource_type: ResourceType,
    /// From the shortest on, none twice.
    pub resolutions: Vec<Resolution>,
    /// Whether each bucket counts all views up to its end.
    pub is_running_total: bool,
}

/// Providers by identifier.
pub type Providers = BTreeMap<String, Provider>;

/// What is asked of a provider, see `statistics.question`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The provider's identifier.
    pub provider: String,
    /// What the resource is: what the provider is about, or something finer.
    pub resource_type: String,
    /// Which one.
    pub resource_id: String,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub from: i64,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub to: i64,
    /// The name of a resolution.
    pub resolution: String,
}

/// The answer to a question, see `statistics.time-series`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimeSeries {
    /// In order, those without views as well.
    pub buckets: Vec<(Bucket, f64)>,
    /// The sum, if that makes sense.
    pub total: Option<f64>,
}

/// Answers all questions or none. `denied` if the session may not read a resource, or there is none.
pub fn answer(
    sql: &dyn Sql,
    session: &Session,
    providers: &Providers,
    questions: &[Question],
) -> Result<Vec<TimeSeries>, Error> {
    let zone = zone(sql)?;
    let mut prepared = Vec::with_capacity(questions.len());
    let mut left = BUCKETS;
    for question in questions {
        let (provider, kind, resolution) = checked(providers, question)?;
        let buckets = buckets(question.from, question.to, resolution, zone, left).ok_or_else(|| {
            let message = format!("The periods have more than {BUCKETS} parts: ask for less, or for longer ones.");
            Error::invalid("resolution", message)
        })?;
        left = left.saturating_sub(buckets.len());
        prepared.push((provider, kind, question, buckets));
    }
    let mut admitted = BTreeSet::new();
    for (_, kind, question, _) in &prepared {
        if admitted.insert((kind.as_str(), &question.resource_id))
            && !may_read(sql, session, *kind, &question.resource_id)?
        {
            let message = format!("The {} {:?} may not be read.", kind.as_str(), question.resource_id);
            return Err(Error::new(Reason::Denied, &question.resource_id, message));
        }
    }
    let answers = prepared
        .into_iter()
        .map(|(provider, kind, question, buckets)| time_series(sql, provider, kind, question, buckets));
    Ok(answers.collect::<Result<_, SqlError>>()?)
}

fn checked<'p>(
    providers: &'p Providers,
    question: &Question,
) -> Result<(&'p Provider, ResourceType, Resolution), Error> {
    let provider = providers.get(&question.provider).ok_or_else(|| {
        let message = format!("There is no statistics provider {:?}.", question.provider);
        Error::invalid("provider", message)
    })?;
    let kind = ResourceType::of(&question.resource_type)
        .filter(|kind| *kind <= provider.resource_type)
        .ok_or_else(|| {
            let message = format!(
                "{:?} knows nothing about the resource type {:?}.",
                provider.identifier, question.resource_type
            );
            Error::invalid("resource-type", message)
        })?;
    let resolution = Resolution::of(&question.resolution)
        .filter(|resolution| provider.resolutions.contains(resolution))
        .ok_or_else(|| {
            let message = format!(
                "{:?} does not have the resolution {:?}.",
                provider.identifier, question.resolution
            );
            Error::invalid("resolution", message)
        })?;
    Ok((provider, kind, resolution))
}

fn may_read(sql: &dyn Sql, session: &Session, kind: ResourceType, resource: &str) -> Result<bool, Error> {
    let collection = match kind {
        ResourceType::Episode => "events",
        ResourceType::Series => "series",
        ResourceType::Organization => {
            return Ok(session.principal.administrator && session.organization.identifier == resource);
        }
    };
    let query = Query {
        collection: collection.to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![resource.to_owned()]),
        }]],
        limit: 1,
        ..Query::default()
    };
    Ok(!search::find(sql, session, &query, None)?.items.is_empty())
}

fn time_series(
    sql: &dyn Sql,
    provider: &Provider,
    kind: ResourceType,
    question: &Question,
    buckets: Vec<Bucket>,
) -> Result<TimeSeries, SqlError> {
    let resource = question.resource_id.as_str();
    let mut counts = views(sql, (kind, resource), (question.from, question.to), &buckets)?;
    let total = counts.iter().sum::<i64>();
    if provider.is_running_total {
        let mut sum = views_before(sql, kind, resource, question.from)?;
        for count in &mut counts {
            sum += *count;
            *count = sum;
        }
    }
    // Nobody watches often enough for a number that a float cannot hold.
    let values = counts.into_iter().map(|count| count as f64);
    Ok(TimeSeries {
        buckets: buckets.into_iter().zip(values).collect(),
        total: (!provider.is_running_total).then_some(total as f64),
    })
}

/// The tenant's time zone. The property is set by [`crate::identity::set_property`], which lets no unknown name pass.
fn zone(sql: &dyn Sql) -> Result<Tz, SqlError> {
    let mut zone = Tz::UTC;
    let statement = "SELECT value FROM organization_property WHERE name = ?";
    sql.query(statement, &[Param::Text(TIMEZONE)], &mut |row| {
        zone = row
            .column(0)
            .text()
            .and_then(|name| name.parse().ok())
            .unwrap_or(Tz::UTC);
        Ok(())
    })?;
    Ok(zone)
}

/// Whether the property [`TIMEZONE`] may have this value.
pub(crate) fn is_timezone(name: &str) -> bool {
    name.parse::<Tz>().is_ok()
}
