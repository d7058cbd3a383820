//! Who picks up, who next, and when nobody will.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    authority::{Action, Scope},
    calendar::{HORIZON, Segment},
    matrix::Matrix,
    operator::Operator,
    rota::{self, Rota},
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1,
};
use remit_shared::Clock;
use tonic::Status;

use super::tenant;
use crate::{
    edge::grpc::{operator::Plane, status::ToStatus as _},
    ports::store::Store,
};

/// How far ahead gaps are looked for if nobody says.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);

impl<S: Store, C: Clock> Plane<S, C> {
    pub(super) async fn on_call(
        &self,
        operator: &Operator,
        asked: v1::GetOnCallRequest,
    ) -> Result<v1::GetOnCallResponse, Status> {
        let tenant = tenant(&asked.tenant)?;
        self.permit(operator, Action::See, &Scope::tenant(&tenant)).await?;
        let at: Option<Timestamp> = optional("at", asked.at).map_err(|it| it.to_status())?;
        let at = at.unwrap_or_else(|| self.engine.clock.now());
        let ahead = match asked.ahead_seconds {
            0 => AHEAD,
            some => SignedDuration::from_secs(some.into()).min(HORIZON),
        };
        let in_force = self.in_force(&tenant)?;
        let within = Segment::ahead(at, ahead);
        let rotas = in_force.matrix.rotas.iter();
        let rotas = rotas.map(|it| on_call(&in_force.matrix, it, at, within)).collect();
        Ok(v1::GetOnCallResponse { rotas })
    }
}

fn on_call(matrix: &Matrix, rota: &Rota, at: Timestamp, within: Segment) -> v1::OnCall {
    let teams = matrix.teams.iter().filter(|it| it.oncall.as_ref() == Some(&rota.name));
    let teams: Vec<&str> = teams.map(|it| it.name.as_str()).collect();
    let now = rota::on_call(rota, at);
    let shift = |person: String, from: Timestamp, to: Timestamp, because: String| {
        let (from, to) = (Some(from.to_wire()), Some(to.to_wire()));
        v1::OnCallShift { person, from, to, because }
    };
    let next = rota::who_next(rota, at).map(|it| {
        let because = rota::on_call(rota, it.from).because;
        shift(it.person.to_string(), it.from, it.to, because)
    });
    let gaps = rota::gaps(rota, within).into_iter().map(|it| v1::OnCallGap {
        from: Some(it.from.to_wire()),
        to: Some(it.to.to_wire()),
        because: it.because,
    });
    v1::OnCall {
        rota: rota.name.to_string(),
        team: teams.join(", "),
        zone: rota.zone.iana_name().unwrap_or("UTC").to_owned(),
        now: now.person.map(|it| shift(it.to_string(), now.since, now.until, now.because)),
        next,
        gaps: gaps.collect(),
    }
}
