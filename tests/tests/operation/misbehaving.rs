//! Handlers that trap, loop, hoard or fall silent cost one error answer each, and nobody else notices.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lectern_tests::raw::Connection;
use lectern_tests::{Answer, Client, Installation, Server};

const PASSWORD: &str = "keeps calm";

/// A server with the built handlers and a bad one beside them, under `/api/misbehaving`.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let installation: &'static Installation = Box::leak(Box::new(Installation::empty()));
        installation.init("north", "North", "north.example", "admin", PASSWORD);
        installation.add_tenant("south", "South", "south.example", "admin", PASSWORD);
        let folder = installation.components_with("misbehaving");
        let folder = folder.to_str().expect("a path");
        Server::start_shared(installation, &["--components", folder, "--request-timeout-ms", "5000"])
    })
}

fn misbehave(how: &str) -> Answer {
    server()
        .client("north.example")
        .get(&format!("/api/misbehaving/{how}"))
        .send()
}

fn admin(host: &str) -> Client {
    server().client(host).with_credentials("admin", PASSWORD)
}

/// What everybody else gets, in both tenants.
#[track_caller]
fn others_are_served() {
    for host in ["north.example", "south.example"] {
        admin(host).get("/api/info/me").send().expect(200);
        admin(host).get("/api/events").send().expect(200);
    }
    assert_eq!(misbehave("well").expect(200).text(), "at your service");
}

#[test]
fn a_handler_that_fails_at_once_costs_one_answer() {
    for how in ["trap", "panic", "exit", "silent", "recursion", "memory"] {
        for _ in 0..3 {
            let answer = misbehave(how);
            assert!((500..600).contains(&answer.status), "{how}: {answer}");
            assert!(!answer.body.is_empty(), "{how}: {answer}");
            assert!(
                !answer.text().contains("on purpose") && !answer.text().contains("wasm"),
                "{how}: {answer}"
            );
            others_are_served();
        }
    }
}

#[test]
fn a_handler_without_end_is_stopped_while_others_are_served() {
    let waiting = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let slow: Vec<_> = ["loop", "wait", "loop", "wait", "loop"]
            .map(|how| scope.spawn(move || (how, misbehave(how))))
            .into_iter()
            .collect();
        let waiting = &waiting;
        let others = scope.spawn(move || {
            let mut slowest = Duration::ZERO;
            while waiting.load(Ordering::Relaxed) {
                let started = Instant::now();
                others_are_served();
                slowest = slowest.max(started.elapsed());
            }
            slowest
        });
        for thread in slow {
            let (how, answer) = thread.join().expect("an answer");
            assert!((500..600).contains(&answer.status), "{how}: {answer}");
        }
        waiting.store(false, Ordering::Relaxed);
        let slowest = others.join().expect("answers");
        assert!(
            slowest < Duration::from_secs(10),
            "somebody else waited for {slowest:?}"
        );
    });
}

#[test]
fn a_handler_that_answers_twice_has_answered_once() {
    for _ in 0..3 {
        let mut connection = Connection::open(server().address());
        connection.send("GET /api/misbehaving/twice HTTP/1.1\r\nHost: north.example\r\nConnection: close\r\n\r\n");
        let answer = connection.answer().expect("an answer");
        assert!(answer.status == 200 || answer.status >= 500, "{answer:?}");
        assert!(connection.answer().is_none(), "one answer");
        others_are_served();
    }
}

#[test]
fn half_an_answer_does_not_look_like_a_whole_one() {
    for _ in 0..3 {
        let mut connection = Connection::open(server().address());
        connection.send("GET /api/misbehaving/half HTTP/1.1\r\nHost: north.example\r\nConnection: close\r\n\r\n");
        let answer = String::from_utf8_lossy(&connection.until_closed()).into_owned();
        assert!(
            !answer.ends_with("0\r\n\r\n") || answer.starts_with("HTTP/1.1 5"),
            "{answer}"
        );
        others_are_served();
    }
}

#[test]
fn a_huge_answer_arrives_whole() {
    let answer = misbehave("huge").expect(200);
    assert_eq!(answer.body.len(), 32 << 20);
    others_are_served();
}

#[test]
fn an_answer_without_end_ends_with_its_client() {
    for _ in 0..200 {
        let mut connection = Connection::open(server().address());
        connection.send("GET /api/misbehaving/endless HTTP/1.1\r\nHost: south.example\r\n\r\n");
        assert_eq!(connection.answer().expect("an answer").status, 200);
    }
    others_are_served();
}

#[test]
fn a_client_that_hangs_up_frees_the_instance() {
    for _ in 0..200 {
        let mut connection = Connection::open(server().address());
        connection.send("GET /api/misbehaving/wait HTTP/1.1\r\nHost: south.example\r\n\r\n");
        drop(connection);
    }
    others_are_served();
}

#[test]
fn what_went_wrong_is_in_the_log_of_the_operator() {
    misbehave("trap");
    let log = server().log();
    assert!(log.contains("misbehaving"), "{log}");
}
