//! `/api/listproviders`: the lists that forms offer for choice.

use lectern_tests::content::{acl, unique};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{OUTSIDER, READER, TEACHER, TEACHER_NAME, Tenant, each_tenant, installation};
use lectern_tests::{Answer, Client, Stage};
use serde_json::{Value, json};

fn get(client: &Client, name: &str) -> Answer {
    client.get(&format!("/api/listproviders/{name}.json")).send()
}

fn list(client: &Client, name: &str) -> Value {
    get(client, name).expect(200).json()
}

fn names(client: &Client) -> Vec<String> {
    let answer = client.get("/api/listproviders/providers.json").send().expect(200);
    let names = answer.json();
    let [names] = names.as_array().unwrap().as_slice() else {
        panic!("{answer}\nmust be a list in a list");
    };
    serde_json::from_value(names.clone()).unwrap()
}

/// Writes a file with lists into the data folder, or into a tenant's folder.
fn write(tenant: Option<&Tenant>, file: &str, text: &str) {
    let data = installation().data();
    let folder = tenant.map_or(data.clone(), |tenant| data.join("tenants").join(tenant.id));
    std::fs::create_dir_all(folder.join("listproviders")).unwrap();
    std::fs::write(folder.join("listproviders").join(file), text).unwrap();
}

#[test]
fn all_lists_are_named_once_and_each_of_them_can_be_had() {
    each_tenant(|tenant| {
        let reader = tenant.user(READER);
        let names = names(&reader);
        for expected in [
            "LANGUAGES",
            "LICENSES",
            "ACL.ACTIONS",
            "SERIES",
            "USERS.NAME",
            "AGENTS.STATUS",
            "JOBS.WORKFLOW",
        ] {
            assert_eq!(
                names.iter().filter(|name| *name == expected).count(),
                1,
                "{expected} in {names:?}"
            );
        }
        for name in names {
            let list = list(&reader, &name);
            let values = list.as_object().unwrap().values();
            assert!(values.clone().all(Value::is_string), "{name}: {list}");
        }
    });
}

#[test]
fn licences_are_objects_in_texts() {
    each_tenant(|tenant| {
        let answer = get(&tenant.user(READER), "LICENSES").expect(200);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        let licences = answer.json();
        assert_eq!(licences.as_object().unwrap().len(), 8);
        let licence: Value = serde_json::from_str(licences["CC-BY"].as_str().unwrap()).unwrap();
        assert_eq!(
            licence,
            json!({"label": "EVENTS.LICENSE.CCBY", "order": 2, "selectable": true})
        );
    });
}

#[test]
fn languages_are_codes_with_keys_of_translations() {
    each_tenant(|tenant| {
        let languages = list(&tenant.user(READER), "LANGUAGES");
        assert_eq!(languages["deu"], "LANGUAGES.GERMAN");
        assert_eq!(languages["eng"], "LANGUAGES.ENGLISH");
    });
}

#[test]
fn lists_are_there_since_1_10_and_need_their_role() {
    each_tenant(|tenant| {
        for (version, status) in [("v1.9.0", 406), ("v1.10.0", 200), ("v1.11.0", 200)] {
            let request = tenant
                .user(READER)
                .get("/api/listproviders/LANGUAGES.json")
                .version(version);
            request.send().expect(status);
        }
        get(&tenant.user(OUTSIDER), "LANGUAGES").refused(403, "ROLE_API_LISTPROVIDERS_VIEW");
        get(&tenant.anonymous(), "LANGUAGES").expect(401);
    });
}

#[test]
fn an_unknown_list_is_404_without_a_body() {
    each_tenant(|tenant| {
        for name in [
            "NOTHING",
            "languages",
            "SERIES.TITLE",
            "EVENTS",
            "%00",
            "..%2F..%2Ftenants",
        ] {
            get(&tenant.user(READER), name).expect_empty(404);
        }
        for path in ["LANGUAGES", "LANGUAGES.xml", "LANGUAGES.json/more", ""] {
            let path = format!("/api/listproviders/{path}");
            tenant.admin().get(&path).send().expect(404);
        }
        let details = tenant.user(READER).get("/api/listproviders/NOTHING.json");
        let details = details.header("accept", "application/problem+json").send();
        details.refused(404, "NOTHING");
    });
}

#[test]
fn lists_are_only_read() {
    each_tenant(|tenant| {
        let path = "/api/listproviders/LANGUAGES.json";
        let answer = tenant.admin().request("HEAD", path).send().expect_empty(200);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        assert_eq!(
            tenant.admin().post(path).send().expect(405).header("allow"),
            Some("GET, HEAD")
        );
        tenant.user(READER).post(path).send().expect(403);
    });
}

#[test]
fn a_part_of_a_list_is_given_on_request() {
    each_tenant(|tenant| {
        let part = |query: &str| {
            let path = format!("/api/listproviders/LICENSES.json?{query}");
            let list = tenant.user(READER).get(&path).send().expect(200).json();
            list.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(part("limit=2&offset=1"), ["CC-BY", "CC-BY-SA"]);
        assert_eq!(part("offset=7"), ["CC0"]);
        assert!(part("offset=8").is_empty());
        assert_eq!(part("limit=0&offset=-5").len(), 8);
        tenant
            .user(READER)
            .get("/api/listproviders/LICENSES.json?limit=few")
            .send()
            .refused(400, "'limit'");
    });
}

#[test]
fn series_are_offered_to_those_who_may_read_them_and_for_writing_to_those_who_may_write_them() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let title = unique("Wahl");
        let own = stage.series(json!({ "title": title, "creator": ["Grace <Hopper>"] }));
        let readable = stage
            .admin
            .create_series(json!({ "title": "Nur lesen" }), &acl(&[(&stage.role, "read")]));
        let hidden = stage
            .admin
            .create_series(json!({ "title": title }), &acl(&[("ROLE_ELSE", "read")]));

        assert_eq!(
            list(&stage.actor, "SERIES"),
            json!({ &own: title, &readable: "Nur lesen" })
        );
        assert_eq!(list(&stage.actor, "SERIES.WRITE_ONLY"), json!({ &own: title }));
        assert_eq!(
            list(&stage.actor, "SERIES.ORGANIZERS"),
            json!({ "Grace <Hopper>": "Grace <Hopper>" })
        );
        let text = get(&stage.actor, "SERIES.ORGANIZERS").text();
        assert!(text.contains("Grace \\u003cHopper\\u003e"), "{text}");
        let extended = list(&stage.actor, "SERIES.TITLE_EXTENDED")[&own]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            extended.starts_with(&format!("{title} (2")) && extended.ends_with(", Grace <Hopper>)"),
            "{extended}"
        );

        // The administrator sees both, told apart by the beginnings of their identifiers.
        let all = list(&stage.admin, "SERIES");
        for identifier in [&own, &hidden] {
            assert_eq!(all[identifier], format!("{title} (ID: {}...)", &identifier[..8]));
        }
        assert_eq!(list(&tenant.other().admin(), "SERIES").get(&own), None);
    });
}

#[test]
fn what_events_say_is_offered_to_those_who_may_read_them() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let [room, other_room] = [unique("Raum"), unique("Raum")];
        stage.event(json!({ "title": "Offen", "location": room, "creator": ["Ada", "Grace"] }));
        stage.event(json!({ "title": "Noch einmal", "location": room, "creator": ["Grace"] }));
        stage.admin.create_event(
            json!({ "title": "Verborgen", "location": other_room, "creator": ["Niemand"] }),
            &acl(&[("ROLE_ELSE", "read")]),
        );
        assert_eq!(list(&stage.actor, "EVENTS.LOCATION"), json!({ &room: room }));
        assert_eq!(
            list(&stage.actor, "EVENTS.PRESENTERS_BIBLIOGRAPHIC"),
            json!({ "Ada": "Ada", "Grace": "Grace" })
        );
        let contributors = list(&stage.actor, "CONTRIBUTORS");
        for known in ["Ada", "Grace", TEACHER_NAME] {
            assert_eq!(contributors[known], known);
        }
        assert_eq!(contributors.get("Niemand"), None);
        let usernames = list(&stage.actor, "CONTRIBUTORS.NAMES.TO.USERNAMES");
        assert_eq!(usernames[TEACHER], TEACHER_NAME);
        assert_eq!(usernames["Grace"], "Grace");
        assert!(list(&stage.admin, "EVENTS.LOCATION").get(&other_room).is_some());
        assert!(
            list(&tenant.other().admin(), "EVENTS.LOCATION")
                .get(&other_room)
                .is_none()
        );
    });
}

#[test]
fn users_and_agents_of_the_tenant_are_offered() {
    each_tenant(|tenant| {
        let reader = tenant.user(READER);
        assert_eq!(list(&reader, "USERS.NAME")[TEACHER], TEACHER_NAME);
        assert_eq!(
            list(&reader, "USERS.NAME.AND.USERNAME")[TEACHER],
            format!("{TEACHER_NAME} ({TEACHER})")
        );
        assert_eq!(list(&reader, "USERS.ROLE.ONLY")["ROLE_COURSE_1"], "ROLE_COURSE_1");
        assert_eq!(
            list(&reader, "USERS.USERDIRECTORY.ONLY"),
            json!({ "opencast": "opencast" })
        );
        let agent = tenant.agent("UTC");
        assert_eq!(list(&reader, "AGENTS.NAME")[&agent], agent);
        assert!(list(&tenant.other().user(READER), "AGENTS.NAME").get(&agent).is_none());
        assert_eq!(list(&reader, "JOBS.WORKFLOW")["fast"], "Fast");
    });
}

#[test]
fn lists_of_the_operator_count_at_once_the_tenants_before_those_of_all() {
    except_under_spin!();
    each_tenant(|tenant| {
        let name = unique("ROOMS");
        let file = format!("{name}.properties");
        get(&tenant.admin(), &name).expect(404);

        write(None, &file, &format!("list.name={name}\na=H\\u00f6rsaal 1\n"));
        for each in [tenant, tenant.other()] {
            assert_eq!(list(&each.admin(), &name), json!({ "a": "Hörsaal 1" }));
        }
        write(Some(tenant), &file, &format!("list.name={name}\nb=Aula\n"));
        assert_eq!(list(&tenant.admin(), &name), json!({ "b": "Aula" }));
        assert_eq!(list(&tenant.other().admin(), &name), json!({ "a": "Hörsaal 1" }));
        assert!(names(&tenant.admin()).contains(&name));

        // What cannot be read changes nothing.
        write(Some(tenant), &file, &format!("list.name={name}\nb={{\"label\":\n"));
        assert_eq!(list(&tenant.admin(), &name), json!({ "a": "Hörsaal 1" }));

        let own = unique("OWN");
        write(
            None,
            &format!("{own}.properties"),
            &format!("list.name={own}\nlist.org={}\n", tenant.id),
        );
        assert_eq!(list(&tenant.admin(), &own), json!({}));
        get(&tenant.other().admin(), &own).expect_empty(404);
    });
}
