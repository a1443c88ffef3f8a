-- Groups, users, capture agents and playlists as collections: each object knows the commit that last changed what it shows.

ALTER TABLE user_group ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE user ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE capture_agent ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;

-- What an agent says of itself: its state and address, when it was last heard of (NULL for never), its configuration, a JSON object of
-- texts by name, and the roles of those who may schedule recordings with it, a JSON array; an empty one is everybody.
ALTER TABLE capture_agent ADD COLUMN state TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE capture_agent ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE capture_agent ADD COLUMN updated_ms INTEGER;
ALTER TABLE capture_agent ADD COLUMN configuration TEXT NOT NULL DEFAULT '{}';
ALTER TABLE capture_agent ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';

-- Whoever makes the change has begun a commit before.
CREATE TRIGGER user_group_inserted AFTER INSERT ON user_group BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = new.identifier; END;
CREATE TRIGGER user_group_updated AFTER UPDATE OF role, name, description ON user_group BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = new.identifier; END;
CREATE TRIGGER user_group_role_inserted AFTER INSERT ON user_group_role BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = new.identifier; END;
CREATE TRIGGER user_group_role_deleted AFTER DELETE ON user_group_role BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = old.identifier; END;
CREATE TRIGGER user_group_member_inserted AFTER INSERT ON user_group_member BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = new.identifier; END;
CREATE TRIGGER user_group_member_deleted AFTER DELETE ON user_group_member BEGIN UPDATE user_group SET sequence = (SELECT sequence FROM tenant_state) WHERE identifier = old.identifier; END;
CREATE TRIGGER user_inserted AFTER INSERT ON user BEGIN UPDATE user SET sequence = (SELECT sequence FROM tenant_state) WHERE username = new.username; END;
CREATE TRIGGER user_updated AFTER UPDATE OF name, email, provider ON user BEGIN UPDATE user SET sequence = (SELECT sequence FROM tenant_state) WHERE username = new.username; END;
CREATE TRIGGER capture_agent_inserted AFTER INSERT ON capture_agent BEGIN UPDATE capture_agent SET sequence = (SELECT sequence FROM tenant_state) WHERE name = new.name; END;
CREATE TRIGGER capture_agent_updated AFTER UPDATE OF timezone, inputs, state, url, updated_ms, configuration, roles ON capture_agent BEGIN UPDATE capture_agent SET sequence = (SELECT sequence FROM tenant_state) WHERE name = new.name; END;

CREATE TABLE playlist (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT NOT NULL UNIQUE,
    acl_id INTEGER NOT NULL REFERENCES acl,
    sequence INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    -- A playlist that was deleted is kept and shown to nobody.
    deleted_ms INTEGER,
    -- The highest id that an entry has ever had.
    last_entry INTEGER NOT NULL,
    title TEXT,
    creator TEXT,
    description TEXT
) STRICT;

CREATE INDEX playlist_acl_id ON playlist (acl_id);
CREATE INDEX playlist_updated_ms ON playlist (updated_ms, identifier);

-- The id is what clients call an entry by: it is counted within the playlist.
CREATE TABLE playlist_entry (
    playlist_id INTEGER NOT NULL REFERENCES playlist ON DELETE CASCADE,
    id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- The identifier of an event, which need not exist.
    content TEXT NOT NULL,
    PRIMARY KEY (playlist_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX playlist_entry_content ON playlist_entry (content);
-- An entry shows whether its event can be seen. That an event is gone cannot be seen from the event.
CREATE TRIGGER event_of_playlist_deleted AFTER DELETE ON event BEGIN UPDATE playlist SET sequence = (SELECT sequence FROM tenant_state) WHERE id IN (SELECT playlist_id FROM playlist_entry WHERE content = old.identifier); END;
