//! `/api/groups`: who belongs together, and what that lets them do.

use lectern_tests::content::unique;
use lectern_tests::fixture::{ADMIN, FreshTenant, LMS, OUTSIDER, READER, TEACHER, Tenant, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Client, Form};
use serde_json::{Value, json};

/// A group that only one test knows, and its identifier.
#[track_caller]
fn create(client: &Client, fields: &[(&str, &str)]) -> String {
    let name = unique("Group");
    let form = fields
        .iter()
        .fold(Form::new().field("name", &name), |form, (name, value)| {
            form.field(name, value)
        });
    client.post("/api/groups").urlencoded(&form).send().expect_empty(201);
    name.to_lowercase().replace('-', "_")
}

#[track_caller]
fn group(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/groups/{id}")).send().expect(200).json()
}

fn roles(client: &Client) -> Vec<String> {
    let answer = client.get("/api/info/me/roles").send().expect(200);
    serde_json::from_value(answer.json()).expect("a list of roles")
}

fn form(fields: &[(&str, &str)]) -> Form {
    fields
        .iter()
        .fold(Form::new(), |form, (name, value)| form.field(name, value))
}

#[test]
fn a_group_is_shown_with_the_tenant_and_with_roles_and_members_joined_by_commas() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let fields = [
            ("description", "Für alle"),
            ("roles", " ROLE_B,, ROLE_A "),
            ("members", "zoe, adam"),
        ];
        let id = create(&client, &fields);
        let answer = client.get(&format!("/api/groups/{id}")).send().expect(200);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        let shown = answer.json();
        let name = shown["name"].as_str().expect("a name").to_owned();
        assert_eq!(
            shown,
            json!({
                "identifier": id, "organization": tenant.id, "role": format!("ROLE_GROUP_{}", id.to_uppercase()), "name": name,
                "description": "Für alle", "roles": "ROLE_A,ROLE_B", "members": "adam,zoe",
            })
        );
        let listed = client
            .get("/api/groups")
            .query("filter", &format!("name:{name}"))
            .send()
            .expect(200);
        assert_eq!(listed.json(), json!([shown]));
    });
}

#[test]
fn both_form_encodings_and_both_paths_create_and_the_answer_is_empty() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            for path in ["/api/groups", "/api/groups/"] {
                let form = Form::new().field("name", unique("Group"));
                let answer = tenant
                    .user(TEACHER)
                    .post(path)
                    .form(&form, encoding)
                    .send()
                    .expect_empty(201);
                assert_eq!(answer.header("location"), None);
            }
        }
    });
}

#[test]
fn names_that_lead_to_the_same_identifier_are_a_conflict_within_a_tenant_only() {
    each_tenant(|tenant| {
        let name = unique("Same");
        let other = name.to_uppercase().replace('-', "!");
        let client = tenant.user(TEACHER);
        let post = |client: &Client, name: &str| client.post("/api/groups").urlencoded(&form(&[("name", name)])).send();
        post(&client, &name).expect(201);
        post(&client, &name).expect(409);
        post(&client, &other).expect(409);
        post(&tenant.other().user(TEACHER), &name).expect(201);
    });
}

#[test]
fn a_name_that_is_missing_blank_or_too_long_is_a_bad_request() {
    each_tenant(|tenant| {
        let long = "x".repeat(129);
        for fields in [
            &[][..],
            &[("name", " ")],
            &[("name", long.as_str())],
            &[("description", "x")],
        ] {
            let request = tenant.user(TEACHER).post("/api/groups").urlencoded(&form(fields));
            request.send().refused(400, "name");
        }
        let id = create(&tenant.user(TEACHER), &[]);
        let rename = tenant.user(TEACHER).put(&format!("/api/groups/{id}"));
        rename.urlencoded(&form(&[("name", &long)])).send().refused(400, "name");
    });
}

#[test]
fn what_an_update_leaves_out_stays() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let id = create(
            &client,
            &[("roles", "ROLE_A"), ("members", "zoe"), ("description", "Old")],
        );
        let put = |fields: &[(&str, &str)]| {
            client
                .put(&format!("/api/groups/{id}"))
                .urlencoded(&form(fields))
                .send()
                .expect_empty(200);
            group(&client, &id)
        };
        let before = group(&client, &id);
        client.put(&format!("/api/groups/{id}")).send().expect_empty(200);
        assert_eq!(put(&[("name", " "), ("description", "")]), before);
        let renamed = put(&[("name", " New name ")]);
        let mut expected = before.clone();
        expected["name"] = json!("New name");
        assert_eq!(renamed, expected);
        assert_eq!(put(&[("roles", "ROLE_C,ROLE_B")])["roles"], "ROLE_B,ROLE_C");
        let emptied = put(&[("roles", ""), ("members", "")]);
        assert_eq!((&emptied["roles"], &emptied["members"]), (&json!(""), &json!("")));
    });
}

#[test]
fn a_deleted_group_is_gone() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let id = create(&client, &[]);
        let path = format!("/api/groups/{id}");
        client.delete(&path).send().expect_empty(204);
        client.get(&path).send().expect(404);
        client.delete(&path).send().expect(404);
        client.put(&path).urlencoded(&form(&[("name", "x")])).send().expect(404);
    });
}

#[test]
fn a_member_has_the_roles_of_the_group_at_the_very_next_request_and_no_longer_than_it_is_one() {
    each_tenant(|tenant| {
        let (client, outsider) = (tenant.user(TEACHER), tenant.user(OUTSIDER));
        outsider.get("/api/groups").send().expect(403);
        let id = create(&client, &[("roles", "ROLE_API,ROLE_API_GROUPS_VIEW")]);
        let members = format!("/api/groups/{id}/members");
        let add = client.post(&members).urlencoded(&form(&[("member", OUTSIDER)]));
        add.clone().send().expect_empty(200);
        outsider.get("/api/groups").send().expect(200);
        assert!(roles(&outsider).contains(&format!("ROLE_GROUP_{}", id.to_uppercase())));
        assert!(tenant.other().user(OUTSIDER).get("/api/groups").send().status == 403);
        let put = client.put(&format!("/api/groups/{id}"));
        put.urlencoded(&form(&[("roles", "ROLE_API")])).send().expect(200);
        outsider.get("/api/groups").send().expect(403);
        roles(&outsider);
        client.delete(&format!("{members}/{OUTSIDER}")).send().expect_empty(200);
        outsider.get("/api/info/me").send().expect(403);
        add.send().expect(200);
        roles(&outsider);
        client.delete(&format!("/api/groups/{id}")).send().expect(204);
        outsider.get("/api/info/me").send().expect(403);
    });
}

#[test]
fn a_member_reads_what_the_role_of_the_group_may_read() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let id = create(&client, &[]);
        let role = format!("ROLE_GROUP_{}", id.to_uppercase());
        let acl = json!([{ "role": role, "action": "read", "allow": true }]);
        let series = client.create_series(json!({ "title": "For a group" }), &acl);
        let path = format!("/api/series/{series}");
        let reader = tenant.user(READER);
        reader.get(&path).send().expect(404);
        let members = form(&[("members", READER)]);
        client
            .put(&format!("/api/groups/{id}"))
            .urlencoded(&members)
            .send()
            .expect(200);
        reader.get(&path).send().expect(200);
        let run_as = tenant.user(LMS).with_header("x-run-as-user", READER);
        run_as.get(&path).send().expect(200);
        client
            .delete(&format!("/api/groups/{id}/members/{READER}"))
            .send()
            .expect(200);
        reader.get(&path).send().expect(404);
    });
}

#[test]
fn adding_a_member_again_and_removing_somebody_else_change_nothing_and_say_so() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let id = create(&client, &[("members", "adam")]);
        let members = format!("/api/groups/{id}/members");
        for encoding in ENCODINGS {
            let add = client
                .post(&members)
                .form(&form(&[("member", "adam")]), encoding)
                .send()
                .expect(200);
            assert_eq!(add.text(), "Member is already member of group.");
        }
        let remove = client.delete(&format!("{members}/zoe")).send().expect(200);
        assert_eq!(remove.text(), "Member is already not member of group.");
        assert_eq!(group(&client, &id)["members"], "adam");
        client
            .post(&members)
            .urlencoded(&Form::new())
            .send()
            .refused(400, "member");
        client
            .post(&members)
            .urlencoded(&form(&[("member", "a,b")]))
            .send()
            .refused(400, "member");
        let nowhere = client
            .post("/api/groups/none/members")
            .urlencoded(&form(&[("member", "adam")]));
        assert_eq!(nowhere.send().expect(404).text(), "Cannot find a group with id 'none'.");
        client.delete("/api/groups/none/members/adam").send().expect(404);
    });
}

#[test]
fn a_group_that_makes_administrators_is_left_to_administrators() {
    each_tenant(|tenant| {
        let (admin, client) = (tenant.admin(), tenant.user(TEACHER));
        let id = create(&admin, &[("roles", "ROLE_ADMIN")]);
        let path = format!("/api/groups/{id}");
        let member = form(&[("member", TEACHER)]);
        for request in [
            client
                .post("/api/groups")
                .urlencoded(&form(&[("name", "Mine"), ("roles", "ROLE_X,ROLE_ADMIN")])),
            client.put(&path).urlencoded(&form(&[("description", "x")])),
            client.put(&path).urlencoded(&form(&[("roles", "")])),
            client.delete(&path),
            client.post(&format!("{path}/members")).urlencoded(&member),
            client.delete(&format!("{path}/members/{ADMIN}")),
        ] {
            request.send().expect(403);
        }
        let own = create(&client, &[]);
        let raise = client.put(&format!("/api/groups/{own}"));
        raise.urlencoded(&form(&[("roles", "ROLE_ADMIN")])).send().expect(403);
        // Acting as somebody else does not make an administrator of anybody.
        let as_teacher = admin.with_header("x-run-as-user", TEACHER);
        as_teacher.delete(&path).send().expect(403);
        assert_eq!(group(&client, &id)["roles"], "ROLE_ADMIN");
        admin.delete(&path).send().expect(204);
    });
}

#[test]
fn a_list_is_filtered_sorted_and_cut_into_pages() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let ids: Vec<String> = (0..3).map(|_| create(&client, &[("description", "x")])).collect();
        let all = client.get("/api/groups").send().expect(200);
        assert!(ids.iter().all(|id| all.identifiers().contains(id)));
        let total: usize = all.header("x-total-count").expect("a total").parse().expect("a number");
        assert!(total >= 3);
        let mut walked = Vec::new();
        for offset in 0..total {
            let page = client
                .get("/api/groups?limit=1&sort=name:DESC")
                .query("offset", &offset.to_string());
            walked.extend(page.send().expect(200).identifiers());
        }
        let sorted = client
            .get("/api/groups?sort=name:DESC")
            .send()
            .expect(200)
            .identifiers();
        let mut names = client
            .get("/api/groups?sort=name:DESC")
            .send()
            .expect(200)
            .column("name");
        assert!(ids.iter().all(|id| walked.contains(id) && sorted.contains(id)));
        let before = names.clone();
        names.sort();
        names.reverse();
        assert_eq!(before, names);
        assert_eq!(
            client.get("/api/groups?filter=name:nobody").send().expect(200).json(),
            json!([])
        );
        for sort in ["colour:ASC", "name", "members:ASC"] {
            client
                .get("/api/groups")
                .query("sort", sort)
                .send()
                .refused(400, "sort");
        }
        let older = client.get("/api/groups?sort=members:ASC").version("v1.5.0");
        older.send().expect(200);
    });
}

#[test]
fn every_version_shows_groups_alike() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let path = format!("/api/groups/{}", create(&client, &[]));
        let newest = client.get(&path).send().expect(200).json();
        for minor in 0..=11 {
            let answer = client.get(&path).version(&format!("v1.{minor}.0")).send().expect(200);
            assert_eq!(
                answer.header("content-type"),
                Some(format!("application/v1.{minor}.0+json").as_str())
            );
            assert_eq!(answer.json(), newest);
        }
        client.request("HEAD", &path).send().expect_empty(200);
        tenant.admin().post(&path).send().expect(405);
    });
}

#[test]
fn a_creation_that_is_sent_again_under_its_key_happens_once() {
    each_tenant(|tenant| {
        let name = unique("Once");
        let client = tenant.user(TEACHER).with_header("idempotency-key", &unique("key"));
        let post = || client.post("/api/groups").urlencoded(&form(&[("name", &name)])).send();
        post().expect_empty(201);
        let again = post().expect_empty(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    });
}

#[test]
fn a_group_cannot_be_changed_over_what_somebody_else_has_done() {
    each_tenant(|tenant| {
        let client = tenant.user(TEACHER);
        let path = format!("/api/groups/{}", create(&client, &[]));
        let tag = client
            .get(&path)
            .send()
            .expect(200)
            .header("etag")
            .expect("a tag")
            .to_owned();
        client.get(&path).header("if-none-match", &tag).send().expect(304);
        let add = client
            .post(&format!("{path}/members"))
            .urlencoded(&form(&[("member", "zoe")]));
        add.send().expect(200);
        client.get(&path).header("if-none-match", &tag).send().expect(200);
        client.delete(&path).header("if-match", &tag).send().expect(412);
    });
}

#[test]
fn groups_of_another_tenant_cannot_be_reached() {
    each_tenant(|tenant: &Tenant| {
        let id = create(&tenant.user(TEACHER), &[("members", TEACHER)]);
        let before = group(&tenant.user(TEACHER), &id);
        let foreign = tenant.other().admin();
        let path = format!("/api/groups/{id}");
        for request in [
            foreign.get(&path),
            foreign.put(&path).urlencoded(&form(&[("name", "x")])),
            foreign.delete(&path),
            foreign
                .post(&format!("{path}/members"))
                .urlencoded(&form(&[("member", "x")])),
            foreign.delete(&format!("{path}/members/{TEACHER}")),
        ] {
            request.send().expect(404);
        }
        assert!(
            !foreign
                .get("/api/groups")
                .send()
                .expect(200)
                .identifiers()
                .contains(&id)
        );
        assert_eq!(group(&tenant.user(TEACHER), &id), before);
    });
}

#[test]
fn a_new_tenant_has_a_group_of_administrators_and_one_of_applications() {
    let tenant = FreshTenant::new();
    let admin = tenant.admin();
    let upper = tenant.id.to_uppercase();
    let groups = admin.get("/api/groups").send().expect(200).json();
    let [applications, administrators] = groups.as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("{groups}");
    };
    assert_eq!(
        *administrators,
        json!({
            "identifier": format!("{upper}_SYSTEM_ADMINS"), "organization": tenant.id,
            "role": format!("ROLE_GROUP_{upper}_SYSTEM_ADMINS"), "name": "A fresh one System Administrators",
            "description": "System administrators of 'A fresh one'", "roles": "ROLE_ADMIN,ROLE_ANONYMOUS,ROLE_SUDO", "members": ADMIN,
        })
    );
    assert_eq!(applications["identifier"], format!("{upper}_EXTERNAL_APPLICATIONS"));
    assert_eq!(applications["name"], "A fresh one External Applications");
    assert_eq!(applications["members"], "");
    let roles = applications["roles"].as_str().unwrap_or_default();
    assert!(
        roles.contains("ROLE_API_EVENTS_VIEW") && roles.contains("ROLE_SUDO"),
        "{roles}"
    );
    admin
        .delete(&format!("/api/groups/{upper}_EXTERNAL_APPLICATIONS"))
        .send()
        .expect(204);
}
