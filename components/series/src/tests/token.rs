//! The form field `jwt`.

use lectern_handler::fake::Client;

use super::{ACL, MATHS, client, create, with_maths};

/// Who has created the series.
fn creator(client: &Client) -> String {
    client.get("/api/series/maths").json()["creator"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_token_may_stand_in_the_form_that_it_admits() {
    for send in [Client::urlencoded, Client::multipart] {
        for fields in [
            [("jwt", "alice"), ("metadata", MATHS), ("acl", ACL)],
            [("metadata", MATHS), ("acl", ACL), ("jwt", "alice")],
        ] {
            let client = client();
            let answer = send(&client.anonymous(), "POST", "/api/series", &fields);
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert_eq!(creator(&client), "Display name of alice");
        }
    }
    let client = with_maths();
    let fields = [("jwt", "alice ROLE_TEACHER"), ("acl", ACL)];
    assert_eq!(
        client
            .anonymous()
            .submit("PUT", "/api/series/maths/acl", &fields)
            .status,
        200
    );
}

#[test]
fn who_says_elsewhere_who_they_are_is_not_somebody_else() {
    let client = client();
    let answer = client.urlencoded("POST", "/api/series", &[("metadata", MATHS), ("jwt", "alice")]);
    assert_eq!(answer.status, 201);
    assert_eq!(creator(&client), "Display name of admin");
}

#[test]
fn a_tenant_that_trusts_nobody_does_not_look_into_the_body() {
    let client = client();
    client.backend.store.borrow_mut().refuses_tokens = true;
    let fields = [("jwt", "alice"), ("metadata", MATHS)];
    assert_eq!(client.anonymous().submit("POST", "/api/series", &fields).status, 401);
}

#[test]
fn a_form_without_a_token_admits_nobody() {
    let client = client().anonymous();
    for fields in [&[("metadata", MATHS)][..], &[("metadata", MATHS), ("jwt", " ")], &[]] {
        assert_eq!(client.submit("POST", "/api/series", fields).status, 401);
    }
    let file = [("jwt; filename=\"a\"", "alice"), ("metadata", MATHS)];
    assert_eq!(client.multipart("POST", "/api/series", &file).status, 401);
    // Only forms have fields.
    let body = format!("jwt=alice&metadata={MATHS}");
    assert_eq!(
        client.exchange("POST", "/api/series", Some("text/plain"), &body).status,
        401
    );
    assert_eq!(
        client
            .exchange("POST", "/api/series", Some("multipart/form-data"), &body)
            .status,
        401
    );
}

#[test]
fn a_request_is_the_same_with_another_token() {
    let client = client().anonymous().with_header("idempotency-key", "k");
    let fields = |token: &'static str| [("metadata", MATHS), ("acl", ACL), ("jwt", token)];
    let first = client.urlencoded("POST", "/api/series", &fields("alice"));
    assert_eq!(first.status, 201);
    let again = client.multipart("POST", "/api/series", &fields("alice ROLE_NEW"));
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(create(&client, "").status, 401);
}
