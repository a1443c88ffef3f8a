//! One step of a workflow: made on a thread for waiting, and committed.

use std::sync::Arc;

use lectern_data::media::Element;
use lectern_data::model::{Change, Error, Page, Query, Reason, Session, StoredFile};
use lectern_data::workflow::{self, Workflow};
use lectern_workflows::step::{Next, Tenancy};
use lectern_workflows::{Inspected, Known};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::Tenant;
use crate::files::Upload;

/// A step that has been made and is not yet committed.
struct Made {
    session: Arc<Session>,
    changes: Vec<Change>,
    files: Vec<Upload>,
}

/// Takes a workflow one step further.
pub(super) async fn step(tenant: &Arc<Tenant>, id: i64) -> Result<Next, Error> {
    match attempt(tenant, id, None).await {
        Err(error) if error.reason == Reason::Invalid => attempt(tenant, id, Some(error.message)).await,
        made => made,
    }
}

/// Makes a step and commits it.
async fn attempt(tenant: &Arc<Tenant>, id: i64, refusal: Option<String>) -> Result<Next, Error> {
    let (maker, runtime) = (Arc::clone(tenant), Handle::current());
    let made = spawn_blocking(move || make(&maker, id, refusal, runtime)).await;
    let Some(made) = made.unwrap_or_else(|error| Err(Error::fault(error.to_string())))? else {
        return Ok(Next::Nothing);
    };
    let Made {
        session,
        changes,
        files,
    } = made;
    let keep = move || files.into_iter().for_each(Upload::keep);
    Next::after(tenant.commit_then(session, changes, keep).await)
}

/// Makes a step; none if there is nothing to do.
fn make(tenant: &Tenant, id: i64, refusal: Option<String>, runtime: Handle) -> Result<Option<Made>, Error> {
    let session = tenant.system_session()?;
    let mut files = StepFiles {
        tenant,
        runtime,
        uploads: Vec::new(),
    };
    let changes = lectern_workflows::step::step(tenant, &session, &mut files, id, refusal)?;
    Ok(changes.map(|changes| Made {
        session,
        changes,
        files: files.uploads,
    }))
}

impl Tenancy for Tenant {
    fn name(&self) -> &str {
        Tenant::name(self).as_str()
    }

    fn workflow(&self, id: i64) -> Result<Option<Workflow>, Error> {
        self.read(|sql| workflow::workflow(sql, id))
    }

    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        Tenant::find(self, session, query)
    }

    fn definitions(&self) -> Known {
        Tenant::definitions(self)
    }

    fn now(&self) -> i64 {
        Tenant::now(self)
    }
}

/// The tenant's files for one step.
struct StepFiles<'t> {
    tenant: &'t Tenant,
    runtime: Handle,
    uploads: Vec<Upload>,
}

impl lectern_workflows::Files for StepFiles<'_> {
    fn store(&mut self, name: &str, mimetype: &str, content: &[u8]) -> Result<StoredFile, String> {
        let stored = self.runtime.block_on(async {
            let mut upload = self.tenant.upload(name).await?;
            upload.write(content).await?;
            let stored = upload.finish().await?;
            Ok((upload, stored))
        });
        let (upload, stored) = stored.map_err(|error: Error| error.message)?;
        self.uploads.push(upload);
        Ok(StoredFile {
            mimetype: mimetype.to_owned(),
            ..stored
        })
    }

    fn inspect(&self, element: &Element) -> Result<Inspected, String> {
        let found = self.tenant.inspect_file(&element.file, &element.name)?;
        Inspected::new(found.mimetype, found.duration, &found.streams)
    }

    fn new_identifier(&mut self) -> String {
        Uuid::new_v4().to_string()
    }
}
