//! The cases that are left out under Spin: each exists, ends itself there, and is in the documentation with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lectern_tests::runtime::EXCEPT_UNDER_SPIN;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_case_of_the_list_exists_and_ends_itself() {
    for (name, _) in EXCEPT_UNDER_SPIN {
        let (module, function) = name.split_once("::").unwrap();
        let source = read(&format!("tests/api/{module}.rs"));
        let start = format!("fn {function}() {{\n    except_under_spin!();\n");
        assert!(
            source.contains(&start),
            "{name} does not begin with except_under_spin!()"
        );
    }
}

#[test]
fn the_documentation_has_the_same_list() {
    let page = read("../docs/spin.md");
    let documented: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let listed: Vec<String> = EXCEPT_UNDER_SPIN
        .iter()
        .map(|(name, reason)| format!("| `{name}` | {reason} |"))
        .collect();
    for line in &listed {
        assert!(
            documented.contains(line.as_str()),
            "docs/spin.md lacks:\n{}",
            listed.join("\n")
        );
    }
    let cases = documented.iter().filter(|line| line.contains("::"));
    assert_eq!(
        cases.count(),
        listed.len(),
        "docs/spin.md has cases that are not left out"
    );
}
