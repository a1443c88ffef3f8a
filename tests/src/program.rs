//! The `lectern` program and its data folders.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The program under test: `LECTERN_BIN`, or where `cargo xtask build` puts it.
pub fn lectern() -> PathBuf {
    built("LECTERN_BIN", "release/lectern")
}

/// What takes the place of Spin, beside the program under test.
pub fn spin_compat() -> PathBuf {
    let program = lectern().with_file_name("lectern-spin-compat");
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --release --workspace --bin lectern-spin-compat` first",
        program.display()
    );
    program
}

/// Where the program keeps compiled handlers: the same for all tests, so that each is compiled once and not once for each server.
pub fn cache() -> PathBuf {
    lectern().with_file_name("cache-of-tests")
}

/// The folder of the handler components that the program was built with: `NAME.wasm` each.
pub fn components() -> PathBuf {
    built("LECTERN_COMPONENTS_DIST", "components/dist")
}

/// The component that was built from `tests/guests/NAME`.
pub fn guest(name: &str) -> PathBuf {
    let file = built("LECTERN_GUESTS", "components/dist-guests").join(format!("{name}.wasm"));
    assert!(
        file.exists(),
        "{} is missing: run `cargo xtask build` first",
        file.display()
    );
    file
}

fn built(variable: &str, below_target: &str) -> PathBuf {
    let path = match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target")
            .join(below_target),
    };
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask build` first",
        path.display()
    );
    path
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => collect(&path, found),
            false => found.extend(fs::read(&path).map(|content| (path, content))),
        }
    }
}

/// What a finished call of the program left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Asserts success.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Asserts that the program gave up with a message that contains all of `parts` and is no panic.
    #[track_caller]
    pub fn refused(self, parts: &[&str]) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "must fail: {self:#?}");
        assert!(!self.stderr.contains("panicked at"), "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "the message must name {part:?}: {self:#?}");
        }
        self
    }
}

/// Runs a program to its end.
fn finish(command: &mut Command, input: &str) -> Outcome {
    let mut child = command
        .env("LECTERN_CACHE", cache())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that gives up early does not read its input; that is its right.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A data folder and the command line that works on it. The folder goes with the value.
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    /// A place for a data folder, which does not exist yet.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("lectern-tests-").tempdir();
        Self {
            folder: folder.expect("a temporary folder"),
        }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A scratch file beside the data folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder that holds all of it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A folder with the built handlers and one of the guests beside them, for `lectern serve --components`.
    pub fn components_with(&self, name: &str) -> PathBuf {
        let folder = self.file("components");
        fs::create_dir(&folder).expect("a folder");
        for entry in fs::read_dir(components()).expect("the built components") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("a copy");
        }
        fs::copy(guest(name), folder.join(format!("{name}.wasm"))).expect("a copy");
        folder
    }

    /// Calls the program on this data folder and waits for its end.
    pub fn call<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        self.call_with_input(arguments, "")
    }

    /// Calls the program in the folder that holds all of it, without saying where the data is.
    pub fn call_without_data<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        finish(Command::new(lectern()).current_dir(self.folder()).args(arguments), "")
    }

    /// The same as [`call`](Self::call), with a text on standard input.
    pub fn call_with_input<A: AsRef<OsStr>>(&self, arguments: &[A], input: &str) -> Outcome {
        finish(
            Command::new(lectern()).arg("--data").arg(self.data()).args(arguments),
            input,
        )
    }
    /// Every file of the data folder with its content, for comparing before and after.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.data(), &mut found);
        found
    }

    /// `lectern init`: the data folder with a first tenant and its administrator.
    pub fn init(&self, tenant: &str, name: &str, host: &str, admin: &str, password: &str) {
        self.add_tenant_with(&["init", "--tenant", tenant], name, host, admin, password);
    }

    /// `lectern tenant add`: a further tenant and its administrator.
    pub fn add_tenant(&self, tenant: &str, name: &str, host: &str, admin: &str, password: &str) {
        self.add_tenant_with(&["tenant", "add", tenant], name, host, admin, password);
    }

    fn add_tenant_with(&self, command: &[&str], name: &str, host: &str, admin: &str, password: &str) {
        let rest = [
            "--name",
            name,
            "--host",
            host,
            "--admin",
            admin,
            "--admin-password-stdin",
        ];
        self.call_with_input(&[command, &rest].concat(), password).succeeded();
    }

    /// `lectern user add`.
    pub fn add_user(&self, tenant: &str, user: &str, password: &str, name: &str, roles: &[&str]) {
        let mut arguments = vec![
            "user",
            "add",
            user,
            "--tenant",
            tenant,
            "--password-stdin",
            "--name",
            name,
        ];
        for role in roles {
            arguments.extend(["--role", role]);
        }
        self.call_with_input(&arguments, password).succeeded();
    }

    /// `lectern api-key add`; gives the key.
    pub fn add_api_key(&self, tenant: &str, name: &str, roles: &[&str]) -> String {
        let mut arguments = vec!["api-key", "add", name, "--tenant", tenant];
        for role in roles {
            arguments.extend(["--role", role]);
        }
        self.call(&arguments).succeeded().stdout.trim_end().to_owned()
    }

    /// `lectern agent add`.
    pub fn add_agent(&self, tenant: &str, name: &str, timezone: &str) {
        self.call(&["agent", "add", name, "--tenant", tenant, "--timezone", timezone])
            .succeeded();
    }

    /// `lectern user set-password`.
    pub fn set_password(&self, tenant: &str, user: &str, password: &str) {
        let arguments = ["user", "set-password", user, "--tenant", tenant, "--password-stdin"];
        self.call_with_input(&arguments, password).succeeded();
    }

    /// `lectern user remove`.
    pub fn remove_user(&self, tenant: &str, user: &str) {
        self.call(&["user", "remove", user, "--tenant", tenant]).succeeded();
    }
}
