//! The demo's tenants, users and sample content, and the forms by which content is created.

use anyhow::Result;
use serde_json::{Value, json};

use super::client::{Client, Request};
use super::samples::{self, Sample, Series};
use super::server::Lectern;
use crate::progress::Progress;

/// A tenant of the demo.
pub struct Tenant {
    /// Its identifier.
    pub id: &'static str,
    /// Its host, registered without a port: it answers on whatever port the server listens.
    pub host: &'static str,
    name: &'static str,
}

/// A user of the demo.
#[derive(Clone, Copy)]
pub struct Account {
    /// The user name.
    pub user: &'static str,
    /// The password.
    pub password: &'static str,
    name: &'static str,
}

/// The tenant with most of the content.
pub const UNIVERSITY: Tenant = Tenant {
    id: "demo",
    host: "localhost",
    name: "Demo-Universität",
};
/// The other tenant.
pub const ACADEMY: Tenant = Tenant {
    id: "other",
    host: "other.localhost",
    name: "Akademie für Musik",
};

/// The administrator of both tenants.
pub const ADMIN: Account = Account {
    user: "admin",
    password: "opencast",
    name: "Administrator",
};
/// Teaches two courses: reads and writes what belongs to them.
pub const LECTURER: Account = Account {
    user: "ada",
    password: "lovelace",
    name: "Ada Löwe",
};
/// Attends two courses: reads what belongs to them.
pub const STUDENT: Account = Account {
    user: "ben",
    password: "student",
    name: "Ben Yılmaz",
};
/// May use the API, but attends nothing.
pub const VISITOR: Account = Account {
    user: "vera",
    password: "visitor",
    name: "Vera Gast",
};

/// The capture agent of both tenants, which are two agents with one name.
const AGENT: &str = "hall-1";

/// What an account needs for reading events and series at all; access lists decide which ones.
const READING: [&str; 6] = [
    "ROLE_API",
    "ROLE_API_EVENTS_VIEW",
    "ROLE_API_EVENTS_ACL_VIEW",
    "ROLE_API_EVENTS_METADATA_VIEW",
    "ROLE_API_SERIES_VIEW",
    "ROLE_API_SERIES_METADATA_VIEW",
];

/// The same for creating and changing them.
const WRITING: [&str; 9] = [
    "ROLE_API_EVENTS_CREATE",
    "ROLE_API_EVENTS_EDIT",
    "ROLE_API_EVENTS_ACL_EDIT",
    "ROLE_API_EVENTS_METADATA_EDIT",
    "ROLE_API_EVENTS_DELETE",
    "ROLE_API_SERIES_CREATE",
    "ROLE_API_SERIES_ACL_EDIT",
    "ROLE_API_SERIES_METADATA_EDIT",
    "ROLE_API_SERIES_DELETE",
];

/// Creates both tenants and all users with the commands that an operator would use.
pub fn create_tenants(lectern: &Lectern) -> Result<()> {
    for (command, tenant) in [(&["init", "--tenant"][..], UNIVERSITY), (&["tenant", "add"], ACADEMY)] {
        let options = [
            "--name",
            tenant.name,
            "--host",
            tenant.host,
            "--admin",
            ADMIN.user,
            "--admin-password-stdin",
            "--digest",
        ];
        lectern.call(&[command, &[tenant.id], &options].concat(), ADMIN.password)?;
    }
    let teaching = ["ROLE_COURSE_RUST_INSTRUCTOR", "ROLE_COURSE_ALGEBRA_INSTRUCTOR"];
    let attending = ["ROLE_COURSE_RUST_LEARNER", "ROLE_COURSE_SYSTEMS_LEARNER"];
    add_user(lectern, LECTURER, &[&READING[..], &WRITING, &teaching].concat())?;
    add_user(lectern, STUDENT, &[&READING[..], &attending].concat())?;
    add_user(lectern, VISITOR, &READING)?;
    for (tenant, time_zone) in [(UNIVERSITY, "Europe/Zurich"), (ACADEMY, "Europe/Vienna")] {
        let arguments = ["agent", "add", AGENT, "--tenant", tenant.id, "--timezone", time_zone];
        lectern.call(&arguments, "")?;
    }
    Ok(())
}

fn add_user(lectern: &Lectern, account: Account, roles: &[&str]) -> Result<()> {
    let mut arguments = vec![
        "user",
        "add",
        account.user,
        "--tenant",
        UNIVERSITY.id,
        "--password-stdin",
    ];
    arguments.extend(["--name", account.name]);
    arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
    lectern.call(&arguments, account.password)
}

/// Creates series and events through the API of a running server; returns a sentence about what is there now.
pub fn create_samples(client: &Client) -> Result<String> {
    let mut progress = Progress::start("create series and events through the API");
    let mut events = 0_usize;
    for (tenant, all) in [(UNIVERSITY, samples::UNIVERSITY), (ACADEMY, samples::ACADEMY)] {
        for series in all {
            progress.note(series.title);
            let form = vec![
                ("metadata", catalog("dublincore/series", &series_fields(series))),
                ("acl", course_acl(series.course)),
            ];
            let request = Request::post(&tenant, "/api/series", form).by(ADMIN);
            let id = client.send(&request)?.created()?;
            for event in series.events {
                super::go_on()?;
                let form = event_form(&event_fields(event, series, &id), &event_acl(event, series));
                let request = Request::post(&tenant, "/api/events", form).multipart().by(ADMIN);
                client.send(&request)?.created()?;
                events += 1;
            }
        }
    }
    events += schedule(client)?;
    progress.finish();
    let series = samples::UNIVERSITY.len() + samples::ACADEMY.len();
    Ok(format!("Created {series} series and {events} events in two tenants."))
}

/// Schedules a lecture on Tuesdays for a semester, at the same time of day before and after the clocks are set back; returns how many
/// recordings that makes.
fn schedule(client: &Client) -> Result<usize> {
    let fields = json!({ "title": "Rust: Vorlesung", "creator": ["Ada Löwe"], "language": "de" });
    let mut form = event_form(&fields, &course_acl("ROLE_COURSE_RUST"));
    form.push((
        "scheduling",
        json!({
            "agent_id": AGENT, "start": "2026-10-13T06:15:00Z", "end": "2026-12-15T23:00:00Z", "duration": 5_400_000,
            "rrule": "FREQ=WEEKLY;BYDAY=TU;BYHOUR=6;BYMINUTE=15",
        }),
    ));
    let request = Request::post(&UNIVERSITY, "/api/events", form).multipart().by(ADMIN);
    let created = client.send(&request)?.expect(200)?.json()?;
    Ok(created.as_array().map_or(0, Vec::len))
}

/// The form of `POST /api/events`.
pub fn event_form(fields: &Value, acl: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("metadata", catalog("dublincore/episode", fields)),
        ("acl", acl.clone()),
        (
            "processing",
            json!({ "workflow": "schedule-and-upload", "configuration": {} }),
        ),
    ]
}

/// A list with one catalog, as forms carry it; `fields` is an object of field ids and values.
pub fn catalog(flavor: &str, fields: &Value) -> Value {
    let fields: Value = fields
        .as_object()
        .into_iter()
        .flatten()
        .map(|(id, value)| json!({ "id": id, "value": value }))
        .collect();
    json!([{ "flavor": flavor, "fields": fields }])
}

/// Learners of a course read, its instructors read and write: the lists that the plugins of learning platforms make.
/// An empty course is none: everybody reads.
pub fn course_acl(course: &str) -> Value {
    let allow = |role: String, action: &str| json!({ "role": role, "action": action, "allow": true });
    if course.is_empty() {
        return json!([allow("ROLE_ANONYMOUS".to_owned(), "read")]);
    }
    json!([
        allow(format!("{course}_INSTRUCTOR"), "read"),
        allow(format!("{course}_INSTRUCTOR"), "write"),
        allow(format!("{course}_LEARNER"), "read"),
    ])
}

fn event_acl(event: &Sample, series: &Series) -> Value {
    if event.draft {
        // Not ready for learners.
        json!([
            { "role": format!("{}_INSTRUCTOR", series.course), "action": "read", "allow": true },
            { "role": format!("{}_INSTRUCTOR", series.course), "action": "write", "allow": true },
        ])
    } else {
        course_acl(series.course)
    }
}

fn series_fields(series: &Series) -> Value {
    json!({
        "title": series.title,
        "description": series.description,
        "language": series.language,
        "creator": series.organizers,
        "subjects": series.subjects,
        "license": "CC-BY-SA",
    })
}

fn event_fields(event: &Sample, series: &Series, series_id: &str) -> Value {
    json!({
        "title": event.title,
        "description": event.description,
        "isPartOf": series_id,
        "creator": event.presenters,
        "subjects": series.subjects,
        "language": series.language,
        "location": event.location,
        "startDate": event.date,
        "startTime": event.time,
        "duration": event.duration,
        "license": "CC-BY-SA",
    })
}
