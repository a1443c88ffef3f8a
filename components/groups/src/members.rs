//! `/api/groups/{id}/members`: one member more or less.

use lectern_handler::api::{Transaction, Value, assign};
use lectern_handler::object::Found;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response};

use crate::{GROUPS, named, refused};

const MEMBERS: &[&str] = &["members"];

/// `POST /api/groups/{id}/members`. Who has no account yet can be a member as well.
pub fn add(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let member = form.required("member")?.trim();
    let was_member = change(&context, member, true)?;
    Ok(answer(was_member, "Member is already member of group."))
}

/// `DELETE /api/groups/{id}/members/{member}`
pub fn remove(context: Context) -> Result<Response, Problem> {
    let was_member = change(&context, context.path("member"), false)?;
    Ok(answer(!was_member, "Member is already not member of group."))
}

/// Lets somebody be a member or not; gives whether it was one.
fn change(context: &Context, member: &str, is_member: bool) -> Result<bool, Problem> {
    let group = named(context);
    let change = |found: &Found, transaction: &dyn Transaction| {
        let mut members = members(found).to_vec();
        members.retain(|other| other != member);
        if is_member {
            members.push(member.to_owned());
        }
        let members = assign("members", Value::Texts(members));
        transaction.update(GROUPS, group.identifier, &[members]);
    };
    let found = group.change_found(context, MEMBERS, false, change, |error| match error.subject.as_str() {
        "members" if error.reason == lectern_handler::api::Reason::Invalid => {
            Problem::bad_request(error.message).at_body("member")
        }
        _ => refused(error),
    })?;
    Ok(members(&found).iter().any(|known| known == member))
}

fn members(found: &Found) -> &[String] {
    Row(found.values()).texts(0)
}

/// Nothing to say about what has happened, and a sentence if nothing had to happen.
fn answer(is_as_before: bool, sentence: &str) -> Response {
    let text = if is_as_before { sentence } else { "" };
    Response::new(200).with_body("text/plain;charset=utf-8", text.as_bytes().to_vec())
}
