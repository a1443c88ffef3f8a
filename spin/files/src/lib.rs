//! Uploaded files under Spin: `/static/EVENT/FILE/NAME`, in ranges and piece by piece from the tenant's database.
//!
//! A component like a handler. Who may read which file is up to the provider, what is answered up to `lectern-downloads`, which the host
//! has as well.

mod bindings;

use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::files;
use bindings::wasi::http::types::{
    Fields, IncomingRequest, Method as Sent, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use bindings::wasi::io::streams::OutputStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lectern_data::media::Element;
use lectern_downloads::{Answer, Piece, answer};

bindings::export!(Component with_types_in bindings);

struct Component;

/// What a request is answered with.
enum Response {
    /// A sentence.
    Text(u16, String, Vec<(String, String)>),
    /// Of a file, of which HEAD wants the head alone.
    File(files::File, Answer, bool),
}

impl Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        send(respond(&request), out);
    }
}

fn respond(request: &IncomingRequest) -> Response {
    let method = match request.method() {
        Sent::Get => Method::GET,
        Sent::Head => Method::HEAD,
        _ => {
            let allowed = ("allow".to_owned(), "GET, HEAD".to_owned());
            return Response::Text(405, "Files can only be read: use GET.".to_owned(), vec![allowed]);
        }
    };
    let headers = headers(request);
    let asked = files::Request {
        method: method.to_string(),
        path_with_query: request.path_with_query().unwrap_or_default(),
        headers: headers.clone(),
    };
    let file = match files::open(&asked) {
        Ok(Some(file)) => file,
        Ok(None) => {
            let missing = "There is no file at this address, or it may not be read.";
            return Response::Text(404, missing.to_owned(), Vec::new());
        }
        Err(denial) => return Response::Text(denial.status, denial.message, denial.headers),
    };
    let files::Description {
        identifier,
        name,
        mimetype,
        length,
    } = file.description();
    let element = Element {
        file: identifier,
        name,
        mimetype,
        ..Element::default()
    };
    let answer = answer(&method, &map(headers), &element, length);
    Response::File(file, answer, method == Method::HEAD)
}

/// The header fields of a request, with the host, which some runtimes keep to themselves.
fn headers(request: &IncomingRequest) -> Vec<(String, String)> {
    let entries = request.headers().entries().into_iter();
    let mut headers: Vec<(String, String)> = entries
        .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
        .collect();
    if !headers.iter().any(|(name, _)| name == "host") {
        headers.extend(request.authority().map(|authority| ("host".to_owned(), authority)));
    }
    headers
}

fn map(headers: Vec<(String, String)>) -> HeaderMap {
    let parsed = headers.into_iter().filter_map(|(name, value)| {
        let name: HeaderName = name.parse().ok()?;
        Some((name, HeaderValue::from_str(&value).ok()?))
    });
    parsed.collect()
}

fn send(response: Response, out: ResponseOutparam) {
    let (status, headers) = match &response {
        Response::Text(status, text, headers) => {
            let own = [
                ("content-type", "text/plain;charset=utf-8".to_owned()),
                ("content-length", text.len().to_string()),
            ];
            let own = own.map(|(name, value)| (name.to_owned(), value));
            let all = own.into_iter().chain(headers.iter().cloned());
            (*status, all.map(|(name, value)| (name, value.into_bytes())).collect())
        }
        Response::File(_, answer, _) => {
            let all = answer.headers.iter();
            let all = all.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
            (answer.status.as_u16(), all.collect::<Vec<_>>())
        }
    };
    let outgoing = OutgoingResponse::new(Fields::from_list(&headers).unwrap_or_else(|_| Fields::new()));
    let _ = outgoing.set_status_code(status);
    let Ok(body) = outgoing.body() else {
        return;
    };
    ResponseOutparam::set(out, Ok(outgoing));
    let written = body.write().ok().and_then(|stream| write(&stream, response));
    // A body that is dropped unfinished is cut off, so the client sees that something is missing.
    if written.is_some() {
        let _ = OutgoingBody::finish(body, None);
    }
}

fn write(stream: &OutputStream, response: Response) -> Option<()> {
    match response {
        Response::Text(_, text, _) => write_all(stream, text.as_bytes()),
        Response::File(_, _, true) => Some(()),
        Response::File(file, answer, false) => answer.pieces.into_iter().try_for_each(|piece| match piece {
            Piece::Text(text) => write_all(stream, &text),
            Piece::File(range) => {
                let mut position = range.start;
                while position < range.end {
                    let mut bytes = file.read(position).ok().filter(|bytes| !bytes.is_empty())?;
                    let left = usize::try_from(range.end.saturating_sub(position)).unwrap_or(usize::MAX);
                    bytes.truncate(left);
                    write_all(stream, &bytes)?;
                    position = position.saturating_add(bytes.len() as u64);
                }
                Some(())
            }
        }),
    }
}

fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        let room = match stream.check_write().ok()? {
            0 => {
                stream.subscribe().block();
                continue;
            }
            room => usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len()),
        };
        let (now, later) = bytes.split_at_checked(room)?;
        stream.write(now).ok()?;
        bytes = later;
    }
    stream.flush().ok()
}
