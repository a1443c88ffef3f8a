//! An answered write is visible to the very next request, wherever one looks. Nothing here waits.

use lectern_tests::content::{acl, owned_by, unique, values};
use lectern_tests::fixture::{READER, each_tenant};
use lectern_tests::stage::titles;
use lectern_tests::{Client, Form, Stage};
use serde_json::json;

/// How many events a reader finds: the whole list, by field, by text, by page, and as the total.
fn counts(client: &Client, marker: &str) -> [usize; 5] {
    let list = |query: &str, filter: &str| {
        let request = client.get(&format!("/api/events?{query}"));
        request.query("filter", filter).send().expect(200)
    };
    let count = |query: &str, filter: &str| titles(&list(query, filter)).len();
    let total = list("limit=1", "");
    let total = total.header("x-total-count").and_then(|total| total.parse().ok());
    [
        count("", ""),
        count("", &format!("location:{marker}")),
        count("", &format!("textFilter:{marker}")),
        count("sort=start_date:DESC&limit=1000&offset=0", ""),
        total.expect("X-Total-Count"),
    ]
}

#[test]
fn a_created_event_is_in_the_very_next_list_filter_search_and_count() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let marker = unique("sofort");
        assert_eq!(counts(&stage.actor, &marker), [0; 5]);
        for number in 1..=20 {
            let id = stage.event(json!({ "title": format!("Nummer {number}"), "location": marker }));
            assert_eq!(counts(&stage.actor, &marker), [number; 5]);
            stage.actor.event(&id);
        }
    });
}

#[test]
fn an_update_is_in_the_very_next_list_filter_and_search() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let mut before = unique("vorher");
        let id = stage.event(json!({ "title": "Wandel", "location": before }));
        for _ in 0..10 {
            let after = unique("nachher");
            let form = Form::new().field("metadata", values(&json!({ "location": after })));
            let path = format!("/api/events/{id}/metadata?type=dublincore/episode");
            stage.actor.put(&path).urlencoded(&form).send().expect(204);
            assert_eq!(stage.actor.event(&id)["location"], after);
            for filter in ["location", "textFilter"] {
                assert_eq!(stage.matching("events", &format!("{filter}:{after}")), ["Wandel"]);
                assert_eq!(
                    stage.matching("events", &format!("{filter}:{before}")),
                    Vec::<String>::new()
                );
            }
            before = after;
        }
    });
}

#[test]
fn a_deleted_event_is_in_no_list_any_more() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let marker = unique("weg");
        let ids: Vec<_> = (0..5)
            .map(|_| stage.event(json!({ "title": "Weg", "location": marker })))
            .collect();
        for (deleted, id) in ids.iter().enumerate() {
            assert_eq!(counts(&stage.actor, &marker), [ids.len() - deleted; 5]);
            stage.actor.delete(&format!("/api/events/{id}")).send().expect(204);
        }
        assert_eq!(counts(&stage.actor, &marker), [0; 5]);
    });
}

#[test]
fn a_created_series_may_be_used_at_once() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        for _ in 0..10 {
            let marker = unique("reihe");
            let series = stage.series(json!({ "title": marker }));
            for filter in ["title", "textFilter"] {
                assert_eq!(
                    stage.matching("series", &format!("{filter}:{marker}")),
                    [marker.as_str()]
                );
            }
            let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
            assert_eq!(stage.actor.event(&event)["series"], marker);
        }
    });
}

#[test]
fn a_role_admitted_to_a_series_sees_its_events_in_the_very_next_request() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Offen" }));
        for number in 0..5 {
            stage.event(json!({ "title": format!("Folge {number}"), "isPartOf": series }));
        }
        let path = format!("/api/series/{series}/acl");
        let follow = Form::new()
            .field("acl", owned_by(&stage.role))
            .field("override", "true");
        stage.actor.put(&path).urlencoded(&follow).send().expect(200);
        let admitted = Stage::new(tenant);
        for round in 0..3 {
            let open = acl(&[(&stage.role, "read"), (&stage.role, "write"), (&admitted.role, "read")]);
            stage
                .actor
                .put(&path)
                .urlencoded(&Form::new().field("acl", &open))
                .send()
                .expect(200);
            assert_eq!(admitted.sorted("events", "title:ASC").len(), 5, "round {round}");
            assert_eq!(admitted.matching("events", "textFilter:folge").len(), 5);
            stage
                .actor
                .put(&path)
                .urlencoded(&Form::new().field("acl", owned_by(&stage.role)))
                .send()
                .expect(200);
            assert_eq!(admitted.sorted("events", "title:ASC").len(), 0, "round {round}");
        }
    });
}

#[test]
fn many_writers_at_once_all_see_their_own_writes() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let marker = unique("gedränge");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let (stage, marker) = (&stage, &marker);
                scope.spawn(move || {
                    for number in 0..5 {
                        let title = format!("{marker} {writer} {number}");
                        stage.event(json!({ "title": title, "location": marker }));
                        assert_eq!(stage.matching("events", &format!("title:{title}")), [title]);
                    }
                });
            }
        });
        assert_eq!(counts(&stage.actor, &marker), [40; 5]);
    });
}

#[test]
fn users_without_the_role_see_nothing_of_it() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let marker = unique("verborgen");
        stage.event(json!({ "title": "Verborgen", "location": marker }));
        let reader = tenant.user(READER);
        let found = reader
            .get("/api/events")
            .query("filter", &format!("location:{marker}"))
            .send();
        assert_eq!(titles(&found), Vec::<String>::new());
    });
}
