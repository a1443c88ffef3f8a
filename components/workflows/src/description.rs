//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::openapi::{Description, texts_by_name};
use serde_json::json;

use crate::change::STATES;
use crate::start::Active;
use crate::{definitions, instances};

fn includes(it: Description) -> Description {
    it.flag("withoperations", "Include the operations.")
        .flag("withconfiguration", "Include the configuration.")
}

pub fn list(it: Description) -> Description {
    includes(it.about("What is being done, or has been done, with events"))
        .details("The workflows of events that the user may read, and those that the user has started.")
        .list(&instances::LISTING)
        .answers_page::<instances::Instance<'_>>("The workflows.")
}

pub fn single(it: Description) -> Description {
    includes(it.about("A workflow"))
        .answers::<instances::Instance<'_>>(200, "The workflow.")
        .reads_object()
}

pub fn start(it: Description) -> Description {
    includes(it.about("Starts a workflow on an event"))
        .field::<String>("event_identifier", true, "The event.")
        .field::<String>("workflow_definition_identifier", true, "What is to be done.")
        .example("republish-metadata")
        .shaped_field(
            "configuration",
            texts_by_name(),
            false,
            "Values by name. What earlier workflows of the event were given counts where nothing is given.",
        )
        .example(json!({"straightToPublishing": "true"}))
        .answers::<instances::Instance<'_>>(201, "The workflow that was started.")
        .with_header("location", "Where it is.")
        .answers_plainly(404, "There is no such event or definition, or the user may not see it.")
        .answers::<Active>(409, "Another workflow is active on the event.")
        .happens_once()
}

pub fn update(it: Description) -> Description {
    includes(it.about("Changes what a workflow does"))
        .details("Without any field it is only shown.")
        .shaped_field(
            "configuration",
            texts_by_name(),
            false,
            "Takes the place of the whole configuration.",
        )
        .choice_field(
            "state",
            &STATES,
            "`paused` and `stopped` from every state, `running` from `paused`.",
        )
        .answers::<instances::Instance<'_>>(200, "The workflow as it is now.")
        .answers_plainly(403, "The user may not change it.")
        .answers_plainly(
            409,
            "It cannot get into this state, or another workflow is active on the event.",
        )
        .changes_object()
}

pub fn delete(it: Description) -> Description {
    it.about("Deletes a workflow that has ended")
        .answers_plainly(204, "It is gone.")
        .answers_plainly(403, "The user may not change it.")
        .answers_plainly(409, "It has not ended.")
        .changes_object()
}

fn panels(it: Description) -> Description {
    it.flag("withoperations", "Include the operations.")
        .flag(
            "withconfigurationpanel",
            "Include the form for its configuration, as HTML.",
        )
        .flag(
            "withconfigurationpaneljson",
            "Include the form for its configuration, as JSON.",
        )
}

pub fn definitions(it: Description) -> Description {
    panels(it.about("What can be done with events"))
        .details("Sorted by title unless asked for otherwise. Filters of other names are ignored.")
        .list(&definitions::LISTING)
        .answers_page::<definitions::Definition<'_>>("The definitions that the user may see.")
}

pub fn definition(it: Description) -> Description {
    panels(it.about("A workflow definition"))
        .answers::<definitions::Definition<'_>>(200, "The definition.")
        .reads_object()
}
