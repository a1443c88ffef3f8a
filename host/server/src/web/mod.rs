//! HTTP: connections, and what is answered without a handler.

mod access;
mod health;
mod host;
mod listener;
mod service;

pub use listener::{bind, serve};
pub use service::Service;
