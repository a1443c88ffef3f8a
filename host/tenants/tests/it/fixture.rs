//! A data folder with tenants, and requests to them.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lectern_data::identity::User;
use lectern_data::model::{Request, Session};
use lectern_tenants::admin::{Admin, NewTenant};
use lectern_tenants::{Clock, Options, Tenant, TenantName, Tenants};
use tempfile::TempDir;

/// A clock that moves on by a millisecond whenever it is looked at.
#[derive(Default)]
pub struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn unix_millis(&self) -> i64 {
        0
    }
}

pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A data folder and the two programs that work on it.
pub struct Fixture {
    pub folder: TempDir,
    /// As the command line has it.
    pub admin: Admin,
    /// As a server has it.
    pub tenants: Tenants,
}

impl Fixture {
    /// Tenants of these names, each at `NAME.example` and with the administrator `admin`, password `secret of NAME`.
    pub fn new(names: &[&str]) -> Self {
        Self::with_options(names, Options::default())
    }

    pub fn with_options(names: &[&str], options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut admin = Admin::init(&folder.path().join("data"), &new_tenant(names[0])).unwrap();
        for name in &names[1..] {
            admin.add_tenant(&new_tenant(name)).unwrap();
        }
        let tenants = Tenants::open(&folder.path().join("data"), options).unwrap();
        Self { folder, admin, tenants }
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub fn tenant(&self, tenant: &str) -> Arc<Tenant> {
        self.tenants.tenant(&name(tenant)).unwrap().unwrap()
    }

    pub fn add_user(&self, tenant: &str, username: &str, password: &str, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let user = User {
            username: username.into(),
            roles,
            ..User::default()
        };
        self.admin.add_user(&name(tenant), &user, password).unwrap();
    }

    /// Whether a database is open: SQLite keeps an index of the write-ahead log beside it for as long.
    pub fn is_open(&self, tenant: &str) -> bool {
        self.data().join("tenants").join(tenant).join("tenant.db-shm").exists()
    }
}

pub fn name(text: &str) -> TenantName {
    text.parse().unwrap()
}

pub fn new_tenant(text: &str) -> NewTenant {
    NewTenant {
        name: name(text),
        display_name: format!("University {text}"),
        hosts: vec![format!("{text}.example").parse().unwrap()],
        administrator: "admin".into(),
        password: format!("secret of {text}"),
        digest: false,
    }
}

/// A request with Basic credentials, if there are any, and further headers.
pub fn request(path: &str, credentials: Option<(&str, &str)>, headers: &[(&str, &str)]) -> Request {
    let mut all: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    if let Some((username, password)) = credentials {
        all.push((
            "authorization".into(),
            format!("Basic {}", base64(format!("{username}:{password}").as_bytes())),
        ));
    }
    Request {
        method: "GET".into(),
        path_with_query: path.into(),
        headers: all,
    }
}

/// The outcome of `GET /api/info/me` with these credentials: the session, or the status.
pub async fn log_in(tenant: &Tenant, username: &str, password: &str) -> Result<Arc<Session>, u16> {
    let request = request("/api/info/me", Some((username, password)), &[]);
    tenant
        .authenticate(&request, CLIENT)
        .await
        .map_err(|denial| denial.status)
}

pub fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digits = (0..=chunk.len()).map(move |digit| ALPHABET[(bits >> (18 - 6 * digit)) as usize & 63] as char);
        digits
            .chain(std::iter::repeat_n('=', 3 - chunk.len()))
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
