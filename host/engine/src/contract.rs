//! Whether a component is a handler: what it may import and what it must export.

use wasmtime::Engine;
use wasmtime::component::{Component, types::ComponentItem};

/// The interfaces that a handler may import, without their versions. `lectern:api` and `wasi:http/types` are its powers; the
/// rest is what the Rust standard library drags in, and is connected to nothing: no arguments, no environment, no directory,
/// an empty standard input, and an output that goes to the log.
pub const ALLOWED_IMPORTS: &[&str] = &[
    "lectern:api/auth",
    "lectern:api/lists",
    "lectern:api/search",
    "lectern:api/statistics",
    "lectern:api/storage",
    "lectern:api/types",
    "lectern:api/urls",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// The interfaces that make a component a handler, and what it cannot do without them.
const EXPORTS: [(&str, &str); 2] = [
    ("wasi:http/incoming-handler", "it cannot answer requests"),
    ("lectern:api/probe", "it cannot be tried before it serves"),
];

/// Why a component is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The name cannot be a part of a path.
    #[error("`{0}` cannot be the name of a handler: use lower-case letters, digits and `-`, as in /api/NAME")]
    Name(String),
    /// Not a component at all, or one that uses features that are switched off.
    #[error("{name}: not a WebAssembly component that can be run here: {reason}")]
    Compile {
        /// The handler's name.
        name: String,
        /// The compiler's words.
        reason: String,
    },
    /// The component asks for powers that handlers do not have.
    #[error(
        "{name}: imports {import}, which handlers are not given; build it for wasm32-wasip2 and leave {import} unused"
    )]
    Import {
        /// The handler's name.
        name: String,
        /// The interface in question.
        import: String,
    },
    /// The component lacks a part of what makes a handler.
    #[error("{name}: does not export {export}, so {consequence}; build it against this server's wit/ folder")]
    Export {
        /// The handler's name.
        name: String,
        /// The interface in question.
        export: &'static str,
        /// What cannot be done without it.
        consequence: &'static str,
    },
    /// An interface has the right name but other types or another version, or the component is larger than the pool allows.
    #[error("{name}: does not fit this server, build it against the same wit/ folder: {reason}")]
    Contract {
        /// The handler's name.
        name: String,
        /// The linker's words.
        reason: String,
    },
}

/// The interfaces that a component imports, as it names them (`wasi:http/types@0.2.12`), sorted.
pub(crate) fn imports(engine: &Engine, component: &Component) -> Vec<String> {
    let mut names: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Checks names; types are checked when the component is linked.
pub(crate) fn check(engine: &Engine, name: &str, component: &Component) -> Result<(), Refusal> {
    for import in imports(engine, component) {
        if !ALLOWED_IMPORTS.contains(&without_version(&import)) {
            return Err(Refusal::Import {
                name: name.to_owned(),
                import,
            });
        }
    }
    let component_type = component.component_type();
    let exports = |wanted: &str| {
        component_type.exports(engine).any(|(export, item)| {
            without_version(export) == wanted && matches!(item.ty, ComponentItem::ComponentInstance(_))
        })
    };
    match EXPORTS.into_iter().find(|(export, _)| !exports(export)) {
        None => Ok(()),
        Some((export, consequence)) => Err(Refusal::Export {
            name: name.to_owned(),
            export,
            consequence,
        }),
    }
}

/// Whether a handler can be called this: it becomes a segment of paths, a file name and a label in logs.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        Ok(())
    } else {
        Err(Refusal::Name(name.to_owned()))
    }
}

fn without_version(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}
