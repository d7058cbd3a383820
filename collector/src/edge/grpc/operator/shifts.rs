//! Nights, and what became of their alerts.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use remit_collector_domain::{
    alert::{Alert, command},
    authority::{Action, Scope},
    calendar::Calendar,
    operator::Operator,
    shift::{self, NightDisposition, Shift},
};
use remit_proto::{
    convert::{Wire as _, whole_seconds},
    v1::{self, shift_service_server::ShiftService},
};
use remit_shared::{AlertId, Clock, ErrorKind, IdError, Severity, Tenant};
use tonic::{Request, Response, Status};

use super::Plane;
use crate::{
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    morning::{night_alerts, office},
    ports::store::Store,
};

/// How far back the last night is looked for, in days.
const LOOK_BACK: usize = 400;

/// One night as it stands.
struct Seen {
    shown: v1::Shift,
    /// With what became of each, those that nobody disposed of first.
    alerts: Vec<(NightDisposition, Arc<Alert>)>,
}

impl Seen {
    fn with_alerts(self) -> v1::Shift {
        let is_closed = self.shown.closed_at.is_some();
        let shown = |(what, it): &(NightDisposition, Arc<Alert>)| {
            let alert = show::alert::alert(it, 0, false);
            // It was known; what is left of that, somebody must still dispose of.
            let is_left = *what == NightDisposition::JointReviewAuto && !is_closed;
            match is_left && alert.disposition() == v1::Disposition::KnownIssue {
                true => v1::Alert {
                    disposition: v1::Disposition::None.into(),
                    disposition_by: String::new(),
                    ..alert
                },
                false => alert,
            }
        };
        let alerts = self.alerts.iter().map(shown).collect();
        v1::Shift { alerts, ..self.shown }
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    async fn shift(&self, operator: &Operator, tenant: &str, day: &str) -> Result<Seen, Status> {
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let tenant = Tenant::new(tenant).map_err(|err| invalid(err.to_string()))?;
        self.permit(operator, Action::See, &Scope::tenant(&tenant)).await?;
        let in_force = self.matrices.of(&tenant);
        let in_force = in_force.ok_or_else(|| not_found("matrix of tenant", &tenant))?;
        let office = office(&in_force.matrix).ok_or_else(|| not_found("office of", &tenant))?;
        let now = self.engine.clock.now();
        let day = match day {
            "" => newest(office, now).ok_or_else(|| not_found("night of tenant", &tenant))?,
            day => day.parse().map_err(|err| invalid(format!("day `{day}`: {err}")))?,
        };
        let stored = self.store().load::<Shift>(&(tenant.clone(), day)).await;
        let stored = stored.map_err(|it| it.to_status())?;
        let closing = stored.and_then(|it| it.record.closing.clone());
        let night = closing.as_ref().map(|it| it.night).or_else(|| shift::night(office, day));
        let night = night.ok_or_else(|| not_found("night before", day))?;

        let known = self.alerts(operator, tenant.as_str()).await?;
        let known: HashMap<AlertId, Arc<Alert>> = known.into_iter().map(|it| (it.id, it)).collect();
        let dispositions: Vec<(NightDisposition, AlertId)> = match &closing {
            Some(closing) => closing.alerts.iter().map(|it| (it.disposition, it.alert)).collect(),
            None => {
                let all = night_alerts(self.store(), &tenant).await;
                let all = all.map_err(|it| it.to_status())?;
                shift::members(&all, night).map(|it| (it.disposition(now), it.alert)).collect()
            }
        };
        let listed = dispositions.iter();
        let mut alerts: Vec<(NightDisposition, Arc<Alert>)> =
            listed.filter_map(|(what, id)| Some((*what, Arc::clone(known.get(id)?)))).collect();
        alerts.sort_by_key(|(what, it)| (*what, Reverse(it.severity), it.opened_at, it.id));
        let of = |what| dispositions.iter().filter(|it| it.0 == what).count();
        let (total, by_human, auto, open) = match &closing {
            Some(closing) => {
                let counts = closing.counts;
                (counts.total(), counts.disposed(), counts.joint_review_auto, 0)
            }
            None => {
                let open = of(NightDisposition::JointReviewAuto);
                let by_human = dispositions.len() - open - of(NightDisposition::Gone);
                (dispositions.len(), by_human, 0, open)
            }
        };
        let late_by = closing.as_ref().map_or(0, |it| whole_seconds(it.late_by));
        let shown = v1::Shift {
            tenant: tenant.to_string(),
            day: day.to_string(),
            zone: office.zone_name().to_string(),
            from: Some(night.from.to_wire()),
            due_at: Some(night.to.to_wire()),
            closed_at: closing.map(|it| it.at.to_wire()),
            late_by_seconds: late_by.try_into().unwrap_or(u32::MAX),
            total: count(total),
            by_human: count(by_human),
            auto: count(auto),
            open: count(open),
            gone: count(of(NightDisposition::Gone)),
            alerts: Vec::new(),
        };
        Ok(Seen { shown, alerts })
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> ShiftService for Plane<S, C> {
    async fn get_shift(
        &self,
        request: Request<v1::GetShiftRequest>,
    ) -> Result<Response<v1::GetShiftResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let seen = self.shift(&operator, &asked.tenant, &asked.day).await?;
        Ok(Response::new(v1::GetShiftResponse { shift: Some(seen.with_alerts()) }))
    }

    async fn dispose_shift_alerts(
        &self,
        request: Request<v1::DisposeShiftAlertsRequest>,
    ) -> Result<Response<v1::DisposeShiftAlertsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let seen = self.shift(&operator, &asked.tenant, &asked.day).await?;
        let tenant = Tenant::new(&asked.tenant)
            .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        self.permit(&operator, Action::DisposeShift, &Scope::tenant(&tenant)).await?;
        let what =
            show::alert::asked_disposition(asked.disposition()).map_err(|it| it.to_status())?;
        let known_issue = match asked.known_issue_id.as_str() {
            "" => None,
            id => Some(
                id.parse().map_err(|err: IdError| answer(ErrorKind::Invalid, err.to_string()))?,
            ),
        };
        let ids = match (&asked.all_matching, asked.alert_ids.is_empty()) {
            (None, false) => asked.alert_ids,
            (Some(filter), true) => matching(&seen, filter)?,
            (Some(_), false) | (None, true) => {
                return Err(answer(ErrorKind::Invalid, "name alerts or a filter, one of both"));
            }
        };
        let mut outcomes = Vec::new();
        for alert_id in ids {
            let is_there = seen.alerts.iter().any(|it| it.1.id.to_string() == alert_id);
            let done = if is_there {
                self.act(&operator, &alert_id, Action::Dispose, &|alert, by, now| {
                    command::dispose(alert, by, what, known_issue, &asked.note, now)
                })
                .await
            } else {
                Err(not_found("alert of this night", &alert_id))
            };
            outcomes.push(match done {
                Ok(alert) => {
                    v1::ShiftOutcome { alert_id, alert: Some(alert), error: String::new() }
                }
                Err(err) => {
                    v1::ShiftOutcome { alert_id, alert: None, error: err.message().to_owned() }
                }
            });
        }
        let after = self.shift(&operator, &asked.tenant, &seen.shown.day).await?.shown;
        Ok(Response::new(v1::DisposeShiftAlertsResponse { outcomes, shift: Some(after) }))
    }

    async fn get_agenda(
        &self,
        request: Request<v1::GetAgendaRequest>,
    ) -> Result<Response<v1::GetAgendaResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        self.agenda(&operator, &asked.tenant, &asked.week_of).await.map(Response::new)
    }
}

/// The business day of the night that is, or else was last.
fn newest(office: &Calendar, now: Timestamp) -> Option<Date> {
    let next = shift::next_day(office, None, now);
    let is_now = |day: &Date| shift::night(office, *day).is_some_and(|it| it.contains(now));
    next.filter(is_now).or_else(|| {
        let today = office.zone.to_datetime(now).date();
        let days = std::iter::successors(Some(today), |it| it.yesterday().ok()).take(LOOK_BACK);
        days.into_iter().find(|it| shift::opening(office, *it).is_some_and(|at| at <= now))
    })
}

/// The alerts that nobody disposed of and that every part of a filter fits.
fn matching(seen: &Seen, filter: &v1::ShiftFilter) -> Result<Vec<String>, Status> {
    let at_most = match filter.at_most {
        0 => Severity::Critical,
        some => Severity::from_wire("at_most", some).map_err(|it| it.to_status())?,
    };
    let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
    let left = seen.alerts.iter().filter(|it| it.0 == NightDisposition::JointReviewAuto);
    let fitting = left.map(|it| &it.1).filter(|it| {
        let about = &it.about;
        it.severity <= at_most
            && (fits(&filter.endpoint, &about.endpoint.to_string())
                || filter.endpoint.eq_ignore_ascii_case(&about.hostname))
            && fits(&filter.site, about.site.as_str())
            && fits(&filter.check, &about.check)
            && fits(&filter.function, about.function.as_str())
    });
    Ok(fitting.map(|it| it.id.to_string()).collect())
}

fn count(of: usize) -> u32 {
    of.try_into().unwrap_or(u32::MAX)
}
