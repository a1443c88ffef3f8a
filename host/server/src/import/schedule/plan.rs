//! What a programme means for a tenant: which series and events there should be, and what to change for it.
//!
//! | schedule | Lectern |
//! |---|---|
//! | track | series; `title` is the track, `description` the conference |
//! | guid | `identifier` of the event: the guid itself if it is a UUID, else a UUID derived from it |
//! | title | `title` |
//! | subtitle, abstract, description | `description`, one paragraph each |
//! | persons | `presenter` |
//! | room | `location` |
//! | date, duration | `start` and `created`, `duration` |
//! | language, license | `language`, `license` |
//! | type | `subject` |
//!
//! An opt-out from recording is not looked at: it says that there will be no video, not that there is no talk.

use std::collections::{BTreeSet, HashMap};

use lectern_data::model::{AccessEntry, Acl, Assignment, Change, Value};
use uuid::Uuid;

use super::programme::{Programme, Talk};

/// A series or an event as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `series` or `events`.
    pub collection: &'static str,
    /// The same in every import of the same schedule.
    pub identifier: String,
    /// In the order of [`SERIES_FIELDS`] or [`EVENT_FIELDS`].
    pub values: Vec<Value>,
    /// The access list it is created with; events in a series follow it.
    pub acl: Option<Acl>,
}

/// The fields of a series that an import writes.
pub const SERIES_FIELDS: &[&str] = &["title", "description"];

/// The fields of an event that an import writes.
pub const EVENT_FIELDS: &[&str] = &[
    "title",
    "description",
    "presenter",
    "location",
    "start",
    "created",
    "duration",
    "language",
    "license",
    "subject",
    "is_part_of",
];

/// What is to be done for one target.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It does not exist yet.
    Create(Change),
    /// It exists and differs.
    Update(Change),
    /// It is as it should be.
    Keep,
}

/// The series and events that a programme should be, series first. Roles in `read_roles` may read the series.
pub fn targets(programme: &Programme, read_roles: &[String]) -> Vec<Target> {
    let acl: Acl = read_roles
        .iter()
        .map(|role| AccessEntry {
            role: role.clone(),
            action: "read".to_owned(),
            allow: true,
        })
        .collect();
    let tracks: BTreeSet<&str> = programme.talks.iter().map(|talk| talk.track.as_str()).collect();
    let series = tracks
        .into_iter()
        .filter(|track| !track.is_empty())
        .map(|track| Target {
            collection: "series",
            identifier: series_identifier(&programme.acronym, track),
            values: vec![text(track), text(&programme.title)],
            acl: Some(acl.clone()),
        });
    let events = programme.talks.iter().map(|talk| event(&programme.acronym, talk, &acl));
    series.chain(events).collect()
}

fn event(acronym: &str, talk: &Talk, acl: &Acl) -> Target {
    let series = match talk.track.as_str() {
        "" => None,
        track => Some(series_identifier(acronym, track)),
    };
    Target {
        collection: "events",
        identifier: event_identifier(&talk.guid),
        values: vec![
            text(&talk.title),
            text(&description(talk)),
            match talk.persons.as_slice() {
                [] => Value::None,
                persons => Value::Texts(persons.to_vec()),
            },
            text(&talk.room),
            Value::Number(talk.start),
            Value::Number(talk.start),
            talk.duration.map_or(Value::None, Value::Number),
            text(&talk.language),
            text(&talk.license),
            text(&talk.kind),
            series.clone().map_or(Value::None, Value::Text),
        ],
        acl: match series {
            Some(_) => None,
            None => Some(acl.clone()),
        },
    }
}

/// Subtitle, abstract and description, each once: many schedules repeat one in the other.
fn description(talk: &Talk) -> String {
    let mut paragraphs: Vec<&str> = Vec::new();
    for paragraph in [&talk.subtitle, &talk.summary, &talk.description] {
        if !paragraph.is_empty() && !paragraphs.contains(&paragraph.as_str()) {
            paragraphs.push(paragraph);
        }
    }
    paragraphs.join("\n\n")
}

fn text(text: &str) -> Value {
    match text {
        "" => Value::None,
        text => Value::Text(text.to_owned()),
    }
}

/// Changing what these functions derive would make every later import create everything a second time.
fn series_identifier(acronym: &str, track: &str) -> String {
    let name = format!("schedule:conference/{acronym}/track/{track}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

fn event_identifier(guid: &str) -> String {
    Uuid::parse_str(guid)
        .unwrap_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("schedule:event/{guid}").as_bytes()))
        .to_string()
}

impl Target {
    /// The names of [`Target::values`].
    pub fn fields(&self) -> &'static [&'static str] {
        match self.collection {
            "series" => SERIES_FIELDS,
            _ => EVENT_FIELDS,
        }
    }

    /// What makes of the stored object, if there is one, what it should be. Access lists of existing objects stay as they are:
    /// somebody may have changed them since.
    pub fn step(&self, stored: &HashMap<String, Vec<Value>>) -> Step {
        let assignments = |different: &dyn Fn(usize, &Value) -> bool| -> Vec<Assignment> {
            let fields = self.fields().iter().zip(&self.values).enumerate();
            fields
                .filter(|(position, (_, value))| different(*position, value))
                .map(|(_, (field, value))| Assignment {
                    field: (*field).to_owned(),
                    value: value.clone(),
                })
                .collect()
        };
        let Some(stored) = stored.get(&self.identifier) else {
            return Step::Create(Change::Create {
                collection: self.collection.to_owned(),
                identifier: self.identifier.clone(),
                fields: assignments(&|_, value| *value != Value::None),
                acl: self.acl.clone(),
            });
        };
        let fields = assignments(&|position, value| stored.get(position).is_none_or(|stored| !same(stored, value)));
        if fields.is_empty() {
            return Step::Keep;
        }
        Step::Update(Change::Update {
            collection: self.collection.to_owned(),
            identifier: self.identifier.clone(),
            fields,
        })
    }
}

/// A list without texts is no content.
fn same(one: &Value, other: &Value) -> bool {
    let empty =
        |value: &Value| matches!(value, Value::None) || matches!(value, Value::Texts(texts) if texts.is_empty());
    one == other || empty(one) && empty(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme(talks: Vec<Talk>) -> Programme {
        Programme {
            acronym: "demo".into(),
            title: "Demo Congress".into(),
            talks,
            skipped: Vec::new(),
        }
    }

    fn talk(guid: &str, track: &str) -> Talk {
        Talk {
            guid: guid.into(),
            title: format!("Talk {guid}"),
            track: track.into(),
            ..Talk::default()
        }
    }

    fn stored(targets: &[Target]) -> HashMap<String, Vec<Value>> {
        targets
            .iter()
            .map(|target| (target.identifier.clone(), target.values.clone()))
            .collect()
    }

    #[test]
    fn identifiers_stay_the_same_from_one_release_to_the_next() {
        assert_eq!(
            series_identifier("31c3", "Science"),
            "8b63e18d-1cbd-5883-8e27-ac3b837594be"
        );
        assert_eq!(
            event_identifier("HOqeNIb6G7M4hYFKFRkCmQ"),
            "64e278bd-3ad5-5636-a7db-024b03576c3a"
        );
        assert_eq!(
            event_identifier("29AECFD7-2e44-4f49-ab86-29b5e0877325"),
            "29aecfd7-2e44-4f49-ab86-29b5e0877325"
        );
    }

    #[test]
    fn each_track_is_one_series_that_the_roles_may_read() {
        let targets = targets(
            &programme(vec![talk("1", "B"), talk("2", "A"), talk("3", "B")]),
            &["ROLE_X".into()],
        );
        let titles: Vec<_> = targets
            .iter()
            .map(|target| (target.collection, target.values[0].clone()))
            .collect();
        let expected = [
            ("series", "A"),
            ("series", "B"),
            ("events", "Talk 1"),
            ("events", "Talk 2"),
            ("events", "Talk 3"),
        ];
        assert_eq!(titles, expected.map(|(collection, title)| (collection, text(title))));
        let acl = targets[0].acl.as_ref().unwrap();
        assert_eq!(
            (acl.len(), acl[0].role.as_str(), acl[0].action.as_str(), acl[0].allow),
            (1, "ROLE_X", "read", true)
        );
        assert_eq!(targets[2].acl, None, "events follow their series");
        assert_eq!(targets[2].values[10], text(&targets[1].identifier));
    }

    #[test]
    fn a_talk_without_a_track_has_an_access_list_of_its_own() {
        let targets = targets(&programme(vec![talk("1", "")]), &["ROLE_X".into()]);
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].values[10], Value::None);
        assert_eq!(targets[0].acl.as_ref().map(Vec::len), Some(1));
    }

    #[test]
    fn equal_titles_of_tracks_at_two_conferences_are_two_series() {
        assert_ne!(
            series_identifier("31c3", "Science"),
            series_identifier("32c3", "Science")
        );
    }

    #[test]
    fn the_description_says_nothing_twice() {
        let mut talk = talk("1", "");
        talk.summary = "The keynote".into();
        talk.description = "The keynote".into();
        talk.subtitle = "A new dawn".into();
        assert_eq!(description(&talk), "A new dawn\n\nThe keynote");
    }

    #[test]
    fn what_is_not_there_is_created_without_empty_fields() {
        let target = &targets(&programme(vec![talk("1", "A")]), &[])[1];
        let Step::Create(Change::Create { fields, .. }) = target.step(&HashMap::new()) else {
            panic!("must be created")
        };
        let names: Vec<_> = fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(names, ["title", "start", "created", "is_part_of"]);
    }

    #[test]
    fn what_is_as_it_should_be_is_kept() {
        let targets = targets(&programme(vec![talk("1", "A")]), &[]);
        let mut stored = stored(&targets);
        assert!(targets.iter().all(|target| target.step(&stored) == Step::Keep));
        // A store may say "no texts" in two ways.
        stored.values_mut().for_each(|values| {
            if let Some(presenter) = values.get_mut(2) {
                *presenter = Value::Texts(Vec::new());
            }
        });
        assert_eq!(targets[1].step(&stored), Step::Keep);
    }

    #[test]
    fn only_what_differs_is_updated() {
        let before = targets(&programme(vec![talk("1", "A")]), &[]);
        let mut changed = talk("1", "A");
        changed.room = "Saal 2".into();
        let after = targets(&programme(vec![changed]), &[]);
        let Step::Update(Change::Update { fields, .. }) = after[1].step(&stored(&before)) else {
            panic!("must be updated")
        };
        let expected = Assignment {
            field: "location".into(),
            value: text("Saal 2"),
        };
        assert_eq!(fields, [expected]);
    }
}
