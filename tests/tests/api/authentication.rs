//! Who may come in: Basic credentials, the open root, and the challenge for everybody else.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lectern_tests::content::unique;
use lectern_tests::fixture::{ADMIN, NORTH, READER, TEACHER, each_tenant, installation, password};

const PROTECTED: [&str; 12] = [
    "/api/info/me",
    "/api/info/me/roles",
    "/api/info/organization",
    "/api/info/organization/properties",
    "/api/info/organization/properties/engageuiurl",
    "/api/version",
    "/api/version/default",
    "/api/events",
    "/api/events/some-id/acl",
    "/api/series",
    "/api/series/some-id/metadata",
    "/api/no/such/endpoint",
];

#[test]
fn the_root_is_open_to_everyone() {
    each_tenant(|tenant| {
        for path in ["/api", "/api/"] {
            tenant.anonymous().get(path).send().expect(200);
        }
    });
}

#[test]
fn credentials_that_are_sent_to_the_root_are_checked() {
    each_tenant(|tenant| {
        for path in ["/api", "/api/"] {
            tenant.user(READER).get(path).send().expect(200);
            let stranger = tenant.anonymous().with_credentials(&unique("nobody"), "secret");
            let answer = stranger.get(path).send().expect(401);
            assert_eq!(answer.header("www-authenticate"), Some(r#"Basic realm="Opencast""#));
        }
    });
}

#[test]
fn everything_else_needs_credentials_and_says_so_without_a_redirect() {
    each_tenant(|tenant| {
        for path in PROTECTED {
            for path in [path.to_owned(), format!("{path}/")] {
                let answer = tenant.anonymous().get(&path).send().expect(401);
                assert_eq!(
                    answer.header("www-authenticate"),
                    Some(r#"Basic realm="Opencast""#),
                    "{answer}"
                );
                assert_eq!(answer.header("location"), None, "{answer}");
            }
        }
    });
}

#[test]
fn writing_needs_credentials_too() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in [
            "/api/events",
            "/api/series",
            "/api/events/some-id",
            "/api/series/some-id/acl",
        ] {
            NORTH.anonymous().request(method, path).send().expect(401);
        }
    }
}

#[test]
fn the_right_password_opens() {
    each_tenant(|tenant| {
        for user in [ADMIN, TEACHER, READER] {
            let me = tenant.user(user).get("/api/info/me").send().expect(200).json();
            assert_eq!(me["username"], user);
        }
    });
}

#[test]
fn the_name_of_the_scheme_may_be_written_in_any_case() {
    let credentials = BASE64_STANDARD.encode(format!("{READER}:{}", password(&NORTH, READER)));
    for scheme in ["Basic", "basic", "BASIC"] {
        let client = NORTH
            .anonymous()
            .with_header("authorization", &format!("{scheme} {credentials}"));
        client.get("/api/info/me").send().expect(200);
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    each_tenant(|tenant| {
        let user = unique("slip");
        installation().add_user(tenant.id, &user, "the right one", "Slip", &["ROLE_API"]);
        let wrong = tenant.anonymous().with_credentials(&user, "the wrong one");
        let unknown = tenant.anonymous().with_credentials(&unique("nobody"), "the wrong one");
        let wrong = wrong.get("/api/info/me").send().expect(401);
        let unknown = unknown.get("/api/info/me").send().expect(401);
        assert_eq!(wrong.text(), unknown.text());
        assert_eq!(wrong.header("www-authenticate"), Some(r#"Basic realm="Opencast""#));
    });
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    let encode = |text: &[u8]| format!("Basic {}", BASE64_STANDARD.encode(text));
    for value in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!not-base64!!!".to_owned(),
        "Basic YWRt".to_owned(),
        encode(b""),
        encode(b":"),
        encode(b"no colon"),
        encode(b"\xff\xfe:\x00"),
        "Nonsense abc".to_owned(),
        "admin:opencast".to_owned(),
    ] {
        for path in ["/api", "/api/info/me", "/api/events"] {
            let answer = NORTH
                .anonymous()
                .get(path)
                .header("authorization", &value)
                .send()
                .expect(401);
            assert!(answer.headers.contains_key("www-authenticate"), "{answer}");
        }
    }
}

#[test]
fn the_credentials_of_one_tenant_are_worth_nothing_at_the_other() {
    each_tenant(|tenant| {
        for user in [ADMIN, READER] {
            tenant
                .user(user)
                .at_host(tenant.other().host)
                .get("/api/info/me")
                .send()
                .expect(401);
        }
    });
}

#[test]
fn whoever_begins_with_many_requests_at_once_is_let_in_with_all_of_them() {
    each_tenant(|tenant| {
        for _ in 0..3 {
            let user = unique("busy");
            installation().add_user(tenant.id, &user, "many hands", "Busy", &["ROLE_API"]);
            let client = tenant.anonymous().with_credentials(&user, "many hands");
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| client.get("/api/info/me").send().expect(200));
                }
            });
        }
    });
}

#[test]
fn a_user_added_by_the_command_line_may_come_in_at_once() {
    each_tenant(|tenant| {
        let user = unique("newcomer");
        let client = tenant.anonymous().with_credentials(&user, "welcome, newcomer");
        client.get("/api/info/me").send().expect(401);
        installation().add_user(tenant.id, &user, "welcome, newcomer", "New Comer", &["ROLE_API"]);
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!(me["name"], "New Comer");
    });
}

#[test]
fn a_changed_password_counts_at_once() {
    each_tenant(|tenant| {
        let user = unique("changing");
        installation().add_user(tenant.id, &user, "the first secret", "Changing", &["ROLE_API"]);
        let first = tenant.anonymous().with_credentials(&user, "the first secret");
        let second = tenant.anonymous().with_credentials(&user, "the second secret");
        // Twice: the second time from the memory of verified credentials.
        first.get("/api/info/me").send().expect(200);
        first.get("/api/info/me").send().expect(200);
        installation().set_password(tenant.id, &user, "the second secret");
        second.get("/api/info/me").send().expect(200);
        first.get("/api/info/me").send().expect(401);
    });
}

#[test]
fn a_removed_user_is_out_at_once() {
    each_tenant(|tenant| {
        let user = unique("leaving");
        installation().add_user(tenant.id, &user, "a good bye", "Leaving", &["ROLE_API"]);
        let client = tenant.anonymous().with_credentials(&user, "a good bye");
        client.get("/api/info/me").send().expect(200);
        client.get("/api/info/me").send().expect(200);
        installation().remove_user(tenant.id, &user);
        client.get("/api/info/me").send().expect(401);
    });
}

#[test]
fn a_removed_user_of_one_tenant_stays_a_user_of_the_other() {
    let user = unique("twin");
    each_tenant(|tenant| installation().add_user(tenant.id, &user, "one of two", "Twin", &["ROLE_API"]));
    installation().remove_user(NORTH.id, &user);
    let client = NORTH.anonymous().with_credentials(&user, "one of two");
    client.get("/api/info/me").send().expect(401);
    client
        .at_host(NORTH.other().host)
        .get("/api/info/me")
        .send()
        .expect(200);
}
