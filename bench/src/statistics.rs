//! Medians, and what the machine is.

use std::fs;
use std::time::{Duration, Instant};

/// The middle of these; 0 if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// How long something takes, in microseconds: the median of so many times.
pub fn time<T>(times: usize, mut work: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let mut micros = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        std::hint::black_box(work()?);
        micros.push(micros_of(start.elapsed()));
    }
    Ok(median(micros))
}

/// In microseconds.
pub fn micros_of(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Microseconds as people read them.
pub fn shown(micros: f64) -> String {
    if micros < 1000.0 {
        format!("{micros:.1} µs")
    } else if micros < 1e6 {
        format!("{:.2} ms", micros / 1e3)
    } else {
        format!("{:.2} s", micros / 1e6)
    }
}

/// What the figures were measured on.
pub fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find(|line| line.starts_with("model name"));
    let model = model
        .and_then(|line| line.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{processors} processors, {model}, Linux {}", kernel.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn times_are_shown_in_the_unit_that_suits_them() {
        assert_eq!(shown(12.34), "12.3 µs");
        assert_eq!(shown(1234.0), "1.23 ms");
        assert_eq!(shown(3_210_000.0), "3.21 s");
    }
}
