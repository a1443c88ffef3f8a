//! `jwt.toml` and the key files it names.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation};
use lectern_settings::stamp::{Files, stamp};
use serde::Deserialize;
use serde_json::Value;

/// The longest difference of clocks that can be configured, in seconds.
const LONGEST_LEEWAY: u64 = 3600;

/// The file of a tenant, see docs/authentication.md.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Files of public keys, relative to this one: PEM, a JSON Web Key or a set of them.
    keys: Vec<String>,
    /// If given, tokens have to name it as `iss`.
    issuer: Option<String>,
    /// If given, tokens have to be meant for one of these; if not, they must not name any.
    audience: Option<Vec<String>>,
    /// Seconds that the clocks may differ by.
    #[serde(default = "leeway")]
    leeway: u64,
    #[serde(default)]
    pub(super) claims: Claims,
    #[serde(default)]
    pub(super) roles: Roles,
}

/// Where a token says what: the name of a claim, or a JSON pointer into nested ones such as `/realm_access/roles`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Claims {
    pub(super) username: String,
    pub(super) name: String,
    pub(super) email: String,
    /// A list, or a text with blanks or commas.
    pub(super) roles: String,
}

impl Default for Claims {
    fn default() -> Self {
        let [username, name, email, roles] = ["sub", "name", "email", "roles"].map(str::to_owned);
        Self {
            username,
            name,
            email,
            roles,
        }
    }
}

/// Which roles come of what a token says.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Roles {
    /// For every token.
    pub(super) always: Vec<String>,
    /// In exchange for what the token says; anything else is taken as it is.
    pub(super) map: BTreeMap<String, Vec<String>>,
    /// Whether tokens may make administrators.
    pub(super) allow_admin: bool,
}

fn leeway() -> u64 {
    60
}

/// A public key and what tokens signed with it have to satisfy.
pub(super) struct Key {
    /// Tokens that name a key name this one.
    pub(super) kid: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
}

/// What is accepted as long as the files stay the same.
pub(super) struct Accepted {
    pub(super) config: Config,
    pub(super) keys: Vec<Key>,
}

/// The files that were read, and what came of them: nothing if there is no configuration, or a sentence for the operator that
/// names the file at fault.
pub(super) fn load(path: &Path) -> (Files, Result<Option<Accepted>, String>) {
    let mut files = vec![(path.to_owned(), stamp(path))];
    let accepted = accepted(path, &mut files);
    (files, accepted)
}

fn accepted(path: &Path, files: &mut Files) -> Result<Option<Accepted>, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| at(path, &error))?,
    };
    let config: Config = toml::from_str(&text).map_err(|error| at(path, &error))?;
    if config.leeway > LONGEST_LEEWAY {
        return Err(at(path, &format!("`leeway` is {LONGEST_LEEWAY} seconds at most")));
    }
    if config.keys.is_empty() {
        return Err(at(path, &"`keys` names no file"));
    }
    let mut keys = Vec::new();
    for name in &config.keys {
        let file = path.with_file_name(name);
        files.push((file.clone(), stamp(&file)));
        let text = fs::read_to_string(&file).map_err(|error| at(&file, &error))?;
        let read = read_keys(&text).map_err(|error| at(&file, &error))?;
        if read.is_empty() {
            return Err(at(&file, &"no key for RS256, ES256 or EdDSA is in it"));
        }
        keys.extend(read.into_iter().map(|(kid, algorithm, key)| Key {
            kid,
            algorithm,
            key,
            validation: config.validation(algorithm),
        }));
    }
    Ok(Some(Accepted { config, keys }))
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {}", path.display(), error.to_string().trim_end())
}

impl Config {
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        let mut required = vec!["exp"];
        validation.leeway = self.leeway;
        validation.validate_nbf = true;
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &self.audience {
            validation.set_audience(audience);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        validation
    }
}

type ReadKey = (Option<String>, Algorithm, DecodingKey);

fn read_keys(text: &str) -> Result<Vec<ReadKey>, String> {
    if text.contains("PRIVATE KEY") {
        return Err(
            "this is a private key, which belongs to the issuer of the tokens only: put the public one here".to_owned(),
        );
    }
    if text.contains("-----BEGIN") {
        return Ok(vec![pem(text)?]);
    }
    let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let keys = match json.get("keys").and_then(Value::as_array) {
        Some(keys) => keys.clone(),
        None => vec![json],
    };
    // A set holds keys for other purposes as well.
    keys.into_iter().filter_map(|key| jwk(key).transpose()).collect()
}

fn pem(text: &str) -> Result<ReadKey, String> {
    let bytes = text.as_bytes();
    let rsa = || DecodingKey::from_rsa_pem(bytes).map(|key| (Algorithm::RS256, key));
    let ec = || DecodingKey::from_ec_pem(bytes).map(|key| (Algorithm::ES256, key));
    let ed = || DecodingKey::from_ed_pem(bytes).map(|key| (Algorithm::EdDSA, key));
    let (algorithm, key) = ec()
        .or_else(|_| ed())
        .or_else(|_| rsa())
        .map_err(|_| "this is not a public key for RS256, ES256 or EdDSA in PEM".to_owned())?;
    check(algorithm, &key)?;
    Ok((None, algorithm, key))
}

fn jwk(json: Value) -> Result<Option<ReadKey>, String> {
    if json.get("d").is_some() {
        return Err("it holds a private key, which belongs to the issuer of the tokens only".to_owned());
    }
    let Ok(jwk) = serde_json::from_value::<Jwk>(json.clone()) else {
        return Ok(None);
    };
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(ed) if ed.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return Ok(None),
    };
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let for_this = text("alg").is_none_or(|named| named == format!("{algorithm:?}"))
        && text("use").is_none_or(|purpose| purpose == "sig");
    if !for_this {
        return Ok(None);
    }
    let key = DecodingKey::from_jwk(&jwk).map_err(|error| error.to_string())?;
    check(algorithm, &key)?;
    Ok(Some((jwk.common.key_id, algorithm, key)))
}

/// Refuses by name what no signature could ever be verified with.
fn check(algorithm: Algorithm, key: &DecodingKey) -> Result<(), String> {
    let length = match key.kind() {
        DecodingKeyKind::SecretOrDer(bytes) => bytes.len(),
        DecodingKeyKind::RsaModulusExponent { n, .. } => n.len(),
    };
    match algorithm {
        Algorithm::ES256 if length != 65 => Err("the curve of the key is not P-256".to_owned()),
        Algorithm::EdDSA if length != 32 => Err("the curve of the key is not Ed25519".to_owned()),
        Algorithm::RS256 if length < 256 => Err("the RSA key is shorter than 2048 bits".to_owned()),
        _ => Ok(()),
    }
}
