//! `lectern backup`, `lectern restore` and `lectern verify`.

use anyhow::{Context, Result, bail};
use clap::Args;
use lectern_tenants::admin::Admin;
use lectern_tenants::backup::{self, Manifest};
use lectern_tenants::{Host, TenantName};
use std::io;
use std::path::{Path, PathBuf};

const BACKUP_EXAMPLES: &str = "\
The file is a tar archive of the tenant as it is at one commit: its database, its files, and what you have
set for it. Whoever has it has all of the tenant: it is written for its owner only; keep it that way.

Examples:
  lectern backup --tenant uni /backup/uni-2026-11-26.tar
  lectern backup --tenant uni - | ssh backup.example 'cat > uni.tar'";

#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub struct Backup {
    /// Identifier of the tenant
    #[arg(long, value_name = "ID")]
    tenant: TenantName,
    /// The file to write, which must not exist; `-` is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub fn run(&self, data: &Path) -> Result<()> {
        let admin = Admin::open(data)?;
        let is_piped = self.file.as_os_str() == "-";
        let summary = match is_piped {
            true => admin.backup_to(&self.tenant, io::stdout().lock())?,
            false => admin.backup(&self.tenant, &self.file)?,
        };
        let said = format!(
            "backed up tenant {} as of commit {}: {}",
            self.tenant,
            summary.sequence,
            amount(summary.files, summary.size)
        );
        match is_piped {
            true => eprintln!("{said}"),
            false => println!("{said}"),
        }
        Ok(())
    }
}

const RESTORE_EXAMPLES: &str = "\
The backup is checked first, and a tenant is there as a whole or not at all. A running server serves it with
the next request.

Examples:
  Bring back a tenant that was lost, or move it to a new server:
    lectern restore --data /var/lib/lectern uni-2026-11-26.tar
  Look at an old state beside the present one:
    lectern restore uni-2026-11-01.tar --tenant uni-old --host old.video.uni.example
  Go back to an old state; what was written since then is lost:
    lectern restore uni-2026-11-26.tar --replace";

#[derive(Debug, Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Identifier that the tenant gets, if not its own
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantName>,
    /// Name under which clients reach the tenant, if not the former ones; may be repeated
    #[arg(long = "host", value_name = "HOST[:PORT]")]
    hosts: Vec<Host>,
    /// Takes the place of the tenant that has the identifier now, which is erased
    #[arg(long)]
    replace: bool,
}

impl Restore {
    pub fn run(&self, data: &Path) -> Result<()> {
        let wanted = backup::Restore {
            tenant: self.tenant.clone(),
            hosts: self.hosts.clone(),
            replace: self.replace,
        };
        let restored = Admin::restore(data, &self.file, &wanted)?;
        let hosts: Vec<&str> = restored.hosts.iter().map(Host::as_str).collect();
        println!(
            "restored tenant {} at {} from {}",
            restored.tenant,
            hosts.join(", "),
            described(&restored.manifest)
        );
        Ok(())
    }
}

const VERIFY_EXAMPLES: &str = "\
Everything is read. The exit code is 0 if all is well and 1 if not.

Examples:
  lectern verify uni-2026-11-26.tar
  lectern verify --tenant uni";

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub struct Verify {
    /// A backup
    #[arg(value_name = "FILE", required_unless_present = "tenant", conflicts_with = "tenant")]
    file: Option<PathBuf>,
    /// Identifier of a tenant in the data folder, which may be served meanwhile
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantName>,
}

impl Verify {
    /// Whether this needs no data folder.
    pub fn is_of_backup(&self) -> bool {
        self.file.is_some()
    }

    pub fn run(&self, data: &Path) -> Result<()> {
        match (&self.file, &self.tenant) {
            (Some(file), _) => {
                let manifest = backup::verify(file)?;
                println!("{} is whole: {}", file.display(), described(&manifest));
                Ok(())
            }
            (None, Some(tenant)) => verify_tenant(data, tenant),
            (None, None) => bail!("name a backup, or a tenant with --tenant"),
        }
    }
}

fn verify_tenant(data: &Path, tenant: &TenantName) -> Result<()> {
    let found = Admin::open(data)?.verify_tenant(tenant)?;
    if found.problems.is_empty() {
        println!(
            "tenant {tenant} is whole: commit {}, schema {}, {}",
            found.sequence,
            found.schema,
            amount(found.files, found.size)
        );
        return Ok(());
    }
    for problem in &found.problems {
        println!("{problem}");
    }
    let count = found.problems.len();
    Err(anyhow::anyhow!("{count} found")).with_context(|| {
        format!("tenant {tenant} is damaged: if the above does not say otherwise, restore it from a backup with `lectern restore FILE --replace`")
    })
}

fn described(manifest: &Manifest) -> String {
    format!(
        "a backup of tenant {} ({}) of {}: commit {}, schema {}, {}",
        manifest.tenant,
        manifest.name,
        manifest.created,
        manifest.sequence,
        manifest.schema,
        amount(manifest.files().count(), manifest.size())
    )
}

fn amount(files: usize, bytes: u64) -> String {
    let noun = if files == 1 { "file" } else { "files" };
    format!("{files} {noun}, {bytes} bytes")
}
