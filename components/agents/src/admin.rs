//! `/capture-admin/agents`: what capture agents say of themselves.

use std::collections::BTreeMap;

use lectern_handler::api::{Assignment, Error, Query, Reason, Value, assign, assign_text};
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response};

use crate::configuration::{self, Written};
use crate::listing::{Deadline, FIELDS, Shown, agent, query};
use crate::shown::{Format, Node, answer};
use crate::{AGENTS, sentence};

/// How often it is tried to change an agent that others add and remove at the same time.
const ATTEMPTS: usize = 4;

/// `POST …/{name}`: the agent's `state`, and its `address` if it has one. Registers an agent that is not known.
pub fn set_state(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let state = form.required("state")?.trim().to_owned();
    let name = context.path("name").to_owned();
    let mut fields = vec![assign_text("state", state.clone())];
    if let Some(address) = form.filled("address") {
        fields.push(assign_text("url", address.trim().to_owned()));
    }
    put(&context, &name, &fields)?;
    Ok(sentence(format!("{name} set to {state}")))
}

/// `POST …/{name}/configuration`: the agent's `configuration`, in the place of the former one. Registers an agent that is not known.
pub fn set_configuration(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let text = form.required("configuration")?;
    let (properties, written) = configuration::parse(text).map_err(|reason| {
        Problem::bad_request(format!("The form field 'configuration' cannot be read: {reason}"))
            .at_body("configuration")
    })?;
    let name = context.path("name").to_owned();
    put(
        &context,
        &name,
        &[assign(
            "configuration",
            Value::Document(configuration::json(&properties)),
        )],
    )?;
    Ok(match written {
        Written::Json => Response::json_as(200, "application/json", &properties),
        Written::Xml => answer(Format::Xml, "properties-response", &Node::of_properties(&properties)),
    })
}

/// Changes an agent, or registers it if it is not known.
fn put(context: &Context, name: &str, fields: &[Assignment]) -> Result<(), Problem> {
    let change = |is_new: bool| -> Result<(), Error> {
        let transaction = context.session.begin();
        if is_new {
            transaction.create(AGENTS, Some(name), fields, None);
        } else {
            transaction.update(AGENTS, name, fields);
        }
        transaction.commit().map(drop)
    };
    for _ in 0..ATTEMPTS {
        match change(false) {
            Err(error) if error.reason == Reason::Missing => {}
            changed => return changed.map_err(refused),
        }
        match change(true) {
            Err(error) if error.reason == Reason::Conflict => {}
            created => return created.map_err(refused),
        }
    }
    Err(Problem::new(503, "Too many others are changing the same capture agent.").with_header("retry-after", "1"))
}

/// The fields of an agent are those of the forms, except for its address.
fn refused(error: Error) -> Problem {
    let field = match error.subject.as_str() {
        "url" => "address".to_owned(),
        subject => subject.to_owned(),
    };
    let is_invalid = error.reason == Reason::Invalid;
    let problem = Problem::from(error);
    if is_invalid && ["state", "address", "configuration"].contains(&field.as_str()) {
        problem.at_body(field)
    } else {
        problem
    }
}

/// `DELETE …/{name}`: what it has recorded, and is to record, stays.
pub fn remove(context: Context) -> Result<Response, Problem> {
    let name = context.path("name");
    agent(name).change(&context, |transaction| transaction.delete(AGENTS, name))?;
    Ok(sentence(format!("{name} removed")))
}

/// `GET …/{name}.json` or `.xml`.
pub fn single(context: Context) -> Result<Response, Problem> {
    let (name, format) = Format::of(context.path("name")).ok_or_else(|| without_ending(&context))?;
    let found = agent(name).find(&context, FIELDS, false)?;
    let shown = Shown::new(Row(found.values()), Deadline::of(&context));
    Ok(answer(format, "agent-state-update", &update(&context, shown)))
}

/// `GET …/{name}/configuration.json`, `…/capabilities.json`, or `.xml`.
pub fn properties(context: Context) -> Result<Response, Problem> {
    let (what, format) = Format::of(context.path("what")).ok_or_else(|| without_ending(&context))?;
    let wanted: fn(BTreeMap<String, String>) -> BTreeMap<String, String> = match what {
        "configuration" => |all| all,
        "capabilities" => configuration::capabilities,
        _ => return Err(without_ending(&context)),
    };
    let found = agent(context.path("name")).find(&context, FIELDS, false)?;
    let all = configuration::of_agent(Shown::new(Row(found.values()), Deadline::of(&context)));
    Ok(answer(
        format,
        "properties-response",
        &Node::of_properties(&wanted(all)),
    ))
}

/// `GET /capture-admin/agents.json`
pub fn list_as_json(context: Context) -> Result<Response, Problem> {
    list(&context, Format::Json)
}

/// `GET /capture-admin/agents.xml`
pub fn list_as_xml(context: Context) -> Result<Response, Problem> {
    list(&context, Format::Xml)
}

fn list(context: &Context, format: Format) -> Result<Response, Problem> {
    let deadline = Deadline::of(context);
    let mut agents = Vec::new();
    let mut query = query();
    loop {
        let page = context.session.find(&query)?;
        let shown = page.items.iter().map(|item| Shown::new(Row(&item.values), deadline));
        agents.extend(shown.map(|shown| update(context, shown)));
        let Some(next) = page.next else { break };
        query = Query {
            cursor: Some(next),
            ..query
        };
    }
    Ok(answer(format, "agents", &Node::object([("agent", Node::List(agents))])))
}

/// How an agent is, as Opencast shows it here.
fn update(context: &Context, shown: Shown<'_>) -> Node {
    let capabilities = configuration::capabilities(configuration::of_agent(shown));
    Node::object([
        ("name", Node::text(shown.name())),
        ("state", Node::text(shown.state())),
        ("url", Node::text(shown.url())),
        (
            "time-since-last-update",
            Node::since(context.session.now(), shown.updated()),
        ),
        ("capabilities", Node::items(&capabilities)),
    ])
}

fn without_ending(context: &Context) -> Problem {
    Problem::not_found(format!(
        "There is nothing at '{}'; what there is ends in '.json' or '.xml'.",
        context.request.path()
    ))
}
