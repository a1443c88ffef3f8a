-- What a capture agent says of the recording of a scheduled event, and when it last did; NULL if it has said nothing.

ALTER TABLE event ADD COLUMN recording_state TEXT;

ALTER TABLE event ADD COLUMN recording_ms INTEGER;
