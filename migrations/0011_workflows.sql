-- Workflows: what is being, or has been, done to an event.
CREATE TABLE workflow (
    -- As the API shows it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    -- The commit that last changed it.
    sequence INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    completed_ms INTEGER,
    -- INSTANTIATED, RUNNING, PAUSED, STOPPED, SUCCEEDED, FAILED or FAILING.
    state TEXT NOT NULL,
    -- Identifier, title and description of the definition as they were at the start.
    definition TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    -- The username of who started it.
    creator TEXT NOT NULL,
    -- A JSON object of texts by name.
    configuration TEXT NOT NULL,
    -- A JSON array: what the definition says of each operation, and how far it has come, see host/data/src/workflow.rs.
    operations TEXT NOT NULL
) STRICT;

CREATE INDEX workflow_event_id ON workflow (event_id);
-- One workflow at a time.
CREATE UNIQUE INDEX workflow_active ON workflow (event_id) WHERE state IN ('INSTANTIATED', 'RUNNING', 'PAUSED', 'FAILING');
-- What there is to do, also after a restart.
CREATE INDEX workflow_due ON workflow (id) WHERE state IN ('INSTANTIATED', 'RUNNING', 'FAILING');
