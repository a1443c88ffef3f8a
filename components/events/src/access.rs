//! `/api/events/{id}/acl`

use lectern_handler::acl::{self, Allow};
use lectern_handler::{Context, Problem, Response};

use crate::{EVENTS, named};

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
    let changed = event.change(&context, |transaction| {
        transaction.set_acl(EVENTS, event.identifier, Some(&acl))
    });
    changed.map_err(unless_active)?;
    Ok(Response::no_content())
}

pub fn grant(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let event = named(&context);
    let role = form
        .required("role")
        .map_err(|problem| event.if_found(&context, problem))?;
    let action = context.path("action");
    let changed = event.change(&context, |transaction| {
        transaction.grant(EVENTS, event.identifier, action, role)
    });
    changed.map_err(unless_active)?;
    Ok(Response::no_content())
}

pub fn revoke(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let (action, role) = (context.path("action"), context.path("role"));
    let revoked = event.change(&context, |transaction| {
        transaction.revoke(EVENTS, event.identifier, action, role)
    });
    revoked.map_err(|problem| match problem.status {
        404 => event.if_found(
            &context,
            Problem::not_found(format!(
                "The access list of the event with id '{}' says nothing about role '{role}' and action '{action}'.",
                event.identifier
            )),
        ),
        _ => unless_active(problem),
    })?;
    Ok(Response::no_content())
}

/// The only conflict of an access list is with a workflow that is active on the event. Clients know it as this status.
fn unless_active(problem: Problem) -> Problem {
    match problem.status {
        409 => Problem::new(403, problem.message),
        _ => problem,
    }
}
