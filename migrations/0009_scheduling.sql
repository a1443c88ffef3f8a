-- What a scheduled event waits for besides its agent and period: the devices to record from, a JSON array, and how it is to be
-- processed when it has been recorded, a JSON object with `workflow` and `configuration`.
ALTER TABLE event ADD COLUMN inputs TEXT;
ALTER TABLE event ADD COLUMN processing TEXT;

-- What occupies an agent at some time. Most bookings that are asked for lie behind most that there are, so their end comes first.
CREATE INDEX event_booking ON event (agent_id, technical_end_ms, technical_start_ms) WHERE agent_id IS NOT NULL;
