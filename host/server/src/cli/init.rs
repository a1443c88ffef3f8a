//! `lectern init`.

use crate::cli::tenant::NewTenantArgs;
use anyhow::Result;
use clap::Args;
use lectern_tenants::TenantName;
use lectern_tenants::admin::Admin;
use std::path::Path;

const EXAMPLES: &str = "\
Example:
  echo \"$PASSWORD\" | lectern init --data /var/lib/lectern --tenant uni --name 'University' \\
      --host video.uni.example --admin admin --admin-password-stdin";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// Identifier of the tenant: lower-case letters and digits, such as `uni-bern`
    #[arg(long, value_name = "ID")]
    tenant: TenantName,
    #[command(flatten)]
    new: NewTenantArgs,
}

impl Init {
    pub fn run(&self, data: &Path) -> Result<()> {
        let tenant = self.new.read(&self.tenant)?;
        Admin::init(data, &tenant)?;
        println!("made the data folder {} with tenant {}", data.display(), self.tenant);
        Ok(())
    }
}
