-- Who changed what: a row for every change, in the transaction that makes it.

CREATE TABLE audit (
    -- The commit, and the change's place in it.
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    -- The username whose credentials were checked, and the one whose rights counted.
    authenticated TEXT NOT NULL,
    effective TEXT NOT NULL,
    action TEXT NOT NULL,
    collection TEXT NOT NULL,
    identifier TEXT NOT NULL,
    -- Names, never contents: what was removed from an object must not survive here.
    detail TEXT NOT NULL,
    PRIMARY KEY (sequence, position)
) STRICT, WITHOUT ROWID;
