//! Certificates, and clients that speak TLS.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::program::Installation;

/// A certificate that stands for itself, and its key, in files.
pub struct Certificate {
    /// In PEM.
    pub certificate: PathBuf,
    /// In PEM.
    pub key: PathBuf,
    /// What a server shows.
    pub der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes a certificate for a host, in files of this name beside the data folder; files that are there are replaced.
    pub fn new(installation: &Installation, name: &str, host: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([host.to_owned()]).expect("a certificate");
        let [certificate, key] = ["crt", "key"].map(|end| installation.file(&format!("{name}.{end}")));
        fs::write(&certificate, made.cert.pem()).expect("a file");
        fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
        Self {
            certificate,
            key,
            der: made.cert.der().clone(),
        }
    }

    /// The options that have a server use it.
    pub fn options(&self) -> [&str; 4] {
        [
            "--tls-certificate",
            self.certificate.to_str().expect("a path"),
            "--tls-key",
            self.key.to_str().expect("a path"),
        ]
    }
}

/// A client that trusts some certificates.
pub struct Client {
    address: SocketAddr,
    trusted: RootCertStore,
}

/// What a client got.
pub struct Answer {
    /// The certificate that the server showed.
    pub certificate: CertificateDer<'static>,
    /// Status code.
    pub status: u16,
    /// Body.
    pub text: String,
}

/// A connection on which HTTP/1.1 is spoken.
pub struct Connection {
    sender: http1::SendRequest<Empty<Bytes>>,
    runtime: tokio::runtime::Runtime,
    host: String,
}

impl Client {
    /// A client that trusts these certificates and no others.
    pub fn new(address: SocketAddr, trusted: &[&Certificate]) -> Self {
        let mut store = RootCertStore::empty();
        for certificate in trusted {
            store.add(certificate.der.clone()).expect("a certificate");
        }
        Self {
            address,
            trusted: store,
        }
    }

    async fn connect(&self, host: &str, protocol: &[u8]) -> Result<TlsStream<TcpStream>, String> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("versions of TLS");
        let mut config = builder
            .with_root_certificates(self.trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(|error| error.to_string())?;
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        connected.map_err(|error| error.to_string())
    }

    /// Asks a host for a path with HTTP/1.1 (`http/1.1`) or HTTP/2 (`h2`).
    pub fn get(&self, host: &str, path: &str, protocol: &str) -> Result<Answer, String> {
        runtime().block_on(async {
            let stream = self.connect(host, protocol.as_bytes()).await?;
            let (_, session) = stream.get_ref();
            assert_eq!(session.alpn_protocol(), Some(protocol.as_bytes()));
            let shown = session
                .peer_certificates()
                .and_then(<[_]>::first)
                .expect("a certificate");
            let certificate = shown.clone().into_owned();
            let io = TokioIo::new(stream);
            let request = hyper::Request::get(format!("https://{host}{path}"));
            let response = if protocol == "h2" {
                let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io)
                    .await
                    .map_err(|error| error.to_string())?;
                tokio::spawn(connection);
                sender
                    .send_request(request.body(Empty::<Bytes>::new()).expect("a request"))
                    .await
            } else {
                let (mut sender, connection) = http1::handshake(io).await.map_err(|error| error.to_string())?;
                tokio::spawn(connection);
                let request = hyper::Request::get(path).header("host", host);
                sender
                    .send_request(request.body(Empty::<Bytes>::new()).expect("a request"))
                    .await
            };
            let response = response.map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            Ok(Answer {
                certificate,
                status,
                text: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
            })
        })
    }

    /// Opens a connection to a host and keeps it.
    pub fn open(&self, host: &str) -> Connection {
        let runtime = runtime();
        let sender = runtime.block_on(async {
            let stream = self.connect(host, b"http/1.1").await.expect("a connection");
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
            tokio::spawn(connection);
            sender
        });
        Connection {
            sender,
            runtime,
            host: host.to_owned(),
        }
    }
}

impl Connection {
    /// Asks for a path; gives the status.
    pub fn get(&mut self, path: &str) -> u16 {
        let request = hyper::Request::get(path).header("host", &self.host);
        let request = request.body(Empty::new()).expect("a request");
        let answer = async {
            let response = self.sender.send_request(request).await.expect("an answer");
            let status = response.status().as_u16();
            response.into_body().collect().await.expect("the whole answer");
            status
        };
        self.runtime.block_on(answer)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}
