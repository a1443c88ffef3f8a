//! HTTP: connections, and what is answered without a handler.

pub mod access;
mod activity;
mod body;
mod cross_site;
pub mod exchange;
mod health;
mod host;
mod listener;
mod player;
pub mod proxy;
mod request_id;
mod service;
mod static_files;
mod timing;
mod tls;

pub use body::Body;
pub use exchange::Observers;
pub use listener::{Settings, bind, serve};
pub use proxy::Network;
pub use service::Service;
pub use timing::Audience;
pub use tls::{Certificates, Files as CertificateFiles};
