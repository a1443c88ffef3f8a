//! Families of metrics in the words of the crate that writes them.

use lectern_metrics::Buckets;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;

/// Nanoseconds in a second.
const NANOS: f64 = 1e9;

/// What a family is: its name without the unit and without `_total`, its unit, and a sentence about it.
pub struct Family {
    pub name: &'static str,
    pub unit: Option<&'static Unit>,
    pub help: &'static str,
}

/// Writes one family after the other.
pub struct Writer<'e>(pub DescriptorEncoder<'e>);

impl Writer<'_> {
    /// Numbers that only grow.
    pub fn counters<L: EncodeLabelSet>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Counter)?;
        for (labels, value) in samples {
            metric
                .encode_family(&labels)?
                .encode_counter::<NoLabelSet, u64, f64>(&value, None)?;
        }
        Ok(())
    }

    /// Times that only grow, in nanoseconds, written in seconds.
    pub fn times<L: EncodeLabelSet>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Counter)?;
        for (labels, nanos) in samples {
            let seconds = nanos as f64 / NANOS;
            metric
                .encode_family(&labels)?
                .encode_counter::<NoLabelSet, f64, f64>(&seconds, None)?;
        }
        Ok(())
    }

    /// A number that only grows.
    pub fn counter(&mut self, family: &Family, value: u64) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, u64, f64>(&value, None)
    }

    /// Seconds that only grow.
    pub fn time(&mut self, family: &Family, seconds: f64) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, f64, f64>(&seconds, None)
    }

    /// Numbers that go up and down.
    pub fn gauges<L: EncodeLabelSet>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Gauge)?;
        for (labels, value) in samples {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, family: &Family, value: f64) -> fmt::Result {
        self.metric(family, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// Times by size, in nanoseconds, written in seconds.
    pub fn durations<L: EncodeLabelSet>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (L, Buckets)>,
    ) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Histogram)?;
        for (labels, buckets) in samples {
            histogram(&mut metric.encode_family(&labels)?, &buckets, NANOS)?;
        }
        Ok(())
    }

    /// The same without labels.
    pub fn duration(&mut self, family: &Family, buckets: &Buckets) -> fmt::Result {
        histogram(&mut self.metric(family, MetricType::Histogram)?, buckets, NANOS)
    }

    /// Values by size.
    pub fn histogram(&mut self, family: &Family, buckets: &Buckets) -> fmt::Result {
        histogram(&mut self.metric(family, MetricType::Histogram)?, buckets, 1.0)
    }

    /// What is said in labels.
    pub fn infos<L: EncodeLabelSet>(&mut self, family: &Family, samples: impl IntoIterator<Item = L>) -> fmt::Result {
        let mut metric = self.metric(family, MetricType::Info)?;
        samples.into_iter().try_for_each(|labels| metric.encode_info(&labels))
    }

    fn metric(&mut self, family: &Family, kind: MetricType) -> Result<MetricEncoder<'_>, fmt::Error> {
        self.0.encode_descriptor(family.name, family.help, family.unit, kind)
    }
}

fn histogram(metric: &mut MetricEncoder<'_>, buckets: &Buckets, scale: f64) -> fmt::Result {
    let counts: Vec<(f64, u64)> = buckets
        .counts
        .iter()
        .map(|(bound, count)| (*bound as f64 / scale, *count))
        .collect();
    let above = buckets
        .count
        .saturating_sub(counts.iter().map(|(_, count)| count).sum());
    let all: Vec<(f64, u64)> = counts.into_iter().chain([(f64::INFINITY, above)]).collect();
    metric.encode_histogram::<NoLabelSet>(buckets.sum as f64 / scale, buckets.count, &all, None)
}
