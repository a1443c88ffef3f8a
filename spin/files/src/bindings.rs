//! Rust bindings of the world `file-server` in `spin/wit/`, generated at compile time.
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
    reason = "generated code; the documentation is in spin/wit/"
)]
mod generated {
    wit_bindgen::generate!({
        path: ["../../wit", "../wit"],
        world: "lectern:spin/file-server",
        pub_export_macro: true,
        default_bindings_module: "crate::bindings",
        generate_all,
    });
}

pub use generated::lectern::spin::files;
pub(crate) use generated::*;
