//! Forms as clients really send them: both encodings everywhere, and the liberties of their multipart libraries.

use lectern_tests::content::{catalog, event_form, owned_by, series_form, values};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Answer, Encoding, Form, Stage};
use serde_json::json;

/// The title of what was created, as its creator sees it.
fn created_title(stage: &Stage, collection: &str, answer: Answer) -> String {
    let id = answer.expect(201).json()["identifier"]
        .as_str()
        .expect("an identifier")
        .to_owned();
    let object = stage
        .actor
        .get(&format!("/api/{collection}/{id}"))
        .send()
        .expect(200)
        .json();
    object["title"].as_str().expect("a title").to_owned()
}

#[test]
fn every_character_survives_both_encodings() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        for title in [
            "Größe & Maß = 100 % + x",
            "\"quoted\" \\ backslash / slash",
            "日本語 – ελληνικά – 👩‍🎓",
            "--boundary-like--",
            "a;b&c=d+e f%20g",
            "e\u{301} bleibt zerlegt",
        ] {
            for encoding in ENCODINGS {
                let form = series_form(&json!({ "title": title }), &owned_by(&stage.role));
                let answer = stage.admin.post("/api/series").form(&form, encoding).send();
                assert_eq!(created_title(&stage, "series", answer), title);
            }
        }
    });
}

#[test]
fn forms_are_taken_in_both_encodings_with_post_and_put() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let event = stage.event(json!({ "title": "Folge" }));
        for encoding in ENCODINGS {
            let metadata = Form::new().field("metadata", values(&json!({ "title": "Neu" })));
            let list = Form::new().field("acl", owned_by(&stage.role));
            let role = Form::new().field("role", "ROLE_A");
            let send = |request: lectern_tests::Request, form: &Form| request.form(form, encoding).send();
            let client = &stage.actor;
            send(
                client.put(&format!("/api/series/{series}/metadata?type=dublincore/series")),
                &metadata,
            )
            .expect(200);
            send(
                client.put(&format!("/api/events/{event}/metadata?type=dublincore/episode")),
                &metadata,
            )
            .expect(204);
            send(client.put(&format!("/api/series/{series}/acl")), &list).expect(200);
            send(client.put(&format!("/api/events/{event}/acl")), &list).expect(204);
            send(client.post(&format!("/api/events/{event}/acl/read")), &role).expect(204);
        }
    });
}

#[test]
fn the_order_of_the_fields_does_not_matter() {
    let stage = Stage::new(&NORTH);
    let metadata = json!([catalog("dublincore/episode", &json!({ "title": "Reihenfolge" }))]);
    let list = owned_by(&stage.role);
    let processing = json!({ "workflow": "fast" });
    let fields = [("metadata", metadata), ("acl", list), ("processing", processing)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let form = order.iter().fold(Form::new(), |form, &field| {
            form.field(fields[field].0, &fields[field].1)
        });
        let answer = stage.admin.post("/api/events").multipart(&form).send();
        assert_eq!(created_title(&stage, "events", answer), "Reihenfolge");
    }
}

#[test]
fn unknown_fields_and_files_are_ignored() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let form = event_form(&json!({ "title": "Mehr als nötig" }), &owned_by(&stage.role))
            .field("colour", "red")
            .field("", "nameless")
            .file("attachment", "notes.pdf", "application/pdf", b"%PDF-1.4")
            .field("metadata2", "[");
        let answer = stage.admin.post("/api/events").multipart(&form).send();
        assert_eq!(created_title(&stage, "events", answer), "Mehr als nötig");
        let form = series_form(&json!({ "title": "Mehr als nötig" }), &owned_by(&stage.role)).field("colour", "red");
        for encoding in ENCODINGS {
            let answer = stage.admin.post("/api/series").form(&form, encoding).send();
            assert_eq!(created_title(&stage, "series", answer), "Mehr als nötig");
        }
    });
}

#[test]
fn files_without_a_name_are_ignored_as_browsers_send_them() {
    let stage = Stage::new(&NORTH);
    let octets = "application/octet-stream";
    let form = event_form(&json!({ "title": "Ohne Dateien" }), &owned_by(&stage.role))
        .file("presenter", "", octets, b"")
        .file("presentation", "", octets, b"")
        .file("audio", "", octets, b"");
    let answer = stage.admin.post("/api/events").multipart(&form).send();
    assert_eq!(created_title(&stage, "events", answer), "Ohne Dateien");
}

#[test]
fn a_field_sent_again_as_a_file_is_ignored() {
    let stage = Stage::new(&NORTH);
    let wrong = json!([catalog("dublincore/episode", &json!({ "title": "Falsch" }))]).to_string();
    let form = event_form(&json!({ "title": "Richtig" }), &owned_by(&stage.role)).file(
        "metadata",
        "metadata.json",
        "application/json",
        wrong.as_bytes(),
    );
    let answer = stage.admin.post("/api/events").multipart(&form).send();
    assert_eq!(created_title(&stage, "events", answer), "Richtig");
}

#[test]
fn a_body_may_come_in_chunks_of_any_size() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        for size in [1, 7, 1000] {
            let form = event_form(&json!({ "title": "In Stücken" }), &owned_by(&stage.role));
            let answer = stage.admin.post("/api/events").multipart(&form).chunked(size).send();
            assert_eq!(created_title(&stage, "events", answer), "In Stücken");
            for encoding in ENCODINGS {
                let form = series_form(&json!({ "title": "In Stücken" }), &owned_by(&stage.role));
                let answer = stage
                    .admin
                    .post("/api/series")
                    .form(&form, encoding)
                    .chunked(size)
                    .send();
                assert_eq!(created_title(&stage, "series", answer), "In Stücken");
            }
        }
    });
}

#[test]
fn the_boundary_may_be_quoted_and_the_header_written_without_spaces() {
    let stage = Stage::new(&NORTH);
    for (boundary, announced) in [
        ("plain", "multipart/form-data; boundary=plain"),
        ("plain", "multipart/form-data;boundary=plain"),
        ("plain", "Multipart/Form-Data; Boundary=plain"),
        ("plain", "multipart/form-data; charset=utf-8; boundary=plain"),
        ("plain", "multipart/form-data; boundary=plain; charset=UTF-8"),
        (
            "with space:and?more",
            "multipart/form-data; boundary=\"with space:and?more\"",
        ),
        ("quoted", "multipart/form-data;boundary=\"quoted\""),
        (
            &"b".repeat(70),
            &format!("multipart/form-data; boundary={}", "b".repeat(70)),
        ),
    ] {
        let form = event_form(&json!({ "title": announced }), &owned_by(&stage.role));
        let form = form.boundary(boundary).announced_as(announced);
        let answer = stage.admin.post("/api/events").multipart(&form).send();
        assert_eq!(created_title(&stage, "events", answer), announced);
    }
}

#[test]
fn urlencoded_may_be_announced_with_a_charset() {
    let stage = Stage::new(&NORTH);
    let (_, body) =
        series_form(&json!({ "title": "Zeichensatz" }), &owned_by(&stage.role)).encode(Encoding::Urlencoded);
    for announced in [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8",
        "Application/X-WWW-Form-Urlencoded",
    ] {
        let answer = stage.admin.post("/api/series").body(announced, body.clone()).send();
        assert_eq!(created_title(&stage, "series", answer), "Zeichensatz");
    }
}

#[test]
fn parts_may_carry_headers_of_their_own() {
    let stage = Stage::new(&NORTH);
    let metadata = json!([catalog("dublincore/episode", &json!({ "title": "Köpfe" }))]);
    let list = owned_by(&stage.role);
    let body = format!(
        "preamble to be ignored\r\n--X\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\
         content-disposition: form-data; name=metadata\r\n\r\n{metadata}\r\n--X\r\n\
         Content-Disposition: form-data; name=\"acl\"\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n\
         {list}\r\n--X\r\nContent-Disposition: form-data; name=\"processing\"\r\n\r\n{{\"workflow\":\"fast\"}}\r\n--X--\r\n\
         epilogue to be ignored",
        list.to_string().len()
    );
    let answer = stage
        .admin
        .post("/api/events")
        .body("multipart/form-data; boundary=X", body)
        .send();
    assert_eq!(created_title(&stage, "events", answer), "Köpfe");
}

#[test]
fn a_multipart_body_that_is_none_is_refused() {
    let good = "--X\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\n[]\r\n";
    for (announced, body) in [
        ("multipart/form-data", format!("{good}--X--\r\n")),
        ("multipart/form-data; boundary=", format!("{good}--X--\r\n")),
        ("multipart/form-data; boundary=Y", format!("{good}--X--\r\n")),
        ("multipart/form-data; boundary=X", good.to_owned()),
        ("multipart/form-data; boundary=X", String::new()),
        (
            "multipart/form-data; boundary=X",
            "--X\r\nnonsense\r\n\r\n--X--".to_owned(),
        ),
        (
            "multipart/form-data; boundary=X",
            "--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--".to_owned(),
        ),
    ] {
        let answer = NORTH
            .admin()
            .post("/api/events")
            .body(announced, body)
            .send()
            .expect(400);
        assert!(!answer.text().is_empty(), "{answer}\nmust say what was wrong");
    }
}

#[test]
fn a_form_of_another_type_is_refused() {
    let stage = Stage::new(&NORTH);
    let series = stage.series(json!({ "title": "Reihe" }));
    for content_type in ["application/json", "text/plain", "application/xml", "nonsense"] {
        stage
            .admin
            .post("/api/series")
            .body(content_type, "{}")
            .send()
            .expect(415);
        stage
            .admin
            .put(&format!("/api/series/{series}/acl"))
            .body(content_type, "[]")
            .send()
            .expect(415);
    }
}

#[test]
fn broken_urlencoding_is_a_bad_request_or_taken_literally() {
    for body in [
        "metadata=%",
        "metadata=%zz",
        "metadata=%ff%fe",
        "%=%&=&&",
        "metadata",
        "=x",
    ] {
        let answer = NORTH
            .admin()
            .post("/api/series")
            .body("application/x-www-form-urlencoded", body)
            .send();
        assert_eq!(answer.status, 400, "{answer}");
    }
}

#[test]
fn a_field_that_comes_twice_is_no_failure() {
    let stage = Stage::new(&NORTH);
    let form = series_form(&json!({ "title": "Zweimal" }), &owned_by(&stage.role));
    let form = form.field(
        "metadata",
        json!([catalog("dublincore/series", &json!({ "title": "Zweimal" }))]),
    );
    for encoding in ENCODINGS {
        let answer = stage.admin.post("/api/series").form(&form, encoding).send();
        assert_eq!(created_title(&stage, "series", answer), "Zweimal");
    }
}
