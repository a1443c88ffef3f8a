//! `lectern:api/auth`.

use super::Session;
use crate::bindings::auth::{Capabilities, Denial, Host, HostSession, Organization, Principal, Request};
use crate::record::Phase;
use crate::state::State;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    fn accepts_tokens(&mut self) -> Result<bool> {
        Ok(self.backend()?.accepts_tokens())
    }

    async fn authenticate(&mut self, request: Request) -> Result<Result<Resource<Session>, Denial>> {
        let (backend, record) = (self.backend()?.clone(), self.record.clone());
        let request = request.into();
        let authenticated = record.wait(Phase::Authenticate, backend.authenticate(&request, self.client));
        match authenticated.await {
            Ok(session) => {
                record.authenticated(&session);
                Ok(Ok(self.table.push(Session(session))?))
            }
            Err(denial) => Ok(Err(denial.into())),
        }
    }
}

impl HostSession for State {
    fn principal(&mut self, session: Resource<Session>) -> Result<Principal> {
        Ok(self.table.get(&session)?.0.principal.clone().into())
    }

    fn organization(&mut self, session: Resource<Session>) -> Result<Organization> {
        Ok(self.table.get(&session)?.0.organization.clone().into())
    }

    fn capabilities(&mut self, session: Resource<Session>) -> Result<Capabilities> {
        self.table.get(&session)?;
        let features = self.backend()?.features();
        let limits = self.told_limits.iter();
        Ok(Capabilities {
            features: features.into_iter().map(|(name, has)| (name.to_owned(), has)).collect(),
            limits: limits.map(|(name, limit)| ((*name).to_owned(), *limit)).collect(),
        })
    }

    fn drop(&mut self, session: Resource<Session>) -> Result<()> {
        self.table.delete(session)?;
        Ok(())
    }
}
