//! Bodies of forms, in both encodings.

#![no_main]

use std::io::Cursor;

use lectern_handler::form::Form;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (content_type, body) = input;
    let types = [
        content_type,
        "multipart/form-data; boundary=X",
        "application/x-www-form-urlencoded",
    ];
    for content_type in types {
        let body = Box::new(Cursor::new(body.to_owned()));
        if let Err(problem) = Form::read(Some(content_type), body) {
            assert!((400..500).contains(&problem.status), "{problem:?}");
        }
    }
});
