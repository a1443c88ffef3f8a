use lectern_handler::api::{Reason, Value};
use lectern_handler::fake::Client;

use super::{client, create, refused, set};

/// A tenant with three events.
fn library() -> Client {
    let client = client();
    client.backend.add_series("optics", "Optics: Basics", &[]);
    for fields in [
        r#"{"id": "title", "value": "Light"}, {"id": "creator", "value": ["Ada Lovelace", "Max Müller"]},
           {"id": "contributor", "value": ["Studio"]}, {"id": "location", "value": "Room 1"},
           {"id": "isPartOf", "value": "optics"}, {"id": "startDate", "value": "2024-05-01"},
           {"id": "startTime", "value": "10:00"}, {"id": "language", "value": "deu"},
           {"id": "subjects", "value": ["Physics", "Waves"]}"#,
        r#"{"id": "title", "value": "Sound, or: noise"}, {"id": "creator", "value": ["Grace Hopper"]},
           {"id": "contributor", "value": ["Studio", "Staff"]}, {"id": "location", "value": "Room:2"},
           {"id": "startDate", "value": "2024-05-02"}, {"id": "startTime", "value": "10:00"}"#,
        r#"{"id": "title", "value": "Silence"}, {"id": "startDate", "value": "2024-06-01"}"#,
    ] {
        create(&client, fields);
    }
    client
}

#[test]
fn what_was_written_of_an_event_is_written_again_until_the_event_or_the_way_of_writing_changes() {
    const ALL: &str = "/api/events?limit=3&withacl=true&withmetadata=true&withscheduling=true&withpublications=true";
    let client = library();
    let before = client.get(ALL);
    client.backend.store.borrow_mut().keeps = true;
    let kept = || client.backend.store.borrow().kept.len();
    let list = |client: &Client, path: &str| {
        let answer = client.get(path);
        (answer.header("x-total-count").map(str::to_owned), answer.text)
    };
    let before = (before.header("x-total-count").map(str::to_owned), before.text);
    for _ in 0..3 {
        assert_eq!(list(&client, ALL), before);
        assert_eq!(kept(), 3);
    }
    // What is kept is what is answered.
    for text in client.backend.store.borrow_mut().kept.values_mut() {
        assert!(before.1.contains(text.as_str()), "{text}");
        *text = "{}".to_owned();
    }
    assert_eq!(list(&client, ALL).1, "[{},{},{}]");
    let key = (
        "events".to_owned(),
        client
            .get(ALL.split('?').next().unwrap())
            .column("identifier")
            .remove(1),
    );
    client
        .backend
        .store
        .borrow_mut()
        .objects
        .get_mut(&key)
        .unwrap()
        .sequence += 1000;
    let answer = list(&client, ALL).1;
    assert!(
        answer.starts_with("[{},{\"identifier\"") && answer.ends_with("},{}]"),
        "{answer}"
    );
    assert_eq!(kept(), 4);
    // Other ways of writing.
    let mut ways = 4;
    for other in [
        ALL.replace("withacl=true", ""),
        ALL.replace("withmetadata=true", ""),
        ALL.replace("withscheduling=true", ""),
        ALL.replace("withpublications=true", ""),
        format!("{ALL}&includeInternalPublication=true"),
    ] {
        assert!(list(&client, &other).1.starts_with("[{\"identifier\""), "{other}");
        ways += 3;
        assert_eq!(kept(), ways, "{other}");
    }
    assert!(list(&client.speaking("1.10.0"), ALL).1.starts_with("[{\"identifier\""));
    let url = "https://video.example".to_owned();
    client.backend.store.borrow_mut().properties = vec![("org.opencastproject.external.api.url".to_owned(), url)];
    assert!(list(&client, ALL).1.starts_with("[{\"identifier\""));
    ways += 6;
    assert_eq!(kept(), ways);
    // Signed addresses expire, and long lists are not likely to be asked for again.
    list(&client, &format!("{ALL}&sign=true"));
    list(&client, &ALL.replace("limit=3", "limit=101"));
    list(&client, &ALL.replace("limit=3&", ""));
    assert_eq!(kept(), ways);
}

fn found(query: &str) -> Vec<String> {
    let answer = library().get(&format!("/api/events?{}", query.replace(' ', "+")));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.column("title")
}

#[test]
fn filters_test_their_field() {
    let light = ["Light"];
    for filter in [
        "title:Light",
        "presenters:Ada Lovelace",
        "contributors:Studio,language:deu",
        "location:Room 1",
        "series:optics",
        "is_part_of:optics",
        "series_name:Optics: Basics",
        r"series_name:Optics\: Basics",
        "subject:Physics,subject:Physics%2CWaves",
        "language:deu",
        "created:2024-05-01T10:00:00Z",
        "start:2024-05-01T10:00:00Z/2024-05-01T10:00:00Z",
        "start:2024-05-01T10:00:00.000Z/2024-05-02T09:59:59.999Z",
        "textFilter:lovelace",
    ] {
        let expected = if filter.starts_with("subject") {
            &[][..]
        } else {
            &light[..]
        };
        assert_eq!(found(&format!("filter={filter}")), expected, "{filter}");
    }
    assert_eq!(found(r"filter=subject:Physics\,Waves"), light);
    assert_eq!(found(r"filter=title:Sound\, or: noise"), ["Sound, or: noise"]);
    assert_eq!(
        found("filter=presenters:Ada Lovelace,presenters:Grace Hopper&sort=title:ASC").len(),
        2
    );
    assert_eq!(found("filter=agent_id:ca24"), Vec::<String>::new());
}

#[test]
fn recorded_times_and_states_are_filtered_too() {
    let client = library();
    let identifier = client
        .get("/api/events?filter=title:Light")
        .column("identifier")
        .remove(0);
    set(&client, &identifier, "technical_start", Value::Number(1000));
    set(&client, &identifier, "agent_id", Value::Text("ca24".to_owned()));
    set(
        &client,
        &identifier,
        "status",
        Value::Text("EVENTS.EVENTS.STATUS.SCHEDULED".to_owned()),
    );
    for filter in [
        "technical_start:1970-01-01T00:00:00Z/1970-01-01T00:00:01Z",
        "agent_id:ca24",
        "status:EVENTS.EVENTS.STATUS.SCHEDULED",
    ] {
        assert_eq!(
            client.get(&format!("/api/events?filter={filter}")).column("title"),
            ["Light"],
            "{filter}"
        );
    }
}

#[test]
fn in_1_0_0_a_value_ends_at_its_colon_and_later_filters_do_nothing() {
    let client = library();
    let titles = |version: &str, filter: &str| {
        client
            .speaking(version)
            .get(&format!("/api/events?sort=title:ASC&filter={filter}"))
            .column("title")
    };
    assert_eq!(titles("1.0.0", "location:Room:2"), Vec::<String>::new());
    assert_eq!(titles("1.1.0", "location:Room:2"), ["Sound, or: noise"]);
    assert_eq!(titles("1.0.0", "title:nothing,colour:red").len(), 3);
}

#[test]
fn a_repeated_filter_is_a_union_without_duplicates() {
    assert_eq!(
        found("filter=title:Light&filter=contributors:Studio&filter=&sort=title:DESC"),
        ["Sound, or: noise", "Light"]
    );
    assert_eq!(
        found("filter=title:Light&filter=title:Silence&sort=title:ASC&limit=1&offset=1"),
        ["Silence"],
        "there is one order and one window"
    );
    assert_eq!(
        found("filter=title&filter=title:Silence"),
        ["Silence"],
        "an empty filter does not widen it"
    );
}

#[test]
fn before_1_5_0_the_first_filter_counts() {
    let answer = library()
        .speaking("1.4.0")
        .get("/api/events?filter=title:Light&filter=title:Silence");
    assert_eq!(answer.column("title"), ["Light"]);
}

#[test]
fn what_is_wrong_with_a_query_is_named() {
    let client = library();
    for (query, named) in [
        ("filter=colour:red", "colour"),
        ("filter=title:Light&filter=colour:red", "colour"),
        ("filter=start:yesterday/today", "start"),
        ("filter=start:2024-05-01T00:00:00Z", "start"),
        ("filter=technical_start:/", "technical_start"),
        ("filter=presenters:+", "presenters"),
        ("sort=created:ASC", "created"),
        ("sort=title", "title"),
        ("limit=ten", "limit"),
        ("offset=1.5", "offset"),
    ] {
        refused(&client.get(&format!("/api/events?{query}")), 400, named);
    }
}

#[test]
fn sorts_follow_their_field_and_nothing_comes_last() {
    let ascending = ["Light", "Sound, or: noise", "Silence"];
    for sort in [
        "start_date:ASC",
        "date:ASC",
        "location:ASC",
        "presenter:ASC",
        "review_status:ASC,date:ASC",
    ] {
        assert_eq!(found(&format!("sort={sort}")), ascending, "{sort}");
    }
    assert_eq!(found("sort=location:DESC"), ["Sound, or: noise", "Light", "Silence"]);
    for name in [
        "technical_start",
        "technical_date",
        "technical_end",
        "end_date",
        "workflow_state",
        "series_name",
        "scheduling_status",
    ] {
        assert_eq!(found(&format!("sort={name}:DESC")).len(), 3, "{name}");
    }
}

#[test]
fn limit_and_offset_cut_a_window() {
    for (window, expected) in [
        ("limit=2", vec!["Light", "Silence"]),
        ("limit=1&offset=1", vec!["Silence"]),
        ("offset=2", vec!["Sound, or: noise"]),
        ("offset=3", vec![]),
        ("limit=0", vec!["Light", "Silence", "Sound, or: noise"]),
        ("limit=-1&offset=-1", vec!["Light", "Silence", "Sound, or: noise"]),
    ] {
        assert_eq!(found(&format!("sort=title:ASC&{window}")), expected, "{window}");
    }
}

#[test]
fn a_list_without_a_limit_is_streamed_page_by_page() {
    let client = client();
    for number in 0..25 {
        create(&client, &format!(r#"{{"id": "title", "value": "{number:02}"}}"#));
    }
    let all: Vec<String> = (0..25).map(|number| format!("{number:02}")).collect();
    client.backend.store.borrow_mut().page_size = Some(4);
    client.backend.store.borrow_mut().queries.clear();
    let answer = client.get("/api/events?sort=title:ASC");
    assert_eq!(answer.column("title"), all);
    assert_eq!(answer.header("x-total-count"), Some("25"));
    assert_eq!(answer.header("content-length"), None);
    let queries = std::mem::take(&mut client.backend.store.borrow_mut().queries);
    assert_eq!(queries.len(), 7);
    assert!(
        queries[1..]
            .iter()
            .all(|query| query.cursor.is_some() && !query.with_total)
    );
    for (window, expected) in [
        ("limit=10&offset=3", &all[3..13]),
        ("limit=3", &all[..3]),
        ("limit=30", &all[..]),
    ] {
        let answer = client.get(&format!("/api/events?sort=title:ASC&{window}"));
        assert_eq!(answer.column("title"), expected, "{window}");
    }
}

#[test]
fn a_list_that_breaks_is_an_error_on_its_first_page_and_cut_off_later() {
    let client = library();
    client.backend.store.borrow_mut().page_size = Some(1);
    let list = |failures: Vec<Option<Reason>>| {
        client.backend.store.borrow_mut().failures = failures;
        client.get("/api/events")
    };
    let answer = list(vec![Some(Reason::Busy)]);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let answer = list(vec![Some(Reason::Fault), None]);
    assert_eq!(answer.status, 200);
    assert!(
        answer.text.starts_with('[') && !answer.text.ends_with(']'),
        "{}",
        answer.text
    );
    assert_eq!(list(vec![]).column("title").len(), 3);
}

#[test]
fn following_the_links_visits_every_event_once() {
    let client = library();
    let mut address = "/api/events?sort=title:ASC&limit=2".to_owned();
    let mut visited = Vec::new();
    loop {
        let answer = client.get(&address);
        visited.extend(answer.column("title"));
        let links = answer.header("link").unwrap();
        let Some(next) = links.split(", <").find(|link| link.contains("rel=\"next\"")) else {
            break;
        };
        address = next
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap()
            .replace("http://localhost:8080", "");
    }
    assert_eq!(visited, ["Light", "Silence", "Sound, or: noise"]);
    assert_eq!(
        client.get("/api/events").header("link"),
        None,
        "a list without a limit has no pages"
    );
}

#[test]
fn a_user_sees_what_they_may_read_and_on_request_only_what_they_may_write() {
    let client = library();
    client.backend.add_event("secret", &[("title", "Secret")], None);
    assert_eq!(client.get("/api/events").column("title").len(), 4);
    let student = client.identified("bob", &["ROLE_STUDENT"]);
    assert_eq!(student.get("/api/events").column("title").len(), 3);
    assert_eq!(
        student
            .get("/api/events?onlyWithWriteAccess=true&filter=title:Light")
            .text,
        "[]"
    );
    let teacher = client.identified("tom", &["ROLE_TEACHER"]);
    let writable = teacher.get("/api/events?onlyWithWriteAccess=True&filter=title:Light&filter=title:Secret");
    assert_eq!(writable.column("title"), ["Light"]);
}
