//! `GET /api/series/series.json`

use lectern_handler::fake::Client;

use super::{create, with_maths};

const PATH: &str = "/api/series/series.json";

fn library() -> Client {
    let client = with_maths();
    create(
        &client,
        r#"{"id": "identifier", "value": "physics-1"}, {"id": "title", "value": "Basics of Physics"},
           {"id": "subject", "value": "Physics"}, {"id": "description", "value": "Waves"}, {"id": "license", "value": "CC0"},
           {"id": "contributor", "value": ["Dr. Who"]}, {"id": "publisher", "value": ["Doctor Who"]}"#,
    );
    create(
        &client,
        r#"{"id": "identifier", "value": "zoo"}, {"id": "title", "value": "Animals"}"#,
    );
    client
}

#[test]
fn all_series_are_found_in_the_shape_of_version_1_7_0() {
    for client in [
        library(),
        library().with_header("accept", "application/json"),
        library().speaking("1.0.0"),
    ] {
        let answer = client.get(PATH);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/v1.7.0+json"));
        assert_eq!(answer.header("x-total-count"), Some("3"));
        assert_eq!(answer.column("identifier"), ["maths", "physics-1", "zoo"]);
        let names: Vec<String> = answer.json()[0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            names,
            [
                "contributors",
                "created",
                "creator",
                "description",
                "identifier",
                "language",
                "license",
                "organizers",
                "publishers",
                "rightsholder",
                "subjects",
                "title"
            ]
        );
    }
}

#[test]
fn each_parameter_selects_by_its_field_and_all_must_be_met() {
    let client = library();
    for (query, found) in [
        ("q=physi", &["physics-1"][..]),
        ("q=physi&fuzzyMatch=true", &["physics-1"]),
        ("seriesId=maths", &["maths"]),
        ("seriesId=physics", &[]),
        ("seriesId=physics&fuzzyMatch=true", &["physics-1"]),
        ("seriesTitle=Animals", &["zoo"]),
        ("seriesTitle=animals", &[]),
        ("creator=Display%20name%20of%20admin&seriesId=zoo", &["zoo"]),
        ("contributor=Dr.%20Who", &["physics-1"]),
        ("publisher=Doctor%20Who", &["physics-1"]),
        ("rightsholder=Prof.%20X", &["maths"]),
        ("language=deu", &["maths"]),
        ("license=CC0", &["physics-1"]),
        ("subject=Physics", &["physics-1"]),
        ("abstract=Waves", &["physics-1"]),
        ("description=Waves", &["physics-1"]),
        ("description=Waves&abstract=Particles", &[]),
        ("createdfrom=2018-03-19T16:11:48Z&seriesId=zoo", &["zoo"]),
        ("createdfrom=2018-03-19T16:11:49Z", &[]),
        ("createdto=2018-03-19T16:11:48Z&seriesId=zoo", &["zoo"]),
        ("createdto=2018-03-19T16:11:47Z", &[]),
        (
            "createdfrom=2018-01-01T00:00:00Z&createdto=2019-01-01T00:00:00Z&seriesId=zoo",
            &["zoo"],
        ),
        ("language=deu&license=CC0", &[]),
        ("seriesId=&license=CC0", &["physics-1"]),
    ] {
        let answer = client.get(&format!("{PATH}?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        assert_eq!(answer.column("identifier"), found, "{query}");
    }
}

#[test]
fn only_what_may_be_written_is_found_for_editing() {
    let student = library().identified("bob", &["ROLE_STUDENT"]);
    assert_eq!(
        student.get(&format!("{PATH}?edit=false")).column("identifier"),
        ["maths"]
    );
    assert_eq!(student.get(&format!("{PATH}?edit=true")).text, "[]");
    let teacher = library().identified("tom", &["ROLE_TEACHER"]);
    assert_eq!(
        teacher.get(&format!("{PATH}?edit=true")).column("identifier"),
        ["maths"]
    );
}

#[test]
fn series_are_sorted_by_every_documented_name_in_any_case_and_by_those_of_the_index() {
    let client = library();
    let sort_fields = |sort: &str| -> Vec<(String, bool)> {
        let answer = client.get(&format!("{PATH}?sort={sort}"));
        assert_eq!(answer.status, 200, "{sort}: {}", answer.text);
        let store = client.backend.store.borrow();
        let keys = store.queries.last().map(|query| query.sort.clone()).unwrap_or_default();
        keys.into_iter().map(|key| (key.field, key.descending)).collect()
    };
    for (names, field) in [
        (&["TITLE", "title", "Title"][..], "title"),
        (&["SUBJECT", "subject"], "subject"),
        (&["CREATOR", "creator"], "creator"),
        (&["PUBLISHERS", "publisher"], "publisher"),
        (&["CONTRIBUTORS", "contributors"], "contributor"),
        (&["DESCRIPTION", "description"], "description"),
        (&["CREATED_DATE_TIME", "createdDateTime"], "created"),
        (&["LANGUAGE", "language"], "language"),
        (&["RIGHTS_HOLDER", "rights_holder"], "rightsholder"),
        (&["MANAGED_ACL", "managed_acl"], "managed_acl"),
        (&["LICENCE", "LICENSE", "license"], "license"),
    ] {
        for name in names {
            assert_eq!(sort_fields(name), [(field.to_owned(), false)]);
            assert_eq!(sort_fields(&format!("{name}_DESC")), [(field.to_owned(), true)]);
        }
    }
    assert_eq!(
        client.get(&format!("{PATH}?sort=TITLE_DESC")).column("identifier"),
        ["physics-1", "zoo", "maths"]
    );
}

#[test]
fn a_window_is_cut_by_count_and_offset() {
    let client = library();
    let answer = client.get(&format!("{PATH}?sort=TITLE&count=1&offset=1&seriesId="));
    assert_eq!(answer.column("identifier"), ["zoo"]);
    let link = answer.header("link").unwrap();
    assert!(
        link.contains("<http://localhost:8080/api/series/series.json?sort=TITLE&seriesId=&count=1>; rel=\"first\""),
        "{link}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let client = library();
    for (query, named) in [
        ("sort=COLOUR", "COLOUR"),
        ("createdfrom=yesterday", "createdfrom"),
        ("createdto=2018", "createdto"),
        ("count=many", "count"),
        ("offset=x", "offset"),
    ] {
        let answer = client.get(&format!("{PATH}?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text.contains(named), "{}", answer.text);
    }
}
