-- Events, series, access lists and their search index.
--
-- Rules for all files here: statements end with a semicolon at the end of a line, and only they do (a trigger stands on one
-- line); lines that start with two hyphens are comments. A file that has been released is never changed.
--
-- Integers identify rows inside the file, texts identify objects outside. Missing content is NULL, never empty text. Points
-- in time and durations are milliseconds. Text is compared code point by code point.

-- One row: the commit sequence, how many objects there are, and the generation of everything that decides who may read what:
-- whoever remembers the outcome compares it. Generations also change when the number of objects behind an effective access
-- list changes its magnitude, so that remembered numbers are good enough to choose a plan by.
CREATE TABLE tenant_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    access_generation INTEGER NOT NULL,
    events INTEGER NOT NULL,
    series INTEGER NOT NULL
) STRICT;

INSERT INTO tenant_state VALUES (1, 0, 0, 0, 0);

CREATE TABLE role (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Every distinct access list once, never changed: entries is JSON, [[role, action, allow], …] in the order written, digest a
-- hash of it.
CREATE TABLE acl (
    id INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL,
    entries TEXT NOT NULL
) STRICT;

CREATE INDEX acl_digest ON acl (digest);

-- The lists by role. A list that both allows and denies a role an action denies it.
CREATE TABLE acl_entry (
    role_id INTEGER NOT NULL REFERENCES role,
    action TEXT NOT NULL,
    acl_id INTEGER NOT NULL,
    allow INTEGER NOT NULL,
    PRIMARY KEY (role_id, action, acl_id)
) STRICT, WITHOUT ROWID;

-- What objects refer to instead of an access list, so that changing a series' list is one row. An event with its own list
-- refers to (own list, NULL), an event without one to (NULL, series), the very row its series refers to, and an event with
-- neither to (NULL, NULL), the empty list. acl_id is what holds; events and series count the objects that refer to the row.
CREATE TABLE effective_acl (
    id INTEGER PRIMARY KEY,
    own_acl_id INTEGER REFERENCES acl,
    series_id INTEGER REFERENCES series DEFERRABLE INITIALLY DEFERRED,
    acl_id INTEGER NOT NULL REFERENCES acl,
    events INTEGER NOT NULL,
    series INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX effective_acl_identity ON effective_acl (ifnull(own_acl_id, 0), ifnull(series_id, 0));
CREATE INDEX effective_acl_own ON effective_acl (own_acl_id);
CREATE INDEX effective_acl_series ON effective_acl (series_id);
CREATE INDEX effective_acl_acl ON effective_acl (acl_id);

-- Fields with several texts hold JSON. Sorting by one of them takes its smallest or its largest element (_first, _last).
-- Long texts come last, so that reading what precedes them does not touch their pages.
CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    effective_acl_id INTEGER NOT NULL REFERENCES effective_acl DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    title TEXT NOT NULL,
    organizer_first TEXT,
    organizer_last TEXT,
    contributor_first TEXT,
    contributor_last TEXT,
    creator TEXT,
    language TEXT,
    rightsholder TEXT,
    license TEXT,
    managed_acl TEXT,
    theme TEXT,
    subject TEXT,
    organizer TEXT,
    contributor TEXT,
    publisher TEXT,
    description TEXT
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    effective_acl_id INTEGER NOT NULL REFERENCES effective_acl,
    series_id INTEGER REFERENCES series,
    sequence INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    start_ms INTEGER,
    duration_ms INTEGER,
    end_ms INTEGER GENERATED ALWAYS AS (start_ms + ifnull(duration_ms, 0)) VIRTUAL,
    technical_start_ms INTEGER,
    technical_end_ms INTEGER,
    archive_version INTEGER,
    has_previews INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    title TEXT,
    presenter_first TEXT,
    presenter_last TEXT,
    location TEXT,
    processing_state TEXT,
    status TEXT NOT NULL,
    agent_id TEXT,
    creator TEXT,
    language TEXT,
    rightsholder TEXT,
    license TEXT,
    source TEXT,
    publisher TEXT,
    subject TEXT,
    presenter TEXT,
    contributor TEXT,
    publication_status TEXT,
    description TEXT
) STRICT;

CREATE UNIQUE INDEX series_identifier ON series (identifier);
CREATE UNIQUE INDEX event_identifier ON event (identifier);

-- Indexes to walk in the order of a sort key. They end with what a list query has to know of an object before it is read.
CREATE INDEX series_id ON series (id, effective_acl_id);
CREATE INDEX series_title ON series (title, id, effective_acl_id);
CREATE INDEX series_created_ms ON series (created_ms, id, effective_acl_id);
CREATE INDEX series_organizer_first ON series (organizer_first, id, effective_acl_id);
CREATE INDEX series_organizer_last ON series (organizer_last, id, effective_acl_id);
CREATE INDEX series_contributor_first ON series (contributor_first, id, effective_acl_id);
CREATE INDEX series_contributor_last ON series (contributor_last, id, effective_acl_id);
CREATE INDEX event_id ON event (id, effective_acl_id);
CREATE INDEX event_title ON event (title, id, effective_acl_id);
CREATE INDEX event_presenter_first ON event (presenter_first, id, effective_acl_id);
CREATE INDEX event_presenter_last ON event (presenter_last, id, effective_acl_id);
CREATE INDEX event_location ON event (location, id, effective_acl_id);
CREATE INDEX event_start_ms ON event (start_ms, id, effective_acl_id);
CREATE INDEX event_end_ms ON event (end_ms, id, effective_acl_id);
CREATE INDEX event_technical_start_ms ON event (technical_start_ms, id, effective_acl_id);
CREATE INDEX event_technical_end_ms ON event (technical_end_ms, id, effective_acl_id);
CREATE INDEX event_processing_state ON event (processing_state, id, effective_acl_id);

-- The same within a series, for the orders that clients ask for there; others sort the events of the series.
CREATE INDEX event_series_id ON event (series_id, id, effective_acl_id);
CREATE INDEX event_series_id_start_ms ON event (series_id, start_ms, id, effective_acl_id);
CREATE INDEX event_series_id_title ON event (series_id, title, id, effective_acl_id);

-- Indexes to look up by an access list or by exact content.
CREATE INDEX series_effective_acl_id ON series (effective_acl_id);
CREATE INDEX series_creator ON series (creator, effective_acl_id) WHERE creator IS NOT NULL;
CREATE INDEX series_subject ON series (subject, effective_acl_id) WHERE subject IS NOT NULL;
CREATE INDEX series_language ON series (language, effective_acl_id) WHERE language IS NOT NULL;
CREATE INDEX series_rightsholder ON series (rightsholder, effective_acl_id) WHERE rightsholder IS NOT NULL;
CREATE INDEX series_license ON series (license, effective_acl_id) WHERE license IS NOT NULL;
CREATE INDEX series_managed_acl ON series (managed_acl, effective_acl_id) WHERE managed_acl IS NOT NULL;
CREATE INDEX series_description ON series (substr(description, 1, 40)) WHERE description IS NOT NULL;
CREATE INDEX event_effective_acl_id ON event (effective_acl_id);
CREATE INDEX event_created_ms ON event (created_ms, effective_acl_id);
CREATE INDEX event_creator ON event (creator, effective_acl_id) WHERE creator IS NOT NULL;
CREATE INDEX event_subject ON event (subject, effective_acl_id) WHERE subject IS NOT NULL;
CREATE INDEX event_language ON event (language, effective_acl_id) WHERE language IS NOT NULL;
CREATE INDEX event_rightsholder ON event (rightsholder, effective_acl_id) WHERE rightsholder IS NOT NULL;
CREATE INDEX event_license ON event (license, effective_acl_id) WHERE license IS NOT NULL;
CREATE INDEX event_source ON event (source, effective_acl_id) WHERE source IS NOT NULL;
CREATE INDEX event_publisher ON event (publisher, effective_acl_id) WHERE publisher IS NOT NULL;
CREATE INDEX event_agent_id ON event (agent_id, effective_acl_id) WHERE agent_id IS NOT NULL;
CREATE INDEX event_status ON event (status, effective_acl_id);
CREATE INDEX event_description ON event (substr(description, 1, 40)) WHERE description IS NOT NULL;

-- The elements of fields with several texts, to look up by exact content.
CREATE TABLE series_term (
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    PRIMARY KEY (field, value, object_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_term (
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    PRIMARY KEY (field, value, object_id)
) STRICT, WITHOUT ROWID;

-- Everything a person would search for, folded, and the grams of its words. The names of series have an index of their own:
-- events are found by them through their series, so a new name is one row.
CREATE TABLE event_text (id INTEGER PRIMARY KEY, folded TEXT NOT NULL) STRICT;
CREATE TABLE series_text (id INTEGER PRIMARY KEY, folded TEXT NOT NULL) STRICT;
CREATE TABLE series_name_text (id INTEGER PRIMARY KEY, folded TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE event_gram USING fts5 (gram, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
CREATE VIRTUAL TABLE series_gram USING fts5 (gram, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
CREATE VIRTUAL TABLE series_name_gram USING fts5 (gram, content = '', columnsize = 0, detail = 'none', tokenize = 'ascii');
