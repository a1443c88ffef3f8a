//! Workflows, which are done before the request that started them is answered: nobody could go on with them later.

use lectern_data::media::Element;
use lectern_data::model::{Error, Page, Query, Reason, Session, StoredFile};
use lectern_data::pieces;
use lectern_data::workflow::{self, Workflow};
use lectern_media::{Summary, inspect_bytes};
use lectern_workflows::step::{Next, Tenancy, step};
use lectern_workflows::{Files, Inspected, Known};
use uuid::Uuid;

use crate::now;
use crate::tenant::Tenant;
use crate::uploads::{self, Stored};

/// How many workflows are looked up at a time.
const LOOKED_UP: u32 = 100;

/// How many steps a request makes at most. What is left is done by the next one that has workflows to do.
const STEPS: usize = 1000;

impl Tenant {
    /// Does what there is to do, until workflows have ended or wait for somebody.
    pub fn run_workflows(&self) -> Result<(), Error> {
        let session = self.system_session()?;
        let mut left = STEPS;
        for id in workflow::due(&self.database, LOOKED_UP)? {
            while left > 0 {
                left -= 1;
                match self.step(&session, id) {
                    Ok(Next::Step) => {}
                    Ok(Next::Nothing) => break,
                    // The request has done what it was asked to; its workflow waits.
                    Err(error) => {
                        eprintln!("tenant {}: the workflow {id} waits: {}", self.name, error.message);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn step(&self, session: &Session, id: i64) -> Result<Next, Error> {
        match self.attempt(session, id, None) {
            Err(error) if error.reason == Reason::Invalid => self.attempt(session, id, Some(error.message)),
            made => made,
        }
    }

    fn attempt(&self, session: &Session, id: i64, refusal: Option<String>) -> Result<Next, Error> {
        let mut files = StepFiles {
            tenant: self,
            stored: Vec::new(),
        };
        match step(self, session, &mut files, id, refusal)? {
            Some(changes) => Next::after(self.write(session, &changes, &files.stored)),
            None => Ok(Next::Nothing),
        }
    }
}

impl Tenancy for Tenant {
    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn workflow(&self, id: i64) -> Result<Option<Workflow>, Error> {
        Ok(workflow::workflow(&self.database, id)?)
    }

    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        Tenant::find(self, session, query)
    }

    fn definitions(&self) -> Known {
        self.settings().definitions()
    }

    fn now(&self) -> i64 {
        now()
    }
}

/// The tenant's files for one step.
struct StepFiles<'t> {
    tenant: &'t Tenant,
    stored: Vec<Stored>,
}

impl Files for StepFiles<'_> {
    fn store(&mut self, name: &str, mimetype: &str, content: &[u8]) -> Result<StoredFile, String> {
        let mut stored = uploads::store(name.to_owned(), content.into())?;
        stored.file.mimetype = mimetype.to_owned();
        let file = stored.file.clone();
        self.stored.push(stored);
        Ok(file)
    }

    fn inspect(&self, element: &Element) -> Result<Inspected, String> {
        let content = pieces::content(&self.tenant.database, &element.file).map_err(|error| error.to_string())?;
        if content.is_empty() {
            return Err(format!(
                "the file {:?} is not in the database but on the disk of the server that the tenant comes from",
                element.name
            ));
        }
        let found = Summary::of(inspect_bytes(&content.into(), &element.name)).map_err(|error| error.to_string())?;
        Inspected::new(found.mimetype, found.duration, &found.streams)
    }

    fn new_identifier(&mut self) -> String {
        Uuid::new_v4().to_string()
    }
}
