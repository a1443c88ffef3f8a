//! What the black-box tests share: the program under test, a server with two tenants, and a client that can send what
//! real clients send, bad requests included.
//!
//! The tests know the product only from outside: its command line, HTTP, and the component files it is built with. They
//! need `cargo xtask build` first. `tests/api` holds the tests of the API's contract, all against one server with two
//! tenants; `tests/operation` holds what needs a server or a data folder of its own. The former can be served in another way, see [`runtime`].
//!
//! No test waits for time to pass: an answered write is visible at once, or a test fails.

pub mod answer;
pub mod client;
pub mod collector;
pub mod component;
pub mod content;
pub mod contract;
pub mod digest;
pub mod fixture;
pub mod form;
pub mod load;
pub mod log;
pub mod metrics;
pub mod program;
pub mod raw;
pub mod runtime;
pub mod server;
pub mod stage;
pub mod tls;
pub mod torture;

pub use answer::Answer;
pub use client::{Client, Request};
pub use form::{Encoding, Form};
pub use program::Installation;
pub use server::Server;
pub use stage::Stage;
