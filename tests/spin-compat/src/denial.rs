//! What stands in for an interface of the host that a dependency does not inherit: it can be imported, and traps when it is called.

use crate::manifest::Inherited;
use anyhow::{Result, bail};

/// Interfaces, without their versions, and the member of a component that grants them.
const GRANTED: [(&str, &str); 8] = [
    (ENVIRONMENT, "environment"),
    ("wasi:filesystem/preopens", "files"),
    ("spin:sqlite/sqlite", "sqlite_databases"),
    ("fermyon:spin/sqlite", "sqlite_databases"),
    ("fermyon:spin/variables", "variables"),
    ("spin:variables/variables", "variables"),
    ("wasi:http/outgoing-handler", "allowed_outbound_hosts"),
    ("fermyon:spin/key-value", "key_value_stores"),
];

const ENVIRONMENT: &str = "wasi:cli/environment";

/// A component that exports `import` and traps, or nothing if the dependency may have the real one. Only the one interface that the
/// standard library of Rust drags into every component is known; a dependency that asks for another without inheriting it is better not
/// started.
pub fn of(import: &str, inherited: &Inherited) -> Result<Option<Vec<u8>>> {
    let interface = import.split('@').next().unwrap_or(import);
    let granted = GRANTED.iter().find(|(known, _)| *known == interface);
    let Some((_, member)) = granted.filter(|(_, member)| !inherited.includes(member)) else {
        return Ok(None);
    };
    if interface != ENVIRONMENT {
        bail!("the dependency imports {import} and does not inherit `{member}`, so every call of it would trap");
    }
    Ok(Some(wat::parse_str(environment(import))?))
}

fn environment(name: &str) -> String {
    format!(
        r#"(component
        (core module $m
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "denied") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $environment (result (list (tuple string string)))
            (canon lift (core func $i "denied") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
        (func $arguments (result (list string))
            (canon lift (core func $i "denied") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
        (func $directory (result (option string))
            (canon lift (core func $i "denied") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
        (instance $all
            (export "get-environment" (func $environment))
            (export "get-arguments" (func $arguments))
            (export "initial-cwd" (func $directory)))
        (export "{name}" (instance $all))
    )"#
    )
}
