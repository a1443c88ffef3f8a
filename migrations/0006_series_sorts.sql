-- Series are sorted by more of their fields. An index to walk in the order of a field also finds its content, so it takes the place
-- of the one that could do that only.

ALTER TABLE series ADD COLUMN publisher_first TEXT;

ALTER TABLE series ADD COLUMN publisher_last TEXT;

UPDATE series SET publisher_first = (SELECT min(value) FROM json_each(publisher)),
    publisher_last = (SELECT max(value) FROM json_each(publisher))
    WHERE publisher IS NOT NULL;

DROP INDEX series_creator;
DROP INDEX series_subject;
DROP INDEX series_language;
DROP INDEX series_rightsholder;
DROP INDEX series_license;
DROP INDEX series_managed_acl;
DROP INDEX series_description;

CREATE INDEX series_publisher_first ON series (publisher_first, id, effective_acl_id);
CREATE INDEX series_publisher_last ON series (publisher_last, id, effective_acl_id);
CREATE INDEX series_creator ON series (creator, id, effective_acl_id);
CREATE INDEX series_subject ON series (subject, id, effective_acl_id);
CREATE INDEX series_language ON series (language, id, effective_acl_id);
CREATE INDEX series_rightsholder ON series (rightsholder, id, effective_acl_id);
CREATE INDEX series_license ON series (license, id, effective_acl_id);
CREATE INDEX series_managed_acl ON series (managed_acl, id, effective_acl_id);
CREATE INDEX series_description ON series (description, id, effective_acl_id);
