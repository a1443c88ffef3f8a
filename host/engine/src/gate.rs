//! How many instances may live at a time, in all and for one tenant, and how long a request waits for its turn.

use crate::settings::Settings;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Admits requests. One tenant's flood waits at its own limit and leaves the rest of the instances to the others.
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    /// One entry for each tenant that has had a request; there are as many as the registry knows, not as clients invent.
    tenants: Mutex<HashMap<Box<str>, Arc<Semaphore>>>,
    per_tenant: usize,
    patience: Duration,
}

/// The right to have one instance; ends when dropped.
pub(crate) struct Admission {
    _tenant: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            all: Arc::new(Semaphore::new(settings.instances as usize)),
            tenants: Mutex::default(),
            per_tenant: settings.tenant_instances as usize,
            patience: settings.queue_timeout,
        }
    }

    /// Waits for a turn; none if it does not come in time.
    pub(crate) async fn admit(&self, tenant: &str) -> Option<Admission> {
        let latest = Instant::now() + self.patience;
        let _tenant = acquire(self.tenant(tenant), latest).await?;
        let _all = acquire(self.all.clone(), latest).await?;
        Some(Admission { _tenant, _all })
    }

    fn tenant(&self, tenant: &str) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = tenants.get(tenant) {
            return semaphore.clone();
        }
        let semaphore = Arc::new(Semaphore::new(self.per_tenant));
        tenants.insert(tenant.into(), semaphore.clone());
        semaphore
    }
}

async fn acquire(semaphore: Arc<Semaphore>, latest: Instant) -> Option<OwnedSemaphorePermit> {
    match semaphore.clone().try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) => timeout_at(latest, semaphore.acquire_owned()).await.ok()?.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(instances: u32, tenant_instances: u32) -> Gate {
        Gate::new(&Settings {
            instances,
            tenant_instances,
            queue_timeout: Duration::ZERO,
            ..Settings::default()
        })
    }

    #[tokio::test]
    async fn a_tenant_at_its_limit_is_turned_away_and_the_others_are_not() {
        let gate = gate(10, 1);
        let first = gate.admit("a").await;
        assert!(first.is_some());
        assert!(gate.admit("a").await.is_none());
        assert!(gate.admit("b").await.is_some());
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_instance_has_ended() {
        let gate = gate(1, 1);
        drop(gate.admit("a").await);
        assert!(gate.admit("a").await.is_some());
    }

    #[tokio::test]
    async fn all_tenants_together_have_a_limit() {
        let gate = gate(1, 1);
        let _first = gate.admit("a").await;
        assert!(gate.admit("b").await.is_none());
    }

    #[tokio::test]
    async fn a_request_that_waits_gets_the_next_free_place() {
        let gate = Arc::new(Gate::new(&Settings {
            instances: 1,
            tenant_instances: 1,
            ..Settings::default()
        }));
        let first = gate.admit("a").await;
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.admit("a").await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap());
    }
}
