//! A tenant to try handlers with: empty, in a folder of its own that goes with it, and with nobody in it but an administrator.

use crate::backend::TenantBackend;
use anyhow::{Context, Result, anyhow};
use http::{HeaderValue, header};
use lectern_data::model::Request;
use lectern_engine::{Engine, Handler, Probed};
use lectern_tenants::admin::{Admin, NewTenant};
use lectern_tenants::{Options, Tenant, TenantName, Tenants};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tempfile::TempDir;

const NAME: &str = "probe";

/// What the administrator is called, and the password: nobody else can reach this tenant.
const CREDENTIALS: (&str, &str) = ("probe", "probe");

/// The same as a client sends it.
const AUTHORIZATION: HeaderValue = HeaderValue::from_static("Basic cHJvYmU6cHJvYmU=");

/// The tenant.
pub struct Scratch {
    tenants: Tenants,
    name: TenantName,
    _folder: TempDir,
}

impl Scratch {
    /// Makes it.
    pub fn new() -> Result<Self> {
        Self::make().context("a component cannot be tried, because there is no room for temporary files")
    }

    fn make() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("lectern-probe-").tempdir()?;
        let name: TenantName = NAME.parse()?;
        let (administrator, password) = CREDENTIALS;
        let tenant = NewTenant {
            name: name.clone(),
            display_name: "Probe".to_owned(),
            hosts: vec!["localhost".parse()?],
            administrator: administrator.to_owned(),
            password: password.to_owned(),
            digest: false,
        };
        let data = folder.path().join("data");
        Admin::init(&data, &tenant)?;
        Ok(Self {
            tenants: Tenants::open(&data, Options::default())?,
            name,
            _folder: folder,
        })
    }

    /// Has a handler answer its own probe here. `is_there` knows the other handlers by their names.
    pub async fn probe(&self, engine: &Engine, handler: &Handler, is_there: impl Fn(&str) -> bool) -> Result<Probed> {
        let tenant = self
            .tenants
            .tenant(&self.name)?
            .context("the temporary tenant is gone")?;
        log_in(&tenant).await?;
        let backend = Arc::new(TenantBackend(tenant));
        Ok(engine.probe(handler, backend, &AUTHORIZATION, is_there).await?)
    }
}

/// Has the tenant compare the password beforehand, which takes it longer than the handler takes to answer.
async fn log_in(tenant: &Tenant) -> Result<()> {
    let request = Request {
        method: "GET".to_owned(),
        path_with_query: "/api/info/me".to_owned(),
        headers: vec![(
            header::AUTHORIZATION.as_str().to_owned(),
            AUTHORIZATION.to_str()?.to_owned(),
        )],
    };
    let session = tenant.authenticate(&request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    session.map_err(|denial| {
        anyhow!(
            "the administrator of the temporary tenant is not let in: {}",
            denial.message
        )
    })?;
    Ok(())
}
