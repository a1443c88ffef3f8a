use serde_json::json;

use super::{refused, with_event};

#[test]
fn a_new_list_replaces_the_old_one() {
    let (client, path) = with_event();
    let list = json!([{"allow": true, "action": "read", "role": "ROLE_A"}, {"allow": false, "action": "read", "role": "ROLE_B"}]);
    let answer = client.submit("PUT", &format!("{path}/acl"), &[("acl", &list.to_string())]);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.get(&format!("{path}/acl")).json(), list);
}

#[test]
fn what_is_wrong_with_a_list_is_named() {
    let (client, path) = with_event();
    let address = format!("{path}/acl");
    for (list, named) in [
        ("", "acl"),
        ("[{", "acl"),
        ("{}", "acl"),
        (r#"[{"action": "read", "role": "ROLE_A"}]"#, "allow"),
        (r#"[{"action": "read", "allow": true}]"#, "role"),
        (r#"[{"role": "ROLE_A", "allow": true}]"#, "action"),
    ] {
        refused(&client.submit("PUT", &address, &[("acl", list)]), 400, named);
    }
    refused(&client.submit("PUT", &address, &[]), 400, "acl");
    refused(
        &client.submit("PUT", "/api/events/none/acl", &[("acl", "[")]),
        404,
        "none",
    );
    assert_eq!(client.get(&address).json().as_array().unwrap().len(), 3);
}

#[test]
fn an_entry_is_granted_once() {
    let (client, path) = with_event();
    for _ in 0..2 {
        let answer = client.submit("POST", &format!("{path}/acl/an%20noten"), &[("role", "ROLE_GRÖSSE")]);
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    }
    let list = client.get(&format!("{path}/acl")).json();
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert_eq!(
        list[3],
        json!({"allow": true, "action": "an noten", "role": "ROLE_GRÖSSE"})
    );
    refused(&client.submit("POST", &format!("{path}/acl/read"), &[]), 400, "role");
    refused(
        &client.submit("POST", "/api/events/none/acl/read", &[("role", "r")]),
        404,
        "none",
    );
    refused(&client.submit("POST", "/api/events/none/acl/read", &[]), 404, "none");
}

#[test]
fn an_entry_is_revoked_if_there_is_one() {
    let (client, path) = with_event();
    let address = format!("{path}/acl/read/ROLE_STUDENT");
    assert_eq!(client.send("DELETE", &address).status, 204);
    refused(&client.send("DELETE", &address), 404, "ROLE_STUDENT");
    refused(
        &client.send("DELETE", "/api/events/none/acl/read/ROLE_STUDENT"),
        404,
        "Cannot find an event with id 'none'",
    );
    assert_eq!(client.get(&format!("{path}/acl")).json().as_array().unwrap().len(), 2);
}

#[test]
fn granting_gives_an_event_that_followed_its_series_a_list_of_its_own() {
    let (client, _) = with_event();
    client
        .backend
        .add_series("maths", "Mathematics", &[("ROLE_STUDENT", "read")]);
    client.backend.add_event("lecture", &[("is_part_of", "maths")], None);
    assert_eq!(
        client
            .submit("POST", "/api/events/lecture/acl/read", &[("role", "ROLE_GUEST")])
            .status,
        204
    );
    assert_eq!(client.backend.own_acl("events", "lecture").unwrap().len(), 2);
}
