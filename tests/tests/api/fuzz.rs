//! No input gives a 5xx: random requests, near enough to real ones to get far.

use std::sync::LazyLock;

use lectern_tests::content::{event_form, owned_by};
use lectern_tests::fixture::{ADMIN, LMS, NORTH, TEACHER};
use lectern_tests::{Client, Request, Stage};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use serde_json::json;

/// What the random requests find: one series and one event.
struct Target {
    stage: Stage,
    series: String,
    event: String,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let stage = Stage::new(&NORTH);
    let series = stage
        .admin
        .create_series(json!({ "title": "Ziel" }), &owned_by(&stage.role));
    let event = stage
        .admin
        .create_event(json!({ "title": "Ziel", "isPartOf": series }), &owned_by(&stage.role));
    Target { stage, series, event }
});

/// The same cases in every run, so that a failure is found again.
fn check<T: std::fmt::Debug>(cases: u32, strategy: impl Strategy<Value = T>, request: impl Fn(&T) -> Request) {
    let config = Config {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x1ec7e2),
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&strategy, |input| {
        let answer = request(&input).send();
        prop_assert!(answer.status < 500, "{answer}");
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    NORTH.admin().get("/api/version").send().expect(200);
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "title", "textFilter", "start", "technical_start", "created", "CreationDate", "creationDate", "series",
            "identifier", "presenters", "presenter", "contributors", "creator", "location", "status", "subject",
            "series_name", "organizers", "publishers", "managedAcl", "start_date", "workflow_state", "language",
        ]).prop_map(str::to_owned),
        4 => select(vec![
            "", " ", "ASC", "DESC", "asc", "2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z/2024-06-01T10:00:00Z",
            "9999-99-99T99:99:99Z/0000-00-00T00:00:00", "-1-1-1T1:1:1/T", "/", "\\", "\\,", "\"", "'", "*", "%", "_",
            "\u{0}", "\u{feff}", "\u{202e}", "😀", "ä", "a\u{308}", "ß", "İ", "NULL", "0", "-1", "1e309",
            "9223372036854775808", "18446744073709551616", "true", "ROLE_ADMIN", "AND", "OR", "NEAR(", "^", "{", "[",
            "title:ASC,title:DESC", "EVENTS.EVENTS.STATUS.PROCESSED",
        ]).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => "[a-z]{1,4}",
        1 => "[a-z ]{200,2000}",
    ]
}

/// Words with the separators of the filter and sort grammars between them.
fn expression() -> impl Strategy<Value = String> {
    vec((word(), select(vec![":", ",", "::", "", "/", " "])), 0..6).prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(word, separator)| [word, separator.to_owned()])
            .collect()
    })
}

fn query() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let name = select(vec![
        "filter",
        "filter",
        "filter",
        "sort",
        "sort",
        "limit",
        "offset",
        "withacl",
        "withmetadata",
        "withscheduling",
        "withpublications",
        "onlyWithWriteAccess",
        "sign",
        "type",
        "cursor",
        "includeInternalPublication",
        "x",
    ]);
    vec((name, expression()), 0..6)
}

fn version() -> impl Strategy<Value = &'static str> {
    select(vec!["v1.0.0", "v1.1.0", "v1.4.0", "v1.5.0", "v1.10.0", "v1.11.0"])
}

#[test]
fn random_lists_never_fail() {
    let collection = select(vec!["events", "series", "events/", "series/"]);
    check(300, (collection, query(), version()), |(collection, query, version)| {
        let request = TARGET.stage.actor.get(&format!("/api/{collection}")).version(version);
        query
            .iter()
            .fold(request, |request, (name, value)| request.query(name, value))
    });
}

#[test]
fn random_bytes_in_a_query_never_fail() {
    let collection = select(vec!["events", "series"]);
    let query = vec(any::<u8>(), 0..60).prop_map(|bytes| {
        let escaped = bytes.into_iter().map(|byte| match byte {
            b'!'..=b'~' if !b"\"#<>\\^`{|}".contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        escaped.collect::<String>()
    });
    check(200, (collection, query), |(collection, query)| {
        TARGET.stage.actor.get(&format!("/api/{collection}?filter={query}"))
    });
}

#[test]
fn random_paths_never_fail() {
    let segment = prop_oneof![
        select(vec![
            "events",
            "series",
            "acl",
            "metadata",
            "info",
            "me",
            "roles",
            "version",
            "default",
            "read",
            "write",
            "..",
            ".",
            "",
            "%00",
            "%2F",
            "%",
            "%ff",
            "media",
            "publications",
            "scheduling",
            "properties",
            "series.json",
        ])
        .prop_map(str::to_owned),
        Just("{event}".to_owned()),
        Just("{series}".to_owned()),
        "[ -~]{0,20}"
            .prop_map(|text| text.replace([' ', '?', '#', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "%20")),
    ];
    // Not DELETE: a lucky hit would take the target away from the other tests.
    let method = select(vec!["GET", "HEAD", "PUT", "POST", "PATCH", "OPTIONS", "FOO"]);
    check(300, (method, vec(segment, 0..6)), |(method, segments)| {
        let path = segments
            .join("/")
            .replace("{event}", &TARGET.event)
            .replace("{series}", &TARGET.series);
        TARGET.stage.admin.request(method, &format!("/api/{path}"))
    });
}

#[test]
fn random_headers_never_fail() {
    let name = select(vec![
        "accept",
        "authorization",
        "x-run-as-user",
        "x-run-with-roles",
        "x-api-as-user",
        "x-api-with-roles",
        "x-opencast-matterhorn-user",
        "x-opencast-matterhorn-roles",
        "x-opencast-matterhorn-organization",
        "x-requested-auth",
        "content-type",
        "accept-language",
        "accept-encoding",
        "if-none-match",
        "range",
        "cookie",
        "x-forwarded-for",
        "x-forwarded-proto",
        "expect",
        "origin",
        "prefer",
    ]);
    let value = prop_oneof![
        vec(
            any::<u8>().prop_filter("a field value", |byte| *byte == b'\t' || (*byte >= 32 && *byte != 127)),
            0..80
        ),
        select(vec![
            "application/v1.0.0+json",
            "application/*",
            "*/*;q=0",
            "Basic ",
            "Basic YTpi",
            "Basic Og==",
            "Bearer x.y.z",
            "Digest username=\"admin\"",
            "anonymous",
            "admin",
            "ROLE_ADMIN",
            "ROLE_A, ROLE_B",
            ",",
            " , ",
            "north",
            "application/problem+json",
            "bytes=0-1",
            "100-continue",
            "multipart/form-data",
            "gzip;q=1,*;q=0",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let user = select(vec![Some(ADMIN), Some(LMS), Some(TEACHER), None]);
    check(400, (user, vec((name, value), 0..4)), |(user, headers)| {
        let client: Client = user.map_or_else(|| NORTH.anonymous(), |user| NORTH.user(user));
        let request = client.get("/api/info/me");
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    });
}

/// JSON that is nearly right: the shapes of the API with the wrong things in them, and sometimes broken text.
fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        word().prop_map(|word| json!(word)),
        select(vec!["dublincore/series", "dublincore/episode", "ROLE_A", "read", "a/b"]).prop_map(|text| json!(text)),
    ];
    let json = leaf.prop_recursive(4, 40, 6, |inner| {
        let key = select(vec![
            "id", "value", "flavor", "fields", "role", "action", "allow", "required", "title", "type",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|list| json!(list)),
            vec((key, inner), 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    });
    let id = select(vec![
        "title",
        "subjects",
        "subject",
        "description",
        "creator",
        "contributor",
        "publisher",
        "startDate",
        "startTime",
        "duration",
        "isPartOf",
        "location",
        "created",
        "identifier",
        "license",
        "language",
        "createdBy",
        "colour",
    ]);
    let field = (id, json.clone()).prop_map(|(id, value)| json!({ "id": id, "value": value }));
    let fields = vec(field, 0..5);
    let flavor = select(vec!["dublincore/series", "dublincore/episode"]);
    prop_oneof![
        json.clone().prop_map(|json| json.to_string()),
        fields.clone().prop_map(|fields| json!(fields).to_string()),
        (flavor, fields).prop_map(|(flavor, fields)| json!([{ "flavor": flavor, "fields": fields }]).to_string()),
        vec((word(), word(), json), 0..4).prop_map(|entries| {
            let entry = |(role, action, allow)| json!({ "role": role, "action": action, "allow": allow });
            json!(entries.into_iter().map(entry).collect::<Vec<_>>()).to_string()
        }),
        expression(),
    ]
}

#[test]
fn random_forms_never_fail() {
    let field = select(vec![
        "metadata",
        "acl",
        "processing",
        "scheduling",
        "role",
        "override",
        "theme",
        "x",
    ]);
    let encoding = select(lectern_tests::form::ENCODINGS.to_vec());
    let endpoint = select(vec![
        ("POST", "/api/series"),
        ("POST", "/api/events"),
        ("PUT", "/api/series/{series}/metadata?type=dublincore/series"),
        ("PUT", "/api/series/{series}/acl"),
        ("PUT", "/api/events/{event}/metadata?type=dublincore/episode"),
        ("PUT", "/api/events/{event}/acl"),
        ("POST", "/api/events/{event}/acl/read"),
    ]);
    let fields = vec((field, body()), 0..4);
    check(
        500,
        (endpoint, fields, encoding),
        |((method, path), fields, encoding)| {
            let path = path
                .replace("{event}", &TARGET.event)
                .replace("{series}", &TARGET.series);
            let form = fields.iter().fold(lectern_tests::Form::new(), |form, (name, value)| {
                form.field(name, value)
            });
            TARGET.stage.admin.request(method, &path).form(&form, *encoding)
        },
    );
}

#[test]
fn whatever_text_is_stored_can_be_listed_and_found() {
    let id = select(vec![
        "description",
        "location",
        "source",
        "language",
        "rightsHolder",
        "license",
    ]);
    let people = vec(word(), 0..4);
    let content = (word(), id, word(), people, vec((word(), word()), 0..3));
    let stage = Stage::new(&NORTH);
    check(200, content, |(title, id, text, people, entries)| {
        let fields = json!({ "title": format!("x{title}"), *id: text, "creator": people, "subjects": people });
        let mut list = owned_by(&stage.role);
        let more = entries
            .iter()
            .map(|(role, action)| json!({ "role": role, "action": action, "allow": true }));
        list.as_array_mut().expect("a list").extend(more);
        let created = stage
            .admin
            .post("/api/events")
            .multipart(&event_form(&fields, &list))
            .send();
        assert!(created.status == 201 || created.status == 400, "{created}");
        let everything = "withacl=true&withmetadata=true&sort=presenter:DESC&limit=5";
        stage.list("events").send().expect(200).json();
        stage
            .actor
            .get(&format!("/api/events?{everything}"))
            .query("filter", &format!("textFilter:{text}"))
    });
}

#[test]
fn random_multipart_bodies_never_fail() {
    let piece = prop_oneof![
        select(vec![
            "--X\r\n",
            "--X--\r\n",
            "\r\n",
            "\n",
            "--X",
            "--",
            "Content-Disposition: form-data; name=\"metadata\"\r\n\r\n",
            "Content-Disposition: form-data; name=acl\r\n\r\n",
            "Content-Disposition: form-data; name=\"presenter\"; ",
            "filename=\"a.mp4\"\r\n\r\n",
            "filename*=UTF-8''%ff\r\n\r\n",
            "Content-Type: text/plain; charset=utf-7\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "[]",
            "\"",
            ";",
            "\0",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..30),
    ];
    let path = select(vec!["/api/events", "/api/series"]);
    check(300, (path, vec(piece, 0..14)), |(path, pieces)| {
        let body = pieces.concat();
        TARGET
            .stage
            .admin
            .post(path)
            .body("multipart/form-data; boundary=X", body)
    });
}
