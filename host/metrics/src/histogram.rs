//! How large something is, how often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts values by size. A value belongs to the first bucket whose bound is not below it.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// As many as there are bounds, and one for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// Bounds with the number of values of each bucket, not of those before; without what is above all bounds.
    pub counts: Vec<(u64, u64)>,
    /// The number of all values.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
}

impl Histogram {
    /// One without values. The bounds ascend.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
            self.sum.fetch_add(value, Ordering::Relaxed);
        }
    }

    /// What has been counted.
    pub fn buckets(&self) -> Buckets {
        let all: Vec<u64> = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Buckets {
            counts: self.bounds.iter().copied().zip(all.iter().copied()).collect(),
            count: all.iter().sum(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

/// The same for times, in nanoseconds.
#[derive(Debug)]
pub struct DurationHistogram(Histogram);

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

impl DurationHistogram {
    /// From five microseconds to ten seconds, in steps of 2 to 2.5: fine enough for most questions.
    pub const FINE: &'static [u64] = &[
        5 * MICROSECOND,
        10 * MICROSECOND,
        25 * MICROSECOND,
        50 * MICROSECOND,
        100 * MICROSECOND,
        250 * MICROSECOND,
        500 * MICROSECOND,
        MILLISECOND,
        2_500 * MICROSECOND,
        5 * MILLISECOND,
        10 * MILLISECOND,
        25 * MILLISECOND,
        50 * MILLISECOND,
        100 * MILLISECOND,
        250 * MILLISECOND,
        500 * MILLISECOND,
        SECOND,
        2_500 * MILLISECOND,
        5 * SECOND,
        10 * SECOND,
    ];

    /// Decades, for what there are many of.
    pub const COARSE: &'static [u64] = &[MILLISECOND, 10 * MILLISECOND, 100 * MILLISECOND, SECOND, 10 * SECOND];

    /// One without values, by these bounds in nanoseconds.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self(Histogram::new(bounds))
    }

    /// Counts a time.
    pub fn observe(&self, time: Duration) {
        self.0.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What has been counted, in nanoseconds.
    pub fn buckets(&self) -> Buckets {
        self.0.buckets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_belongs_to_the_first_bucket_that_it_fits_in() {
        let histogram = Histogram::new(&[1, 10, 100]);
        for value in [0, 1, 2, 10, 11, 100, 101, 5000] {
            histogram.observe(value);
        }
        let expected = Buckets {
            counts: vec![(1, 2), (10, 2), (100, 2)],
            count: 8,
            sum: 5225,
        };
        assert_eq!(histogram.buckets(), expected);
    }

    #[test]
    fn bounds_ascend() {
        for bounds in [DurationHistogram::FINE, DurationHistogram::COARSE] {
            assert!(bounds.is_sorted_by(|a, b| a < b), "{bounds:?}");
        }
    }

    #[test]
    fn times_are_counted_in_nanoseconds() {
        let histogram = DurationHistogram::new(DurationHistogram::COARSE);
        histogram.observe(Duration::from_millis(1));
        histogram.observe(Duration::from_micros(1001));
        let buckets = histogram.buckets();
        assert_eq!(buckets.counts.first(), Some(&(MILLISECOND, 1)));
        assert_eq!((buckets.count, buckets.sum), (2, 2_001_000));
    }
}
