//! The thread that makes spans and sends them.

use super::queue::Queue;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};

/// How often it is said that spans are lost.
const TELL: Duration = Duration::from_secs(60);

/// How spans are put together.
pub struct Batches {
    /// Spans that are sent at once, roughly: those of one request stay together.
    pub size: usize,
    /// How often is looked for spans.
    pub delay: Duration,
}

/// Starts the thread, with a runtime of its own: what it waits for keeps nobody else waiting.
pub fn start(exporter: SpanExporter, queue: Arc<Queue>, batches: Batches) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("traces".to_owned()).spawn(move || {
        runtime.block_on(run(&exporter, &queue, &batches));
        queue.finished();
    })?;
    Ok(())
}

async fn run(exporter: &SpanExporter, queue: &Queue, batches: &Batches) {
    let mut look = interval(batches.delay.max(Duration::from_millis(10)));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        let is_last = tokio::select! {
            _ = look.tick() => false,
            () = queue.finish.notified() => true,
        };
        let mut spans: Vec<SpanData> = Vec::new();
        let mut requests = 0;
        for ended in queue.take() {
            spans.extend(ended.spans());
            requests += 1;
            if spans.len() >= batches.size {
                send(exporter, queue, std::mem::take(&mut spans), requests, &mut told).await;
                requests = 0;
            }
        }
        if requests > 0 {
            send(exporter, queue, spans, requests, &mut told).await;
        }
        if is_last {
            return;
        }
    }
}

async fn send(exporter: &SpanExporter, queue: &Queue, spans: Vec<SpanData>, requests: u64, told: &mut Option<Instant>) {
    match exporter.export(spans).await {
        Ok(()) => queue.exported.add(requests),
        Err(error) => {
            queue.dropped.add(requests);
            if told.is_none_or(|told| told.elapsed() >= TELL) {
                *told = Some(Instant::now());
                let dropped = queue.dropped.get();
                tracing::warn!(%error, dropped, "the collector does not take spans: requests are missing in traces");
            }
        }
    }
}
