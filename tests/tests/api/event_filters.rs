//! The `filter` of `GET /api/events`.

use lectern_tests::Stage;
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::stage::titles;
use serde_json::json;

/// Three events that differ in everything, two of them in series.
fn three(stage: &Stage) -> [String; 2] {
    let optics = stage.series(json!({ "title": "Optik: Grundlagen" }));
    let sound = stage.series(json!({ "title": "Akustik" }));
    stage.event(json!({
        "title": "Licht",
        "description": "Über Brechung, Beugung",
        "subjects": ["Physik"],
        "language": "de",
        "rightsHolder": "Universität",
        "license": "CC-BY",
        "isPartOf": optics,
        "creator": ["Max Müller", "Ada Lovelace"],
        "contributor": ["Technik"],
        "startDate": "2024-05-01",
        "startTime": "10:00",
        "duration": "01:00:00",
        "location": "Hörsaal 1",
        "source": "Band 1",
    }));
    stage.event(json!({
        "title": "Schall",
        "description": "Wellen",
        "subjects": ["Physik", "Musik"],
        "language": "en",
        "rightsHolder": "Institut",
        "license": "CC0",
        "isPartOf": sound,
        "creator": ["Grace Hopper"],
        "contributor": ["Technik", "Regie"],
        "startDate": "2024-05-02",
        "startTime": "10:00",
        "location": "Hörsaal 2",
        "source": "Band 2",
    }));
    stage.event(json!({ "title": "Stille", "startDate": "2024-06-01", "startTime": "00:00" }));
    [optics, sound]
}

#[test]
fn each_filter_selects_by_its_field() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let [optics, sound] = three(&stage);
        for (filter, expected) in [
            ("title:Licht".to_owned(), vec!["Licht"]),
            ("title:licht".to_owned(), vec![]),
            ("title:Lich".to_owned(), vec![]),
            ("title:*".to_owned(), vec![]),
            ("description:Wellen".to_owned(), vec!["Schall"]),
            ("presenters:Ada Lovelace".to_owned(), vec!["Licht"]),
            ("presenters:Max Müller".to_owned(), vec!["Licht"]),
            ("presenters:max müller".to_owned(), vec![]),
            ("contributors:Technik".to_owned(), vec!["Licht", "Schall"]),
            ("contributors:Regie".to_owned(), vec!["Schall"]),
            ("location:Hörsaal 2".to_owned(), vec!["Schall"]),
            ("location:Hörsaal".to_owned(), vec![]),
            ("subject:Physik".to_owned(), vec!["Licht"]),
            ("language:en".to_owned(), vec!["Schall"]),
            ("rightsholder:Institut".to_owned(), vec!["Schall"]),
            ("license:CC-BY".to_owned(), vec!["Licht"]),
            ("source:Band 2".to_owned(), vec!["Schall"]),
            ("series_name:Akustik".to_owned(), vec!["Schall"]),
            ("series_name:Optik: Grundlagen".to_owned(), vec!["Licht"]),
            (format!("series:{optics}"), vec!["Licht"]),
            (format!("is_part_of:{sound}"), vec!["Schall"]),
            ("is_part_of:none".to_owned(), vec![]),
            ("created:2024-05-01T10:00:00Z".to_owned(), vec!["Licht"]),
            ("agent_id:ca-01".to_owned(), vec![]),
        ] {
            assert_eq!(stage.matching("events", &filter), expected, "{filter}");
        }
    });
}

#[test]
fn the_status_selects() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    let status = stage.list("events").send().expect(200).column("status");
    for name in &status {
        let listed = stage.matching("events", &format!("status:{name}"));
        assert_eq!(
            listed.len(),
            status.iter().filter(|other| *other == name).count(),
            "{name}"
        );
    }
    assert_eq!(
        stage.matching("events", "status:EVENTS.EVENTS.STATUS.RECORDING_FAILURE"),
        Vec::<String>::new()
    );
}

#[test]
fn criteria_of_one_filter_must_all_be_met() {
    let stage = Stage::new(&NORTH);
    let [optics, sound] = three(&stage);
    assert_eq!(
        stage.matching("events", &format!("series:{optics},contributors:Technik")),
        ["Licht"]
    );
    assert_eq!(stage.matching("events", "contributors:Technik,language:en"), ["Schall"]);
    assert_eq!(
        stage.matching("events", "contributors:Technik,language:fr"),
        Vec::<String>::new()
    );
    assert_eq!(
        stage.matching("events", &format!("series:{optics},is_part_of:{sound}")),
        ["Schall"],
        "the last counts"
    );
}

#[test]
fn people_and_identifiers_that_are_named_again_widen_the_selection() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(
        stage.matching("events", "presenters:Ada Lovelace,presenters:Grace Hopper"),
        ["Licht", "Schall"]
    );
    assert_eq!(
        stage.matching("events", "contributors:Regie,contributors:Technik"),
        ["Licht", "Schall"]
    );
    let ids = stage
        .list("events")
        .query("sort", "title:ASC")
        .send()
        .expect(200)
        .identifiers();
    let two = format!("identifier:{},identifier:{}", ids[0], ids[2]);
    assert_eq!(stage.matching("events", &two), ["Licht", "Stille"]);
    assert_eq!(
        stage.matching("events", "title:Licht,title:Stille"),
        ["Stille"],
        "the last title counts"
    );
    assert_eq!(
        stage.matching("events", "textFilter:licht,textFilter:stille"),
        ["Licht"],
        "the first text counts"
    );
}

#[test]
fn a_repeated_filter_is_a_union_without_duplicates() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        let list = |query: &str| titles(&stage.actor.get(&format!("/api/events?{query}")).send());
        assert_eq!(
            list("filter=title:Licht&filter=title:Stille&sort=title:ASC"),
            ["Licht", "Stille"]
        );
        assert_eq!(
            list("filter=title:Licht&filter=contributors:Technik&sort=title:ASC"),
            ["Licht", "Schall"]
        );
        assert_eq!(list("filter=language:de,title:Stille&filter=title:Schall"), ["Schall"]);
        // One order and one window over the union.
        assert_eq!(
            list("filter=title:Licht&filter=title:Stille&filter=title:Schall&sort=title:DESC&limit=2"),
            ["Stille", "Schall"]
        );
        assert_eq!(
            list("filter=title:Licht&filter=title:Stille&sort=title:ASC&offset=1&limit=5"),
            ["Stille"]
        );
    });
}

#[test]
fn a_repeated_filter_may_be_unknown_too() {
    let stage = Stage::new(&NORTH);
    let request = stage.actor.get("/api/events?filter=title:Licht&filter=colour:red");
    request.send().refused(400, "colour");
}

#[test]
fn a_filter_without_a_value_or_a_name_is_ignored() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for filter in [
        "",
        "title",
        "title:",
        "title::",
        "colour",
        "colour:",
        ",",
        ",,title:,",
        " ",
    ] {
        assert_eq!(stage.matching("events", filter).len(), 3, "{filter:?}");
    }
    assert_eq!(titles(&stage.actor.get("/api/events?filter").send()).len(), 3);
}

#[test]
fn in_the_first_version_the_value_ends_at_the_second_colon() {
    let stage = Stage::new(&NORTH);
    stage.event(json!({ "title": "x", "location": "Raum" }));
    stage.event(json!({ "title": "y", "location": "Raum:2" }));
    let list = |version: &str| {
        titles(
            &stage
                .list("events")
                .query("filter", "location:Raum:2")
                .version(version)
                .send(),
        )
    };
    assert_eq!(list("v1.0.0"), ["x"]);
    assert_eq!(list("v1.1.0"), ["y"]);
}

#[test]
fn a_comma_or_colon_in_a_value_may_be_escaped() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(
        stage.matching("events", r"description:Über Brechung\, Beugung"),
        ["Licht"]
    );
    assert_eq!(stage.matching("events", r"series_name:Optik\: Grundlagen"), ["Licht"]);
}

#[test]
fn an_unknown_filter_is_refused_by_name_from_the_second_version_on() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for version in ["v1.1.0", "v1.4.0", "v1.11.0"] {
        for name in ["colour", "Title", "textfilter", "presenter"] {
            let request = stage
                .list("events")
                .query("filter", &format!("{name}:x"))
                .version(version);
            request.send().refused(400, name);
        }
    }
    let list = stage
        .list("events")
        .query("filter", "colour:red")
        .version("v1.0.0")
        .send();
    assert_eq!(titles(&list).len(), 3);
}

#[test]
fn filters_that_came_with_the_second_version_do_nothing_in_the_first() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for name in [
        "identifier",
        "title",
        "description",
        "series_name",
        "language",
        "created",
        "license",
        "rightsholder",
        "status",
        "is_part_of",
        "source",
        "agent_id",
    ] {
        let filter = format!("{name}:nothing-like-it");
        let list = stage.list("events").query("filter", &filter).version("v1.0.0").send();
        assert_eq!(titles(&list).len(), 3, "{filter}");
    }
    let list = stage
        .list("events")
        .query("filter", "location:Hörsaal 1")
        .version("v1.0.0")
        .send();
    assert_eq!(titles(&list), ["Licht"]);
}

#[test]
fn a_start_range_includes_both_ends() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (range, expected) in [
            ("2024-05-01T00:00:00Z/2024-05-31T23:59:59Z", vec!["Licht", "Schall"]),
            ("2024-05-01T10:00:00Z/2024-05-02T10:00:00Z", vec!["Licht", "Schall"]),
            ("2024-05-01T10:00:01Z/2024-05-02T09:59:59Z", vec![]),
            (
                "2024-05-02T10:00:00.000Z/2024-06-01T00:00:00.000Z",
                vec!["Schall", "Stille"],
            ),
            ("2024-06-01T00:00:00/2024-06-01T00:00:00", vec!["Stille"]),
            ("2025-01-01T00:00:00Z/2020-01-01T00:00:00Z", vec![]),
        ] {
            assert_eq!(stage.matching("events", &format!("start:{range}")), expected, "{range}");
        }
        let range = "technical_start:2024-05-01T00:00:00Z/2024-05-31T23:59:59Z";
        stage.list("events").query("filter", range).send().expect(200);
    });
}

#[test]
fn a_range_that_is_none_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for name in ["start", "technical_start"] {
        for range in [
            "2024-05-01T00:00:00Z",
            "2024-05-01T00:00:00Z/",
            "/2024-05-01T00:00:00Z",
            "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z/2024-05-03T00:00:00Z",
            "yesterday/today",
            "2024-05-01/2024-05-02",
            "/",
        ] {
            let request = stage.list("events").query("filter", &format!("{name}:{range}"));
            request.send().refused(400, name);
        }
    }
}

#[test]
fn a_blank_person_or_identifier_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for name in ["presenters", "contributors", "identifier"] {
        stage
            .list("events")
            .query("filter", &format!("{name}: "))
            .send()
            .refused(400, name);
    }
}

#[test]
fn the_text_filter_finds_parts_of_words_whatever_their_case_and_accents() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (text, expected) in [
            ("licht", vec!["Licht"]),
            ("CHT", vec!["Licht"]),
            ("müller", vec!["Licht"]),
            ("MÜLLER", vec!["Licht"]),
            ("Muller", vec!["Licht"]),
            ("uber", vec!["Licht"]),
            ("hopper", vec!["Schall"]),
            ("hörsaal", vec!["Licht", "Schall"]),
            ("horsaal grace", vec!["Schall"]),
            ("akustik", vec!["Schall"]),
            ("üll", vec!["Licht"]),
            ("ü", vec!["Licht", "Schall"]),
            ("xyzzy", vec![]),
            ("\"", vec![]),
            ("*", vec![]),
            ("%", vec![]),
            ("_", vec![]),
        ] {
            assert_eq!(
                stage.matching("events", &format!("textFilter:{text}")),
                expected,
                "{text}"
            );
        }
    });
}

#[test]
fn the_text_filter_needs_every_word_and_goes_together_with_others() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(stage.matching("events", "textFilter:technik wellen"), ["Schall"]);
    assert_eq!(
        stage.matching("events", "textFilter:technik xyzzy"),
        Vec::<String>::new()
    );
    assert_eq!(stage.matching("events", "textFilter:hörsaal,language:de"), ["Licht"]);
    for operators in [
        "AND",
        "OR",
        "NOT",
        "NEAR(a b)",
        "a AND",
        "\"open",
        "title:",
        "(",
        "^",
        "-",
    ] {
        let request = stage.list("events").query("filter", &format!("textFilter:{operators}"));
        request.send().expect(200);
    }
}

#[test]
fn the_text_filter_shows_nothing_that_may_not_be_read() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        let stranger = Stage::new(tenant);
        assert_eq!(stranger.matching("events", "textFilter:licht"), Vec::<String>::new());
        assert_eq!(stranger.matching("series", "textFilter:akustik"), Vec::<String>::new());
    });
}
