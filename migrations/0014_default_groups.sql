-- The groups that a tenant has from the beginning, as in Opencast: administrators, and applications that use the API. Here for the tenants
-- that there are; a new one gets them by the same statements. A group that is deleted later does not come back.
INSERT OR IGNORE INTO user_group (identifier, role, name, description)
    SELECT upper(identifier) || '_SYSTEM_ADMINS', 'ROLE_GROUP_' || upper(identifier) || '_SYSTEM_ADMINS',
        name || ' System Administrators', 'System administrators of ''' || name || '''' FROM organization
    UNION ALL SELECT upper(identifier) || '_EXTERNAL_APPLICATIONS', 'ROLE_GROUP_' || upper(identifier) || '_EXTERNAL_APPLICATIONS',
        name || ' External Applications', 'External application users of ''' || name || '''' FROM organization;
INSERT OR IGNORE INTO user_group_role (identifier, role)
    SELECT upper(identifier) || '_SYSTEM_ADMINS', 'ROLE_ADMIN' FROM organization
    UNION ALL SELECT upper(identifier) || '_SYSTEM_ADMINS', 'ROLE_SUDO' FROM organization
    UNION ALL SELECT upper(identifier) || '_SYSTEM_ADMINS', admin_role FROM organization
    UNION ALL SELECT upper(identifier) || '_SYSTEM_ADMINS', anonymous_role FROM organization;
-- Nobody gets more than they have.
INSERT OR IGNORE INTO user_group_member (identifier, username)
    SELECT upper(o.identifier) || '_SYSTEM_ADMINS', a.username FROM organization AS o CROSS JOIN user_role AS a
    CROSS JOIN user_role AS s ON s.username = a.username WHERE a.role = 'ROLE_ADMIN' AND s.role = 'ROLE_SUDO';
WITH api (role) AS (VALUES
    ('ROLE_API'),
    ('ROLE_API_CAPTURE_AGENTS_VIEW'),
    ('ROLE_API_EVENTS_CREATE'),
    ('ROLE_API_EVENTS_DELETE'),
    ('ROLE_API_EVENTS_EDIT'),
    ('ROLE_API_EVENTS_VIEW'),
    ('ROLE_API_EVENTS_ACL_DELETE'),
    ('ROLE_API_EVENTS_ACL_EDIT'),
    ('ROLE_API_EVENTS_ACL_VIEW'),
    ('ROLE_API_EVENTS_MEDIA_VIEW'),
    ('ROLE_API_EVENTS_METADATA_DELETE'),
    ('ROLE_API_EVENTS_METADATA_EDIT'),
    ('ROLE_API_EVENTS_METADATA_VIEW'),
    ('ROLE_API_EVENTS_PUBLICATIONS_VIEW'),
    ('ROLE_API_EVENTS_SCHEDULING_EDIT'),
    ('ROLE_API_EVENTS_SCHEDULING_VIEW'),
    ('ROLE_API_EVENTS_TRACK_EDIT'),
    ('ROLE_API_GROUPS_CREATE'),
    ('ROLE_API_GROUPS_DELETE'),
    ('ROLE_API_GROUPS_EDIT'),
    ('ROLE_API_GROUPS_VIEW'),
    ('ROLE_API_LISTPROVIDERS_VIEW'),
    ('ROLE_API_PLAYLISTS_CREATE'),
    ('ROLE_API_PLAYLISTS_DELETE'),
    ('ROLE_API_PLAYLISTS_EDIT'),
    ('ROLE_API_PLAYLISTS_VIEW'),
    ('ROLE_API_SECURITY_EDIT'),
    ('ROLE_API_SERIES_CREATE'),
    ('ROLE_API_SERIES_DELETE'),
    ('ROLE_API_SERIES_EDIT'),
    ('ROLE_API_SERIES_VIEW'),
    ('ROLE_API_SERIES_ACL_EDIT'),
    ('ROLE_API_SERIES_ACL_VIEW'),
    ('ROLE_API_SERIES_METADATA_DELETE'),
    ('ROLE_API_SERIES_METADATA_EDIT'),
    ('ROLE_API_SERIES_METADATA_VIEW'),
    ('ROLE_API_SERIES_PROPERTIES_EDIT'),
    ('ROLE_API_SERIES_PROPERTIES_VIEW'),
    ('ROLE_API_STATISTICS_VIEW'),
    ('ROLE_API_WORKFLOW_DEFINITION_VIEW'),
    ('ROLE_API_WORKFLOW_INSTANCE_CREATE'),
    ('ROLE_API_WORKFLOW_INSTANCE_DELETE'),
    ('ROLE_API_WORKFLOW_INSTANCE_EDIT'),
    ('ROLE_API_WORKFLOW_INSTANCE_VIEW'),
    ('ROLE_SUDO'))
INSERT OR IGNORE INTO user_group_role (identifier, role)
    SELECT upper(identifier) || '_EXTERNAL_APPLICATIONS', api.role FROM organization CROSS JOIN api;
