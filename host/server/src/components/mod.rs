//! The handler components that requests are answered with: where they come from, which version serves whom, and how one takes the place
//! of another while requests are answered.
//!
//! What the operator has [deployed](lectern_tenants::Deployments) for a tenant ranks above what is deployed for all, and that above what
//! comes from the [source]: the program itself, or the folder of `--components`.
//!
//! Does not belong here: running components (`lectern-engine`), keeping versions and who has which (`lectern-tenants`), the operator's
//! commands (`cli::component`).

mod live;
mod scratch;
mod source;
mod watch;

pub use live::Components;
pub use scratch::Scratch;
pub use source::{Named, Source, for_spin};
pub use watch::watch;

/// Where compiled components are, below the folder of caches.
pub const ARTEFACTS: &str = "components";

/// As many digits of a digest as tell versions apart for people.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
