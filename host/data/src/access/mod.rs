//! Who may do what: the access lists' algebra and what a principal may read.

/// What a caller may keep between calls, per tenant.
#[derive(Debug, Default)]
pub struct AccessCache {}
