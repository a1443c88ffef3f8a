-- What requests were answered that may be sent again, under the keys that users chose.

CREATE TABLE remembered_answer (
    id INTEGER PRIMARY KEY,
    -- The username whose credentials were checked, and the one whose rights counted.
    authenticated TEXT NOT NULL,
    effective TEXT NOT NULL,
    key TEXT NOT NULL,
    -- What the request was, so that another one with the same key is not taken for it.
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    UNIQUE (authenticated, effective, key)
) STRICT;

CREATE INDEX remembered_answer_expires_ms ON remembered_answer (expires_ms);
