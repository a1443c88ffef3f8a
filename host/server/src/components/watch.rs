//! `lectern serve --watch`: for developers, whose builds write components into a folder. What has changed there is checked and tried like
//! something that is deployed, and then serves; what is refused changes nothing, and the terminal says why.

use crate::components::{Components, Scratch, short, source};
use anyhow::{Context, Result, ensure};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;

/// How long nothing must happen in the folder before it is looked at: whoever copies a file writes it in several pieces.
const QUIET: Duration = Duration::from_millis(40);

/// When it is looked at in any case.
const PATIENCE: Duration = Duration::from_millis(400);

/// Watches a folder for as long as the value lives. Called within the runtime that serves.
pub fn watch(components: &Arc<Components>, folder: &Path) -> Result<RecommendedWatcher> {
    let (sender, events) = channel();
    let watching = || {
        let mut watcher = notify::recommended_watcher(sender)?;
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        notify::Result::Ok(watcher)
    };
    let watcher = watching().with_context(|| format!("the folder {} cannot be watched", folder.display()))?;
    let watch = Watch {
        components: Arc::clone(components),
        folder: folder.to_owned(),
        runtime: Handle::current(),
        seen: HashMap::new(),
    };
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || watch.run(&events))
        .context("the folder of components cannot be watched")?;
    tracing::info!(
        "watching {}: a component that is built there serves at once",
        folder.display()
    );
    Ok(watcher)
}

/// When a file was last changed and how long it is.
type Stamp = (SystemTime, u64);

struct Watch {
    components: Arc<Components>,
    folder: PathBuf,
    runtime: Handle,
    /// The files as they were when they were last looked at.
    seen: HashMap<String, Stamp>,
}

impl Watch {
    fn run(mut self, events: &Receiver<notify::Result<notify::Event>>) {
        // What has changed since the server loaded the folder and before it was watched.
        self.look(Instant::now());
        while events.recv().is_ok() {
            let first = Instant::now();
            while first.elapsed() < PATIENCE {
                match events.recv_timeout(QUIET) {
                    Ok(_) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            self.look(first);
        }
    }

    /// Takes what has changed. `since` is when that was noticed.
    fn look(&mut self, since: Instant) {
        let files = match source::files(&self.folder) {
            // An empty folder is one that is just being built, or was deleted: nobody means that nothing is to be served.
            Ok(files) if files.is_empty() => return,
            Ok(files) => files,
            Err(error) => {
                tracing::warn!("{error:#}; what has served goes on");
                return;
            }
        };
        let serving = self.components.below();
        for name in serving.keys() {
            if !files.iter().any(|(there, _)| there == name) {
                self.seen.remove(name);
                self.components.remove(name);
            }
        }
        for (name, path) in files {
            let Some(stamp) = stamp(&path) else { continue };
            if self.seen.get(&name) == Some(&stamp) {
                continue;
            }
            self.seen.insert(name.clone(), stamp);
            let served = serving.get(&name).map(String::as_str);
            match self.take(&name, &path, served) {
                Ok(None) => {}
                Ok(Some(digest)) => self.taken(&name, &digest, since),
                Err(error) => {
                    let goes_on = served.map(|digest| format!("; version {} goes on", short(digest)));
                    tracing::error!("refused: {error:#}{}", goes_on.unwrap_or_default());
                }
            }
        }
    }

    /// Has the component in a file serve, if it is fit; gives its digest, or none if it serves already.
    fn take(&self, name: &str, path: &Path, served: Option<&str>) -> Result<Option<String>> {
        let wasm = fs::read(path).with_context(|| format!("{name}: {} cannot be read", path.display()))?;
        if served == Some(&lectern_engine::digest(&wasm)) {
            return Ok(None);
        }
        ensure!(!wasm.is_empty(), "{name}: {} is empty", path.display());
        let (engine, artefacts) = (self.components.engine(), self.components.artefacts());
        let handler = engine.examine(name, &wasm, Some(artefacts))?;
        let others = self.components.all();
        let probe = Scratch::new()?;
        let probed = probe.probe(engine, &handler, |name| others.get(name).is_some());
        self.runtime.block_on(probed)?;
        engine.keep(&handler, artefacts);
        let digest = handler.digest().to_owned();
        self.components.replace(handler);
        Ok(Some(digest))
    }

    fn taken(&self, name: &str, digest: &str, since: Instant) {
        let serves = self.components.all();
        match serves.get(name) {
            Some(handler) if handler.digest() != digest => tracing::warn!(
                "{name}: version {} is fit to serve, but version {}, which is deployed, ranks above it: \
                 `lectern component rollback {name}` makes way",
                short(digest),
                short(handler.digest())
            ),
            _ => tracing::info!(
                "{name}: live as version {}, {:.1} s after the file changed",
                short(digest),
                since.elapsed().as_secs_f32()
            ),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
