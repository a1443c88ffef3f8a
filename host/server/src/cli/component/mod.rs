//! `lectern component`: which version of a handler serves whom, and new handlers.

mod deploy;
mod list;
mod new;
pub(super) mod survey;

use crate::cli::serve::Serve;
use crate::components::{ARTEFACTS, Source};
use anyhow::Result;
use clap::Subcommand;
use lectern_engine::Settings;
use lectern_tenants::{ComponentName, TenantName};
use std::path::{Path, PathBuf};

const DEPLOY_EXAMPLES: &str = "\
The component is compiled, its imports and exports are checked, and it must answer the request
that it declares as its probe, in an empty tenant made for that. Only then does it take the place
of the version before, for the next request that arrives; those that have begun finish on the old
one. If it is refused, nothing changes. A deployed version ranks above the one in the program, also
after the program was updated; one of a tenant ranks above that of all.

Examples:
  lectern component deploy events target/components/dist/events.wasm
  lectern component deploy events events.wasm --tenant uni";

const LIST_EXAMPLES: &str = "\
FROM says where the version comes from: the program, the folder of --components, or when it was
deployed. BEFORE is what `lectern component rollback` leads to. FOR names the tenant that has a
version of its own; all others get that of `all`.";

const ROLLBACK_EXAMPLES: &str = "\
Every call goes one step back, in the end to the component in the program; a tenant without a
version of its own gets what all get.

Examples:
  lectern component rollback events
  lectern component rollback events --tenant uni";

const NEW_EXAMPLES: &str = "\
The crate has one route, which is described, and tests. In a checkout of Lectern it belongs into
components/, where `cargo xtask build --components-only` builds it with the others.

Examples:
  lectern component new hello
  lectern component new hello --at ~/hello --library ~/lectern/components/library";

#[derive(Debug, Subcommand)]
pub enum Component {
    /// Lists the versions that serve, for all tenants and for single ones
    #[command(after_help = LIST_EXAMPLES)]
    List,
    /// Has a version of a component serve, after having tried it; a running server takes it with its next request
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy {
        /// Name of the component: NAME answers /api/NAME and everything below
        #[arg(value_name = "NAME")]
        component: ComponentName,
        /// File of the component, or digits of a version that is known: one in the program, or deployed before
        #[arg(value_name = "FILE")]
        file: String,
        /// Only for this tenant
        #[arg(long, value_name = "ID")]
        tenant: Option<TenantName>,
    },
    /// Goes back to the version before the last one that was deployed
    #[command(after_help = ROLLBACK_EXAMPLES)]
    Rollback {
        /// Name of the component
        #[arg(value_name = "NAME")]
        component: ComponentName,
        /// The version of this tenant, not that of all
        #[arg(long, value_name = "ID")]
        tenant: Option<TenantName>,
    },
    /// Writes a minimal handler to start from
    #[command(after_help = NEW_EXAMPLES)]
    New(new::New),
}

impl Component {
    /// `data` ends the program if there is no data folder; making a new handler needs none. `cache` is where a data folder's caches are, and
    /// `serve` what a server is started with.
    pub fn run<'d>(
        &self,
        data: impl FnOnce() -> &'d Path,
        cache: impl FnOnce(&Path) -> PathBuf,
        serve: impl FnOnce() -> Result<Serve>,
    ) -> Result<()> {
        let setup = || {
            let data = data();
            anyhow::Ok(Setup::new(data, &cache(data), &serve()?))
        };
        match self {
            Self::List => list::run(&setup()?),
            Self::Deploy {
                component,
                file,
                tenant,
            } => deploy::deploy(&setup()?, component, file, tenant.as_ref()),
            Self::Rollback { component, tenant } => deploy::roll_back(&setup()?, component, tenant.as_ref()),
            Self::New(new) => new.run(),
        }
    }
}

/// What a server on this machine would be started with, as the configuration and the environment have it.
pub(super) struct Setup {
    pub(super) data: PathBuf,
    artefacts: PathBuf,
    source: Source,
    settings: Settings,
}

impl Setup {
    pub(super) fn new(data: &Path, cache: &Path, serve: &Serve) -> Self {
        Self {
            data: data.to_owned(),
            artefacts: cache.join(ARTEFACTS),
            source: serve.source(),
            settings: Settings {
                // Just to look at components and to try them, one after the other.
                instances: 2,
                tenant_instances: 2,
                ..serve.settings()
            },
        }
    }
}

/// For whom, as a part of a sentence.
fn whom(tenant: Option<&TenantName>) -> String {
    tenant.map_or_else(|| "all tenants".to_owned(), |tenant| format!("tenant {tenant}"))
}
