use super::*;

fn read(values: &[&str]) -> Result<Credentials, Denial> {
    let headers = values
        .iter()
        .map(|value| ("authorization".to_owned(), (*value).to_owned()))
        .collect();
    Credentials::of(&Request {
        headers,
        ..Request::default()
    })
}

fn basic_of(username: &str, password: &str) -> Credentials {
    Credentials::Basic {
        username: username.into(),
        password: password.into(),
    }
}

#[test]
fn basic_credentials_are_read_whatever_the_case_of_the_scheme() {
    // RFC 7617, section 2.
    for value in [
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ== ",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
    ] {
        assert_eq!(read(&[value]), Ok(basic_of("Aladdin", "open sesame")), "{value}");
    }
}

#[test]
fn username_and_password_are_utf_8() {
    // RFC 7617, section 2.1: `test` and `123£`.
    assert_eq!(read(&["Basic dGVzdDoxMjPCow=="]), Ok(basic_of("test", "123£")));
}

#[test]
fn the_first_colon_ends_the_username_and_the_password_may_be_empty() {
    assert_eq!(read(&["Basic YTpiOmM="]), Ok(basic_of("a", "b:c")));
    assert_eq!(read(&["Basic YTo="]), Ok(basic_of("a", "")));
}

#[test]
fn a_request_without_an_authorization_header_or_with_an_empty_one_has_no_credentials() {
    assert_eq!(read(&[]), Ok(Credentials::None));
    assert_eq!(read(&["  "]), Ok(Credentials::None));
}

#[test]
fn malformed_credentials_are_401_with_a_challenge() {
    for values in [
        &["Basic"][..],
        &["Basic "],
        &["Basic !!!!"],
        &["Basic QWxhZGRpbg=="], // no colon
        &["Basic OnNlY3JldA=="], // no username
        &["Basic YTpi/w=="],     // not UTF-8
        &["Basic YQA6Yg=="],     // a NUL in the username
        &["Basic dGVzdDoxMjPCow== x"],
        &["Bearer"],
        &["Negotiate abc"],
        &["Digest username=\"a\""],
        &["QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
        &["Basic YTpi", "Basic YTpi"],
    ] {
        let denial = read(values).unwrap_err();
        assert_eq!(denial.status, 401, "{values:?}");
        assert_eq!(
            denial.headers,
            [("www-authenticate".into(), "Basic realm=\"Opencast\"".into())],
            "{values:?}"
        );
    }
}

const DIGEST: &str = "Digest username=\"Mufasa\", realm=\"Opencast\", nonce=\"n\", uri=\"/api/events?limit=1\", \
    algorithm=MD5, qop=auth, nc=0000000A, cnonce=\"c\", response=\"8CA523F5E9506FED4657C9700EEBDBEC\"";

fn read_digest(value: &str) -> Option<Digest> {
    match read(&[value]) {
        Ok(Credentials::Digest(digest)) => Some(digest),
        Ok(_) => None,
        Err(denial) => {
            assert_eq!(denial.status, 401);
            None
        }
    }
}

#[test]
fn digest_credentials_are_read_quoted_or_not_and_in_any_order() {
    let expected = Digest {
        username: "Mufasa".into(),
        nonce: "n".into(),
        uri: "/api/events?limit=1".into(),
        nc: "0000000A".into(),
        cnonce: "c".into(),
        response: "8ca523f5e9506fed4657c9700eebdbec".into(),
    };
    assert_eq!(expected.count(), 10);
    // curl, Python's requests and PHP quote differently.
    for value in [
        DIGEST.to_owned(),
        DIGEST
            .replace("qop=auth", "qop=\"auth\"")
            .replace("algorithm=MD5", "algorithm=\"md5\""),
        DIGEST.replace("algorithm=MD5, ", ""),
        DIGEST.replace(", ", ","),
        DIGEST
            .replace("nonce=\"n\", ", "")
            .replace("cnonce=", "nonce=n, cnonce="),
        format!("{DIGEST}, opaque=\"\""),
        DIGEST.replacen("Digest", "DIGEST", 1),
    ] {
        assert_eq!(read_digest(&value), Some(expected.clone()), "{value}");
    }
}

#[test]
fn a_quoted_pair_in_a_username_stands_for_its_character() {
    let digest = read_digest(&DIGEST.replace("Mufasa", "a\\\"b\\\\c")).unwrap();
    assert_eq!(digest.username, "a\"b\\c");
}

#[test]
fn incomplete_repeated_or_foreign_digest_parameters_are_refused() {
    for name in ["username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response"] {
        let renamed = DIGEST.replace(&format!(" {name}="), " other=");
        assert_eq!(read_digest(&renamed), None, "{renamed}");
        let twice = format!("{DIGEST}, {name}=x");
        assert_eq!(read_digest(&twice), None, "{twice}");
    }
    for (good, bad) in [
        ("Opencast", "Elsewhere"),
        ("qop=auth", "qop=auth-int"),
        ("MD5", "SHA-256"),
        ("nc=0000000A", "nc=A"),
        ("nc=0000000A", "nc=0000000G"),
        ("8CA523", "8CA52"),
        ("Mufasa", "Müller"),
        ("uri=", "uri"),
        ("qop=auth", "qop=auth Basic YTpi"),
    ] {
        let value = DIGEST.replace(good, bad);
        assert_eq!(read_digest(&value), None, "{value}");
    }
}

proptest::proptest! {
    #[test]
    fn no_digest_header_is_read_differently_from_what_was_written(
        username in "[ -~]{1,20}", uri in "/[ -~]{0,30}", cnonce in "[ -~]{1,20}", noise in ".{0,60}",
    ) {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let value = DIGEST
            .replace("Mufasa", "USERNAME")
            .replace("/api/events?limit=1", "URI")
            .replace("cnonce=\"c\"", "cnonce=\"CNONCE\"");
        let value = value.replacen("USERNAME", &quoted(&username), 1);
        let (head, tail) = value.rsplit_once("URI\", algorithm").unwrap();
        let value = format!("{head}{}\", algorithm{}", quoted(&uri), tail.replacen("CNONCE", &quoted(&cnonce), 1));
        let digest = read_digest(&value).unwrap();
        proptest::prop_assert_eq!((digest.username, digest.uri, digest.cnonce), (username, uri, cnonce));
        // Whatever else comes, it is refused and not a panic.
        let _ = read(&[&format!("Digest {noise}")]);
    }
}

#[test]
fn a_bearer_token_is_an_api_key_or_a_json_web_token() {
    assert_eq!(read(&["Bearer lk_abc"]), Ok(Credentials::ApiKey("lk_abc".into())));
    assert_eq!(read(&["bearer  a.b.c "]), Ok(Credentials::Jwt("a.b.c".into())));
}

fn read_target(path_with_query: &str, authorization: Option<&str>) -> Result<Credentials, Denial> {
    let headers = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
    Credentials::of(&Request {
        path_with_query: path_with_query.to_owned(),
        headers: headers.into_iter().collect(),
        ..Request::default()
    })
}

#[test]
fn a_json_web_token_may_come_as_query_parameter_but_an_api_key_may_not() {
    let token = Ok(Credentials::Jwt("a.b.c".into()));
    assert_eq!(read_target("/api/events?limit=1&jwt=a.b.c", None), token);
    assert_eq!(
        read_target("/api/events?jwt=lk_x", None),
        Ok(Credentials::Jwt("lk_x".into()))
    );
    for without in ["/api/events?jwt=", "/api/events?xjwt=a.b.c", "/api/jwt=a.b.c"] {
        assert_eq!(read_target(without, None), Ok(Credentials::None), "{without}");
    }
    assert_eq!(
        read_target("/api?jwt=a.b.c", Some("Basic YTpi")).unwrap_err().status,
        401
    );
}

#[test]
fn a_digest_challenge_is_for_those_who_ask_for_it_or_try() {
    let wants = |name: &str, value: &str| {
        wants_digest(&Request {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..Request::default()
        })
    };
    assert!(wants("x-requested-auth", "Digest") && wants("x-requested-auth", " digest "));
    assert!(wants("authorization", DIGEST));
    assert!(!wants("x-requested-auth", "Basic") && !wants("authorization", "Basic YTpi"));
}

#[test]
fn a_password_is_not_shown_when_credentials_are_printed() {
    assert!(!format!("{:?}", basic_of("a", "secret")).contains("secret"));
}
