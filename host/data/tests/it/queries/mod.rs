//! What a query finds, in which order, and page by page.

mod fields;
mod matching;
mod order;
mod pages;
mod refusals;

use crate::support::*;
use lectern_data::model::*;

/// Three series and a handful of events that differ in everything.
fn programme() -> Tenant {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("algebra", "Lineare Algebra", None),
            series("logic", "Logik für alle", None),
            event(
                "a1",
                &[
                    text("title", "Vektorräume"),
                    texts("presenter", &["Zuse", "Noether"]),
                    text("location", "Audimax"),
                    number("start", 3000),
                    number("duration", 500),
                    text("is_part_of", "algebra"),
                    text("language", "deu"),
                    text("description", "Was Räume sind"),
                ],
                None,
            ),
            event(
                "a2",
                &[
                    text("title", "Matrizen"),
                    texts("presenter", &["Hilbert"]),
                    texts("contributor", &["Noether"]),
                    number("start", 1000),
                    text("is_part_of", "algebra"),
                    text("subject", "maths,matrices"),
                ],
                None,
            ),
            event(
                "l1",
                &[
                    text("title", "Aussagen"),
                    texts("presenter", &["Hilbert", "Ackermann"]),
                    number("start", 2000),
                    text("is_part_of", "logic"),
                    text("location", "audimax"),
                ],
                None,
            ),
            event("x", &[], None),
        ],
    );
    tenant
}

fn found(tenant: &Tenant, criteria: &[Criterion]) -> Vec<String> {
    tenant.list(&admin(), &filtered("events", criteria))
}
