use serde_json::json;

use super::{ACL, with_maths};

#[test]
fn the_access_list_is_shown_as_it_was_written() {
    let answer = with_maths().get("/api/series/maths/acl");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!([
            {"allow": true, "action": "write", "role": "ROLE_TEACHER"},
            {"allow": true, "action": "read", "role": "ROLE_TEACHER"},
            {"allow": true, "action": "read", "role": "ROLE_STUDENT"}
        ])
    );
}

#[test]
fn an_empty_access_list_is_a_list() {
    let client = with_maths();
    let answer = client.submit("PUT", "/api/series/maths/acl", &[("acl", "[]")]);
    assert_eq!(answer.status, 200);
    let answer = client.get("/api/series/maths/acl");
    assert_eq!((answer.status, answer.text.as_str()), (200, "[]"));
}

#[test]
fn what_was_sent_is_echoed_to_the_letter() {
    let client = with_maths();
    let sent = "[ {\"role\":\"ROLE_Ä\", \"action\":\"read\" \"allow\":true}, ]";
    let answer = client.submit("PUT", "/api/series/maths/acl", &[("acl", sent)]);
    assert_eq!((answer.status, answer.text.as_str()), (200, sent));
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
}

#[test]
fn a_missing_blank_or_broken_list_is_a_bad_request() {
    let client = with_maths();
    for fields in [
        &[][..],
        &[("acl", "")][..],
        &[("acl", "[{")][..],
        &[("acl", "{}")][..],
        &[("acl", r#"[{"action": "read", "role": "ROLE_USER"}]"#)][..],
    ] {
        let answer = client.submit("PUT", "/api/series/maths/acl", fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text.contains("acl"), "{}", answer.text);
    }
    assert_eq!(client.get("/api/series/maths/acl").json().as_array().unwrap().len(), 3);
}

#[test]
fn a_list_for_no_series_is_not_found() {
    assert_eq!(
        with_maths()
            .submit("PUT", "/api/series/none/acl", &[("acl", ACL)])
            .status,
        404
    );
}

#[test]
fn override_removes_the_lists_of_the_events_since_1_2_0() {
    for (version, flag, remains) in [
        ("1.1.0", "true", true),
        ("1.2.0", "false", true),
        ("1.2.0", "True", false),
    ] {
        let client = with_maths();
        client
            .backend
            .add_event("lecture", &[("is_part_of", "maths")], Some(&[("ROLE_GUEST", "read")]));
        let fields = [("acl", ACL), ("override", flag)];
        assert_eq!(
            client
                .speaking(version)
                .urlencoded("PUT", "/api/series/maths/acl", &fields)
                .status,
            200
        );
        assert_eq!(
            client.backend.own_acl("events", "lecture").is_some(),
            remains,
            "{version} {flag}"
        );
    }
}
