//! `lectern component list`.

use crate::cli::component::Setup;
use crate::cli::component::survey::{Candidate, Survey};
use crate::cli::table::table;
use crate::components::short;
use anyhow::Result;
use lectern_tenants::TenantName;
use lectern_tenants::admin::Admin;

pub fn run(setup: &Setup) -> Result<()> {
    let admin = Admin::open(&setup.data)?;
    let survey = Survey::new(&admin, setup)?;
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for name in survey.names() {
        let own = survey
            .deployments
            .tenants()
            .into_iter()
            .filter(|tenant| has_own(&survey, &name, tenant))
            .map(Some);
        for tenant in std::iter::once(None).chain(own) {
            let candidates = survey.candidates(&admin, &name, tenant);
            let whom = tenant.map_or_else(|| "all".to_owned(), ToString::to_string);
            for candidate in &candidates {
                if let Some(problem) = &candidate.problem {
                    problems.push(format!(
                        "{name} for {whom}: {} cannot be used: {problem}",
                        candidate.shown()
                    ));
                }
            }
            let Some(serving) = candidates.iter().find(|candidate| candidate.problem.is_none()) else {
                continue;
            };
            // Rolling back takes the top away, whether it can be used or not.
            let before = candidates.get(1).map(Candidate::shown).unwrap_or_default();
            rows.push([
                name.clone(),
                whom,
                short(&serving.digest).to_owned(),
                serving.from.clone(),
                before,
            ]);
        }
    }
    print!("{}", table(["COMPONENT", "FOR", "VERSION", "FROM", "BEFORE"], &rows));
    if !problems.is_empty() {
        println!("\nPROBLEMS");
    }
    for problem in problems {
        println!("{problem}");
    }
    Ok(())
}

fn has_own(survey: &Survey, name: &str, tenant: &TenantName) -> bool {
    name.parse()
        .is_ok_and(|component| survey.deployments.pile(&component, Some(tenant)).next().is_some())
}
