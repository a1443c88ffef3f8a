//! Metrics: what `/metrics` of a listener of its own tells Prometheus, and others that read its format.
//!
//! - [`Metrics`] counts requests as they end; what else there is to tell is asked for when somebody reads;
//! - `families` is the list of everything that is told, which `docs/monitoring.md` explains;
//! - `listener` answers.
//!
//! Numbers by tenant and component are there for those that have had requests, and for a bounded number of tenants.
//!
//! Does not belong here: what happens to be counted in the engine (`lectern_engine::Activity`) and with the tenants' data
//! (`lectern_tenants::Activity`).

mod families;
mod listener;
mod process;
mod writer;

pub use families::Exposition;
pub use listener::serve;

use crate::web::exchange::{End, Exchange};
use lectern_engine::Phase;
use lectern_metrics::{Counter, DurationHistogram, Gauge, Table};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Under which the numbers of those are counted that came when there was no room left.
const REST: &str = "(other)";

/// Components that have numbers of their own. There are as many as are deployed, of all tenants together.
const COMPONENTS: usize = 64;

/// What is counted of requests.
#[derive(Debug)]
pub struct Metrics {
    pub(crate) running: Gauge,
    tenants: Table<Tenant>,
    components: Table<Component>,
    phases: [(Part, DurationHistogram); 10],
}

/// A part of the time of a request: one phase, or all those in which the tenant's data are asked or changed.
#[derive(Debug, Clone, Copy)]
enum Part {
    Phase(Phase),
    Data,
}

/// Whom a request is for. Those for no tenant are counted under a name that no tenant has.
#[derive(Debug)]
struct Tenant {
    time: DurationHistogram,
    received: Counter,
    sent: Counter,
    data: [Data; Phase::DATA.len()],
    components: Table<Answers>,
}

#[derive(Debug, Default)]
struct Data {
    calls: Counter,
    nanos: Counter,
}

/// Who answers.
#[derive(Debug)]
struct Component {
    time: DurationHistogram,
    broken: Counter,
}

/// What a component has answered for a tenant.
#[derive(Debug, Default)]
struct Answers {
    /// By what is done, and by the class of the status.
    requests: [[Counter; STATUSES.len()]; METHODS.len()],
    instances: Counter,
    /// By reason. Failures are no matter of speed.
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

/// What methods do.
const METHODS: [&str; 2] = ["read", "write"];

/// Classes of statuses. The last is that of requests whose client has not waited for an answer.
const STATUSES: [&str; 5] = ["2xx", "3xx", "4xx", "5xx", "canceled"];

impl Metrics {
    /// Nothing has happened yet. So many tenants have numbers of their own.
    pub fn new(tenants: usize) -> Self {
        let phases = [
            Part::Phase(Phase::Accept),
            Part::Phase(Phase::Route),
            Part::Phase(Phase::Receive),
            Part::Phase(Phase::Queue),
            Part::Phase(Phase::Instantiate),
            Part::Phase(Phase::Authenticate),
            Part::Phase(Phase::Handler),
            Part::Data,
            Part::Phase(Phase::Encode),
            Part::Phase(Phase::Write),
        ];
        Self {
            running: Gauge::default(),
            tenants: Table::new(tenants, REST),
            components: Table::new(COMPONENTS, REST),
            phases: phases.map(|part| (part, DurationHistogram::new(DurationHistogram::FINE))),
        }
    }

    /// A request has arrived.
    pub fn begun(&self) {
        self.running.raise();
    }

    /// A request has ended.
    pub fn ended(&self, exchange: &Exchange) {
        self.running.lower();
        let time = exchange.time();
        let component = self.components.get(exchange.answerer.name(), Component::default);
        component.time.observe(time);
        if exchange.end() == End::Broken {
            component.broken.increment();
        }
        let name = exchange.tenant.as_ref().map_or("", |tenant| tenant.name().as_str());
        self.tenants.get(name, Tenant::default).count(exchange);
        for (part, histogram) in &self.phases {
            let sum = match part {
                Part::Phase(phase) => exchange.record.sum(*phase),
                Part::Data => exchange.record.data(),
            };
            if sum.number > 0 {
                histogram.observe(sum.time);
            }
        }
    }
}

impl Tenant {
    fn count(&self, exchange: &Exchange) {
        let record = &exchange.record;
        self.time.observe(exchange.time());
        self.received.add(record.received());
        self.sent.add(exchange.sent);
        for (phase, data) in Phase::DATA.into_iter().zip(&self.data) {
            let sum = record.sum(phase);
            if sum.number > 0 {
                data.calls.add(sum.number.into());
                data.nanos.add(u64::try_from(sum.time.as_nanos()).unwrap_or(u64::MAX));
            }
        }
        let answers = self.components.get(exchange.answerer.name(), Answers::default);
        let is_write = !exchange.method.is_safe();
        let status = match (exchange.end(), exchange.status()) {
            (End::Canceled, _) => 4,
            (_, status) => usize::from(status / 100).saturating_sub(2).min(3),
        };
        let counter = answers
            .requests
            .get(usize::from(is_write))
            .and_then(|counters| counters.get(status));
        if let Some(counter) = counter {
            counter.increment();
        }
        if record.sum(Phase::Instantiate).number > 0 {
            answers.instances.increment();
        }
        if let Some(reason) = record.failure() {
            let mut failures = answers.failures.lock().unwrap_or_else(PoisonError::into_inner);
            let count = failures.entry(reason).or_default();
            *count = count.saturating_add(1);
        }
    }
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Phase(phase) => phase.name(),
            Self::Data => "data",
        }
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            time: DurationHistogram::new(DurationHistogram::COARSE),
            received: Counter::default(),
            sent: Counter::default(),
            data: Default::default(),
            components: Table::new(COMPONENTS, REST),
        }
    }
}

impl Default for Component {
    fn default() -> Self {
        Self {
            time: DurationHistogram::new(DurationHistogram::FINE),
            broken: Counter::default(),
        }
    }
}
