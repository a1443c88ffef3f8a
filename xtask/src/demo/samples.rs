//! The sample series and events. All people are invented.

/// A series with its events.
pub struct Series {
    /// Title.
    pub title: &'static str,
    /// Description.
    pub description: &'static str,
    /// Language code.
    pub language: &'static str,
    /// Who organises it.
    pub organizers: &'static [&'static str],
    /// Keywords; its events have the same.
    pub subjects: &'static [&'static str],
    /// The first part of the course's roles; empty if everybody may read.
    pub course: &'static str,
    /// Its events.
    pub events: &'static [Sample],
}

/// An event.
pub struct Sample {
    /// Title.
    pub title: &'static str,
    /// Description.
    pub description: &'static str,
    /// Presenters, the first one first.
    pub presenters: &'static [&'static str],
    /// Room.
    pub location: &'static str,
    /// `2026-04-14`.
    pub date: &'static str,
    /// `08:15`, UTC.
    pub time: &'static str,
    /// `01:30:00`.
    pub duration: &'static str,
    /// Only instructors may see it.
    pub draft: bool,
}

const fn event(
    title: &'static str,
    description: &'static str,
    presenters: &'static [&'static str],
    location: &'static str,
    [date, time, duration]: [&'static str; 3],
) -> Sample {
    Sample {
        title,
        description,
        presenters,
        location,
        date,
        time,
        duration,
        draft: false,
    }
}

const fn draft(event: Sample) -> Sample {
    Sample { draft: true, ..event }
}

const LOEWE: &[&str] = &["Ada Löwe"];
const LOEWE_AND_NUNEZ: &[&str] = &["Ada Löwe", "José Nuñez"];
const FISCHER: &[&str] = &["Jürgen Fischer"];
const OKAFOR: &[&str] = &["Chidi Okafor"];

/// The content of the university.
pub const UNIVERSITY: &[Series] = &[
    Series {
        title: "Einführung in die Programmierung mit Rust",
        description: "Vorlesung mit Übungen für das zweite Semester: Eigentum, Typen, Nebenläufigkeit.",
        language: "de",
        organizers: LOEWE,
        subjects: &["Informatik", "Programmierung"],
        course: "ROLE_COURSE_RUST",
        events: &[
            event(
                "Vorlesung 1: Warum noch eine Sprache?",
                "Was Programme unsicher macht, und welche Fehler ein Übersetzer finden kann.",
                LOEWE,
                "Hörsaal 3",
                ["2026-04-14", "08:15", "01:28:40"],
            ),
            event(
                "Vorlesung 2: Eigentum und Ausleihe",
                "Ownership und Borrowing: wem ein Wert gehört und wer ihn nur ansehen darf.",
                LOEWE,
                "Hörsaal 3",
                ["2026-04-21", "08:15", "01:31:05"],
            ),
            event(
                "Vorlesung 3: Aufzählungen und Muster",
                "Zustände, die es nicht geben darf, lassen sich gar nicht erst hinschreiben.",
                LOEWE,
                "Hörsaal 3",
                ["2026-04-28", "08:15", "01:27:12"],
            ),
            event(
                "Vorlesung 4: Fehler behandeln",
                "Result, Option und das Fragezeichen; wann ein Programm aufgeben darf.",
                LOEWE,
                "Hörsaal 3",
                ["2026-05-05", "08:15", "01:29:55"],
            ),
            event(
                "Übung 1: Ownership",
                "Aufgaben zu Vorlesung 1 und 2, mit Lösungen zum Mitrechnen.",
                LOEWE_AND_NUNEZ,
                "Seminarraum 1.07",
                ["2026-04-23", "12:15", "00:44:30"],
            ),
            event(
                "Übung 2: Pattern Matching",
                "Ein Parser für arithmetische Ausdrücke in sechzig Zeilen.",
                LOEWE_AND_NUNEZ,
                "Seminarraum 1.07",
                ["2026-04-30", "12:15", "00:46:02"],
            ),
            draft(event(
                "Übung 3: Nebenläufigkeit (Rohschnitt)",
                "Noch nicht geschnitten, bitte nicht veröffentlichen.",
                &["José Nuñez"],
                "Seminarraum 1.07",
                ["2026-05-07", "12:15", "00:51:47"],
            )),
        ],
    },
    Series {
        title: "Lineare Algebra I",
        description: "Vektorräume, lineare Abbildungen, Determinanten und Eigenwerte.",
        language: "de",
        organizers: FISCHER,
        subjects: &["Mathematik"],
        course: "ROLE_COURSE_ALGEBRA",
        events: &[
            event(
                "Gruppen, Ringe, Körper",
                "Die Strukturen, über denen wir rechnen.",
                FISCHER,
                "Großer Hörsaal",
                ["2026-04-13", "10:00", "01:32:20"],
            ),
            event(
                "Vektorräume und Basen",
                "Der Austauschsatz von Steinitz und was Dimension bedeutet.",
                FISCHER,
                "Großer Hörsaal",
                ["2026-04-20", "10:00", "01:30:00"],
            ),
            event(
                "Lineare Abbildungen und Matrizen",
                "Wie aus einer Abbildung Zahlen werden, und warum die Wahl der Basis zählt.",
                FISCHER,
                "Großer Hörsaal",
                ["2026-04-27", "10:00", "01:29:31"],
            ),
            event(
                "Determinanten",
                "Volumen, Vorzeichen und der Entwicklungssatz von Laplace.",
                FISCHER,
                "Großer Hörsaal",
                ["2026-05-04", "10:00", "01:33:48"],
            ),
            draft(event(
                "Eigenwerte (Aufzeichnung aus dem Vorjahr)",
                "Wird durch die neue Aufzeichnung ersetzt.",
                FISCHER,
                "Großer Hörsaal",
                ["2025-06-02", "10:00", "01:25:10"],
            )),
        ],
    },
    Series {
        title: "Distributed Systems",
        description: "Time, agreement and failure in systems that span many machines.",
        language: "en",
        organizers: OKAFOR,
        subjects: &["Computer Science", "Networks"],
        course: "ROLE_COURSE_SYSTEMS",
        events: &[
            event(
                "Clocks and ordering",
                "Lamport clocks, vector clocks, and why two events may have no order at all.",
                OKAFOR,
                "Room B 214",
                ["2026-04-15", "14:00", "01:14:09"],
            ),
            event(
                "Consensus",
                "From two generals to Raft: what agreement costs.",
                OKAFOR,
                "Room B 214",
                ["2026-04-22", "14:00", "01:16:51"],
            ),
            event(
                "Replication and consistency",
                "What a reader may see after a write, and what clients come to rely on.",
                OKAFOR,
                "Room B 214",
                ["2026-04-29", "14:00", "01:12:33"],
            ),
            event(
                "Guest lecture: running a video platform",
                "Fifty thousand hours of recordings, three people, and one search index too many.",
                &["Siobhán O’Brien", "Chidi Okafor"],
                "Room B 214",
                ["2026-05-06", "14:00", "00:58:20"],
            ),
        ],
    },
    Series {
        title: "Ringvorlesung: Technik und Gesellschaft",
        description: "Öffentliche Vorträge, jeden ersten Donnerstag im Monat.",
        language: "de",
        organizers: &["Zentrum für Weiterbildung"],
        subjects: &["Gesellschaft", "Technik"],
        course: "",
        events: &[
            event(
                "Wem gehören die Daten der Stadt?",
                "Offene Verwaltungsdaten zwischen Anspruch und Alltag.",
                &["Renate Groß"],
                "Aula",
                ["2026-04-02", "16:00", "01:05:00"],
            ),
            event(
                "Maschinelles Lernen in der Medizin",
                "Was ein Modell sieht, wenn es ein Röntgenbild ansieht.",
                &["Mehmet Aydın", "Renate Groß"],
                "Aula",
                ["2026-05-07", "16:00", "01:11:30"],
            ),
            event(
                "The ethics of recommendation",
                "Public talk in English: who decides what you see next?",
                &["Siobhán O’Brien"],
                "Aula",
                ["2026-06-04", "16:00", "00:59:45"],
            ),
        ],
    },
];

/// The content of the academy.
pub const ACADEMY: &[Series] = &[Series {
    title: "Meisterkurs Violoncello",
    description: "Öffentlicher Unterricht mit Studierenden der Akademie.",
    language: "de",
    organizers: &["Elżbieta Nowak"],
    subjects: &["Musik"],
    course: "",
    events: &[
        event(
            "Bach: Suite Nr. 1 G-Dur",
            "Bogenführung und Phrasierung im Prélude.",
            &["Elżbieta Nowak"],
            "Kammermusiksaal",
            ["2026-03-12", "09:30", "00:52:15"],
        ),
        event(
            "Elgar: Concerto in E minor",
            "First movement, working with the orchestra’s part.",
            &["Elżbieta Nowak", "Tom Hughes"],
            "Kammermusiksaal",
            ["2026-03-13", "09:30", "01:04:40"],
        ),
    ],
}];
