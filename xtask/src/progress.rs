//! How a long step shows that it is alive: a spinner on a terminal, plain lines elsewhere (CI logs, pipes).

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A log without a terminal gets a sign of life this often.
const PLAIN_INTERVAL: Duration = Duration::from_secs(15);

/// One long step, from its announcement to its closing line with the elapsed time.
pub struct Progress {
    label: String,
    started: Instant,
    last_plain: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Announces a step.
    pub fn start(label: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} ({elapsed}) {wide_msg:.dim}") {
                bar.set_style(style);
            }
            bar.set_prefix(label.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() {
            eprintln!("{label} …");
        }
        let now = Instant::now();
        Self {
            label: label.to_owned(),
            started: now,
            last_plain: now,
            bar,
        }
    }

    /// Shows what is going on inside the step; cheap enough to be called for every line of a tool's output.
    pub fn note(&mut self, detail: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(detail.trim().to_owned());
        } else if self.last_plain.elapsed() >= PLAIN_INTERVAL {
            self.last_plain = Instant::now();
            eprintln!("  {} s: {}", self.started.elapsed().as_secs(), detail.trim());
        }
    }

    /// Ends the step well.
    pub fn finish(self) {
        let seconds = self.started.elapsed().as_secs_f32();
        eprintln!("{}: done in {seconds:.1} s", self.label);
    }
}

/// A step that fails is dropped: the spinner must not stay on the terminal beside the error.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The heading above a step whose tool shows its own progress.
pub fn heading(title: &str) {
    eprintln!("\n== {title}");
}
