//! Everything that is told, family by family. `docs/monitoring.md` explains each, and a test compares the two.

use super::writer::{Family, Writer};
use super::{METHODS, Metrics, STATUSES, process};
use crate::components::Components;
use crate::logging;
use crate::traces::Traces;
use lectern_engine::Phase;
use lectern_tenants::Tenants;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use std::fmt;
use std::sync::{Arc, PoisonError};

static SECONDS: Unit = Unit::Seconds;
static BYTES: Unit = Unit::Bytes;

/// What there is to tell something about.
pub struct Exposition {
    pub metrics: Arc<Metrics>,
    pub components: Arc<Components>,
    pub tenants: Arc<Tenants>,
    pub traces: Option<Arc<Traces>>,
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exposition")
    }
}

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(encoder);
        self.requests(&mut writer)?;
        self.times(&mut writer)?;
        self.instances(&mut writer)?;
        self.data(&mut writer)?;
        self.databases(&mut writer)?;
        self.program(&mut writer)?;
        process::encode(&mut writer)
    }
}

/// A count of something.
const fn count(name: &'static str, help: &'static str) -> Family {
    Family { name, unit: None, help }
}

/// Times.
const fn seconds(name: &'static str, help: &'static str) -> Family {
    Family {
        name,
        unit: Some(&SECONDS),
        help,
    }
}

/// Bytes.
const fn bytes(name: &'static str, help: &'static str) -> Family {
    Family {
        name,
        unit: Some(&BYTES),
        help,
    }
}

impl Exposition {
    fn requests(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let tenants = self.metrics.tenants.all();
        let mut requests = Vec::new();
        let mut failures = Vec::new();
        let mut instances = Vec::new();
        for (tenant, numbers) in &tenants {
            for (component, answers) in numbers.components.all() {
                let labels = || {
                    [
                        ("tenant", Arc::clone(tenant).to_string()),
                        ("component", component.to_string()),
                    ]
                };
                for (method, counters) in METHODS.into_iter().zip(&answers.requests) {
                    for (status, counter) in STATUSES.into_iter().zip(counters) {
                        let [tenant, component] = labels();
                        let labels = [
                            tenant,
                            component,
                            ("method", method.to_owned()),
                            ("status", status.to_owned()),
                        ];
                        requests.push((labels, counter.get()));
                    }
                }
                for (reason, number) in &*answers.failures.lock().unwrap_or_else(PoisonError::into_inner) {
                    let [tenant, component] = labels();
                    failures.push(([tenant, component, ("reason", (*reason).to_owned())], *number));
                }
                instances.push((labels(), answers.instances.get()));
            }
        }
        requests.retain(|(_, number)| *number > 0);
        instances.retain(|(_, number)| *number > 0);
        let family = count(
            "lectern_requests",
            "Requests that have ended, by what the method does and by the class of the status.",
        );
        writer.counters(&family, requests)?;
        let family = count(
            "lectern_request_failures",
            "Requests that were refused or failed by limits, or whose instance failed, by reason.",
        );
        writer.counters(&family, failures)?;
        let family = count(
            "lectern_instances_started",
            "Instances of components that were started.",
        );
        writer.counters(&family, instances)?;
        let family = bytes("lectern_received", "Bytes of requests' bodies that have arrived.");
        let received = |numbers: &super::Tenant| numbers.received.get();
        writer.counters(&family, of_tenants(&tenants, received))?;
        let family = bytes(
            "lectern_sent",
            "Bytes of answers' bodies that were handed to connections.",
        );
        writer.counters(&family, of_tenants(&tenants, |numbers| numbers.sent.get()))?;
        let family = count("lectern_requests_running", "Requests that have arrived and not ended.");
        writer.gauge(&family, self.metrics.running.get() as f64)
    }

    fn times(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let components = self.metrics.components.all();
        let family = seconds(
            "lectern_request_duration",
            "From the arrival of a request's head until all of its answer was handed to the connection.",
        );
        let labelled = components
            .iter()
            .map(|(name, component)| ([("component", &**name)], component.time.buckets()));
        writer.durations(&family, labelled)?;
        let family = seconds("lectern_tenant_request_duration", "The same by tenant, in decades.");
        let tenants = self.metrics.tenants.all();
        let labelled = tenants
            .iter()
            .map(|(name, tenant)| ([("tenant", &**name)], tenant.time.buckets()));
        writer.durations(&family, labelled)?;
        let family = seconds(
            "lectern_request_phase_duration",
            "The parts of the time of requests; data are all calls of a request together.",
        );
        let phases = self.metrics.phases.iter();
        let labelled = phases.map(|(part, histogram)| ([("phase", part.name())], histogram.buckets()));
        writer.durations(&family, labelled)?;
        let family = count(
            "lectern_answers_broken",
            "Answers that broke off because their instance failed or their client did not take them.",
        );
        let broken = components
            .iter()
            .map(|(name, component)| ([("component", &**name)], component.broken.get()));
        writer.counters(&family, broken)
    }

    fn instances(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let activity = self.components.engine().activity();
        let family = count("lectern_instances_running", "Instances of components that live.");
        writer.gauge(&family, activity.running.get() as f64)?;
        let family = count("lectern_instances_limit", "Instances that may live at the same time.");
        writer.gauge(&family, f64::from(self.components.engine().settings().instances))?;
        let family = count(
            "lectern_requests_waiting",
            "Requests that wait for room for another instance.",
        );
        writer.gauge(&family, activity.waiting.get() as f64)
    }

    fn data(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let tenants = self.metrics.tenants.all();
        let mut calls = Vec::new();
        let mut times = Vec::new();
        for (tenant, numbers) in &tenants {
            for (phase, data) in Phase::DATA.into_iter().zip(&numbers.data) {
                if data.calls.get() > 0 {
                    let labels = [("tenant", &**tenant), ("operation", phase.name())];
                    calls.push((labels, data.calls.get()));
                    times.push((labels, data.nanos.get()));
                }
            }
        }
        let family = count(
            "lectern_data_calls",
            "Calls by which a tenant's data were asked or changed.",
        );
        writer.counters(&family, calls)?;
        let family = seconds("lectern_data", "The time that these took.");
        writer.times(&family, times)
    }

    fn databases(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let activity = self.tenants.activity();
        let family = count("lectern_tenants", "Tenants that there are.");
        // Who cannot read the list reads about it in the log.
        let known = self.tenants.names().map_or(0, |names| names.len());
        writer.gauge(&family, known as f64)?;
        let open = self.tenants.open_databases();
        let family = count("lectern_databases_open", "Tenants' databases that are open.");
        writer.gauge(&family, open.len() as f64)?;
        let family = bytes(
            "lectern_database_wal",
            "Size of the write-ahead log of a tenant's database, while it is open.",
        );
        let open = open.iter().map(|(name, size)| ([("tenant", name.as_str())], *size));
        writer.gauges(&family, open)?;
        let family = count("lectern_transactions", "Transactions that were made, or refused.");
        let outcomes = [
            ([("outcome", "committed")], activity.committed.get()),
            ([("outcome", "refused")], activity.refused.get()),
        ];
        writer.counters(&family, outcomes)?;
        let family = count(
            "lectern_transactions_waiting",
            "Transactions that wait for the thread that writes for their tenant.",
        );
        writer.gauge(&family, activity.waiting.get() as f64)?;
        let family = count(
            "lectern_commit_transactions",
            "Transactions that shared a commit, and with it a sync to the disk.",
        );
        writer.histogram(&family, &activity.together.buckets())?;
        let family = seconds(
            "lectern_commit_duration",
            "Applying the transactions of a commit and syncing.",
        );
        writer.duration(&family, &activity.commit_time.buckets())?;
        let family = count("lectern_workflows_running", "Workflows that are being done.");
        writer.gauge(&family, activity.workflows.get() as f64)
    }

    fn program(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let family = count(
            "lectern_log_lines_dropped",
            "Lines of the log that were lost because what reads it was too slow.",
        );
        writer.counter(&family, logging::dropped_lines())?;
        let of_traces = |number: fn(&Traces) -> u64| self.traces.as_deref().map_or(0, number);
        let family = count("lectern_traces_exported", "Requests whose spans a collector has taken.");
        writer.counter(&family, of_traces(Traces::exported))?;
        let family = count(
            "lectern_traces_dropped",
            "Requests whose spans were lost because the collector did not take them in time.",
        );
        writer.counter(&family, of_traces(Traces::dropped))?;
        let family = count("lectern_build", "The version of the program.");
        writer.infos(&family, [[("version", env!("CARGO_PKG_VERSION"))]])?;
        let family = count("lectern_component", "The components that answer, with their versions.");
        let handlers = self.components.all();
        let versions = handlers.iter().map(|handler| {
            let version = handler.digest().get(..12).unwrap_or_default();
            [("component", handler.name()), ("version", version)]
        });
        writer.infos(&family, versions)
    }
}

fn of_tenants<'t>(
    tenants: &'t [(Arc<str>, Arc<super::Tenant>)],
    value: impl Fn(&super::Tenant) -> u64 + 't,
) -> impl Iterator<Item = ([(&'static str, &'t str); 1], u64)> {
    tenants
        .iter()
        .map(move |(name, numbers)| ([("tenant", &**name)], value(numbers)))
}
