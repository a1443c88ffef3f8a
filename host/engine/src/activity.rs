//! How much an engine has to do.

use lectern_metrics::Gauge;
use std::sync::Arc;

/// What an engine has to do at the moment.
#[derive(Debug, Default, Clone)]
pub struct Activity {
    /// Requests that wait for room for another instance.
    pub waiting: Arc<Gauge>,
    /// Instances that live.
    pub running: Arc<Gauge>,
}
