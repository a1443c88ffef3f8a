//! `lectern:api/urls`.

use super::Session;
use crate::bindings::types::Error;
use crate::bindings::urls::{Host, Signed};
use crate::state::State;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    fn sign(
        &mut self,
        session: Resource<Session>,
        urls: Vec<String>,
        valid_until: Option<i64>,
        address: Option<String>,
    ) -> Result<Result<Signed, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let signed = self.backend()?.sign(&session, &urls, valid_until, address.as_deref());
        Ok(match signed {
            Ok(signed) => Ok(Signed {
                urls: signed.urls,
                valid_until: signed.valid_until,
            }),
            Err(error) => Err(self.refusal(error)),
        })
    }
}
