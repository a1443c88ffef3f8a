//! `fermyon:spin/variables`, and the values of the variables.

use crate::bindings::fermyon::spin::variables::{Error, Host};
use crate::label::is_lower_snake_case;
use crate::manifest::{Component, Manifest};
use crate::state::State;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;

/// How the environment names a variable of the application: this and its name in capitals.
const ENVIRONMENT: &str = "SPIN_VARIABLE_";

impl Host for State {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        if !is_lower_snake_case(&name) {
            return Ok(Err(Error::InvalidName(name)));
        }
        let value = self.grants.variables.get(&name).cloned();
        Ok(value.ok_or_else(|| Error::Undefined(format!("no variable {name:?}"))))
    }
}

/// The values of the variables of a component.
pub fn of(manifest: &Manifest, component: &Component) -> Result<BTreeMap<String, String>> {
    let values = component.variables.iter().map(|(name, template)| {
        let value = filled_in(template, |variable| value(manifest, variable));
        Ok((name.clone(), value.with_context(|| format!("the variable {name}"))?))
    });
    values.collect()
}

fn value(manifest: &Manifest, name: &str) -> Result<String> {
    let variable = manifest.variables.get(name);
    let variable = variable.with_context(|| format!("the application has no variable {name:?}"))?;
    let set = std::env::var(format!("{ENVIRONMENT}{}", name.to_ascii_uppercase()));
    set.ok()
        .or_else(|| variable.default.clone())
        .with_context(|| format!("nobody has set {name}"))
}

/// A template with the values of the variables of the application that it names: `{{ name }}`.
fn filled_in(template: &str, value: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, named)) = rest.split_once("{{") {
        let Some((name, after)) = named.split_once("}}") else {
            bail!("{template:?} has `{{{{` without `}}}}`");
        };
        text += before;
        text += &value(name.trim())?;
        rest = after;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in() {
        let value = |name: &str| Ok(name.to_uppercase());
        assert_eq!(filled_in("plain", value).unwrap(), "plain");
        assert_eq!(filled_in("{{ a }} and {{b}}.", value).unwrap(), "A and B.");
        assert!(filled_in("{{ a", value).is_err());
    }
}
