//! What clients send to `/api/groups`, and what they read.

use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use crate::APP;

fn client() -> Client {
    Client::of(&APP)
}

fn create(client: &Client, fields: &[(&str, &str)]) -> Answer {
    client.urlencoded("POST", "/api/groups", fields)
}

/// A client of a tenant with the groups `staff` and `students`.
fn with_groups() -> Client {
    let client = client();
    for fields in [
        &[
            ("name", "Staff"),
            ("description", "Who works here"),
            ("roles", "ROLE_B, ROLE_A,,"),
            ("members", "john , jane"),
        ][..],
        &[("name", "Students")],
    ] {
        let answer = create(&client, fields);
        assert_eq!((answer.status, answer.text.as_str()), (201, ""), "{fields:?}");
        assert_eq!(answer.header("location"), None);
    }
    client
}

fn member_of(client: &Client, group: &str, member: &str) -> String {
    client.get(&format!("/api/groups/{group}")).json()[member]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_group_is_shown_with_roles_and_members_joined_by_commas() {
    let client = with_groups();
    let answer = client.get("/api/groups/students");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert!(answer.header("etag").is_some());
    assert_eq!(
        answer.json(),
        json!({
            "identifier": "students", "organization": "mh_default_org", "role": "ROLE_GROUP_STUDENTS", "name": "Students",
            "description": "", "roles": "", "members": "",
        })
    );
    let staff = client.get("/api/groups/staff").json();
    assert_eq!(staff["roles"], "ROLE_B,ROLE_A");
    assert_eq!(staff["members"], "john,jane");
    assert_eq!(client.get("/api/groups").json()[0], staff);
}

#[test]
fn an_unknown_group_is_not_found() {
    let client = with_groups();
    let members = client.urlencoded("POST", "/api/groups/x/members", &[("member", "jane")]);
    for answer in [
        client.get("/api/groups/x"),
        client.urlencoded("PUT", "/api/groups/x", &[("name", "y")]),
        client.send("DELETE", "/api/groups/x"),
        members,
        client.send("DELETE", "/api/groups/x/members/jane"),
    ] {
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (404, "Cannot find a group with id 'x'.")
        );
    }
}

#[test]
fn the_identifier_is_the_name_in_lower_case_with_underscores() {
    for (name, identifier) in [
        ("My Group!", "my_group_"),
        ("A_b-2", "a_b_2"),
        ("Äpfel", "_pfel"),
        (" x", "_x"),
    ] {
        let client = client();
        assert_eq!(create(&client, &[("name", name)]).status, 201);
        assert_eq!(client.get("/api/groups").column("identifier"), [identifier]);
        assert_eq!(client.get("/api/groups").column("name"), [name]);
        let role = format!("ROLE_GROUP_{}", identifier.to_uppercase());
        assert_eq!(client.get("/api/groups").column("role"), [role]);
    }
}

#[test]
fn two_names_with_the_same_identifier_are_a_conflict() {
    let client = with_groups();
    let answer = create(&client, &[("name", "STAFF")]);
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("'staff'"), "{}", answer.text);
}

#[test]
fn a_missing_or_blank_name_is_a_bad_request() {
    for fields in [&[][..], &[("name", "")], &[("name", "  ")], &[("Name", "x")]] {
        let answer = create(&client().with_header("accept", "application/problem+json"), fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert_eq!(answer.json()["errors"][0]["pointer"], "#/name");
    }
}

#[test]
fn what_an_update_leaves_out_stays() {
    let client = with_groups();
    let update = |fields: &[(&str, &str)]| {
        let answer = client.submit("PUT", "/api/groups/staff", fields);
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{fields:?}");
        client.get("/api/groups/staff").json()
    };
    let before = client.get("/api/groups/staff").json();
    assert_eq!(update(&[]), before);
    assert_eq!(update(&[("name", " "), ("description", "")]), before);
    let renamed = update(&[("name", " Other ")]);
    assert_eq!(
        renamed,
        json!({
            "identifier": "staff", "organization": "mh_default_org", "role": "ROLE_GROUP_STAFF", "name": "Other",
            "description": "Who works here", "roles": "ROLE_B,ROLE_A", "members": "john,jane",
        })
    );
    assert_eq!(update(&[("roles", "ROLE_C")])["roles"], "ROLE_C");
    assert_eq!(update(&[("members", "")])["members"], "");
    assert_eq!(update(&[("roles", " ")])["roles"], "");
}

#[test]
fn a_deleted_group_is_gone() {
    let client = with_groups();
    let answer = client.send("DELETE", "/api/groups/staff");
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.get("/api/groups").column("identifier"), ["students"]);
}

#[test]
fn members_come_and_go() {
    let client = with_groups();
    let add = |member: &str| client.submit("POST", "/api/groups/students/members", &[("member", member)]);
    let first = client.urlencoded("POST", "/api/groups/students/members", &[("member", " jane ")]);
    assert_eq!((first.status, first.text.as_str()), (200, ""));
    let again = add("jane");
    assert_eq!(
        (again.status, again.text.as_str()),
        (200, "Member is already member of group.")
    );
    assert_eq!(member_of(&client, "students", "members"), "jane");
    let remove = |member: &str| client.send("DELETE", &format!("/api/groups/students/members/{member}"));
    let other = remove("john");
    assert_eq!(
        (other.status, other.text.as_str()),
        (200, "Member is already not member of group.")
    );
    let gone = remove("jane");
    assert_eq!((gone.status, gone.text.as_str()), (200, ""));
    assert_eq!(member_of(&client, "students", "members"), "");
    assert_eq!(add(" ").status, 400);
}

#[test]
fn a_group_for_administrators_is_left_to_administrators() {
    let client = with_groups();
    let admin_group = [("name", "Admins"), ("roles", "ROLE_X,ROLE_ADMIN")];
    assert_eq!(create(&client, &admin_group).status, 201);
    let jane = client.identified("jane", &["ROLE_API_GROUPS_EDIT"]);
    for answer in [
        jane.submit("POST", "/api/groups", &[("name", "Mine"), ("roles", "ROLE_ADMIN")]),
        jane.submit("PUT", "/api/groups/staff", &[("roles", "ROLE_ADMIN")]),
        jane.submit("PUT", "/api/groups/admins", &[("description", "x")]),
        jane.submit("PUT", "/api/groups/admins", &[("roles", "")]),
        jane.send("DELETE", "/api/groups/admins"),
        jane.submit("POST", "/api/groups/admins/members", &[("member", "jane")]),
        jane.send("DELETE", "/api/groups/admins/members/admin"),
    ] {
        assert_eq!(answer.status, 403, "{}", answer.text);
    }
    assert_eq!(
        jane.submit("PUT", "/api/groups/staff", &[("roles", "ROLE_Z")]).status,
        200
    );
    assert_eq!(
        client.get("/api/groups").column("identifier"),
        ["admins", "staff", "students"]
    );
}

#[test]
fn lists_are_filtered_by_the_exact_name_and_unknown_filters_have_no_effect() {
    let client = with_groups();
    let found = |filter: &str| client.get(&format!("/api/groups?filter={filter}")).column("identifier");
    assert_eq!(found("name:Staff"), ["staff"]);
    assert_eq!(found("%20name:%20Staff%20"), ["staff"]);
    assert_eq!(found("name:staff"), [""; 0]);
    assert_eq!(found("colour:red,name:Students"), ["students"]);
    assert_eq!(found("colour:red"), ["staff", "students"]);
    assert_eq!(found("name:"), ["staff", "students"]);
}

#[test]
fn lists_are_sorted_by_what_the_version_knows() {
    let client = with_groups();
    let sorted = |client: &Client, sort: &str| client.get(&format!("/api/groups?sort={sort}"));
    for name in ["name", "role"] {
        let answer = sorted(&client, &format!("{name}:DESC"));
        assert_eq!(answer.column("identifier"), ["students", "staff"], "{name}");
    }
    assert_eq!(
        sorted(&client, "description:desc,name:ASC").column("identifier"),
        ["staff", "students"]
    );
    for name in ["members", "roles"] {
        let sort = format!("{name}:ASC");
        assert_eq!(sorted(&client.speaking("1.5.0"), &sort).status, 200, "{name}");
        assert_eq!(sorted(&client.speaking("1.6.0"), &sort).status, 400, "{name}");
    }
    for sort in ["colour:ASC", "name", "name:up", "identifier:ASC"] {
        assert_eq!(sorted(&client, sort).status, 400, "{sort}");
    }
}

#[test]
fn lists_come_in_pages_and_say_how_many_there_are() {
    let client = with_groups();
    let answer = client.get("/api/groups?limit=1&offset=1");
    assert_eq!(answer.column("identifier"), ["students"]);
    assert_eq!(answer.header("x-total-count"), Some("2"));
    assert_eq!(
        client.get("/api/groups?limit=-1&offset=-1").column("identifier").len(),
        2
    );
    assert_eq!(client.get("/api/groups?offset=9").json(), json!([]));
    assert_eq!(client.get("/api/groups?limit=x").status, 400);
}

#[test]
fn a_creation_that_is_sent_again_under_its_key_is_only_answered() {
    let client = client().with_header("idempotency-key", "1");
    assert_eq!(create(&client, &[("name", "A")]).status, 201);
    assert_eq!(create(&client, &[("name", "A")]).status, 201);
    assert_eq!(client.get("/api/groups").column("identifier"), ["a"]);
}

#[test]
fn a_change_can_depend_on_the_group_as_it_was_read() {
    let client = with_groups();
    let tag = client
        .get("/api/groups/staff")
        .header("etag")
        .unwrap_or_default()
        .to_owned();
    let unchanged = client.with_header("if-none-match", &tag).get("/api/groups/staff");
    assert_eq!(unchanged.status, 304);
    let guarded = client.with_header("if-match", &tag);
    let change = || {
        guarded
            .urlencoded("PUT", "/api/groups/staff", &[("description", "new")])
            .status
    };
    assert_eq!((change(), change()), (200, 412));
    let change = guarded.urlencoded("POST", "/api/groups/staff/members", &[("member", "x")]);
    assert_eq!(change.status, 412);
    assert_eq!(guarded.send("DELETE", "/api/groups/staff").status, 412);
}
