-- Further ways to say who one is.

-- MD5 of `username:Opencast:password` in hexadecimal, for users who may use Digest authentication: as good as the password for that
-- purpose, so only those have it for whom the operator has asked for it.
ALTER TABLE user ADD COLUMN digest_secret TEXT;

CREATE TABLE api_key (
    name TEXT PRIMARY KEY,
    -- BLAKE3 of the key in hexadecimal. Without salt and in no time, because a key is 256 random bits: nobody tries them all.
    hash TEXT NOT NULL UNIQUE,
    -- Roles on lines of their own: they hold no white space.
    roles TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    -- From here on it is refused; NULL for never.
    expires_ms INTEGER
) STRICT, WITHOUT ROWID;
