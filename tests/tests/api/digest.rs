//! Digest authentication: for those who ask for it with `X-Requested-Auth: Digest`, and have a secret for it.

use lectern_tests::content::unique;
use lectern_tests::digest::{authorization, nonce};
use lectern_tests::fixture::{NORTH, SOUTH, Tenant, each_tenant, installation};
use lectern_tests::{Answer, Client};

const ME: &str = "/api/info/me";
const SECRET: &str = "a digestible secret";

/// A user who may use Digest authentication.
fn someone(tenant: &Tenant) -> String {
    let user = unique("digest");
    let arguments = [
        "user",
        "add",
        &user,
        "--tenant",
        tenant.id,
        "--password-stdin",
        "--digest",
    ];
    let roles = ["--role", "ROLE_API", "--role", "ROLE_API_EVENTS_DELETE"];
    installation()
        .call_with_input(&[arguments.as_slice(), &roles].concat(), SECRET)
        .succeeded();
    user
}

fn challenge(tenant: &Tenant) -> Answer {
    tenant
        .anonymous()
        .get(ME)
        .header("X-Requested-Auth", "Digest")
        .send()
        .expect(401)
}

fn with(client: &Client, authorization: &str) -> Client {
    client.with_header("authorization", authorization)
}

/// The answer to `GET /api/info/me` with such a digest.
fn me(tenant: &Tenant, user: &str, password: &str, nonce: &str, count: u32) -> Answer {
    let authorization = authorization(user, password, ("GET", ME), nonce, count);
    with(&tenant.anonymous(), &authorization).get(ME).send()
}

#[test]
fn the_challenge_is_for_a_digest_where_the_client_asks_for_that() {
    each_tenant(|tenant| {
        let answer = challenge(tenant);
        let value = answer.header("www-authenticate").expect("one challenge");
        for part in ["realm=\"Opencast\"", "qop=\"auth\"", "algorithm=MD5"] {
            assert!(value.contains(part), "{answer}");
        }
        assert!(!value.contains("stale"), "{answer}");
        for asked in ["Basic", ""] {
            let answer = tenant
                .anonymous()
                .get(ME)
                .header("X-Requested-Auth", asked)
                .send()
                .expect(401);
            assert_eq!(answer.header("www-authenticate"), Some(r#"Basic realm="Opencast""#));
        }
    });
}

#[test]
fn the_right_digest_opens() {
    each_tenant(|tenant| {
        let user = someone(tenant);
        let answer = me(tenant, &user, SECRET, &nonce(&challenge(tenant)), 1).expect(200);
        assert_eq!(answer.json()["username"], user.as_str());
        let target = "/api/version?a=b%20c&d=%22";
        let value = authorization(&user, SECRET, ("GET", target), &nonce(&challenge(tenant)), 1);
        with(&tenant.anonymous(), &value).get(target).send().expect(200);
    });
}

#[test]
fn a_digest_is_for_its_method_and_target_only() {
    let user = someone(&NORTH);
    let nonce = nonce(&challenge(&NORTH));
    let value = authorization(&user, SECRET, ("GET", "/api/events/none"), &nonce, 1);
    let client = with(&NORTH.anonymous(), &value);
    client.delete("/api/events/none").send().expect(401);
    client.get(ME).send().refused(400, "uri");
    client.get("/api/events/none?limit=1").send().refused(400, "uri");
    let value = authorization(&user, SECRET, ("DELETE", "/api/events/none"), &nonce, 1);
    with(&NORTH.anonymous(), &value)
        .delete("/api/events/none")
        .send()
        .expect(404);
}

#[test]
fn a_request_that_was_overheard_is_worth_nothing() {
    let user = someone(&NORTH);
    let first = nonce(&challenge(&NORTH));
    me(&NORTH, &user, SECRET, &first, 2).expect(200);
    for replayed in [2, 1] {
        let answer = me(&NORTH, &user, SECRET, &first, replayed).expect(401);
        assert!(
            answer
                .header("www-authenticate")
                .is_some_and(|value| value.contains("stale=true")),
            "{answer}"
        );
        // The client goes on with what it gets.
        me(&NORTH, &user, SECRET, &nonce(&answer), 1).expect(200);
    }
    me(&NORTH, &user, SECRET, &first, 3).expect(200);
}

#[test]
fn a_nonce_that_the_tenant_has_not_issued_is_stale() {
    let user = someone(&NORTH);
    for foreign in [nonce(&challenge(&SOUTH)), "made up".to_owned()] {
        let answer = me(&NORTH, &user, SECRET, &foreign, 1).expect(401);
        assert!(
            answer
                .header("www-authenticate")
                .is_some_and(|value| value.contains("stale=true")),
            "{answer}"
        );
    }
}

#[test]
fn a_wrong_password_an_unknown_user_and_a_user_without_a_secret_look_the_same() {
    let user = someone(&NORTH);
    let (without, nobody) = (unique("indigestible"), unique("nobody"));
    installation().add_user(NORTH.id, &without, SECRET, "Without", &["ROLE_API"]);
    let answers = [
        (user.as_str(), "a wrong secret"),
        (nobody.as_str(), SECRET),
        // Has this password, but not for digests.
        (without.as_str(), SECRET),
        (without.as_str(), ""),
    ]
    .map(|(user, password)| me(&NORTH, user, password, &nonce(&challenge(&NORTH)), 1).expect(401));
    for answer in &answers {
        assert_eq!(answer.text(), answers[0].text());
        let value = answer.header("www-authenticate").expect("one challenge");
        assert!(value.starts_with("Digest ") && !value.contains("stale"), "{answer}");
    }
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    for value in [
        "Digest",
        "Digest ",
        "Digest username",
        "Digest username=\"a\", realm=\"Opencast\"",
    ] {
        let answer = with(&NORTH.anonymous(), value).get("/api").send().expect(401);
        nonce(&answer);
    }
}

#[test]
fn the_password_itself_is_still_good() {
    let user = someone(&NORTH);
    NORTH
        .anonymous()
        .with_credentials(&user, SECRET)
        .get(ME)
        .send()
        .expect(200);
}

#[test]
fn a_new_password_ends_digests_unless_they_are_asked_for_again() {
    let user = someone(&NORTH);
    let set = |options: &[&str]| {
        let arguments = ["user", "set-password", &user, "--tenant", NORTH.id, "--password-stdin"];
        let arguments = [&arguments, options].concat();
        installation()
            .call_with_input(&arguments, "another secret")
            .succeeded()
            .stdout
    };
    let status = |password| me(&NORTH, &user, password, &nonce(&challenge(&NORTH)), 1).status;
    assert_eq!((status(SECRET), status("another secret")), (200, 401));
    assert!(set(&[]).contains("Digest"));
    assert_eq!((status(SECRET), status("another secret")), (401, 401));
    assert!(!set(&[]).contains("Digest"));
    assert!(!set(&["--digest"]).contains("Digest"));
    assert_eq!((status(SECRET), status("another secret")), (401, 200));
}

#[test]
fn run_as_works_after_a_digest() {
    let user = unique("sudo");
    let arguments = [
        "user",
        "add",
        &user,
        "--tenant",
        NORTH.id,
        "--password-stdin",
        "--digest",
    ];
    let roles = ["--role", "ROLE_API", "--role", "ROLE_SUDO"];
    installation()
        .call_with_input(&[arguments.as_slice(), &roles].concat(), SECRET)
        .succeeded();
    let value = authorization(
        &user,
        SECRET,
        ("GET", "/api/info/me/roles"),
        &nonce(&challenge(&NORTH)),
        1,
    );
    let answer = with(&NORTH.anonymous(), &value)
        .get("/api/info/me/roles")
        .header("X-RUN-WITH-ROLES", "ROLE_A, ROLE_B")
        .send()
        .expect(200);
    assert_eq!(answer.json(), serde_json::json!(["ROLE_A", "ROLE_B"]));
}
