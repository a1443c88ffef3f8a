//! Runs handler components: a fresh WebAssembly instance for each request, within limits, on behalf of one tenant. An operator can have
//! instances answer more than one request of their tenant.
//!
//! [`Engine`] owns the compiler and the pool of instances, [`Handlers`] is an immutable set of loaded components with their
//! routes, and [`Engine::call`] answers one HTTP request with one of them. What a handler can reach is what `wit/` says:
//! `lectern:api`, served from a [`Backend`] that is bound to one tenant, and HTTP. No file, no socket, no environment.
//!
//! A handler is not trusted to be correct. It may trap, loop, eat memory or forget to answer; each of these costs one error
//! answer with a [`Problem`] body and a line in the log, and nothing else.
//!
//! Does not belong here: sockets and hosts' names (the `lectern` program), what the data means (`lectern-data`), which tenant
//! a request is for (`lectern-tenants`).

mod activity;
mod artefacts;
mod backend;
mod bindings;
mod body;
mod call;
mod config;
mod contract;
mod convert;
mod drain;
mod engine;
mod gate;
mod guest;
mod handlers;
mod idle;
mod imports;
mod live;
mod output;
mod probe;
mod problem;
mod record;
mod settings;
mod state;
mod upload;

pub use activity::Activity;
pub use artefacts::{Artefacts, ArtefactsError, digest};
pub use backend::{Backend, BoxFuture, FileUpload};
pub use body::{Body, BodyError};
pub use call::Call;
pub use config::{PageReset, page_reset};
pub use contract::{ALLOWED_IMPORTS, Refusal};
pub use engine::{Engine, EngineError};
pub use handlers::{Handler, Handlers, name_for, paths_of};
pub use probe::{Probed, Unfit};
pub use problem::Problem;
pub use record::{Phase, Record, Span, Sum};
pub use settings::Settings;
