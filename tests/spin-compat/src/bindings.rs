//! Rust bindings of the interfaces in `spin/wit`, generated at compile time.

#[allow(
    missing_docs,
    unused_qualifications,
    reason = "generated code; the documentation is in spin/wit"
)]
mod generated {
    wasmtime::component::bindgen!({
        path: ["../../spin/wit/deps/spin-sqlite", "../../spin/wit/deps/fermyon-spin"],
        inline: "
            package lectern:spin-compat;

            world host {
                import spin:sqlite/sqlite@3.0.0;
                import fermyon:spin/variables@2.0.0;
            }
        ",
        world: "lectern:spin-compat/host",
        imports: { default: async | trappable },
        require_store_data_send: true,
        with: {
            "spin:sqlite/sqlite.connection": crate::sqlite::Connection,
        },
    });
}

pub use generated::{fermyon, spin};
