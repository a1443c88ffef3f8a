-- What the workflows of an event were configured with, a JSON object of texts: the next one starts with it.
ALTER TABLE event ADD COLUMN workflow_parameters TEXT;
