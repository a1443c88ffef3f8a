//! Those who guess passwords are slowed down, and nobody else.

use lectern_tests::fixture::{ADMIN, FreshTenant, installation};
use lectern_tests::{Answer, Client, digest};

const PASSWORD: &str = "not to be guessed";

struct Attacked(FreshTenant);

impl Attacked {
    fn new() -> Self {
        let tenant = FreshTenant::new();
        installation().add_user(&tenant.id, "victim", PASSWORD, "Victim", &["ROLE_API"]);
        Self(tenant)
    }

    fn user(&self, user: &str, password: &str) -> Client {
        self.0.anonymous().with_credentials(user, password)
    }

    /// Guesses until the server has had enough.
    fn guess(&self, user: &str) -> Answer {
        for attempt in 0..200 {
            let answer = self.user(user, &format!("guess {attempt}")).get("/api/info/me").send();
            if answer.status != 401 {
                return answer;
            }
        }
        panic!("200 wrong passwords in a row, and nobody minds");
    }
}

#[test]
fn guessing_is_answered_with_429_and_when_to_try_again() {
    let attacked = Attacked::new();
    let answer = attacked.guess("victim").expect(429);
    let seconds = answer.header("retry-after").and_then(|value| value.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    assert!(!answer.text().is_empty());
}

#[test]
fn guessing_at_a_name_that_does_not_exist_is_slowed_down_too() {
    let attacked = Attacked::new();
    attacked.guess("nobody").expect(429);
}

#[test]
fn other_users_and_tenants_are_not_slowed_down() {
    let attacked = Attacked::new();
    let elsewhere = Attacked::new();
    attacked.guess("victim").expect(429);
    attacked.0.admin().get("/api/info/me").send().expect(200);
    elsewhere.0.admin().get("/api/info/me").send().expect(200);
    for user in [ADMIN, "victim"] {
        elsewhere.user(user, "a slip").get("/api/info/me").send().expect(401);
    }
}

#[test]
fn guessing_with_digests_is_slowed_down_like_guessing_with_passwords() {
    let attacked = Attacked::new();
    let client = attacked.0.anonymous();
    let me = "/api/info/me";
    let challenge = client.get(me).header("x-requested-auth", "Digest").send().expect(401);
    let nonce = digest::nonce(&challenge);
    let guess = |count: u32| {
        let value = digest::authorization("victim", &format!("guess {count}"), ("GET", me), &nonce, count);
        client.get(me).header("authorization", value).send().status
    };
    assert!(
        (1..200).map(guess).any(|status| status == 429),
        "200 wrong digests in a row"
    );
    // They count together.
    attacked.user("victim", "one more").get(me).send().expect(429);
}

#[test]
fn a_few_slips_are_forgiven() {
    let attacked = Attacked::new();
    for _ in 0..3 {
        attacked.user("victim", "a slip").get("/api/info/me").send().expect(401);
    }
    attacked.user("victim", PASSWORD).get("/api/info/me").send().expect(200);
}
