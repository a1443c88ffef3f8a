//! `cargo xtask build`: the handler components, the guest programs of the tests, and the server that carries the former.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::toolchain::{self, TARGET, Toolchain};
use crate::workspace::{Component, Workspace};
use crate::{new_handler, process, progress};

/// Builds the components and the `lectern` program with them inside.
pub fn all(workspace: &Workspace) -> Result<()> {
    components(workspace)?;
    progress::heading("build lectern");
    // Not `--package lectern`: cargo would choose the features of the dependencies for that package alone, and compile
    // the engine a second time for the tests of the whole workspace.
    process::run(host_cargo(workspace).args(["build", "--release", "--workspace", "--bin", "lectern"]))?;
    new_handler::build(workspace)
}

/// Builds all handler components into [`Workspace::dist`], all guests of the tests into [`Workspace::dist_guests`], and what serves the
/// handlers under Spin into [`Workspace::dist_spin`].
pub fn components(workspace: &Workspace) -> Result<()> {
    let toolchain = toolchain::ensure()?;
    for (title, folder, dist) in [
        ("build handler components", "components", workspace.dist()),
        (
            "build guest programs of the tests",
            "tests/guests",
            workspace.dist_guests(),
        ),
        ("build components for Spin", "spin", workspace.dist_spin()),
    ] {
        let components = workspace.components_in(folder);
        if !components.is_empty() {
            progress::heading(title);
        }
        for component in &components {
            process::run(&mut component_build(workspace, &toolchain, component))?;
        }
        let built = workspace.components_target().join(TARGET).join("component");
        collect(&built, &components, &dist)?;
    }
    Ok(())
}

/// A cargo command for the ordinary toolchain, with the environment that the server's build script and the black-box
/// tests read. Every step uses it, so that no step sees a changed environment and builds again.
pub fn host_cargo(workspace: &Workspace) -> Command {
    let mut command = process::cargo();
    command.current_dir(&workspace.root);
    point_to_built(workspace, &mut command);
    command
}

/// Tells a program where to find what was built.
pub fn point_to_built(workspace: &Workspace, command: &mut Command) {
    command
        .env("LECTERN_COMPONENTS_DIST", workspace.dist())
        .env("LECTERN_BIN", workspace.lectern())
        .env("LECTERN_GUESTS", workspace.dist_guests())
        .env("LECTERN_SPIN_DIST", workspace.dist_spin());
}

/// `cargo rustc` with the one crate type that a component needs: handlers are also ordinary libraries, which tests and
/// the server's native mode use, and for a crate that is both, `cargo build` silently leaves out the link-time
/// optimisation that the profile asks for. It takes one package at a time, which also keeps the features of what
/// components share from being unified: a shipped handler does not depend on what another one, or a test, needs.
fn component_build(workspace: &Workspace, toolchain: &Toolchain, component: &Component) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(&workspace.root)
        .args(["rustc", "--profile", "component", "--target", TARGET, "--target-dir"])
        .arg(workspace.components_target())
        .args(["--package", &component.package, "--lib", "--crate-type", "cdylib"]);
    toolchain.apply(&mut command);
    command
}

/// Brings `dist` in line with the build: what changed is copied, what did not keeps its time stamp (the server's build
/// looks at it), and a component that is no longer there goes.
fn collect(built: &Path, components: &[Component], dist: &Path) -> Result<()> {
    fs::create_dir_all(dist).with_context(|| format!("cannot create {}", dist.display()))?;
    // Made when the server is there.
    let mut expected = BTreeSet::from([OsString::from(new_handler::FILE)]);
    for component in components {
        let name = format!("{}.wasm", component.name);
        copy_if_changed(&built.join(&component.artifact), &dist.join(&name))?;
        expected.insert(OsString::from(name));
    }
    for entry in fs::read_dir(dist).with_context(|| format!("cannot list {}", dist.display()))? {
        let file = entry?.path();
        // Only what was delivered: another run may be writing a file under its unfinished name.
        let delivered = file.extension() == Some(OsStr::new("wasm"));
        if delivered && !file.file_name().is_some_and(|name| expected.contains(name)) {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

pub(crate) fn copy_if_changed(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read the built component {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == content) {
        return Ok(());
    }
    // A running server may watch the folder: it must never see half a component.
    let unfinished = to.with_extension("wasm.new");
    fs::write(&unfinished, content).with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, to).with_context(|| format!("cannot write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn component(name: &str) -> Component {
        Component {
            name: name.to_owned(),
            package: format!("lectern-{name}"),
            artifact: format!("lectern_{name}.wasm"),
        }
    }

    fn folders() -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (built, dist) = (folder.path().join("built"), folder.path().join("dist"));
        fs::create_dir(&built).unwrap();
        fs::write(built.join("lectern_events.wasm"), "events").unwrap();
        fs::write(built.join("lectern_series.wasm"), "series").unwrap();
        (folder, built, dist)
    }

    #[test]
    fn a_component_is_named_after_its_folder() {
        let (_folder, built, dist) = folders();
        collect(&built, &[component("events"), component("series")], &dist).unwrap();
        assert_eq!(fs::read(dist.join("events.wasm")).unwrap(), b"events");
        assert_eq!(fs::read(dist.join("series.wasm")).unwrap(), b"series");
    }

    #[test]
    fn only_a_changed_component_gets_a_new_time_stamp() {
        let (_folder, built, dist) = folders();
        let all = [component("events"), component("series")];
        collect(&built, &all, &dist).unwrap();
        for name in ["events.wasm", "series.wasm"] {
            fs::File::options()
                .write(true)
                .open(dist.join(name))
                .unwrap()
                .set_modified(SystemTime::UNIX_EPOCH)
                .unwrap();
        }
        fs::write(built.join("lectern_series.wasm"), "series, changed").unwrap();
        collect(&built, &all, &dist).unwrap();
        let modified = |name| fs::metadata(dist.join(name)).unwrap().modified().unwrap();
        assert_eq!(modified("events.wasm"), SystemTime::UNIX_EPOCH);
        assert_ne!(modified("series.wasm"), SystemTime::UNIX_EPOCH);
        assert_eq!(fs::read(dist.join("series.wasm")).unwrap(), b"series, changed");
    }

    #[test]
    fn a_component_that_is_no_longer_built_is_not_shipped() {
        let (_folder, built, dist) = folders();
        collect(&built, &[component("events"), component("series")], &dist).unwrap();
        collect(&built, &[component("events")], &dist).unwrap();
        assert!(dist.join("events.wasm").exists());
        assert!(!dist.join("series.wasm").exists());
    }
}
