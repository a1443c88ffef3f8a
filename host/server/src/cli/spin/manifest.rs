//! `lectern spin manifest`.

use crate::cli::component::Setup;
use crate::cli::component::survey::Survey;
use crate::cli::spin::labels::{is_kebab_case, labels};
use crate::cli::spin::output::{self, Files};
use crate::cli::spin::toml::{self, Grants, Mount, Part};
use crate::cli::spin::{refused, settings};
use crate::components::for_spin;
use anyhow::{Context, Result};
use clap::Args;
use lectern_engine::{digest, paths_of};
use lectern_tenants::admin::{Admin, TenantSummary};
use lectern_tenants::{Host, TenantName};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{self, Path, PathBuf};

/// What serves `lectern:api`.
const PROVIDER: &str = "provider";

/// The manifest of the application.
const MANIFEST: &str = "spin.toml";

/// The package that handlers import from it.
const API: &str = "lectern:api";

/// What serves uploaded files, where, what it is called in the manifest, and what it imports: no handler can have its name.
const STATIC: (&str, &str, &str, &str) = ("files", "/static", "static-files", "lectern:spin");

#[derive(Debug, Args)]
pub struct Manifest {
    /// Folder to write to; DATA/spin if no other is named
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Leave out the files that were uploaded to a server, which then need no --direct-mounts: for an application that is
    /// going to another machine
    #[arg(long)]
    without_files: bool,
}

/// The folder of a tenant's uploads beside its database, and of all of them where components find it.
const UPLOADS: &str = "files";

/// A tenant as Spin serves it.
struct Served {
    tenant: TenantName,
    label: String,
    hosts: Vec<Host>,
    database: PathBuf,
}

/// A component of the application.
struct Serving {
    name: String,
    paths: Vec<String>,
    file: String,
    imported: &'static str,
}

impl Manifest {
    pub fn run(&self, setup: &Setup) -> Result<()> {
        let provider = for_spin(PROVIDER).context(
            "this program was built without the components that serve the handlers under Spin: build it with `cargo xtask build`",
        )?;
        let admin = Admin::open(&setup.data)?;
        let survey = Survey::new(&admin, setup)?;
        let served = served(&admin)?;
        let mut files = Files::from([(PathBuf::from(component_file(PROVIDER)), provider.into())]);
        let mut serving = handlers(&admin, &survey, &mut files)?;
        let (file, path, name, imported) = STATIC;
        if let Some(wasm) = for_spin(file) {
            files.insert(component_file(name).into(), wasm.into());
            serving.push(Serving::new(name, vec![path.to_owned()], imported));
        }
        for tenant in &served {
            settings::add(&mut files, &setup.data, &tenant.database, &tenant.tenant, &tenant.label)?;
        }
        let folder = self.output.clone().unwrap_or_else(|| setup.data.join("spin"));
        let uploads = if self.without_files {
            Vec::new()
        } else {
            uploads(&served)
        };
        let settings = settings_mount(&files, &folder, self.without_files)?;
        let secret_key = secret_key(&folder.join(MANIFEST))?;
        let manifest = manifest(&serving, &served, uploads.as_slice(), settings, &secret_key)?;
        let databases = served
            .iter()
            .map(|tenant| (tenant.label.as_str(), tenant.database.as_path()));
        let config = toml::runtime_config(databases)?;
        files.insert(MANIFEST.into(), manifest.into_bytes().into());
        files.insert("runtime-config.toml".into(), config.into_bytes().into());
        output::write(&folder, &files)?;
        say(&folder, &served, self.without_files)?;
        for tenant in &served {
            let missing = refused::of_tenant(
                &admin,
                &survey.deployments,
                &tenant.tenant,
                &tenant.database,
                self.without_files,
            )?;
            for sentence in missing {
                eprintln!("tenant {}: {sentence}", tenant.tenant);
            }
        }
        Ok(())
    }
}

impl Serving {
    fn new(name: &str, paths: Vec<String>, imported: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            paths,
            file: component_file(name),
            imported,
        }
    }
}

fn component_file(name: &str) -> String {
    format!("components/{name}.wasm")
}

fn served(admin: &Admin) -> Result<Vec<Served>> {
    let tenants = admin.tenants()?;
    let mut labels = labels(&tenants.iter().map(|tenant| &tenant.name).collect::<Vec<_>>());
    let served = |tenant: &TenantSummary| {
        Ok(Served {
            tenant: tenant.name.clone(),
            label: labels.remove(&tenant.name).unwrap_or_default(),
            hosts: tenant.hosts.clone(),
            database: admin.database(&tenant.name)?,
        })
    };
    tenants.iter().map(served).collect()
}

/// Adds the handlers that serve all tenants, in the versions that a server would find.
fn handlers(admin: &Admin, survey: &Survey, files: &mut Files) -> Result<Vec<Serving>> {
    let mut serving = Vec::new();
    for name in survey.names() {
        if !is_kebab_case(&name) || name == PROVIDER || name == STATIC.2 {
            eprintln!("the handler {name} is left out: Spin, or this command, has no use for its name");
            continue;
        }
        let candidates = survey.candidates(admin, &name, None);
        let Some(best) = candidates.iter().find(|candidate| candidate.problem.is_none()) else {
            continue;
        };
        let below = survey
            .below
            .get(&name)
            .filter(|below| digest(&below.wasm) == best.digest);
        let wasm = match below {
            Some(below) => below.wasm.clone(),
            None => admin.version(&name.parse()?, &best.digest)?.into(),
        };
        files.insert(component_file(&name).into(), wasm);
        serving.push(Serving::new(&name, paths_of(&name), API));
    }
    Ok(serving)
}

/// The secret of the manifest that is there already, or a new one.
fn secret_key(manifest: &Path) -> Result<String> {
    let known = fs::read_to_string(manifest)
        .ok()
        .and_then(|text| toml::secret_key(&text));
    if let Some(known) = known {
        return Ok(known);
    }
    let mut random = [0; 32];
    let source = "/dev/urandom";
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut random))
        .with_context(|| format!("no random numbers can be read from {source}"))?;
    Ok(digest(&random))
}

/// The folders of uploads of those tenants that have one.
fn uploads(served: &[Served]) -> Vec<Mount> {
    let mounts = served.iter().map(|tenant| Mount {
        source: tenant.database.with_file_name(UPLOADS),
        destination: format!("/{UPLOADS}/{}", tenant.label),
    });
    mounts.filter(|mount| mount.source.is_dir()).collect()
}

/// The folder of settings among these files. An application without the files of this machine may be moved as it is. One whose folders are
/// mounted directly needs absolute paths: others would count from where Spin is started.
fn settings_mount(files: &Files, folder: &Path, without_files: bool) -> Result<Option<Mount>> {
    if !files.keys().any(|path| path.starts_with(settings::FOLDER)) {
        return Ok(None);
    }
    let source = match without_files {
        true => PathBuf::from(settings::FOLDER),
        false => path::absolute(folder)
            .with_context(|| format!("{} cannot be found", folder.display()))?
            .join(settings::FOLDER),
    };
    let destination = format!("/{}", settings::FOLDER);
    Ok(Some(Mount { source, destination }))
}

fn manifest(
    serving: &[Serving],
    served: &[Served],
    uploads: &[Mount],
    settings: Option<Mount>,
    secret_key: &str,
) -> Result<String> {
    let hosts: BTreeMap<&str, &str> = served
        .iter()
        .flat_map(|tenant| tenant.hosts.iter().map(|host| (host.as_str(), tenant.label.as_str())))
        .collect();
    let provider = component_file(PROVIDER);
    let grants = Grants {
        labels: served.iter().map(|tenant| tenant.label.as_str()).collect(),
        hosts: hosts.into_iter().collect(),
        provider: &provider,
        secret_key,
        settings,
    };
    let parts: Vec<Part<'_>> = serving
        .iter()
        .map(|serving| Part {
            name: &serving.name,
            paths: serving.paths.clone(),
            source: &serving.file,
            imported: serving.imported,
            mounts: if serving.name == STATIC.2 { uploads } else { &[] },
        })
        .collect();
    toml::manifest(&parts, &grants)
}

fn say(folder: &Path, served: &[Served], without_files: bool) -> Result<()> {
    let folder = fs::canonicalize(folder).with_context(|| format!("{} cannot be found", folder.display()))?;
    for Served {
        tenant, label, hosts, ..
    } in served
    {
        let hosts: Vec<&str> = hosts.iter().map(Host::as_str).collect();
        println!("tenant {tenant} at {}: database {label}", hosts.join(", "));
    }
    let direct_mounts = if without_files { "" } else { " --direct-mounts" };
    println!(
        "\nServe them with:\n  spin up --from {0}/spin.toml --runtime-config-file {0}/runtime-config.toml{direct_mounts} --listen 127.0.0.1:3000",
        folder.display()
    );
    Ok(())
}
