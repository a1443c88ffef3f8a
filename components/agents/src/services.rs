//! `/services/available.json`: where the services are that capture agents look for before they call them.

use lectern_handler::{Context, Problem, Response};
use serde::Serialize;
use serde_json::{Value, json};

/// The services that there are, and where.
const SERVICES: [(&str, &str); 2] = [
    ("org.opencastproject.capture.admin", "/capture-admin"),
    ("org.opencastproject.scheduler", "/recordings"),
];

#[derive(Serialize)]
struct Service {
    r#type: &'static str,
    host: String,
    path: &'static str,
    active: bool,
    online: bool,
    maintenance: bool,
    jobproducer: bool,
    service_state: &'static str,
}

/// The services of the type that is asked for, all if none is. There is no service but these two; what is not there is an empty text, as
/// in Opencast.
pub fn available(context: Context) -> Result<Response, Problem> {
    let wanted = context.query().first("serviceType");
    let services: Vec<Service> = SERVICES
        .iter()
        .filter(|(kind, _)| wanted.as_ref().is_none_or(|wanted| wanted == kind))
        .map(|&(kind, path)| Service {
            r#type: kind,
            host: context.server_url(),
            path,
            active: true,
            online: true,
            maintenance: false,
            jobproducer: false,
            service_state: "NORMAL",
        })
        .collect();
    let services = if services.is_empty() {
        Value::from("")
    } else {
        json!({ "service": services })
    };
    Ok(Response::json_as(
        200,
        "application/json",
        &json!({ "services": services }),
    ))
}
