//! Which compiler builds components for `wasm32-wasip2`, and how it comes to be there.
//!
//! 1. The current toolchain, if it has the target.
//! 2. A private sysroot made earlier by step 4. It comes before rustup because a closed network costs minutes to try.
//! 3. `rustup target add`.
//! 4. Where no toolchain server can be reached: Debian's compiler and standard-library source ([`debian`]), from which
//!    a private sysroot is built once ([`sysroot`]).
//!
//! The server itself is always built with the current toolchain.

mod debian;
mod rustup;
mod sysroot;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// The target that all components are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// What a cargo command needs so that it can build components.
pub struct Toolchain {
    private: Option<PrivateSysroot>,
}

/// A compiler from elsewhere with a sysroot of our own.
struct PrivateSysroot {
    rustc: PathBuf,
    flags: OsString,
    path: OsString,
}

impl Toolchain {
    /// Lets `command`, a cargo command, build for [`TARGET`].
    pub fn apply(&self, command: &mut Command) {
        let Some(private) = &self.private else { return };
        command
            .env("RUSTC", &private.rustc)
            .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", &private.flags)
            .env("PATH", &private.path)
            // Either would win over the target's own flags, and the build would miss the sysroot.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
    }

    fn current() -> Self {
        Self { private: None }
    }

    fn private(rustc: &Path, sysroot: &Path, current: &CurrentToolchain) -> Result<Self> {
        let mut flags = OsString::from("--sysroot=");
        flags.push(sysroot);
        let linker_folder = current.linker_folder()?;
        let path = process::path_with(&linker_folder)?;
        Ok(Self {
            private: Some(PrivateSysroot {
                rustc: rustc.to_owned(),
                flags,
                path,
            }),
        })
    }
}

/// Finds a toolchain for components, or makes one and tells the user what is done and why.
pub fn ensure() -> Result<Toolchain> {
    let current = CurrentToolchain::ask()?;
    if current.has_target() {
        return Ok(Toolchain::current());
    }
    if let Some(compiler) = debian::compiler()?
        && let Some(sysroot) = sysroot::existing(&compiler)?
    {
        return Toolchain::private(&compiler.rustc, &sysroot, &current);
    }
    eprintln!("The current Rust toolchain cannot build for {TARGET} yet; the handler components need it.");
    let Err(refusal) = rustup::add_target() else {
        if current.has_target() {
            return Ok(Toolchain::current());
        }
        bail!(
            "rustup says that {TARGET} is installed, but {} has no complete standard library. Repair it with \
             `rustup target remove {TARGET}` and `rustup target add {TARGET}`",
            current.target_libdir.display()
        );
    };
    eprintln!("rustup could not add it: {refusal:#}\nFalling back to Debian's compiler with a private sysroot.");
    // Looked for first: without it, what follows would be a long way to an error.
    current.linker_folder()?;
    let compiler = debian::ensure()?;
    let sysroot = sysroot::build(&compiler)?;
    Toolchain::private(&compiler.rustc, &sysroot, &current)
}

/// The toolchain that also builds the server.
struct CurrentToolchain {
    sysroot: PathBuf,
    host: String,
    target_libdir: PathBuf,
}

impl CurrentToolchain {
    fn ask() -> Result<Self> {
        let mut command = Command::new("rustc");
        command.args([
            "--print=sysroot",
            "--print=host-tuple",
            "--print=target-libdir",
            "--target",
            TARGET,
        ]);
        let answer = process::answer(&mut command).with_context(|| {
            format!(
                "`{}` failed; install Rust 1.95 or newer from https://rustup.rs",
                process::shown(&command)
            )
        })?;
        let mut lines = answer.lines();
        match (lines.next(), lines.next(), lines.next()) {
            (Some(sysroot), Some(host), Some(libdir)) => Ok(Self {
                sysroot: sysroot.into(),
                host: host.to_owned(),
                target_libdir: libdir.into(),
            }),
            _ => bail!(
                "`{}` answered with something unexpected:\n{answer}",
                process::shown(&command)
            ),
        }
    }

    fn has_target(&self) -> bool {
        has_standard_library(&self.target_libdir) && rustup::agrees(&self.sysroot)
    }

    /// Where `wasm-component-ld` and the `rust-lld` it calls are. Debian ships neither, every rustup toolchain both.
    fn linker_folder(&self) -> Result<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        if folder.join("wasm-component-ld").is_file() {
            return Ok(folder);
        }
        bail!(
            "{} has no wasm-component-ld, the linker for components; every toolchain installed with rustup has it: \
             install Rust from https://rustup.rs and run this again",
            folder.display()
        )
    }
}

/// Whether `libdir` holds a compiled standard library (rustc names the folder even if it does not exist). Its file is
/// `libstd-HASH.rlib` in rustup's toolchains and `libstd.rlib` where cargo built it without Rust's own build system.
fn has_standard_library(libdir: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(libdir) else {
        return false;
    };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name == "libstd.rlib" || (name.starts_with("libstd-") && name.ends_with(".rlib"))
    })
}
