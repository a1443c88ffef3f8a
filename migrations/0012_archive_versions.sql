-- Events have a version from the beginning.
UPDATE event SET archive_version = 0 WHERE archive_version IS NULL;
