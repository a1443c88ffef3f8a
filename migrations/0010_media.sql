-- What belongs to an event besides metadata: its media and what is published of them. The files are beside the database.

-- A JSON array of tracks, and a JSON array of publications, see host/data/src/media.rs.
ALTER TABLE event ADD COLUMN media TEXT;
ALTER TABLE event ADD COLUMN publications TEXT;

-- Every file that a track or a publication refers to; a file in the folder that is not here belongs to nobody.
CREATE TABLE file (
    identifier TEXT PRIMARY KEY,
    event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX file_event_id ON file (event_id);

-- Files that no document refers to any more and that are still to be removed from the disk, see host/tenants/src/files/mod.rs.
CREATE TABLE removed_file (identifier TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER file_removed AFTER DELETE ON file BEGIN INSERT OR IGNORE INTO removed_file VALUES (old.identifier); END;
