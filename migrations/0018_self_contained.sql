-- What a program needs to keep that has no memory and no disk but this file, as under Spin. Elsewhere these tables stay empty.

-- The bytes of files in pieces of the same length, the last one excepted. Whoever has a disk moves them there.
CREATE TABLE file_piece (
    file TEXT NOT NULL,
    -- Of the first byte.
    position INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (file, position)
) STRICT;
CREATE TRIGGER file_piece_removed AFTER DELETE ON file BEGIN DELETE FROM file_piece WHERE file = old.identifier; END;

-- Passwords that were right a short while ago: keyed hashes of usernames and passwords, and what the passwords were compared with.
CREATE TABLE right_password (
    hash BLOB PRIMARY KEY,
    stored TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX right_password_until_ms ON right_password (until_ms);

-- Wrong passwords in a row, by keyed hashes of usernames and addresses. Before that time none is looked at.
CREATE TABLE wrong_password (
    who BLOB PRIMARY KEY,
    in_a_row INTEGER NOT NULL,
    wait_until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wrong_password_wait_until_ms ON wrong_password (wait_until_ms);

-- Nonces of Digest authentication that were used, with the highest count, as long as they are good.
CREATE TABLE used_nonce (
    nonce TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_nonce_until_ms ON used_nonce (until_ms);
