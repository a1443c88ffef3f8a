-- Statistics: how often events were watched.

-- What the keys of views are made with.
CREATE TABLE view_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;
INSERT INTO view_secret VALUES (1, randomblob(32));

-- Every view, so that none is counted twice. Event and series are identifiers: what was watched was watched, whatever becomes of them.
CREATE TABLE view (
    key INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    -- Empty if the event belonged to none.
    series TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

-- The views of an `episode`, a `series` or the `organization` (then the resource is empty) by quarters of an hour since 1970-01-01T00:00:00Z.
CREATE TABLE view_count (
    resource_type TEXT NOT NULL,
    resource TEXT NOT NULL,
    slot INTEGER NOT NULL,
    views INTEGER NOT NULL,
    PRIMARY KEY (resource_type, resource, slot)
) STRICT, WITHOUT ROWID;
