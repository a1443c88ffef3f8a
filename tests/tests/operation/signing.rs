//! Signed URLs, from the operator's file to the player.

use lectern_tests::content::{catalog, owned_by};
use lectern_tests::runtime::Runtime;
use lectern_tests::{Client, Form, Installation, Server};
use serde_json::{Value, json};

const SAMPLE: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

const HOST: &str = "video.uni.example";

const KEYS: &str = "\
key.main.secret = a long random text
key.main.url = http://video.uni.example/static/
key.main.url.player = http://video.uni.example/play/
";

struct Signing {
    installation: Installation,
    server: Server,
    event: String,
}

impl Signing {
    /// A server with a published film and these keys.
    fn new(keys: &str) -> Self {
        Self::by(&Runtime::Host, keys)
    }

    /// The same, served by another runtime.
    fn by(runtime: &Runtime, keys: &str) -> Self {
        let installation = Installation::empty();
        installation.init("uni", "University", HOST, "admin", "secret");
        let file = installation.data().join("tenants/uni/url-signing.properties");
        std::fs::write(file, keys).unwrap();
        let server = Server::start_by(runtime, &installation, None);
        let client = server.client(HOST).with_credentials("admin", "secret");
        let form = Form::new()
            .field(
                "metadata",
                json!([catalog("dublincore/episode", &json!({ "title": "Film" }))]),
            )
            .field("acl", owned_by("ROLE_ADMIN"))
            .field("processing", json!({ "workflow": "fast" }))
            .file("presenter", "talk.mp4", "video/mp4", SAMPLE);
        let answer = client.post("/api/events").multipart(&form).send().expect(201);
        let event = answer.json()["identifier"].as_str().unwrap().to_owned();
        assert_eq!(client.until_processed(&event), "SUCCEEDED");
        Self {
            installation,
            server,
            event,
        }
    }

    fn admin(&self) -> Client {
        self.server.client(HOST).with_credentials("admin", "secret")
    }

    fn publication(&self, query: &str) -> Value {
        let path = format!("/api/events/{}/publications{query}", self.event);
        self.admin().get(&path).send().expect(200).json()[0].clone()
    }

    /// What somebody without credentials gets at this address.
    fn visit(&self, url: &str) -> lectern_tests::Answer {
        let path = url.strip_prefix("http://video.uni.example").unwrap_or(url);
        self.server.client(HOST).get(path).send()
    }

    fn sign(&self, fields: &[(&str, &str)]) -> lectern_tests::Answer {
        let form = fields
            .iter()
            .fold(Form::new(), |form, (name, value)| form.field(name, value));
        self.admin().post("/api/security/sign").urlencoded(&form).send()
    }
}

fn url(of: &Value) -> String {
    of["url"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_url_admits_without_credentials_and_only_as_it_was_signed() {
    for runtime in [Runtime::Host, Runtime::SpinCompat] {
        admits_only_as_it_was_signed(&Signing::by(&runtime, KEYS));
    }
}

fn admits_only_as_it_was_signed(signing: &Signing) {
    let plain = url(&signing.publication("")["media"][0]);
    signing.visit(&plain).expect(401);
    let signed = url(&signing.publication("?sign=true")["media"][0]);
    assert_eq!(signing.visit(&signed).expect(200).body, SAMPLE);
    let catalog = url(&signing.publication("")["metadata"][0]);
    let signature = signed.split_once('?').unwrap().1;
    signing.visit(&format!("{catalog}?{signature}")).expect(403);
    signing.visit(&format!("{signed}0")).expect(400);
    let (start, last) = signed.split_at(signed.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    signing.visit(&format!("{start}{other}")).expect(403);
    signing.visit(&signed.replace("keyId=main", "keyId=other")).expect(403);
    signing.visit(signed.split_once("&signature=").unwrap().0).expect(400);
}

#[test]
fn a_page_reached_by_a_signed_url_plays() {
    let signing = Signing::new(KEYS);
    let page = url(&signing.publication("?sign=true"));
    signing.visit(&url(&signing.publication(""))).expect(401);
    let html = signing.visit(&page).expect(200).text();
    let source = html.split_once("<source src=\"").unwrap().1.split_once('"').unwrap().0;
    let source = source.replace("&amp;", "&");
    assert!(source.contains("signature="), "{html}");
    assert_eq!(signing.visit(&source).expect(200).body, SAMPLE);
}

#[test]
fn a_url_is_signed_on_request_until_a_time_and_for_an_address() {
    for runtime in [Runtime::Host, Runtime::SpinCompat] {
        is_signed_on_request(&Signing::by(&runtime, KEYS));
    }
}

fn is_signed_on_request(signing: &Signing) {
    let plain = url(&signing.publication("")["media"][0]);
    let expired = signing
        .sign(&[("url", &plain), ("valid-until", "2020-01-01T00:00:00Z")])
        .expect(200)
        .json();
    assert_eq!(expired["valid-until"], "2020-01-01T00:00:00Z");
    signing.visit(&url(&expired)).expect(410);
    let here = signing
        .sign(&[("url", &plain), ("valid-source", "127.0.0.1")])
        .expect(200)
        .json();
    signing.visit(&url(&here)).expect(200);
    let elsewhere = signing
        .sign(&[("url", &plain), ("valid-source", "192.0.2.7")])
        .expect(200)
        .json();
    signing.visit(&url(&elsewhere)).expect(403);
    let other = signing
        .sign(&[("url", "https://elsewhere.example/a.mp4")])
        .expect(200)
        .json();
    assert_eq!(other, json!({ "error": "Given URL cannot be signed" }));
    signing.sign(&[]).refused(400, "'url'");
    signing
        .sign(&[("url", &plain), ("valid-until", "tomorrow")])
        .refused(400, "'valid-until'");
    signing
        .sign(&[("url", &plain), ("valid-source", "localhost")])
        .refused(400, "'valid-source'");
}

#[test]
fn keys_that_cannot_be_used_change_no_answer_and_are_reported() {
    let signing = Signing::new("key.main.secret = a long random text\n");
    let plain = signing.publication("");
    assert_eq!(signing.publication("?sign=true"), plain);
    let answer = signing.sign(&[("url", &url(&plain))]).expect(200).json();
    assert_eq!(answer, json!({ "error": "Error while signing url" }));
    let log = signing.server.log();
    assert!(
        log.contains("url-signing.properties: `key.main.url` is missing"),
        "{log}"
    );
    assert!(!log.contains("a long random text"));
    let file = signing.installation.data().join("tenants/uni/url-signing.properties");
    std::fs::write(file, KEYS).unwrap();
    assert_ne!(signing.publication("?sign=true"), plain);
}
