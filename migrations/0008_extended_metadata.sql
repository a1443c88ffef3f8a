-- What is kept in the catalogs that a tenant has configured besides the main ones: a JSON object by flavor, of objects by field.

ALTER TABLE series ADD COLUMN extended_metadata TEXT;

ALTER TABLE event ADD COLUMN extended_metadata TEXT;
