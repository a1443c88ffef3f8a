//! Another tenant's data cannot be reached by any request.

use lectern_tests::content::{catalog, event_form, owned_by, unique, values};
use lectern_tests::fixture::{ADMIN, NORTH, SOUTH, TEACHER, Tenant, each_tenant, installation, password};
use lectern_tests::{Client, Form, Request, Stage};
use serde_json::json;

/// Every endpoint that takes an identifier, with a body that would be accepted.
fn requests(client: &Client, event: &str, series: &str) -> Vec<Request> {
    let list = Form::new().field("acl", owned_by("ROLE_ADMIN"));
    let title = Form::new().field("metadata", values(&json!({ "title": "Übernommen" })));
    let role = Form::new().field("role", "ROLE_A");
    let scheduling = Form::new().field(
        "scheduling",
        json!({ "start": "2030-01-01T10:00:00Z", "duration": 60_000 }),
    );
    let track = Form::new()
        .field("flavor", "presenter/source")
        .file("track", "a.mp4", "video/mp4", b"none");
    let properties = Form::new().field("properties", json!({ "taken": "over" }));
    let whole = Form::new().field(
        "metadata",
        json!([catalog("dublincore/series", &json!({ "title": "x" }))]),
    );
    let events = |rest: &str| format!("/api/events/{event}{rest}");
    let of_series = |rest: &str| format!("/api/series/{series}{rest}");
    vec![
        client.get(&events("")),
        client.get(&events(
            "?withacl=true&withmetadata=true&withpublications=true&withscheduling=true",
        )),
        client.request("HEAD", &events("")),
        client.get(&events("/acl")),
        client.put(&events("/acl")).urlencoded(&list),
        client.post(&events("/acl/read")).urlencoded(&role),
        client.delete(&events("/acl/read/ROLE_A")),
        client.get(&events("/metadata")),
        client.get(&events("/metadata?type=dublincore/episode")),
        client
            .put(&events("/metadata?type=dublincore/episode"))
            .urlencoded(&title),
        client.delete(&events("/metadata?type=license/episode")),
        client.get(&events("/media")),
        client.get(&events("/publications")),
        client.get(&events("/scheduling")),
        client.put(&events("/scheduling")).urlencoded(&scheduling),
        client.post(&events("/track")).multipart(&track),
        client.post(&events("")).multipart(&list),
        client.delete(&events("")),
        client.get(&of_series("")),
        client.get(&of_series("?withacl=true")),
        client.request("HEAD", &of_series("")),
        client.get(&of_series("/acl")),
        client.put(&of_series("/acl")).urlencoded(&list),
        client
            .put(&of_series("/acl"))
            .urlencoded(&list.clone().field("override", "true")),
        client.get(&of_series("/metadata")),
        client.get(&of_series("/metadata?type=dublincore/series")),
        client
            .put(&of_series("/metadata?type=dublincore/series"))
            .urlencoded(&title),
        client.delete(&of_series("/metadata?type=license/series")),
        client.get(&of_series("/properties")),
        client.put(&of_series("/properties")).urlencoded(&properties),
        client.put(&of_series("")).urlencoded(&whole),
        client.delete(&of_series("")),
    ]
}

fn stock(tenant: &Tenant) -> (Stage, String, String) {
    let stage = Stage::new(tenant);
    let series = stage.series(json!({ "title": unique("bestand") }));
    let event = stage.event(json!({ "title": unique("bestand"), "isPartOf": series }));
    (stage, event, series)
}

#[test]
fn no_endpoint_knows_the_identifiers_of_the_other_tenant() {
    each_tenant(|tenant| {
        let (stage, event, series) = stock(tenant);
        let before = (stage.actor.event(&event), stage.actor.series(&series));
        let stranger = tenant.other();
        for client in [
            stranger.user(ADMIN),
            stranger.user(TEACHER),
            stranger.with_roles(&stage.role),
        ] {
            for request in requests(&client, &event, &series) {
                let answer = request.send();
                // 405: not for any tenant.
                assert!([404, 405].contains(&answer.status), "{answer}");
            }
        }
        assert_eq!((stage.actor.event(&event), stage.actor.series(&series)), before);
    });
}

#[test]
fn no_endpoint_takes_the_credentials_of_the_other_tenant() {
    // A namesake of its own: guessing slows down its name, and other tests need theirs.
    let namesake = unique("namesake");
    each_tenant(|tenant| {
        let roles = ["ROLE_ADMIN", "ROLE_SUDO"];
        installation().add_user(tenant.id, &namesake, &password(tenant, &namesake), "Namesake", &roles);
    });
    each_tenant(|tenant| {
        let (stage, event, series) = stock(tenant);
        let before = (stage.actor.event(&event), stage.actor.series(&series));
        let credentials = password(tenant.other(), &namesake);
        let client = tenant.anonymous().with_credentials(&namesake, &credentials);
        for request in requests(&client, &event, &series) {
            let answer = request.send();
            assert!([401, 429].contains(&answer.status), "{answer}");
        }
        assert_eq!((stage.actor.event(&event), stage.actor.series(&series)), before);
    });
}

#[test]
fn no_list_shows_anything_of_the_other_tenant() {
    each_tenant(|tenant| {
        let (stage, event, series) = stock(tenant);
        let title = stage.actor.event(&event)["title"].as_str().expect("a title").to_owned();
        let stranger = tenant.other().admin();
        for filter in [
            format!("identifier:{event}"),
            format!("title:{title}"),
            format!("series:{series}"),
            format!("textFilter:{title}"),
        ] {
            let found = stranger.get("/api/events").query("filter", &filter).send().expect(200);
            assert_eq!(found.json(), json!([]), "{filter}");
        }
        let found = stranger
            .get("/api/series")
            .query("filter", &format!("identifier:{series}"))
            .send()
            .expect(200);
        assert_eq!(found.json(), json!([]));
        let everything = stranger.get("/api/events").send().expect(200).identifiers();
        assert!(!everything.contains(&event));
    });
}

#[test]
fn an_event_cannot_join_a_series_of_the_other_tenant() {
    each_tenant(|tenant| {
        let (_, _, series) = stock(tenant);
        let stranger = tenant.other().admin();
        let form = event_form(&json!({ "title": "Eindringling", "isPartOf": series }), &json!([]));
        stranger
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, "isPartOf");
    });
}

#[test]
fn equal_identifiers_at_both_tenants_are_two_objects() {
    let id = unique("doppelt");
    each_tenant(|tenant| {
        let fields = json!({ "title": tenant.name, "identifier": id });
        tenant.admin().create_series(fields, &json!([]));
    });
    each_tenant(|tenant| {
        let form = Form::new().field("metadata", values(&json!({ "title": tenant.id })));
        let path = format!("/api/series/{id}/metadata?type=dublincore/series");
        tenant.admin().put(&path).urlencoded(&form).send().expect(200);
    });
    each_tenant(|tenant| assert_eq!(tenant.admin().series(&id)["title"], tenant.id));
    NORTH.admin().delete(&format!("/api/series/{id}")).send().expect(204);
    SOUTH.admin().series(&id);
}
