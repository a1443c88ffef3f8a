//! The form field `jwt`: a JSON Web Token for clients that can send neither a header nor a query parameter.
//!
//! It has to be found before anybody is let in, so the body is read up to it and afterwards given as if nobody had looked: what reads
//! the form later need not know.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::multipart::Multipart;
use super::{Form, TEXT_LIMIT, is_multipart};

/// The name of the field.
pub(crate) const FIELD: &str = "jwt";

/// How many bytes are looked through: text up to the limit of forms, and what is around it.
const LIMIT: usize = 2 * TEXT_LIMIT;

type Body = Box<dyn Read + Send>;

/// The token in a form, if there is one, and the body. In a multipart body the token stands before any file, since nobody reads a
/// file before it is known who sends it.
pub(crate) fn find(content_type: &str, body: Body) -> (Option<String>, Body) {
    let recording = Arc::new(Mutex::new(Recording {
        body,
        read: Vec::new(),
        failed: None,
    }));
    let tee = Box::new(Tee(Arc::clone(&recording)));
    let token = if is_multipart(Some(content_type)) {
        in_parts(content_type, tee)
    } else {
        let form = Form::read(Some(content_type), tee).ok();
        form.and_then(|form| form.filled(FIELD).map(str::to_owned))
    };
    let token = token.map(|token| token.trim().to_owned());
    (
        token.filter(|token| !token.is_empty()),
        Box::new(Replay::of(&recording)),
    )
}

fn in_parts(content_type: &str, body: Body) -> Option<String> {
    let mut parts = Multipart::new(content_type, body).ok()?;
    while let Some(mut part) = parts.part().ok()? {
        if part.file_name().is_some() {
            return None;
        }
        if part.name() == FIELD {
            return part.text(TEXT_LIMIT).ok();
        }
    }
    None
}

/// A body and what has been read of it.
struct Recording {
    body: Body,
    read: Vec<u8>,
    /// Why it could not be read further.
    failed: Option<io::ErrorKind>,
}

/// Reads a body and remembers what it was.
struct Tee(Arc<Mutex<Recording>>);

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut recording = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Recording { body, read, failed } = &mut *recording;
        if read.len() >= LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let length = body.read(buffer).inspect_err(|error| *failed = Some(error.kind()))?;
        read.extend_from_slice(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// What has been read, and then what has not.
struct Replay {
    read: io::Cursor<Vec<u8>>,
    failed: Option<io::ErrorKind>,
    body: Body,
}

impl Replay {
    fn of(recording: &Mutex<Recording>) -> Replay {
        let mut recording = recording.lock().unwrap_or_else(PoisonError::into_inner);
        Replay {
            read: io::Cursor::new(std::mem::take(&mut recording.read)),
            failed: recording.failed,
            body: std::mem::replace(&mut recording.body, Box::new(io::empty())),
        }
    }
}

impl Read for Replay {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.read.read(buffer)?, self.failed) {
            (0, Some(kind)) if !buffer.is_empty() => Err(kind.into()),
            (0, None) => self.body.read(buffer),
            (length, _) => Ok(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URLENCODED: &str = "application/x-www-form-urlencoded";
    const MULTIPART: &str = "multipart/form-data; boundary=xyz";

    fn found(content_type: &str, body: &[u8]) -> Option<String> {
        let (token, mut again) = find(content_type, Box::new(io::Cursor::new(body.to_vec())));
        let mut replayed = Vec::new();
        again.read_to_end(&mut replayed).unwrap();
        assert!(replayed == body, "the body is not what it was");
        token
    }

    fn part(disposition: &str, content: &str) -> String {
        format!("--xyz\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    }

    fn multipart(parts: &[(&str, &str)]) -> Vec<u8> {
        let parts: String = parts
            .iter()
            .map(|(disposition, content)| part(disposition, content))
            .collect();
        format!("{parts}--xyz--\r\n").into_bytes()
    }

    #[test]
    fn the_token_is_found_wherever_it_stands_among_the_fields() {
        assert_eq!(
            found(URLENCODED, b"metadata=%5B%5D&jwt=a.b.c").as_deref(),
            Some("a.b.c")
        );
        let token = (r#"name="jwt""#, " a.b.c ");
        let text = (r#"name="metadata""#, "[]");
        for parts in [[token, text], [text, token]] {
            assert_eq!(found(MULTIPART, &multipart(&parts)).as_deref(), Some("a.b.c"));
        }
    }

    #[test]
    fn a_form_without_a_token_has_none() {
        for body in ["", "jwt=", "jwt=+", "JWT=a", "a=jwt"] {
            assert_eq!(found(URLENCODED, body.as_bytes()), None, "{body}");
        }
        assert_eq!(found(MULTIPART, &multipart(&[(r#"name="a""#, "jwt")])), None);
        assert_eq!(
            found(MULTIPART, &multipart(&[(r#"name="jwt"; filename="a""#, "a.b.c")])),
            None
        );
    }

    #[test]
    fn no_file_is_read_to_find_a_token() {
        let head = part(r#"name="metadata""#, "[]") + &part(r#"name="presenter"; filename="a.mp4""#, "");
        let file = std::io::repeat(7).take(64 << 20);
        let body = Box::new(io::Cursor::new(head.clone()).chain(file));
        let (token, mut again) = find(MULTIPART, body);
        assert_eq!(token, None);
        let replayed = io::copy(&mut again, &mut io::sink()).unwrap();
        assert_eq!(replayed, head.len() as u64 + (64 << 20));
        let behind = multipart(&[
            (r#"name="presenter"; filename="a.mp4""#, "x"),
            (r#"name="jwt""#, "a.b.c"),
        ]);
        assert_eq!(found(MULTIPART, &behind), None);
    }

    #[test]
    fn not_more_is_kept_than_a_form_may_hold() {
        let (token, mut again) = find(URLENCODED, Box::new(std::io::repeat(b'x').take(64 << 20)));
        assert_eq!(token, None);
        assert_eq!(io::copy(&mut again, &mut io::sink()).unwrap(), 64 << 20);
    }

    #[test]
    fn a_body_that_breaks_off_breaks_off_again() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
        let (token, mut again) = find(URLENCODED, Box::new(io::Cursor::new("jwt=a&title=b").chain(Broken)));
        assert_eq!(token, None);
        let mut replayed = Vec::new();
        let error = again.read_to_end(&mut replayed).unwrap_err();
        assert_eq!(
            (replayed.as_slice(), error.kind()),
            (b"jwt=a&title=b".as_slice(), io::ErrorKind::ConnectionAborted)
        );
    }

    proptest! {
        #[test]
        fn any_body_is_what_it_was(body in prop::collection::vec(any::<u8>(), 0..200)) {
            found(URLENCODED, &body);
            found(MULTIPART, &body);
        }

        #[test]
        fn any_parts_are_what_they_were(body in "(--xyz|--|\r\n|Content-Disposition: form-data|; name=\"jwt\"|; filename=\"b\"|[a-z:;=\"]){0,24}") {
            found(MULTIPART, body.as_bytes());
        }
    }
}
