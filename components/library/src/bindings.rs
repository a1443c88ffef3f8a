//! What `wit-bindgen` makes of wit/: the only place where bindings are generated.
//!
//! Records and variants of `lectern:api` are ordinary Rust types on every target; functions and resources only work
//! inside a component.
#![allow(
    missing_docs,
    clippy::all,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "handler",
    generate_all,
    additional_derives: [PartialEq, Clone],
    additional_derives_ignore: ["stream-error"],
    pub_export_macro: true,
    default_bindings_module: "lectern_handler::bindings",
});
