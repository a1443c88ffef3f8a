//! Creating groups and changing them.

use lectern_handler::api::{Assignment, Reason, Transaction, Value, assign};
use lectern_handler::creation::once;
use lectern_handler::form::Form;
use lectern_handler::{Context, Problem, Response};

use crate::{GROUPS, named, refused};

/// `POST /api/groups`. The answer says no more than that it worked: the identifier follows from the name.
pub fn create(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let name = form.required("name")?;
    let identifier = identifier(name);
    let mut fields = vec![assign("name", Value::Text(name.to_owned()))];
    if let Some(description) = form.filled("description") {
        fields.push(assign("description", Value::Text(description.to_owned())));
    }
    fields.extend(lists(&form));
    let create = |transaction: &dyn Transaction| {
        transaction.create(GROUPS, Some(&identifier), &fields, None);
        Ok((Response::new(201), ()))
    };
    once(&context, &form, create, |error, ()| match error.reason {
        Reason::Conflict => {
            let message = format!("There already is a group with id '{identifier}', which follows from its name.");
            Problem::new(409, message).at_body("name")
        }
        _ => refused(error),
    })
}

/// `PUT /api/groups/{id}`. What the form does not hold stays, and so do a name and a description that would be blank. The identifier
/// stays whatever the name is.
pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let mut fields = lists(&form);
    for name in ["name", "description"] {
        if let Some(text) = form.filled(name) {
            fields.push(assign(name, Value::Text(text.trim().to_owned())));
        }
    }
    let group = named(&context);
    let update = |transaction: &dyn Transaction| transaction.update(GROUPS, group.identifier, &fields);
    group.commit(&context, update, refused)?;
    Ok(Response::new(200))
}

/// The identifier of a new group: the name in lower case, everything but ASCII letters, digits and `_` replaced by `_`.
fn identifier(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    name.to_lowercase().chars().map(plain).collect()
}

/// The lists that the form holds. One that is blank is empty.
fn lists(form: &Form) -> Vec<Assignment> {
    let list = |name: &str| {
        let pieces = form.get(name)?.split(',').map(str::trim);
        let pieces = pieces.filter(|piece| !piece.is_empty()).map(str::to_owned);
        Some(assign(name, Value::Texts(pieces.collect())))
    };
    ["roles", "members"].into_iter().filter_map(list).collect()
}
