//! Rust bindings of the world in `wit/`, generated at compile time.
//!
//! Does not belong here: behaviour.

#[allow(
    missing_docs,
    unused_qualifications,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "generated code; the documentation is in wit/"
)]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "lectern:api/handler",
        imports: {
            "lectern:api/auth.authenticate": async | trappable,
            "lectern:api/storage.[static]transaction.commit": async | trappable,
            "lectern:api/storage.[static]upload.open": async | trappable,
            "lectern:api/storage.[method]upload.write": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        require_store_data_send: true,
        with: {
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "lectern:api/auth.session": crate::imports::Session,
            "lectern:api/storage.transaction": crate::imports::Transaction,
            "lectern:api/storage.upload": crate::imports::Upload,
        },
    });
}

pub(crate) use generated::exports::lectern::api::probe;
pub(crate) use generated::lectern::api::{auth, lists, search, statistics, storage, types, urls};
pub(crate) use generated::{Handler, HandlerPre};
