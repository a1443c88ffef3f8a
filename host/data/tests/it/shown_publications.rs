//! What the API shows of publications, which is put together when they change.

use crate::support::{Tenant, admin, delete, event, text, update};
use lectern_data::check;
use lectern_data::media::show_all;
use lectern_data::model::Value;
use serde_json::{Value as Json, json};

/// What workflows leave.
fn publications() -> Json {
    json!([
        {
            "id": "p1", "channel": "engage-player", "mimetype": "text/html", "url": "/play/e",
            "media": [{
                "id": "m1", "flavor": "presenter/source", "tags": ["archive"], "ref": "track:t1", "file": "f1", "name": "a b.mp4",
                "mimetype": "video/mp4", "size": 7, "checksum": "0123", "duration": 1500, "description": "Camera",
                "streams": [
                    {"identifier": "audio-1", "bitrate": 1.0},
                    {"identifier": "video-1", "bitrate": 1000.5, "framerate": 25.0, "framecount": 38, "framewidth": 640, "frameheight": 360},
                    {"identifier": "video-2", "framewidth": 1},
                ],
            }, {"id": "m2", "flavor": "presenter-audio/source", "file": "f2", "name": "b.mp3", "mimetype": "audio/mpeg",
                "streams": [{"identifier": "videos-1", "bitrate": null}]}],
            "attachments": [{"id": "a1", "flavor": "presenter/preview", "ref": "track:t1", "file": "f3", "name": "c.png",
                "mimetype": "image/png", "size": 1, "checksum": "45"}],
            "metadata": [{"id": "c1", "flavor": "dublincore/episode", "file": "f4", "name": "episode.xml", "mimetype": "text/xml",
                "size": 2, "checksum": "67"}],
        },
        {"id": "p2", "channel": "internal", "mimetype": "text/html", "url": "https://elsewhere.example/e"},
    ])
}

/// A tenant with the event `e 1`, of which this is published.
fn tenant(publications: &Json) -> Tenant {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[event("e 1", &[], None), event("f", &[], None)]);
    let statement = "INSERT INTO event_media (id, publications) SELECT id, ? FROM event WHERE identifier = 'e 1'";
    tenant
        .connection
        .execute(statement, [publications.to_string()])
        .unwrap();
    show_all(&tenant.connection).unwrap();
    tenant
}

fn shown(tenant: &Tenant, event: &str) -> [Value; 2] {
    let fields = ["published", "published_internally"];
    let (item, _) = tenant.get(&admin(), "events", event, &fields).unwrap();
    item.values.try_into().unwrap()
}

fn document(json: &str) -> Value {
    Value::Document(json.to_owned())
}

#[test]
fn a_publication_is_shown_with_the_members_of_the_api_in_their_order_without_a_server() {
    let [published, internal] = shown(&tenant(&publications()), "e 1");
    let expected = concat!(
        r#"[{"id":"p1","channel":"engage-player","mediatype":"text/html","url":"/play/e","media":["#,
        r#"{"id":"m1","mediatype":"video/mp4","url":"/static/e%201/f1/a%20b.mp4","flavor":"presenter/source","size":7,"#,
        r#""checksum":"0123 (md5)","tags":["archive"],"has_audio":true,"has_video":true,"duration":1500,"description":"Camera","#,
        r#""bitrate":1000.5,"framerate":25.0,"framecount":38,"width":640,"height":360,"is_master_playlist":false,"is_live":false},"#,
        r#"{"id":"m2","mediatype":"audio/mpeg","url":"/static/e%201/f2/b.mp3","flavor":"presenter-audio/source","size":0,"#,
        r#""checksum":"","tags":[],"has_audio":false,"has_video":false,"duration":null,"description":"","#,
        r#""is_master_playlist":false,"is_live":false}],"#,
        r#""attachments":[{"id":"a1","mediatype":"image/png","url":"/static/e%201/f3/c.png","flavor":"presenter/preview","size":1,"#,
        r#""checksum":"45 (md5)","tags":[],"ref":"track:t1"}],"#,
        r#""metadata":[{"id":"c1","mediatype":"text/xml","url":"/static/e%201/f4/episode.xml","flavor":"dublincore/episode","size":2,"#,
        r#""checksum":"67 (md5)","tags":[]}]}]"#,
    );
    assert_eq!(published, document(expected));
    let expected = concat!(
        r#"[{"id":"p2","channel":"internal","mediatype":"text/html","url":"https://elsewhere.example/e","#,
        r#""media":[],"attachments":[],"metadata":[]}]"#,
    );
    assert_eq!(internal, document(expected));
}

#[test]
fn nothing_is_shown_where_nothing_is_published_or_what_is_cannot_be_read() {
    assert_eq!(shown(&tenant(&publications()), "f"), [Value::None, Value::None]);
    assert_eq!(shown(&tenant(&json!("damaged")), "e 1"), [Value::None, Value::None]);
    assert_eq!(shown(&tenant(&json!([])), "e 1"), [Value::None, Value::None]);
}

#[test]
fn what_is_shown_stays_when_metadata_change_and_goes_with_the_event() {
    let tenant = tenant(&publications());
    let before = shown(&tenant, "e 1");
    tenant.write(&admin(), &[update("events", "e 1", &[text("title", "New")])]);
    assert_eq!(shown(&tenant, "e 1"), before);
    tenant.write(&admin(), &[delete("events", "e 1")]);
    assert_eq!(tenant.number("SELECT count(*) FROM event_publications"), 0);
}

#[test]
fn a_list_shows_it_as_well() {
    let tenant = tenant(&publications());
    let query = lectern_data::model::Query {
        fields: vec!["published".to_owned()],
        ..crate::support::query("events")
    };
    let page = tenant.find(&admin(), &query);
    let [first, second] = page.items.as_slice() else {
        panic!("{page:?}")
    };
    assert_eq!(first.values[0], shown(&tenant, "e 1")[0]);
    assert_eq!(second.values[0], Value::None);
}

#[test]
fn what_is_shown_and_does_not_follow_from_what_is_published_is_found() {
    let tenant = tenant(&publications());
    let found = || {
        let rules = check::rules(&tenant.connection).unwrap();
        rules
            .into_iter()
            .filter(|rule| rule.contains("show"))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(), [""; 0]);
    for change in [
        "UPDATE event_publications SET published = '[]'",
        "DELETE FROM event_publications",
        "INSERT INTO event_publications SELECT id, '[]', NULL FROM event WHERE identifier = 'f'",
    ] {
        tenant.connection.execute(change, []).unwrap();
        assert_eq!(
            found(),
            ["there are events that show something else than what is published of them (1)"],
            "{change}"
        );
        tenant.connection.execute("DELETE FROM event_publications", []).unwrap();
        show_all(&tenant.connection).unwrap();
    }
}
