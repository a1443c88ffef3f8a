//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::acl::ShownEntry;
use lectern_handler::openapi::{
    Created, Description, MetadataCatalog, MetadataCatalogInput, MetadataField, MetadataFieldInput, integer, object,
    text, texts_by_name,
};
use serde_json::json;

use crate::listing::LISTING;
use crate::shown::Series;

pub fn list(it: Description) -> Description {
    it.about("The series that the user may read")
        .flag("withacl", "Include the access list; since 1.5.0.")
        .list(&LISTING)
        .answers_page::<Series<'_>>("The series.")
}

pub fn search(it: Description) -> Description {
    let equal = crate::search::EQUAL.iter();
    equal
        .fold(
            it.about("Searches series, as before there was an External API"),
            |it, (name, _)| it.query(name, text(), "What the field must be equal to."),
        )
        .query("q", text(), "Words that must occur.")
        .query("seriesId", text(), "The identifier.")
        .flag("fuzzyMatch", "Whether a part of the identifier is enough.")
        .query("createdfrom", text(), "The earliest time of creation.")
        .query("createdto", text(), "The latest time of creation.")
        .flag("edit", "Only what the user may also write.")
        .query("sort", text(), "A field's name such as `TITLE`, reversed by `_DESC`.")
        .query("count", integer(), "How many to return at most; 100 unless given.")
        .query("offset", integer(), "How many to leave out at the start.")
        .query("cursor", text(), "Where an earlier page ended.")
        .answers_page::<Series<'_>>("The series.")
}

pub fn single(it: Description) -> Description {
    it.about("A series")
        .flag("withacl", "Include the access list; since 1.5.0.")
        .answers::<Series<'_>>(200, "The series.")
        .reads_object()
}

pub fn create(it: Description) -> Description {
    it.about("A new series")
        .list_field::<MetadataCatalogInput>("metadata", true, "The content of metadata catalogs, at least a title.")
        .example(json!([{"flavor": "dublincore/series", "fields": [{"id": "title", "value": "Captivating title"}]}]))
        .list_field::<ShownEntry<'_>>(
            "acl",
            false,
            "The access list; without one it admits administrators only.",
        )
        .example(json!([{"allow": true, "action": "write", "role": "ROLE_ADMIN"}]))
        .field::<i64>("theme", false, "The number of the theme.")
        .answers::<Created>(201, "The series is there.")
        .with_header("location", "Where it is.")
        .answers_plainly(409, "There is a series of the identifier that was chosen.")
        .happens_once()
}

pub fn update(it: Description) -> Description {
    it.about("Changes metadata of a series, several catalogs at once")
        .list_field::<MetadataCatalogInput>(
            "metadata",
            true,
            "New content. Fields that are not sent or empty keep theirs.",
        )
        .example(json!([{"flavor": "dublincore/series", "fields": [{"id": "title", "value": "Captivating title"}]}]))
        .answers_list::<MetadataCatalog>(200, "The catalogs as they are now.")
        .changes_object()
}

pub fn delete(it: Description) -> Description {
    it.about("Deletes a series")
        .details("Its events stay and belong to none.")
        .answers_plainly(204, "It is gone.")
        .changes_object()
}

fn flavor(it: Description, about: &str) -> Description {
    it.query("type", text(), about).example("dublincore/series")
}

pub fn metadata(it: Description) -> Description {
    flavor(
        it.about("The metadata of a series"),
        "The flavor of the catalog whose fields are wanted; without it all catalogs are.",
    )
    .answers_list::<MetadataCatalog>(200, "All catalogs.")
    .answers_list::<MetadataField>(200, "Or the fields of the one that was asked for.")
    .reads_object()
}

pub fn update_metadata(it: Description) -> Description {
    flavor(it.about("Changes metadata of a series"), "The flavor of the catalog.")
        .list_field::<MetadataFieldInput>("metadata", true, "New content. Fields that are not sent keep theirs.")
        .example(json!([{"id": "title", "value": "Captivating title"}]))
        .answers_list::<MetadataCatalog>(200, "The catalogs as they are now.")
        .changes_object()
}

pub fn delete_metadata(it: Description) -> Description {
    flavor(
        it.about("Takes an extended metadata catalog away from a series"),
        "The flavor of the catalog.",
    )
    .answers_plainly(204, "It is gone.")
    .answers_plainly(403, "The main catalog always stays.")
    .changes_object()
}

pub fn acl(it: Description) -> Description {
    it.about("The access list of a series")
        .answers_list::<ShownEntry<'_>>(200, "The access list.")
        .reads_object()
}

pub fn replace_acl(it: Description) -> Description {
    it.about("Replaces the access list of a series")
        .list_field::<ShownEntry<'_>>("acl", true, "The access list.")
        .example(json!([{"allow": true, "action": "read", "role": "ROLE_USER"}]))
        .field::<bool>(
            "override",
            false,
            "Whether its events lose their own lists and follow this one; since 1.2.0.",
        )
        .answers_list::<ShownEntry<'_>>(200, "The list as it was sent.")
        .changes_object()
}

pub fn properties(it: Description) -> Description {
    it.about("The properties of a series")
        .answers_shape(200, texts_by_name(), "Texts by name.")
        .reads_object()
}

pub fn update_properties(it: Description) -> Description {
    it.about("Changes properties of a series")
        .shaped_field(
            "properties",
            texts_by_name(),
            true,
            "New texts by name. Others stay as they are.",
        )
        .example(json!({"live": "true"}))
        .answers_shape(200, object(), "What was sent.")
        .changes_object()
}
