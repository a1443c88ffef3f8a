//! Taking versions of components into use, and going back.

use super::{Admin, change, made_by_operator};
use crate::component::{self, Versions};
use crate::deployments::Deployments;
use crate::{Clock, ComponentName, Error, SystemClock, TenantName};

impl Admin {
    /// What is deployed.
    pub fn deployments(&self) -> Result<Deployments, Error> {
        self.registry.deployments()
    }

    /// A version that was deployed once, as it was then.
    pub fn version(&self, component: &ComponentName, digest: &str) -> Result<Vec<u8>, Error> {
        self.versions().read(component, digest)
    }

    /// The digests of the versions that were deployed once and begin with these digits, sorted.
    pub fn versions_beginning_with(&self, component: &ComponentName, digits: &str) -> Result<Vec<String>, Error> {
        self.versions().beginning_with(component, digits)
    }

    /// Has a version of a component serve a tenant, or all that have none of their own. That it is fit to serve is for the caller to know. A server
    /// that runs takes it with its next request. Gives the version's digest.
    pub fn deploy(
        &mut self,
        component: &ComponentName,
        tenant: Option<&TenantName>,
        wasm: &[u8],
    ) -> Result<String, Error> {
        if let Some(tenant) = tenant {
            self.registry.entry(tenant)?;
        }
        let digest = component::digest(wasm);
        // In this order a crash in between leaves a file that nobody needs, not a deployment without its file.
        self.versions().keep(component, wasm)?;
        let now = SystemClock::default().unix_millis();
        let folder = self.folder.clone();
        self.registry.push_deployment(component, tenant, &digest, now, || {
            recorded(&folder, tenant, "deploy", component, &digest)
        })?;
        Ok(digest)
    }

    /// Goes back to the version before, of a tenant itself or of all. Gives the digest of the version that no longer serves.
    pub fn roll_back(&mut self, component: &ComponentName, tenant: Option<&TenantName>) -> Result<String, Error> {
        let folder = self.folder.clone();
        let taken = self.registry.pop_deployment(component, tenant, |digest| {
            recorded(&folder, tenant, "rollback", component, digest)
        })?;
        taken.ok_or_else(|| {
            Error::Refused(match tenant {
                None => format!(
                    "nothing of `{component}` is deployed for all tenants, so there is nothing to go back from: \
                     `lectern component list` shows what is"
                ),
                Some(tenant) => format!(
                    "tenant `{tenant}` has no version of `{component}` of its own, so there is nothing to go back from: \
                     `lectern component list` shows what is deployed"
                ),
            })
        })
    }

    fn versions(&self) -> Versions {
        Versions::new(self.folder.clone())
    }
}

/// Leaves a row in the audit trail of the tenant that the change is about, if it is about one.
fn recorded(
    folder: &crate::folder::DataFolder,
    tenant: Option<&TenantName>,
    action: &str,
    component: &ComponentName,
    digest: &str,
) -> Result<(), Error> {
    match tenant {
        None => Ok(()),
        Some(tenant) => {
            let operation = made_by_operator(action, "components", component.as_str(), digest);
            change(folder, tenant, &[operation], |_| Ok(()))
        }
    }
}
