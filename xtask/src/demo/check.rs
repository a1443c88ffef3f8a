//! `cargo xtask demo --check`: the main job, done once from outside.
//!
//! A demonstration that can fail, not the test suite: what each endpoint must do in detail is in `tests/`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::client::{Answer, Client, Request};
use super::content::{self, ACADEMY, ADMIN, Account, LECTURER, STUDENT, UNIVERSITY, VISITOR};
use super::server::{self, Lectern};
use crate::progress;

/// Runs the check with a data folder and a server of its own, and removes both.
pub fn run(program: &Path) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("lectern-demo-")
        .tempdir()
        .context("cannot create a temporary folder; is TMPDIR writable?")?;
    let lectern = Lectern::new(program.to_owned(), folder.path().join("data"));
    progress::heading("create two tenants with users");
    content::create_tenants(&lectern)?;
    let log = folder.path().join("server.log");
    let server = lectern.serve(server::any_port(), Some(&log))?;
    eprintln!("the server listens on {}", server.address);
    let mut visit = Visit {
        client: Client::new(server.address),
        requests: 0,
    };
    visit
        .main_job()
        .inspect_err(|_| server::show_tail(&log))
        .context("the demo failed")?;
    server.stop()?;
    println!(
        "\ndemo --check: {} requests, every answer as it must be",
        visit.requests
    );
    Ok(())
}

struct Visit {
    client: Client,
    requests: usize,
}

impl Visit {
    fn main_job(&mut self) -> Result<()> {
        let about = self.say("Anyone may ask what this is", Request::get(&UNIVERSITY, "/api"))?;
        let about = about.expect(200)?.unversioned_json()?;
        expect(
            "the address of the API",
            member(&about, "url"),
            &json!(self.client.url(&UNIVERSITY, "/api")),
        )?;

        let acl = content::course_acl("ROLE_COURSE_RUST");
        let fields = json!({ "title": "Systemprogrammierung für Einsteiger", "language": "de" });
        let form = vec![
            ("metadata", content::catalog("dublincore/series", &fields)),
            ("acl", acl.clone()),
        ];
        let request = Request::post(&UNIVERSITY, "/api/series", form).by(LECTURER);
        let series = self.say("A lecturer creates a series", request)?.created()?;

        // Created out of order, so that the sort has something to do; the last one does not match the search.
        let second = self.create_event(&series, "Übung 2: Borrowing", "2026-04-22", &acl)?;
        let first = self.create_event(&series, "Übung 1: Ownership", "2026-04-15", &acl)?;
        let third = self.create_event(&series, "Übung 3: Lifetimes", "2026-04-29", &acl)?;
        self.create_event(&series, "Vorlesung 1: Einführung", "2026-04-14", &acl)?;

        // `ubung` finds `Übung`: the search ignores case and accents.
        let query = format!("filter=series:{series},textFilter:ubung&sort=title:DESC&limit=2&offset=1");
        let path = format!("/api/events?{query}&withacl=true&withmetadata=true");
        let title = "A student finds the exercises: filter, full text, sort, and the second and third of three";
        let page = self
            .say(title, Request::get(&UNIVERSITY, path).by(STUDENT))?
            .expect(200)?
            .json()?;
        expect(
            "the identifiers of the page",
            &column(&page, "identifier"),
            &json!([second, first]),
        )?;
        expect(
            "the access lists of the page",
            &column(&page, "acl"),
            &json!([acl, acl]),
        )?;
        expect(
            "the series of the page",
            &column(&page, "is_part_of"),
            &json!([series, series]),
        )?;

        let path = format!("/api/events/{third}");
        let read = || Request::get(&UNIVERSITY, path.clone());
        let event = self
            .say("The same student reads one event", read().by(STUDENT))?
            .expect(200)?
            .json()?;
        expect("its title", member(&event, "title"), &json!("Übung 3: Lifetimes"))?;
        expect(
            "its presenters",
            member(&event, "presenter"),
            &json!(["Ada Löwe", "José Nuñez"]),
        )?;
        expect("its start", member(&event, "start"), &json!("2026-04-29T08:15:00Z"))?;
        expect(
            "its series' title",
            member(&event, "series"),
            &json!("Systemprogrammierung für Einsteiger"),
        )?;

        let title = "A user whom the access list does not name cannot tell that it exists";
        self.say(title, read().by(VISITOR))?.expect(404)?;
        let list = Request::get(&UNIVERSITY, format!("/api/events?filter=series:{series}")).by(VISITOR);
        let list = self.say("nor find it in a list", list)?.expect(200)?.json()?;
        expect("the list", &list, &json!([]))?;

        let elsewhere = |account: Account| Request::get(&ACADEMY, path.clone()).by(account);
        let list = Request::get(&ACADEMY, "/api/events").by(ADMIN);
        let list = self.say(
            "The administrator of the other tenant sees everything there: nothing yet",
            list,
        )?;
        expect("the list", &list.expect(200)?.json()?, &json!([]))?;
        self.say("so there is no such event on that host", elsewhere(ADMIN))?
            .expect(404)?;
        self.say("and the student is unknown there", elsewhere(STUDENT))?
            .expect(401)?;
        self.say("Nothing goes without credentials", read())?.expect(401)?;
        Ok(())
    }

    fn create_event(&mut self, series: &str, title: &str, date: &str, acl: &Value) -> Result<String> {
        let fields = json!({
            "title": title,
            "isPartOf": series,
            "creator": ["Ada Löwe", "José Nuñez"],
            "subjects": ["Rust", "Speicherverwaltung"],
            "description": "Aufgaben und Lösungen zum Mitrechnen.",
            "language": "de",
            "startDate": date,
            "startTime": "08:15",
            "location": "Hörsaal 3",
        });
        let request = Request::post(&UNIVERSITY, "/api/events", content::event_form(&fields, acl)).multipart();
        let heading = format!("The lecturer creates the event “{title}” with metadata and access list");
        self.say(&heading, request.by(LECTURER))?.created()
    }

    /// Sends a request and shows it with its answer.
    fn say(&mut self, title: &str, request: Request) -> Result<Answer> {
        super::go_on()?;
        println!("\n{title}\n{}", self.client.show(&request));
        let answer = self.client.send(&request)?;
        println!("{answer}");
        self.requests += 1;
        Ok(answer)
    }
}

fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// One member of each object of a list, in order.
fn column(list: &Value, name: &str) -> Value {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|object| member(object, name).clone())
        .collect()
}

fn expect(what: &str, got: &Value, wanted: &Value) -> Result<()> {
    if got != wanted {
        bail!("{what} must be {wanted}, but is {got}");
    }
    Ok(())
}
