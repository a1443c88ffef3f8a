//! The server that the tests of the API share: two tenants with the same users, so that only the tenant tells them apart.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::client::Client;
use crate::content;
use crate::program::Installation;
use crate::runtime::Runtime;
use crate::server::Server;

/// A tenant of the shared server.
#[derive(Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Identifier.
    pub id: &'static str,
    /// Display name.
    pub name: &'static str,
    /// The `Host` header that leads to it.
    pub host: &'static str,
}

/// The first tenant.
pub const NORTH: Tenant = Tenant {
    id: "north",
    name: "University of the North",
    host: "north.example",
};

/// The second tenant; its host has a port.
pub const SOUTH: Tenant = Tenant {
    id: "south",
    name: "Hochschule Süd",
    host: "south.example:8443",
};

/// Both tenants.
pub const TENANTS: [&Tenant; 2] = [&NORTH, &SOUTH];

/// The administrator of each tenant.
pub const ADMIN: &str = "admin";
/// Has every API role and `ROLE_COURSE_1`.
pub const TEACHER: &str = "prof.ada@example.org";
/// Display name of [`TEACHER`].
pub const TEACHER_NAME: &str = "Ada Löwe";
/// Has the API roles for reading, and `ROLE_COURSE_1_STUDENT`.
pub const READER: &str = "reader";
/// Has no API role at all.
pub const OUTSIDER: &str = "outsider";
/// An application: every API role and `ROLE_SUDO`, but no administrator.
pub const LMS: &str = "lms";

/// Every role that the table of required roles knows.
pub const API_ROLES: [&str; 44] = [
    "ROLE_API",
    "ROLE_API_CAPTURE_AGENTS_VIEW",
    "ROLE_API_EVENTS_CREATE",
    "ROLE_API_EVENTS_DELETE",
    "ROLE_API_EVENTS_EDIT",
    "ROLE_API_EVENTS_VIEW",
    "ROLE_API_EVENTS_ACL_DELETE",
    "ROLE_API_EVENTS_ACL_EDIT",
    "ROLE_API_EVENTS_ACL_VIEW",
    "ROLE_API_EVENTS_MEDIA_VIEW",
    "ROLE_API_EVENTS_METADATA_DELETE",
    "ROLE_API_EVENTS_METADATA_EDIT",
    "ROLE_API_EVENTS_METADATA_VIEW",
    "ROLE_API_EVENTS_PUBLICATIONS_VIEW",
    "ROLE_API_EVENTS_SCHEDULING_EDIT",
    "ROLE_API_EVENTS_SCHEDULING_VIEW",
    "ROLE_API_EVENTS_TRACK_EDIT",
    "ROLE_API_GROUPS_CREATE",
    "ROLE_API_GROUPS_DELETE",
    "ROLE_API_GROUPS_EDIT",
    "ROLE_API_GROUPS_VIEW",
    "ROLE_API_LISTPROVIDERS_VIEW",
    "ROLE_API_PLAYLISTS_CREATE",
    "ROLE_API_PLAYLISTS_DELETE",
    "ROLE_API_PLAYLISTS_EDIT",
    "ROLE_API_PLAYLISTS_VIEW",
    "ROLE_API_SECURITY_EDIT",
    "ROLE_API_SERIES_CREATE",
    "ROLE_API_SERIES_DELETE",
    "ROLE_API_SERIES_EDIT",
    "ROLE_API_SERIES_VIEW",
    "ROLE_API_SERIES_ACL_EDIT",
    "ROLE_API_SERIES_ACL_VIEW",
    "ROLE_API_SERIES_METADATA_DELETE",
    "ROLE_API_SERIES_METADATA_EDIT",
    "ROLE_API_SERIES_METADATA_VIEW",
    "ROLE_API_SERIES_PROPERTIES_EDIT",
    "ROLE_API_SERIES_PROPERTIES_VIEW",
    "ROLE_API_STATISTICS_VIEW",
    "ROLE_API_WORKFLOW_DEFINITION_VIEW",
    "ROLE_API_WORKFLOW_INSTANCE_CREATE",
    "ROLE_API_WORKFLOW_INSTANCE_DELETE",
    "ROLE_API_WORKFLOW_INSTANCE_EDIT",
    "ROLE_API_WORKFLOW_INSTANCE_VIEW",
];

/// The password of a user of the fixture; each tenant has its own.
pub fn password(tenant: &Tenant, user: &str) -> String {
    format!("{user} of {}: mötley:crüe", tenant.id)
}

/// The shared server, started by the first test that asks.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let installation = installation();
        Server::start_by(
            &Runtime::current(),
            installation,
            Some(installation.folder().to_owned()),
        )
    })
}

/// The data folder of the shared server.
pub fn installation() -> &'static Installation {
    static INSTALLATION: OnceLock<Installation> = OnceLock::new();
    INSTALLATION.get_or_init(|| {
        let installation = Installation::empty();
        installation.init(NORTH.id, NORTH.name, NORTH.host, ADMIN, &password(&NORTH, ADMIN));
        installation.add_tenant(SOUTH.id, SOUTH.name, SOUTH.host, ADMIN, &password(&SOUTH, ADMIN));
        for tenant in TENANTS {
            add_users(&installation, tenant);
        }
        installation
    })
}

/// A tenant that only one test knows, with nobody in it but its administrator. Where tenants can be added while they are served, it is one
/// of the shared server, which is cheaper than a server of its own.
pub struct FreshTenant {
    /// Identifier.
    pub id: String,
    /// The `Host` header that leads to it.
    pub host: String,
    password: String,
    own: Option<Own>,
}

/// A data folder with one tenant, and a server that is started by the first request: the tenant's settings can be written before.
struct Own {
    installation: Installation,
    server: OnceLock<Server>,
}

impl FreshTenant {
    /// Adds a tenant.
    pub fn new() -> Self {
        let id = content::unique("fresh");
        let host = format!("{id}.example");
        let password = format!("{ADMIN} of {id}");
        let own = if Runtime::current().is_spin() {
            let installation = Installation::empty();
            installation.init(&id, "A fresh one", &host, ADMIN, &password);
            Some(Own {
                installation,
                server: OnceLock::new(),
            })
        } else {
            // Started first: a tenant that is added to a running server is served at once.
            server();
            installation().add_tenant(&id, "A fresh one", &host, ADMIN, &password);
            None
        };
        Self {
            id,
            host,
            password,
            own,
        }
    }

    /// The data folder that it is in.
    pub fn installation(&self) -> &Installation {
        match &self.own {
            Some(own) => &own.installation,
            None => installation(),
        }
    }

    /// The tenant's folder.
    pub fn folder(&self) -> PathBuf {
        self.installation().data().join("tenants").join(&self.id)
    }

    /// What serves it.
    pub fn server(&self) -> &Server {
        match &self.own {
            Some(own) => own
                .server
                .get_or_init(|| Server::start_by(&Runtime::current(), &own.installation, None)),
            None => server(),
        }
    }

    /// A client of this tenant without credentials.
    pub fn anonymous(&self) -> Client {
        self.server().client(&self.host)
    }

    /// The administrator.
    pub fn admin(&self) -> Client {
        self.anonymous().with_credentials(ADMIN, &self.password)
    }
}

impl Default for FreshTenant {
    fn default() -> Self {
        Self::new()
    }
}

fn add_users(installation: &Installation, tenant: &Tenant) {
    let reading = API_ROLES
        .iter()
        .copied()
        .filter(|role| role.ends_with("_VIEW") || *role == "ROLE_API");
    let mut reader: Vec<_> = reading.collect();
    reader.push("ROLE_COURSE_1_STUDENT");
    let mut teacher = API_ROLES.to_vec();
    teacher.push("ROLE_COURSE_1");
    let mut lms = API_ROLES.to_vec();
    lms.push("ROLE_SUDO");
    for (user, name, roles) in [
        (TEACHER, TEACHER_NAME, teacher),
        (READER, "Rita Leser", reader),
        (OUTSIDER, "Otto Außen", vec!["ROLE_STUDENT"]),
        (LMS, "Learning Management System", lms),
    ] {
        installation.add_user(tenant.id, user, &password(tenant, user), name, &roles);
    }
}

impl Tenant {
    /// A client of this tenant without credentials.
    pub fn anonymous(&self) -> Client {
        server().client(self.host)
    }

    /// A client with the credentials of a user of the fixture.
    pub fn user(&self, user: &str) -> Client {
        self.anonymous().with_credentials(user, &password(self, user))
    }

    /// The administrator.
    pub fn admin(&self) -> Client {
        self.user(ADMIN)
    }

    /// The application acting for someone with exactly these roles.
    pub fn with_roles(&self, roles: &str) -> Client {
        self.user(LMS).with_header("x-run-with-roles", roles)
    }

    /// Adds a capture agent that only one test knows, with a time zone, and gives its name.
    pub fn agent(&self, timezone: &str) -> String {
        let name = content::unique("agent");
        installation().add_agent(self.id, &name, timezone);
        name
    }

    /// The other tenant.
    pub fn other(&self) -> &'static Tenant {
        if self.id == NORTH.id { &SOUTH } else { &NORTH }
    }
}

/// Runs a test once for each tenant.
pub fn each_tenant(test: impl Fn(&Tenant)) {
    for tenant in TENANTS {
        test(tenant);
    }
}
