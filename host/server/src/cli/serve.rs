//! `lectern serve`.

use crate::components::{self, ARTEFACTS, Components, Source};
use crate::metrics::{self, Exposition, Metrics};
use crate::traces;
use crate::web::{self, Audience, CertificateFiles, Certificates, Network, Observers, Service};
use anyhow::{Context, Result, ensure};
use clap::Args;
use lectern_engine::{Artefacts, Engine, PageReset, Settings};
use lectern_tenants::{Options, Tenants, WorkflowLimits};
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::disable_transparent_huge_pages;
use sd_notify::NotifyState;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How often databases are looked for that nobody uses.
const LOOK_FOR_UNUSED: Duration = Duration::from_secs(60);

/// How often is looked whether the files of certificates have changed.
const LOOK_FOR_CERTIFICATES: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Prints `listening on http://ADDR:PORT` when it serves. SIGTERM and SIGINT stop it as soon as the
requests that have begun are answered, SIGHUP has it read its certificates again. `GET /health/live` and `GET /health/ready` tell a load
balancer how it is, whatever the host.

Examples:
  lectern serve --data /var/lib/lectern --listen 0.0.0.0:8080
  lectern serve --data ./data --components target/components/dist --watch";

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
    /// Serves what is built into that folder while the server runs: for developers of handlers
    #[arg(long, env = "LECTERN_WATCH")]
    watch: bool,
    /// Who is told in `Server-Timing` what an answer took, if the request asks with `X-Lectern-Timing: 1`
    #[arg(long, value_name = "WHO", env = "LECTERN_SERVER_TIMING", value_enum, default_value_t)]
    server_timing: Audience,
    /// Address and port of a listener for `/metrics`, in the format of Prometheus; without it there are none
    #[arg(long, value_name = "ADDR:PORT", env = "LECTERN_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// Tenants that have metrics of their own: the first that are asked for something
    #[arg(long, value_name = "N", env = "LECTERN_METRICS_TENANTS", default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    metrics_tenants: u32,
    /// A collector of OpenTelemetry that spans are sent to, such as http://127.0.0.1:4318; without it there are none, unless
    /// OTEL_EXPORTER_OTLP_ENDPOINT names one
    #[arg(long, value_name = "URL", env = "LECTERN_TRACES_ENDPOINT")]
    traces_endpoint: Option<String>,
    #[command(flatten)]
    connections: Connections,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    databases: Databases,
}

/// How clients are met.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
struct Connections {
    /// File with the certificate for TLS and those between it and its authority's, in PEM; may be repeated, for several hosts, together
    /// with its key. Read again when it has changed, and on SIGHUP
    #[arg(long, value_name = "FILE", env = "LECTERN_TLS_CERTIFICATE")]
    tls_certificate: Vec<PathBuf>,
    /// File with the private key of the certificate, in PEM; as often and in the same order as the certificates
    #[arg(long, value_name = "FILE", env = "LECTERN_TLS_KEY")]
    tls_key: Vec<PathBuf>,
    /// Address or network (10.0.0.0/8) of a reverse proxy that is believed when it says, by X-Forwarded-For and X-Forwarded-Proto, who its
    /// client is and whether that speaks TLS; may be repeated
    #[arg(
        long,
        value_name = "ADDR[/BITS]",
        env = "LECTERN_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Network>,
    /// Connections that are open at the same time; further ones wait until one ends
    #[arg(long, value_name = "N", env = "LECTERN_CONNECTIONS", default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Connections from one address that are open at the same time, unless it is a trusted proxy's; further ones are answered with 503 and
    /// closed
    #[arg(long, value_name = "N", env = "LECTERN_ADDRESS_CONNECTIONS", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    address_connections: u32,
    /// KiB of the head of a request: its target and header fields. Generous, because some portals send all roles of a user with
    /// each request
    #[arg(long, value_name = "N", env = "LECTERN_HEAD_KIB", default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(8..=16_384))]
    head_kib: u32,
    /// Milliseconds that a client may take for the head of a request, and that a connection may lie idle between two
    #[arg(long, value_name = "N", env = "LECTERN_HEAD_TIMEOUT_MS", default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    head_timeout_ms: u64,
    /// Milliseconds that a client may take nothing of an answer that is ready to be sent
    #[arg(long, value_name = "N", env = "LECTERN_WRITE_TIMEOUT_MS", default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    write_timeout_ms: u64,
    /// Milliseconds that requests which have begun may go on when the server is told to stop
    #[arg(long, value_name = "N", env = "LECTERN_STOP_TIMEOUT_MS", default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(0..=86_400_000))]
    stop_timeout_ms: u64,
}

impl Connections {
    fn certificates(&self) -> Result<Option<Arc<Certificates>>> {
        let (certificates, keys) = (&self.tls_certificate, &self.tls_key);
        ensure!(
            certificates.len() == keys.len(),
            "TLS needs a key for each certificate: there are {} of --tls-certificate and {} of --tls-key",
            certificates.len(),
            keys.len()
        );
        if certificates.is_empty() {
            return Ok(None);
        }
        let pairs = certificates.iter().cloned().zip(keys.iter().cloned());
        let files = pairs.map(|(certificate, key)| CertificateFiles { certificate, key });
        Certificates::load(files.collect()).map(Some)
    }

    fn settings(&self, tls: Option<&Arc<Certificates>>) -> Result<web::Settings> {
        Ok(web::Settings {
            head_timeout: Duration::from_millis(self.head_timeout_ms),
            write_timeout: Duration::from_millis(self.write_timeout_ms),
            head_bytes: self.head_kib << 10,
            connections: self.connections as usize,
            address_connections: self.address_connections as usize,
            grace: Duration::from_millis(self.stop_timeout_ms),
            proxies: self.trusted_proxy.iter().copied().collect(),
            tls: tls.map(Certificates::acceptor).transpose()?,
        })
    }
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
    /// Requests that an instance of a handler answers, all of one tenant. More than one saves a quarter of the time of a small request;
    /// a fault of a handler could then show one user of a tenant what it has done for another
    #[arg(long, value_name = "N", env = "LECTERN_INSTANCE_REQUESTS", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    instance_requests: u32,
    /// Requests of one tenant that may wait to be answered; more get a 503 at once
    #[arg(long, value_name = "N", env = "LECTERN_TENANT_WAITING", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    tenant_waiting: u32,
    /// Milliseconds that a request waits to be answered before it gets a 503
    #[arg(long, value_name = "N", env = "LECTERN_QUEUE_TIMEOUT_MS", default_value_t = 2_000,
        value_parser = clap::value_parser!(u64).range(0..=86_400_000))]
    queue_timeout_ms: u64,
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
    /// What running handlers may take.
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
            instance_requests: self.instance_requests,
            tenant_waiting: self.tenant_waiting,
            queue_timeout: Duration::from_millis(self.queue_timeout_ms),
            computing: u32::try_from(threads()).unwrap_or(u32::MAX),
        }
    }

    fn workflows(&self) -> WorkflowLimits {
        WorkflowLimits {
            together: self.workflows.into(),
            of_tenant: self.tenant_workflows.into(),
        }
    }
}

/// The tenants' databases.
#[derive(Debug, Args)]
#[command(next_help_heading = "Databases")]
struct Databases {
    /// Databases that are open at the same time; the least recently used is closed first
    #[arg(long, value_name = "N", env = "LECTERN_OPEN_DATABASES", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    open_databases: u32,
    /// Seconds after which a database that nobody uses is closed
    #[arg(long, value_name = "N", env = "LECTERN_DATABASE_IDLE_S", default_value_t = 300,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    database_idle_s: u64,
    /// Transactions of one tenant that may wait for their turn; more are answered with a 503
    #[arg(long, value_name = "N", env = "LECTERN_WAITING_TRANSACTIONS", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    waiting_transactions: u32,
    /// MiB of memory for what handlers have written of events, so that the next lists with them are there sooner; 0 for none
    #[arg(long, value_name = "N", env = "LECTERN_RENDERING_MEMORY_MIB", default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(0..=65_536))]
    rendering_memory_mib: u32,
}

impl Databases {
    fn options(&self) -> Options {
        Options {
            open_databases: self.open_databases as usize,
            waiting_transactions: self.waiting_transactions as usize,
            rendering_memory: (self.rendering_memory_mib as usize) << 20,
            sweep_files: true,
            ..Options::default()
        }
    }
}

impl Serve {
    /// Where the components come from that nobody has deployed.
    pub fn source(&self) -> Source {
        Source::new(self.components.as_deref())
    }

    /// What running handlers may take.
    pub fn settings(&self) -> Settings {
        self.limits.settings()
    }

    /// The folder that is watched, if one is.
    fn watched(&self) -> Result<Option<&Path>> {
        ensure!(
            !self.watch || self.components.is_some(),
            "there is no folder to watch: name that of the components with --components DIR"
        );
        Ok(self.components.as_deref().filter(|_| self.watch))
    }

    pub fn run(&self, data: &Path, cache: &Path) -> Result<()> {
        raise_file_limit();
        refuse_huge_pages();
        let watched = self.watched()?;
        let certificates = self.connections.certificates()?;
        let connections = self.connections.settings(certificates.as_ref())?;
        let grace = connections.grace;
        let tenants = Arc::new(Tenants::open(data, self.databases.options())?);
        let artefacts = Artefacts::open(&cache.join(ARTEFACTS))?;
        let engine = Engine::new(self.settings())?;
        announce_memory(&engine);
        let components = Components::load(engine, artefacts, Arc::clone(&tenants), &self.source())?;
        let (traces, _sender) = traces::start(self.traces_endpoint.as_deref())?.unzip();
        let metrics = self
            .metrics_listen
            .map(|_| Arc::new(Metrics::new(self.metrics_tenants as usize)));
        let observers = Observers {
            timing: self.server_timing,
            metrics: metrics.clone(),
            traces: traces.clone(),
        };
        let service = Arc::new(Service::new(Arc::clone(&components), Arc::clone(&tenants), observers));

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads())
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let stop = stop_signal()?;
            let stop = async move {
                stop.await;
                tell_service_manager(NotifyState::Stopping);
            };
            // A file that becomes longer than the system's limit is an error like others, not the end of the program.
            let _too_long = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))
                .context("cannot listen for SIGXFSZ")?;
            let listener = web::bind(self.listen, "--listen").await?;
            if let Some((address, metrics)) = self.metrics_listen.zip(metrics) {
                let listener = web::bind(address, "--metrics-listen").await?;
                announce(&format!("metrics on http://{}/metrics", listener.local_addr()?))?;
                let exposition = Exposition {
                    metrics,
                    components: Arc::clone(&components),
                    tenants: Arc::clone(&tenants),
                    traces,
                };
                tokio::spawn(metrics::serve(listener, exposition));
            }
            let idle = Duration::from_secs(self.databases.database_idle_s);
            tokio::spawn(close_unused(Arc::clone(&tenants), idle));
            tokio::spawn(reload_certificates(hangup()?, certificates.clone()));
            let (stop_workflows, stopped) = oneshot::channel::<()>();
            let workflows = Arc::clone(&tenants).run_workflows(self.limits.workflows(), async {
                // Whether told to stop or left alone.
                let _ = stopped.await;
            });
            let workflows = tokio::spawn(workflows);
            let watch = watched
                .map(|folder| components::watch(&components, folder))
                .transpose()?;
            let scheme = if certificates.is_some() { "https" } else { "http" };
            tell_service_manager(NotifyState::Ready);
            announce(&format!("listening on {scheme}://{}", listener.local_addr()?))?;
            web::serve(listener, service, connections, stop).await;
            drop(watch);
            drop(stop_workflows);
            // What is not finished by then is taken up at the next start.
            let _ = timeout(grace, workflows).await;
            let _ = tokio::task::spawn_blocking(move || tenants.close()).await;
            Ok(())
        })
    }

    /// Tries what can be tried without serving, for `lectern config check`.
    pub fn check(&self) -> Result<()> {
        self.watched()?;
        self.connections.certificates()?;
        traces::check(self.traces_endpoint.as_deref())?;
        if let Some(folder) = &self.components {
            ensure!(
                folder.is_dir(),
                "the folder of components {} is not there",
                folder.display()
            );
        }
        ensure!(
            self.limits.tenant_instances <= self.limits.instances,
            "one tenant cannot have more requests at the same time ({}, --tenant-instances) than all together ({}, --instances)",
            self.limits.tenant_instances,
            self.limits.instances
        );
        Ok(())
    }
}

/// Says what the operator pays for having swap.
fn announce_memory(engine: &Engine) {
    match engine.page_reset() {
        PageReset::Scan => tracing::info!("no swap: memory of instances is reset page by page"),
        PageReset::Decommit => tracing::info!(
            "memory of instances is decommitted, which costs some microseconds per request: the host has swap, or its kernel cannot list \
             dirty pages"
        ),
    }
}

/// Threads that answer requests. More than processors, so that there is one for a tenant while another's requests keep the rest busy, and
/// the system shares out the processors among them.
fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Whoever started the server waits for this line, or for the word to the service manager.
fn announce(line: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")
        .and_then(|()| output.flush())
        .context("cannot write to standard output")
}

/// Says how it is to whoever has set `NOTIFY_SOCKET`, such as systemd.
fn tell_service_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told how the server is");
    }
}

/// The signals that ask to read certificates again. They must not end the server even if it has none.
fn hangup() -> Result<Signal> {
    signal(SignalKind::hangup()).context("cannot listen for SIGHUP")
}

async fn reload_certificates(mut hangup: Signal, certificates: Option<Arc<Certificates>>) {
    let mut interval = tokio::time::interval(LOOK_FOR_CERTIFICATES);
    loop {
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            _ = interval.tick() => false,
        };
        let Some(certificates) = certificates.clone() else {
            continue;
        };
        // A panic in there is logged by the runtime and must not end the looking.
        let _ = tokio::task::spawn_blocking(move || {
            if asked {
                certificates.reload()
            } else {
                certificates.reload_if_changed()
            }
        })
        .await;
    }
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
async fn close_unused(tenants: Arc<Tenants>, unused_for: Duration) {
    let mut interval = tokio::time::interval(LOOK_FOR_UNUSED);
    loop {
        interval.tick().await;
        let tenants = Arc::clone(&tenants);
        // A panic in there is logged by the runtime and must not end the looking.
        let _ = tokio::task::spawn_blocking(move || tenants.close_idle(unused_for)).await;
    }
}

/// What is in use of the memory of instances and of the allocator lies scattered over much address space. Pages of two megabytes in there
/// would cost a fifth more memory, and filling them with zeros time.
fn refuse_huge_pages() {
    if let Err(error) = disable_transparent_huge_pages(true) {
        tracing::info!(%error, "the kernel may use huge pages, which take more memory");
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
