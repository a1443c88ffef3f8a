//! `GET /api/series`: filters, order, windows.

use lectern_tests::Stage;
use lectern_tests::content::{acl, owned_by, unique};
use lectern_tests::fixture::{NORTH, TEACHER, TEACHER_NAME, each_tenant};
use lectern_tests::stage::titles;
use serde_json::{Value, json};

/// Three series that differ in everything.
fn three(stage: &Stage) -> [String; 3] {
    [
        stage.series(json!({
            "title": "Analysis",
            "description": "Grenzwerte",
            "subjects": ["Mathematik"],
            "language": "de",
            "rightsHolder": "Universität Bern",
            "license": "CC-BY",
            "creator": ["Emmy Noether", "David Hilbert"],
            "contributor": ["Felix Klein"],
            "publisher": ["Verlag Ü"],
        })),
        stage.series(json!({
            "title": "Botanik",
            "description": "Pflanzen: Bau, Funktion",
            "subjects": ["Biologie", "Natur"],
            "language": "en",
            "rightsHolder": "Botanischer Garten",
            "license": "CC0",
            "creator": ["Carl von Linné"],
            "contributor": ["Anna Atkins", "Maria Sibylla Merian"],
            "publisher": ["Verlag B", "Verlag C"],
        })),
        stage.series(json!({ "title": "Chemie" })),
    ]
}

#[test]
fn the_list_is_an_array_of_series() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        assert_eq!(stage.list("series").send().expect(200).json(), json!([]));
        let ids = three(&stage);
        let mut listed = stage.list("series").send().expect(200).identifiers();
        listed.sort();
        let mut expected = ids.to_vec();
        expected.sort();
        assert_eq!(listed, expected);
    });
}

#[test]
fn a_listed_series_shows_what_the_single_one_shows() {
    let stage = Stage::new(&NORTH);
    let [first, ..] = three(&stage);
    let mut single = stage.actor.series(&first);
    let single = single.as_object_mut().expect("an object");
    single.remove("organization");
    single.remove("opt_out");
    let list = stage
        .list("series")
        .query("filter", "title:Analysis")
        .send()
        .expect(200)
        .json();
    assert_eq!(list, json!([single]));
}

#[test]
fn the_fields_of_a_listed_series_depend_on_the_version() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    let keys = |version: &str, query: &str| {
        let list = stage
            .actor
            .get(&format!("/api/series{query}"))
            .version(version)
            .send()
            .expect(200)
            .json();
        let mut keys: Vec<_> = list[0].as_object().expect("an object").keys().cloned().collect();
        keys.sort();
        keys
    };
    let first = [
        "contributors",
        "created",
        "creator",
        "identifier",
        "organizers",
        "publishers",
        "subjects",
        "title",
    ];
    let mut second = [
        first.as_slice(),
        &["description", "language", "license", "rightsholder"],
    ]
    .concat();
    second.sort_unstable();
    assert_eq!(keys("v1.0.0", "?withacl=true"), first);
    assert_eq!(keys("v1.1.0", ""), second);
    assert_eq!(keys("v1.4.0", "?withacl=true"), second);
    let mut with_acl = second.clone();
    with_acl.push("acl");
    with_acl.sort_unstable();
    assert_eq!(keys("v1.5.0", "?withacl=true"), with_acl);
    assert_eq!(keys("v1.11.0", "?withacl=false"), second);
}

#[test]
fn each_filter_selects_by_its_field() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let [analysis, botanik, _] = three(&stage);
        for (filter, expected) in [
            ("title:Analysis", vec!["Analysis"]),
            ("title:analysis", vec![]),
            ("title:Anal", vec![]),
            ("description:Grenzwerte", vec!["Analysis"]),
            ("subject:Mathematik", vec!["Analysis"]),
            ("language:en", vec!["Botanik"]),
            ("rightsholder:Universität Bern", vec!["Analysis"]),
            ("license:CC0", vec!["Botanik"]),
            ("organizers:David Hilbert", vec!["Analysis"]),
            ("organizers:Carl von Linné", vec!["Botanik"]),
            ("contributors:Anna Atkins", vec!["Botanik"]),
            ("contributors:Felix Klein", vec!["Analysis"]),
            ("publishers:Verlag Ü", vec!["Analysis"]),
            ("publishers:Verlag C", vec!["Botanik"]),
            ("language:fr", vec![]),
        ] {
            assert_eq!(stage.matching("series", filter), expected, "{filter}");
        }
        assert_eq!(
            stage.matching("series", &format!("identifier:{analysis}")),
            ["Analysis"]
        );
        let both = format!("identifier:{analysis},identifier:{botanik}");
        assert_eq!(stage.matching("series", &both), ["Analysis", "Botanik"]);
    });
}

#[test]
fn criteria_of_one_filter_must_all_be_met() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(stage.matching("series", "title:Analysis,language:de"), ["Analysis"]);
    assert_eq!(
        stage.matching("series", "title:Analysis,language:en"),
        Vec::<String>::new()
    );
}

#[test]
fn people_and_subjects_that_are_named_again_widen_the_selection() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for filter in [
        "contributors:Felix Klein,contributors:Anna Atkins",
        "organizers:Emmy Noether,organizers:Carl von Linné",
        "publishers:Verlag Ü,publishers:Verlag B",
    ] {
        assert_eq!(stage.matching("series", filter), ["Analysis", "Botanik"], "{filter}");
    }
    assert_eq!(
        stage.matching("series", "title:Analysis,title:Botanik"),
        ["Botanik"],
        "the last title counts"
    );
}

#[test]
fn a_filter_without_a_value_or_a_name_is_ignored() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for filter in ["", "title", "nonsense", ",", ",,title", " "] {
        assert_eq!(stage.matching("series", filter).len(), 3, "{filter:?}");
    }
}

#[test]
fn the_first_colon_splits_name_and_value() {
    let stage = Stage::new(&NORTH);
    stage.series(json!({ "title": "Teil 1: Anfang: Ende" }));
    three(&stage);
    assert_eq!(
        stage.matching("series", "title:Teil 1: Anfang: Ende"),
        ["Teil 1: Anfang: Ende"]
    );
}

#[test]
fn a_comma_or_colon_in_a_value_may_be_escaped() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(
        stage.matching("series", r"description:Pflanzen: Bau\, Funktion"),
        ["Botanik"]
    );
    assert_eq!(
        stage.matching("series", r"description:Pflanzen\: Bau\, Funktion"),
        ["Botanik"]
    );
}

#[test]
fn an_unknown_filter_is_refused_by_name_from_the_second_version_on() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for version in ["v1.1.0", "v1.5.0", "v1.11.0"] {
        let request = stage.list("series").query("filter", "colour:red").version(version);
        request.send().refused(400, "colour");
    }
    let list = stage
        .list("series")
        .query("filter", "colour:red")
        .version("v1.0.0")
        .send();
    assert_eq!(titles(&list).len(), 3);
}

#[test]
fn filters_that_came_with_the_second_version_do_nothing_in_the_first() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for filter in [
        "identifier:x",
        "description:x",
        "creator:x",
        "publishers:x",
        "rightsholder:x",
    ] {
        let list = stage.list("series").query("filter", filter).version("v1.0.0").send();
        assert_eq!(titles(&list).len(), 3, "{filter}");
        assert_eq!(stage.matching("series", filter), Vec::<String>::new(), "{filter}");
    }
    let list = stage
        .list("series")
        .query("filter", "title:Chemie")
        .version("v1.0.0")
        .send();
    assert_eq!(titles(&list), ["Chemie"]);
}

#[test]
fn creator_is_the_name_of_the_user_who_created_the_series() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        tenant
            .user(TEACHER)
            .create_series(json!({ "title": "Dissertation" }), &owned_by(&stage.role));
        for name in ["creator", "Creator"] {
            assert_eq!(
                stage.matching("series", &format!("{name}:{TEACHER_NAME}")),
                ["Dissertation"]
            );
        }
        let list = stage
            .list("series")
            .query("filter", &format!("Creator:{TEACHER_NAME}"))
            .version("v1.0.0")
            .send();
        assert_eq!(titles(&list), ["Dissertation"]);
    });
}

#[test]
fn the_creation_date_is_a_range_with_both_ends() {
    let stage = Stage::new(&NORTH);
    let [first, ..] = three(&stage);
    let created = stage.actor.series(&first)["created"]
        .as_str()
        .expect("a date")
        .to_owned();
    for name in ["CreationDate", "creationDate"] {
        for (range, expected) in [
            ("2000-01-01T00:00:00Z/2100-01-01T00:00:00Z".to_owned(), 3),
            ("2000-01-01T00:00:00Z/2001-01-01T00:00:00.000Z".to_owned(), 0),
            ("2100-01-01T00:00:00Z/2101-01-01T00:00:00Z".to_owned(), 0),
        ] {
            assert_eq!(
                stage.matching("series", &format!("{name}:{range}")).len(),
                expected,
                "{name}:{range}"
            );
        }
        let exactly = format!("{name}:{created}/{created}");
        assert!(stage.matching("series", &exactly).contains(&"Analysis".to_owned()));
        for bad in [
            "2000-01-01T00:00:00Z",
            "yesterday/today",
            "2000-01-01T00:00:00Z/",
            "/",
            "a/b/c",
        ] {
            stage
                .list("series")
                .query("filter", &format!("{name}:{bad}"))
                .send()
                .refused(400, name);
        }
    }
}

#[test]
fn the_text_filter_finds_parts_of_words_whatever_their_case_and_accents() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (text, expected) in [
            ("analysis", vec!["Analysis"]),
            ("NALYS", vec!["Analysis"]),
            ("linné", vec!["Botanik"]),
            ("LINNE", vec!["Botanik"]),
            ("Grenzwert", vec!["Analysis"]),
            ("noether", vec!["Analysis"]),
            ("Merian", vec!["Botanik"]),
            ("verlag", vec!["Analysis", "Botanik"]),
            ("ü", vec!["Analysis", "Botanik"]),
            ("tät", vec!["Analysis"]),
            ("Universitat", vec!["Analysis"]),
            ("xyzzy", vec![]),
        ] {
            assert_eq!(
                stage.matching("series", &format!("textFilter:{text}")),
                expected,
                "{text}"
            );
        }
    });
}

#[test]
fn lists_are_sorted_as_asked() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (sort, expected) in [
            ("title:ASC", ["Analysis", "Botanik", "Chemie"]),
            ("title:DESC", ["Chemie", "Botanik", "Analysis"]),
            ("title:asc", ["Analysis", "Botanik", "Chemie"]),
            ("title:Descending", ["Chemie", "Botanik", "Analysis"]),
            ("title:Ascending", ["Analysis", "Botanik", "Chemie"]),
            (" title :DESC", ["Chemie", "Botanik", "Analysis"]),
            // By the smallest name ascending, by the largest descending; the one without any comes last in both.
            ("contributors:ASC", ["Botanik", "Analysis", "Chemie"]),
            ("contributors:DESC", ["Botanik", "Analysis", "Chemie"]),
            // `creator` sorts by the organizers.
            ("creator:ASC", ["Botanik", "Analysis", "Chemie"]),
            ("creator:DESC", ["Analysis", "Botanik", "Chemie"]),
        ] {
            assert_eq!(stage.sorted("series", sort), expected, "{sort}");
        }
        assert_eq!(stage.sorted("series", "created:ASC").len(), 3);
    });
}

#[test]
fn the_order_is_by_code_point() {
    let stage = Stage::new(&NORTH);
    for title in ["apfel", "Äpfel", "Zebra", "zebra", "Apfel"] {
        stage.series(json!({ "title": title }));
    }
    assert_eq!(
        stage.sorted("series", "title:ASC"),
        ["Apfel", "Zebra", "apfel", "zebra", "Äpfel"]
    );
}

#[test]
fn an_unknown_or_malformed_sort_is_refused() {
    let stage = Stage::new(&NORTH);
    for (sort, part) in [
        ("colour:ASC", "colour"),
        ("title", "title"),
        ("title:UP", "title"),
        ("title:ASC:DESC", "title"),
        ("title:", "title"),
        (":ASC", "sort"),
        ("title:ASC,colour:ASC", "colour"),
    ] {
        stage.list("series").query("sort", sort).send().refused(400, part);
    }
    stage.list("series").query("sort", "").send().expect(200);
}

#[test]
fn limit_and_offset_cut_a_window() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (window, expected) in [
            ("limit=2", vec!["Analysis", "Botanik"]),
            ("limit=2&offset=1", vec!["Botanik", "Chemie"]),
            ("offset=2", vec!["Chemie"]),
            ("offset=3", vec![]),
            ("limit=1&offset=1000000", vec![]),
            ("limit=0", vec!["Analysis", "Botanik", "Chemie"]),
            ("limit=-1", vec!["Analysis", "Botanik", "Chemie"]),
            ("offset=-5&limit=1", vec!["Analysis"]),
            ("limit=&offset=", vec!["Analysis", "Botanik", "Chemie"]),
        ] {
            let list = stage.actor.get(&format!("/api/series?sort=title:ASC&{window}")).send();
            assert_eq!(titles(&list), expected, "{window}");
        }
    });
}

#[test]
fn a_window_that_is_no_number_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for value in ["ten", "1.5", "0x10", "1e3", "99999999999999999999999", "1 2"] {
        for name in ["limit", "offset"] {
            stage.list("series").query(name, value).send().refused(400, name);
        }
    }
}

#[test]
fn without_a_limit_there_are_at_most_a_hundred() {
    let stage = Stage::new(&NORTH);
    let marker = unique("hundert");
    for number in 0..103 {
        stage.series(json!({ "title": format!("{marker} {number:03}") }));
    }
    let count = |query: &str| {
        let list = stage.actor.get(&format!("/api/series{query}")).send().expect(200);
        list.identifiers().len()
    };
    assert_eq!(count(""), 100);
    assert_eq!(count("?limit=0"), 100);
    assert_eq!(count("?offset=100"), 3);
    assert_eq!(count("?limit=200"), 103);
}

#[test]
fn pages_neither_repeat_nor_miss_a_series_with_the_same_title() {
    let stage = Stage::new(&NORTH);
    let mut expected: Vec<_> = (0..7).map(|_| stage.series(json!({ "title": "Gleich" }))).collect();
    let mut listed = Vec::new();
    for offset in [0, 3, 6] {
        let path = format!("/api/series?sort=title:ASC&limit=3&offset={offset}");
        listed.extend(stage.actor.get(&path).send().expect(200).identifiers());
    }
    expected.sort();
    listed.sort();
    assert_eq!(listed, expected);
}

#[test]
fn only_with_write_access_leaves_out_what_may_only_be_read() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        stage.series(json!({ "title": "Schreiben" }));
        stage
            .admin
            .create_series(json!({ "title": "Lesen" }), &acl(&[(&stage.role, "read")]));
        let list = |query: &str| {
            let mut titles = titles(&stage.actor.get(&format!("/api/series?{query}")).send());
            titles.sort();
            titles
        };
        assert_eq!(list(""), ["Lesen", "Schreiben"]);
        assert_eq!(list("onlyWithWriteAccess=true"), ["Schreiben"]);
        assert_eq!(list("onlyWithWriteAccess=TRUE"), ["Schreiben"]);
        assert_eq!(
            list("onlyWithWriteAccess=true&filter=title:Lesen"),
            Vec::<String>::new()
        );
        assert_eq!(list("onlyWithWriteAccess=false"), ["Lesen", "Schreiben"]);
    });
}

#[test]
fn the_access_list_comes_with_the_list_if_asked_for() {
    let stage = Stage::new(&NORTH);
    stage.series(json!({ "title": "Mit Liste" }));
    let list = stage.actor.get("/api/series?withacl=True").send().expect(200).json();
    assert_eq!(list[0]["acl"], owned_by(&stage.role));
    assert_eq!(stage.list("series").send().expect(200).json()[0]["acl"], Value::Null);
}
