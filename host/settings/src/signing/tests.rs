use super::*;
use crate::properties::Properties;
use proptest::prelude::*;

const NOW: i64 = 1_521_475_908_000;
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));
const URL: &str = "https://video.example/static/e/1/a%20b.mp4?x=1";

const FILE_TEXT: &str = "\
key.one.secret = 0123456789abcdef
key.one.url = https://video.example/static/
key.one.url.play = https://video.example/play/
key.two.secret = other
key.two.url = https://cdn.example/
key.two.organization = elsewhere
exclude.url.pattern = .*\\\\.vtt
";

fn config(text: &str) -> Result<Config, String> {
    Config::new(&Properties::parse(text.as_bytes()).unwrap(), &"uni".parse().unwrap())
}

/// A tenant that signs with this file.
fn signing(text: &str) -> (tempfile::TempDir, Signing) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), text).unwrap();
    let signing = Signing::new("uni".parse().unwrap(), &folder.path().join("tenant.db"));
    (folder, signing)
}

fn signed(signing: &Signing, url: &str, until: Option<i64>, address: Option<IpAddr>) -> Option<String> {
    let signed = signing.sign(&[url.to_owned()], until, address, NOW).unwrap();
    signed.urls.into_iter().next().unwrap()
}

/// Whether a request for this target is let in; none if it is not signed.
fn check(signing: &Signing, target: &str, client: &str, now: i64) -> Option<Result<(), SignatureRefusal>> {
    Some(signing.check(target, client.parse().unwrap(), now)?.map(drop))
}

/// What a request for this URL carries.
fn target(url: &str) -> &str {
    url.strip_prefix("https://video.example").unwrap()
}

#[test]
fn a_url_is_signed_as_another_program_does_it() {
    let (_folder, signing) = signing(FILE_TEXT);
    let url = signed(&signing, URL, Some(1_521_483_108_000), Some(CLIENT)).unwrap();
    // By Python's hmac and base64 from the text
    // {"Statement":{"Condition":{"DateLessThan":1521483108000,"IpAddress":"10.0.0.7"},"Resource":"https:\/\/video.example\/…"}}
    let expected = "https://video.example/static/e/1/a%20b.mp4?x=1\
        &policy=eyJTdGF0ZW1lbnQiOnsiQ29uZGl0aW9uIjp7IkRhdGVMZXNzVGhhbiI6MTUyMTQ4MzEwODAwMCwiSXBBZGRyZXNzIjoiMTAuMC4wLjcifSwiUmVzb3Vy\
        Y2UiOiJodHRwczpcL1wvdmlkZW8uZXhhbXBsZVwvc3RhdGljXC9lXC8xXC9hJTIwYi5tcDQ_eD0xIn19\
        &keyId=one&signature=198091220e00b75ea6f86a4e98c62dfb92643b7bdd6da2e472d3722391a1a5a3";
    assert_eq!(url, expected);
}

#[test]
fn a_signed_url_admits_until_it_expires() {
    let (_folder, signing) = signing(FILE_TEXT);
    for url in [
        URL,
        "https://video.example/play/e",
        "https://video.example/static/%C3%BC?a&b=%26",
    ] {
        let url = signed(&signing, url, None, None).unwrap();
        let check = |now| check(&signing, target(&url), "10.0.0.7", now).unwrap();
        assert_eq!(check(NOW), Ok(()));
        assert_eq!(check(NOW + 7_199_999), Ok(()));
        assert_eq!(check(NOW + 7_200_000), Err(SignatureRefusal::Expired));
    }
    assert_eq!(signing.check("/static/e/1/a.mp4?x=1", CLIENT, NOW), None);
    assert_eq!(signing.check("/static/e/1/a.mp4", CLIENT, NOW), None);
}

#[test]
fn a_signature_is_good_for_its_address_and_its_resource_only() {
    let (_folder, signing) = signing(FILE_TEXT);
    let url = signed(&signing, URL, None, Some(CLIENT)).unwrap();
    let check = |target: &str, client: &str| check(&signing, target, client, NOW).unwrap();
    assert_eq!(check(target(&url), "10.0.0.7"), Ok(()));
    assert_eq!(check(target(&url), "::ffff:10.0.0.7"), Ok(()));
    assert_eq!(check(target(&url), "10.0.0.8"), Err(SignatureRefusal::Forbidden));
    let elsewhere = url.replace("/static/e/1/", "/static/e/2/");
    assert_eq!(check(target(&elsewhere), "10.0.0.7"), Err(SignatureRefusal::Forbidden));
    let more = format!("{}&y=2", target(&url));
    assert_eq!(check(&more, "10.0.0.7"), Err(SignatureRefusal::Forbidden));
}

#[test]
fn a_good_signature_says_what_it_is_good_for() {
    let (_folder, signing) = signing(FILE_TEXT);
    let url = signed(&signing, URL, Some(NOW + 5), Some(CLIENT)).unwrap();
    let request = signing.check(target(&url), CLIENT, NOW).unwrap().unwrap();
    let expected = SignedRequest {
        origin: "https://video.example".to_owned(),
        valid_until: NOW + 5,
        address: Some(CLIENT),
    };
    assert_eq!(request, expected);
}

#[test]
fn a_signature_with_a_beginning_is_not_good_before() {
    let config = config(FILE_TEXT).unwrap();
    let policy = Policy {
        resource: URL.to_owned(),
        less_than: NOW + 10,
        greater_than: Some(NOW),
        address: None,
    };
    let key = config.key("one").unwrap();
    let url = policy.sign(key).unwrap();
    let signature = policy::signature(target(&url)).unwrap().unwrap();
    assert_eq!(signature.check(key, CLIENT, NOW), Err(SignatureRefusal::Expired));
    assert!(signature.check(key, CLIENT, NOW + 1).is_ok());
    assert_eq!(signature.check(key, CLIENT, NOW + 10), Err(SignatureRefusal::Expired));
}

#[test]
fn what_no_key_covers_is_not_signed() {
    let (_folder, signing) = signing(FILE_TEXT);
    for url in [
        "https://elsewhere.example/static/e/1/a.mp4",
        "http://video.example/static/e/1/a.mp4",
        "https://cdn.example/a.mp4",
        "https://video.example/static/e/1/a.vtt",
        "",
    ] {
        assert_eq!(signed(&signing, url, None, None), None, "{url}");
    }
    let once = signed(&signing, URL, None, None).unwrap();
    assert_eq!(signed(&signing, &once, None, None), None);
    let fragment = signed(&signing, "https://video.example/play/e#t=5", None, None).unwrap();
    assert!(fragment.starts_with("https://video.example/play/e?policy=") && fragment.ends_with("#t=5"));
}

#[test]
fn half_a_signature_is_malformed() {
    let (_folder, signing) = signing(FILE_TEXT);
    let url = signed(&signing, URL, None, None).unwrap();
    let check = |target: &str| signing.check(target, CLIENT, NOW).unwrap().unwrap_err();
    for name in ["policy", "keyId", "signature"] {
        let start = url.find(&format!("&{name}=")).unwrap();
        let end = url[start + 1..]
            .find('&')
            .map_or(url.len(), |length| start + 1 + length);
        let without = format!("{}{}", &url[..start], &url[end..]);
        assert_eq!(check(target(&without)), SignatureRefusal::Malformed, "{name}");
        let twice = format!("{url}{}", &url[start..end]);
        assert_eq!(check(target(&twice)), SignatureRefusal::Malformed, "{name}");
    }
    assert_eq!(
        check("/static/e?policy=%&keyId=one&signature=00"),
        SignatureRefusal::Malformed
    );
    assert_eq!(
        check("/static/e?policy=e30&keyId=none&signature=00"),
        SignatureRefusal::Forbidden
    );
}

#[test]
fn without_a_file_nothing_is_signed_and_no_signature_is_good() {
    let signing = Signing::new("uni".parse().unwrap(), Path::new("/nonexistent/tenant.db"));
    assert_eq!(signed(&signing, URL, None, None), None);
    let refused = signing.check("/static/e?policy=e30&keyId=one&signature=00", CLIENT, NOW);
    assert_eq!(refused, Some(Err(SignatureRefusal::Forbidden)));
}

#[test]
fn a_file_that_changes_is_read_again() {
    let (folder, signing) = signing(FILE_TEXT);
    let url = signed(&signing, URL, None, None).unwrap();
    let other = FILE_TEXT.replace("0123456789abcdef", "another secret");
    std::fs::write(folder.path().join(FILE), other).unwrap();
    assert_eq!(
        signing.check(target(&url), CLIENT, NOW),
        Some(Err(SignatureRefusal::Forbidden))
    );
    std::fs::write(folder.path().join(FILE), "key.one.secret=x").unwrap();
    assert_eq!(signing.sign(&[URL.to_owned()], None, None, NOW), None);
    assert_eq!(
        signing.check(target(&url), CLIENT, NOW),
        Some(Err(SignatureRefusal::Forbidden))
    );
}

#[test]
fn what_is_wrong_with_the_file_is_named() {
    for (text, named) in [
        ("key.one.secret=x", "`key.one.url`"),
        ("key.one.url=x", "`key.one.secret`"),
        ("key.one.secrets=x", "`key.one.secrets`"),
        ("keys.one.secret=x", "`keys.one.secret`"),
        ("url.signing.expires.seconds=soon", "`soon`"),
        ("url.signing.expires.seconds=0", "`0`"),
        ("exclude.url.pattern=(", "`exclude.url.pattern`"),
        (
            "key.a.secret=x\nkey.a.url=https://a/\nkey.b.secret=y\nkey.b.url=https://a/b/",
            "https://a/b/",
        ),
        (
            "key.a.secret=x\nkey.a.url=https://a/\nkey.a.url.2=https://a/",
            "contain each other",
        ),
    ] {
        let error = config(text).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
        assert!(!error.contains("secret=") && !error.contains("0123456789"), "{error}");
    }
    let apart =
        "key.a.secret=x\nkey.a.url=https://a/\nkey.b.secret=y\nkey.b.url=https://a/b/\nkey.b.organization=other";
    assert!(config(apart).is_ok());
    assert_eq!(config("url.signing.expires.seconds=60").unwrap().lifetime_ms, 60_000);
}

proptest! {
    #[test]
    fn every_url_of_the_key_is_admitted(path in "[a-zA-Z0-9/_.~%-]{0,30}", query in "([a-z]{1,5}(=[a-z0-9%]{0,5})?){0,3}") {
        let (_folder, signing) = signing(FILE_TEXT);
        let mut url = format!("https://video.example/static/{path}");
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        prop_assume!(!url.ends_with(".vtt"));
        let url = signed(&signing, &url, None, None).unwrap();
        prop_assert_eq!(check(&signing, target(&url), "10.0.0.7", NOW), Some(Ok(())));
    }

    /// Whatever byte is changed, the request is not let in; without any part of a signature it is an ordinary one.
    #[test]
    fn a_changed_byte_is_refused(position in any::<prop::sample::Index>(), byte in 0x21_u8..0x7f) {
        let (_folder, signing) = signing(FILE_TEXT);
        let url = signed(&signing, URL, None, None).unwrap();
        let mut changed = target(&url).as_bytes().to_vec();
        let position = position.index(changed.len());
        prop_assume!(changed[position] != byte);
        changed[position] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert_ne!(check(&signing, &changed, "10.0.0.7", NOW), Some(Ok(())), "{}", changed);
    }
}
