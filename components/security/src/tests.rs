use lectern_handler::fake::{Answer, Client};

use super::*;

fn signing() -> Client {
    let client = Client::of(&APP);
    client.backend.store.borrow_mut().signed = "https://video.example/".to_owned();
    client
}

fn sign(client: &Client, fields: &[(&str, &str)]) -> Answer {
    client.submit("POST", "/api/security/sign", fields)
}

const URL: (&str, &str) = ("url", "https://video.example/static/e/1/a.mp4");

#[test]
fn a_url_is_signed_for_two_hours() {
    let answer = sign(&signing(), &[URL]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(
        answer.json(),
        serde_json::json!({
            "url": "https://video.example/static/e/1/a.mp4?signature=1521483108000",
            "valid-until": "2018-03-19T18:11:48Z",
        })
    );
}

#[test]
fn end_and_address_can_be_chosen() {
    let fields = [
        URL,
        ("valid-until", "2018-03-20T10:00:00.123Z"),
        ("valid-source", " 10.0.0.7 "),
    ];
    let answer = sign(&signing(), &fields).json();
    assert_eq!(answer["valid-until"], "2018-03-20T10:00:00Z");
    assert!(answer["url"].as_str().unwrap().ends_with("10.0.0.7"));
}

#[test]
fn a_url_that_no_key_covers_cannot_be_signed() {
    for client in [signing(), Client::of(&APP)] {
        let answer = sign(&client, &[("url", "https://elsewhere.example/a.mp4")]);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text, r#"{"error":"Given URL cannot be signed"}"#);
    }
}

#[test]
fn keys_that_cannot_be_used_are_the_operators_business() {
    let client = signing();
    client.backend.store.borrow_mut().signing_fails = true;
    let answer = sign(&client, &[URL]);
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, r#"{"error":"Error while signing url"}"#)
    );
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    for (fields, named) in [
        (vec![], "'url'"),
        (vec![("url", " ")], "'url'"),
        (vec![URL, ("valid-until", "tomorrow")], "'valid-until'"),
        (vec![URL, ("valid-until", "2018-03-20")], "'valid-until'"),
        (vec![URL, ("valid-source", "localhost")], "'valid-source'"),
        (vec![URL, ("valid-source", "10.0.0.7:80")], "'valid-source'"),
    ] {
        let answer = sign(&signing(), &fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text.contains(named), "{}", answer.text);
    }
}

#[test]
fn an_address_is_only_signed_by_posting() {
    assert_eq!(signing().get("/api/security/sign").status, 405);
}
