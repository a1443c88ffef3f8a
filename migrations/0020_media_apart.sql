-- What belongs to an event besides metadata, apart from its row: most lists show none of it, and a change of metadata need not write it anew.
-- Events with nothing of the kind may have no row.

-- JSON arrays of tracks and of publications, see host/data/src/media.rs; event_publications, which lists are made from, follows from these.
CREATE TABLE event_media (
    id INTEGER PRIMARY KEY REFERENCES event ON DELETE CASCADE,
    media TEXT,
    publications TEXT
) STRICT;

INSERT INTO event_media (id, media, publications)
SELECT id, media, publications FROM event WHERE media IS NOT NULL OR publications IS NOT NULL ORDER BY id;

ALTER TABLE event DROP COLUMN media;
ALTER TABLE event DROP COLUMN publications;
