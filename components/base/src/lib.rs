//! `/api`, `/api/info` and `/api/version`: what the server is and who is asking.
//!
//! These answers are plain `application/json`, whatever version was asked for: clients that do not know yet which versions
//! there are ask here.

use std::collections::BTreeMap;

use lectern_handler::metadata::{Catalogs, EPISODE, SERIES};
use lectern_handler::openapi::texts_by_name;
use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Probe, Problem, Response, Version};
use serde::Serialize;
use utoipa::ToSchema;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: false,
    // The first route only says where it is; this one asks the host for all that there is to be asked here.
    probe: Some(Probe {
        method: "GET",
        path_with_query: "/api/capabilities",
        status: 200,
    }),
};

const ROUTES: &[Route] = &[
    route("GET", "/api", root, |it| {
        it.about("Where the API is and which version it has")
            .answers::<Root>(200, "Address and version.")
    }),
    route("GET", "/api/info/me", me, |it| {
        it.about("Who is asking").answers::<Me>(200, "The user.")
    }),
    route("GET", "/api/info/me/roles", roles, |it| {
        it.about("The roles of who is asking")
            .answers_list::<String>(200, "The roles, in no particular order.")
    }),
    route("GET", "/api/info/organization", organization, |it| {
        it.about("The tenant").answers::<Organization>(200, "The tenant.")
    }),
    route("GET", "/api/info/organization/properties", properties, |it| {
        it.about("The properties of the tenant")
            .answers_shape(200, texts_by_name(), "Texts by name.")
    }),
    route(
        "GET",
        "/api/info/organization/properties/engageuiurl",
        engage_ui_url,
        |it| {
            it.about("Where recordings are watched").answers_shape(
                200,
                texts_by_name(),
                "The property `org.opencastproject.engage.ui.url`; this server unless it is set.",
            )
        },
    ),
    route("GET", "/api/capabilities", capabilities, |it| {
        it.about("What a client may count on here")
            .details(
                "Beyond upstream. Features that every tenant has are there as well, so that a client need not know which server it talks to: \
                 where there is no such address, there is none of them.",
            )
            .answers::<Capabilities>(200, "Features and limits.")
    }),
    route("GET", "/api/version", versions, |it| {
        it.about("The versions of the API").answers::<Versions>(
            200,
            "The versions, oldest first, and the one that answers unless another is asked for.",
        )
    }),
    route("GET", "/api/version/default", default_version, |it| {
        it.about("The version that answers unless another is asked for")
            .answers_shape(200, texts_by_name(), "The version, as `default`.")
    }),
];

lectern_handler::component!(APP);

/// Where the API is.
#[derive(Serialize, ToSchema)]
struct Root {
    #[schema(example = "https://video.example.org/api")]
    url: String,
    #[schema(example = "v1.11.0")]
    version: String,
}

/// Who is asking.
#[derive(Serialize, ToSchema)]
struct Me {
    email: String,
    #[schema(example = "Administrator")]
    name: String,
    /// The user directory that knows the user; empty for those who are not known.
    #[schema(example = "opencast")]
    provider: String,
    /// The role that stands for this user alone.
    #[schema(example = "ROLE_USER_ADMIN")]
    userrole: String,
    #[schema(example = "admin")]
    username: String,
}

/// A tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Organization {
    /// The role that may do everything within the tenant.
    #[schema(example = "ROLE_ADMIN")]
    admin_role: String,
    /// The role of those who did not say who they are.
    #[schema(example = "ROLE_ANONYMOUS")]
    anonymous_role: String,
    #[schema(example = "mh_default_org")]
    id: String,
    #[schema(example = "Opencast Project")]
    name: String,
}

/// What a client may count on here.
#[derive(Serialize, ToSchema)]
struct Capabilities {
    #[schema(example = "mh_default_org")]
    organization: String,
    versions: Vec<String>,
    /// Whether something is there, by name.
    features: BTreeMap<String, bool>,
    /// Limits by name: `body-bytes` of a request, `upload-bytes` of one with files, `answer-ms` until an answer has begun.
    limits: BTreeMap<String, u64>,
    /// The flavors of the metadata catalogs of events and series, the main one first.
    metadata: BTreeMap<&'static str, Vec<String>>,
}

/// The versions of the API.
#[derive(Serialize, ToSchema)]
struct Versions {
    versions: Vec<String>,
    #[schema(example = "v1.11.0")]
    default: String,
}

fn json(value: &impl Serialize) -> Result<Response, Problem> {
    Ok(Response::json_as(200, "application/json", value))
}

fn root(context: Context) -> Result<Response, Problem> {
    json(&Root {
        // As configured, to the letter: some clients compare it with their own setting.
        url: context.configured_url().unwrap_or_else(|| context.api_url()),
        version: Version::NEWEST.to_string(),
    })
}

fn me(context: Context) -> Result<Response, Problem> {
    let principal = context.session.principal();
    json(&Me {
        email: principal.email,
        name: principal.name,
        provider: principal.provider,
        userrole: principal.user_role,
        username: principal.username,
    })
}

fn roles(context: Context) -> Result<Response, Problem> {
    json(&context.session.principal().roles)
}

fn organization(context: Context) -> Result<Response, Problem> {
    let organization = context.session.organization();
    json(&Organization {
        admin_role: organization.admin_role,
        anonymous_role: organization.anonymous_role,
        id: organization.identifier,
        name: organization.name,
    })
}

fn properties(context: Context) -> Result<Response, Problem> {
    let properties: BTreeMap<String, String> = context.session.organization().properties.into_iter().collect();
    json(&properties)
}

fn engage_ui_url(context: Context) -> Result<Response, Problem> {
    const NAME: &str = "org.opencastproject.engage.ui.url";
    let properties = context.session.organization().properties;
    let configured = properties
        .into_iter()
        .find(|(name, _)| name == NAME)
        .map(|(_, url)| url);
    json(&BTreeMap::from([(
        NAME,
        configured.unwrap_or_else(|| context.origin()),
    )]))
}

/// What every tenant has beyond upstream; docs/compatibility.md says more about each.
const ALWAYS: &[&str] = &[
    "conditional-requests",
    "cursors",
    "escapes-in-filters",
    "idempotency-keys",
    "problem-details",
    "total-counts",
    "workflow-lists",
];

fn capabilities(context: Context) -> Result<Response, Problem> {
    let host = context.session.capabilities();
    let always = ALWAYS.iter().map(|name| ((*name).to_owned(), true));
    let flavors = |collection: &str, main| -> Result<_, Problem> {
        Ok(Catalogs::all(&*context.session, collection, main)?.flavors())
    };
    let metadata = BTreeMap::from([
        ("events", flavors("events", &EPISODE)?),
        ("series", flavors("series", &SERIES)?),
    ]);
    json(&Capabilities {
        organization: context.session.organization().identifier,
        versions: Version::all().map(|version| version.to_string()).collect(),
        features: always.chain(host.features).collect(),
        limits: host.limits.into_iter().collect(),
        metadata,
    })
}

fn versions(_: Context) -> Result<Response, Problem> {
    json(&Versions {
        versions: Version::all().map(|version| version.to_string()).collect(),
        default: Version::NEWEST.to_string(),
    })
}

fn default_version(_: Context) -> Result<Response, Problem> {
    json(&BTreeMap::from([("default", Version::NEWEST.to_string())]))
}

#[cfg(test)]
mod tests {
    use lectern_handler::fake::Client;
    use serde_json::json;

    use super::*;

    fn client() -> Client {
        Client::of(&APP)
    }

    fn with_property(name: &str, value: &str) -> Client {
        let client = client();
        client
            .backend
            .store
            .borrow_mut()
            .properties
            .push((name.to_owned(), value.to_owned()));
        client
    }

    #[test]
    fn the_root_is_open_and_names_address_and_version() {
        for path in ["/api", "/api/"] {
            let answer = client().anonymous().get(path);
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(
                answer.json(),
                json!({"url": "http://localhost:8080/api", "version": "v1.11.0"})
            );
        }
    }

    #[test]
    fn a_configured_address_is_shown_to_the_letter() {
        let client = with_property("org.opencastproject.external.api.url", "https://video.example.org/");
        assert_eq!(client.get("/api").json()["url"], "https://video.example.org/");
    }

    #[test]
    fn everything_else_needs_credentials() {
        for path in ["/api/info/me", "/api/version", "/api/nothing"] {
            let answer = client().anonymous().get(path);
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Opencast\""));
        }
    }

    #[test]
    fn a_user_learns_who_they_are() {
        let answer = client().get("/api/info/me");
        assert_eq!(
            answer.json(),
            json!({
                "email": "", "name": "Display name of admin", "provider": "opencast",
                "userrole": "ROLE_USER_ADMIN", "username": "admin"
            })
        );
        let answer = client().identified("alice", &["ROLE_A"]).get("/api/info/me/roles");
        assert_eq!(answer.json(), json!(["ROLE_A", "ROLE_USER_ALICE"]));
    }

    #[test]
    fn the_organization_is_named_without_its_properties() {
        assert_eq!(
            client().get("/api/info/organization").json(),
            json!({
                "adminRole": "ROLE_ADMIN", "anonymousRole": "ROLE_ANONYMOUS",
                "id": "mh_default_org", "name": "Opencast Project"
            })
        );
    }

    #[test]
    fn properties_are_an_object_even_if_there_are_none() {
        assert_eq!(client().get("/api/info/organization/properties").text, "{}");
        let client = with_property("a", "b");
        assert_eq!(
            client.get("/api/info/organization/properties").json(),
            json!({"a": "b"})
        );
    }

    #[test]
    fn the_engage_address_is_the_configured_one_or_this_server() {
        let path = "/api/info/organization/properties/engageuiurl";
        const NAME: &str = "org.opencastproject.engage.ui.url";
        assert_eq!(client().get(path).json()[NAME], "http://localhost:8080");
        let client = with_property(NAME, "https://engage.example.org");
        assert_eq!(client.get(path).json()[NAME], "https://engage.example.org");
    }

    #[test]
    fn a_client_learns_what_it_may_count_on() {
        let answer = client().get("/api/capabilities").json();
        assert_eq!(answer["organization"], "mh_default_org");
        assert_eq!(answer["features"]["cursors"], true);
        assert_eq!(answer["features"]["signed-urls"], false);
        assert_eq!(answer["limits"]["body-bytes"], 1 << 20);
        assert_eq!(answer["metadata"]["series"], json!(["dublincore/series"]));
        let client = client();
        client.backend.store.borrow_mut().signed = "https://video.example/".to_owned();
        assert_eq!(client.get("/api/capabilities").json()["features"]["signed-urls"], true);
    }

    #[test]
    fn versions_are_listed_oldest_first_whatever_version_is_asked_for() {
        for client in [client(), client().speaking("1.0.0")] {
            let answer = client.get("/api/version/");
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(
                answer.json(),
                json!({
                    "versions": ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0", "v1.7.0",
                                 "v1.8.0", "v1.9.0", "v1.10.0", "v1.11.0"],
                    "default": "v1.11.0"
                })
            );
            assert_eq!(client.get("/api/version/default").json(), json!({"default": "v1.11.0"}));
        }
    }

    #[test]
    fn a_version_that_does_not_exist_is_not_acceptable() {
        let answer = client().speaking("2.0.0").get("/api");
        assert_eq!(answer.status, 406);
        assert!(answer.text.contains("v1.11.0"), "{}", answer.text);
    }

    #[test]
    fn an_unknown_path_is_not_found_and_says_so_in_text() {
        let answer = client().get("/api/versions");
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
        assert!(answer.text.contains("/api/versions"));
    }

    #[test]
    fn a_method_that_is_not_served_is_told_which_are() {
        let answer = client().send("POST", "/api/version");
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }

    #[test]
    fn head_is_answered_like_get() {
        assert_eq!(
            client().send("HEAD", "/api/version/default"),
            client().get("/api/version/default")
        );
    }
}
