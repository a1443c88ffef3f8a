//! What an operator can set about running handlers.

use std::time::Duration;

/// Limits of an [`Engine`](crate::Engine). The defaults suit a server with a few cores.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a request may take from its admission to the beginning of the answer. Afterwards the instance is discarded and the
    /// client gets `504 Gateway Timeout`, or `408 Request Timeout` if it was the client that kept the handler waiting. A body that
    /// arrives steadily moves the end on. An answer that is sent while it is made ends early when the client has taken nothing for
    /// this time, or when the instance has worked on it for four times as long, waiting for the client not included.
    pub request_timeout: Duration,
    /// Linear memory of one instance, in bytes.
    pub instance_memory: usize,
    /// Bytes of changes that the transactions of one request may hold before they are committed. This is memory of the host,
    /// so it is bounded like the memory of the instance.
    pub transaction_bytes: usize,
    /// Bytes of a request body; a longer one is answered with `413 Content Too Large`.
    pub request_body: u64,
    /// The same for `multipart/form-data`, in which files come.
    pub upload: u64,
    /// Instances that may live at the same time, over all tenants.
    pub instances: u32,
    /// Instances that may live at the same time for one tenant.
    pub tenant_instances: u32,
    /// How many requests an instance answers, all of one tenant. With more than one the instance's memory is not new to the later ones: a fault
    /// of a handler can show one user of the tenant what it has done for another.
    pub instance_requests: u32,
    /// Requests of one tenant that may wait for an instance; more are answered with `503 Service Unavailable` at once.
    pub tenant_waiting: u32,
    /// How long a request waits for an instance before it is answered with `503 Service Unavailable`.
    pub queue_timeout: Duration,
    /// Instances that may compute at the same time: as many as the runtime has threads, twice the number of processors. Half of them are
    /// for tenants of which no other computes.
    pub computing: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            instance_memory: 64 << 20,
            transaction_bytes: 64 << 20,
            request_body: 16 << 20,
            upload: 64 << 30,
            instances: 256,
            tenant_instances: 64,
            instance_requests: 1,
            tenant_waiting: 1024,
            queue_timeout: Duration::from_secs(2),
            computing: 4,
        }
    }
}
