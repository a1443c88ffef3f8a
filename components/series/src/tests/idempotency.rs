//! `Idempotency-Key` when creating. Events go through the same code.

use super::{ACL, MATHS, client, create};

const TITLE: &str = r#"{"id": "title", "value": "Once"}"#;

#[test]
fn a_creation_that_is_sent_again_under_its_key_is_answered_again_and_happens_once() {
    let client = client().with_header("idempotency-key", "\"a key\"");
    let first = create(&client, TITLE);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    let again = create(&client, TITLE);
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(again.text, first.text);
    for header in ["location", "content-type", "content-length"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(client.get("/api/series").header("x-total-count"), Some("1"));
}

#[test]
fn the_same_form_in_another_encoding_is_the_same_request() {
    let client = client().with_header("idempotency-key", "k");
    let fields = [("metadata", MATHS), ("acl", ACL)];
    let first = client.urlencoded("POST", "/api/series", &fields);
    let again = client.multipart("POST", "/api/series", &fields);
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert_eq!(first.text, again.text);
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let client = client().with_header("idempotency-key", "k");
    create(&client, TITLE);
    let other = create(&client, r#"{"id": "title", "value": "Twice"}"#);
    assert_eq!(other.status, 422);
    assert!(other.text.contains("Idempotency-Key"), "{}", other.text);
    assert_eq!(client.get("/api/series").header("x-total-count"), Some("1"));
}

#[test]
fn keys_belong_to_users_and_requests_without_one_are_carried_out_each_time() {
    let client = client();
    create(&client, TITLE);
    create(&client, TITLE);
    create(&client.with_header("idempotency-key", "k"), TITLE);
    let other = client.identified("tom", &[]).with_header("idempotency-key", "k");
    assert_eq!(create(&other, TITLE).header("idempotency-replayed"), None);
    assert_eq!(client.get("/api/series").header("x-total-count"), Some("4"));
}

#[test]
fn what_was_refused_may_be_tried_again_under_the_same_key() {
    let client = client();
    let taken = r#"{"id": "title", "value": "A"}, {"id": "identifier", "value": "idempotency-key"}"#;
    create(&client, taken);
    let keyed = client.with_header("idempotency-key", "k");
    assert_eq!(create(&keyed, taken).status, 409);
    client.send("DELETE", "/api/series/idempotency-key");
    assert_eq!(create(&keyed, taken).status, 201);
    assert_eq!(create(&keyed, taken).header("idempotency-replayed"), Some("true"));
}

#[test]
fn a_key_that_is_none_is_refused() {
    let long = "k".repeat(256);
    for key in ["", "\"\"", " ", "a\tb", long.as_str()] {
        let answer = create(&client().with_header("idempotency-key", key), TITLE);
        assert_eq!(answer.status, 400, "{key}");
        assert!(answer.text.contains("Idempotency-Key"), "{}", answer.text);
    }
    let twice = client()
        .with_header("idempotency-key", "a")
        .with_header("idempotency-key", "b");
    assert_eq!(create(&twice, TITLE).status, 400);
    let longest = "k".repeat(255);
    assert_eq!(
        create(&client().with_header("idempotency-key", &longest), TITLE).status,
        201
    );
}
