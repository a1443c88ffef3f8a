//! Access logs that are imported, and statistics that operators bring.

use lectern_tests::content::{event_form, owned_by};
use lectern_tests::{Client, Encoding, Form, Installation, Server};
use serde_json::{Value, json};

const HOST: &str = "video.uni.example";

fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("uni", "University", HOST, "admin", "secret");
    installation
}

fn admin(server: &Server) -> Client {
    server.client(HOST).with_credentials("admin", "secret")
}

fn event(client: &Client) -> String {
    client.create_event(json!({ "title": "Talk" }), &owned_by("ROLE_USER"))
}

fn import(installation: &Installation, log: &str) -> String {
    let file = installation.file("access.log");
    std::fs::write(&file, log).unwrap();
    let file = file.to_str().unwrap();
    installation
        .call(&["stats", "import", "--tenant", "uni", file])
        .succeeded()
        .stdout
}

/// The values of an event, by hours of 2026-03-02, of which some are shown.
fn values(client: &Client, provider: &str, resource: &str, resolution: &str, (from, to): (&str, &str)) -> Vec<f64> {
    let queries = json!([{
        "provider": { "identifier": provider },
        "parameters": { "resourceId": resource, "from": from, "to": to, "dataResolution": resolution },
    }]);
    let form = Form::new().field("data", queries);
    let answer = client
        .post("/api/statistics/data/query")
        .form(&form, Encoding::Urlencoded)
        .send()
        .expect(200)
        .json();
    let values = answer[0]["data"]["values"].as_array().unwrap();
    values.iter().map(|value| value.as_f64().unwrap()).collect()
}

const MORNING: (&str, &str) = ("2026-03-02T08:00:00Z", "2026-03-02T10:59:59Z");

#[test]
fn one_client_watching_one_event_is_one_view_however_often_the_log_is_imported() {
    let installation = installation();
    let server = Server::start(&installation);
    let client = admin(&server);
    let id = event(&client);
    let browser = "Mozilla/5.0 Firefox/140.0";
    let line = |address: &str, time: &str, request: &str, status: u16, agent: &str| {
        format!("{address} - - [02/Mar/2026:{time} +0100] \"{request} HTTP/1.1\" {status} 7 \"-\" \"{agent}\"\n")
    };
    let medium = format!("GET /static/{id}/f/talk.mp4");
    let log = [
        line("192.0.2.1", "10:10:00", &medium, 206, browser),
        line("192.0.2.1", "09:20:00", &format!("GET /play/{id}"), 200, browser),
        line("192.0.2.1", "10:30:00", &medium, 206, browser),
        line("2001:db8::1", "10:30:00", &medium, 200, browser),
        line("192.0.2.1", "11:30:00", &medium, 200, "Mozilla/5.0 Chrome/150"),
        line("192.0.2.2", "10:30:00", &medium, 200, "Googlebot/2.1"),
        line("192.0.2.3", "10:30:00", &medium, 403, browser),
        line("192.0.2.4", "10:30:00", &format!("HEAD /play/{id}"), 200, browser),
        line("192.0.2.5", "10:30:00", "GET /play/gone", 200, browser),
        "nonsense \u{0} [\n".to_owned(),
        "\n".to_owned(),
    ]
    .concat();
    let first = import(&installation, &log);
    assert!(first.contains("11 lines: 3 new views"), "{first}");
    assert!(first.contains("2 requests") && first.contains("1 to events"), "{first}");
    assert_eq!(
        values(&client, "episode.views", &id, "hourly", MORNING),
        [1.0, 1.0, 1.0]
    );
    let again = import(&installation, &log);
    assert!(again.contains(" 0 new views"), "{again}");
    assert_eq!(
        values(&client, "episode.views", &id, "hourly", MORNING),
        [1.0, 1.0, 1.0]
    );
    let trail = installation.call(&["audit", "--tenant", "uni"]).succeeded().stdout;
    assert!(trail.contains("import") && trail.contains("views"), "{trail}");
}

#[test]
fn the_log_of_the_server_itself_can_be_imported() {
    let installation = installation();
    let server = Server::start(&installation);
    let client = admin(&server);
    let form = event_form(&json!({ "title": "Talk" }), &owned_by("ROLE_USER"));
    let sample: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");
    let form = form.file("presenter", "talk.mp4", "video/mp4", sample);
    let created = client.post("/api/events").multipart(&form).send().expect(201).json();
    let id = created["identifier"].as_str().unwrap();
    client.until_processed(id);
    let media: Value = client.get(&format!("/api/events/{id}/media")).send().expect(200).json();
    let address = media[0]["uri"].as_str().unwrap();
    let path = &address[address.find("/static/").unwrap()..];
    client
        .get(path)
        .header("user-agent", "Mozilla/5.0 \"Quoted\"")
        .send()
        .expect(200);
    client.get(path).header("user-agent", "curl/8.5").send().expect(200);
    client.get(path).send().expect(200);
    let log = server.log();
    let told = import(&installation, &log);
    assert!(told.contains(" 1 new views"), "{told}\n{log}");
    let year = ("2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z");
    let sum: f64 = values(&client, "episode.views", id, "yearly", year).iter().sum();
    assert_eq!(sum, 1.0);
}

#[test]
fn days_begin_in_the_time_zone_of_the_tenant() {
    let installation = installation();
    let server = Server::start(&installation);
    let client = admin(&server);
    let id = event(&client);
    let line = format!("192.0.2.1 - - [02/Mar/2026:23:30:00 +0000] \"GET /play/{id} HTTP/1.1\" 200 7\n");
    import(&installation, &line);
    let days = ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z");
    assert_eq!(values(&client, "episode.views", &id, "daily", days), [1.0, 0.0]);
    let property = "org.opencastproject.statistics.timezone";
    installation
        .call(&["tenant", "set", "uni", property, "Europe/Berlin"])
        .succeeded();
    assert_eq!(values(&client, "episode.views", &id, "daily", days), [0.0, 1.0]);
    installation
        .call(&["tenant", "set", "uni", property, "Berlin"])
        .refused(&["Europe/Berlin"]);
}

#[test]
fn operators_bring_their_own_providers_and_read_what_is_wrong_with_them() {
    let installation = installation();
    let write = |folder: &str, name: &str, text: &str| {
        let folder = installation.data().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    };
    let total = r#"{"id": "all", "title": "All views", "resourceType": "ORGANIZATION", "type": "runningtotal",
        "sources": [{"measurement": "views", "aggregation": "SUM", "resolutions": ["YEARLY"]}]}"#;
    write("statistics", "all.json", total);
    write(
        "tenants/uni/statistics",
        "broken.json",
        "{\n  \"id\": \"broken\",\n  \"type\": \"pie\",\n  \"sources\": []\n}",
    );
    let server = Server::start(&installation);
    let client = admin(&server);
    let id = event(&client);
    import(
        &installation,
        &format!("192.0.2.1 - - [02/Mar/2024:23:30:00 +0000] \"GET /play/{id} HTTP/1.1\" 200 7\n"),
    );
    let years = ("2025-01-01T00:00:00Z", "2026-03-03T12:00:00Z");
    assert_eq!(values(&client, "all", "uni", "yearly", years), [1.0, 1.0]);
    let log = server.log();
    assert!(log.contains("broken.json:3: ") && log.contains("pie"), "{log}");
    client.get("/api/statistics/providers/broken").send().expect(404);
}

#[test]
fn a_log_that_is_missing_is_named() {
    let installation = installation();
    installation
        .call(&["stats", "import", "--tenant", "uni", "/nonexistent/access.log"])
        .refused(&["/nonexistent/access.log"]);
    installation
        .call_with_input(&["stats", "import", "--tenant", "other", "-"], "")
        .refused(&["other"]);
}
