//! What a route is described with.

use serde_json::Value;
use utoipa::openapi::schema::{Array, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{file, flag, integer, one_of, text};
use crate::list::Listing;

/// The description of a route in the making.
#[derive(Default)]
pub struct Description(Operation);

/// What is known about a route besides its method, path and version.
#[derive(Default)]
pub struct Operation {
    /// One line.
    pub summary: &'static str,
    /// What more there is to say, in Markdown.
    pub details: String,
    /// What the segments in braces mean.
    pub segments: Vec<(&'static str, &'static str)>,
    /// The parameters of the query string.
    pub query: Vec<Field>,
    /// Header fields of the request.
    pub headers: Vec<Field>,
    /// The form fields of the body.
    pub form: Vec<Field>,
    /// Whether the body may only be `multipart/form-data`.
    pub is_multipart: bool,
    /// What it answers.
    pub answers: Vec<Answer>,
    /// The types that the schemas refer to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

/// A parameter or form field.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub about: String,
    /// Its shape.
    pub schema: RefOr<Schema>,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it may look like.
    pub example: Option<Value>,
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// When it is given, or what it is.
    pub about: String,
    /// What is in the body; none if it is empty, or the sentence of a refusal.
    pub body: Option<Body>,
    /// Header fields and their meaning.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// The body of an answer.
pub enum Body {
    /// JSON, in the media types of the API's versions.
    Json(Box<RefOr<Schema>>),
    /// Something else, in this media type.
    Other(&'static str),
}

impl Answer {
    /// An answer without header fields.
    pub fn new(status: u16, about: &str, body: Option<Body>) -> Answer {
        Answer {
            status,
            about: about.to_owned(),
            body,
            headers: Vec::new(),
        }
    }
}

impl Description {
    /// What the route is for, in one line.
    pub fn about(mut self, summary: &'static str) -> Self {
        self.0.summary = summary;
        self
    }

    /// What more there is to say, in Markdown.
    pub fn details(mut self, details: &str) -> Self {
        let known = &mut self.0.details;
        if !known.is_empty() {
            known.push_str("\n\n");
        }
        known.push_str(details);
        self
    }

    /// What a segment in braces means. An `{id}` need not be explained.
    pub fn segment(mut self, name: &'static str, about: &'static str) -> Self {
        self.0.segments.push((name, about));
        self
    }

    /// A parameter of the query string.
    pub fn query(mut self, name: &'static str, schema: RefOr<Schema>, about: &str) -> Self {
        self.0.query.push(field(name, schema, false, about));
        self
    }

    /// A parameter of the query string that is `true` or `false`.
    pub fn flag(self, name: &'static str, about: &str) -> Self {
        self.query(name, flag(), about)
    }

    /// The parameters and header fields of a list.
    pub fn list(self, listing: &Listing) -> Self {
        let filters = listing.filters.filters.iter();
        let filters: Vec<_> = filters
            .map(|filter| format!("`{}` (v1.{}.0)", filter.name, filter.since.minor()))
            .collect();
        let filter = format!(
            "Criteria that must all be met: `name:value,name:value`; a backslash before `,`, `:` or `\\` makes it part of the value. The \
             names, with the version that brought them: {}.{}",
            filters.join(", "),
            match listing.alternatives_since {
                Some(version) => format!(" From {version} on the parameter may be repeated; then any of them will do."),
                None => String::new(),
            }
        );
        let sorts: Vec<_> = listing.sorts.iter().map(|(name, _)| format!("`{name}`")).collect();
        let sort = format!(
            "The order: `name:ASC` or `name:DESC`, several separated by commas. The names: {}.",
            sorts.join(", ")
        );
        let limit = match listing.default_limit {
            Some(limit) => format!("How many to return at most; {limit} unless given."),
            None => "How many to return at most; all unless given.".to_owned(),
        };
        self.query("filter", text(), &filter)
            .query("sort", text(), &sort)
            .query("limit", integer(), &limit)
            .query("offset", integer(), "How many to leave out at the start.")
            .query(
                "cursor",
                text(),
                "Where an earlier page ended, from the `Link` header of its answer: neither gaps nor repeats, whatever is written meanwhile.",
            )
            .flag("onlyWithWriteAccess", "Only what the user may also write.")
    }

    /// Answers with a page of a list.
    pub fn answers_page<T: ToSchema>(self, about: &str) -> Self {
        let mut described = self.answers_list::<T>(200, about);
        if let Some(answer) = described.0.answers.last_mut() {
            answer.headers.extend([
                ("x-total-count", "How many there are altogether."),
                (
                    "link",
                    "The first, previous, next and last page (RFC 8288), if there is a limit.",
                ),
            ]);
        }
        described
    }

    /// A form field of the body with this shape; what is not text is JSON.
    pub fn field<T: ToSchema>(mut self, name: &'static str, is_required: bool, about: &str) -> Self {
        let schema = self.schema::<T>();
        self.0.form.push(field(name, schema, is_required, about));
        self
    }

    /// A form field that is a JSON array.
    pub fn list_field<T: ToSchema>(mut self, name: &'static str, is_required: bool, about: &str) -> Self {
        let schema = Array::new(self.schema::<T>()).into();
        self.0.form.push(field(name, schema, is_required, about));
        self
    }

    /// A form field of a shape that has no type of its own.
    pub fn shaped_field(mut self, name: &'static str, schema: RefOr<Schema>, is_required: bool, about: &str) -> Self {
        self.0.form.push(field(name, schema, is_required, about));
        self
    }

    /// A form field that is one of these texts.
    pub fn choice_field(mut self, name: &'static str, texts: &[&str], about: &str) -> Self {
        self.0.form.push(field(name, one_of(texts), false, about));
        self
    }

    /// What the last form field or parameter may look like.
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        let fields = if self.0.form.is_empty() {
            &mut self.0.query
        } else {
            &mut self.0.form
        };
        if let Some(field) = fields.last_mut() {
            field.example = Some(example.into());
        }
        self
    }

    /// A file in the body, which therefore has to be multipart.
    pub fn file(mut self, name: &'static str, is_required: bool, about: &str) -> Self {
        self.0.form.push(field(name, file(), is_required, about));
        self.multipart()
    }

    /// The body must be `multipart/form-data`.
    pub fn multipart(mut self) -> Self {
        self.0.is_multipart = true;
        self
    }

    /// Answers with JSON of this type.
    pub fn answers<T: ToSchema>(mut self, status: u16, about: &str) -> Self {
        let schema = self.schema::<T>();
        self.0
            .answers
            .push(Answer::new(status, about, Some(Body::Json(Box::new(schema)))));
        self
    }

    /// Answers with a JSON array.
    pub fn answers_list<T: ToSchema>(mut self, status: u16, about: &str) -> Self {
        let schema = Array::new(self.schema::<T>()).into();
        self.0
            .answers
            .push(Answer::new(status, about, Some(Body::Json(Box::new(schema)))));
        self
    }

    /// Answers with JSON of a shape that has no type of its own.
    pub fn answers_shape(mut self, status: u16, schema: RefOr<Schema>, about: &str) -> Self {
        self.0
            .answers
            .push(Answer::new(status, about, Some(Body::Json(Box::new(schema)))));
        self
    }

    /// Answers without a body if it is a success, and with one sentence if it is a refusal.
    pub fn answers_plainly(mut self, status: u16, about: &str) -> Self {
        self.0.answers.push(Answer::new(status, about, None));
        self
    }

    /// Answers with something that is not JSON.
    pub fn answers_with(mut self, status: u16, media_type: &'static str, about: &str) -> Self {
        let body = Some(Body::Other(media_type));
        self.0.answers.push(Answer::new(status, about, body));
        self
    }

    /// A header field of the last answer.
    pub fn with_header(mut self, name: &'static str, about: &'static str) -> Self {
        if let Some(answer) = self.0.answers.last_mut() {
            answer.headers.push((name, about));
        }
        self
    }

    /// The path names an object: 404 if it is not there, or may not be read.
    pub fn of_object(self) -> Self {
        self.answers_plainly(404, "There is no such object, or the user may not read it.")
    }

    /// Reads an object: as [`of_object`](Self::of_object), and with an `ETag`.
    pub fn reads_object(mut self) -> Self {
        for answer in &mut self.0.answers {
            answer
                .headers
                .push(("etag", "Changes with everything that the answer shows."));
        }
        let about = "The `etag` of an earlier answer: 304 if nothing has changed since.";
        self.0.headers.push(field("if-none-match", text(), false, about));
        self.answers_plainly(304, "Nothing has changed since the answer with the given `ETag`.")
            .of_object()
    }

    /// Changes an object: as [`of_object`](Self::of_object), 401 without permission, and on the condition of `If-Match`.
    pub fn changes_object(mut self) -> Self {
        let about = "The `etag` of an earlier answer: 412 if the object has changed since.";
        self.0.headers.push(field("if-match", text(), false, about));
        self.answers_plainly(412, "The object has changed since the answer with the given `ETag`.")
            .of_object()
    }

    /// Takes an `Idempotency-Key`.
    pub fn happens_once(mut self) -> Self {
        let about = "Chosen by the client: within 24 hours, a request that is sent again under the same key is answered and not carried out \
                     again.";
        self.0.headers.push(field("idempotency-key", text(), false, about));
        self.answers_plainly(422, "The `Idempotency-Key` was used for another request.")
    }

    /// What has been written down.
    pub fn done(self) -> Operation {
        self.0
    }

    /// A reference to a type, or its schema if it is a simple one. Remembers what there is to refer to.
    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let schema = <T as PartialSchema>::schema();
        T::schemas(&mut self.0.schemas);
        match &schema {
            RefOr::T(Schema::Object(object)) if object.properties.is_empty() => schema,
            RefOr::T(Schema::Object(_) | Schema::AllOf(_) | Schema::OneOf(_)) => {
                let name = T::name().into_owned();
                self.0.schemas.push((name.clone(), schema));
                Ref::from_schema_name(name).into()
            }
            _ => schema,
        }
    }
}

fn field(name: &'static str, schema: RefOr<Schema>, is_required: bool, about: &str) -> Field {
    Field {
        name,
        about: about.to_owned(),
        schema,
        is_required,
        example: None,
    }
}
