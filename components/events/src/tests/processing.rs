//! Workflows: uploads start them, and they keep access lists and tracks as they are.

use super::*;

/// A field of the event at this path, as the backend has it.
fn stored(client: &Client, path: &str, field: &str) -> Option<Value> {
    let key = ("events".to_owned(), path.rsplit('/').next().unwrap().to_owned());
    client
        .backend
        .store
        .borrow()
        .objects
        .get(&key)?
        .fields
        .get(field)
        .cloned()
}

fn in_state(state: &str) -> (Client, String) {
    let (client, path) = with_event();
    set(&client, &path, "processing_state", Value::Text(state.to_owned()));
    (client, path)
}

#[test]
fn an_upload_starts_the_workflow_that_it_names() {
    let client = client();
    let processing = r#"{"workflow": " fast ", "configuration": {"a": "1", "b": true, "c": 2, "d": null}}"#;
    let parts = [("metadata", METADATA), ("acl", ACL), ("processing", processing)];
    let answer = client.multipart("POST", "/api/events", &parts);
    let path = format!("/api/events/{}", answer.json()["identifier"].as_str().unwrap());
    assert_eq!(stored(&client, &path, "workflow"), Some(Value::Text("fast".to_owned())));
    let configuration = ["a=1", "b=true", "c=2", "d="].map(str::to_owned).to_vec();
    assert_eq!(
        stored(&client, &path, "configuration"),
        Some(Value::Texts(configuration))
    );
    assert_eq!(client.get(&path).json()["processing_state"], "INSTANTIATED");
}

#[test]
fn while_a_workflow_is_active_access_lists_are_forbidden_and_metadata_are_not() {
    for state in ["INSTANTIATED", "RUNNING", "PAUSED", "FAILING"] {
        let (client, path) = in_state(state);
        let acl = format!("{path}/acl");
        for answer in [
            client.submit("PUT", &acl, &[("acl", "[]")]),
            client.submit("POST", &format!("{acl}/write"), &[("role", "ROLE_STUDENT")]),
            client.send("DELETE", &format!("{acl}/write/ROLE_TEACHER")),
        ] {
            assert_eq!(answer.status, 403, "{state}: {}", answer.text);
        }
        let answer = client.multipart("POST", &path, &[("acl", ACL)]);
        refused(&answer, 400, "workflow");
        let answer = client.multipart("POST", &path, &[("metadata", METADATA), ("acl", ACL)]);
        assert_eq!(answer.status, 400, "{state}");
        assert_eq!(client.multipart("POST", &path, &[("metadata", METADATA)]).status, 204);
    }
    for state in ["SUCCEEDED", "FAILED", "STOPPED"] {
        let (client, path) = in_state(state);
        assert_eq!(
            client.submit("PUT", &format!("{path}/acl"), &[("acl", "[]")]).status,
            204,
            "{state}"
        );
    }
}

#[test]
fn what_is_published_is_deleted_by_a_workflow() {
    for (channels, status) in [
        (&[][..], 204),
        (&["engage-live"], 204),
        (&["engage-player"], 202),
        (&["engage-live", "internal"], 202),
    ] {
        let (client, path) = with_event();
        let channels: Vec<String> = channels.iter().map(|channel| (*channel).to_owned()).collect();
        set(&client, &path, "publication_status", Value::Texts(channels.clone()));
        let answer = client.send("DELETE", &path);
        assert_eq!((answer.status, answer.text.as_str()), (status, ""), "{channels:?}");
        let workflow = stored(&client, &path, "workflow");
        match status {
            202 => assert_eq!(workflow, Some(Value::Text("delete".to_owned()))),
            _ => assert_eq!(client.get(&path).status, 404),
        }
    }
}

#[test]
fn a_published_event_that_is_being_processed_cannot_be_deleted() {
    let (client, path) = in_state("RUNNING");
    let channels = Value::Texts(vec!["engage-player".to_owned()]);
    set(&client, &path, "publication_status", channels);
    refused(&client.send("DELETE", &path), 409, "workflow");
    set(&client, &path, "publication_status", Value::None);
    assert_eq!(client.send("DELETE", &path).status, 204);
}

#[test]
fn what_is_published_just_before_the_deletion_is_not_lost() {
    let (client, path) = with_event();
    let key = ("events".to_owned(), path.rsplit('/').next().unwrap().to_owned());
    client.backend.store.borrow_mut().interference = Some(Box::new(move |store| {
        store.sequence += 1;
        let sequence = store.sequence;
        let object = store.objects.get_mut(&key).unwrap();
        object.sequence = sequence;
        let channels = Value::Texts(vec!["engage-player".to_owned()]);
        object.fields.insert("publication_status".to_owned(), channels);
    }));
    assert_eq!(client.send("DELETE", &path).status, 202);
    assert_eq!(client.get(&path).status, 200);
}
