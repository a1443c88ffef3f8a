//! JSON Web Tokens: users that somebody else vouches for. The tokens of `tests/data/jwt` expire in the year 2100.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lectern_tests::Form;
use lectern_tests::content::{acl, event_form, series_form};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{FreshTenant, NORTH, SOUTH, installation, server};
use lectern_tests::form::ENCODINGS;
use lectern_tests::raw::Connection;
use serde_json::{Value, json};

const CONFIG: &str = r#"
keys = ["rsa.pem", "ed.pem", "keys.json"]
issuer = "https://idp.example"
audience = ["lectern"]
"#;

/// A token by its name; the first call makes the tenant accept those that are good.
fn token(name: &str) -> String {
    static TOKENS: OnceLock<Value> = OnceLock::new();
    let tokens = TOKENS.get_or_init(|| {
        let folder = installation().data().join("tenants").join(NORTH.id);
        for file in ["rsa.pem", "ed.pem", "keys.json"] {
            fs::copy(fixture(file), folder.join(file)).expect("a copy of the key");
        }
        fs::write(folder.join("jwt.toml"), CONFIG).expect("a configuration");
        let text = fs::read_to_string(fixture("tokens.json")).expect("the tokens");
        serde_json::from_str(&text).expect("JSON")
    });
    tokens[name].as_str().expect("a token").to_owned()
}

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/jwt").join(file)
}

#[test]
fn a_token_of_each_algorithm_opens() {
    except_under_spin!();
    for name in ["rs256", "es256", "eddsa"] {
        let client = NORTH
            .anonymous()
            .with_header("authorization", &format!("Bearer {}", token(name)));
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!((&me["username"], &me["provider"]), (&"grace".into(), &"jwt".into()));
        assert_eq!(me["email"], "grace@example.org");
        // The token has ROLE_API and no other role of the API.
        client.get("/api/events").send().expect(403);
    }
}

#[test]
fn a_token_may_come_in_the_query_and_is_not_logged() {
    except_under_spin!();
    let token = token("es256");
    let path = format!("/api/info/me?jwt={token}");
    let me = NORTH.anonymous().get(&path).send().expect(200).json();
    assert_eq!(me["username"], "grace");
    let log = server().log();
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(log.contains("/api/info/me") && !log.contains(signature));
}

#[test]
fn a_token_may_come_in_a_form_in_front_of_the_files() {
    except_under_spin!();
    let series = |token: &str| {
        let form = series_form(&json!({ "title": "T" }), &json!([]));
        form.field("jwt", token)
    };
    for encoding in ENCODINGS {
        let send = |token: &str| {
            let request = NORTH.anonymous().post("/api/series").form(&series(token), encoding);
            request.send()
        };
        // Grace is let in, but has no role for this; the administrator's roles do not count.
        send(&token("es256")).refused(403, "ROLE_API_SERIES_CREATE");
        send(&token("expired")).refused(401, "expired");
        send("nonsense").expect(401);
        send("").expect(401);
    }
    let event = event_form(&json!({ "title": "T" }), &json!([]));
    let video = |form: Form| form.file("presenter", "a.mp4", "video/mp4", &[0; 100_000]);
    let post = |form: &Form| NORTH.anonymous().post("/api/events").multipart(form).send();
    post(&video(event.clone().field("jwt", token("es256")))).refused(403, "ROLE_API_EVENTS_CREATE");
    post(&video(event).field("jwt", token("es256"))).expect(401);
}

#[test]
fn the_form_that_held_the_token_is_read_all_the_same() {
    except_under_spin!();
    let tenant = FreshTenant::new();
    let folder = tenant.folder();
    fs::copy(fixture("rsa.pem"), folder.join("rsa.pem")).expect("a copy of the key");
    let roles = r#"["ROLE_API_SERIES_CREATE", "ROLE_API_SERIES_EDIT", "ROLE_API_EVENTS_CREATE"]"#;
    let config = CONFIG.replace(r#"["rsa.pem", "ed.pem", "keys.json"]"#, r#"["rsa.pem"]"#);
    fs::write(folder.join("jwt.toml"), format!("{config}[roles]\nalways = {roles}\n")).expect("a configuration");
    let mine = acl(&[("ROLE_USER_GRACE", "read"), ("ROLE_USER_GRACE", "write")]);
    // Longer than what is read at once.
    let description = "x".repeat(200_000);
    let fields = json!({ "title": "T", "description": description });
    for form in [
        Form::new()
            .field("jwt", token("rs256"))
            .append(&series_form(&fields, &mine)),
        series_form(&fields, &mine).field("jwt", token("rs256")),
    ] {
        for encoding in ENCODINGS {
            let created = tenant
                .anonymous()
                .post("/api/series")
                .form(&form, encoding)
                .send()
                .expect(201)
                .json();
            let id = created["identifier"].as_str().expect("an identifier");
            let series = tenant.admin().series(id);
            assert_eq!(series["description"], description);
            let title = json!([{ "flavor": "dublincore/series", "fields": [{ "id": "title", "value": "New" }] }]);
            let update = Form::new().field("jwt", token("rs256")).field("metadata", title);
            tenant
                .anonymous()
                .put(&format!("/api/series/{id}"))
                .form(&update, encoding)
                .send()
                .expect(200);
            assert_eq!(tenant.admin().series(id)["title"], "New");
        }
    }
    let event = Form::new()
        .field("jwt", token("rs256"))
        .append(&event_form(&fields, &mine));
    let created = tenant
        .anonymous()
        .post("/api/events")
        .multipart(&event)
        .send()
        .expect(201)
        .json();
    let id = created["identifier"].as_str().expect("an identifier");
    assert_eq!(tenant.admin().event(id)["description"], description);
}

#[test]
fn a_tenant_that_trusts_nobody_does_not_wait_for_the_forms_of_strangers() {
    let tenant = FreshTenant::new();
    let head = format!(
        "POST /api/series HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n",
        tenant.host
    );
    let mut connection = Connection::open(tenant.server().address());
    connection.send(head);
    let answer = connection.answer().expect("an answer before the body is there");
    assert_eq!(answer.status, 401);
}

#[test]
fn a_token_that_is_not_good_is_refused_with_a_reason() {
    except_under_spin!();
    for (name, part) in [
        ("expired", "expired"),
        ("without-exp", "`exp`"),
        ("not-yet", "not valid yet"),
        ("other-audience", "audience"),
        ("other-issuer", "issuer"),
        ("none", "RS256"),
        ("hmac-with-public-key", "not signed"),
        ("foreign-key", "not signed"),
        ("algorithm-swapped", "not signed"),
    ] {
        let client = NORTH
            .anonymous()
            .with_header("authorization", &format!("Bearer {}", token(name)));
        for path in ["/api", "/api/info/me"] {
            let answer = client.get(path).send().refused(401, part);
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{answer}");
        }
    }
}

#[test]
fn a_token_makes_no_administrator_unless_that_is_configured() {
    except_under_spin!();
    let client = NORTH
        .anonymous()
        .with_header("authorization", &format!("Bearer {}", token("admin")));
    let roles = client.get("/api/info/me/roles").send().expect(200).json();
    assert!(!roles.to_string().contains("ROLE_ADMIN"), "{roles}");
    client.get("/api/events").send().expect(403);
    client
        .with_header("x-run-with-roles", "ROLE_X")
        .get("/api/info/me")
        .send()
        .expect(403);
}

#[test]
fn a_tenant_that_trusts_nobody_accepts_no_token() {
    let client = SOUTH
        .anonymous()
        .with_header("authorization", &format!("Bearer {}", token("es256")));
    client.get("/api/info/me").send().refused(401, "no JSON Web Tokens");
}

#[test]
fn two_kinds_of_credentials_in_one_request_are_refused() {
    let path = format!("/api/info/me?jwt={}", token("es256"));
    NORTH.admin().get(&path).send().refused(401, "jwt");
}
