//! HTTP: connections, and what is answered without a handler.

mod access;
mod body;
mod health;
mod host;
mod listener;
mod player;
mod service;
mod static_files;

pub use body::Body;
pub use listener::{bind, serve};
pub use service::Service;
