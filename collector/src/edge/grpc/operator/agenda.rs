//! What the weekly call should speak about.

use jiff::{SignedDuration, Timestamp, civil::Date};
use remit_collector_domain::{
    agenda::{self, Agenda, Point},
    authority::{Action, Scope},
    calendar::Segment,
    operator::Operator,
    report::week,
};
use remit_proto::{convert::Wire as _, v1};
use remit_shared::{Clock, ErrorKind, Tenant};
use tonic::Status;

use super::Plane;
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    morning::zone,
    ports::store::Store,
    reports,
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

impl<S: Store, C: Clock> Plane<S, C> {
    /// The agenda of the week of a date; of the last seven days, if none is named.
    pub(super) async fn agenda(
        &self,
        operator: &Operator,
        tenant: &str,
        week_of: &str,
    ) -> Result<v1::GetAgendaResponse, Status> {
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let tenant = Tenant::new(tenant).map_err(|err| invalid(err.to_string()))?;
        self.permit(operator, Action::ReadReports, &Scope::tenant(&tenant)).await?;
        let in_force = self.matrices.of(&tenant);
        let in_force = in_force.ok_or_else(|| not_found("matrix of tenant", &tenant))?;
        let (now, zone) = (self.engine.clock.now(), zone(&in_force.matrix));
        let within = match week_of {
            "" => Segment { from: now.checked_sub(WEEK).unwrap_or(Timestamp::MIN), to: now },
            day => {
                let day: Date =
                    day.parse().map_err(|err| invalid(format!("day `{day}`: {err}")))?;
                let within = week(&zone, day).within;
                Segment { to: within.to.min(now), ..within }
            }
        };
        if within.to <= within.from {
            return Err(invalid(format!("the week of {week_of} has not begun yet")));
        }
        let inputs = reports::agenda(self.store(), &in_force, within, now).await;
        let inputs = inputs.map_err(|it| it.to_status())?;
        let agenda = agenda::agenda(&tenant, &inputs, within);
        let zone = zone.iana_name().unwrap_or("UTC");
        Ok(shown(&agenda, zone))
    }
}

fn shown(agenda: &Agenda, zone: &str) -> v1::GetAgendaResponse {
    let to = agenda.week.to;
    let item = |it: &Point| v1::AgendaItem {
        title: it.what.clone(),
        detail: it.why.clone(),
        reference: it.about.clone(),
        party: it.party.map_or(0, |it| it.to_wire()),
        since: it.age.and_then(|it| to.checked_sub(it).ok()).map(|it| it.to_wire()),
    };
    let section = |it: &agenda::Section| v1::AgendaSection {
        title: it.topic.title().to_owned(),
        items: it.points.iter().map(item).collect(),
        more: it.more.try_into().unwrap_or(u32::MAX),
    };
    v1::GetAgendaResponse {
        tenant: agenda.tenant.to_string(),
        zone: zone.to_owned(),
        from: Some(agenda.week.from.to_wire()),
        to: Some(to.to_wire()),
        sections: agenda.sections.iter().map(section).collect(),
    }
}
