//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::openapi::{Description, integer, text};
use serde_json::json;

use crate::data::Answer;
use crate::export::Exported;
use crate::providers::Shown;
use crate::query::QueryInput;

pub fn list(it: Description) -> Description {
    it.about("Which statistics there are")
        .query(
            "filter",
            text(),
            "`resourceType:episode`, `resourceType:series` or `resourceType:organization`.",
        )
        .flag("withparameters", "Include what a query has to say.")
        .answers_list::<Shown<'_>>(200, "The providers of statistics, sorted by identifier.")
        .with_header("x-total-count", "How many there are altogether.")
}

pub fn single(it: Description) -> Description {
    it.about("A provider of statistics")
        .flag("withparameters", "Include what a query has to say.")
        .answers::<Shown<'_>>(200, "The provider.")
        .answers_plainly(404, "There is no such provider.")
}

const RESOURCES: &str = "Events and series must be readable; the organization is for its administrators. `from` and `to` are points in time in \
                         UTC, like `2019-04-10T13:45:32Z`.";

pub fn query(it: Description) -> Description {
    it.about("How often something was watched, hour by hour, day by day, …")
        .details(RESOURCES)
        .list_field::<QueryInput>("data", true, "The queries.")
        .example(json!([example()]))
        .answers_list::<Answer>(200, "The answers, in the order of the queries.")
}

pub fn csv(it: Description) -> Description {
    it.about("How often something was watched, as a table")
        .details(RESOURCES)
        .details(
            "With a `detailLevel` that is finer than what the provider is about, the table lists the events or series that belong to the \
             resource, with their metadata; `filter`, `limit` and `offset` are about these.",
        )
        .field::<QueryInput>("data", true, "The query.")
        .example(example())
        .shaped_field("limit", integer(), false, "How many events or series to list at most; all unless given.")
        .shaped_field("offset", integer(), false, "How many to leave out at the start.")
        .field::<String>("filter", false, "Criteria that must all be met: `name:value,name:value`.")
        .answers::<Exported>(200, "The table.")
}

fn example() -> serde_json::Value {
    json!({
        "provider": {"identifier": "episode.views"},
        "parameters": {
            "resourceId": "93213324-5d29-428d-bbfd-369a2bae6700", "from": "2019-04-10T13:45:32Z", "to": "2019-04-12T00:00:00Z",
            "dataResolution": "daily",
        },
    })
}
