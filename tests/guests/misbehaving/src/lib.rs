//! A handler that does everything wrong a handler can do. The last segment of the path says what: `/api/events/trap`.
//! Anything else is answered properly with 200, so that a test can see the handler at work.
//!
//! Its probe is well-behaved. Tests put another last segment of four letters into the file, for a handler that is not.
#![cfg(target_family = "wasm")]

use std::hint::black_box;

use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "handler", generate_all });
    use super::Misbehaving;
    export!(Misbehaving);
}
use bindings::{
    exports::{lectern::api::probe, wasi::http::incoming_handler::Guest},
    wasi,
};

struct Misbehaving;

/// Kept as it is, so that it can be found and replaced in the file.
static PROBE: [u8; 21] = *b"/api/misbehaving/well";

impl probe::Guest for Misbehaving {
    fn declare() -> probe::Request {
        probe::Request {
            method: "GET".to_owned(),
            path_with_query: String::from_utf8_lossy(black_box(&PROBE)).into_owned(),
            status: 200,
        }
    }
}

impl Guest for Misbehaving {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        match path.rsplit('/').next().unwrap_or_default() {
            "trap" => core::arch::wasm32::unreachable(),
            "panic" => panic!("on purpose"),
            "exit" => std::process::exit(7),
            "loop" => loop {
                black_box(());
            },
            "recursion" => _ = black_box(dig(1)),
            "memory" => _ = black_box(hoard()),
            "wait" => std::thread::sleep(std::time::Duration::from_secs(3600)),
            "gone" => respond_with(404, outparam, &[b"gone"]),
            "silent" => {}
            "twice" => {
                let handle = outparam.handle();
                respond(outparam, &[b"once"]);
                // SAFETY: none. The handle is gone; a host that trusts its guests would be in trouble here.
                let again = unsafe { ResponseOutparam::from_handle(handle) };
                respond(again, &[b"twice"]);
            }
            "half" => {
                let stream = start(outparam);
                _ = stream.blocking_write_and_flush(b"the first half of an answer");
                core::arch::wasm32::unreachable();
            }
            "huge" => {
                let megabyte = vec![b'x'; 1 << 20];
                respond(outparam, &vec![megabyte.as_slice(); 32]);
            }
            "endless" => {
                let piece = [b'x'; 4096];
                let stream = start(outparam);
                while stream.blocking_write_and_flush(&piece).is_ok() {}
            }
            _ => {
                let (body, stream) = open(outparam);
                _ = stream.blocking_write_and_flush(b"at your service");
                drop(stream);
                _ = OutgoingBody::finish(body, None);
            }
        }
    }
}

fn dig(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    let floor = black_box([depth; 64]);
    dig(depth + 1) + floor[(depth % 64) as usize]
}

fn hoard() -> usize {
    let mut heap = Vec::new();
    loop {
        heap.push(vec![1u8; 1 << 20]);
        black_box(&heap);
    }
}

fn open(outparam: ResponseOutparam) -> (OutgoingBody, wasi::io::streams::OutputStream) {
    open_with(200, outparam)
}

fn open_with(status: u16, outparam: ResponseOutparam) -> (OutgoingBody, wasi::io::streams::OutputStream) {
    let response = OutgoingResponse::new(Fields::new());
    _ = response.set_status_code(status);
    let body = response.body().expect("the first request for the body");
    let stream = body.write().expect("the first request for the stream");
    ResponseOutparam::set(outparam, Ok(response));
    (body, stream)
}

/// Answers with a body that has no end.
fn start(outparam: ResponseOutparam) -> wasi::io::streams::OutputStream {
    let (body, stream) = open(outparam);
    std::mem::forget(body);
    stream
}

fn respond(outparam: ResponseOutparam, pieces: &[&[u8]]) {
    respond_with(200, outparam, pieces);
}

fn respond_with(status: u16, outparam: ResponseOutparam, pieces: &[&[u8]]) {
    let (body, stream) = open_with(status, outparam);
    for piece in pieces {
        for part in piece.chunks(4096) {
            if stream.blocking_write_and_flush(part).is_err() {
                return;
            }
        }
    }
    drop(stream);
    _ = OutgoingBody::finish(body, None);
}
