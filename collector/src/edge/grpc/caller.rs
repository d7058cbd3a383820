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
pub(crate) async fn still_trusted<S: Store>(store: &S, operator: &Operator) -> Result<(), Status> {
    let stored = store.load::<Operator>(&operator.id).await.map_err(|it| it.to_status())?;
    match stored {
        Some(it) if it.record.revoked.is_none() && it.record.serial == operator.serial => Ok(()),
        _ => Err(answer(ErrorKind::Unauthenticated, "the operator was revoked")),
    }
}
