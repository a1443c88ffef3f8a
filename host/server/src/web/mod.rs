//! HTTP: connections, and what is answered without a handler.

mod access;
mod body;
mod cross_site;
mod health;
mod host;
mod listener;
mod player;
mod proxy;
mod service;
mod static_files;
mod tls;

pub use body::Body;
pub use listener::{Settings, bind, serve};
pub use proxy::Network;
pub use service::Service;
pub use tls::{Certificates, Files as CertificateFiles};
