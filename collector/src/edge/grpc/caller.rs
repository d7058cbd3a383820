//! Who asks on the operator plane: decided by the certificate, through the
//! registry, on every call.

use std::sync::Arc;

use remit_collector_domain::operator::Operator;
use remit_runtime::listen::ConnectInfo;
use remit_shared::{Chain, Clock, ErrorKind};
use tonic::{Request, Status};

use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    pki::peer::{self, Peer},
    ports::store::Store,
};

/// The operator whose certificate the connection showed.
pub(crate) async fn operator<S: Store, C: Clock, T>(
    store: &S,
    clock: &C,
    request: &Request<T>,
) -> Result<Arc<Operator>, Status> {
    let unknown = |words: String| answer(ErrorKind::Unauthenticated, words);
    let info = request.extensions().get::<ConnectInfo>();
    let certificate = info.and_then(|it| it.certificates.first());
    let certificate =
        certificate.ok_or_else(|| unknown("no operator certificate was shown".into()))?;
    let identity = peer::identify(certificate).map_err(|err| unknown(Chain(&err).to_string()))?;
    let Peer::Operator(id) = identity.peer else {
        return Err(unknown("an agent's certificate is of no use here".into()));
    };
    let stored = store.load::<Operator>(&id).await.map_err(|it| it.to_status())?;
    let operator = stored.ok_or_else(|| unknown(format!("there is no operator {id}")))?.record;
    operator.admit(&identity.serial, clock.now()).map_err(|err| unknown(err.to_string()))?;
    Ok(operator)
}

/// Whether an operator that was known a while ago may still go on.
pub(crate) async fn still_trusted<S: Store, C: Clock>(
    store: &S,
    clock: &C,
    operator: &Operator,
) -> Result<(), Status> {
    let unknown = |words: String| answer(ErrorKind::Unauthenticated, words);
    let stored = store.load::<Operator>(&operator.id).await.map_err(|it| it.to_status())?;
    let gone = || unknown(format!("there is no operator {} any more", operator.id));
    let known = stored.ok_or_else(gone)?.record;
    known.admit(&operator.serial, clock.now()).map_err(|err| unknown(err.to_string()))
}

#[cfg(test)]
mod tests {
    use remit_collector_domain::operator::Operator;

    use super::*;
    use crate::{
        ports::store::{Commit, conformance::sample},
        testing::World,
    };

    #[tokio::test(start_paused = true)]
    async fn trust_ends_with_the_certificate_while_somebody_watches() {
        let world = World::new().await;
        let now = world.ingest.clock.now();
        let hour = jiff::SignedDuration::from_hours(1);
        let operator = Operator { not_after: now + hour, revoked: None, ..sample::operator(1) };
        let store = &*world.ingest.store;
        store.commit(Commit::new(operator.clone(), 0, Vec::new())).await.unwrap();
        let clock = &*world.ingest.clock;
        assert!(still_trusted(store, clock, &operator).await.is_ok());
        tokio::time::advance(std::time::Duration::from_hours(1)).await;
        let refused = still_trusted(store, clock, &operator).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    }
}
