//! `lectern stats`.

use anyhow::{Context, Result};
use clap::Subcommand;
use lectern_access_log::{parse, viewed};
use lectern_tenants::admin::Admin;
use lectern_tenants::{TenantName, Viewing};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// How many requests are counted in one transaction: a server that runs meanwhile has to wait for it.
const BATCH: usize = 10_000;

/// How many bytes of a line are looked at.
const LINE: u64 = 64 << 10;

const IMPORT_EXAMPLES: &str = "\
Reads what nginx and Apache write (common and combined format), and what `lectern serve` logs itself.
A view is what one client watches of an event within some hours; programs do not count. The same file can
be imported again, and files can overlap: nothing counts twice.

Examples:
  lectern stats import --tenant uni /var/log/nginx/video.uni.example.access.log
  zcat /var/log/nginx/access.log.*.gz | lectern stats import --tenant uni -";

#[derive(Debug, Subcommand)]
pub enum Stats {
    /// Imports access logs of web servers
    #[command(after_help = IMPORT_EXAMPLES)]
    Import {
        /// The logs; `-` is the standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
}

impl Stats {
    pub fn run(&self, data: &Path) -> Result<()> {
        let Self::Import { files, tenant } = self;
        let admin = Admin::open(data)?;
        let mut import = Import {
            admin,
            tenant,
            waiting: Vec::new(),
            summary: Summary::default(),
        };
        for file in files {
            let name = file.display();
            let mut reader: Box<dyn BufRead> = if file.as_os_str() == "-" {
                Box::new(io::stdin().lock())
            } else {
                let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
                Box::new(BufReader::new(opened))
            };
            import
                .read(&mut reader)
                .with_context(|| format!("{name} cannot be imported"))?;
        }
        import.count()?;
        let Summary {
            lines,
            views,
            known,
            unknown_events,
        } = import.summary;
        println!("read {lines} lines: {views} new views");
        println!(
            "{known} requests belong to views that were counted already, {unknown_events} to events that do not exist"
        );
        Ok(())
    }
}

#[derive(Default)]
struct Summary {
    lines: u64,
    views: u64,
    known: u64,
    unknown_events: u64,
}

struct Import<'i> {
    admin: Admin,
    tenant: &'i TenantName,
    waiting: Vec<Viewing>,
    summary: Summary,
}

impl Import<'_> {
    fn read(&mut self, log: &mut dyn BufRead) -> Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if log.take(LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            // The rest of a line that is too long is not the beginning of one.
            if line.len() as u64 == LINE && !line.ends_with(b"\n") {
                log.skip_until(b'\n')?;
            }
            self.summary.lines += 1;
            self.waiting.extend(self.viewing(&String::from_utf8_lossy(&line)));
            if self.waiting.len() >= BATCH {
                self.count()?;
            }
        }
    }

    fn viewing(&self, line: &str) -> Option<Viewing> {
        let request = parse(line.trim_end())?;
        if request
            .tenant
            .as_ref()
            .is_some_and(|tenant| tenant != self.tenant.as_str())
        {
            return None;
        }
        Some(Viewing {
            event: viewed(&request)?,
            client: request.client,
            agent: request.agent.unwrap_or_default(),
            at_ms: request.at_ms,
        })
    }

    fn count(&mut self) -> Result<()> {
        let recorded = self.admin.record_views(self.tenant, &self.waiting)?;
        self.waiting.clear();
        self.summary.views += recorded.views;
        self.summary.known += recorded.known;
        self.summary.unknown_events += recorded.unknown_events;
        Ok(())
    }
}
