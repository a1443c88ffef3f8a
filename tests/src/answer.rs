//! An answer and what tests ask of it.

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

/// A complete HTTP answer. Its methods say which request went wrong.
#[derive(Clone, Debug)]
pub struct Answer {
    request: String,
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    pub(crate) fn new(request: String, status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            request,
            status,
            headers,
            body,
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header field's value, if the field is there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// The body as JSON; asserts that it is labelled as such.
    #[track_caller]
    pub fn json(&self) -> Value {
        let content_type = self.header("content-type").unwrap_or_default();
        assert!(
            content_type
                .split(';')
                .next()
                .is_some_and(|kind| kind.ends_with("json")),
            "{self}\nmust be labelled as JSON"
        );
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{self}\nmust be JSON: {error}"))
    }

    /// The `identifier` of each object of a list, in order.
    #[track_caller]
    pub fn identifiers(&self) -> Vec<String> {
        self.column("identifier")
    }

    /// One text member of each object of a list, in order.
    #[track_caller]
    pub fn column(&self, member: &str) -> Vec<String> {
        let json = self.json();
        let list = json.as_array().unwrap_or_else(|| panic!("{self}\nmust be a list"));
        let text = |object: &Value| object[member].as_str().map(str::to_owned);
        list.iter()
            .map(|object| text(object).unwrap_or_else(|| panic!("{self}\neach object must have a text {member:?}")))
            .collect()
    }

    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}\nmust have status {status}");
        self
    }

    /// Asserts a refusal whose body says what was wrong: a text that contains `part`.
    #[track_caller]
    pub fn refused(self, status: u16, part: &str) -> Self {
        let answer = self.expect(status);
        assert!(answer.text().contains(part), "{answer}\nmust name {part:?}");
        answer
    }

    /// Asserts a status without a body, as in 204.
    #[track_caller]
    pub fn expect_empty(self, status: u16) -> Self {
        let answer = self.expect(status);
        assert!(answer.body.is_empty(), "{answer}\nmust have no body");
        answer
    }

    /// Asserts that the server neither failed nor is at fault.
    #[track_caller]
    pub fn not_5xx(self) -> Self {
        assert!(self.status < 500, "{self}\nmust not be a 5xx");
        self
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}\n=> {}", self.request, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "  {}", self.text().chars().take(2000).collect::<String>())
    }
}
