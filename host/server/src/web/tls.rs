//! TLS: certificates, and taking new ones while connections go on.
//!
//! Does not belong here: getting certificates (certbot, lego and others write the files that are read here).

use anyhow::{Context, Result, bail, ensure};
use arc_swap::ArcSwap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// What is agreed on for HTTP inside TLS, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate and its key, as files in PEM.
#[derive(Debug, Clone)]
pub struct Files {
    /// The certificate and those between it and its authority's.
    pub certificate: PathBuf,
    /// The private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// The certificates that connections begin with.
#[derive(Debug)]
pub struct Certificates {
    files: Vec<Files>,
    current: ArcSwap<Vec<Arc<CertifiedKey>>>,
    /// When the files were written that `current` was read from.
    read: Mutex<Vec<Option<SystemTime>>>,
}

impl Certificates {
    /// Reads certificates; there has to be at least one.
    pub fn load(files: Vec<Files>) -> Result<Arc<Self>> {
        ensure!(!files.is_empty(), "there is no certificate");
        let read = stamps(&files);
        Ok(Arc::new(Self {
            current: ArcSwap::from_pointee(read_all(&files)?),
            read: Mutex::new(read),
            files,
        }))
    }

    /// Reads them again for connections that begin from now on. If they cannot be used, those that were read before stay.
    pub fn reload(&self) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = stamps(&self.files);
        match read_all(&self.files) {
            Ok(certificates) => {
                self.current.store(Arc::new(certificates));
                tracing::info!("the certificates have been read again");
            }
            Err(error) => {
                tracing::error!(reason = %format!("{error:#}"), "the new certificates cannot be used; those from before stay");
            }
        }
    }

    /// Reads them again if the files were written since.
    pub fn reload_if_changed(&self) {
        let changed = *self.read.lock().unwrap_or_else(PoisonError::into_inner) != stamps(&self.files);
        if changed {
            self.reload();
        }
    }

    /// What makes TLS of a connection.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor> {
        let builder = ServerConfig::builder_with_provider(Arc::new(provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Certificates {
    /// The first certificate for the name that the client asks for, or else the first of all: a client that names nobody, or somebody
    /// who is not here, sees in the certificate whom it has reached.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let certificates = self.current.load();
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let fitting = name.and_then(|name| certificates.iter().find(|certificate| is_for(certificate, &name)));
        fitting.or(certificates.first()).cloned()
    }
}

fn is_for(certificate: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let parsed = certificate.end_entity_cert().and_then(ParsedCertificate::try_from);
    parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok())
}

fn provider() -> CryptoProvider {
    ring::default_provider()
}

fn read_all(files: &[Files]) -> Result<Vec<Arc<CertifiedKey>>> {
    files.iter().map(read).collect()
}

fn read(files: &Files) -> Result<Arc<CertifiedKey>> {
    let Files { certificate, key } = files;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.with_context(|| format!("the certificate {} cannot be read", certificate.display()))?;
    if chain.is_empty() {
        bail!(
            "there is no certificate in {}: it has to be in PEM",
            certificate.display()
        );
    }
    let private = PrivateKeyDer::from_pem_file(key).with_context(|| {
        format!(
            "the private key {} cannot be read; it has to be in PEM, without a password",
            key.display()
        )
    })?;
    let certified = CertifiedKey::from_der(chain, private, &provider()).with_context(|| {
        format!(
            "the certificate {} and the key {} do not go together",
            certificate.display(),
            key.display()
        )
    })?;
    Ok(Arc::new(certified))
}

fn stamps(files: &[Files]) -> Vec<Option<SystemTime>> {
    let stamp = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    files
        .iter()
        .flat_map(|files| [stamp(&files.certificate), stamp(&files.key)])
        .collect()
}
