//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::acl::ShownEntry;
use lectern_handler::openapi::{
    Created, Description, MetadataCatalog, MetadataCatalogInput, MetadataField, MetadataFieldInput, one_of, text,
};
use serde_json::json;

use crate::listing::{COMMENT_RESOLUTIONS, LISTING};
use crate::media::Track;
use crate::processing::ProcessingInput;
use crate::publications::Publication;
use crate::scheduling::{Scheduling, SchedulingInput};
use crate::shown::Event;

fn includes(it: Description) -> Description {
    it.flag("withacl", "Include the access list.")
        .flag("withmetadata", "Include the metadata catalogs.")
        .flag("withscheduling", "Include when and where it is recorded; since 1.1.0.")
        .flag("withpublications", "Include what is published.")
        .flag(
            "includeInternalPublication",
            "Include what is published for editors; since 1.11.0.",
        )
        .flag("sign", "Sign addresses, so that they need no login for a while.")
}

pub fn list(it: Description) -> Description {
    includes(it.about("The events that the user may read"))
        .list(&LISTING)
        .query(
            "commentResolution",
            one_of(&COMMENT_RESOLUTIONS),
            "Known for compatibility; has no effect.",
        )
        .answers_page::<Event<'_>>("The events.")
}

pub fn single(it: Description) -> Description {
    includes(it.about("An event"))
        .answers::<Event<'_>>(200, "The event.")
        .reads_object()
}

fn parts(it: Description, is_new: bool) -> Description {
    it.list_field::<MetadataCatalogInput>("metadata", is_new, "The content of metadata catalogs.")
        .example(json!([{"flavor": "dublincore/episode", "fields": [{"id": "title", "value": "Captivating title"}]}]))
        .list_field::<ShownEntry<'_>>(
            "acl",
            is_new,
            "The access list. Every entry allows here, whatever it says. An empty list admits administrators only.",
        )
        .example(json!([{"allow": true, "action": "write", "role": "ROLE_ADMIN"}]))
        .field::<ProcessingInput>("processing", is_new, "The workflow, and its configuration.")
        .example(json!({"workflow": "schedule-and-upload", "configuration": {"straightToPublishing": "true"}}))
        .field::<SchedulingInput>("scheduling", false, "When and where it is recorded; since 1.1.0.")
        .file("presenter", false, "A recording of the speaker.")
        .file("presentation", false, "A recording of the slides.")
        .file("audio", false, "A recording of the sound.")
}

pub fn create(it: Description) -> Description {
    parts(it.about("A new event"), true)
        .details("The files may be large; they go to the disk as they come. With an `rrule` in `scheduling` there is an event for each occurrence.")
        .answers::<Created>(201, "The event is there.")
        .with_header("location", "Where it is.")
        .answers_list::<Created>(200, "The events of a series of recordings are there.")
        .answers_list::<crate::scheduling::Conflict>(409, "The capture agent is booked: these events occupy it.")
        .answers_plainly(404, "There is no such workflow definition.")
        .happens_once()
}

pub fn update(it: Description) -> Description {
    parts(it.about("Changes several parts of an event at once"), false)
        .details("All or nothing. Files take the place of the tracks of their flavor. What is not sent stays as it is.")
        .answers_plainly(204, "It is done.")
        .answers_list::<crate::scheduling::Conflict>(409, "The capture agent is booked: these events occupy it.")
        .changes_object()
}

pub fn delete(it: Description) -> Description {
    it.about("Deletes an event")
        .answers_plainly(204, "It is gone.")
        .answers_plainly(
            202,
            "It is published somewhere: a workflow takes it back and then deletes it.",
        )
        .answers_plainly(409, "A workflow is active on the event.")
        .changes_object()
}

pub fn acl(it: Description) -> Description {
    it.about("The access list of an event")
        .answers_list::<ShownEntry<'_>>(200, "The access list that counts, be it its own or that of its series.")
        .reads_object()
}

pub fn replace_acl(it: Description) -> Description {
    it.about("Replaces the access list of an event")
        .list_field::<ShownEntry<'_>>("acl", true, "The access list.")
        .example(json!([{"allow": true, "action": "read", "role": "ROLE_USER"}]))
        .answers_plainly(204, "It is done.")
        .answers_plainly(403, "A workflow is active on the event.")
        .changes_object()
}

pub fn grant(it: Description) -> Description {
    it.about("Allows a role an action on an event")
        .segment("action", "`read`, `write` or any other.")
        .field::<String>("role", true, "The role.")
        .example("ROLE_STUDENT")
        .answers_plainly(204, "It is done.")
        .answers_plainly(403, "A workflow is active on the event.")
        .changes_object()
}

pub fn revoke(it: Description) -> Description {
    it.about("Removes a role's entries for an action from the access list of an event")
        .segment("action", "`read`, `write` or any other.")
        .segment("role", "The role.")
        .answers_plainly(204, "It is done.")
        .answers_plainly(403, "A workflow is active on the event.")
        .answers_plainly(409, "The entry is inherited from the series.")
        .changes_object()
}

fn flavor(it: Description, about: &str) -> Description {
    it.query("type", text(), about).example("dublincore/episode")
}

pub fn metadata(it: Description) -> Description {
    flavor(
        it.about("The metadata of an event"),
        "The flavor of the catalog whose fields are wanted; without it all catalogs are.",
    )
    .answers_list::<MetadataCatalog>(200, "All catalogs.")
    .answers_list::<MetadataField>(200, "Or the fields of the one that was asked for.")
    .reads_object()
}

pub fn update_metadata(it: Description) -> Description {
    flavor(it.about("Changes metadata of an event"), "The flavor of the catalog.")
        .list_field::<MetadataFieldInput>("metadata", true, "New content. Fields that are not sent keep theirs.")
        .example(json!([{"id": "title", "value": "Captivating title"}]))
        .answers_plainly(204, "It is done.")
        .changes_object()
}

pub fn delete_metadata(it: Description) -> Description {
    flavor(
        it.about("Takes an extended metadata catalog away from an event"),
        "The flavor of the catalog.",
    )
    .answers_plainly(204, "It is gone.")
    .answers_plainly(403, "The main catalog always stays.")
    .changes_object()
}

pub fn media(it: Description) -> Description {
    it.about("The tracks of an event")
        .flag("sign", "Sign addresses, so that they need no login for a while.")
        .answers_list::<Track<'_>>(200, "The tracks.")
        .reads_object()
}

pub fn add_track(it: Description) -> Description {
    it.about("Adds a track to an event")
        .field::<String>("flavor", true, "Type and subtype.")
        .example("presenter/source")
        .field::<String>("tags", false, "Tags, separated by commas.")
        .field::<bool>("overwriteExisting", false, "Whether the tracks of the same flavor go.")
        .file("track", true, "The file.")
        .answers_plainly(200, "It is there.")
        .answers_plainly(409, "A workflow is active on the event.")
        .happens_once()
        .changes_object()
}

pub fn publications(it: Description) -> Description {
    it.about("What is published of an event")
        .flag(
            "includeInternalPublication",
            "Include what is published for editors; since 1.11.0.",
        )
        .flag("sign", "Sign addresses, so that they need no login for a while.")
        .answers_list::<Publication>(200, "The publications.")
        .reads_object()
}

pub fn publication(it: Description) -> Description {
    it.about("A publication of an event")
        .segment("publication", "The identifier of the publication.")
        .flag("sign", "Sign addresses, so that they need no login for a while.")
        .answers::<Publication>(200, "The publication.")
        .reads_object()
}

pub fn scheduling(it: Description) -> Description {
    it.about("When and where an event is recorded")
        .answers::<Scheduling<'_>>(200, "The scheduling.")
        .answers_plainly(204, "It was never scheduled.")
        .reads_object()
}

pub fn replace_scheduling(it: Description) -> Description {
    it.about("Changes when and where an event is recorded")
        .field::<SchedulingInput>("scheduling", true, "What is to change.")
        .field::<bool>(
            "allowConflict",
            false,
            "Whether the capture agent may be booked already, which administrators may allow; since 1.2.0.",
        )
        .answers_plainly(204, "It is done.")
        .answers_list::<crate::scheduling::Conflict>(409, "The capture agent is booked: these events occupy it.")
        .changes_object()
}
