//! No input gives a 5xx: random requests, near enough to real ones to get far.

use std::sync::LazyLock;

use lectern_tests::content::{event_form, owned_by};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{ADMIN, LMS, NORTH, TEACHER};
use lectern_tests::{Client, Encoding, Request, Stage};
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
pub fn check<T: std::fmt::Debug>(cases: u32, strategy: impl Strategy<Value = T>, request: impl Fn(&T) -> Request) {
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

pub fn word() -> impl Strategy<Value = String> {
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

/// Everything of events and series that can be read.
const READ: [&str; 17] = [
    "/api/events",
    "/api/events/{event}",
    "/api/events/{event}/acl",
    "/api/events/{event}/media",
    "/api/events/{event}/metadata",
    "/api/events/{event}/publications",
    "/api/events/{event}/publications/{word}",
    "/api/events/{event}/scheduling",
    "/api/events/{word}",
    "/api/events/{word}/metadata",
    "/api/series",
    "/api/series/{series}",
    "/api/series/{series}/acl",
    "/api/series/{series}/metadata",
    "/api/series/{series}/properties",
    "/api/series/{word}/acl",
    "/api/series/series.json",
];

/// A path with what stands in braces.
fn filled(path: &str, word: &str) -> String {
    let word = percent_encoding::utf8_percent_encode(word, percent_encoding::NON_ALPHANUMERIC).to_string();
    path.replace("{event}", &TARGET.event)
        .replace("{series}", &TARGET.series)
        .replace("{word}", &word)
}

/// A parameter of some list or object, and something for it.
fn parameter() -> impl Strategy<Value = (&'static str, String)> {
    let name = select(vec![
        "filter",
        "sort",
        "limit",
        "offset",
        "cursor",
        "type",
        "withacl",
        "withmetadata",
        "withscheduling",
        "withpublications",
        "includeInternalPublication",
        "onlyWithWriteAccess",
        "commentResolution",
        "sign",
        "q",
        "edit",
        "fuzzyMatch",
        "seriesId",
        "seriesTitle",
        "creator",
        "contributor",
        "publisher",
        "createdfrom",
        "createdto",
        "subject",
        "abstract",
        "count",
    ]);
    let value = prop_oneof![
        3 => expression(),
        2 => select(vec!["true", "1", "2", "dublincore/episode", "dublincore/series", "a/b", "ALL", "title,subject_DESC"])
            .prop_map(str::to_owned),
    ];
    (name, value)
}

#[test]
fn random_reads_of_everything_never_fail() {
    let known = select(vec![
        "*",
        "\"1-11\"",
        "W/\"1-0\"",
        "\"",
        ",",
        "\"99999999999999999999-1\"",
    ]);
    let condition = proptest::option::weighted(0.3, known);
    let cases = (
        select(READ.to_vec()),
        word(),
        vec(parameter(), 0..5),
        version(),
        condition,
    );
    check(600, cases, |(path, word, parameters, version, condition)| {
        let request = TARGET.stage.actor.get(&filled(path, word)).version(version);
        let request = parameters
            .iter()
            .fold(request, |request, (name, value)| request.query(name, value));
        match condition {
            Some(known) => request.header("if-none-match", known),
            None => request,
        }
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
    except_under_spin!();
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

/// Everything of events and series that can be written, with the fields of the forms. Not the deletion of the targets: the other
/// tests need them.
const WRITE: [(&str, &str); 17] = [
    ("POST", "/api/events"),
    ("POST", "/api/events/{event}"),
    ("POST", "/api/events/{event}/track"),
    ("PUT", "/api/events/{event}/acl"),
    ("POST", "/api/events/{event}/acl/{word}"),
    ("DELETE", "/api/events/{event}/acl/read/{word}"),
    ("PUT", "/api/events/{event}/metadata?type=dublincore/episode"),
    ("PUT", "/api/events/{event}/metadata?type={word}"),
    ("DELETE", "/api/events/{event}/metadata?type={word}"),
    ("PUT", "/api/events/{event}/scheduling"),
    ("POST", "/api/series"),
    ("PUT", "/api/series/{series}"),
    ("PUT", "/api/series/{series}/acl"),
    ("PUT", "/api/series/{series}/metadata?type=dublincore/series"),
    ("PUT", "/api/series/{series}/metadata?type={word}"),
    ("DELETE", "/api/series/{series}/metadata?type={word}"),
    ("PUT", "/api/series/{series}/properties"),
];

const FORM_FIELDS: [&str; 18] = [
    "metadata",
    "metadata",
    "acl",
    "acl",
    "processing",
    "scheduling",
    "role",
    "override",
    "properties",
    "theme",
    "allowConflict",
    "flavor",
    "tags",
    "overwriteExisting",
    "presenter",
    "presentation",
    "audio",
    "track",
];

/// A part of a form: a field, or a file if it has a name.
fn part() -> impl Strategy<Value = (&'static str, String, Option<String>)> {
    let processing = select(vec![
        r#"{"workflow":"schedule-and-upload"}"#,
        r#"{"workflow":"schedule-and-upload","configuration":{"a":"true"}}"#,
        r#"{"workflow":1}"#,
        r#"{"agent_id":"ca-01","start":"2030-05-01T10:00:00Z","end":"2030-05-01T11:00:00Z","inputs":["default"]}"#,
        r#"{"agent_id":"","start":"2030-05-01","duration":-1,"rrule":"FREQ=WEEKLY;BYDAY=MO"}"#,
        r#"{"start":"2030-05-01T10:00:00Z","duration":"1080000","rrule":"FREQ=SECONDLY"}"#,
        "presenter/source",
        "true",
    ]);
    let content = prop_oneof![3 => body(), 1 => processing.prop_map(str::to_owned)];
    let file = proptest::option::weighted(
        0.15,
        select(vec!["", "a.mp4", "../a", "\u{1f600}"]).prop_map(str::to_owned),
    );
    (select(FORM_FIELDS.to_vec()), content, file)
}

#[test]
fn random_forms_never_fail() {
    let header = (
        select(vec!["if-match", "idempotency-key"]),
        select(vec!["*", "\"1-11\"", "\"", "a", "", "\"99999999999999999999-1\""]),
    );
    let cases = (
        select(WRITE.to_vec()),
        word(),
        vec(part(), 0..5),
        select(lectern_tests::form::ENCODINGS.to_vec()),
        version(),
        proptest::option::weighted(0.2, header),
    );
    check(
        900,
        cases,
        |((method, path), word, parts, encoding, version, header)| {
            let form = parts
                .iter()
                .fold(lectern_tests::Form::new(), |form, (name, content, file)| match file {
                    Some(file) => form.file(name, file, "video/mp4", content.as_bytes()),
                    None => form.field(name, content),
                });
            let request = TARGET.stage.admin.request(method, &filled(path, word)).version(version);
            // Only one of the encodings has files.
            let has_file = parts.iter().any(|(_, _, file)| file.is_some());
            let request = request.form(&form, if has_file { Encoding::Multipart } else { *encoding });
            match header {
                Some((name, value)) => request.header(name, value),
                None => request,
            }
        },
    );
    // They are there, whatever was done to them.
    TARGET.stage.admin.event(&TARGET.event);
    TARGET.stage.admin.series(&TARGET.series);
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
    let forms = WRITE.iter().copied().filter(|(method, _)| *method != "DELETE");
    let announced = select(vec![
        "multipart/form-data; boundary=X",
        "multipart/form-data;boundary=\"X\"",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=X",
    ]);
    let cases = (select(forms.collect::<Vec<_>>()), announced, vec(piece, 0..14));
    check(500, cases, |((method, path), announced, pieces)| {
        let path = filled(path, "dublincore/episode");
        TARGET
            .stage
            .admin
            .request(method, &path)
            .body(announced, pieces.concat())
    });
}
