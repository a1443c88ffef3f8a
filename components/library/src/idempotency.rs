//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again under the same key is
//! answered as it was the first time, and not carried out again.
//!
//! Only what has succeeded is remembered: what was refused changed nothing, and may be tried again under the same key.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::api::{Error, Reason, Transaction};
use crate::form::{Form, token};
use crate::response::Body;
use crate::{Context, Problem, Request, Response};

/// The header field.
const HEADER: &str = "idempotency-key";

/// How many bytes a key may have.
const LENGTH: usize = 255;

/// The key of a request, and what the request is.
pub(crate) struct Key {
    key: String,
    fingerprint: String,
}

/// What the host remembers, and gives back as a document: see `transaction.remember`.
#[derive(Deserialize)]
struct Remembered {
    fingerprint: String,
    answer: String,
}

/// An answer as text.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Key {
    /// The key of a request, if it has one. The draft has it in quotes, which clients leave out.
    pub(crate) fn of(request: &Request, form: &Form) -> Result<Option<Key>, Problem> {
        let Some(text) = request.joined_header(HEADER) else {
            return Ok(None);
        };
        let text = text.trim();
        let key = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text);
        let is_several = request.head.headers.iter().filter(|(name, _)| name == HEADER).count() > 1;
        if is_several || key.is_empty() || key.len() > LENGTH || key.contains(char::is_control) {
            return Err(Problem::bad_request(format!(
                "The header 'Idempotency-Key' must be one key of 1 to {LENGTH} bytes without control characters."
            ))
            .at_header(HEADER));
        }
        Ok(Some(Key {
            key: key.to_owned(),
            fingerprint: fingerprint(request, form),
        }))
    }

    /// Remembers the answer in the transaction that makes it true.
    pub(crate) fn remember(&self, transaction: &dyn Transaction, response: &Response) {
        let body = match &response.body {
            Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::Empty | Body::Chunks(_) => String::new(),
        };
        let answer = Answer {
            status: response.status,
            headers: response.headers.clone(),
            body,
        };
        // Texts and a number cannot fail to be JSON.
        let answer = serde_json::to_string(&answer).unwrap_or_default();
        transaction.remember(&self.key, &self.fingerprint, &answer);
    }

    /// The answer to a request that has been carried out before; none if it has not.
    pub(crate) fn remembered(&self, context: &Context) -> Option<Result<Response, Problem>> {
        // Nothing takes place: keys are looked at first, and then an object is missed that no identifier leads to.
        let transaction = context.session.begin();
        self.remember(&*transaction, &Response::new(500));
        transaction.expect("events", "", 0);
        transaction.commit().err().and_then(|error| self.answer(&error))
    }

    /// The answer to a request that was refused because its key is known; none if it was refused for another reason.
    pub(crate) fn answer(&self, error: &Error) -> Option<Result<Response, Problem>> {
        if error.reason != Reason::Conflict || error.subject != HEADER {
            return None;
        }
        let remembered: Remembered = serde_json::from_str(&error.document).ok()?;
        if remembered.fingerprint != self.fingerprint {
            return Some(Err(Problem::new(
                422,
                "This 'Idempotency-Key' belongs to another request. Use a new key for a new request.",
            )
            .at_header(HEADER)));
        }
        let answer: Answer = serde_json::from_str(&remembered.answer).ok()?;
        Some(Ok(Response {
            status: answer.status,
            headers: answer.headers,
            body: Body::Bytes(answer.body.into_bytes()),
        }
        .with_header("idempotency-replayed", "true")))
    }
}

/// What makes two requests the same: method, path and form. Not the bytes of the body: a multipart body has another boundary each
/// time it is sent. And not the token of the form, which may be a new one by then.
fn fingerprint(request: &Request, form: &Form) -> String {
    let mut digest = Sha256::new();
    let fields = form.fields().filter(|(name, _)| *name != token::FIELD);
    let fields = fields.flat_map(|(name, text)| [name, text]);
    for text in [request.method(), request.path()].into_iter().chain(fields) {
        // The length keeps apart what would otherwise run together.
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
