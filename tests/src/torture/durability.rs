//! A server that is killed in the middle of its work, again and again. Clients note what they were told is done; after each restart all of
//! it must be there as it was told, and nothing else, except that what a client was waiting for at the time may have been done or not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Figure, Size};
use crate::content::{acl, event_form, scheduled_form, series_form, values};
use crate::{Answer, Client, Encoding, Form, Installation, Server};

const PASSWORD: &str = "outlives its server";
const HOST: &str = "north.example";

/// Capture agents that all clients share, and the hours of a day at which they may record: few, so that recordings collide.
const AGENTS: [&str; 2] = ["hall-1", "hall-2"];
const HOURS: u64 = 12;

/// Kills a server again and again: in the short form after so many acknowledged changes, in the long form at random moments.
pub fn kill(size: Size) -> Vec<Figure> {
    let kills = size.pick(2, 50);
    let mut found = Figures::default();
    for seed in 1..=2 {
        let figures = run(&Plan {
            seed,
            kills,
            clients: 4,
            moment: size.pick(Moment::Acknowledged(20..120), Moment::Milliseconds(30..1500)),
        });
        found.kills += figures.kills;
        found.acknowledged += figures.acknowledged;
        found.refused += figures.refused;
        found.done += figures.done;
        found.undone += figures.undone;
        found.objects += figures.objects;
    }
    println!("{found:?}");
    // What is not as it was told ends the trial at once, with what was expected and what was found.
    vec![
        Figure::exactly(
            "kills after which everything was as it was told",
            found.kills.into(),
            (2 * kills).into(),
        ),
        Figure::at_least(
            "changes that were acknowledged before a kill, for each of them",
            found.acknowledged as f64 / f64::from(2 * kills),
            10.0,
            "",
        ),
        Figure::at_least("objects that were there in the end", found.objects as f64, 1.0, ""),
    ]
}

/// How a server is tortured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides what clients do, and when the server is killed.
    pub seed: u64,
    /// How often it is killed.
    pub kills: u32,
    /// How many clients write at the same time.
    pub clients: u32,
    /// When it is killed.
    pub moment: Moment,
}

/// When a server is killed.
#[derive(Debug, Clone)]
pub enum Moment {
    /// When so many changes have been acknowledged since its start.
    Acknowledged(Range<u32>),
    /// After so many milliseconds.
    Milliseconds(Range<u32>),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Figures {
    /// Kills after which everything was as it was told.
    pub kills: u32,
    /// Changes that clients were told are done.
    pub acknowledged: u64,
    /// Changes that were refused, such as recordings that collide.
    pub refused: u64,
    /// Changes that were in flight at a kill and were found to be done.
    pub done: u64,
    /// The others.
    pub undone: u64,
    /// Objects that were there in the end.
    pub objects: usize,
}

/// What clients know of an object: JSON of what it shows, or null if it is not there.
type State = Value;

/// An object's kind and its title, which it keeps and no other object has.
type Key = (Kind, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Event,
    Series,
    Group,
}

/// What one client was told, and what it was waiting for when the server went away.
#[derive(Debug, Default)]
struct Memory {
    known: BTreeMap<Key, State>,
    waiting: Option<(Key, State)>,
    /// What was changed since the last check.
    touched: BTreeSet<Key>,
    identifiers: BTreeMap<Key, String>,
    created: u32,
    acknowledged: u64,
    refused: u64,
}

/// Tortures a server of its own; panics at the first thing that is not as it was told.
pub fn run(plan: &Plan) -> Figures {
    println!("{plan:?}");
    let installation = Installation::empty();
    installation.init("north", "North", HOST, "admin", PASSWORD);
    for agent in AGENTS {
        installation.add_agent("north", agent, "UTC");
    }
    let mut chance = Chance(plan.seed);
    let mut memories: Vec<Memory> = (0..plan.clients).map(|_| Memory::default()).collect();
    let mut figures = Figures::default();
    for kill in 0..plan.kills {
        let server = Server::start(&installation);
        let seeds: Vec<u64> = memories.iter().map(|_| chance.next()).collect();
        work_until_killed(server, &mut memories, &seeds, &plan.moment, &mut chance);
        let server = Server::start(&installation);
        let context = format!("{plan:?}, kill {kill}");
        check(&installation, &server, &mut memories, &mut figures, &context);
        figures.kills += 1;
    }
    for memory in &memories {
        figures.acknowledged += memory.acknowledged;
        figures.refused += memory.refused;
        figures.objects += memory.known.values().filter(|state| !state.is_null()).count();
    }
    figures
}

fn work_until_killed(server: Server, memories: &mut [Memory], seeds: &[u64], moment: &Moment, chance: &mut Chance) {
    let admin = server.client(HOST).with_credentials("admin", PASSWORD);
    let (enough, killed) = (AtomicU32::new(0), AtomicBool::new(false));
    let (tell, told) = channel();
    let (limit, time) = match moment {
        Moment::Acknowledged(range) => (chance.within(range), None),
        Moment::Milliseconds(range) => (u32::MAX, Some(Duration::from_millis(chance.within(range).into()))),
    };
    thread::scope(|scope| {
        for (number, (memory, seed)) in memories.iter_mut().zip(seeds).enumerate() {
            let (admin, tell, enough, killed) = (admin.clone(), tell.clone(), &enough, &killed);
            let mut client = Worker {
                number,
                admin,
                memory,
                chance: Chance(*seed),
            };
            scope.spawn(move || {
                while client.step() {
                    if enough.fetch_add(1, Ordering::SeqCst) + 1 == limit {
                        // Whoever waits for this may have given up.
                        let _ = tell.send(());
                    }
                    if killed.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        wait(&told, time);
        server.kill();
        killed.store(true, Ordering::SeqCst);
    });
}

fn wait(told: &Receiver<()>, time: Option<Duration>) {
    match time {
        None => told.recv().expect("the clients go on"),
        Some(time) => assert_eq!(told.recv_timeout(time), Err(RecvTimeoutError::Timeout)),
    }
}

/// A client at work.
struct Worker<'m> {
    number: usize,
    admin: Client,
    memory: &'m mut Memory,
    chance: Chance,
}

impl Worker<'_> {
    /// Changes something; gives whether there was an answer.
    fn step(&mut self) -> bool {
        let existing: Vec<Key> = self.memory.identifiers.keys().cloned().collect();
        let choice = self.chance.below(10);
        let Some(key) = self.chance.one_of(&existing).filter(|_| choice > 3) else {
            return self.create();
        };
        let Some(path) = self.path(&key) else { return true };
        let mut state = self.memory.known.get(&key).cloned().unwrap_or_default();
        let scheduled = !state["start"].is_null();
        let request = match (key.0, choice) {
            (_, 4) => {
                state = Value::Null;
                self.admin.delete(&path)
            }
            (Kind::Group, _) => {
                let members = self.word();
                state["members"] = json!(members);
                self.admin.put(&path).urlencoded(&Form::new().field("members", members))
            }
            (kind, 5 | 6) => {
                let role = self.role();
                state["role"] = json!(role);
                let form = Form::new().field("acl", readable_by(&role));
                let put = self.admin.put(&format!("{path}/acl"));
                if kind == Kind::Series {
                    put.urlencoded(&form)
                } else {
                    put.multipart(&form)
                }
            }
            (Kind::Event, 7 | 8) if !scheduled => {
                let content = self.chance.bytes();
                state["file"] = json!(digest(&content));
                let form = Form::new()
                    .field("flavor", "presenter/source")
                    .field("overwriteExisting", "true")
                    .file("track", "talk.mp4", "video/mp4", &content);
                self.admin.post(&format!("{path}/track")).multipart(&form)
            }
            (kind, _) => {
                let description = self.word();
                state["description"] = json!(description);
                let form = Form::new().field("metadata", values(&json!({ "description": description })));
                let flavor = if kind == Kind::Series { "series" } else { "episode" };
                self.admin
                    .put(&format!("{path}/metadata"))
                    .query("type", &format!("dublincore/{flavor}"))
                    .urlencoded(&form)
            }
        };
        self.send(key, state, request).is_some()
    }

    fn create(&mut self) -> bool {
        self.memory.created += 1;
        let title = format!("c{}n{}", self.number, self.memory.created);
        let (role, description) = (self.role(), self.word());
        let list = readable_by(&role);
        let fields = json!({ "title": title, "description": description });
        let mut state = json!({ "description": description, "role": role, "file": null, "start": null });
        let (kind, request) = match self.chance.below(6) {
            0 => {
                let form = series_form(&fields, &list);
                (
                    Kind::Series,
                    self.admin.post("/api/series").form(&form, Encoding::Urlencoded),
                )
            }
            1 => {
                state = json!({ "members": description });
                let form = Form::new().field("name", &title).field("members", &description);
                (Kind::Group, self.admin.post("/api/groups").urlencoded(&form))
            }
            2 => {
                let agent = AGENTS[self.chance.below(AGENTS.len() as u64) as usize];
                let hour = self.chance.below(HOURS);
                let [start, end] = [hour, hour + 1].map(|hour| format!("2031-05-05T{hour:02}:00:00Z"));
                state["start"] = json!(format!("{agent} {start}"));
                let form = scheduled_form(
                    &fields,
                    &list,
                    &json!({ "agent_id": agent, "start": start, "end": end }),
                );
                (Kind::Event, self.admin.post("/api/events").multipart(&form))
            }
            3 => (
                Kind::Event,
                self.admin.post("/api/events").multipart(&event_form(&fields, &list)),
            ),
            _ => {
                let content = self.chance.bytes();
                state["file"] = json!(digest(&content));
                let form = event_form(&fields, &list).file("presenter", "talk.mp4", "video/mp4", &content);
                (Kind::Event, self.admin.post("/api/events").multipart(&form))
            }
        };
        let key = (kind, title.clone());
        match self.send(key.clone(), state, request) {
            None => return false,
            Some(answer) if answer.status == 201 => {
                let identifier = match kind {
                    Kind::Group => title,
                    _ => answer.json()["identifier"].as_str().expect("an identifier").to_owned(),
                };
                self.memory.identifiers.insert(key, identifier);
            }
            Some(_) => {}
        }
        true
    }

    /// Sends a change and notes what the server says of it.
    fn send(&mut self, key: Key, state: State, request: crate::Request) -> Option<Answer> {
        self.memory.waiting = Some((key.clone(), state.clone()));
        self.memory.touched.insert(key.clone());
        let answer = request.try_send()?;
        self.memory.waiting = None;
        match answer.status {
            200..300 => {
                self.memory.acknowledged += 1;
                if state.is_null() {
                    self.memory.identifiers.remove(&key);
                }
                self.memory.known.insert(key, state);
            }
            // Recordings collide, and what is being processed cannot be changed.
            409 => self.memory.refused += 1,
            403 if answer.text().contains("workflow is active") => self.memory.refused += 1,
            _ => panic!("{answer}\nnobody gave a reason for this"),
        }
        Some(answer)
    }

    fn path(&self, key: &Key) -> Option<String> {
        let identifier = self.memory.identifiers.get(key)?;
        Some(match key.0 {
            Kind::Event => format!("/api/events/{identifier}"),
            Kind::Series => format!("/api/series/{identifier}"),
            Kind::Group => format!("/api/groups/{identifier}"),
        })
    }

    fn role(&mut self) -> String {
        format!("ROLE_{}", self.chance.below(5))
    }

    fn word(&mut self) -> String {
        format!("w{:x}", self.chance.next())
    }
}

fn readable_by(role: &str) -> Value {
    acl(&[(role, "read"), (role, "write")])
}

/// Compares what the restarted server shows with what clients were told, and has it checked from inside.
fn check(installation: &Installation, server: &Server, memories: &mut [Memory], figures: &mut Figures, context: &str) {
    let admin = server.client(HOST).with_credentials("admin", PASSWORD);
    let shown = Shown::read(&admin);
    let mut expected = BTreeSet::new();
    for memory in &mut *memories {
        if let Some((key, state)) = memory.waiting.take() {
            let former = memory.known.get(&key).cloned().unwrap_or_default();
            let found = shown.state(&admin, &key);
            assert!(
                found == state || found == former,
                "{context}: {key:?} is neither {former} nor {state} but {found}"
            );
            if found == former {
                figures.undone += 1
            } else {
                figures.done += 1
            }
            memory.known.insert(key.clone(), found);
            match shown.identifiers.get(&key) {
                Some(identifier) => memory.identifiers.insert(key, identifier.clone()),
                None => memory.identifiers.remove(&key),
            };
        }
        for (key, state) in &memory.known {
            // What was not touched is looked at together with others, in lists; files, search and access one by one.
            let found = match memory.touched.contains(key) {
                true => shown.state(&admin, key),
                false => shown.listed(key, state),
            };
            assert_eq!(found, *state, "{context}: {key:?}");
            if !state.is_null() {
                expected.insert(key.clone());
            }
        }
        for key in std::mem::take(&mut memory.touched) {
            shown.check_found(&admin, &key, memory.known.get(&key), context);
        }
    }
    let all: BTreeSet<Key> = shown.identifiers.keys().cloned().collect();
    assert_eq!(all, expected, "{context}: objects that nobody has made");
    shown.check_agents(context);
    let verified = installation.call(&["verify", "--tenant", "north"]);
    assert_eq!(verified.code, Some(0), "{context}: {verified:#?}");
    let incoming = fs::read_dir(installation.data().join("tenants/north/files/incoming"));
    assert_eq!(
        incoming.into_iter().flatten().count(),
        0,
        "{context}: uploads that nobody sends"
    );
}

/// What lists show.
struct Shown {
    identifiers: BTreeMap<Key, String>,
    states: BTreeMap<Key, State>,
}

impl Shown {
    fn read(admin: &Client) -> Self {
        let mut shown = Shown {
            identifiers: BTreeMap::new(),
            states: BTreeMap::new(),
        };
        for event in pages(admin, "/api/events?withacl=true&withscheduling=true") {
            let scheduling = &event["scheduling"];
            let start = match scheduling["agent_id"].as_str() {
                Some(agent) => json!(format!("{agent} {}", scheduling["start"].as_str().expect("a start"))),
                None => Value::Null,
            };
            let state = json!({ "description": event["description"], "role": role_of(&event["acl"]), "file": null, "start": start });
            shown.insert(Kind::Event, &event, "title", state);
        }
        for series in pages(admin, "/api/series?withacl=true") {
            let state = json!({ "description": series["description"], "role": role_of(&series["acl"]), "file": null, "start": null });
            shown.insert(Kind::Series, &series, "title", state);
        }
        for group in pages(admin, "/api/groups?") {
            // A tenant has some from the beginning.
            if group["name"].as_str().is_some_and(|name| !name.contains(' ')) {
                shown.insert(Kind::Group, &group, "name", json!({ "members": group["members"] }));
            }
        }
        shown
    }

    fn insert(&mut self, kind: Kind, object: &Value, name: &str, state: State) {
        let text = |member: &str| object[member].as_str().expect("a text").to_owned();
        let key = (kind, text(name));
        let former = self.identifiers.insert(key.clone(), text("identifier"));
        assert_eq!(former, None, "{key:?} is there twice");
        self.states.insert(key, state);
    }

    /// What a list shows of an object, with what it does not show taken for what is expected.
    fn listed(&self, key: &Key, expected: &State) -> State {
        let mut state = self.states.get(key).cloned().unwrap_or_default();
        if key.0 == Kind::Event && !state.is_null() {
            state["file"] = expected["file"].clone();
        }
        state
    }

    /// An object with the content of its file, once nobody works on it.
    fn state(&self, admin: &Client, key: &Key) -> State {
        let mut state = self.states.get(key).cloned().unwrap_or_default();
        if let (Kind::Event, Some(identifier)) = (key.0, self.identifiers.get(key)) {
            admin.until_processed(identifier);
            let media = admin
                .get(&format!("/api/events/{identifier}/media"))
                .send()
                .expect(200)
                .json();
            let tracks = media.as_array().expect("a list");
            assert!(tracks.len() <= 1, "{key:?} has {media}");
            if let Some(track) = tracks.first() {
                let uri = track["uri"].as_str().expect("an address");
                let path = uri.split_once(HOST).expect("a host").1;
                let digest = digest(&admin.get(path).send().expect(200).body);
                assert_eq!(track["checksum"], format!("{digest} (md5)"), "{key:?}");
                state["file"] = json!(digest);
            }
        }
        state
    }

    /// An object is found by its title, by those who may read it and by no others.
    fn check_found(&self, admin: &Client, key: &Key, state: Option<&State>, context: &str) {
        let (kind, title) = key;
        let path = match kind {
            Kind::Event => "/api/events",
            Kind::Series => "/api/series",
            Kind::Group => return,
        };
        let find = |client: &Client| {
            let filter = format!("textFilter:{title}");
            let found = client.get(path).query("filter", &filter).send().expect(200);
            let mut titles = found.column("title");
            // Another one's title can begin with this one's.
            titles.retain(|found| found == title);
            titles.len()
        };
        let role = state.and_then(|state| state["role"].as_str());
        let expected = usize::from(role.is_some());
        assert_eq!(find(admin), expected, "{context}: {key:?} in the search");
        let as_role = |role: &str| find(&admin.with_header("x-run-with-roles", role));
        if let Some(role) = role {
            assert_eq!(as_role(role), 1, "{context}: {key:?} for {role}");
        }
        assert_eq!(as_role("ROLE_NOBODY"), 0, "{context}: {key:?} for everybody");
    }

    fn check_agents(&self, context: &str) {
        let mut taken = BTreeSet::new();
        for (key, state) in &self.states {
            if let Some(start) = state["start"].as_str() {
                assert!(taken.insert(start), "{context}: {key:?} and another one at {start}");
            }
        }
    }
}

fn pages(admin: &Client, path: &str) -> Vec<Value> {
    const PAGE: usize = 500;
    let mut found = Vec::new();
    loop {
        let page = admin
            .get(&format!("{path}&limit={PAGE}&offset={}", found.len()))
            .send()
            .expect(200)
            .json();
        let objects = page.as_array().expect("a list");
        found.extend(objects.iter().cloned());
        if objects.len() < PAGE {
            return found;
        }
    }
}

fn role_of(acl: &Value) -> Value {
    acl[0]["role"].clone()
}

fn digest(content: &[u8]) -> String {
    let digest = <md5::Md5 as md5::Digest>::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers that follow from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn within(&mut self, range: &Range<u32>) -> u32 {
        range.start + self.below(u64::from(range.end - range.start)) as u32
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        let position = self.below(choices.len().max(1) as u64) as usize;
        choices.get(position).cloned()
    }

    /// The content of a file: up to some hundred kilobytes.
    fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(1 << (4 + self.0 % 15)) as usize + 1;
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}
