//! Who may live and who may compute: so many instances at a time, in all and for one tenant, and so many of them on a processor.
//!
//! Both are shared out among the tenants in turn (`lectern-turns`). An instance may live long while it waits, for the body of an upload
//! or for a client that reads slowly; it computes for as long as one poll of its future takes, at most until the next tick of the engine's
//! clock. There are as many places to compute as half of the runtime's threads, that is as processors, and as many
//! spare ones for tenants that have none: another one's request need not wait for what a flood has begun, and while it computes, the flood has fewer.

use crate::settings::Settings;
use lectern_turns::{Place, Turns, Wait};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;

/// Admits requests and lets them compute.
pub(crate) struct Gate {
    instances: Turns,
    computing: Turns,
    patience: Duration,
}

/// The right to have one instance; ends when dropped.
pub(crate) type Admission = Place;

impl Gate {
    pub(crate) fn new(settings: &Settings) -> Self {
        let [instances, of_tenant, waiting] =
            [settings.instances, settings.tenant_instances, settings.tenant_waiting].map(|number| number as usize);
        let computing = (settings.computing as usize).max(2) / 2;
        Self {
            instances: Turns::new(instances, of_tenant, waiting),
            // Who waits to compute has been admitted: there are no more of them than instances.
            computing: Turns::with_spare(computing, computing, computing, usize::MAX),
            patience: settings.queue_timeout,
        }
    }

    /// Waits for a turn; none if it does not come in time, or if too many of the tenant wait already.
    pub(crate) async fn admit(&self, tenant: &Arc<str>) -> Option<Admission> {
        timeout(self.patience, self.instances.wait(tenant)).await.ok()?.ok()
    }

    /// Has a future computed when it is its tenant's turn.
    pub(crate) fn in_turn<F: Future>(&self, tenant: &Arc<str>, future: F) -> InTurn<F> {
        InTurn {
            wait: self.computing.wait(tenant),
            future: Box::pin(future),
        }
    }
}

/// A future that is polled in its tenant's turn.
pub(crate) struct InTurn<F> {
    wait: Wait,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for InTurn<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.wait.poll_place(cx) {
            Poll::Pending => Poll::Pending,
            // Whoever is turned away for want of room to wait, which there is without end, does not wait.
            Poll::Ready(place) => {
                let polled = self.future.as_mut().poll(cx);
                drop(place);
                polled
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn gate(instances: u32, tenant_instances: u32) -> Gate {
        Gate::new(&Settings {
            instances,
            tenant_instances,
            queue_timeout: Duration::ZERO,
            ..Settings::default()
        })
    }

    fn tenant(name: &str) -> Arc<str> {
        name.into()
    }

    #[tokio::test]
    async fn a_tenant_at_its_limit_is_turned_away_and_the_others_are_not() {
        let gate = gate(10, 1);
        let first = gate.admit(&tenant("a")).await;
        assert!(first.is_some());
        assert!(gate.admit(&tenant("a")).await.is_none());
        assert!(gate.admit(&tenant("b")).await.is_some());
    }

    #[tokio::test]
    async fn all_tenants_together_have_a_limit() {
        let gate = gate(1, 1);
        let _first = gate.admit(&tenant("a")).await;
        assert!(gate.admit(&tenant("b")).await.is_none());
    }

    #[tokio::test]
    async fn a_request_that_waits_gets_the_next_free_place() {
        let gate = Arc::new(Gate::new(&Settings {
            instances: 1,
            tenant_instances: 1,
            ..Settings::default()
        }));
        let first = gate.admit(&tenant("a")).await;
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.admit(&tenant("a")).await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap());
    }

    /// Counts how many are inside at a time, over several polls.
    async fn compute(inside: Arc<AtomicUsize>, most: Arc<AtomicUsize>) {
        for _ in 0..20 {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    async fn a_tenant_that_floods_leaves_a_place_to_compute_to_the_others() {
        let gate = Gate::new(&Settings {
            computing: 4,
            ..Settings::default()
        });
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let flood: Vec<_> = (0..200)
            .map(|_| {
                let work = compute(inside.clone(), most.clone());
                tokio::spawn(gate.in_turn(&tenant("flood"), work))
            })
            .collect();
        let other = compute(Arc::default(), Arc::default());
        tokio::spawn(gate.in_turn(&tenant("other"), other)).await.unwrap();
        for request in flood {
            request.await.unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}
