//! The labels that Spin knows the tenants' databases by. A label is in kebab-case or in snake_case, every word begins with a letter; most
//! identifiers of tenants are that, and are their own label.

use lectern_tenants::TenantName;
use std::collections::{BTreeMap, BTreeSet};

/// A label for each tenant, different for all.
pub fn labels<'t>(tenants: &[&'t TenantName]) -> BTreeMap<&'t TenantName, String> {
    let own = tenants.iter().filter(|tenant| is_label(tenant.as_str()));
    let mut labels: BTreeMap<_, _> = own.map(|tenant| (*tenant, tenant.to_string())).collect();
    let mut taken: BTreeSet<String> = labels.values().cloned().collect();
    for tenant in tenants.iter().filter(|tenant| !is_label(tenant.as_str())) {
        let derived = derived(tenant.as_str());
        let numbered = (2_u32..).map(|number| format!("{derived}-x{number}"));
        let label = std::iter::once(derived.clone())
            .chain(numbered)
            .find(|label| taken.insert(label.clone()));
        labels.extend(label.map(|label| (*tenant, label)));
    }
    labels
}

/// Whether Spin takes a text for a label, and for the name of a component.
pub fn is_kebab_case(text: &str) -> bool {
    are_words(text, '-')
}

fn is_label(text: &str) -> bool {
    is_kebab_case(text) || are_words(text, '_')
}

/// Whether each word is a lower-case letter followed by such letters and digits.
fn are_words(text: &str, separator: char) -> bool {
    text.split(separator).all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The nearest text in kebab-case.
fn derived(name: &str) -> String {
    let words = name.split(['-', '_']);
    let words = words.map(|word| match word.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("x{word}"),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels_of(names: &[&str]) -> Vec<String> {
        let names: Vec<TenantName> = names.iter().map(|name| name.parse().unwrap()).collect();
        let labels = labels(&names.iter().collect::<Vec<_>>());
        names.iter().map(|name| labels[name].clone()).collect()
    }

    #[test]
    fn an_identifier_that_is_a_label_is_kept() {
        let names = ["uni", "uni-bern", "mh_default_org"];
        assert_eq!(labels_of(&names), names);
    }

    #[test]
    fn another_one_becomes_a_label_that_nobody_else_has() {
        let names = ["uni-2", "uni_b-3", "uni-x2", "uni_2", "uni-b-x3"];
        let labels = labels_of(&names);
        assert_eq!(labels, ["uni-x2-x2", "uni-b-x3-x2", "uni-x2", "uni-x2-x3", "uni-b-x3"]);
        assert!(labels.iter().all(|label| is_label(label)));
    }
}
