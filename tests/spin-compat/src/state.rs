//! What belongs to one instance: what it is granted, and its resources.

use http::Request;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use wasmtime::component::ResourceTable;
use wasmtime::{StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, Result, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// Bytes of each linear memory of an instance.
pub const MEMORY: usize = 256 << 20;

/// What the manifest grants a component.
#[derive(Debug, Default)]
pub struct Grants {
    /// By label; nothing where nobody has said where the database is.
    pub databases: BTreeMap<String, Option<PathBuf>>,
    /// By name.
    pub variables: BTreeMap<String, String>,
    /// Folders, and where the component finds them.
    pub mounts: Vec<(PathBuf, String)>,
    /// The parameter of a statement after which the component traps.
    pub trap_after: Option<String>,
}

/// The data of a store.
pub struct State {
    pub grants: Arc<Grants>,
    pub table: ResourceTable,
    pub limits: StoreLimits,
    /// How many connections to databases are open.
    pub connections: usize,
    /// How many statements have been executed.
    pub statements: Arc<AtomicUsize>,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
}

impl State {
    /// For a new instance.
    pub fn new(grants: &Arc<Grants>) -> wasmtime::Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        // What the program itself says on its standard output is for whoever has started it.
        wasi.stdout(std::io::stderr()).stderr(std::io::stderr());
        for (folder, destination) in &grants.mounts {
            wasi.preopened_dir(folder, destination, FsPerms::ReadOnly)?;
        }
        Ok(Self {
            grants: Arc::clone(grants),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
            connections: 0,
            statements: Arc::default(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks,
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

struct Hooks;

impl WasiHttpHooks for Hooks {
    /// A component that is granted no hosts reaches none.
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<()>> + Send>,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<()>> + Send>)>> + Send>
    {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
