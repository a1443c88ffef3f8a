-- What is published of an event, as the API shows it: put together when it changes, so that lists need not look into publications, and
-- not in the event's row, so that a change of metadata does not write it anew. Events of which nothing is published have no row.

-- JSON arrays without white space, see host/data/src/media/shown.rs, which also fills the table from what was published before.
CREATE TABLE event_publications (
    id INTEGER PRIMARY KEY REFERENCES event ON DELETE CASCADE,
    published TEXT,
    internal TEXT
) STRICT;
