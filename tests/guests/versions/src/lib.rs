//! A handler that shows in every part of its answer which version of it answers: in the status, in a header field, and in every line of
//! the body. Tests make further versions of it by putting another word into the file.
//!
//! The body has a line for each piece of the request's body, sent when that piece has arrived, between a first and a last one. So a test
//! decides how long an answer takes, and sees whether one is made of two versions.
#![cfg(target_family = "wasm")]

use std::hint::black_box;

use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasi::io::streams::OutputStream;

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "handler", generate_all });
    use super::Versions;
    export!(Versions);
}
use bindings::{
    exports::{lectern::api::probe, wasi::http::incoming_handler::Guest},
    wasi,
};

struct Versions;

/// Behind a word that is found in the file: which version this is. Its last digit is that of the status.
static VERSION: [u8; 16] = *b"version-number:0";

impl probe::Guest for Versions {
    fn declare() -> probe::Request {
        probe::Request {
            method: "GET".to_owned(),
            path_with_query: "/api/versions".to_owned(),
            status: status(),
        }
    }
}

impl Guest for Versions {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let headers = Fields::new();
        _ = headers.append("x-version", &version());
        let response = OutgoingResponse::new(headers);
        _ = response.set_status_code(status());
        let body = response.body().expect("the first request for the body");
        let stream = body.write().expect("the first request for the stream");
        ResponseOutparam::set(outparam, Ok(response));
        say(&stream, "begins");
        let incoming = request.consume().expect("the first request for the body");
        let pieces = incoming.stream().expect("the first request for the stream");
        while pieces.blocking_read(1 << 16).is_ok() {
            say(&stream, "goes on");
        }
        say(&stream, "ends");
        drop(stream);
        _ = OutgoingBody::finish(body, None);
    }
}

fn version() -> [u8; 16] {
    *black_box(&VERSION)
}

/// 200 and the digit of the version.
fn status() -> u16 {
    200 + u16::from(version()[15] - b'0')
}

fn say(stream: &OutputStream, what: &str) {
    let line = format!("{} {what}\n", String::from_utf8_lossy(&version()));
    _ = stream.blocking_write_and_flush(line.as_bytes());
}
