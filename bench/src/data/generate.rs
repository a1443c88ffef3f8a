//! What a data set is made of: titles and descriptions of realistic length from a vocabulary with frequent and rare words, a dozen
//! access lists for most events and a long tail for the rest, presenters, series with a list each, metadata of the tenant's own.

use lectern_data::model::{AccessEntry, Acl, Assignment, Change, Value};

use super::BIG_SERIES;

/// The role of the user who may read most.
pub const STAFF_ROLE: &str = "ROLE_STAFF";

/// The role of the user who may read next to nothing.
pub const RARE_ROLE: &str = "ROLE_RARE";

/// Access lists that most events have, and as many as make up the rest.
const FACULTIES: usize = 12;

/// Courses, each with a role.
const COURSES: usize = 12_000;

/// A catalog that the tenant has configured besides the main one, see docs/metadata.md.
pub const CATALOG: &str = "\
type=events
organization=*
flavor=lecture/extended
title=Teaching
property.degree.inputID=degree
property.degree.label=Degree programme
property.degree.type=text
property.degree.order=0
property.examiners.inputID=examiners
property.examiners.label=Examiners
property.examiners.type=mixed_text
property.examiners.order=1
property.credits.inputID=credits
property.credits.label=Credits
property.credits.type=long
property.credits.order=2
property.optional.inputID=optional
property.optional.label=Optional
property.optional.type=boolean
property.optional.order=3
";

/// Small, fast, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    /// Dice that roll the same whenever the seed is the same.
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    /// A number below `bound`, small ones more often.
    fn skewed(&mut self, bound: usize) -> usize {
        let one = self.below(bound);
        let other = self.below(one + 1);
        self.below(other + 1)
    }

    /// One of these.
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of.get(self.skewed(of.len())).copied().unwrap_or_default()
    }

    /// Looks like a UUID.
    pub fn identifier(&mut self) -> String {
        let mut part = |bits: u32| self.below(1 << bits);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:06x}{:06x}",
            part(32),
            part(16),
            part(16),
            part(16),
            part(24),
            part(24)
        )
    }
}

/// What tenants are made of.
pub struct Generator {
    dice: Dice,
    words: Vec<String>,
    presenters: Vec<String>,
    series: Vec<String>,
    lists: Vec<Acl>,
}

const ONSETS: [&str; 24] = [
    "", "l", "r", "g", "s", "t", "m", "n", "d", "b", "k", "v", "w", "f", "h", "p", "st", "sch", "gr", "tr", "pr", "br",
    "schl", "kn",
];
const VOWELS: [&str; 12] = ["e", "a", "i", "o", "u", "ei", "ie", "ü", "ä", "au", "ö", "eu"];
const CODAS: [&str; 16] = [
    "", "n", "r", "ng", "s", "t", "l", "ch", "st", "m", "nd", "rt", "ft", "ck", "tz", "lt",
];

impl Generator {
    /// A generator whose long tail has so many access lists.
    pub fn new(seed: u64, tail: usize) -> Self {
        let mut dice = Dice::new(seed);
        let mut word = |syllables: usize| -> String {
            (0..syllables)
                .map(|_| [dice.one(&ONSETS), dice.one(&VOWELS), dice.one(&CODAS)].concat())
                .collect()
        };
        let words = (0..20_000).map(|index| word(1 + index % 4)).collect();
        let presenters = (0..3000)
            .map(|_| format!("{} {}", capital(&word(2)), capital(&word(3))))
            .collect();
        let mut lists: Vec<Acl> = (0..FACULTIES)
            .map(|index| list(&[format!("ROLE_FACULTY_{index}"), STAFF_ROLE.to_owned()]))
            .collect();
        lists.extend((0..tail).map(|_| list(&[0; 3].map(|_| format!("ROLE_COURSE_{}", dice.below(COURSES))))));
        Generator {
            dice,
            words,
            presenters,
            series: Vec::new(),
            lists,
        }
    }

    fn text(&mut self, words: usize) -> String {
        let words: Vec<&str> = (0..words)
            .filter_map(|_| self.words.get(self.dice.skewed(self.words.len())))
            .map(String::as_str)
            .collect();
        capital(&words.join(" "))
    }

    fn presenter(&mut self) -> String {
        let index = self.dice.skewed(self.presenters.len());
        self.presenters.get(index).cloned().unwrap_or_default()
    }

    fn presenters(&mut self) -> Vec<String> {
        (0..1 + self.dice.below(2)).map(|_| self.presenter()).collect()
    }

    /// A series with a list of its own.
    pub fn series(&mut self) -> Change {
        let identifier = self.dice.identifier();
        self.series.push(identifier.clone());
        let course = format!("ROLE_COURSE_{}", self.series.len() % COURSES);
        self.series_with(identifier, course)
    }

    /// The series that many events follow.
    pub fn big_series(&mut self) -> Change {
        self.series_with(BIG_SERIES.to_owned(), "ROLE_COURSE_BIG".to_owned())
    }

    fn series_with(&mut self, identifier: String, role: String) -> Change {
        let words = 3 + self.dice.below(3);
        let fields = vec![
            text("title", self.text(words)),
            texts("organizer", vec![self.presenter()]),
            text("description", self.text(20)),
        ];
        Change::Create {
            collection: "series".to_owned(),
            identifier,
            fields,
            acl: Some(list(&[role, STAFF_ROLE.to_owned()])),
        }
    }

    /// Any event.
    pub fn event(&mut self) -> Change {
        let series = self.dice.below(self.series.len());
        let in_series = self.dice.below(20) > 0;
        let series = self.series.get(series).cloned().filter(|_| in_series);
        let list = match self.dice.below(10) {
            0..7 => Some(self.dice.skewed(FACULTIES)),
            7 => Some(FACULTIES + self.dice.below(self.lists.len() - FACULTIES)),
            _ => None,
        };
        let acl = list.and_then(|list| self.lists.get(list).cloned());
        self.event_with(series, acl)
    }

    /// An event that follows the list of [`BIG_SERIES`].
    pub fn event_of_big_series(&mut self) -> Change {
        self.event_with(Some(BIG_SERIES.to_owned()), None)
    }

    /// An event that hardly anybody may read.
    pub fn rare_event(&mut self) -> Change {
        self.event_with(None, Some(list(&[RARE_ROLE.to_owned()])))
    }

    fn event_with(&mut self, series: Option<String>, acl: Option<Acl>) -> Change {
        // Ten years from 2016 on.
        let start = 1_451_606_400_000 + self.dice.below(315_360_000) as i64 * 1000;
        let words = 3 + self.dice.below(4);
        let mut fields = vec![
            text("title", self.text(words)),
            texts("presenter", self.presenters()),
            number("start", start),
            number("duration", 1_800_000 + self.dice.below(5_400_000) as i64),
            text("language", self.dice.one(&["deu", "eng", "fra"]).to_owned()),
            text("license", self.dice.one(&["ALLRIGHTS", "CC-BY", "CC-BY-SA"]).to_owned()),
        ];
        if self.dice.below(10) > 3 {
            let words = 15 + self.dice.below(80);
            fields.push(text("description", self.text(words)));
        }
        if self.dice.below(10) > 0 {
            fields.push(text("location", format!("Room {}", self.dice.below(300))));
        }
        if self.dice.below(10) > 3 {
            fields.push(self.extended_metadata());
        }
        fields.extend(series.map(|series| text("is_part_of", series)));
        Change::Create {
            collection: "events".to_owned(),
            identifier: self.dice.identifier(),
            fields,
            acl,
        }
    }

    fn extended_metadata(&mut self) -> Assignment {
        let degree = self.text(2);
        let catalog = serde_json::json!({ "lecture/extended": {
            "degree": degree,
            "examiners": self.presenters(),
            "credits": 1 + self.dice.below(12),
            "optional": self.dice.below(2) == 0,
        } });
        Assignment {
            field: "extended_metadata".to_owned(),
            value: Value::Document(catalog.to_string()),
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Reading for all of these roles, writing for the last.
fn list(roles: &[String]) -> Acl {
    let entry = |role: &String, action: &str| AccessEntry {
        role: role.clone(),
        action: action.to_owned(),
        allow: true,
    };
    roles
        .iter()
        .map(|role| entry(role, "read"))
        .chain(roles.last().map(|role| entry(role, "write")))
        .collect()
}

fn text(field: &str, value: String) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Text(value),
    }
}

fn texts(field: &str, value: Vec<String>) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Texts(value),
    }
}

fn number(field: &str, value: i64) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Number(value),
    }
}
