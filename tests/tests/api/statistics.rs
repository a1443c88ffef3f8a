//! `/api/statistics`

use lectern_tests::content::unique;
use lectern_tests::fixture::{NORTH, OUTSIDER, READER, TEACHER, Tenant, each_tenant, installation};
use lectern_tests::{Answer, Client, Encoding, Form, Stage};
use serde_json::{Value, json};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";

/// Has a web server's log of these requests imported: a day of March 2026, the last number of the client's address, and the target.
fn watched(tenant: &Tenant, requests: &[(u32, u32, String)]) {
    let line = |(day, client, target): &(u32, u32, String)| {
        format!(
            "192.0.2.{client} - - [{day:02}/Mar/2026:10:00:00 +0000] \"GET {target} HTTP/1.1\" 206 1 \"-\" \"{BROWSER}\"\n"
        )
    };
    let log: String = requests.iter().map(line).collect();
    installation()
        .call_with_input(&["stats", "import", "--tenant", tenant.id, "-"], &log)
        .succeeded();
}

fn medium(event: &str) -> String {
    format!("/static/{event}/{}/talk.mp4", unique("file"))
}

fn query(provider: &str, resource: &str) -> Value {
    json!({
        "provider": { "identifier": provider },
        "parameters": {
            "resourceId": resource, "from": "2026-03-02T00:00:00Z", "to": "2026-03-04T23:59:59Z", "dataResolution": "daily",
        },
    })
}

fn ask(client: &Client, queries: &Value) -> Answer {
    let form = Form::new().field("data", queries);
    client
        .post("/api/statistics/data/query")
        .form(&form, Encoding::Urlencoded)
        .send()
}

fn export(client: &Client, query: &Value, others: &[(&str, &str)]) -> Answer {
    let form = others
        .iter()
        .fold(Form::new().field("data", query), |form, (name, text)| {
            form.field(name, text)
        });
    client
        .post("/api/statistics/data/export.csv")
        .form(&form, Encoding::Multipart)
        .send()
}

/// The lines of a table.
#[track_caller]
fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer}");
    let csv = answer.json()["csv"].as_str().unwrap().to_owned();
    csv.split_terminator("\r\n").map(str::to_owned).collect()
}

/// A series with two events, watched twice and once.
fn watched_series(stage: &Stage, tenant: &Tenant) -> (String, [String; 2]) {
    let series = stage.series(json!({ "title": "Reihe" }));
    let events = ["Erste", "Zweite"].map(|title| stage.event(json!({ "title": title, "isPartOf": series })));
    let [first, second] = &events;
    watched(
        tenant,
        &[
            (2, 1, medium(first)),
            (2, 1, format!("/play/{first}")),
            (4, 2, medium(first)),
            (2, 3, format!("/play/{second}?t=10")),
            (2, 4, format!("/static/{second}/f/episode.xml")),
        ],
    );
    (series, events)
}

#[test]
fn there_are_providers_of_views_for_episodes_series_and_the_organization() {
    each_tenant(|tenant| {
        let reader = tenant.user(READER);
        let all = reader.get("/api/statistics/providers").send().expect(200);
        assert_eq!(
            all.identifiers(),
            ["episode.views", "organization.views", "series.views"]
        );
        let some = reader
            .get("/api/statistics/providers?filter=resourceType:Episode")
            .send()
            .expect(200);
        assert_eq!(some.identifiers(), ["episode.views"]);
        let one = reader
            .get("/api/statistics/providers/series.views?withparameters=true")
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&one["type"], &one["resourceType"]),
            (&json!("timeseries"), &json!("series"))
        );
        assert_eq!(
            one["parameters"][3]["values"],
            json!(["hourly", "daily", "weekly", "monthly", "yearly"])
        );
        reader
            .get("/api/statistics/providers?filter=colour:red")
            .send()
            .refused(400, "Unknown filter");
        reader
            .get("/api/statistics/providers?filter=resourceType:x")
            .send()
            .refused(400, "resourceType");
        reader
            .get("/api/statistics/providers/x")
            .send()
            .refused(404, "Cannot find a statistics provider with id 'x'.");
    });
}

#[test]
fn what_was_watched_is_counted_by_event_and_series_and_only_by_those_who_may_see_it() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let (series, [first, second]) = watched_series(&stage, tenant);
        let queries = json!([
            query("episode.views", &first),
            query("episode.views", &second),
            query("series.views", &series),
        ]);
        let answers = ask(&stage.actor, &queries).expect(200).json();
        assert_eq!(answers[0]["parameters"], queries[0]["parameters"]);
        assert_eq!(
            answers[0]["data"],
            json!({
                "labels": ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"],
                "values": [1.0, 0.0, 1.0], "total": 2.0,
            })
        );
        assert_eq!(answers[1]["data"]["total"], 1.0);
        assert_eq!(answers[2]["data"]["values"], json!([2.0, 0.0, 1.0]));
        for stranger in [NORTH.with_roles("ROLE_NOBODY"), tenant.other().admin()] {
            ask(&stranger, &json!([query("episode.views", &first)])).refused(401, "unauthorized");
            ask(&stranger, &json!([query("series.views", &series)])).refused(401, "unauthorized");
        }
        ask(
            &stage.actor,
            &json!([query("episode.views", &first), query("episode.views", "gone")]),
        )
        .expect(401);
        ask(&stage.actor, &json!([query("organization.views", tenant.id)])).refused(401, "unauthorized");
        ask(
            &tenant.admin(),
            &json!([query("organization.views", tenant.other().id)]),
        )
        .expect(401);
        let whole = ask(&tenant.admin(), &json!([query("organization.views", tenant.id)]))
            .expect(200)
            .json();
        assert!(whole[0]["data"]["total"].as_f64().unwrap() >= 3.0);
    });
}

#[test]
fn what_is_wrong_with_a_query_is_named() {
    let client = NORTH.user(READER);
    let with = |name: &str, value: Value| {
        let mut query = query("episode.views", "e");
        query["parameters"][name] = value;
        json!([query])
    };
    for (queries, reason) in [
        (Value::Null, "JSON malformed"),
        (json!("nonsense"), "JSON malformed"),
        (json!({}), "JSON malformed"),
        (json!([{}]), "Identifier of provider is missing"),
        (json!([query("x", "e")]), "Provider not found"),
        (with("resourceId", json!("")), "Parameter 'resourceId' is missing"),
        (
            with("from", json!("2026-03-02")),
            "Parameter 'from' not in ISO 8601 UTC format",
        ),
        (
            with("to", json!("2026-03-02T00:00:00Z")),
            "'from' date must be before 'to' date",
        ),
        (
            with("dataResolution", json!("minutely")),
            "Illegal value for 'resolution'",
        ),
        (with("detailLevel", json!("x")), "Illegal value for 'detailLevel'"),
    ] {
        ask(&client, &queries).refused(400, &format!("Unable to parse form parameter 'data': {reason}"));
    }
    let blank = Form::new().field("data", " ");
    let blank = client
        .post("/api/statistics/data/query")
        .form(&blank, Encoding::Urlencoded)
        .send();
    blank.refused(400, "No query data provided");
    let mut centuries = query("organization.views", NORTH.id);
    centuries["parameters"]["from"] = json!("1000-01-01T00:00:00Z");
    centuries["parameters"]["dataResolution"] = json!("hourly");
    ask(&NORTH.admin(), &json!([centuries])).refused(400, "parts");
}

#[test]
fn a_table_lists_what_belongs_to_the_resource_with_its_metadata() {
    let stage = Stage::new(&NORTH);
    let (series, [first, second]) = watched_series(&stage, &NORTH);
    let mut detailed = query("series.views", &series);
    detailed["parameters"]["detailLevel"] = json!("EPISODE");
    let answer = export(&stage.actor, &detailed, &[]);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    let table = lines(&answer);
    assert!(table[0].starts_with("ID,title,subjects,description,"), "{}", table[0]);
    assert!(table[0].ends_with(",identifier,Date,Value"), "{}", table[0]);
    assert_eq!(table.len(), 7);
    assert!(
        table[1].starts_with(&format!("{first},Erste,")) && table[1].ends_with(",2026-03-02,1.0"),
        "{}",
        table[1]
    );
    assert!(
        table[6].starts_with(&format!("{second},Zweite,")) && table[6].ends_with(",2026-03-04,0.0"),
        "{}",
        table[6]
    );

    let page = lines(&export(&stage.actor, &detailed, &[("limit", "1"), ("offset", "1")]));
    assert!(page.len() == 3 && page[0].starts_with(&second), "{page:?}");
    let filtered = lines(&export(&stage.actor, &detailed, &[("filter", "title:Zweite")]));
    assert!(filtered.len() == 4 && filtered[1].starts_with(&second), "{filtered:?}");
    let none = lines(&export(&stage.actor, &detailed, &[("filter", "title:Dritte")]));
    assert_eq!(none, [table[0].as_str()]);
    export(&stage.actor, &detailed, &[("filter", "colour:red")]).refused(400, "'colour'");
    export(&stage.actor, &detailed, &[("limit", "x")]).refused(400, "'limit'");
}

#[test]
fn without_a_level_the_table_is_about_the_resource_itself() {
    let stage = Stage::new(&NORTH);
    let (series, [first, _]) = watched_series(&stage, &NORTH);
    let own = lines(&export(&stage.actor, &query("series.views", &series), &[]));
    assert!(
        own.len() == 4 && own[1].starts_with(&format!("{series},Reihe,")),
        "{own:?}"
    );
    assert!(own[1].ends_with(",2026-03-02,2.0"), "{own:?}");
    let episode = query("episode.views", &first);
    assert_eq!(lines(&export(&stage.actor, &episode, &[])).len(), 4);
    assert_eq!(lines(&export(&stage.actor, &episode, &[("offset", "1")])), [""; 0]);
    export(&NORTH.with_roles("ROLE_NOBODY"), &episode, &[]).refused(401, "unauthorized");
    let whole = lines(&export(&NORTH.admin(), &query("organization.views", NORTH.id), &[]));
    assert_eq!(whole[0], "ID,Name,Date,Value");
    assert!(
        whole[1].starts_with(&format!("{},{},2026-03-02,", NORTH.id, NORTH.name)),
        "{}",
        whole[1]
    );
    for level in ["series", "episode"] {
        let mut detailed = query("organization.views", NORTH.id);
        detailed["parameters"]["detailLevel"] = json!(level);
        export(&stage.actor, &detailed, &[]).refused(401, "unauthorized");
        let table = lines(&export(&NORTH.admin(), &detailed, &[]));
        assert!(
            table
                .iter()
                .any(|line| line.contains("Erste") || line.contains("Reihe")),
            "{level}"
        );
    }
}

#[test]
fn statistics_need_their_role_and_came_with_1_3_0_and_tables_with_1_4_0() {
    each_tenant(|tenant| {
        let providers = "/api/statistics/providers";
        tenant.anonymous().get(providers).send().expect(401);
        tenant.user(OUTSIDER).get(providers).send().expect(403);
        let teacher = tenant.user(TEACHER);
        teacher.get(providers).version("v1.2.0").send().expect(406);
        teacher.get(providers).version("v1.3.0").send().expect(200);
        teacher.request("HEAD", providers).send().expect_empty(200);
        teacher.post(providers).send().expect(403);
        tenant.admin().post(providers).send().expect(405);
        let form = Form::new().field("data", query("organization.views", tenant.id));
        let table = |version: &str| {
            let request = tenant.admin().post("/api/statistics/data/export.csv").version(version);
            request.form(&form, Encoding::Urlencoded).send().status
        };
        assert_eq!(
            ["v1.3.0", "v1.4.0", "v1.10.0", "v1.11.0"].map(table),
            [406, 200, 200, 200]
        );
        tenant.admin().get("/api/statistics/data/query").send().expect(405);
    });
}
