//! `multipart/form-data`, part by part and chunk by chunk: a file of any size passes through without being held.
//!
//! The parser is `multer`. It is asynchronous and reads ahead as long as its source is ready, so the source here is ready
//! every other time, and each answer of "not yet" means that it has been fed one more chunk and wants to be asked again.

use std::future::Future;
use std::io::Read;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;

use super::{not_utf8, too_large};
use crate::Problem;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How many bytes may pass before the next part begins: its header fields must be among them.
const HEAD_LIMIT: usize = 4 * CHUNK;

/// A multipart body.
pub struct Multipart {
    parser: multer::Multipart<'static>,
    current: Option<multer::Field<'static>>,
    /// The bytes read so far.
    read: Arc<AtomicUsize>,
}

/// A part of a multipart body.
pub struct Part<'a> {
    field: &'a mut multer::Field<'static>,
    name: String,
    /// The bytes of the whole body read so far.
    read: &'a AtomicUsize,
}

impl Multipart {
    /// Starts to read a body. 400 if the `Content-Type` names no boundary.
    pub fn new(content_type: &str, body: Box<dyn Read + Send>) -> Result<Multipart, Problem> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| {
            Problem::bad_request("The 'Content-Type' of a multipart body must name its boundary.")
                .at_header("content-type")
        })?;
        let read = Arc::new(AtomicUsize::new(0));
        let source = Source {
            body,
            read: Arc::clone(&read),
            is_due: false,
        };
        Ok(Multipart {
            parser: multer::Multipart::new(source, boundary),
            current: None,
            read,
        })
    }

    /// Goes on to the next part. What is left of the one before is passed over.
    pub fn part(&mut self) -> Result<Option<Part<'_>>, Problem> {
        if let Some(mut field) = self.current.take() {
            while drive(field.chunk(), || true)?.is_some() {}
        }
        let limit = self.read.load(Ordering::Relaxed).saturating_add(HEAD_LIMIT);
        let read = &self.read;
        self.current = drive(self.parser.next_field(), || read.load(Ordering::Relaxed) <= limit)?;
        Ok(self.current.as_mut().map(|field| Part {
            name: field.name().unwrap_or_default().to_owned(),
            field,
            read,
        }))
    }
}

impl Part<'_> {
    /// The name of the form field; empty if the part has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's name, if this part is a file; empty if the client's user chose none.
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// The media type of the part, if it says one.
    pub fn media_type(&self) -> Option<String> {
        self.field.content_type().map(ToString::to_string)
    }

    /// The next piece of the content; none at its end.
    pub fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        // A body that ends without its closing boundary ends the wait, so there is always something to wait for.
        drive(self.field.chunk(), || true)
    }

    /// The content as text of at most `limit` bytes.
    pub fn text(&mut self, limit: usize) -> Result<String, Problem> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk()? {
            if bytes.len() + chunk.len() > limit {
                return Err(too_large("The form").at_body(&self.name));
            }
            bytes.extend_from_slice(&chunk);
        }
        let what = format!("The form field '{}'", self.name);
        String::from_utf8(bytes).map_err(|_| not_utf8(&what).at_body(&self.name))
    }

    /// How many bytes of the whole body have been read so far.
    pub fn progress(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }
}

/// A body as a stream of chunks that is ready every other time.
struct Source {
    body: Box<dyn Read + Send>,
    read: Arc<AtomicUsize>,
    is_due: bool,
}

impl Stream for Source {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_due = !self.is_due;
        if !self.is_due {
            return Poll::Pending;
        }
        let mut chunk = vec![0; CHUNK];
        match self.body.read(&mut chunk) {
            Ok(0) => Poll::Ready(None),
            Ok(length) => {
                self.read.fetch_add(length, Ordering::Relaxed);
                chunk.truncate(length);
                Poll::Ready(Some(Ok(Bytes::from(chunk))))
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }
}

/// Asks until there is an answer, as long as `may_wait`.
fn drive<T>(future: impl Future<Output = multer::Result<T>>, may_wait: impl Fn() -> bool) -> Result<T, Problem> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer.map_err(|error| refuse(&error)),
            Poll::Pending if may_wait() => {}
            Poll::Pending => {
                return Err(Problem::bad_request(
                    "The header fields of a part of the body are too long.",
                ));
            }
        }
    }
}

fn refuse(error: &multer::Error) -> Problem {
    Problem::bad_request(format!("The multipart body is malformed: {error}."))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::form::{Form, TEXT_LIMIT};

    const TYPE: &str = "multipart/form-data; boundary=xyz";

    /// Gives its bytes one at a time, as a slow connection does.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    fn read(content_type: &str, body: &str) -> Result<Form, Problem> {
        let form = Form::read(Some(content_type), Box::new(Cursor::new(body.as_bytes().to_vec())));
        let slowly = Form::read(
            Some(content_type),
            Box::new(Slow(Cursor::new(body.as_bytes().to_vec()))),
        );
        assert_eq!(form, slowly, "{body}");
        form
    }

    const BODY: &str = "--xyz\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\nMüller\r\n\
                        --xyz\r\nContent-Disposition: form-data; name=\"presenter\"; filename=\"a.mp4\"\r\n\
                        Content-Type: video/mp4\r\n\r\n\0\u{1}--xy\r\n\r\n\
                        --xyz\r\nContent-Disposition: form-data; name=\"acl\"\r\nContent-Type: application/json\r\n\r\n[]\r\n--xyz--\r\n";

    #[test]
    fn text_parts_are_read_and_files_passed_over() {
        let form = read(TYPE, BODY).unwrap();
        assert_eq!(form.get("metadata"), Some("Müller"));
        assert_eq!(form.get("acl"), Some("[]"));
        assert_eq!(form.get("presenter"), None);
    }

    #[test]
    fn the_boundary_may_be_quoted_and_follow_without_a_space() {
        for content_type in [
            "multipart/form-data;boundary=xyz",
            "multipart/form-data; charset=utf-8; boundary=\"xyz\"",
            "Multipart/Form-Data; Boundary=xyz",
        ] {
            assert_eq!(
                read(content_type, BODY).unwrap().get("acl"),
                Some("[]"),
                "{content_type}"
            );
        }
    }

    #[test]
    fn a_known_field_sent_as_a_file_does_not_count() {
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"acl\"; filename=\"acl.json\"\r\n\r\n[1]\r\n\
                    --xyz\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\n[]\r\n--xyz--\r\n";
        assert_eq!(read(TYPE, body).unwrap().get("acl"), Some("[]"));
    }

    #[test]
    fn a_file_is_read_chunk_by_chunk() {
        let mut parts = Multipart::new(TYPE, Box::new(Cursor::new(BODY.as_bytes().to_vec()))).unwrap();
        assert_eq!(parts.part().unwrap().unwrap().text(100).unwrap(), "Müller");
        let mut file = parts.part().unwrap().unwrap();
        assert_eq!(file.file_name(), Some("a.mp4"));
        assert_eq!(file.media_type().as_deref(), Some("video/mp4"));
        let mut content = Vec::new();
        while let Some(chunk) = file.chunk().unwrap() {
            content.extend_from_slice(&chunk);
        }
        assert_eq!(content, b"\0\x01--xy\r\n");
    }

    #[test]
    fn a_large_file_is_never_held_whole() {
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"presenter\"; filename=\"a.mp4\"\r\n\r\n";
        let size = 64 * 1024 * 1024;
        let body = Cursor::new(head)
            .chain(std::io::repeat(7).take(size))
            .chain(Cursor::new("\r\n--xyz--\r\n"));
        let mut parts = Multipart::new(TYPE, Box::new(body)).unwrap();
        let mut file = parts.part().unwrap().unwrap();
        let mut received = 0;
        while let Some(chunk) = file.chunk().unwrap() {
            received += chunk.len();
            assert!(file.progress() - received <= 3 * CHUNK);
        }
        assert_eq!(received as u64, size);
        assert!(parts.part().unwrap().is_none());
    }

    #[test]
    fn a_body_that_ends_too_early_is_a_bad_request() {
        for end in [0, 3, 20, 70, 90, 200, BODY.len() - 8] {
            assert_eq!(read(TYPE, &BODY[..end]).unwrap_err().status, 400, "{end}");
        }
    }

    #[test]
    fn a_part_without_a_name_is_ignored_like_any_unknown_field() {
        let body = "--xyz\r\nContent-Type: text/plain\r\n\r\nx\r\n--xyz--\r\n";
        assert_eq!(read(TYPE, body).unwrap().get("acl"), None);
    }

    #[test]
    fn endless_header_fields_are_refused() {
        let body = Cursor::new("--xyz\r\nX: ").chain(std::io::repeat(b'x'));
        assert_eq!(Form::read(Some(TYPE), Box::new(body)).unwrap_err().status, 400);
        let preamble = std::io::repeat(b'x');
        assert_eq!(Form::read(Some(TYPE), Box::new(preamble)).unwrap_err().status, 400);
    }

    #[test]
    fn too_much_text_is_too_large_and_names_the_field() {
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\n";
        let body = Cursor::new(head).chain(std::io::repeat(b'x').take(TEXT_LIMIT as u64 + 1));
        let problem = Form::read(Some(TYPE), Box::new(body)).unwrap_err();
        assert_eq!(problem.status, 413);
        assert_eq!(problem.part, Some(crate::Part::Body("#/acl".to_owned())));
    }

    #[test]
    fn a_missing_boundary_is_a_bad_request() {
        assert_eq!(read("multipart/form-data", BODY).unwrap_err().status, 400);
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in "(--xyz|--|\r\n|Content-Disposition: form-data|; name=\"a\"|; filename=\"b\"|[a-z:;=\"]){0,24}") {
            let _ = read(TYPE, &body);
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::read(Some(TYPE), Box::new(Cursor::new(body)));
        }
    }
}
