//! `lectern serve`.

use crate::components;
use crate::web::{self, Service};
use anyhow::{Context, Result};
use clap::Args;
use lectern_engine::{Artefacts, Engine, Settings};
use lectern_tenants::{Options, Tenants, WorkflowLimits};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Below the data folder; can be deleted at any time.
const ARTEFACTS: &str = "cache/components";

/// How long a tenant's database stays open when nobody uses it, and how often that is looked at.
const UNUSED: Duration = Duration::from_secs(300);
const LOOK_FOR_UNUSED: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Prints `listening on http://ADDR:PORT` when it serves. SIGTERM and SIGINT stop it as soon as the
requests that have begun are answered. `GET /health/live` and `GET /health/ready` tell a load
balancer how it is, whatever the host.

Examples:
  lectern serve --data /var/lib/lectern --listen 0.0.0.0:8080
  lectern serve --data ./data --components target/components/dist --log debug";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// Address and port to listen on; with port 0 any free port
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "LECTERN_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
    /// Folder of handler components, NAME.wasm each, instead of those in the program
    #[arg(long, value_name = "DIR", env = "LECTERN_COMPONENTS")]
    components: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
}

/// What a request, a handler and a tenant may take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct Limits {
    /// Milliseconds that a request may take, from its arrival to the beginning of its answer, and that a client may read nothing of
    /// a long one; a body that arrives steadily has more
    #[arg(long, value_name = "N", env = "LECTERN_REQUEST_TIMEOUT_MS", default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    request_timeout_ms: u64,
    /// MiB that the body of a request may have, unless it brings files
    #[arg(long, value_name = "N", env = "LECTERN_REQUEST_BODY_MIB", default_value_t = 16,
        value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    request_body_mib: u64,
    /// GiB that the body of a request may have that brings files (multipart/form-data)
    #[arg(long, value_name = "N", env = "LECTERN_UPLOAD_GIB", default_value_t = 64,
        value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    upload_gib: u64,
    /// MiB of memory for one request's instance of a handler
    #[arg(long, value_name = "N", env = "LECTERN_INSTANCE_MEMORY_MIB", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=4096))]
    instance_memory_mib: u32,
    /// Requests that are answered at the same time
    #[arg(long, value_name = "N", env = "LECTERN_INSTANCES", default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..=8192))]
    instances: u32,
    /// Requests of one tenant that are answered at the same time; further ones wait for a moment and then get a 503
    #[arg(long, value_name = "N", env = "LECTERN_TENANT_INSTANCES", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=8192))]
    tenant_instances: u32,
    /// Workflows that are done at the same time
    #[arg(long, value_name = "N", env = "LECTERN_WORKFLOWS", default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=1024))]
    workflows: u16,
    /// Workflows of one tenant that are done at the same time
    #[arg(long, value_name = "N", env = "LECTERN_TENANT_WORKFLOWS", default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=1024))]
    tenant_workflows: u16,
}

impl Limits {
    fn settings(&self) -> Settings {
        let memory = (self.instance_memory_mib as usize) << 20;
        Settings {
            request_timeout: Duration::from_millis(self.request_timeout_ms),
            request_body: self.request_body_mib << 20,
            upload: self.upload_gib << 30,
            instance_memory: memory,
            transaction_bytes: memory,
            instances: self.instances,
            tenant_instances: self.tenant_instances,
            ..Settings::default()
        }
    }

    fn workflows(&self) -> WorkflowLimits {
        WorkflowLimits {
            together: self.workflows.into(),
            of_tenant: self.tenant_workflows.into(),
        }
    }
}

impl Serve {
    pub fn run(&self, data: &Path) -> Result<()> {
        raise_file_limit();
        let settings = self.limits.settings();
        let grace = settings.request_timeout;
        let options = Options {
            sweep_files: true,
            ..Options::default()
        };
        let tenants = Arc::new(Tenants::open(data, options)?);
        let artefacts = Artefacts::open(&data.join(ARTEFACTS))?;
        let engine = Engine::new(settings)?;
        let handlers = components::load(&engine, self.components.as_deref(), &artefacts)?;
        let service = Arc::new(Service::new(engine, handlers, Arc::clone(&tenants)));

        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let stop = stop_signal()?;
            let listener = web::bind(self.listen).await?;
            tokio::spawn(close_unused(Arc::clone(&tenants)));
            let (stop_workflows, stopped) = oneshot::channel::<()>();
            let workflows = tenants.run_workflows(self.limits.workflows(), async {
                // Whether told to stop or left alone.
                let _ = stopped.await;
            });
            let workflows = tokio::spawn(workflows);
            announce(listener.local_addr()?)?;
            web::serve(listener, service, stop, grace).await;
            drop(stop_workflows);
            // What is not finished by then is taken up at the next start.
            let _ = timeout(grace, workflows).await;
            Ok(())
        })
    }
}

/// Whoever started the server waits for this line.
fn announce(address: SocketAddr) -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "listening on http://{address}")
        .and_then(|()| output.flush())
        .context("cannot write to standard output")
}

/// Resolves at the first signal that asks the program to end.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Closes databases that nobody uses, so that known tenants cost nothing while they are quiet.
async fn close_unused(tenants: Arc<Tenants>) {
    let mut interval = tokio::time::interval(LOOK_FOR_UNUSED);
    loop {
        interval.tick().await;
        let tenants = Arc::clone(&tenants);
        // A panic in there is logged by the runtime and must not end the looking.
        let _ = tokio::task::spawn_blocking(move || tenants.close_idle(UNUSED)).await;
    }
}

/// Connections and databases are files, and the usual soft limit of 1024 is soon reached. The hard limit is the operator's.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::info!(%error, "the limit of open files stays as it is");
    }
}
