//! Who makes the steps of workflows when: one task that knows what there is to do, and one for each workflow that is being done.
//!
//! A workflow is taken up as soon as the commit that started it is durable. At the start all tenants are looked at in the background,
//! without keeping their databases open. What cannot be done because a tenant's database fails is tried again later.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lectern_metrics::Raised;
use lectern_workflows::step::Next;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;
use tokio::time::{interval, sleep};

use super::step::step;
use crate::{Tenant, TenantName, Tenants};

/// How many workflows of a tenant are looked up at a time.
const LOOKED_UP: u32 = 100;

/// When something that failed is tried again.
const LATER: Duration = Duration::from_secs(10);

/// How often it is looked whether the command line has resumed a workflow.
const LOOK: Duration = Duration::from_secs(1);

/// How many workflows are done at the same time.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowLimits {
    /// Of all tenants.
    pub together: usize,
    /// Of one tenant.
    pub of_tenant: usize,
}

/// How a tenant says that there is something to do. Nobody hears it where no workflows are run, as on the command line.
#[derive(Default)]
pub(crate) struct Wake(OnceLock<UnboundedSender<Message>>);

impl Wake {
    /// A workflow of this tenant has something to do.
    pub(crate) fn tell(&self, tenant: &TenantName) {
        if let Some(runner) = self.0.get() {
            // A runner that has ended leaves the rest to the next start.
            let _ = runner.send(Message::Woken(tenant.clone()));
        }
    }
}

/// What the runner is told.
enum Message {
    /// There may be something to do for a tenant.
    Woken(TenantName),
    /// There is this to do for a tenant.
    Found(TenantName, Vec<i64>),
    /// A workflow has come as far as it could, or is to be tried again.
    Ended { tenant: TenantName, id: i64, again: bool },
}

/// What is known of a tenant that has something to do.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<i64>,
    active: HashSet<i64>,
    is_looking: bool,
    look_again: bool,
}

struct Runner {
    tenants: Arc<Tenants>,
    limits: WorkflowLimits,
    sender: UnboundedSender<Message>,
    queues: BTreeMap<TenantName, Queue>,
    /// Tenants that have something waiting, in turn.
    turns: VecDeque<TenantName>,
    active: usize,
    stopping: Arc<AtomicBool>,
}

impl Tenants {
    /// Does what the workflows of all tenants say until `stop`; then the steps that have begun are finished. To be called once.
    pub async fn run_workflows(self: Arc<Self>, limits: WorkflowLimits, stop: impl Future<Output = ()>) {
        let (sender, messages) = unbounded_channel();
        if self.wake().0.set(sender.clone()).is_err() {
            tracing::error!("the workflows of this data folder are being run already");
            return;
        }
        spawn_blocking({
            let (tenants, sender) = (Arc::clone(&self), sender.clone());
            move || look_at_all(&tenants, &sender)
        });
        let runner = Runner {
            tenants: self,
            limits,
            sender,
            queues: BTreeMap::new(),
            turns: VecDeque::new(),
            active: 0,
            stopping: Arc::default(),
        };
        runner.run(messages, stop).await;
    }
}

/// Finds the tenants whose workflows an earlier process has left unfinished.
fn look_at_all(tenants: &Tenants, sender: &UnboundedSender<Message>) {
    let names = match tenants.names() {
        Ok(names) => names,
        Err(error) => {
            tracing::error!(%error, "unfinished workflows cannot be looked for");
            return;
        }
    };
    for name in names {
        match tenants.has_due_workflows(&name) {
            Ok(true) => {
                let _ = sender.send(Message::Woken(name));
            }
            Ok(false) => {}
            Err(error) => tracing::error!(tenant = %name, %error, "unfinished workflows cannot be looked for"),
        }
        if sender.is_closed() {
            return;
        }
    }
}

impl Runner {
    async fn run(mut self, mut messages: UnboundedReceiver<Message>, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                () = stop.as_mut() => break,
                message = messages.recv() => match message {
                    Some(message) => self.handle(message),
                    None => break,
                },
                _ = look.tick() => self.look_for_resumed(),
            }
        }
        self.stopping.store(true, Ordering::Relaxed);
        while self.active > 0 {
            match messages.recv().await {
                Some(Message::Ended { .. }) => self.active = self.active.saturating_sub(1),
                Some(_) => {}
                None => break,
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Woken(tenant) => self.look(tenant),
            Message::Found(tenant, due) => self.found(tenant, due),
            Message::Ended { tenant, id, again } => self.ended(tenant, id, again),
        }
    }

    /// Looks up what there is to do for a tenant.
    fn look(&mut self, name: TenantName) {
        let queue = self.queues.entry(name.clone()).or_default();
        if std::mem::replace(&mut queue.is_looking, true) {
            queue.look_again = true;
            return;
        }
        let (tenants, sender) = (Arc::clone(&self.tenants), self.sender.clone());
        spawn_blocking(move || {
            let due = match tenants.tenant(&name) {
                Ok(Some(tenant)) => tenant.due_workflows(LOOKED_UP).map_err(|error| error.message),
                // It has been removed, and its workflows with it.
                Ok(None) => Ok(Vec::new()),
                Err(error) => Err(error.to_string()),
            };
            let due = due.unwrap_or_else(|error| {
                tracing::error!(tenant = %name, %error, "workflows cannot be looked up");
                wake_later(sender.clone(), name.clone());
                Vec::new()
            });
            let _ = sender.send(Message::Found(name, due));
        });
    }

    fn found(&mut self, name: TenantName, due: Vec<i64>) {
        let Some(queue) = self.queues.get_mut(&name) else {
            return;
        };
        queue.is_looking = false;
        queue.waiting = due.into_iter().filter(|id| !queue.active.contains(id)).collect();
        let look_again = std::mem::take(&mut queue.look_again);
        if !queue.waiting.is_empty() && !self.turns.contains(&name) {
            self.turns.push_back(name.clone());
        }
        if look_again {
            self.look(name);
        } else {
            self.forget_idle(&name);
        }
        self.start();
    }

    fn ended(&mut self, name: TenantName, id: i64, again: bool) {
        self.active = self.active.saturating_sub(1);
        let Some(queue) = self.queues.get_mut(&name) else {
            return;
        };
        queue.active.remove(&id);
        if !queue.waiting.is_empty() {
            if !self.turns.contains(&name) {
                self.turns.push_back(name.clone());
            }
        } else if !again && queue.active.is_empty() && !queue.is_looking {
            // More than one look could take in, or something that came in between.
            self.look(name.clone());
        }
        if again {
            wake_later(self.sender.clone(), name);
        }
        self.start();
    }

    /// Starts as many as may be done at the same time, in turn.
    fn start(&mut self) {
        let mut passed = 0;
        while self.active < self.limits.together && passed < self.turns.len() {
            let Some(name) = self.turns.pop_front() else { return };
            let Some(queue) = self.queues.get_mut(&name) else {
                continue;
            };
            if queue.active.len() >= self.limits.of_tenant {
                self.turns.push_back(name);
                passed += 1;
                continue;
            }
            let Some(id) = queue.waiting.pop_front() else { continue };
            if !queue.waiting.is_empty() {
                self.turns.push_back(name.clone());
            }
            queue.active.insert(id);
            self.active += 1;
            passed = 0;
            tokio::spawn(work(
                Arc::clone(&self.tenants),
                name,
                id,
                Arc::clone(&self.stopping),
                self.sender.clone(),
            ));
        }
    }

    fn forget_idle(&mut self, name: &TenantName) {
        let is_idle = |queue: &Queue| queue.waiting.is_empty() && queue.active.is_empty() && !queue.is_looking;
        if self.queues.get(name).is_some_and(is_idle) {
            self.queues.remove(name);
        }
    }

    /// The command line has no other way to say so than in the data folder.
    fn look_for_resumed(&mut self) {
        match self.tenants.woken() {
            Ok(woken) => woken.into_iter().for_each(|tenant| self.look(tenant)),
            Err(error) => tracing::warn!(%error, "it cannot be seen whether workflows have been resumed"),
        }
    }
}

/// Goes on with a workflow as far as possible.
async fn work(
    tenants: Arc<Tenants>,
    name: TenantName,
    id: i64,
    stopping: Arc<AtomicBool>,
    sender: UnboundedSender<Message>,
) {
    let _running = Raised::new(Arc::clone(&tenants.activity().workflows));
    let again = match tenants.tenant(&name) {
        // A task of its own: whatever happens in there, it ends.
        Ok(Some(tenant)) => tokio::spawn(async move { steps(&tenant, id, &stopping).await })
            .await
            .unwrap_or(true),
        Ok(None) => false,
        Err(error) => {
            tracing::error!(tenant = %name, workflow = id, %error, "a workflow waits");
            true
        }
    };
    let _ = sender.send(Message::Ended {
        tenant: name,
        id,
        again,
    });
}

/// Makes steps; gives whether to try again later.
async fn steps(tenant: &Arc<Tenant>, id: i64, stopping: &AtomicBool) -> bool {
    while !stopping.load(Ordering::Relaxed) {
        match step(tenant, id).await {
            Ok(Next::Step) => {}
            Ok(Next::Nothing) => return false,
            Err(error) => {
                tracing::error!(tenant = %tenant.name(), workflow = id, reason = ?error.message, "a workflow waits");
                return true;
            }
        }
    }
    false
}

fn wake_later(sender: UnboundedSender<Message>, tenant: TenantName) {
    // Called on threads of the runtime only.
    tokio::runtime::Handle::current().spawn(async move {
        sleep(LATER).await;
        let _ = sender.send(Message::Woken(tenant));
    });
}
