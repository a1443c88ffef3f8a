//! `lectern import schedule`: a conference's programme becomes series and events, also while the server runs.

use std::fs;
use std::path::Path;

use lectern_tests::Client;
use lectern_tests::content::unique;
use lectern_tests::fixture::{FreshTenant, installation};
use lectern_tests::program::Outcome;
use lectern_tests::stage::titles;
use serde_json::json;

/// A tenant of a running server, and what is imported into it.
struct Conference(FreshTenant);

impl Conference {
    fn new() -> Self {
        Self(FreshTenant::new())
    }

    fn import_with(&self, schedule: &str, more: &[&str]) -> Outcome {
        let file = installation().file(&format!("{}-schedule.xml", unique("a")));
        fs::write(&file, schedule).expect("a file");
        let file = file.to_str().expect("a path");
        let arguments = ["import", "schedule", file, "--tenant", &self.0.id];
        installation().call(&[arguments.as_slice(), more].concat())
    }

    fn import(&self, schedule: &str) -> String {
        self.import_with(schedule, &[]).succeeded().stdout
    }

    fn admin(&self) -> Client {
        self.0.admin()
    }

    fn list(&self, query: &str) -> Vec<String> {
        titles(&self.admin().get(&format!("/api/events?{query}")).send())
    }

    fn filtered(&self, filter: &str) -> Vec<String> {
        let request = self.admin().get("/api/events?sort=start_date:ASC");
        titles(&request.query("filter", filter).send())
    }
}

fn sample() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schedule.xml");
    fs::read_to_string(file).expect("the sample")
}

#[test]
fn tracks_become_series_and_talks_become_events() {
    let conference = Conference::new();
    let summary = conference.import(&sample());
    for part in [
        "Herbsttagung für offene Vorlesungen",
        "series: 3 created, 0 updated, 0 unchanged",
        "events: 7 created, 0 updated, 0 unchanged, 1 skipped",
        "Noch ohne Zeit",
        "<date>",
    ] {
        assert!(summary.contains(part), "{part} in {summary}");
    }
    let series = conference.admin().get("/api/series?sort=title:ASC").send().expect(200);
    assert_eq!(series.column("title"), ["Didaktik", "Organisation", "Technik"]);
    assert_eq!(series.column("description")[0], "Herbsttagung für offene Vorlesungen");
    assert_eq!(
        conference.list("sort=title:ASC"),
        [
            "Around the world in 26 lectures",
            "Cutting lecture recordings",
            "Eröffnung",
            "Live streaming on a budget",
            "Prüfungen nach der Aufzeichnung",
            "Schlusswort",
            "Untertitel & Barrierefreiheit",
        ]
    );
}

#[test]
fn a_talk_shows_everything_the_programme_says() {
    let conference = Conference::new();
    conference.import(&sample());
    let event = conference.admin().event("5b0f1d3e-0c6d-4c2f-9a55-3f4bb8a5d101");
    for (field, expected) in [
        ("title", json!("Eröffnung")),
        (
            "description",
            json!("Willkommen zur Tagung\n\nBegrüßung und Überblick."),
        ),
        ("presenter", json!(["Käthe Müller"])),
        ("location", json!("Großer Hörsaal")),
        ("start", json!("2024-10-11T07:30:00Z")),
        ("created", json!("2024-10-11T07:30:00Z")),
        ("duration", json!(1_800_000)),
        ("language", json!("de")),
        ("license", json!("CC BY 4.0")),
        ("subjects", json!(["lecture"])),
        ("series", json!("Organisation")),
    ] {
        assert_eq!(event[field], expected, "{field}");
    }
    let find = |title: &str| {
        let request = conference
            .admin()
            .get("/api/events")
            .query("filter", &format!("title:{title}"));
        request.send().expect(200).json()[0].clone()
    };
    let marathon = find("Around the world in 26 lectures");
    assert_eq!(marathon["start"], "2024-10-13T05:30:00Z");
    assert_eq!(marathon["duration"], 26 * 3_600_000 + 30 * 60_000);
    assert_eq!(marathon["description"], "A marathon <with> partners & friends.");
    let subtitles = find("Untertitel & Barrierefreiheit");
    assert_eq!(
        subtitles["description"],
        "Wie man Vorlesungen für alle verständlich macht."
    );
    assert_eq!(subtitles["presenter"], json!(["Jörg Weiß", "Käthe Müller"]));
    let closing = find("Schlusswort");
    assert_eq!((&closing["series"], &closing["is_part_of"]), (&json!(""), &json!("")));
}

#[test]
fn the_programme_is_filtered_by_everything_people_ask_for() {
    let conference = Conference::new();
    conference.import(&sample());
    let series = conference
        .admin()
        .get("/api/series?filter=title:Technik")
        .send()
        .expect(200)
        .identifiers();
    for (filter, expected) in [
        (
            format!("series:{}", series[0]),
            vec![
                "Cutting lecture recordings",
                "Live streaming on a budget",
                "Around the world in 26 lectures",
            ],
        ),
        (
            "series_name:Didaktik".to_owned(),
            vec!["Untertitel & Barrierefreiheit", "Prüfungen nach der Aufzeichnung"],
        ),
        (
            "location:Seminarraum 2,language:en,license:CC0".to_owned(),
            vec!["Live streaming on a budget"],
        ),
        (
            "presenters:Käthe Müller".to_owned(),
            vec!["Eröffnung", "Untertitel & Barrierefreiheit", "Schlusswort"],
        ),
        (
            "presenters:Jörg Weiß,presenters:Zoë Brontë".to_owned(),
            vec![
                "Untertitel & Barrierefreiheit",
                "Live streaming on a budget",
                "Around the world in 26 lectures",
            ],
        ),
        (
            "start:2024-10-12T00:00:00Z/2024-10-12T23:59:59Z".to_owned(),
            vec!["Prüfungen nach der Aufzeichnung", "Schlusswort"],
        ),
        ("textFilter:prüfung".to_owned(), vec!["Prüfungen nach der Aufzeichnung"]),
        ("textFilter:PRUFUNG".to_owned(), vec!["Prüfungen nach der Aufzeichnung"]),
        (
            "textFilter:hörsaal müller".to_owned(),
            vec!["Eröffnung", "Untertitel & Barrierefreiheit", "Schlusswort"],
        ),
        ("textFilter:tagung".to_owned(), vec!["Eröffnung"]),
        ("subject:workshop".to_owned(), vec!["Cutting lecture recordings"]),
    ] {
        assert_eq!(conference.filtered(&filter), expected, "{filter}");
    }
}

#[test]
fn the_programme_is_sorted_and_paged() {
    let conference = Conference::new();
    conference.import(&sample());
    let by_start = [
        "Eröffnung",
        "Cutting lecture recordings",
        "Untertitel & Barrierefreiheit",
        "Live streaming on a budget",
        "Prüfungen nach der Aufzeichnung",
        "Schlusswort",
        "Around the world in 26 lectures",
    ];
    assert_eq!(conference.list("sort=start_date:ASC,title:ASC"), by_start);
    assert_eq!(
        conference.list("sort=start_date:ASC,title:ASC&limit=3&offset=2"),
        by_start[2..5]
    );
    assert_eq!(conference.list("sort=start_date:DESC&limit=1"), by_start[6..]);
    assert_eq!(
        conference.list("sort=location:DESC,title:DESC&limit=2"),
        ["Live streaming on a budget", "Cutting lecture recordings"]
    );
    assert_eq!(conference.list("sort=presenter:DESC&limit=1").len(), 1);
}

#[test]
fn a_second_import_changes_nothing() {
    let conference = Conference::new();
    conference.import(&sample());
    let before = conference
        .admin()
        .get("/api/events?sort=title:ASC&withacl=true")
        .send()
        .expect(200)
        .json();
    let summary = conference.import(&sample());
    assert!(
        summary.contains("series: 0 created, 0 updated, 3 unchanged"),
        "{summary}"
    );
    assert!(
        summary.contains("events: 0 created, 0 updated, 7 unchanged, 1 skipped"),
        "{summary}"
    );
    let after = conference
        .admin()
        .get("/api/events?sort=title:ASC&withacl=true")
        .send()
        .expect(200)
        .json();
    assert_eq!(before, after);
}

#[test]
fn a_changed_programme_updates_what_changed_and_the_server_shows_it_at_once() {
    let conference = Conference::new();
    conference.import(&sample());
    assert_eq!(conference.filtered("location:Aula"), Vec::<String>::new());
    let changed = sample()
        .replace("<title>Schlusswort</title>", "<title>Schlusswort und Dank</title>")
        .replace(
            "<room>Großer Hörsaal</room>\n        <slug>herbst24-5",
            "<room>Aula</room>\n        <slug>herbst24-5",
        )
        .replace("<date></date>", "<date>2024-10-12T11:00:00+02:00</date>")
        .replace("Herbsttagung für offene Vorlesungen", "Herbsttagung");
    let summary = conference.import(&changed);
    assert!(
        summary.contains("series: 0 created, 3 updated, 0 unchanged"),
        "{summary}"
    );
    assert!(
        summary.contains("events: 1 created, 2 updated, 5 unchanged, 0 skipped"),
        "{summary}"
    );
    assert_eq!(
        conference.filtered("location:Aula"),
        ["Prüfungen nach der Aufzeichnung"]
    );
    assert_eq!(conference.filtered("title:Schlusswort und Dank").len(), 1);
    assert_eq!(conference.filtered("textFilter:noch ohne zeit"), ["Noch ohne Zeit"]);
    assert_eq!(conference.list("").len(), 8);
}

#[test]
fn what_others_changed_in_other_fields_stays() {
    let conference = Conference::new();
    conference.import(&sample());
    let admin = conference.admin();
    let path = "/api/events/5b0f1d3e-0c6d-4c2f-9a55-3f4bb8a5d101";
    let metadata = json!([{ "id": "rightsHolder", "value": "Universität" }]);
    let form = lectern_tests::Form::new().field("metadata", metadata);
    admin
        .put(&format!("{path}/metadata?type=dublincore/episode"))
        .urlencoded(&form)
        .send()
        .expect(204);
    let list = json!([{ "role": "ROLE_X", "action": "read", "allow": true }]);
    let form = lectern_tests::Form::new().field("acl", &list);
    admin.put(&format!("{path}/acl")).urlencoded(&form).send().expect(204);
    conference.import(&sample());
    let event = admin.get(&format!("{path}?withacl=true")).send().expect(200).json();
    assert_eq!((&event["rightsholder"], &event["acl"]), (&json!("Universität"), &list));
}

#[test]
fn a_programme_is_public_unless_a_role_is_named() {
    for (more, readers, strangers) in [
        (vec![], "ROLE_ANONYMOUS", "ROLE_ELSE"),
        (
            vec!["--read-role", "ROLE_MEMBER", "--read-role", "ROLE_STAFF"],
            "ROLE_STAFF",
            "ROLE_ANONYMOUS",
        ),
    ] {
        let conference = Conference::new();
        conference.import_with(&sample(), &more).succeeded();
        let count = |roles: &str, collection: &str| {
            let client = conference.admin().with_header("x-run-with-roles", roles);
            titles(&client.get(&format!("/api/{collection}")).send()).len()
        };
        assert_eq!((count(readers, "series"), count(readers, "events")), (3, 7), "{more:?}");
        assert_eq!(
            (count(strangers, "series"), count(strangers, "events")),
            (0, 0),
            "{more:?}"
        );
        let client = conference.admin().with_header("x-run-with-roles", readers);
        let event = client.get("/api/events").send().expect(200).identifiers().remove(0);
        client.delete(&format!("/api/events/{event}")).send().expect(401);
    }
}

#[test]
fn the_other_tenant_sees_nothing_of_it() {
    let conference = Conference::new();
    conference.import(&sample());
    let stranger = Conference::new().admin();
    for path in ["/api/events", "/api/series"] {
        assert_eq!(stranger.get(path).send().expect(200).json(), json!([]));
    }
    stranger
        .get("/api/events/5b0f1d3e-0c6d-4c2f-9a55-3f4bb8a5d101")
        .send()
        .expect(404);
}

#[test]
fn a_file_that_is_no_schedule_is_refused_with_the_line_and_writes_nothing() {
    let conference = Conference::new();
    for (text, parts) in [
        (String::new(), vec!["schedule.xml", "line 1"]),
        ("BEGIN:VCALENDAR\n".to_owned(), vec!["schedule.xml"]),
        ("<html>\n</html>".to_owned(), vec!["line 1", "<schedule>"]),
        (sample().replace("</schedule>", ""), vec!["line"]),
        (sample().replacen("</event>", "</evnt>", 2), vec!["line 30", "evnt"]),
        (
            sample().replace("Begrüßung", "&nbsp;Begrüßung"),
            vec!["line 26", "&nbsp;"],
        ),
    ] {
        let outcome = conference.import_with(&text, &[]);
        outcome.refused(&parts);
    }
    assert_eq!(conference.list(""), Vec::<String>::new());
}

#[test]
fn a_file_or_tenant_that_is_not_there_is_named() {
    let conference = Conference::new();
    let call = |arguments: &[&str]| installation().call(arguments);
    let missing = "/nonexistent/schedule.xml";
    call(&["import", "schedule", missing, "--tenant", &conference.0.id]).refused(&[missing]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schedule.xml");
    let file = file.to_str().expect("a path");
    call(&["import", "schedule", file, "--tenant", "east"]).refused(&["east"]);
    call(&["import", "schedule", file]).refused(&["--tenant"]);
}
