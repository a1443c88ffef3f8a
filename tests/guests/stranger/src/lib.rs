//! A component from another world: it exports no handler and asks for an interface that the host does not have.
#![cfg(target_family = "wasm")]

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "stranger" });
    use super::Stranger;
    export!(Stranger);
}

struct Stranger;

impl bindings::Guest for Stranger {
    fn run() -> bool {
        bindings::lectern_tests::elsewhere::outside::reach()
    }
}
