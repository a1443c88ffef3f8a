//! Debian's Rust compiler, the source of the standard library that belongs to it, and wasi-libc.
//!
//! The compiler of the current toolchain cannot be used for that source: the two change together with every release.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// What the fallback needs from Debian (and distributions made from it).
const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "wasi-libc"];

const RUSTC: &str = "/usr/bin/rustc";

/// Where wasi-libc has its files, newest layout first.
const LIBC_FOLDERS: [&str; 3] = [
    "/usr/lib/wasm32-wasip2",
    "/usr/lib/wasm32-wasip1",
    "/usr/lib/wasm32-wasi",
];

/// Downloads of 200 MB and more on a slow line take their time.
const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// A compiler with everything that is needed to build its standard library.
pub struct Compiler {
    /// The compiler program.
    pub rustc: PathBuf,
    /// Names exactly this compiler; usable as a folder name.
    pub id: String,
    /// The folder `library` of the source that belongs to it.
    pub library: PathBuf,
    /// The folder with wasi-libc's `libc.a` and start objects.
    pub libc: PathBuf,
}

/// The installed compiler, if it is complete.
pub fn compiler() -> Result<Option<Compiler>> {
    let rustc = Path::new(RUSTC);
    if !rustc.exists() {
        return Ok(None);
    }
    let Some(version) = process::answer(Command::new(rustc).arg("-vV")) else {
        return Ok(None);
    };
    let Some(release) = field(&version, "release") else {
        bail!("`{RUSTC} -vV` names no release; reinstall the package rustc-web");
    };
    // The folder carries the version, so a source of another version is not found: compiler and source always agree.
    let library = PathBuf::from(format!("/usr/src/rustc-{release}/library"));
    let libc = LIBC_FOLDERS
        .iter()
        .map(PathBuf::from)
        .find(|folder| folder.join("libc.a").is_file());
    match libc {
        Some(libc) if library.join("sysroot/Cargo.toml").is_file() => {
            let hash: String = field(&version, "commit-hash")
                .unwrap_or_default()
                .chars()
                .take(9)
                .collect();
            Ok(Some(Compiler {
                rustc: rustc.to_owned(),
                id: format!("{release}-{hash}"),
                library,
                libc,
            }))
        }
        _ => Ok(None),
    }
}

/// The installed compiler; its packages are installed if they are not there or do not belong together.
pub fn ensure() -> Result<Compiler> {
    if let Some(compiler) = compiler()? {
        return new_enough(compiler);
    }
    install()?;
    match compiler()? {
        Some(compiler) => new_enough(compiler),
        None => bail!(
            "{} are installed, but {RUSTC}, /usr/src/rustc-VERSION and wasi-libc do not fit together. The versions of \
             rustc-web and rust-web-src must be the same: compare them with `apt-cache policy {}` and bring both to \
             the newer one with `{}`",
            PACKAGES.join(", "),
            PACKAGES.join(" "),
            by_hand()
        ),
    }
}

fn new_enough(compiler: Compiler) -> Result<Compiler> {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    if numbers(&compiler.id) < numbers(wanted) {
        bail!(
            "Debian's compiler is version {}, but this workspace needs {wanted}. Newer ones come with the security \
             updates: add them to the package sources, then run `{}`",
            compiler.id,
            by_hand()
        );
    }
    Ok(compiler)
}

fn install() -> Result<()> {
    if process::answer(Command::new("apt-get").arg("--version")).is_none() {
        bail!(
            "this system has no apt-get, so the fallback does not work here. Run `rustup target add {}` where the \
             network reaches https://static.rust-lang.org (or a mirror named in RUSTUP_DIST_SERVER)",
            super::TARGET
        );
    }
    eprintln!("Installing the Debian packages {}.", PACKAGES.join(", "));
    let root = Root::get()?;
    if !all_known() {
        root.update()?;
    }
    if let Err(first) = root.install() {
        // Old lists name files that the mirror no longer has.
        eprintln!("The installation failed; trying again with fresh package lists.\n{first:#}");
        root.update()?;
        root.install()
            .with_context(|| format!("run `{}` by hand and then this command again", by_hand()))?;
    }
    Ok(())
}

fn by_hand() -> String {
    format!(
        "sudo apt-get update && sudo apt-get install --no-install-recommends {}",
        PACKAGES.join(" ")
    )
}

fn all_known() -> bool {
    PACKAGES.iter().all(|package| {
        process::answer(Command::new("apt-cache").args(["policy", package]))
            .is_some_and(|policy| policy.contains("Candidate: ") && !policy.contains("Candidate: (none)"))
    })
}

/// The right to install packages.
struct Root {
    sudo: bool,
}

impl Root {
    fn get() -> Result<Self> {
        let user = process::answer(Command::new("id").arg("-u")).unwrap_or_default();
        if user.trim() == "0" {
            return Ok(Self { sudo: false });
        }
        // Asks for the password on the terminal if it needs one; what follows has no terminal.
        if process::run(Command::new("sudo").arg("--validate")).is_err() {
            bail!(
                "installing packages needs root. Run `{}`, then this command again",
                by_hand()
            );
        }
        Ok(Self { sudo: true })
    }

    fn update(&self) -> Result<()> {
        process::run_behind_progress("apt-get update", self.apt_get().arg("update"), INSTALL_LIMIT)
            .context("the package lists cannot be fetched; check the network and /etc/apt/sources.list")
    }

    fn install(&self) -> Result<()> {
        let mut command = self.apt_get();
        // rustc-web conflicts with other packages of Rust: rather fail than remove what the user has installed.
        command
            .args(["install", "--yes", "--no-install-recommends", "--no-remove"])
            .args(PACKAGES);
        process::run_behind_progress(
            &format!("apt-get install {}", PACKAGES.join(" ")),
            &mut command,
            INSTALL_LIMIT,
        )
    }

    fn apt_get(&self) -> Command {
        let words: &[&str] = if self.sudo {
            &["sudo", "--non-interactive", "env"]
        } else {
            &["env"]
        };
        let mut words = words.iter();
        let mut command = Command::new(words.next().copied().unwrap_or("env"));
        command.args(words).args([
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-o",
            "DPkg::Lock::Timeout=300",
        ]);
        command
    }
}

fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The first two numbers of a version: a compiler's patch release adds nothing that a build can need.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split(['.', '-'])
        .take(2)
        .map_while(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_names_its_release_and_commit() {
        let version = "rustc 1.96.0 (ac68faa20 2026-05-25)\nbinary: rustc\ncommit-hash: ac68faa20\nrelease: 1.96.0\n";
        assert_eq!(field(version, "release"), Some("1.96.0"));
        assert_eq!(field(version, "commit-hash"), Some("ac68faa20"));
        assert_eq!(field(version, "LLVM version"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100.0-abc") > numbers("1.95"));
        assert!(numbers("1.85.0") < numbers("1.95"));
        assert_eq!(numbers("1.95.1"), numbers("1.95"));
    }
}
