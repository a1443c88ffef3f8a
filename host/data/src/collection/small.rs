//! The small collections: groups, users, capture agents, playlists, workflows and recordings. They are answered by the [plain
//! search](crate::search), straight from their tables, without search texts and without plans.
//!
//! Everything here is SQL over `o`, the object's row, and `asker`, one row that says who asks: `username`, `administrator` (0 or 1),
//! `roles` (a JSON array), `events` (marks of the effective access lists of events that allow what is asked for), and `acls` (marks
//! of the access lists that do). For administrators the marks are NULL.

use super::{Field, Kind, Place, Shape, document, number, text, texts};

/// A small collection.
#[derive(Debug)]
pub struct Small {
    /// As handlers name it: `groups`.
    pub name: &'static str,
    /// What messages call one object: `group`.
    pub noun: &'static str,
    /// The tables, of which one row is one object.
    pub from: &'static str,
    /// What identifies an object: a text, or an integer.
    pub key: &'static str,
    /// The commit that last changed what an object shows.
    pub sequence: &'static str,
    /// What of the collection the asker sees in lists.
    pub listed: &'static str,
    /// What of the collection the asker sees when asking for a single object.
    pub single: &'static str,
    /// The row of the access list that an object has of its own, if it has one.
    pub acl: Option<&'static str>,
    /// Whether anything here looks at `asker.events`.
    pub asks_for_events: bool,
    /// The fields.
    pub fields: &'static [Field],
}

/// The small collection of this name.
pub fn small(name: &str) -> Option<&'static Small> {
    SMALL.into_iter().find(|small| small.name == name)
}

impl PartialEq for Small {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Every small collection.
pub static SMALL: [&Small; 6] = [&GROUPS, &USERS, &AGENTS, &PLAYLISTS, &WORKFLOWS, &RECORDINGS];

/// Of the tenant's groups everybody sees all who may ask at all.
pub static GROUPS: Small = Small {
    name: "groups",
    noun: "group",
    from: "user_group AS o",
    key: "o.identifier",
    sequence: "o.sequence",
    listed: "1",
    single: "1",
    acl: None,
    asks_for_events: false,
    fields: &[
        text("identifier").at("o.identifier").exact().sorted(),
        text("role").at("o.role").exact().sorted(),
        text("name").at("o.name").exact().contained().sorted().written(),
        text("description").at("o.description").exact().contained().sorted().written(),
        texts("roles")
            .at("(SELECT json_group_array(role ORDER BY role) FROM user_group_role WHERE identifier = o.identifier)")
            .exact()
            .sorted()
            .written(),
        texts("members")
            .at("(SELECT json_group_array(username ORDER BY username) FROM user_group_member WHERE identifier = o.identifier)")
            .exact()
            .sorted()
            .written(),
    ],
};

/// Of the users of the tenant's directory everybody sees all who may ask at all; of no user how to log in.
pub static USERS: Small = Small {
    name: "users",
    noun: "user",
    from: "user AS o",
    key: "o.username",
    sequence: "o.sequence",
    listed: "1",
    single: "1",
    acl: None,
    asks_for_events: false,
    fields: &[
        text("identifier").at("o.username").exact().sorted(),
        text("username").at("o.username").exact().contained().sorted(),
        text("name").at("o.name").exact().contained().sorted(),
        text("email").at("o.email").exact().sorted(),
        text("provider").at("o.provider").exact().sorted(),
    ],
};

/// An agent with scheduler roles is listed for those who have one of them; a single one can be looked at by everybody.
pub static AGENTS: Small = Small {
    name: "agents",
    noun: "capture agent",
    from: "capture_agent AS o",
    key: "o.name",
    sequence: "o.sequence",
    listed: "(asker.administrator OR o.roles = '[]' OR EXISTS (SELECT 1 FROM json_each(o.roles) AS r \
             WHERE r.value IN (SELECT value FROM json_each(asker.roles))))",
    single: "1",
    acl: None,
    asks_for_events: false,
    fields: &[
        text("identifier").at("o.name").exact().contained().sorted(),
        text("name").at("o.name").exact().contained().sorted(),
        text("state").at("o.state").exact().sorted().written(),
        text("url").at("o.url").exact().written(),
        number("updated", "o.updated_ms").at("o.updated_ms").bounded().sorted(),
        text("timezone").at("o.timezone").exact(),
        texts("inputs")
            .at("CASE o.inputs WHEN '' THEN '[]' ELSE '[' || replace(json_quote(o.inputs), ',', '\",\"') || ']' END"),
        document("configuration", Shape::Properties)
            .at("o.configuration")
            .written(),
        texts("roles").at("o.roles").exact(),
    ],
};

/// A playlist is seen by those whom its own access list lets read it, unless it has been deleted.
pub static PLAYLISTS: Small = Small {
    name: "playlists",
    noun: "playlist",
    from: "playlist AS o",
    key: "o.identifier",
    sequence: "max(o.sequence, ifnull((SELECT max(max(v.sequence, a.sequence)) FROM playlist_entry AS i \
               CROSS JOIN event AS v ON v.identifier = i.content CROSS JOIN effective_acl AS a ON a.id = v.effective_acl_id \
               WHERE i.playlist_id = o.id), 0))",
    listed: PLAYLIST,
    single: PLAYLIST,
    acl: Some("o.acl_id"),
    asks_for_events: true,
    fields: &[
        text("identifier").at("o.identifier").exact().sorted(),
        text("title").at("o.title").exact().contained().sorted().written(),
        text("description").at("o.description").contained().written(),
        text("creator").at("o.creator").exact().contained().sorted().written(),
        number("updated", "o.updated_ms")
            .at("o.updated_ms")
            .bounded()
            .sorted()
            .written(),
        number("last_entry", "o.last_entry").at("o.last_entry"),
        document("entries", Shape::Entries)
            .at("(SELECT json_group_array(json_object('id', i.id, 'contentId', i.content, 'type', \
                 CASE WHEN v.id IS NULL OR NOT (asker.administrator OR substr(asker.events, v.effective_acl_id + 1, 1) = x'01') \
                 THEN 'INACCESSIBLE' ELSE 'EVENT' END) ORDER BY i.position) \
                 FROM playlist_entry AS i LEFT JOIN event AS v ON v.identifier = i.content WHERE i.playlist_id = o.id)")
            .written(),
    ],
};

const PLAYLIST: &str = "o.deleted_ms IS NULL AND (asker.administrator OR substr(asker.acls, o.acl_id + 1, 1) = x'01')";

/// A workflow is seen by those who may read its event, and by whoever started it: a user, since nobody in particular is anonymous.
pub static WORKFLOWS: Small = Small {
    name: "workflows",
    noun: "workflow",
    from: "workflow AS o JOIN event AS v ON v.id = o.event_id",
    key: "o.id",
    sequence: "o.sequence",
    listed: WORKFLOW,
    single: WORKFLOW,
    acl: None,
    asks_for_events: true,
    fields: &[
        number("identifier", "o.id").at("o.id").exact().bounded().sorted(),
        text("event").at("v.identifier").exact(),
        text("state").at("o.state").exact().sorted().written(),
        text("definition").at("o.definition").exact().sorted(),
        text("title").at("o.title").exact().contained().sorted(),
        text("description").at("o.description"),
        text("creator").at("o.creator").exact().sorted(),
        number("created", "o.created_ms").at("o.created_ms").bounded().sorted(),
        number("completed", "o.completed_ms")
            .at("o.completed_ms")
            .bounded()
            .sorted(),
        document("configuration", Shape::Properties)
            .at("o.configuration")
            .written(),
        document("operations", Shape::Operations).at("o.operations"),
    ],
};

const WORKFLOW: &str = "(asker.administrator OR (o.creator = asker.username AND asker.username <> 'anonymous') \
                        OR substr(asker.events, v.effective_acl_id + 1, 1) = x'01')";

/// Scheduled events as capture agents see them: whoever speaks for capture agents sees all, whatever their access lists say.
pub static RECORDINGS: Small = Small {
    name: "recordings",
    noun: "recording",
    from: "event AS v LEFT JOIN series AS s ON s.id = v.series_id",
    key: "v.identifier",
    sequence: "max(v.sequence, ifnull(s.sequence, 0))",
    listed: RECORDING,
    single: RECORDING,
    acl: None,
    asks_for_events: false,
    fields: &[
        text("identifier").at("v.identifier").exact().sorted(),
        text("agent_id").at("v.agent_id").exact(),
        texts("inputs").at("v.inputs"),
        number("technical_start", "v.technical_start_ms")
            .at("v.technical_start_ms")
            .bounded()
            .sorted(),
        number("technical_end", "v.technical_end_ms")
            .at("v.technical_end_ms")
            .bounded()
            .sorted(),
        text("state").at("v.recording_state").exact(),
        number("updated", "v.recording_ms").at("v.recording_ms").bounded(),
        number("modified", "modified").at("(SELECT max(t.at_ms) FROM audit AS t WHERE t.sequence = v.sequence)"),
        document("processing", Shape::Composed).at("v.processing"),
        text("is_part_of").at("s.identifier").exact(),
        document("series", Shape::Composed).at(SERIES_OF_RECORDING),
        text("title").at("v.title"),
        text("description").at("v.description"),
        texts("presenter").at("v.presenter"),
        texts("contributor").at("v.contributor"),
        text("subject").at("v.subject"),
        text("location").at("v.location"),
        text("language").at("v.language"),
        text("rightsholder").at("v.rightsholder"),
        text("license").at("v.license"),
        text("source").at("v.source"),
        text("publisher").at("v.publisher"),
        number("created", "v.created_ms").at("v.created_ms"),
        number("start", "v.start_ms").at("v.start_ms"),
        number("duration", "v.duration_ms").at("v.duration_ms"),
    ],
};

const RECORDING: &str = "v.agent_id IS NOT NULL AND v.technical_end_ms IS NOT NULL AND (asker.administrator \
                         OR 'ROLE_CAPTURE_AGENT' IN (SELECT value FROM json_each(asker.roles)))";

const SERIES_OF_RECORDING: &str = "CASE WHEN s.id IS NOT NULL THEN json_object('identifier', s.identifier, 'title', s.title, \
    'description', s.description, 'organizer', json(ifnull(s.organizer, '[]')), 'contributor', json(ifnull(s.contributor, '[]')), \
    'publisher', json(ifnull(s.publisher, '[]')), 'subject', s.subject, 'language', s.language, 'rightsholder', s.rightsholder, \
    'license', s.license, 'created', s.created_ms) END";

impl Field {
    /// Says what a field of a small collection is.
    const fn at(self, expression: &'static str) -> Field {
        Field {
            place: Place::Expression(expression),
            ..self
        }
    }

    /// What the field of a small collection is, in SQL. Empty texts and lists are no content.
    pub fn expression(&self) -> &'static str {
        match self.place {
            Place::Expression(expression) => expression,
            Place::Own(_) | Place::Series(_) | Place::Apart { .. } | Place::SearchText => "NULL",
        }
    }

    /// The same for lists to be sorted by, without empty content.
    pub fn sort_key(&self) -> String {
        let expression = self.expression();
        match self.kind {
            Kind::Text => format!("nullif({expression}, '')"),
            Kind::Texts => format!("nullif({expression}, '[]')"),
            Kind::Number | Kind::Flag | Kind::Document(_) => expression.to_owned(),
        }
    }
}
