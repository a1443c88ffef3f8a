//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::openapi::Description;

use crate::listing::LISTING;
use crate::shown::Group;

pub fn list(it: Description) -> Description {
    it.about("The groups of the tenant")
        .details("Before 1.6.0 lists are also sorted by `members` and `roles`.")
        .list(&LISTING)
        .answers_page::<Group<'_>>("The groups.")
}

pub fn single(it: Description) -> Description {
    it.about("A group")
        .answers::<Group<'_>>(200, "The group.")
        .reads_object()
}

/// What a group is made of.
fn fields(it: Description, name: &'static str, is_new: bool) -> Description {
    it.field::<String>("name", is_new, name)
        .example("Students")
        .field::<String>("description", false, "What it is for.")
        .field::<String>("roles", false, "The roles that members have, separated by commas.")
        .example("ROLE_STUDENT,ROLE_COURSE_1")
        .field::<String>(
            "members",
            false,
            "Usernames, separated by commas; who has no account yet can be a member as well.",
        )
        .example("jane,john")
        .answers_plainly(403, NOT_ADMINISTRATOR)
}

const NOT_ADMINISTRATOR: &str =
    "The user lacks the role that this requires, or the group makes administrators and the user is none.";

pub fn create(it: Description) -> Description {
    let name = "The name, from which the identifier follows: in lower case, with `_` for everything but ASCII letters and digits.";
    fields(it.about("A new group"), name, true)
        .answers_plainly(201, "The group is there.")
        .answers_plainly(409, "There is a group with this identifier.")
        .happens_once()
}

pub fn update(it: Description) -> Description {
    let it = it.about("Changes a group").details(
        "What is not sent stays, and so do a name and a description that are blank; lists that are blank are emptied. The identifier \
         stays whatever the name is.",
    );
    fields(it, "The new name.", false)
        .answers_plainly(200, "The group has been changed.")
        .changes_object()
}

pub fn delete(it: Description) -> Description {
    it.about("Deletes a group")
        .answers_plainly(204, "It is gone, and so is what it gave to its members.")
        .answers_plainly(403, NOT_ADMINISTRATOR)
        .changes_object()
}

pub fn add_member(it: Description) -> Description {
    it.about("Makes somebody a member of a group")
        .field::<String>(
            "member",
            true,
            "The username; who has no account yet can be a member as well.",
        )
        .example("jane")
        .answers_with(200, "text/plain", "Nothing, or a sentence if that is so already.")
        .answers_plainly(403, NOT_ADMINISTRATOR)
        .changes_object()
}

pub fn remove_member(it: Description) -> Description {
    it.about("Ends somebody's membership of a group")
        .segment("member", "The username.")
        .answers_with(200, "text/plain", "Nothing, or a sentence if that is so already.")
        .answers_plainly(403, NOT_ADMINISTRATOR)
        .changes_object()
}
