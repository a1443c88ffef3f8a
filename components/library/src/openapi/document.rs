//! The document: what [operations](super::Operation) say, and what holds for all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, License, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Ref,
    RefOr, Required, encoding::EncodingBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::operation::{Answer, Body, Description, Field, Operation};
use super::text;
use crate::error::Details;
use crate::route::Route;
use crate::version::{PROBLEM, has_versions};
use crate::{App, Version};

/// The routes of one handler.
pub struct Part {
    /// What they are about: `events`.
    pub name: &'static str,
    /// What there is to say about them.
    pub about: &'static str,
    /// The handler.
    pub app: &'static App,
}

/// What is said about the whole API.
const ABOUT: &str = "The External API of Opencast, in all versions from 1.0.0 to 1.11.0, as Lectern answers it.

The version is negotiated by media type: `Accept: application/v1.8.0+json`; without one the newest answers. Bodies are forms, \
`multipart/form-data` or `application/x-www-form-urlencoded`, and what is structured in them is JSON. Errors are one sentence of plain \
text, or problem details (RFC 9457) for those who accept `application/problem+json`.";

/// Makes the document. `roles` gives the roles of which a method and path require one; none for what is open to all.
///
/// # Errors
/// Names the two routes or types that contradict each other.
pub fn document(parts: &[Part], roles: impl Fn(&str, &str) -> Option<Vec<&'static str>>) -> Result<OpenApi, String> {
    let mut paths: BTreeMap<&str, PathItem> = BTreeMap::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut shared = vec![(Details::name().into_owned(), Details::schema())];
    Details::schemas(&mut shared);
    schemas.extend(shared);
    for part in parts {
        // What a handler answers elsewhere is not part of the API.
        for route in part.app.routes.iter().filter(|route| has_versions(route.pattern)) {
            let operation = (route.describe)(Description::default()).done();
            for (name, schema) in &operation.schemas {
                let known = schemas.entry(name.clone()).or_insert_with(|| schema.clone());
                if known != schema {
                    return Err(format!("There are two different types of the name {name}."));
                }
            }
            let item = paths.entry(route.pattern).or_default();
            let place = place(route.method)?(item);
            if place.is_some() {
                return Err(format!("{} {} is there twice.", route.method, route.pattern));
            }
            *place = Some(built(part, route, operation, roles(route.method, route.pattern)).build());
        }
    }
    let paths = paths
        .into_iter()
        .fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let scheme = |scheme: HttpAuthScheme, about: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(about)).build())
    };
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("basic", scheme(HttpAuthScheme::Basic, "User name and password."))
        .security_scheme(
            "bearer",
            scheme(
                HttpAuthScheme::Bearer,
                "An API key, or a JSON Web Token of somebody whom the tenant trusts.",
            ),
        );
    let tags = parts
        .iter()
        .map(|part| TagBuilder::new().name(part.name).description(Some(part.about)).build());
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    let info = InfoBuilder::new()
        .title("Lectern, an Opencast-compatible External API")
        .version(Version::NEWEST.to_string().trim_start_matches('v'))
        .description(Some(ABOUT))
        .license(Some(license));
    let nothing: [&str; 0] = [];
    Ok(OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .security(Some([
            SecurityRequirement::new("basic", nothing),
            SecurityRequirement::new("bearer", nothing),
        ]))
        .tags(Some(tags))
        .build())
}

/// Where an operation is found among those of a path.
fn place(method: &str) -> Result<fn(&mut PathItem) -> &mut Option<utoipa::openapi::path::Operation>, String> {
    Ok(match method {
        "GET" => |item| &mut item.get,
        "POST" => |item| &mut item.post,
        "PUT" => |item| &mut item.put,
        "DELETE" => |item| &mut item.delete,
        other => return Err(format!("The method {other} cannot be described.")),
    })
}

fn built(part: &Part, route: &Route, operation: Operation, roles: Option<Vec<&'static str>>) -> OperationBuilder {
    let media_types = media_types(part.app, route.since);
    let mut details = operation.details.clone();
    let mut add = |sentence: String| {
        if !details.is_empty() {
            details.push_str("\n\n");
        }
        details.push_str(&sentence);
    };
    if route.since > Version::V1_0 {
        add(format!("Since version {}.", route.since));
    }
    match roles.as_deref() {
        None => add("Open to everybody.".to_owned()),
        Some(roles) => {
            let roles: Vec<_> = roles.iter().map(|role| format!("`{role}`")).collect();
            let or = if roles.is_empty() { "" } else { " or " };
            add(format!("Requires the role {}{or}`ROLE_ADMIN`.", roles.join(" or ")));
        }
    }
    let extensions = roles.map(|roles| ExtensionsBuilder::new().add("x-required-roles", json!(roles)).build());
    let mut builder = OperationBuilder::new()
        .tag(part.name)
        .summary(Some(operation.summary))
        .description(Some(details))
        .operation_id(Some(operation_id(route)))
        .extensions(extensions);
    for parameter in parameters(route, &operation) {
        builder = builder.parameter(parameter);
    }
    if !operation.form.is_empty() {
        builder = builder.request_body(Some(body(&operation).build()));
    }
    let mut answers = operation.answers;
    for (status, about) in common(route.method, !operation.form.is_empty()) {
        if answers.iter().all(|answer| answer.status != status) {
            answers.push(Answer::new(status, about, None));
        }
    }
    // One status may have been given several reasons.
    let mut by_status: BTreeMap<u16, Vec<Answer>> = BTreeMap::new();
    for answer in answers {
        by_status.entry(answer.status).or_default().push(answer);
    }
    for (status, answers) in by_status {
        builder = builder.response(status.to_string(), response(status, &answers, &media_types));
    }
    builder
}

/// `get_events_id_acl`.
fn operation_id(route: &Route) -> String {
    let words: String = route
        .pattern
        .trim_start_matches("/api")
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
        .collect();
    let words = words.split('_').filter(|word| !word.is_empty());
    std::iter::once(route.method.to_ascii_lowercase().as_str())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

/// What a version-negotiating client may get, the newest version first: viewers offer the first one.
fn media_types(app: &App, since: Version) -> Vec<&'static str> {
    if app.versioned {
        Version::all()
            .rev()
            .filter(|version| *version >= since)
            .map(Version::media_type)
            .collect()
    } else {
        vec!["application/json"]
    }
}

fn parameters(route: &Route, operation: &Operation) -> Vec<Parameter> {
    let segments = route
        .pattern
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let segments = segments.map(|name| {
        let known = operation.segments.iter().find(|(known, _)| *known == name);
        let about = known.map_or("The identifier.", |(_, about)| about);
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(about))
            .schema(Some(
                ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .min_length(Some(1)),
            ))
            .build()
    });
    let query = operation.query.iter().map(|field| parameter(field, ParameterIn::Query));
    let headers = operation
        .headers
        .iter()
        .map(|field| parameter(field, ParameterIn::Header));
    segments.chain(query).chain(headers).collect()
}

fn parameter(field: &Field, place: ParameterIn) -> Parameter {
    ParameterBuilder::new()
        .name(field.name)
        .parameter_in(place)
        .required(required(field.is_required))
        .description(Some(field.about.as_str()))
        .schema(Some(field.schema.clone()))
        .example(field.example.clone())
        .build()
}

fn required(is_required: bool) -> Required {
    if is_required { Required::True } else { Required::False }
}

fn body(operation: &Operation) -> RequestBodyBuilder {
    let mut schema = ObjectBuilder::new();
    let mut example = serde_json::Map::new();
    for field in &operation.form {
        schema = schema.property(field.name, described(field));
        if field.is_required {
            schema = schema.required(field.name);
        }
        if let Some(value) = &field.example {
            example.insert(field.name.to_owned(), value.clone());
        }
    }
    let schema = schema.build();
    let content = || {
        let content = ContentBuilder::new()
            .schema(Some(schema.clone()))
            .example((!example.is_empty()).then(|| Value::Object(example.clone())));
        operation
            .form
            .iter()
            .filter(|field| is_structured(&field.schema))
            .fold(content, |content, field| {
                let encoding = EncodingBuilder::new().content_type(Some("application/json"));
                content.encoding(field.name, encoding.build())
            })
            .build()
    };
    let body = RequestBodyBuilder::new()
        .required(Some(required(operation.form.iter().any(|field| field.is_required))))
        .content("multipart/form-data", content());
    if operation.is_multipart {
        body
    } else {
        body.content("application/x-www-form-urlencoded", content())
    }
}

/// The schema of a form field together with what it means.
fn described(field: &Field) -> RefOr<Schema> {
    match field.schema.clone() {
        RefOr::Ref(mut reference) => {
            reference.description.clone_from(&field.about);
            reference.into()
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(field.about.clone());
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(field.about.clone());
            array.into()
        }
        other => other,
    }
}

fn is_structured(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::Ref(_) | RefOr::T(Schema::Array(_)) => true,
        RefOr::T(Schema::Object(object)) => object.additional_properties.is_some(),
        RefOr::T(_) => false,
    }
}

/// The answers that every route may give.
fn common(method: &str, has_body: bool) -> impl Iterator<Item = (u16, &'static str)> {
    let always = [
        (400, "The request makes no sense; the answer names the part at fault."),
        (
            401,
            "There are no credentials, they are wrong, or the user may not do this to the object.",
        ),
        (403, "The user lacks the role that this requires."),
        (406, "No version that the client accepts has this."),
        (429, "Too many wrong credentials; `Retry-After` says when to go on."),
        (500, "The server failed. Its log says why."),
        (
            503,
            "The server has too much to do; `Retry-After` says when to try again.",
        ),
        (504, "It took too long."),
    ];
    let with_body = [
        (408, "The body did not arrive in time."),
        (413, "The body is too large."),
        (415, "The body is not a form."),
    ];
    let writing = [(507, "There is no room to store this.")];
    let is_writing = method != "GET";
    always
        .into_iter()
        .chain(with_body.into_iter().filter(move |_| has_body))
        .chain(writing.into_iter().filter(move |_| is_writing))
}

/// What JSON answers of one status may look like, if there are several ways.
fn any_of(answers: &[Answer]) -> Option<RefOr<Schema>> {
    let schemas = answers.iter().filter_map(|answer| match &answer.body {
        Some(Body::Json(schema)) => Some((**schema).clone()),
        _ => None,
    });
    let all = schemas.fold(AnyOfBuilder::new(), AnyOfBuilder::item).build();
    (all.items.len() > 1).then(|| Schema::AnyOf(all).into())
}

fn response(status: u16, answers: &[Answer], media_types: &[&str]) -> ResponseBuilder {
    let about: Vec<&str> = answers.iter().map(|answer| answer.about.as_str()).collect();
    let mut response = ResponseBuilder::new().description(about.join(" "));
    let json = any_of(answers);
    for answer in answers {
        for (name, about) in &answer.headers {
            let header = HeaderBuilder::new()
                .schema(Some(text()))
                .description(Some(*about))
                .build();
            response = response.header(*name, header);
        }
        let (types, schema) = match &answer.body {
            None => continue,
            Some(Body::Json(schema)) => (media_types, json.clone().unwrap_or_else(|| (**schema).clone())),
            Some(Body::Other(media_type)) => (std::slice::from_ref(media_type), text()),
        };
        for media_type in types {
            let content = ContentBuilder::new().schema(Some(schema.clone())).build();
            response = response.content(*media_type, content);
        }
    }
    if status >= 400 {
        let sentence = ContentBuilder::new().schema(Some(text())).build();
        let details = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(Details::name())))
            .build();
        response = response.content("text/plain", sentence).content(PROBLEM, details);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Client;
    use crate::openapi::integer;
    use crate::route::route;
    use crate::{Context, Problem, Response};

    /// A thing.
    #[derive(serde::Serialize, utoipa::ToSchema)]
    struct Thing {
        /// What it is called.
        name: String,
    }

    fn nothing(_: Context) -> Result<Response, Problem> {
        Ok(Response::no_content())
    }

    fn list(it: Description) -> Description {
        it.about("All things")
            .query("age", integer(), "How old.")
            .answers_list::<Thing>(200, "The things.")
    }

    fn create(it: Description) -> Description {
        it.about("A new thing")
            .field::<String>("name", true, "What it is called.")
            .list_field::<Thing>("parts", false, "What it is made of.")
            .answers_plainly(204, "It is there.")
            .answers_plainly(409, "There is one already.")
    }

    const APP: App = App {
        routes: &[
            route("GET", "/api/things", nothing, list),
            Route {
                since: Version::V1_1,
                ..route("POST", "/api/things/{id}", nothing, create)
            },
        ],
        versioned: true,
        probe: None,
    };

    fn made() -> Value {
        let part = Part {
            name: "things",
            about: "Things.",
            app: &APP,
        };
        let roles = |method: &str, _: &str| (method == "POST").then(|| vec!["ROLE_THINGS"]);
        serde_json::to_value(document(&[part], roles).unwrap()).unwrap()
    }

    #[test]
    fn methods_paths_and_versions_are_those_of_the_routes() {
        let document = made();
        assert_eq!(document["openapi"], "3.1.0");
        let list = &document["paths"]["/api/things"]["get"];
        assert_eq!(list["responses"]["200"]["content"].as_object().unwrap().len(), 12);
        let create = &document["paths"]["/api/things/{id}"]["post"];
        assert_eq!(create["parameters"][0]["name"], "id");
        assert!(create["description"].as_str().unwrap().contains("Since version v1.1.0"));
        assert_eq!(create["x-required-roles"], json!(["ROLE_THINGS"]));
        assert_eq!(Client::of(&APP).get("/api/things").status, 204);
    }

    #[test]
    fn types_are_referred_to_by_name() {
        let document = made();
        let schema = &document["paths"]["/api/things"]["get"]["responses"]["200"]["content"]["application/v1.3.0+json"]
            ["schema"];
        assert_eq!(schema["items"]["$ref"], "#/components/schemas/Thing");
        let thing = &document["components"]["schemas"]["Thing"];
        assert_eq!(thing["properties"]["name"]["description"], "What it is called.");
    }

    #[test]
    fn refusals_are_sentences_or_problem_details() {
        let document = made();
        let responses = &document["paths"]["/api/things/{id}"]["post"]["responses"];
        for status in ["400", "401", "409", "413", "507"] {
            let content = responses[status]["content"].as_object().unwrap();
            let types: Vec<_> = content.keys().map(String::as_str).collect();
            assert_eq!(types, ["application/problem+json", "text/plain"], "{status}");
        }
        assert!(responses["204"].get("content").is_none());
    }

    #[test]
    fn two_types_of_one_name_are_not_mixed_up() {
        mod other {
            #[derive(utoipa::ToSchema)]
            pub struct Thing {
                #[allow(dead_code, reason = "only its shape is of interest")]
                pub age: i64,
            }
        }
        fn other(it: Description) -> Description {
            it.answers::<other::Thing>(200, "Another one.")
        }
        static APP: App = App {
            routes: &[
                route("GET", "/api/things", nothing, list),
                route("GET", "/api/others", nothing, other),
            ],
            versioned: true,
            probe: None,
        };
        let part = Part {
            name: "things",
            about: "Things.",
            app: &APP,
        };
        let error = document(&[part], |_, _| None).err().unwrap();
        assert!(error.contains("Thing"), "{error}");
    }
}
