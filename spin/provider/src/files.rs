//! Uploaded files, for the component that serves them: who may read which, and their bytes.
//!
//! Whoever may read an event may read its files; so may whoever has a signed address of one.
//!
//! Does not belong here: ranges and header fields (`lectern-downloads`).

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{IpAddr, Ipv4Addr};

use lectern_data::identity::denials;
use lectern_data::media::Element;
use lectern_data::model::{Denial, Request, Session};
use lectern_data::pieces;
use lectern_data::sql::SqlError;
use lectern_downloads::Named;
use lectern_settings::SignatureRefusal;
use uuid::Uuid;

use crate::bindings::files;
use crate::tenant::Tenant;
use crate::{Provider, authentication, log, now};

/// What the query of a signed address has in it.
const SIGNATURE: [&str; 3] = ["policy=", "keyId=", "signature="];

/// The resource `files.file`.
pub struct File {
    tenant: Tenant,
    element: Element,
    place: Place,
}

/// Where the bytes of a file are.
enum Place {
    /// In the tenant's database, if it was uploaded under Spin.
    Database,
    /// In the folder of a host's uploads.
    Disk(fs::File),
}

impl files::Guest for Provider {
    type File = File;

    fn open(request: files::Request) -> Result<Option<files::File>, files::Denial> {
        log::start();
        let files::Request {
            method,
            path_with_query,
            headers,
        } = request;
        let request = Request {
            method,
            path_with_query,
            headers,
        };
        let opened = open(&request);
        opened
            .map(|file| file.map(files::File::new))
            .map_err(|denial| files::Denial {
                status: denial.status,
                message: denial.message,
                headers: denial.headers,
            })
    }
}

impl files::GuestFile for File {
    fn description(&self) -> files::Description {
        files::Description {
            identifier: self.element.file.clone(),
            name: self.element.name.clone(),
            mimetype: self.element.mimetype.clone(),
            length: self.element.size,
        }
    }

    fn read(&self, position: u64) -> Result<Vec<u8>, String> {
        let found = match &self.place {
            Place::Database => self.piece(position).map_err(|error| error.to_string()),
            Place::Disk(file) => read(file, position).map_err(|error| error.to_string()),
        };
        found.inspect_err(|error| eprintln!("tenant {}: a file cannot be read to its end: {error}", self.tenant.name))
    }
}

fn open(request: &Request) -> Result<Option<File>, Denial> {
    let (tenant, session) = enter(request)?;
    let path = request.path_with_query.split('?').next().unwrap_or_default();
    let Some(named) = Named::of(path) else {
        return Ok(None);
    };
    let found = tenant.find(&session, &named.query());
    let found = found.map_err(|error| {
        eprintln!("tenant {}: {}", tenant.name, error.message);
        denials::unavailable("The event cannot be looked up at the moment.")
    })?;
    let Some(event) = found.items.into_iter().next() else {
        if !session.authenticated.is_empty() {
            return Ok(None);
        }
        let denial = denials::unauthenticated("This is not for everybody: say who you are.");
        return Err(authentication::challenged(request, denial));
    };
    let Some(element) = named.element(&event) else {
        return Ok(None);
    };
    let place = place(&tenant, &element);
    Ok(place.map(|place| File { tenant, element, place }))
}

/// Where a file is, if it is anywhere.
fn place(tenant: &Tenant, Element { file, size, .. }: &Element) -> Option<Place> {
    if *size == 0 || matches!(pieces::piece(&tenant.database, file, 0), Ok(Some(_))) {
        return Some(Place::Database);
    }
    // An identifier that is none must not lead anywhere else.
    Uuid::try_parse(file).ok()?;
    let path = tenant.label.uploads().join(file);
    let opened = fs::File::open(&path).map_err(|error| {
        eprintln!(
            "tenant {}: the file {file} is neither in the database nor, as {}, on the disk: {error}. Write the manifest anew with \
             `lectern spin manifest` on the machine where it was uploaded",
            tenant.name,
            path.display()
        );
    });
    opened.ok().map(Place::Disk)
}

impl File {
    fn piece(&self, position: u64) -> Result<Vec<u8>, SqlError> {
        let found = pieces::piece(&self.tenant.database, &self.element.file, position)?;
        let (start, mut piece) = found.unwrap_or_default();
        let before = usize::try_from(position.saturating_sub(start)).unwrap_or(usize::MAX);
        Ok(piece.split_off(before.min(piece.len())))
    }
}

fn read(mut file: &fs::File, position: u64) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    file.seek(SeekFrom::Start(position))?;
    file.take(pieces::LENGTH as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

/// Lets a request in by its signature or its credentials; without either, as somebody unknown.
fn enter(request: &Request) -> Result<(Tenant, Session), Denial> {
    // Opening the database for somebody unknown first costs something.
    if !SIGNATURE
        .iter()
        .any(|parameter| request.path_with_query.contains(parameter))
    {
        return authentication::authenticate(request);
    }
    // Whoever has signed the address has decided who sees it, whatever credentials come along.
    let mut unknown = request.clone();
    unknown.headers.retain(|(name, _)| name != "authorization");
    let (tenant, _) = authentication::authenticate(&unknown)?;
    let client = authentication::client(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let checked = tenant
        .settings()
        .check_signature(&request.path_with_query, client, now());
    match checked {
        None => authentication::authenticate(request),
        Some(Ok(_)) => {
            let session = tenant.system_session().map_err(|error| {
                eprintln!("tenant {}: {}", tenant.name, error.message);
                denials::unavailable("The event cannot be looked up at the moment.")
            })?;
            Ok((tenant, session))
        }
        Some(Err(refusal)) => Err(Denial {
            status: match refusal {
                SignatureRefusal::Malformed => 400,
                SignatureRefusal::Forbidden => 403,
                SignatureRefusal::Expired => 410,
            },
            message: refusal.to_string(),
            headers: Vec::new(),
        }),
    }
}
