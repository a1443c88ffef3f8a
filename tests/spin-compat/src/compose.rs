//! One component of a component and the dependencies that serve its imports.
//!
//! A dependency is called after the package that it serves, `lectern:api`, or after one interface of it, either with a version or
//! without. It takes the place of the host for all these imports; what neither of them gets from the other, the composed component
//! imports.

use crate::denial;
use crate::manifest::Inherited;
use anyhow::{Context, Result, ensure};
use wac_graph::types::{Package, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// A component that serves imports of another.
pub struct Dependency<'a> {
    /// Which ones.
    pub name: &'a str,
    /// The component itself.
    pub wasm: Vec<u8>,
    /// What it may ask the host for.
    pub inherited: &'a Inherited,
}

/// Composes a component with its dependencies. Without any it stays as it is.
pub fn compose(component: Vec<u8>, dependencies: Vec<Dependency<'_>>) -> Result<Vec<u8>> {
    if dependencies.is_empty() {
        return Ok(component);
    }
    let mut graph = CompositionGraph::new();
    let (world, instance) = instantiate(&mut graph, "component", component)?;
    let imports = imports(&graph, world);
    for dependency in dependencies {
        let name = dependency.name;
        let served: Vec<&String> = imports.iter().filter(|import| serves(name, import)).collect();
        ensure!(
            !served.is_empty(),
            "the component imports nothing of the dependency {name}"
        );
        let provider = provider(&mut graph, dependency)?;
        for import in served {
            let export = graph
                .alias_instance_export(provider, import)
                .with_context(|| format!("the dependency {name} does not export {import}"))?;
            graph
                .set_instantiation_argument(instance, import, export)
                .with_context(|| format!("the dependency {name} exports another {import} than is imported"))?;
        }
    }
    let exports: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(instance, &name)?;
        graph.export(export, &name)?;
    }
    let options = EncodeOptions {
        // The engine does it.
        validate: false,
        ..EncodeOptions::default()
    };
    Ok(graph.encode(options)?)
}

/// Adds a dependency, from which what it does not inherit is kept away.
fn provider(graph: &mut CompositionGraph, dependency: Dependency<'_>) -> Result<NodeId> {
    let Dependency { name, wasm, inherited } = dependency;
    let (world, provider) = instantiate(graph, name, wasm)?;
    for (number, import) in imports(graph, world).into_iter().enumerate() {
        if let Some(denial) = denial::of(&import, inherited)? {
            let (_, denying) = instantiate(graph, &format!("{name}-denied{number}"), denial)?;
            let export = graph.alias_instance_export(denying, &import)?;
            graph.set_instantiation_argument(provider, &import, export)?;
        }
    }
    Ok(provider)
}

fn instantiate(graph: &mut CompositionGraph, name: &str, wasm: Vec<u8>) -> Result<(WorldId, NodeId)> {
    let package = Package::from_bytes(name, None, wasm, graph.types_mut())?;
    let world = package.ty();
    let package = graph.register_package(package)?;
    Ok((world, graph.instantiate(package)))
}

fn imports(graph: &CompositionGraph, world: WorldId) -> Vec<String> {
    graph.types()[world].imports.keys().cloned().collect()
}

/// Whether a dependency of this name serves an import: `package:name[/interface][@version]` both.
fn serves(dependency: &str, import: &str) -> bool {
    let (wanted, wanted_version) = parts(dependency);
    let (offered, offered_version) = parts(import);
    let is_package = offered.split_once('/').is_some_and(|(package, _)| package == wanted);
    (is_package || wanted.contains('/') && wanted == offered)
        && (wanted_version.is_none() || wanted_version == offered_version)
}

fn parts(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Engine, Store};

    /// Answers with what its import says, and one more.
    const ASKING: &str = r#"(component
        (import "a:b/numbers@1.0.0" (instance $numbers (export "number" (func (result u32)))))
        (core func $number (canon lower (func $numbers "number")))
        (core module $m
            (import "i" "number" (func $number (result i32)))
            (func (export "answer") (result i32) (i32.add (call $number) (i32.const 1))))
        (core instance $i (instantiate $m (with "i" (instance (export "number" (func $number))))))
        (func (export "answer") (result u32) (canon lift (core func $i "answer")))
    )"#;

    /// Says 41, or asks for the arguments of the program if there is `"use"` in it.
    fn answering(uses: bool) -> Vec<u8> {
        let body = if uses { "(call $cwd (i32.const 0))" } else { "" };
        let text = format!(
            r#"(component
            (import "wasi:cli/environment@0.2.3" (instance $env (export "initial-cwd" (func (result (option string))))))
            (core module $libc
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
            (core instance $libc (instantiate $libc))
            (core func $cwd (canon lower (func $env "initial-cwd")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core module $m
                (import "i" "cwd" (func $cwd (param i32)))
                (func (export "number") (result i32) {body} (i32.const 41)))
            (core instance $i (instantiate $m (with "i" (instance (export "cwd" (func $cwd))))))
            (func $number (result u32) (canon lift (core func $i "number")))
            (instance $numbers (export "number" (func $number)))
            (export "a:b/numbers@1.0.0" (instance $numbers))
        )"#
        );
        wat::parse_str(text).unwrap()
    }

    fn composed(name: &str, provider: Vec<u8>) -> Result<Vec<u8>> {
        let dependency = Dependency {
            name,
            wasm: provider,
            inherited: &Inherited::default(),
        };
        compose(wat::parse_str(ASKING).unwrap(), vec![dependency])
    }

    fn answer(wasm: &[u8]) -> wasmtime::Result<u32> {
        let engine = Engine::default();
        let component = Component::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &component)?;
        let answer = instance.get_typed_func::<(), (u32,)>(&mut store, "answer")?;
        Ok(answer.call(&mut store, ())?.0)
    }

    #[test]
    fn a_component_gets_its_imports_from_its_dependency() {
        assert_eq!(answer(&composed("a:b", answering(false)).unwrap()).unwrap(), 42);
    }

    #[test]
    fn what_a_dependency_does_not_inherit_traps_when_it_is_called() {
        let error = answer(&composed("a:b", answering(true)).unwrap()).unwrap_err();
        assert!(format!("{error:?}").contains("unreachable"), "{error:?}");
    }

    #[test]
    fn a_dependency_that_serves_nothing_is_refused() {
        let error = composed("a:c", answering(false)).unwrap_err();
        assert!(error.to_string().contains("a:c"), "{error:#}");
    }

    #[test]
    fn a_dependency_serves_a_package_or_an_interface_in_any_version_or_in_one() {
        for name in ["a:b", "a:b@1.0.0", "a:b/c", "a:b/c@1.0.0"] {
            assert!(serves(name, "a:b/c@1.0.0"), "{name}");
        }
        for name in ["a:bc", "a:b@1.0.1", "a:b/d", "a:b/c@1", "a"] {
            assert!(!serves(name, "a:b/c@1.0.0"), "{name}");
        }
    }
}
