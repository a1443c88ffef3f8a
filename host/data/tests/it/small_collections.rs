//! Small collections: what is found, in which order, by whom, and what it shows.

use crate::support::*;
use lectern_data::identity::{self, User};
use lectern_data::model::*;
use lectern_data::search;
use proptest::prelude::*;

fn as_user(username: &str, roles: &[&str]) -> Session {
    let mut session = user(roles);
    session.principal.username = username.to_owned();
    session
}

fn shown(tenant: &Tenant, session: &Session, collection: &str, fields: &[&str]) -> Vec<Vec<Value>> {
    let query = Query {
        fields: fields.iter().map(|field| field.to_string()).collect(),
        ..query(collection)
    };
    tenant
        .find(session, &query)
        .items
        .into_iter()
        .map(|item| item.values)
        .collect()
}

fn words(words: &[&str]) -> Value {
    Value::Texts(words.iter().map(|word| word.to_string()).collect())
}

fn word(word: &str) -> Value {
    Value::Text(word.to_owned())
}

fn groups() -> Tenant {
    let tenant = Tenant::new();
    tenant.sql(
        "UPDATE tenant_state SET sequence = 7;
         INSERT INTO user_group (identifier, role, name, description) VALUES
            ('staff', 'ROLE_GROUP_STAFF', 'Staff', 'Über uns'), ('students', 'ROLE_GROUP_STUDENTS', 'Students', '');
         INSERT INTO user_group_role VALUES ('staff', 'ROLE_B'), ('staff', 'ROLE_A');
         INSERT INTO user_group_member VALUES ('staff', 'jane'), ('students', 'john'), ('students', 'jane');",
    );
    tenant
}

#[test]
fn a_group_shows_its_roles_and_members_sorted_and_nothing_where_it_has_nothing() {
    let tenant = groups();
    let fields = ["identifier", "role", "name", "description", "roles", "members"];
    assert_eq!(
        shown(&tenant, &user(&[]), "groups", &fields),
        [
            vec![
                word("staff"),
                word("ROLE_GROUP_STAFF"),
                word("Staff"),
                word("Über uns"),
                words(&["ROLE_A", "ROLE_B"]),
                words(&["jane"]),
            ],
            vec![
                word("students"),
                word("ROLE_GROUP_STUDENTS"),
                word("Students"),
                Value::None,
                Value::None,
                words(&["jane", "john"]),
            ],
        ]
    );
}

#[test]
fn groups_are_found_by_exact_content_by_an_element_and_by_what_they_contain() {
    let tenant = groups();
    let found = |criterion: Criterion| tenant.list(&user(&[]), &filtered("groups", &[criterion]));
    let containing = |field: &str, search: &str| Criterion {
        field: field.to_owned(),
        test: Test::Contains(search.to_owned()),
    };
    assert_eq!(found(equals("name", &["Staff"])), ["staff"]);
    assert_eq!(found(equals("name", &["staff"])), [""; 0]);
    assert_eq!(found(equals("description", &[""])), [""; 0]);
    assert_eq!(found(equals("members", &["john", "nobody"])), ["students"]);
    assert_eq!(found(containing("description", "UNS uber")), ["staff"]);
    assert_eq!(found(containing("name", "st")), ["staff", "students"]);
    assert_eq!(found(containing("name", " ")), ["staff", "students"]);
}

#[test]
fn a_group_knows_the_commit_that_last_changed_it_or_its_roles_or_members() {
    let tenant = groups();
    let sequence = |identifier: &str| {
        let (query, user) = (by("groups", "identifier", identifier), user(&[]));
        tenant.find(&user, &query).items[0].sequence
    };
    assert_eq!((sequence("staff"), sequence("students")), (7, 7));
    for (commit, change) in (8..).zip([
        "INSERT INTO user_group_member VALUES ('staff', 'john')",
        "DELETE FROM user_group_member WHERE identifier = 'staff'",
        "INSERT INTO user_group_role VALUES ('staff', 'ROLE_C')",
        "DELETE FROM user_group_role WHERE identifier = 'staff'",
        "UPDATE user_group SET description = 'new' WHERE identifier = 'staff'",
    ]) {
        tenant.sql(&format!("UPDATE tenant_state SET sequence = {commit}; {change}"));
        assert_eq!((sequence("staff"), sequence("students")), (commit, 7), "{change}");
    }
}

#[test]
fn a_user_shows_who_it_is_and_nothing_that_lets_one_log_in() {
    let tenant = Tenant::new();
    let jane = User {
        username: "jane".to_owned(),
        name: "Jane Doe".to_owned(),
        email: "jane@example.org".to_owned(),
        roles: vec!["ROLE_X".to_owned()],
    };
    identity::add_user(&tenant.connection, &jane, "hash").unwrap();
    let fields = ["identifier", "username", "name", "email", "provider"];
    assert_eq!(
        shown(&tenant, &user(&[]), "users", &fields),
        [["jane", "jane", "Jane Doe", "jane@example.org", "opencast"].map(word)]
    );
    for secret in ["password_hash", "digest_secret"] {
        let query = Query {
            fields: vec![secret.to_owned()],
            ..query("users")
        };
        assert_eq!(tenant.try_find(&admin(), &query).unwrap_err().reason, Reason::Invalid);
    }
}

#[test]
fn an_agent_with_roles_is_listed_for_those_who_have_one_and_shown_to_everybody_who_asks_for_it() {
    let tenant = Tenant::new();
    tenant.sql(
        r#"INSERT INTO capture_agent (name, timezone, inputs, roles) VALUES
            ('free', 'UTC', 'camera,"odd\ one"', '[]'), ('kept', 'UTC', '', '["ROLE_A", "ROLE_B"]')"#,
    );
    let listed = |session: &Session| tenant.list(session, &query("agents"));
    assert_eq!(listed(&user(&["ROLE_C"])), ["free"]);
    assert_eq!(listed(&user(&["ROLE_C", "ROLE_B"])), ["free", "kept"]);
    assert_eq!(listed(&admin()), ["free", "kept"]);
    assert_eq!(tenant.list(&user(&[]), &by("agents", "identifier", "kept")), ["kept"]);
    assert_eq!(
        shown(&tenant, &admin(), "agents", &["name", "state", "inputs", "updated"]),
        [
            [
                word("free"),
                word("unknown"),
                words(&["camera", r#""odd\ one""#]),
                Value::None
            ],
            [word("kept"), word("unknown"), Value::None, Value::None],
        ]
    );
}

fn workflows() -> Tenant {
    let tenant = Tenant::new();
    let readable = acl(&["ROLE_A read", "ROLE_W read", "ROLE_W write"]);
    tenant.write(&admin(), &[event("e1", &[], Some(readable)), event("e2", &[], None)]);
    for (id, event, creator) in [
        (1, "e1", "jane"),
        (2, "e2", "jane"),
        (3, "e2", "anonymous"),
        (10, "e1", "joe"),
    ] {
        tenant.sql(&format!(
            "INSERT INTO workflow (id, event_id, sequence, created_ms, state, definition, title, description, creator, configuration, operations)
             SELECT {id}, id, {id}, {id}000, 'SUCCEEDED', 'fast', 'Fast', '', '{creator}', '{{\"a\":\"b\"}}', '[]' FROM event WHERE identifier = '{event}'"
        ));
    }
    tenant
}

#[test]
fn a_workflow_is_seen_by_readers_of_its_event_by_its_creator_and_by_administrators() {
    let tenant = workflows();
    let listed = |session: &Session| tenant.list(session, &query("workflows"));
    assert_eq!(listed(&admin()), ["1", "2", "3", "10"]);
    assert_eq!(listed(&as_user("jane", &[])), ["1", "2"]);
    assert_eq!(listed(&as_user("joe", &["ROLE_A"])), ["1", "10"]);
    assert_eq!(listed(&as_user("anonymous", &["ROLE_ANONYMOUS"])), [""; 0]);
    let changeable = Query {
        actions: vec!["write".to_owned()],
        ..query("workflows")
    };
    assert_eq!(tenant.list(&as_user("x", &["ROLE_A"]), &changeable), [""; 0]);
    assert_eq!(tenant.list(&as_user("x", &["ROLE_W"]), &changeable), ["1", "10"]);
    assert_eq!(tenant.list(&as_user("joe", &[]), &changeable), ["10"]);
}

#[test]
fn workflows_are_found_and_sorted_by_number() {
    let tenant = workflows();
    let found = |criterion: Criterion| tenant.list(&admin(), &filtered("workflows", &[criterion]));
    assert_eq!(found(equals("identifier", &["10", "x", "2"])), ["2", "10"]);
    assert_eq!(found(equals("event", &["e2"])), ["2", "3"]);
    assert_eq!(found(between("created", 2000, 9000)), ["2", "3"]);
    let backwards = sorted(query("workflows"), &["-identifier"]);
    assert_eq!(tenant.list(&admin(), &backwards), ["10", "3", "2", "1"]);
    assert_eq!(
        shown(
            &tenant,
            &as_user("joe", &[]),
            "workflows",
            &["identifier", "event", "configuration"]
        ),
        [[
            Value::Number(10),
            word("e1"),
            Value::Document("{\"a\":\"b\"}".to_owned())
        ]]
    );
}

#[test]
fn a_single_object_and_the_workflows_of_an_event_are_found_by_an_index() {
    let tenant = workflows();
    for (query, step) in [
        (by("workflows", "identifier", "2"), "SEARCH o USING INTEGER PRIMARY KEY"),
        (by("workflows", "event", "e2"), "SEARCH o USING INDEX workflow_event_id"),
        (
            by("playlists", "identifier", "p"),
            "SEARCH o USING INDEX sqlite_autoindex_playlist_1",
        ),
        (by("groups", "identifier", "g"), "SEARCH o USING PRIMARY KEY"),
        (by("users", "identifier", "jane"), "SEARCH o USING PRIMARY KEY"),
        (by("agents", "identifier", "hall"), "SEARCH o USING PRIMARY KEY"),
    ] {
        let recorder = Recorder::new(&tenant.connection);
        search::find(&recorder, &user(&[]), &query, None).unwrap();
        for statement in recorder
            .statements()
            .iter()
            .filter(|statement| statement.starts_with("WITH asker"))
        {
            let plan = tenant.plan(statement);
            assert!(plan.iter().any(|line| line.starts_with(step)), "{statement}: {plan:#?}");
        }
    }
}

#[test]
fn what_a_collection_does_not_have_is_refused_naming_it() {
    let tenant = groups();
    let refused = |query: &Query| {
        let error = tenant.try_find(&admin(), query).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid);
        error.subject
    };
    assert_eq!(refused(&filtered("groups", &[equals("colour", &["x"])])), "colour");
    assert_eq!(refused(&filtered("agents", &[equals("inputs", &["x"])])), "inputs");
    assert_eq!(refused(&sorted(query("workflows"), &["event"])), "event");
    assert_eq!(refused(&sorted(query("groups"), &["colour"])), "colour");
    let cursor = Query {
        cursor: Some("x".to_owned()),
        ..query("groups")
    };
    assert_eq!(refused(&cursor), "cursor");
    let others = Query {
        limit: 1,
        ..query("groups")
    };
    let next = tenant.find(&admin(), &others).next;
    let cursor = Query {
        cursor: next,
        ..sorted(query("groups"), &["name"])
    };
    assert_eq!(refused(&cursor), "cursor");
}

/// A group as the model knows it.
#[derive(Debug, Clone)]
struct Group {
    identifier: String,
    name: String,
    description: String,
    members: Vec<String>,
}

fn model() -> impl Strategy<Value = Vec<Group>> {
    let group = (
        "[a-d]{1,2}",
        "[AaÄ]{0,2}",
        "[xy]{0,1}",
        proptest::collection::btree_set("[m-o]", 0..3),
    );
    proptest::collection::btree_map("[a-f]{1,2}", group, 0..12).prop_map(|groups| {
        let group = |(identifier, (_, name, description, members)): (
            String,
            (String, String, String, std::collections::BTreeSet<String>),
        )| Group {
            identifier,
            name,
            description,
            members: members.into_iter().collect(),
        };
        groups.into_iter().map(group).collect()
    })
}

#[derive(Debug, Clone)]
enum Wanted {
    Name(Vec<String>),
    Containing(String),
    Member(String),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        proptest::collection::vec("[AaÄ]{0,2}", 0..3).prop_map(Wanted::Name),
        "[aA ]{0,3}".prop_map(Wanted::Containing),
        "[m-p]".prop_map(Wanted::Member),
    ]
}

impl Wanted {
    fn criterion(&self) -> Criterion {
        match self {
            Wanted::Name(names) => equals("name", &names.iter().map(String::as_str).collect::<Vec<_>>()),
            Wanted::Containing(search) => Criterion {
                field: "name".to_owned(),
                test: Test::Contains(search.clone()),
            },
            Wanted::Member(member) => equals("members", &[member]),
        }
    }

    fn is_met(&self, group: &Group) -> bool {
        match self {
            Wanted::Name(names) => !group.name.is_empty() && names.contains(&group.name),
            Wanted::Containing(search) => {
                let folded = group.name.replace(['A', 'Ä'], "a");
                search
                    .split_whitespace()
                    .all(|term| folded.contains(&term.to_lowercase()))
            }
            Wanted::Member(member) => group.members.contains(member),
        }
    }
}

/// Content, or none, which comes last.
fn key<'g>(group: &'g Group, field: &str) -> Option<&'g str> {
    let text = match field {
        "name" => &group.name,
        "description" => &group.description,
        _ => &group.identifier,
    };
    Some(text.as_str()).filter(|text| !text.is_empty())
}

fn expected(groups: &[Group], alternatives: &[Vec<Wanted>], sort: &[&str]) -> Vec<String> {
    let is_met = |group: &&Group| {
        alternatives.is_empty()
            || alternatives
                .iter()
                .any(|all| all.iter().all(|wanted| wanted.is_met(group)))
    };
    let mut found: Vec<&Group> = groups.iter().filter(is_met).collect();
    for name in sort.iter().rev() {
        found.sort_by(|left, right| {
            let field = name.trim_start_matches('-');
            match (key(left, field), key(right, field)) {
                (Some(left), Some(right)) if name.starts_with('-') => right.cmp(left),
                (Some(left), Some(right)) => left.cmp(right),
                (left, right) => right.is_some().cmp(&left.is_some()),
            }
        });
    }
    found.into_iter().map(|group| group.identifier.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_walk_by_pages_shows_what_a_plain_model_says(
        groups in model(),
        alternatives in proptest::collection::vec(proptest::collection::vec(wanted(), 0..3), 0..3),
        sort in proptest::sample::subsequence(vec!["-name", "description", "name", "-description", "-identifier"], 0..4),
        limit in 1..5_u32,
        offset in 0..3_u64,
    ) {
        let tenant = Tenant::new();
        for Group { identifier, name, description, members } in &groups {
            tenant.sql(&format!(
                "INSERT INTO user_group (identifier, role, name, description) VALUES ('{identifier}', 'R', '{name}', '{description}')"
            ));
            for member in members {
                tenant.sql(&format!("INSERT INTO user_group_member VALUES ('{identifier}', '{member}')"));
            }
        }
        let expected = expected(&groups, &alternatives, &sort);
        let mut query = Query {
            filters: alternatives.iter().map(|all| all.iter().map(Wanted::criterion).collect()).collect(),
            limit,
            offset,
            ..sorted(query("groups"), &sort)
        };
        let mut found = Vec::new();
        loop {
            let page = tenant.find(&user(&[]), &query);
            prop_assert_eq!(page.total, Some(expected.len() as u64));
            prop_assert!(page.items.len() <= limit as usize);
            found.extend(identifiers(&page));
            let Some(next) = page.next else { break };
            prop_assert_eq!(page.items.len(), limit as usize);
            query.cursor = Some(next);
            query.offset = 0;
        }
        let behind: Vec<String> = expected.into_iter().skip(offset as usize).collect();
        prop_assert_eq!(found, behind);
    }
}
