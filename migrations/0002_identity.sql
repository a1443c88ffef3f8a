-- Who may use the tenant: the organization, its users and groups, and its capture agents.

-- One row: the tenant itself.
CREATE TABLE organization (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    identifier TEXT NOT NULL,
    name TEXT NOT NULL,
    admin_role TEXT NOT NULL,
    anonymous_role TEXT NOT NULL
) STRICT;

CREATE TABLE organization_property (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    username TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    provider TEXT NOT NULL,
    -- A PHC string; without one the user cannot log in with a password.
    password_hash TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE user_role (
    username TEXT NOT NULL REFERENCES user (username) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (username, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_group (
    identifier TEXT PRIMARY KEY,
    -- What members get besides the roles of user_group_role.
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_group_role (
    identifier TEXT NOT NULL REFERENCES user_group (identifier) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (identifier, role)
) STRICT, WITHOUT ROWID;

-- A member need not be in the table user: a group can name users of other directories.
CREATE TABLE user_group_member (
    identifier TEXT NOT NULL REFERENCES user_group (identifier) ON DELETE CASCADE,
    username TEXT NOT NULL,
    PRIMARY KEY (identifier, username)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_group_member_by_username ON user_group_member (username);

CREATE TABLE capture_agent (
    name TEXT PRIMARY KEY,
    -- A name of the IANA time zone database.
    timezone TEXT NOT NULL,
    -- Names separated by commas, the form of Opencast's capture.device.names.
    inputs TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, counted up with every change that can alter who somebody is or what roles they have, whoever makes it: what a server
-- remembers of users is good as long as this number stays the same.
CREATE TABLE identity_revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO identity_revision (id, revision) VALUES (1, 0);

CREATE TRIGGER organization_insert AFTER INSERT ON organization BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER organization_update AFTER UPDATE ON organization BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER organization_delete AFTER DELETE ON organization BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER organization_property_insert AFTER INSERT ON organization_property BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER organization_property_update AFTER UPDATE ON organization_property BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER organization_property_delete AFTER DELETE ON organization_property BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_insert AFTER INSERT ON user BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_update AFTER UPDATE ON user BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_delete AFTER DELETE ON user BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_role_insert AFTER INSERT ON user_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_role_update AFTER UPDATE ON user_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_role_delete AFTER DELETE ON user_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_insert AFTER INSERT ON user_group BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_update AFTER UPDATE ON user_group BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_delete AFTER DELETE ON user_group BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_role_insert AFTER INSERT ON user_group_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_role_update AFTER UPDATE ON user_group_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_role_delete AFTER DELETE ON user_group_role BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_member_insert AFTER INSERT ON user_group_member BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_member_update AFTER UPDATE ON user_group_member BEGIN UPDATE identity_revision SET revision = revision + 1; END;
CREATE TRIGGER user_group_member_delete AFTER DELETE ON user_group_member BEGIN UPDATE identity_revision SET revision = revision + 1; END;
