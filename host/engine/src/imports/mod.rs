//! `lectern:api` as handlers import it, served from the [`Backend`](crate::Backend) of the instance.
//!
//! Does not belong here: decisions about data or users; these are the backend's.

mod auth;
mod lists;
mod search;
mod statistics;
mod storage;
mod urls;

use lectern_data::model;
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};
use wasmtime::Result;
use wasmtime::component::{HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, io, random};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi_http::p2::bindings::http::types as http_types;
use wasmtime_wasi_http::{WasiHttp, WasiHttpView};

use crate::FileUpload;
use crate::bindings;
use crate::output::Origin;
use crate::state::State;

/// The resource `auth.session`.
pub struct Session(pub(crate) Arc<model::Session>);

/// The resource `storage.transaction`: changes that wait for their commit.
pub struct Transaction {
    session: Arc<model::Session>,
    changes: Vec<model::Change>,
    /// The files that changes refer to, each with the position of its change.
    files: Vec<(usize, Box<dyn FileUpload>)>,
    /// Bytes that the changes hold.
    bytes: usize,
    /// Whether a change was left out because the request's transactions had no room left.
    overflown: bool,
}

/// The resource `storage.upload`.
pub struct Upload(Box<dyn FileUpload>);

impl State {
    /// A refusal as the handler sees it. What is wrong with the store is for the operator, so the handler, and with it the client,
    /// only gets to know where to look.
    fn refusal(&self, error: model::Error) -> bindings::types::Error {
        if error.reason == model::Reason::Fault {
            let Origin {
                tenant,
                handler,
                request,
            } = &*self.origin;
            tracing::error!(%tenant, %handler, %request, reason = ?error.message, "the store failed");
            return model::Error::fault(format!("The store failed; the server's log says more under {request}."))
                .into();
        }
        error.into()
    }
}

/// Does something that may take longer than it takes to move the thread's other requests to another one. A runtime with a single thread
/// has nowhere to move them.
fn may_block<T>(work: impl FnOnce() -> T) -> T {
    if Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// `wasi:io` needs nothing but the table of resources.
struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Connects everything that [`ALLOWED_IMPORTS`](crate::ALLOWED_IMPORTS) names, and nothing else.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    bindings::auth::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::lists::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::search::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::statistics::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::storage::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    bindings::urls::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;

    http_types::add_to_linker::<_, WasiHttp>(linker, &http_types::LinkOptions::default(), State::http)?;

    io::error::add_to_linker::<_, Io>(linker, |state| &mut state.table)?;
    io::poll::add_to_linker::<_, Io>(linker, |state| &mut state.table)?;
    io::streams::add_to_linker::<_, Io>(linker, |state| &mut state.table)?;

    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(linker, State::clocks)?;
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(linker, State::clocks)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::random::add_to_linker::<_, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    Ok(())
}
