//! SECURITY.md says which test shows what; they have to be there.

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let named: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.contains(".rs"))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    for text in named {
        let (file, test) = text.split_once("::").unwrap_or((text, ""));
        let below_tests = root.join("tests/tests").join(file);
        let source = fs::read_to_string(below_tests).or_else(|_| fs::read_to_string(root.join(file)));
        let source = source.unwrap_or_else(|_| panic!("SECURITY.md names {file}, which is not there"));
        assert!(
            source.contains(&format!("fn {test}")),
            "SECURITY.md names {text}, which is not there"
        );
    }
}
