//! A private sysroot: the standard library for [`TARGET`], built once for each compiler and kept in the user's cache
//! folder, so nothing is written into system folders and build scripts and macros keep the compiler's own sysroot.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::debian::Compiler;
use super::{TARGET, has_standard_library};
use crate::process;

/// Takes about half a minute on two cores, plus the download of a few crates.
const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);

/// What a C program for wasm32-wasi is linked with; the compiler looks for them beside the standard library.
const LIBC_FILES: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// The sysroot for `compiler`, if it has been built.
pub fn existing(compiler: &Compiler) -> Result<Option<PathBuf>> {
    let sysroot = crate::cache::folder("toolchain")?.join(&compiler.id);
    Ok(has_standard_library(&libdir(&sysroot)).then_some(sysroot))
}

/// Builds the sysroot for `compiler`. An interrupted run leaves nothing that could be taken for a sysroot, and of two
/// runs at the same time the second waits for the first and uses its work.
pub fn build(compiler: &Compiler) -> Result<PathBuf> {
    let cache = crate::cache::folder("toolchain")?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot create the cache folder {}", cache.display()))?;
    let lock_file = cache.join("lock");
    let lock = File::create(&lock_file).with_context(|| format!("cannot create {}", lock_file.display()))?;
    lock.lock()
        .with_context(|| format!("cannot lock {}", lock_file.display()))?;
    if let Some(sysroot) = existing(compiler)? {
        return Ok(sysroot);
    }

    let unfinished = cache.join("unfinished");
    remove_if_there(&unfinished)?;
    let finished = cache.join(&compiler.id);
    let result = build_in(compiler, &unfinished, &finished);
    remove_if_there(&unfinished)?;
    result?;
    eprintln!(
        "The sysroot is in {}; it can be deleted at any time.",
        finished.display()
    );
    Ok(finished)
}

fn build_in(compiler: &Compiler, unfinished: &Path, finished: &Path) -> Result<()> {
    let built = compile(compiler, &unfinished.join("target"))?;
    let sysroot = unfinished.join("sysroot");
    assemble(&built, compiler, &libdir(&sysroot))?;
    remove_if_there(finished)?;
    fs::rename(&sysroot, finished).with_context(|| format!("cannot move the sysroot to {}", finished.display()))
}

/// Compiles the standard library and returns the folder with its rlibs.
fn compile(compiler: &Compiler, target_dir: &Path) -> Result<PathBuf> {
    fs::create_dir_all(target_dir).with_context(|| format!("cannot create {}", target_dir.display()))?;
    let mut command = process::cargo();
    command
        // Away from any `.cargo/config.toml` of this workspace, which is for the workspace's own builds.
        .current_dir(target_dir)
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--package",
            "sysroot",
        ])
        .args(["--no-default-features", "--features", "compiler-builtins-mem"])
        .arg("--manifest-path")
        .arg(compiler.library.join("sysroot/Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .env("RUSTC", &compiler.rustc)
        // The standard library is written in unstable Rust, which a release compiler refuses otherwise.
        .env("RUSTC_BOOTSTRAP", "1")
        // The bitcode is what link-time optimisation of a component works on; cargo leaves it out by default.
        .env(
            "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
            "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes",
        )
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    let label = format!("build the standard library of Rust {} for {TARGET}", compiler.id);
    process::run_behind_progress(&label, &mut command, BUILD_LIMIT).with_context(|| {
        "the standard library could not be built. It needs a few crates from the crate registry: check that \
         `cargo search serde` works, then run this again"
    })?;
    Ok(target_dir.join(TARGET).join("release/deps"))
}

/// Puts the compiled crates and the C library where the compiler looks for them.
fn assemble(built: &Path, compiler: &Compiler, libdir: &Path) -> Result<()> {
    let self_contained = libdir.join("self-contained");
    fs::create_dir_all(&self_contained).with_context(|| format!("cannot create {}", self_contained.display()))?;
    for entry in fs::read_dir(built).with_context(|| format!("cannot list {}", built.display()))? {
        let file = entry?.path();
        if file.extension() == Some(OsStr::new("rlib")) {
            copy_into(&file, libdir)?;
        }
    }
    if !has_standard_library(libdir) {
        bail!(
            "the build of the standard library left no libstd in {}; please report this",
            built.display()
        );
    }
    for name in LIBC_FILES {
        copy_into(&compiler.libc.join(name), &self_contained)?;
    }
    Ok(())
}

fn copy_into(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().unwrap_or_default();
    fs::copy(file, folder.join(name))
        .with_context(|| format!("cannot copy {} to {}", file.display(), folder.display()))?;
    Ok(())
}

fn libdir(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn remove_if_there(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
