//! Components as files, and further versions of the guests that show which one answers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, Installation, Outcome};

/// The file of a handler that the program was built with.
pub fn built_in(name: &str) -> PathBuf {
    program::components().join(format!("{name}.wasm"))
}

/// A guest's component with another text of the same length in the place of the one where it is found, which is in one place.
pub fn changed(guest: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "{from} and {to}");
    let mut wasm = fs::read(program::guest(guest)).expect("a guest");
    let found: Vec<usize> = (0..wasm.len().saturating_sub(from.len()))
        .filter(|at| wasm[*at..].starts_with(from.as_bytes()))
        .collect();
    let [at] = found[..] else {
        panic!("{from:?} is in {guest} {} times", found.len());
    };
    wasm[at..at + to.len()].copy_from_slice(to.as_bytes());
    wasm
}

/// The guest `versions` as the version of this number, which it shows in its status, a header field, and each line of its body. The numbers go up to 3.
pub fn version(number: u8) -> Vec<u8> {
    changed("versions", "version-number:0", &format!("version-number:{number}"))
}

/// The guest `misbehaving` with a probe whose last segment is this.
pub fn probed(how: &str) -> Vec<u8> {
    changed(
        "misbehaving",
        "/api/misbehaving/well",
        &format!("/api/misbehaving/{how}"),
    )
}

/// The version of the guest `versions` that an answer is from, all of it.
#[track_caller]
pub fn version_of(status: u16, header: Option<&str>, body: &str) -> u8 {
    single_version(status, header, body).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// The same, or what is wrong with the answer: that it is made of two versions, or of none.
pub fn single_version(status: u16, header: Option<&str>, body: &str) -> Result<u8, String> {
    let wrong = |what: &str| Err(format!("{what}: {status}, {header:?}\n{body}"));
    let number = match status {
        200..=203 => (status - 200) as u8,
        _ => return wrong("no answer of the guest"),
    };
    let marker = format!("version-number:{number}");
    let lines: Vec<&str> = body.lines().collect();
    if header != Some(marker.as_str()) || !lines.iter().all(|line| line.starts_with(&marker)) {
        return wrong("two versions in one answer");
    }
    match lines[..] {
        [first, .., last] if first.ends_with("begins") && last.ends_with("ends") => Ok(number),
        _ => wrong("not the whole answer"),
    }
}

impl Installation {
    /// Writes a component beside the data folder.
    pub fn component(&self, file: &str, wasm: &[u8]) -> PathBuf {
        let path = self.file(file);
        fs::write(&path, wasm).expect("a file");
        path
    }

    /// `lectern component deploy`, which must succeed; gives what it prints.
    #[track_caller]
    pub fn deploy(&self, name: &str, file: &Path) -> String {
        self.try_to_deploy(name, file).succeeded().stdout
    }

    /// The same, whether it succeeds or not.
    pub fn try_to_deploy(&self, name: &str, file: &Path) -> Outcome {
        self.call(&["component", "deploy", name, file.to_str().expect("a path")])
    }

    /// The same for one tenant.
    #[track_caller]
    pub fn deploy_for(&self, tenant: &str, name: &str, file: &Path) -> String {
        let file = file.to_str().expect("a path");
        self.call(&["component", "deploy", name, file, "--tenant", tenant])
            .succeeded()
            .stdout
    }

    /// `lectern component rollback`, which must succeed; gives what it prints.
    #[track_caller]
    pub fn roll_back(&self, name: &str) -> String {
        self.call(&["component", "rollback", name]).succeeded().stdout
    }

    /// What `lectern component list` prints.
    #[track_caller]
    pub fn component_list(&self) -> String {
        self.call(&["component", "list"]).succeeded().stdout
    }
}
