use super::*;
use crate::event::Inspected;
use lectern_data::model::{StoredFile, Value};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) stored: Vec<(String, String)>,
    identifiers: u32,
    full: bool,
}

impl Files for Memory {
    fn store(&mut self, name: &str, _: &str, content: &[u8]) -> Result<StoredFile, String> {
        if self.full {
            return Err("no space left".to_owned());
        }
        self.stored
            .push((name.to_owned(), String::from_utf8(content.to_vec()).unwrap()));
        Ok(StoredFile {
            identifier: format!("file-{}", self.stored.len()),
            size: content.len() as u64,
            checksum: "0".repeat(32),
            ..StoredFile::default()
        })
    }

    fn inspect(&self, element: &Element) -> Result<Inspected, String> {
        if element.name == "damaged.mp4" {
            return Err("the file is a damaged video/mp4".to_owned());
        }
        Ok(Inspected {
            mimetype: "video/webm".to_owned(),
            duration: Some(2000),
            streams: vec![serde_json::json!({"identifier": "video-1"})],
        })
    }

    fn new_identifier(&mut self) -> String {
        self.identifiers += 1;
        format!("id-{}", self.identifiers)
    }
}

fn track(id: &str, flavor: &str, mimetype: &str) -> Element {
    Element {
        id: id.to_owned(),
        flavor: flavor.to_owned(),
        tags: vec!["archive".to_owned()],
        file: format!("file of {id}"),
        name: format!("{id}.mp4"),
        mimetype: mimetype.to_owned(),
        ..Element::default()
    }
}

fn event(media: &[Element]) -> Event {
    let fields = [
        ("title", Value::Text("Title".to_owned())),
        ("is_part_of", Value::Text("s 1".to_owned())),
    ];
    Event {
        identifier: "e/1".to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        media: media.to_vec(),
        ..Event::default()
    }
}

fn operation(name: &str, options: &[(&str, &str)]) -> Operation {
    Operation {
        operation: name.to_owned(),
        configuration: options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Operation::default()
    }
}

/// The event after an operation, and how that ended.
fn done(event: &Event, name: &str, options: &[(&str, &str)]) -> (Event, Outcome) {
    let configuration = [("channel", "portal"), ("speed", "fast")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let (outcome, effect) = run(&operation(name, options), &configuration, event, &mut Memory::default()).unwrap();
    let after = Event {
        media: effect.media.unwrap_or_else(|| event.media.clone()),
        publications: effect.publications.unwrap_or_else(|| event.publications.clone()),
        ..event.clone()
    };
    (after, outcome)
}

fn failed(event: &Event, name: &str, options: &[(&str, &str)]) -> String {
    run(
        &operation(name, options),
        &BTreeMap::new(),
        event,
        &mut Memory::default(),
    )
    .unwrap_err()
}

const ALL: &[(&str, &str)] = &[("download-source-flavors", "*/*")];

#[test]
fn publishing_refers_to_the_files_and_stores_the_metadata() {
    let pictures = track("p", "presenter/preview", "image/png");
    let event = Event {
        series: Some([("title".to_owned(), Value::Text("Series".to_owned()))].into()),
        ..event(&[track("a", "presenter/source", "video/mp4"), pictures])
    };
    let mut files = Memory::default();
    let (outcome, effect) = run(&operation("publish-engage", ALL), &BTreeMap::new(), &event, &mut files).unwrap();
    assert_eq!(outcome, Outcome::Done);
    let publications = effect.publications.unwrap();
    let [publication] = publications.as_slice() else {
        panic!("{publications:?}")
    };
    assert_eq!(publication.channel, "engage-player");
    assert_eq!(publication.mimetype, "text/html");
    assert_eq!(publication.url, "/play/e%2F1");
    let [video] = publication.media.as_slice() else {
        panic!("{publication:?}")
    };
    assert_eq!(
        (video.file.as_str(), video.reference.as_str()),
        ("file of a", "track:a")
    );
    assert_ne!(video.id, "a");
    assert_eq!(publication.attachments[0].reference, "track:p");
    let catalogs: Vec<&str> = publication
        .metadata
        .iter()
        .map(|catalog| catalog.flavor.as_str())
        .collect();
    assert_eq!(catalogs, ["dublincore/episode", "dublincore/series"]);
    assert_eq!(publication.metadata[0].file, "file-1");
    assert!(files.stored[0].1.contains("<dcterms:title>Title</dcterms:title>"));
    assert!(files.stored[1].1.contains("<dcterms:title>Series</dcterms:title>"));
    assert_eq!(effect.media, None);
}

#[test]
fn without_a_selected_track_nothing_is_published() {
    let (after, outcome) = done(&event(&[]), "publish-engage", ALL);
    assert!(matches!(outcome, Outcome::Skipped(_)) && after.publications.is_empty());
    assert!(failed(&event(&[]), "publish-engage", &[]).contains("neither flavors nor tags"));
}

#[test]
fn a_channel_is_published_under_the_address_of_its_pattern() {
    let options = [
        ("channel-id", "${channel}"),
        ("source-tags", "archive"),
        ("target-tags", "+portal"),
        (
            "url-pattern",
            "https://portal.example/${event_id}/${publication_id}?s=${speed}",
        ),
        ("mimetype", "application/x"),
    ];
    let event = event(&[track("a", "presenter/source", "video/mp4")]);
    let (after, _) = done(&event, "publish-configure", &options);
    let publication = &after.publications[0];
    assert_eq!(
        (publication.channel.as_str(), publication.mimetype.as_str()),
        ("portal", "application/x")
    );
    let expected = format!("https://portal.example/e%2F1/{}?s=fast", publication.id);
    assert_eq!(publication.url, expected);
    assert_eq!(publication.media[0].tags, ["archive", "portal"]);
    let missing = failed(
        &event,
        "publish-configure",
        &[("channel-id", "x"), ("url-pattern", "${nothing}")],
    );
    assert!(
        missing.contains("'url-pattern'") && missing.contains("'nothing'"),
        "{missing}"
    );
}

#[test]
fn publishing_again_replaces_merges_or_fails_as_the_strategy_says() {
    let (published, _) = done(
        &event(&[track("a", "presenter/source", "video/mp4")]),
        "publish-engage",
        ALL,
    );
    let grown = Event {
        media: vec![track("b", "presentation/source", "video/mp4")],
        ..published.clone()
    };
    let again = |strategy| done(&grown, "publish-engage", &[ALL[0], ("strategy", strategy)]).0;
    let flavors = |event: &Event| -> Vec<String> {
        event.publications[0]
            .media
            .iter()
            .map(|element| element.flavor.clone())
            .collect()
    };
    assert_eq!(flavors(&again("retract")), ["presentation/source"]);
    let merged = again("merge");
    assert_eq!(flavors(&merged), ["presenter/source", "presentation/source"]);
    assert_eq!(merged.publications[0].id, published.publications[0].id);
    assert_eq!(merged.publications[0].metadata.len(), 1);
    let options = [ALL[0], ("strategy", "fail")];
    assert!(failed(&grown, "publish-engage", &options).contains("already published"));
    assert!(failed(&grown, "publish-engage", &[ALL[0], ("strategy", "x")]).contains("'strategy'"));
}

/// An event that is published in two channels.
fn published_twice() -> Event {
    let (first, _) = done(
        &event(&[track("a", "presenter/source", "video/mp4")]),
        "publish-engage",
        ALL,
    );
    let options = [
        ("channel-id", "oai"),
        ("source-flavors", "*/*"),
        ("url-pattern", "https://oai.example"),
    ];
    done(&first, "publish-configure", &options).0
}

#[test]
fn retracting_takes_back_one_channel_or_all() {
    let event = published_twice();
    let channels = |name, options: &[(&str, &str)]| -> Vec<String> {
        let (after, _) = done(&event, name, options);
        after
            .publications
            .into_iter()
            .map(|publication| publication.channel)
            .collect()
    };
    assert_eq!(channels("retract-engage", &[]), ["oai"]);
    assert_eq!(
        channels("retract-configure", &[("channel-id", "oai")]),
        ["engage-player"]
    );
    assert_eq!(channels("retract", &[("channel-id", "oai")]), ["engage-player"]);
    assert!(channels("retract", &[]).is_empty());
    let (_, outcome) = done(&event, "retract", &[("channel-id", "other")]);
    assert!(matches!(outcome, Outcome::Skipped(_)));
}

#[test]
fn metadata_is_republished_and_media_stay() {
    let mut event = published_twice();
    event.fields.insert("title".to_owned(), Value::Text("New".to_owned()));
    let mut files = Memory::default();
    let (_, effect) = run(
        &operation("republish-metadata", &[]),
        &BTreeMap::new(),
        &event,
        &mut files,
    )
    .unwrap();
    let publications = effect.publications.unwrap();
    for (new, old) in publications.iter().zip(&event.publications) {
        assert_eq!((&new.media, &new.id, new.metadata.len()), (&old.media, &old.id, 1));
        assert_ne!(new.metadata, old.metadata);
    }
    assert!(files.stored.iter().all(|(_, xml)| xml.contains("<dcterms:title>New<")));
    assert_eq!(files.stored.len(), 2);
    let (after, _) = done(&event, "republish-metadata", &[("channel-id", "oai")]);
    assert_eq!(after.publications[0], event.publications[0]);
}

#[test]
fn a_catalog_that_cannot_be_stored_fails_the_operation() {
    let mut full = Memory {
        full: true,
        ..Memory::default()
    };
    let event = event(&[track("a", "presenter/source", "video/mp4")]);
    let error = run(&operation("publish-engage", ALL), &BTreeMap::new(), &event, &mut full).unwrap_err();
    assert!(
        error.contains("dublincore/episode") && error.contains("no space left"),
        "{error}"
    );
}

#[test]
fn tagging_changes_selected_tracks() {
    let event = event(&[
        track("a", "presenter/source", ""),
        track("b", "presentation/source", ""),
    ]);
    let options = [
        ("source-flavors", "presenter/*"),
        ("target-flavor", "*/delivery"),
        ("target-tags", "+engage,-archive"),
    ];
    let (after, outcome) = done(&event, "tag", &options);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        (after.media[0].flavor.as_str(), after.media[0].tags.join(",")),
        ("presenter/delivery", "engage".to_owned())
    );
    assert_eq!(after.media[1], event.media[1]);

    let (after, _) = done(&event, "tag", &[options[0], options[1], ("copy", "true")]);
    assert_eq!(after.media.len(), 3);
    assert_eq!(
        (after.media[2].reference.as_str(), after.media[2].file.as_str()),
        ("track:a", "file of a")
    );
    let (_, outcome) = done(&event, "tag", &[("source-flavors", "x/y"), ("target-tags", "z")]);
    assert!(matches!(outcome, Outcome::Skipped(_)));
    assert!(failed(&event, "tag", &[("target-flavor", "nonsense")]).contains("nonsense"));
}

#[test]
fn inspecting_fills_in_what_is_not_known() {
    let known = Element {
        streams: vec![serde_json::json!({"identifier": "audio-1"})],
        duration: Some(90_000),
        ..track("b", "presentation/source", "audio/mp4")
    };
    let event = event(&[
        track("a", "presenter/source", "application/octet-stream"),
        known.clone(),
    ]);
    let inspect = |options: &[(&str, &str)]| {
        run(
            &operation("inspect", options),
            &BTreeMap::new(),
            &event,
            &mut Memory::default(),
        )
        .unwrap()
        .1
    };
    let effect = inspect(&[]);
    let media = effect.media.unwrap();
    assert_eq!(
        (media[0].mimetype.as_str(), media[0].duration, media[0].streams.len()),
        ("video/webm", Some(2000), 1)
    );
    assert_eq!(media[1], known);
    assert_eq!(effect.duration, Some(90_000));
    let effect = inspect(&[("overwrite", "true")]);
    assert_eq!(
        (effect.media.unwrap()[1].duration, effect.duration),
        (Some(2000), Some(2000))
    );
}

#[test]
fn inspecting_leaves_a_length_alone_that_the_metadata_have() {
    let mut event = event(&[track("a", "presenter/source", "")]);
    event.fields.insert("duration".to_owned(), Value::Number(5));
    let inspect = |options: &[(&str, &str)]| {
        run(
            &operation("inspect", options),
            &BTreeMap::new(),
            &event,
            &mut Memory::default(),
        )
        .unwrap()
        .1
    };
    assert_eq!(inspect(&[]).duration, None);
    assert_eq!(inspect(&[("overwrite", "true")]).duration, Some(2000));
}

#[test]
fn a_damaged_file_fails_the_inspection_and_is_named() {
    let damaged = Element {
        name: "damaged.mp4".to_owned(),
        ..track("a", "presenter/source", "video/mp4")
    };
    let error = failed(&event(&[damaged]), "inspect", &[]);
    assert!(error.contains("damaged.mp4") && error.contains("track a"), "{error}");
    assert!(failed(&event(&[]), "inspect", &[("accept-no-media", "false")]).contains("no tracks"));
    let (_, outcome) = done(&event(&[]), "inspect", &[]);
    assert!(matches!(outcome, Outcome::Skipped(_)));
}

#[test]
fn defaults_are_for_what_the_client_did_not_say() {
    let configuration: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned())].into();
    let operation = operation("defaults", &[("a", "2"), ("b", "3")]);
    let (_, effect) = run(&operation, &configuration, &event(&[]), &mut Memory::default()).unwrap();
    assert_eq!(effect.configuration, [("b".to_owned(), "3".to_owned())].into());
}

#[test]
fn pausing_and_deleting_are_for_the_caller_to_do() {
    let (_, outcome) = done(&event(&[]), "pause", &[]);
    assert_eq!(outcome, Outcome::Paused);
    let (_, effect) = run(
        &operation("delete-event", &[]),
        &BTreeMap::new(),
        &event(&[]),
        &mut Memory::default(),
    )
    .unwrap();
    assert!(effect.deletes_event);
    assert!(failed(&event(&[]), "publish-youtube", &[]).contains("publish-youtube"));
}
