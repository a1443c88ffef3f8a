use super::*;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Keys, and tokens signed with them; the private halves are gone.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/jwt");

const CONFIG: &str = r#"
keys = ["rsa.pem", "ed.pem", "keys.json"]
issuer = "https://idp.example"
audience = ["lectern", "other"]
"#;

struct Fixture {
    folder: TempDir,
    tokens: Tokens,
    known: Map<String, Value>,
}

impl Fixture {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["rsa.pem", "ed.pem", "ec.pem", "keys.json"] {
            fs::copy(Path::new(FIXTURES).join(file), folder.path().join(file)).unwrap();
        }
        fs::write(folder.path().join(FILE), config).unwrap();
        let known = fs::read_to_string(Path::new(FIXTURES).join("tokens.json")).unwrap();
        Self {
            tokens: Tokens::new("a".parse().unwrap(), &folder.path().join("tenant.db")),
            known: serde_json::from_str(&known).unwrap(),
            folder,
        }
    }

    fn token(&self, name: &str) -> &str {
        self.known[name].as_str().unwrap()
    }

    fn session(&self, name: &str) -> Result<Session, Denial> {
        self.tokens.session(self.token(name), &organization())
    }

    fn roles(&self, name: &str) -> Vec<String> {
        self.session(name).unwrap().principal.roles
    }

    fn refusal(&self, name: &str) -> String {
        let denial = self.session(name).unwrap_err();
        assert_eq!(denial.status, 401, "{name}: {}", denial.message);
        assert!(denial.headers[0].1.starts_with("Bearer"), "{name}");
        denial.message
    }

    /// Why the configuration cannot be used.
    fn fault(&self) -> String {
        load(&self.folder.path().join(FILE)).1.err().unwrap()
    }
}

fn organization() -> Organization {
    Organization {
        identifier: "a".into(),
        admin_role: "ROLE_A_ADMIN".into(),
        anonymous_role: "ROLE_ANONYMOUS".into(),
        ..Organization::default()
    }
}

#[test]
fn a_token_of_each_algorithm_makes_a_user() {
    let fixture = Fixture::new(CONFIG);
    for name in ["rs256", "es256", "eddsa"] {
        let session = fixture.session(name).unwrap();
        let principal = session.principal;
        assert_eq!(session.authenticated, "grace", "{name}");
        assert_eq!(
            [principal.name, principal.email, principal.provider],
            ["Grace Hopper", "grace@example.org", "jwt"]
        );
        let expected = [
            "ROLE_ANONYMOUS",
            "ROLE_API",
            "ROLE_COURSE_1",
            "ROLE_USER",
            "ROLE_USER_GRACE",
            "lecturer",
        ];
        assert_eq!(principal.roles, expected);
    }
}

#[test]
fn a_key_may_be_a_file_of_its_own_for_each_algorithm() {
    let fixture = Fixture::new(&CONFIG.replace("keys.json", "ec.pem"));
    for name in ["rs256", "es256", "eddsa"] {
        fixture.session(name).unwrap();
    }
}

#[test]
fn a_token_that_is_not_valid_now_or_not_for_us_is_refused() {
    let fixture = Fixture::new(CONFIG);
    for (name, part) in [
        ("expired", "expired"),
        ("without-exp", "`exp`"),
        ("not-yet", "not valid yet"),
        ("other-audience", "audience"),
        ("without-audience", "`aud`"),
        ("other-issuer", "issuer"),
        ("without-issuer", "`iss`"),
    ] {
        let message = fixture.refusal(name);
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn an_audience_that_nobody_expects_is_refused_and_none_is_fine() {
    let fixture = Fixture::new("keys = [\"keys.json\"]");
    assert!(fixture.refusal("es256").contains("audience"));
    fixture.session("without-audience").unwrap();
}

#[test]
fn a_token_without_a_signature_of_ours_is_refused() {
    let fixture = Fixture::new(CONFIG);
    for name in [
        "none",
        "hmac-with-public-key",
        "foreign-key",
        "unknown-kid",
        "algorithm-swapped",
        "critical",
    ] {
        fixture.refusal(name);
    }
    // Nor does a signature fit other claims.
    let (good, other) = (fixture.token("es256"), fixture.token("admin"));
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (_, claims) = other.rsplit_once('.').unwrap().0.split_once('.').unwrap();
    let forged = format!("{}.{claims}.{signature}", head.split_once('.').unwrap().0);
    for token in [
        forged.as_str(),
        head,
        "",
        ".",
        "..",
        "a.b.c",
        "lk_x",
        &good.replace('.', ".."),
    ] {
        let denial = fixture.tokens.session(token, &organization()).unwrap_err();
        assert_eq!(denial.status, 401, "{token}");
    }
}

#[test]
fn a_token_makes_administrators_only_where_that_is_configured() {
    let fixture = Fixture::new(CONFIG);
    let common = ["ROLE_ANONYMOUS", "ROLE_API", "ROLE_USER", "ROLE_USER_GRACE"];
    assert_eq!(fixture.roles("admin"), common);
    assert!(!fixture.session("admin").unwrap().principal.administrator);
    let allowing = Fixture::new(&format!("{CONFIG}[roles]\nallow-admin = true"));
    assert!(allowing.session("admin").unwrap().principal.administrator);
    // Nor by a map or for everybody.
    let config = format!("{CONFIG}[roles]\nalways = [\"ROLE_A_ADMIN\"]\nmap = {{ ROLE_API = [\"ROLE_SUDO\"] }}");
    assert_eq!(
        Fixture::new(&config).roles("admin"),
        ["ROLE_ANONYMOUS", "ROLE_USER", "ROLE_USER_GRACE"]
    );
}

#[test]
fn roles_may_be_mapped_and_given_to_all() {
    let config = format!("{CONFIG}[roles]\nalways = [\"ROLE_X\"]\nmap = {{ lecturer = [\"ROLE_B\", \"ROLE_C\"] }}");
    let expected = [
        "ROLE_ANONYMOUS",
        "ROLE_API",
        "ROLE_B",
        "ROLE_C",
        "ROLE_COURSE_1",
        "ROLE_USER",
        "ROLE_USER_GRACE",
        "ROLE_X",
    ];
    assert_eq!(Fixture::new(&config).roles("es256"), expected);
}

#[test]
fn claims_have_the_names_of_the_configuration() {
    let config = format!("{CONFIG}[claims]\nusername = \"preferred_username\"\nroles = \"/realm_access/roles\"");
    let principal = Fixture::new(&config).session("nested-roles").unwrap().principal;
    assert_eq!(principal.username, "hopper");
    assert!(principal.roles.contains(&"ROLE_API".to_owned()));
    let roles = Fixture::new(CONFIG).roles("roles-as-text");
    assert!(
        ["ROLE_API", "ROLE_X", "ROLE_Y"]
            .iter()
            .all(|role| roles.contains(&(*role).to_owned()))
    );
}

#[test]
fn no_token_takes_the_name_of_nobody_or_of_a_key() {
    let fixture = Fixture::new(CONFIG);
    for name in ["anonymous", "colon", "without-username"] {
        assert!(fixture.refusal(name).contains("`sub`"), "{name}");
    }
}

#[test]
fn a_tenant_without_a_configuration_accepts_no_token() {
    let fixture = Fixture::new(CONFIG);
    fs::remove_file(fixture.folder.path().join(FILE)).unwrap();
    assert!(fixture.refusal("es256").contains("no JSON Web Tokens"));
}

#[test]
fn a_changed_file_counts_from_the_next_token_on() {
    let fixture = Fixture::new(CONFIG);
    fixture.session("es256").unwrap();
    let keys = fixture.folder.path().join("keys.json");
    let old = fs::read(&keys).unwrap();
    fs::remove_file(&keys).unwrap();
    assert_eq!(fixture.session("es256").unwrap_err().status, 503);
    fs::write(&keys, &old).unwrap();
    fixture.session("es256").unwrap();
    // Of the same length, but later.
    let config = fixture.folder.path().join(FILE);
    fs::write(&config, CONFIG.replace("idp.example", "idp.exampel")).unwrap();
    let file = fs::File::options().write(true).open(&config).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(10)).unwrap();
    assert!(fixture.refusal("es256").contains("issuer"));
}

#[test]
fn a_fault_of_the_configuration_names_file_and_line() {
    for (config, parts) in [
        ("keys = [\"rsa.pem\"]\n\nissuer = 7", &["jwt.toml", "line 3"][..]),
        ("keys = [\"rsa.pem\"]\nisuer = \"x\"", &["jwt.toml", "line 2", "isuer"]),
        ("issuer = \"x\"", &["jwt.toml", "keys"]),
        ("keys = []", &["jwt.toml", "keys"]),
        ("keys = [\"none.pem\"]", &["none.pem"]),
        ("keys = [\"rsa.pem\"]\nleeway = 100000000", &["jwt.toml", "leeway"]),
        ("keys = [\"jwt.toml\"]", &["jwt.toml", "line 1"]),
    ] {
        let fault = Fixture::new(config).fault();
        assert!(parts.iter().all(|part| fault.contains(part)), "{config}: {fault}");
    }
}

#[test]
fn keys_that_no_signature_can_be_verified_with_are_refused_by_name() {
    for (content, part) in [
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "private key",
        ),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "not a public key",
        ),
        ("{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\"}]}", "no key for"),
        ("{\"keys\": [", "line 1"),
        (
            "{\"kty\": \"RSA\", \"n\": \"AQAB\", \"e\": \"AQAB\"}",
            "shorter than 2048 bits",
        ),
        (
            "{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"AQAB\", \"d\": \"AQAB\"}",
            "private key",
        ),
    ] {
        let fixture = Fixture::new("keys = [\"bad\"]");
        fs::write(fixture.folder.path().join("bad"), content).unwrap();
        let fault = fixture.fault();
        assert!(fault.contains(part) && fault.contains("bad"), "{content}: {fault}");
    }
}
