//! A tenant of any size, the same each time: titles and descriptions of realistic length from a vocabulary with frequent and rare
//! words, a dozen access lists for most events and thousands for the rest, presenters, series with a list each.

use lectern_data::model::{AccessEntry, Acl, Assignment, Change, Value};

/// Small, fast, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// A number below `bound`, small ones more often.
    fn skewed(&mut self, bound: usize) -> usize {
        let one = self.below(bound);
        let other = self.below(one + 1);
        self.below(other + 1)
    }

    fn identifier(&mut self) -> String {
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
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut word = |syllables: usize| -> String {
            let mut part = |parts: &[&'static str]| parts[dice.skewed(parts.len())];
            (0..syllables)
                .map(|_| [part(&ONSETS), part(&VOWELS), part(&CODAS)].concat())
                .collect()
        };
        let words = (0..20_000).map(|index| word(1 + index % 4)).collect();
        let presenters = (0..3000)
            .map(|_| format!("{} {}", capital(&word(2)), capital(&word(3))))
            .collect();
        let mut lists: Vec<Acl> = (0..12)
            .map(|index| list(&[format!("ROLE_FACULTY_{index}"), "ROLE_STAFF".to_owned()]))
            .collect();
        lists.extend((0..6000).map(|_| {
            let roles = [0; 3].map(|_| format!("ROLE_COURSE_{}", dice.below(12_000)));
            list(&roles)
        }));
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
            .map(|_| self.words[self.dice.skewed(self.words.len())].as_str())
            .collect();
        capital(&words.join(" "))
    }

    pub fn series(&mut self) -> Change {
        let identifier = self.dice.identifier();
        let words = 3 + self.dice.below(3);
        let course = self.series.len() % 12_000;
        let fields = vec![
            text("title", self.text(words)),
            texts("organizer", vec![self.presenter()]),
            text("description", self.text(20)),
        ];
        self.series.push(identifier.clone());
        Change::Create {
            collection: "series".to_owned(),
            identifier,
            fields,
            acl: Some(list(&[format!("ROLE_COURSE_{course}"), "ROLE_STAFF".to_owned()])),
        }
    }

    pub fn event(&mut self) -> Change {
        let start = 1_300_000_000_000 + self.dice.below(400_000_000) as i64 * 1000;
        let words = 3 + self.dice.below(4);
        let mut fields = vec![
            text("title", self.text(words)),
            texts(
                "presenter",
                (0..1 + self.dice.below(2)).map(|_| self.presenter()).collect(),
            ),
            number("start", start),
            number("duration", 5_400_000),
            text("language", ["deu", "eng", "fra"][self.dice.skewed(3)].to_owned()),
            text(
                "license",
                ["ALLRIGHTS", "CC-BY", "CC-BY-SA"][self.dice.skewed(3)].to_owned(),
            ),
        ];
        if self.dice.below(10) > 3 {
            let words = 15 + self.dice.below(80);
            fields.push(text("description", self.text(words)));
        }
        if self.dice.below(10) > 0 {
            fields.push(text("location", format!("Room {}", self.dice.below(300))));
        }
        if self.dice.below(20) > 0 && !self.series.is_empty() {
            let series = self.dice.below(self.series.len());
            fields.push(text("is_part_of", self.series[series].clone()));
        }
        let acl = match self.dice.below(10) {
            0..7 => Some(self.dice.skewed(12)),
            7 => Some(12 + self.dice.below(6000)),
            _ => None,
        };
        Change::Create {
            collection: "events".to_owned(),
            identifier: self.dice.identifier(),
            fields,
            acl: acl.map(|index| self.lists[index].clone()),
        }
    }

    fn presenter(&mut self) -> String {
        let index = self.dice.skewed(self.presenters.len());
        self.presenters[index].clone()
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Reading for all of these roles, writing for the last.
pub fn list(roles: &[String]) -> Acl {
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
