//! `/api/events/{id}/acl`

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Error, Reason, Transaction};
use lectern_handler::{Context, Problem, Response};

use crate::{EVENTS, named};

/// The subject of refusals that are due to an active workflow.
const WORKFLOW: &str = "workflow";

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, &[], true)?;
    Ok(found.respond(&context, || {
        Response::json(200, context.version, &acl::Shown(found.acl()))
    }))
}

pub fn replace(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let event = named(&context);
    let acl = form
        .required("acl")
        .and_then(|text| acl::parse("acl", text, Allow::Required))
        .map_err(|problem| event.if_found(&context, problem))?;
    let change = |transaction: &dyn Transaction| transaction.set_acl(EVENTS, event.identifier, Some(&acl));
    event.commit(&context, change, refused)?;
    Ok(Response::no_content())
}

pub fn grant(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let event = named(&context);
    let role = form
        .required("role")
        .map_err(|problem| event.if_found(&context, problem))?;
    let action = context.path("action");
    let change = |transaction: &dyn Transaction| transaction.grant(EVENTS, event.identifier, action, role);
    event.commit(&context, change, refused)?;
    Ok(Response::no_content())
}

pub fn revoke(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let (action, role) = (context.path("action"), context.path("role"));
    let change = |transaction: &dyn Transaction| transaction.revoke(EVENTS, event.identifier, action, role);
    let revoked = event.commit(&context, change, refused);
    revoked.map_err(|problem| match problem.status {
        404 => event.if_found(
            &context,
            Problem::not_found(format!(
                "The access list of the event with id '{}' says nothing about role '{role}' and action '{action}'.",
                event.identifier
            )),
        ),
        _ => problem,
    })?;
    Ok(Response::no_content())
}

/// While a workflow is active on the event its access list stays as it is. Clients know that as 403.
fn refused(error: Error) -> Problem {
    if error.reason == Reason::Conflict && error.subject == WORKFLOW {
        Problem::new(403, error.message)
    } else {
        Problem::from(error)
    }
}
