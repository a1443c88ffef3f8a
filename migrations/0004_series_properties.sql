-- What applications want to remember about a series: a JSON object of texts by name. The theme is one of them.

ALTER TABLE series ADD COLUMN properties TEXT;

UPDATE series SET properties = json_object('theme', theme) WHERE theme IS NOT NULL;

ALTER TABLE series DROP COLUMN theme;
