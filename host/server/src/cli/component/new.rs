//! `lectern component new`: a crate to start a handler from.
//!
//! Does not belong here: building it. That is cargo's part.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use lectern_tenants::ComponentName;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The crate's only source file.
const SOURCE: &str = include_str!("template/handler.rs.txt");

/// Its manifest as a member of Lectern's workspace.
const MEMBER: &str = include_str!("template/member.toml");

/// Its manifest anywhere else.
const ALONE: &str = include_str!("template/alone.toml");

/// Where the components are in a checkout, and the library among them.
const COMPONENTS: &str = "components";
const LIBRARY: &str = "library";

#[derive(Debug, Args)]
pub struct New {
    /// Name of the handler: NAME answers /api/NAME and everything below
    #[arg(value_name = "NAME")]
    name: ComponentName,
    /// Folder to make, instead of components/NAME of the checkout that this is called in
    #[arg(long, value_name = "DIR")]
    at: Option<PathBuf>,
    /// The folder components/library of a checkout, unless DIR or the current folder is in one
    #[arg(long, value_name = "PATH")]
    library: Option<PathBuf>,
}

impl New {
    pub fn run(&self) -> Result<()> {
        let here = env::current_dir().context("the current folder cannot be found")?;
        let name = self.name.as_str();
        ensure!(
            name.starts_with(|first: char| first.is_ascii_lowercase()),
            "cargo would not take the name `{name}`: begin it with a letter"
        );
        let folder = match (&self.at, library_above(&here)) {
            (Some(folder), _) => here.join(folder),
            (None, Some(library)) => library.with_file_name(name),
            (None, None) => bail!(
                "{} is in no checkout of Lectern: say with --at DIR where the handler is to be, and with --library where components/library \
                 of a checkout is",
                here.display()
            ),
        };
        let library = match &self.library {
            Some(library) => library_at(&here.join(library)).with_context(|| {
                format!("{} is not the folder components/library of a checkout of Lectern", library.display())
            })?,
            None => library_above(&folder).or_else(|| library_above(&here)).with_context(|| {
                format!(
                    "neither {} nor the current folder is in a checkout of Lectern: say with --library where its components/library is",
                    folder.display()
                )
            })?,
        };
        ensure!(
            !folder.exists(),
            "{} exists already: choose another name, or another folder with --at",
            folder.display()
        );
        write(&folder, name, &library)?;
        self.say_what_next(&folder, is_member(&folder, &library));
        Ok(())
    }

    /// What to type, in the order in which one does.
    fn say_what_next(&self, folder: &Path, is_member: bool) {
        let name = &self.name;
        println!("made {}; its source is src/lib.rs", folder.display());
        if is_member {
            println!(
                "test it:    cargo test -p lectern-{name}\n\
                 build it:   cargo xtask build --components-only\n\
                 deploy it:  lectern component deploy {name} target/components/dist/{name}.wasm"
            );
        } else {
            println!(
                "test it:    cargo test\n\
                 build it:   cargo build --release --target wasm32-wasip2\n\
                 deploy it:  lectern component deploy {name} target/wasm32-wasip2/release/lectern_{}.wasm",
                name.as_str().replace('-', "_")
            );
        }
    }
}

/// The library, if this is its folder; as the system spells it.
fn library_at(folder: &Path) -> Option<PathBuf> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    manifest.contains("name = \"lectern-handler\"").then_some(())?;
    fs::canonicalize(folder).ok()
}

/// The library of the checkout that a folder, which need not exist, is in.
fn library_above(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find_map(|folder| library_at(&folder.join(COMPONENTS).join(LIBRARY)))
}

/// Whether the folder lies beside the library, where Lectern's workspace finds it.
fn is_member(folder: &Path, library: &Path) -> bool {
    let parent = folder.parent().and_then(|parent| fs::canonicalize(parent).ok());
    parent.is_some() && parent.as_deref() == library.parent()
}

fn write(folder: &Path, name: &str, library: &Path) -> Result<()> {
    let (manifest, library) = if is_member(folder, library) {
        (MEMBER, format!("../{LIBRARY}"))
    } else {
        (ALONE, library.display().to_string())
    };
    // As a text of TOML has it.
    let library = library.replace('\\', "\\\\").replace('"', "\\\"");
    let manifest = manifest.replace("NAME", name).replace("LIBRARY", &library);
    let source = SOURCE.replace("NAME", name);
    let write = || {
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), source)
    };
    write().with_context(|| format!("{} cannot be written", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that looks like a checkout.
    fn checkout() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("components/library");
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join("Cargo.toml"), "[package]\nname = \"lectern-handler\"\n").unwrap();
        folder
    }

    #[test]
    fn the_library_is_found_upwards_also_from_a_folder_that_is_not_there_yet() {
        let checkout = checkout();
        let library = fs::canonicalize(checkout.path().join("components/library")).unwrap();
        for below in ["", "components", "components/hello/src", "target/new"] {
            assert_eq!(
                library_above(&checkout.path().join(below)),
                Some(library.clone()),
                "{below}"
            );
        }
        assert_eq!(library_above(tempfile::tempdir().unwrap().path()), None);
    }

    #[test]
    fn beside_the_library_a_handler_belongs_to_its_workspace_and_elsewhere_to_none() {
        let checkout = checkout();
        let library = library_above(checkout.path()).unwrap();
        let beside = checkout.path().join("components/hello");
        write(&beside, "hello", &library).unwrap();
        let manifest = fs::read_to_string(beside.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("path = \"../library\"") && manifest.contains("edition.workspace"),
            "{manifest}"
        );
        let elsewhere = checkout.path().join("other/hello");
        write(&elsewhere, "hello", &library).unwrap();
        let manifest = fs::read_to_string(elsewhere.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("\n[workspace]\n") && manifest.contains(library.to_str().unwrap()),
            "{manifest}"
        );
        for text in [manifest, fs::read_to_string(elsewhere.join("src/lib.rs")).unwrap()] {
            assert!(!text.contains("NAME") && !text.contains("LIBRARY"), "{text}");
        }
    }
}
