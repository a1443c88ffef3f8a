//! What the crates that the host shares log: to standard error, where Spin takes it from.

#[cfg(target_family = "wasm")]
mod stderr {
    use log::{LevelFilter, Log, Metadata, Record};

    struct Stderr;

    impl Log for Stderr {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.level() <= log::max_level()
        }

        fn log(&self, record: &Record<'_>) {
            if self.enabled(record.metadata()) {
                eprintln!(
                    "{} {}: {:?}",
                    record.level(),
                    record.target(),
                    record.args().to_string()
                );
            }
        }

        fn flush(&self) {}
    }

    pub fn start() {
        // It has been started already, or it has not: an instance answers one request.
        if log::set_logger(&Stderr).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
    }
}

/// Has everything logged from now on.
pub fn start() {
    #[cfg(target_family = "wasm")]
    stderr::start();
}
