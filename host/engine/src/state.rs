//! What belongs to one instance while it answers a request: its tenant, its resources, its limits.
//!
//! Does not belong here: anything that two requests share.

use crate::backend::Backend;
use crate::output::{Origin, Output};
use crate::record::Record;
use crate::settings::Settings;
use http::HeaderName;
use std::net::IpAddr;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, Result, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// Resources that an instance may hold at a time: streams, bodies, header fields, sessions, transactions. Each can pin memory
/// of the host.
const RESOURCES: usize = 256;

/// Bytes of header fields in one `fields` resource.
const FIELDS_BYTES: usize = 128 << 10;

/// Bytes that one call for random numbers may return.
const RANDOM_BYTES: u64 = 64 << 10;

/// Chunks of an answer that wait for the client while the instance goes on. With the size of a chunk this is the memory of the
/// host that an answer may take; answers that fit let the instance end before the client has read a byte.
const ANSWER_CHUNKS: usize = 16;

/// Bytes that an instance may write at once.
const ANSWER_CHUNK_BYTES: usize = 64 << 10;

/// The data of a store.
pub(crate) struct State {
    /// None while the instance waits for another request.
    backend: Option<Arc<dyn Backend>>,
    pub(crate) client: IpAddr,
    pub(crate) origin: Arc<Origin>,
    pub(crate) record: Arc<Record>,
    pub(crate) table: ResourceTable,
    pub(crate) limits: Limits,
    /// The limits that clients are told, by name.
    pub(crate) told_limits: [(&'static str, u64); 3],
    /// The objects of the last page that came with what has been written of them.
    pub(crate) asked: Option<Asked>,
    /// The digest of the handler.
    pub(crate) version: Arc<str>,
    /// Bytes that transactions may still take.
    pub(crate) transaction_bytes_left: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
}

/// What an instance may let be kept.
pub(crate) struct Asked {
    pub(crate) opening: u64,
    pub(crate) collection: String,
    pub(crate) form: String,
    /// Identifiers and sequences.
    pub(crate) objects: Vec<(String, u64)>,
}

impl State {
    pub(crate) fn new(
        settings: &Settings,
        version: Arc<str>,
        backend: Arc<dyn Backend>,
        client: IpAddr,
        origin: Arc<Origin>,
        record: Arc<Record>,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(FIELDS_BYTES);
        Self {
            backend: Some(backend),
            client,
            origin: Arc::clone(&origin),
            record,
            table,
            limits: Limits {
                limits: StoreLimitsBuilder::new()
                    .memory_size(settings.instance_memory)
                    .trap_on_grow_failure(true)
                    .build(),
                memory: 0,
            },
            told_limits: [
                (
                    "answer-ms",
                    u64::try_from(settings.request_timeout.as_millis()).unwrap_or(u64::MAX),
                ),
                ("body-bytes", settings.request_body),
                ("upload-bytes", settings.upload),
            ],
            asked: None,
            version,
            transaction_bytes_left: settings.transaction_bytes,
            // A builder grants nothing by itself: no arguments, environment, directories or addresses, and no input.
            wasi: WasiCtxBuilder::new()
                .stdout(Output::new("stdout", Arc::clone(&origin)))
                .stderr(Output::new("stderr", origin))
                .max_random_size(RANDOM_BYTES)
                .build(),
            http,
            hooks: Hooks,
        }
    }

    /// The tenant.
    pub(crate) fn backend(&self) -> wasmtime::Result<&Arc<dyn Backend>> {
        let backend = self.backend.as_ref();
        backend.ok_or_else(|| wasmtime::format_err!("there is no request to be answered"))
    }

    /// Lets go of the request that has been answered; whether nothing of it is left that the host knows of.
    pub(crate) fn rest(&mut self) -> bool {
        self.backend = None;
        self.record = Arc::default();
        self.asked = None;
        self.table.is_empty()
    }

    /// Turns to another request.
    pub(crate) fn turn_to(&mut self, mut next: State) {
        next.limits.memory = self.limits.memory;
        *self = next;
    }
}

/// What an instance may take, and what it has taken.
pub(crate) struct Limits {
    limits: StoreLimits,
    /// Bytes of linear memory.
    pub(crate) memory: usize,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grows = self.limits.memory_growing(current, desired, maximum)?;
        if grows {
            self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        }
        Ok(grows)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
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

/// How HTTP resources behave.
struct Hooks;

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        ANSWER_CHUNKS
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        ANSWER_CHUNK_BYTES
    }

    /// Never reached, because the interface that calls it is not linked; handlers have no network even if it were.
    fn send_request(
        &mut self,
        _request: http::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<()>> + Send>,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<()>> + Send>)>> + Send>
    {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
