//! Rust bindings of the world in `spin/wit/`, generated at compile time.
//!
//! Does not belong here: behaviour.

#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    unused_qualifications,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::crate_in_macro_def,
    reason = "generated code; the documentation is in wit/ and spin/wit/"
)]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit", "../wit"],
        world: "lectern:spin/provider",
        pub_export_macro: true,
        default_bindings_module: "crate::bindings",
        generate_all,
    });
}

pub use generated::exports::lectern::api::{auth, lists, search, statistics, storage, types, urls};
pub use generated::exports::lectern::spin::files;
pub use generated::fermyon::spin::variables;
pub use generated::spin::sqlite::sqlite;
pub(crate) use generated::*;
