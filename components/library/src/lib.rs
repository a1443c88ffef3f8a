//! What the handlers of the External API share: the API's contract, written down once.
//!
//! A handler is a table of [`route::Route`]s and plain functions from a [`Context`] to a [`Response`]. [`App::respond`] leads a
//! request through them: authenticate, find the route, negotiate the version, call the function, turn a
//! [`Problem`] into an answer. Everything a handler may ask its host for goes through the traits of [`api`], so the
//! same code runs inside a component (over the bindings), in a unit test and natively in a server.
//!
//! An instance serves one request. Nothing here is set up at run time: routes, filters, sort keys and catalogs are
//! constants.
//!
//! Does not belong here: anything that only one resource needs, and anything the host decides (who may do what, which
//! data exist).

pub mod acl;
pub mod address;
pub mod api;
mod app;
pub mod bindings;
pub mod condition;
pub mod creation;
pub mod date;
mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod filter;
pub mod form;
mod idempotency;
pub mod json;
pub mod list;
pub mod metadata;
pub mod object;
pub mod openapi;
mod probe;
pub mod query;
mod request;
mod response;
pub mod route;
pub mod row;
pub mod sort;
mod text;
pub mod version;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod wasm;
pub mod window;

pub use app::{App, Context};
pub use error::{Part, Problem};
pub use probe::Probe;
pub use request::Request;
pub use response::{Body, Interrupted, Response};
pub use version::Version;

/// Makes a component of an [`App`], which must have a [`Probe`]. Does nothing else on other targets.
#[macro_export]
macro_rules! component {
    ($app:expr) => {
        const _: () = assert!(
            $app.probe().is_some(),
            "no GET route without parameters can be tried before the handler serves: name a request in `App::probe`"
        );

        #[cfg(target_arch = "wasm32")]
        mod component {
            use super::*;
            use $crate::bindings::exports::lectern::api::probe;
            use $crate::bindings::exports::wasi::http::incoming_handler::Guest;
            use $crate::bindings::wasi::http::types::{IncomingRequest, ResponseOutparam};

            struct Component;

            impl Guest for Component {
                fn handle(request: IncomingRequest, out: ResponseOutparam) {
                    $crate::wasm::serve(&$app, request, out);
                }
            }

            impl probe::Guest for Component {
                fn declare() -> probe::Request {
                    $crate::wasm::declare(&$app)
                }
            }

            $crate::bindings::export!(Component with_types_in $crate::bindings);
        }
    };
}
