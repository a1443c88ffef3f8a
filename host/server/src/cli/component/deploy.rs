//! `lectern component deploy` and `rollback`.

use crate::cli::component::survey::Survey;
use crate::cli::component::{Setup, whom};
use crate::components::{Scratch, short};
use anyhow::{Context, Result, bail};
use lectern_engine::{Handler, Probed};
use lectern_tenants::admin::Admin;
use lectern_tenants::{ComponentName, TenantName};
use std::fs;
use std::io::ErrorKind;

/// As many digits of a version are enough to mean one.
const DIGITS: usize = 8;

pub fn deploy(setup: &Setup, component: &ComponentName, file: &str, tenant: Option<&TenantName>) -> Result<()> {
    let mut admin = Admin::open(&setup.data)?;
    if let Some(tenant) = tenant {
        admin.check_tenant(tenant)?;
    }
    let mut survey = Survey::new(&admin, setup)?;
    let wasm = wasm(&admin, &survey, component, file)?;
    let (handler, probed) = try_out(&survey, component, &wasm).context("not deployed, nothing has changed")?;
    // Before it is deployed, so that the server finds it compiled.
    survey.engine.keep(&handler, &survey.artefacts);
    admin.deploy(component, tenant, &wasm)?;
    println!(
        "probed {component}: {} was answered with {} in {:.1} ms",
        probed.request,
        probed.status,
        probed.time.as_secs_f64() * 1000.0
    );
    println!(
        "deployed {component}, version {}, for {}",
        short(handler.digest()),
        whom(tenant)
    );
    survey.deployments = admin.deployments()?;
    if let Some(before) = survey.candidates(&admin, component.as_str(), tenant).get(1) {
        println!("before: {}", before.shown());
    }
    Ok(())
}

pub fn roll_back(setup: &Setup, component: &ComponentName, tenant: Option<&TenantName>) -> Result<()> {
    let mut admin = Admin::open(&setup.data)?;
    if let Some(tenant) = tenant {
        admin.check_tenant(tenant)?;
    }
    let taken = admin.roll_back(component, tenant)?;
    println!(
        "rolled back {component}, version {}, for {}",
        short(&taken),
        whom(tenant)
    );
    // Afterwards, because whoever rolls back is in a hurry. This also compiles what now serves, should that be necessary.
    let survey = Survey::new(&admin, setup)?;
    let now = survey.candidates(&admin, component.as_str(), tenant);
    for candidate in now.iter() {
        match &candidate.problem {
            Some(problem) => println!("{} cannot be used: {problem}", candidate.shown()),
            None => {
                println!("now serves: {}", candidate.shown());
                return Ok(());
            }
        }
    }
    println!("now nothing is called {component}");
    Ok(())
}

/// What is to be deployed: the content of a file, or a version that is known.
fn wasm(admin: &Admin, survey: &Survey, component: &ComponentName, file: &str) -> Result<Vec<u8>> {
    let error = match fs::read(file) {
        Ok(wasm) => return Ok(wasm),
        Err(error) => error,
    };
    let is_version = file.len() >= DIGITS && file.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if error.kind() != ErrorKind::NotFound || !is_version {
        return Err(error).with_context(|| format!("the component {file} cannot be read"));
    }
    let below = survey.below.get(component.as_str());
    if let Some(below) = below.filter(|below| lectern_engine::digest(&below.wasm).starts_with(file)) {
        return Ok(below.wasm.to_vec());
    }
    match admin.versions_beginning_with(component, file)?.as_slice() {
        [digest] => Ok(admin.version(component, digest)?),
        [] => bail!("there is neither a file {file} nor a version of {component} that begins with these digits"),
        several => bail!(
            "several versions of {component} begin with {file}: {}",
            several.join(", ")
        ),
    }
}

/// Compiles, checks and tries a component, and leaves nothing behind.
fn try_out(survey: &Survey, component: &ComponentName, wasm: &[u8]) -> Result<(Handler, Probed)> {
    let handler = survey
        .engine
        .examine(component.as_str(), wasm, Some(&survey.artefacts))?;
    let others = survey.names();
    let scratch = Scratch::new()?;
    let probe = scratch.probe(&survey.engine, &handler, |name| others.contains(name));
    // As a server has it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let probed = runtime.block_on(probe)?;
    Ok((handler, probed))
}
