//! What is told of an object.

use super::*;

#[test]
fn fields_are_returned_in_the_order_asked_for_and_those_without_content_are_none() {
    let tenant = programme();
    let fields = [
        "start",
        "end",
        "presenter",
        "is_part_of",
        "series",
        "location",
        "has_previews",
        "status",
        "contributor",
    ];
    let values = |identifier| tenant.get(&admin(), "events", identifier, &fields).unwrap().0.values;
    assert_eq!(
        values("a1"),
        [
            Value::Number(3000),
            Value::Number(3500),
            Value::Texts(vec!["Zuse".into(), "Noether".into()]),
            Value::Text("algebra".into()),
            Value::Text("Lineare Algebra".into()),
            Value::Text("Audimax".into()),
            Value::Flag(false),
            Value::Text("EVENTS.EVENTS.STATUS.PROCESSED".into()),
            Value::None,
        ]
    );
    assert_eq!(values("x")[..4], [Value::None, Value::None, Value::None, Value::None]);
    let listed = Query {
        fields: fields.map(str::to_owned).to_vec(),
        ..by("events", "title", "Vektorräume")
    };
    assert_eq!(tenant.find(&admin(), &listed).items[0].values, values("a1"));
}

#[test]
fn the_sequence_of_an_object_follows_what_it_shows_of_its_series() {
    let tenant = programme();
    let sequence = |identifier| tenant.get(&admin(), "events", identifier, &[]).unwrap().0.sequence;
    let renamed = tenant.write(&admin(), &[update("series", "logic", &[text("title", "Logik")])]);
    assert_eq!((sequence("l1"), sequence("a1"), sequence("x")), (renamed, 1, 1));
    let opened = tenant.write(&admin(), &[set_acl("series", "algebra", Some(acl(&["A read"])))]);
    assert_eq!((sequence("l1"), sequence("a1"), sequence("x")), (renamed, opened, 1));
    let listed = tenant.find(&admin(), &query("events"));
    let sequences: Vec<_> = listed.items.iter().map(|item| item.sequence).collect();
    assert_eq!(sequences, [opened, opened, renamed, 1]);
}
