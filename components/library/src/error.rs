//! Requests that cannot be fulfilled, and what the client reads about them.
//!
//! By default the body is one plain sentence, as real clients expect. A client that accepts `application/problem+json`
//! gets problem details (RFC 9457) that also point at the part of the request at fault.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{Denial, Error, Reason};
use crate::response::Response;
use crate::version::PROBLEM;

/// The part of a request that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A parameter of the query string.
    Parameter(String),
    /// A header field.
    Header(String),
    /// Something in the body: a JSON pointer in a URI fragment whose first step is the form field, as in
    /// `#/metadata/0/fields/2`.
    Body(String),
}

/// A request that cannot be fulfilled.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// One sentence for the person who reads the answer.
    pub message: String,
    /// Where the fault is, if it is in the request.
    pub part: Option<Part>,
    /// Header fields that belong to the answer.
    pub headers: Vec<(String, String)>,
    /// JSON that takes the place of the sentence, such as the list of conflicting events.
    pub document: Option<String>,
    /// Whether an active workflow stands against the change: clients know that under different statuses.
    pub is_about_workflow: bool,
}

impl Problem {
    /// A problem without further details.
    pub fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem {
            status,
            message: message.into(),
            part: None,
            headers: Vec::new(),
            document: None,
            is_about_workflow: false,
        }
    }

    /// 400: the request does not make sense.
    pub fn bad_request(message: impl Into<String>) -> Problem {
        Problem::new(400, message)
    }

    /// 404: there is no such thing, as far as the client may know.
    pub fn not_found(message: impl Into<String>) -> Problem {
        Problem::new(404, message)
    }

    /// A parameter of the query string is at fault.
    pub fn at_parameter(mut self, name: &str) -> Problem {
        self.part = Some(Part::Parameter(name.to_owned()));
        self
    }

    /// A header field is at fault.
    pub fn at_header(mut self, name: &str) -> Problem {
        self.part = Some(Part::Header(name.to_owned()));
        self
    }

    /// A part of the body is at fault. `pointer` starts with the form field: `metadata/0/fields/2`.
    pub fn at_body(mut self, pointer: impl AsRef<str>) -> Problem {
        self.part = Some(Part::Body(format!("#/{}", pointer.as_ref())));
        self
    }

    /// Adds a header field to the answer.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Problem {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The answer, as a sentence or as problem details. `media_type` is that of JSON bodies.
    pub fn into_response(self, as_details: bool, media_type: &str) -> Response {
        let response = Response::new(self.status);
        let response = if as_details {
            response.with_body(PROBLEM, self.details())
        } else if let Some(document) = self.document {
            response.with_body(media_type, document.into_bytes())
        } else {
            response.with_body("text/plain;charset=utf-8", self.message.into_bytes())
        };
        self.headers
            .into_iter()
            .fold(response, |response, (name, value)| response.with_header(&name, value))
    }

    fn details(&self) -> Vec<u8> {
        let errors = self.part.as_ref().map(|part| {
            [Fault {
                detail: &self.message,
                pointer: if let Part::Body(pointer) = part {
                    Some(pointer)
                } else {
                    None
                },
                parameter: if let Part::Parameter(name) = part {
                    Some(name)
                } else {
                    None
                },
                header: if let Part::Header(name) = part {
                    Some(name)
                } else {
                    None
                },
            }]
        });
        let details = Details {
            r#type: "about:blank",
            title: title(self.status),
            status: self.status,
            detail: &self.message,
            errors,
            conflicts: self
                .document
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok()),
        };
        serde_json::to_vec(&details).unwrap_or_default()
    }
}

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Details<'a> {
    #[schema(required = false, example = "about:blank")]
    r#type: &'a str,
    /// What the status means.
    #[schema(example = "Bad Request")]
    title: &'a str,
    #[schema(example = 400)]
    status: u16,
    /// One sentence that names the part at fault.
    #[schema(example = "The field 'title' must not be empty.")]
    detail: &'a str,
    /// Where the fault is, if it is in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Fault>, required = false)]
    errors: Option<[Fault<'a>; 1]>,
    /// What stands against the change, such as the events that occupy a capture agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    conflicts: Option<serde_json::Value>,
}

/// A part of a request that is at fault: one of pointer, parameter and header.
#[derive(Serialize, ToSchema)]
struct Fault<'a> {
    detail: &'a str,
    /// A JSON pointer into the body whose first step is the form field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "#/metadata/0/fields/1")]
    pointer: Option<&'a str>,
    /// A parameter of the query string.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
    /// A header field.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
}

/// The refusals of the host. What a `missing` object is called only its handler knows.
impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let part = part(&error.subject);
        let is_about_workflow = error.subject == "workflow";
        let message = error.message;
        let problem = match error.reason {
            Reason::Missing => Problem {
                part,
                ..Problem::not_found(message)
            },
            Reason::Denied => Problem::new(401, "unauthorized"),
            Reason::Invalid => Problem {
                part,
                ..Problem::bad_request(message)
            },
            Reason::Conflict => {
                let document = Some(error.document).filter(|document| !document.is_empty());
                Problem {
                    document,
                    ..Problem::new(409, message)
                }
            }
            Reason::Changed => {
                Problem::new(412, "The object has been changed in the meantime. Read it again.").at_header("if-match")
            }
            Reason::Busy => Problem::new(503, message).with_header("retry-after", "1"),
            Reason::Full if error.subject == "upload" => Problem::new(413, message),
            Reason::Full => Problem::new(507, message),
            // The message is for the operator's log, which the host writes.
            Reason::Fault => Problem::new(500, "The server could not do this. Its log says why."),
        };
        Problem {
            is_about_workflow,
            ..problem
        }
    }
}

/// The part of the body that a refusal of the host is about. Mostly it is about a field of the store, of which only the handler knows
/// where it comes from; but two parts are handed on as they are.
fn part(subject: &str) -> Option<Part> {
    let (first, _) = subject.split_once('/').unwrap_or((subject, ""));
    ["scheduling", "processing"]
        .contains(&first)
        .then(|| Part::Body(format!("#/{subject}")))
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Problem {
        Problem {
            headers: denial.headers,
            ..Problem::new(denial.status, denial.message)
        }
    }
}

/// The reason phrase of the statuses in use.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        507 => "Insufficient Storage",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(reason: Reason) -> Error {
        Error {
            reason,
            message: "disk 7 is broken".to_owned(),
            subject: String::new(),
            document: String::new(),
        }
    }

    #[test]
    fn every_refusal_of_the_host_has_its_status() {
        let statuses = [
            (Reason::Missing, 404),
            (Reason::Denied, 401),
            (Reason::Invalid, 400),
            (Reason::Conflict, 409),
            (Reason::Changed, 412),
            (Reason::Busy, 503),
            (Reason::Full, 507),
            (Reason::Fault, 500),
        ];
        for (reason, status) in statuses {
            assert_eq!(Problem::from(refusal(reason)).status, status);
        }
        let too_long = Error {
            subject: "upload".to_owned(),
            ..refusal(Reason::Full)
        };
        assert_eq!(Problem::from(too_long).status, 413);
    }

    #[test]
    fn missing_permission_is_answered_with_the_word_unauthorized() {
        let response = Problem::from(refusal(Reason::Denied)).into_response(false, "application/json");
        assert_eq!(response.header("content-type"), Some("text/plain;charset=utf-8"));
        assert_eq!(response.text(), "unauthorized");
    }

    #[test]
    fn what_broke_inside_is_not_told_to_the_client() {
        assert!(!Problem::from(refusal(Reason::Fault)).message.contains("disk"));
    }

    #[test]
    fn a_busy_tenant_says_when_to_try_again() {
        let response = Problem::from(refusal(Reason::Busy)).into_response(false, "application/json");
        assert_eq!(response.header("retry-after"), Some("1"));
    }

    #[test]
    fn a_conflict_with_details_is_answered_with_these() {
        let error = Error {
            document: "[{\"title\":\"Taken\"}]".to_owned(),
            ..refusal(Reason::Conflict)
        };
        let response = Problem::from(error).into_response(false, "application/v1.11.0+json");
        assert_eq!(response.header("content-type"), Some("application/v1.11.0+json"));
        assert_eq!(response.text(), "[{\"title\":\"Taken\"}]");
    }

    #[test]
    fn problem_details_point_at_the_part_at_fault() {
        let problem = Problem::bad_request("The field 'title' must not be empty.").at_body("metadata/0/fields/1");
        let response = problem.into_response(true, "application/json");
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        let body: serde_json::Value = serde_json::from_str(&response.text()).unwrap();
        assert_eq!(body["status"], 400);
        assert_eq!(body["title"], "Bad Request");
        assert_eq!(body["detail"], "The field 'title' must not be empty.");
        assert_eq!(body["errors"][0]["pointer"], "#/metadata/0/fields/1");
        assert!(body["errors"][0].get("parameter").is_none());
    }
}
