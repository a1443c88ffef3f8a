//! `/api/workflow-definitions`

use std::fs;

use lectern_tests::content::unique;
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{NORTH, OUTSIDER, READER, Tenant, each_tenant, installation};
use serde_json::json;

const LIST: &str = "/api/workflow-definitions";

/// Adds a definition that only one test knows, for one tenant.
fn define(tenant: &Tenant, id: &str, rest: &str) {
    // The tenant's folder is there as soon as somebody has asked for something.
    tenant.admin().get(LIST).send().expect(200);
    let folder = installation().data().join("tenants").join(tenant.id).join("workflows");
    fs::create_dir_all(&folder).unwrap();
    let text = format!("id: {id}\n{rest}\noperations:\n  - id: pause\n");
    // Written elsewhere first, so that the server never sees half a file.
    let written = installation().file(id);
    fs::write(&written, text).unwrap();
    fs::rename(&written, folder.join(format!("{id}.yaml"))).unwrap();
}

#[test]
fn the_definitions_that_come_with_the_program_are_listed_by_title() {
    each_tenant(|tenant| {
        let answer = tenant.user(READER).get(LIST).send().expect(200);
        let definitions = answer.json();
        let upload = definitions
            .as_array()
            .unwrap()
            .iter()
            .find(|definition| definition["identifier"] == "schedule-and-upload")
            .unwrap();
        assert_eq!(upload["title"], "Process upon upload and schedule");
        assert_eq!(upload["tags"], json!(["upload", "schedule"]));
        assert!(upload.get("operations").is_none() && upload.get("configuration_panel").is_none());
        let titles: Vec<String> = definitions
            .as_array()
            .unwrap()
            .iter()
            .map(|definition| definition["title"].as_str().unwrap().to_lowercase())
            .collect();
        assert!(titles.is_sorted(), "{titles:?}");
        let total = answer.header("x-total-count").unwrap().parse::<usize>().unwrap();
        assert_eq!(total, titles.len());
    });
}

#[test]
fn a_definition_shows_its_operations_and_panels_to_those_who_ask() {
    let shown = NORTH
        .user(READER)
        .get(&format!(
            "{LIST}/schedule-and-upload?withoperations=true&withconfigurationpanel=true&withconfigurationpaneljson=true"
        ))
        .send()
        .expect(200)
        .json();
    assert_eq!(shown["configuration_panel"], "");
    let panel: serde_json::Value = serde_json::from_str(shown["configuration_panel_json"].as_str().unwrap()).unwrap();
    assert_eq!(panel[0]["fieldset"][0]["name"], "straightToPublishing");
    let publish = &shown["operations"][2];
    assert_eq!(
        *publish,
        json!({
            "operation": "publish-engage", "description": "Publish to the player",
            "configuration": { "download-source-flavors": "*/*", "strategy": "merge" },
            "if": "${straightToPublishing} && ${publishToEngage}", "unless": "", "fail_workflow_on_error": true,
            "error_handler_workflow": "", "retry_strategy": "none", "max_attempts": 1,
        })
    );
}

#[test]
fn a_definition_of_one_tenant_is_unknown_to_the_other_and_counts_before_one_for_all() {
    except_under_spin!();
    let id = unique("own");
    define(&NORTH, &id, "title: Own");
    let path = format!("{LIST}/{id}");
    assert_eq!(NORTH.admin().get(&path).send().expect(200).json()["title"], "Own");
    let missing = NORTH.other().admin().get(&path).send().expect(404);
    assert_eq!(
        missing.text(),
        format!("Cannot find workflow definition with id '{id}'.")
    );
}

#[test]
fn a_definition_with_roles_is_there_for_those_who_have_one_and_for_administrators() {
    except_under_spin!();
    let id = unique("guarded");
    define(
        &NORTH,
        &id,
        "title: Guarded\ntags: [guarded]\nroles: [ROLE_EDITOR, ROLE_BOSS]",
    );
    let path = format!("{LIST}/{id}");
    NORTH.admin().get(&path).send().expect(200);
    NORTH.with_roles("ROLE_BOSS").get(&path).send().expect(200);
    NORTH.user(READER).get(&path).send().expect(404);
    let list = format!("{LIST}?filter=tag:guarded");
    assert_eq!(NORTH.with_roles("ROLE_EDITOR").get(&list).send().identifiers(), [id]);
    assert_eq!(NORTH.user(READER).get(&list).send().identifiers(), [""; 0]);
}

#[test]
fn the_list_is_filtered_by_tags_sorted_and_paged() {
    except_under_spin!();
    let (tag, other) = (unique("tag"), unique("tag"));
    let ids = ["a", "b", "c"].map(unique);
    for (position, (id, title)) in ids.iter().zip(["zeta", "Alpha", "beta"]).enumerate() {
        let tags = if position == 1 {
            format!("{tag}, {other}")
        } else {
            tag.clone()
        };
        define(
            &NORTH,
            id,
            &format!("title: {title}\ntags: [{tags}]\ndisplayOrder: {}", 10 - position),
        );
    }
    let [a, b, c] = ids.each_ref().map(String::as_str);
    let found = |query: &str| {
        NORTH
            .admin()
            .get(&format!("{LIST}?filter=tag:{tag}{query}"))
            .send()
            .identifiers()
    };
    assert_eq!(found(""), [b, c, a]);
    assert_eq!(found("&sort=title:ASC"), [b, c, a]);
    assert_eq!(found("&sort=title:DESC"), [a, c, b]);
    assert_eq!(found("&sort=identifier:DESC"), [c, b, a]);
    assert_eq!(found("&sort=displayorder:ASC"), [c, b, a]);
    assert_eq!(found("&sort=displayorder:ASC&limit=1&offset=1"), [b]);
    assert_eq!(found(&format!(",tag:{other}")), [b]);
    assert_eq!(found(",colour:red,tag:"), [b, c, a]);
    let page = NORTH.admin().get(&format!("{LIST}?filter=tag:{tag}&limit=2")).send();
    assert_eq!(page.header("x-total-count"), Some("3"));
    assert!(page.header("link").unwrap().contains("rel=\"next\""));
    NORTH.admin().get(&format!("{LIST}?sort=colour:ASC")).send().expect(400);
    NORTH.admin().get(&format!("{LIST}?limit=x")).send().expect(400);
}

#[test]
fn definitions_need_their_role_and_came_with_1_1_0() {
    each_tenant(|tenant| {
        tenant.anonymous().get(LIST).send().expect(401);
        tenant.user(OUTSIDER).get(LIST).send().expect(403);
        let reader = tenant.user(READER);
        reader.get(LIST).version("v1.0.0").send().expect(406);
        for version in ["v1.1.0", "v1.11.0"] {
            let answer = reader.get(&format!("{LIST}/fast")).version(version).send().expect(200);
            assert_eq!(
                answer.header("content-type"),
                Some(format!("application/{version}+json").as_str())
            );
        }
        reader.request("HEAD", LIST).send().expect(200);
        tenant.admin().post(LIST).send().expect(405);
        let tag = reader
            .get(&format!("{LIST}/fast"))
            .send()
            .header("etag")
            .unwrap()
            .to_owned();
        let again = reader.get(&format!("{LIST}/fast")).header("if-none-match", tag);
        again.send().expect(304);
    });
}
