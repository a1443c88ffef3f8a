//! The programme of a conference, as schedule XML tells it.
//!
//! The format is that of frab and pentabarf, which pretalx exports too: `schedule/conference`, and
//! `schedule/day/room/event` with one `event` per talk.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::xml::{Element, Malformed};

/// What is imported of a schedule.
#[derive(Debug, PartialEq, Eq)]
pub struct Programme {
    /// The conference's short name, `31c3`; its title where it has none.
    pub acronym: String,
    /// The conference's full name; may be empty.
    pub title: String,
    /// The talks in the order of the file.
    pub talks: Vec<Talk>,
    /// The talks that cannot be imported.
    pub skipped: Vec<Skipped>,
}

/// A talk. Texts may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Talk {
    /// Stays the same from one version of the schedule to the next.
    pub guid: String,
    /// Never empty.
    pub title: String,
    /// Goes with the title.
    pub subtitle: String,
    /// A short text.
    pub summary: String,
    /// A long text.
    pub description: String,
    /// The part of the programme it belongs to.
    pub track: String,
    /// `lecture`, `workshop`, …
    pub kind: String,
    /// `en`, `de`, …
    pub language: String,
    /// License of the recording.
    pub license: String,
    /// Where it takes place.
    pub room: String,
    /// Who speaks.
    pub persons: Vec<String>,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub start: i64,
    /// Milliseconds.
    pub duration: Option<i64>,
}

/// A talk that cannot be imported.
#[derive(Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stands in the file, counted from 1.
    pub line: usize,
    /// Its title, if it has one.
    pub title: String,
    /// What is missing or wrong.
    pub reason: String,
}

impl Programme {
    /// Reads a schedule. A talk that cannot be used is left out with a reason; a file that is no schedule is an error.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let root = Element::parse(text.trim_start_matches('\u{feff}'))?;
        if root.name() != "schedule" {
            let reason = format!("a schedule starts with <schedule>, this file with <{}>", root.name());
            return Err(Malformed {
                line: root.line,
                reason,
            });
        }
        let conference = root.child("conference").ok_or_else(|| Malformed {
            line: root.line,
            reason: "the schedule has no <conference>".to_owned(),
        })?;
        let title = conference.child_text("title");
        let acronym = match conference.child_text("acronym") {
            "" => title,
            acronym => acronym,
        };
        if acronym.is_empty() {
            let reason = "the <conference> has neither an <acronym> nor a <title>".to_owned();
            return Err(Malformed {
                line: conference.line,
                reason,
            });
        }
        let zone = conference.child_text("time_zone_name").parse().ok();
        let mut programme = Self {
            acronym: acronym.to_owned(),
            title: title.to_owned(),
            talks: Vec::new(),
            skipped: Vec::new(),
        };
        let mut guids = HashSet::new();
        for day in root.children("day") {
            for room in day.children("room") {
                for event in room.children("event") {
                    programme.add(event, room, zone, &mut guids);
                }
            }
        }
        Ok(programme)
    }

    fn add(&mut self, event: &Element, room: &Element, zone: Option<Tz>, guids: &mut HashSet<String>) {
        let talk = Talk::read(event, room, zone).and_then(|talk| {
            if guids.insert(talk.guid.clone()) {
                Ok(talk)
            } else {
                Err(format!("an earlier talk has the same guid, {}", talk.guid))
            }
        });
        match talk {
            Ok(talk) => self.talks.push(talk),
            Err(reason) => self.skipped.push(Skipped {
                line: event.line,
                title: event.child_text("title").to_owned(),
                reason,
            }),
        }
    }
}

impl Talk {
    fn read(event: &Element, room: &Element, zone: Option<Tz>) -> Result<Self, String> {
        let guid = event.attribute("guid");
        if guid.is_empty() {
            return Err("it has no guid, so a later import could not find it again".to_owned());
        }
        let title = event.child_text("title");
        if title.is_empty() {
            return Err("it has no title".to_owned());
        }
        let date = event.child_text("date");
        let start = start(date, zone).ok_or_else(|| match date {
            "" => "it has no <date>".to_owned(),
            date => format!("its <date> {date:?} is not like 2014-12-27T11:00:00+01:00"),
        })?;
        let duration = match event.child_text("duration") {
            "" => None,
            text => Some(duration(text).ok_or_else(|| format!("its <duration> {text:?} is not like 01:00"))?),
        };
        let text = |name| event.child_text(name).to_owned();
        let license = event
            .child("recording")
            .map(|recording| recording.child_text("license"));
        Ok(Self {
            guid: guid.to_owned(),
            title: title.to_owned(),
            subtitle: text("subtitle"),
            summary: text("abstract"),
            description: text("description"),
            track: text("track"),
            kind: text("type"),
            language: text("language"),
            license: license.unwrap_or_default().to_owned(),
            room: match event.child_text("room") {
                "" => room.attribute("name").to_owned(),
                room => room.to_owned(),
            },
            persons: persons(event),
            start,
            duration,
        })
    }
}

/// The speakers' names: `<person>Ada</person>`, in some exports `<person name="Ada"/>`.
fn persons(event: &Element) -> Vec<String> {
    let persons = event
        .child("persons")
        .into_iter()
        .flat_map(|persons| persons.children("person"));
    let names = persons.map(|person| match person.text() {
        "" => person.attribute("name"),
        name => name,
    });
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A point in time with an offset, or one of the conference's time zone.
fn start(date: &str, zone: Option<Tz>) -> Option<i64> {
    if let Ok(start) = DateTime::parse_from_rfc3339(date) {
        return Some(start.with_timezone(&Utc).timestamp_millis());
    }
    let local = NaiveDateTime::parse_from_str(date, "%Y-%m-%dT%H:%M:%S").ok()?;
    let start = zone?.from_local_datetime(&local).earliest()?;
    Some(start.timestamp_millis())
}

/// `HH:MM` or `DD:HH:MM` in milliseconds.
fn duration(text: &str) -> Option<i64> {
    let parts: Vec<u32> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let (days, hours, minutes) = match *parts.as_slice() {
        [hours, minutes] => (0, hours, minutes),
        [days, hours, minutes] => (days, hours, minutes),
        _ => return None,
    };
    let minutes = (i64::from(days) * 24 + i64::from(hours)) * 60 + i64::from(minutes);
    Some(minutes * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(conference: &str, events: &str) -> String {
        format!(
            "<schedule><conference>{conference}</conference><day><room name='Saal 1'>{events}</room></day></schedule>"
        )
    }

    fn programme(events: &str) -> Programme {
        Programme::parse(&schedule("<acronym>demo</acronym>", events)).unwrap()
    }

    #[test]
    fn a_talk_has_everything_the_schedule_says() {
        let programme = programme(
            "<event guid='g-1' id='7'>
               <date>2014-12-27T11:00:00+01:00</date><start>11:00</start><duration>01:30</duration><room>Saal 2</room>
               <recording><license>CC BY</license><optout>false</optout></recording>
               <title>Größe</title><subtitle>und Maß</subtitle><track>Art &amp; Culture</track><type>lecture</type>
               <language>de</language><abstract>Kurz.</abstract><description>Lang.</description>
               <persons><person id='1'>Ada</person><person name='Grace'/><person/></persons>
             </event>",
        );
        let expected = Talk {
            guid: "g-1".into(),
            title: "Größe".into(),
            subtitle: "und Maß".into(),
            summary: "Kurz.".into(),
            description: "Lang.".into(),
            track: "Art & Culture".into(),
            kind: "lecture".into(),
            language: "de".into(),
            license: "CC BY".into(),
            room: "Saal 2".into(),
            persons: vec!["Ada".into(), "Grace".into()],
            start: 1_419_674_400_000,
            duration: Some(5_400_000),
        };
        assert_eq!(programme.talks, [expected]);
        assert_eq!(programme.skipped, []);
    }

    #[test]
    fn the_room_of_the_day_is_the_room_of_its_talks() {
        let programme = programme("<event guid='a'><title>T</title><date>2014-12-27T11:00:00Z</date></event>");
        assert_eq!(programme.talks[0].room, "Saal 1");
        assert_eq!(programme.talks[0].duration, None);
    }

    #[test]
    fn what_cannot_be_used_is_skipped_with_line_and_reason() {
        let date = "<date>2014-12-27T11:00:00Z</date>";
        let programme = programme(&format!(
            "<event guid='a'><title>Gut</title>{date}</event>
             <event><title>Ohne guid</title>{date}</event>
             <event guid='b'>{date}</event>
             <event guid='c'><title>Ohne Tag</title></event>
             <event guid='d'><title>Ohne Zone</title><date>2014-12-27T11:00:00</date></event>
             <event guid='e'><title>Dauert</title>{date}<duration>lange</duration></event>
             <event guid='a'><title>Doppelt</title>{date}</event>"
        ));
        assert_eq!(programme.talks.len(), 1);
        let skipped: Vec<_> = programme
            .skipped
            .iter()
            .map(|talk| (talk.line, talk.title.as_str()))
            .collect();
        let expected = [
            (2, "Ohne guid"),
            (3, ""),
            (4, "Ohne Tag"),
            (5, "Ohne Zone"),
            (6, "Dauert"),
            (7, "Doppelt"),
        ];
        assert_eq!(skipped, expected);
        for (talk, part) in programme
            .skipped
            .iter()
            .zip(["guid", "title", "<date>", "11:00:00", "lange", "same guid"])
        {
            assert!(talk.reason.contains(part), "{talk:?}");
        }
    }

    #[test]
    fn a_date_without_an_offset_is_one_of_the_conference() {
        let conference = "<acronym>x</acronym><time_zone_name>Europe/Berlin</time_zone_name>";
        let event = "<event guid='a'><title>T</title><date>2024-07-01T12:00:00</date></event>";
        let programme = Programme::parse(&schedule(conference, event)).unwrap();
        assert_eq!(programme.talks[0].start, 1_719_828_000_000);
    }

    #[test]
    fn durations_are_hours_and_minutes_with_days_in_front() {
        for (text, expected) in [
            ("00:30", Some(1_800_000)),
            ("1:05", Some(3_900_000)),
            ("26:00", Some(93_600_000)),
            ("01:02:03", Some(93_780_000)),
            (
                "4294967295:4294967295:4294967295",
                Some((4_294_967_295 * 24 + 4_294_967_295) * 3_600_000 + 4_294_967_295 * 60_000),
            ),
            ("90", None),
            ("1:2:3:4", None),
            ("-1:00", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_schedule_is_an_error_with_a_line() {
        for (text, line, part) in [
            ("<html/>".to_owned(), 1, "<html>"),
            ("\n<schedule></schedule>".to_owned(), 2, "<conference>"),
            (schedule("<acronym/>", ""), 1, "<acronym>"),
            ("<schedule>\n<conference>\n</schedule>".to_owned(), 3, ""),
        ] {
            let error = Programme::parse(&text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.reason.contains(part), "{error}");
        }
    }
}
