//! Maintenance windows.

mod shown;

use std::{iter, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::{Actor, Alert},
    authority::{Action, Scope},
    calendar::Segment,
    change::{Facts, Requirement, Spec as ChangeSpec, Subject, canonical::canonical, required},
    letter::Matter,
    operator::Operator,
    window::{
        Spec, Step, Window,
        command::{self, Reach, Refusal, Request as Asked},
        next_occurrence, open_at,
    },
};
use remit_proto::v1::{self, window_service_server::WindowService};
use remit_runtime::random;
use remit_shared::{Clock, ErrorKind, IdError, Party, Tenant, WindowId};
use tonic::{Request, Response, Status};

use super::{
    Plane,
    alone::Reached,
    changes::{self, Wanted},
    find::named_tenant,
    page::page,
};
use crate::{
    changes::{Start, Wish},
    edge::grpc::{
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::{
        directory::subject,
        store::{Commit, Store, StoreError, Stored},
    },
};

/// So many occurrences are shown if nobody says.
const USUAL: usize = 10;
/// So many are shown at most.
const MOST: usize = 100;
/// So many host names are shown.
const NAMED: usize = 20;

/// A change of a window that a person asks for.
type Decide<'a> = dyn Fn(Window, Actor, Timestamp) -> Result<Step, Refusal> + Send + Sync + 'a;

impl<S: Store, C: Clock> Plane<S, C> {
    /// Every window that the operator may see, of one tenant if one is named.
    async fn windows(&self, operator: &Operator, tenant: &str) -> Result<Vec<Arc<Window>>, Status> {
        let tenant = named_tenant(tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let all = self.store().all::<Window>().await.map_err(|it| it.to_status())?;
        let seen = all.into_iter().map(|it| it.record).filter(|it| {
            tenant.as_ref().is_none_or(|tenant| *tenant == it.tenant) && operator.sees(&it.tenant)
        });
        Ok(seen.collect())
    }

    /// The window with this id.
    async fn window(&self, operator: &Operator, named: &str) -> Result<Stored<Window>, Status> {
        let id: WindowId = named
            .trim()
            .parse()
            .map_err(|err: IdError| answer(ErrorKind::Invalid, err.to_string()))?;
        let stored = self.store().load::<Window>(&id).await.map_err(|it| it.to_status())?;
        let seen = stored.filter(|it| operator.sees(&it.record.tenant));
        seen.ok_or_else(|| not_found("window", named))
    }

    /// Does what a person asks of a window, if they may and it allows it.
    async fn change_window(
        &self,
        operator: &Operator,
        named: &str,
        decide: &Decide<'_>,
    ) -> Result<v1::Window, Status> {
        loop {
            let stored = self.window(operator, named).await?;
            let tenant = &stored.record.tenant;
            self.permit(operator, Action::CancelWindow, &Scope::tenant(tenant)).await?;
            let now = self.engine.clock.now();
            let by = self.window_actor(operator)?;
            let step = decide(Window::clone(&stored.record), by, now);
            match self.keep(step.map_err(|it| it.to_status())?, stored.revision).await {
                // Somebody else got in first, so somebody makes progress.
                Err(StoreError::Conflict { .. }) => continue,
                kept => {
                    return self.whole_window(operator, &kept.map_err(|it| it.to_status())?).await;
                }
            }
        }
    }

    /// Commits a step, and lets alerts know.
    async fn keep(&self, step: Step, expected: u64) -> Result<Window, StoreError> {
        let Step { window, effects, notices } = step;
        let letters = self.engine.letters(&notices, Matter::Window(window.id)).await?;
        let owes = effects.into_iter().chain(letters).collect();
        self.store().commit(Commit::new(window.clone(), expected, owes)).await?;
        self.engine.owed.notify_one();
        // One that opens at once looks at once at what was bad before.
        self.engine.tick_quiet().await?;
        self.engine.reconsider(&window.tenant).await?;
        Ok(window)
    }

    /// Who acts: the operator, for their first team.
    fn window_actor(&self, operator: &Operator) -> Result<Actor, Status> {
        let team = operator.teams.first().ok_or_else(|| {
            answer(ErrorKind::Conflict, "you act for no team, and windows are asked for by one")
        })?;
        Ok(Actor { name: operator.name.clone(), team: team.clone(), party: operator.party })
    }

    /// Who else must agree to a window.
    async fn window_needs(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        spec: &Spec,
    ) -> Result<Vec<Requirement>, Status> {
        let world = self.changes.world(tenant).await.map_err(|it| it.to_status())?;
        if world.in_force.is_none() {
            return Err(not_found("matrix of tenant", tenant));
        }
        let spec = ChangeSpec::Window(changes::window(tenant.clone(), spec.clone()));
        let facts = world.facts(&Subject::Window, &canonical(&spec), operator);
        let facts = Facts { quiet_for: spec.quiet_for(world.now), ..facts };
        Ok(required(&Subject::Window, &facts, operator))
    }

    /// What a window would touch.
    async fn window_reach(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        spec: &Spec,
    ) -> Result<(Reach, Reached), Status> {
        let reached = self.reached(tenant, |it| spec.selector.reaches(it)).await?;
        let ids = reached.ids();
        let alerts = self.store().all::<Alert>().await.map_err(|it| it.to_status())?;
        let covers_others = alerts.iter().map(|it| &it.record).any(|it| {
            it.is_unresolved()
                && it.remit.party != operator.party
                && ids.contains(&it.about.endpoint)
        });
        let (endpoints, of) = (reached.endpoints.len(), reached.of);
        Ok((Reach { endpoints, of, covers_others }, reached))
    }

    /// The zone that all of a tenant's sites are in.
    fn zone(&self, tenant: &Tenant) -> Result<TimeZone, Status> {
        let in_force = self.matrices.of(tenant);
        let mut sites = in_force.iter().flat_map(|it| &it.matrix.sites).map(|it| &it.zone);
        match sites.next() {
            Some(first) if sites.all(|it| it == first) => Ok(first.clone()),
            Some(_) | None => {
                let words = "the sites are not all in one zone: say which the start is in";
                Err(answer(ErrorKind::Invalid, words))
            }
        }
    }

    /// What is asked for, read; an empty zone is the tenant's.
    pub(super) fn window_spec(&self, asked: v1::WindowSpec) -> Result<(Tenant, Spec), Status> {
        let tenant = Tenant::new(&asked.tenant)
            .map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?;
        let zone = if asked.zone.is_empty() { self.zone(&tenant)? } else { TimeZone::UTC };
        let spec = show::window::asked(asked, zone).map_err(|it| it.to_status())?;
        Ok((tenant, spec))
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> WindowService for Plane<S, C> {
    async fn list_windows(
        &self,
        request: Request<v1::ListWindowsRequest>,
    ) -> Result<Response<v1::ListWindowsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let now = self.engine.clock.now();
        let mut windows = self.windows(&operator, &asked.tenant).await?;
        windows.retain(|it| asked.include_ended || is_to_come(it, now));
        if !asked.endpoint.is_empty() {
            let endpoint = self.endpoint(&operator, &asked.endpoint).await?;
            let (tenant, subject) =
                (&endpoint.registration.tenant, subject(&endpoint.registration));
            windows.retain(|it| it.tenant == *tenant && it.spec.selector.reaches(&subject));
        }
        windows.sort_by_cached_key(|it| {
            let next = next_occurrence(it, now).map_or(Timestamp::MAX, |it| it.from);
            (open_at(it, now).is_none(), next, it.id)
        });
        let (windows, next_page_token) = page(windows, asked.page_size, &asked.page_token)?;
        let around = self.around(&operator).await?;
        let windows = windows.iter().map(|it| around.shown(it, now)).collect();
        Ok(Response::new(v1::ListWindowsResponse { windows, next_page_token }))
    }

    async fn get_window(
        &self,
        request: Request<v1::GetWindowRequest>,
    ) -> Result<Response<v1::GetWindowResponse>, Status> {
        let operator = self.caller(&request).await?;
        let stored = self.window(&operator, &request.get_ref().window_id).await?;
        let window = Some(self.whole_window(&operator, &stored.record).await?);
        Ok(Response::new(v1::GetWindowResponse { window }))
    }

    async fn schedule_window(
        &self,
        request: Request<v1::ScheduleWindowRequest>,
    ) -> Result<Response<v1::ScheduleWindowResponse>, Status> {
        let operator = self.caller(&request).await?;
        let (tenant, spec) = self.window_spec(request.into_inner().spec.unwrap_or_default())?;
        self.permit(&operator, Action::ScheduleWindow, &Scope::tenant(&tenant)).await?;
        self.all_known(&operator, &tenant, &spec.selector).await?;
        let by = self.window_actor(&operator)?;
        if !self.window_needs(&operator, &tenant, &spec).await?.is_empty() {
            let (title, why) = (spec.title.clone(), spec.why.clone());
            let wanted = Wanted::from(ChangeSpec::Window(changes::window(tenant, spec)));
            let wish = Wish {
                tenant: wanted.tenant,
                subject: wanted.subject,
                title,
                why,
                text: wanted.text,
                start: Start::Agreed,
                break_glass: None,
            };
            let change_id = self.propose(wish, &operator).await?.change_id;
            return Ok(Response::new(v1::ScheduleWindowResponse { window: None, change_id }));
        }
        let (reach, _) = self.window_reach(&operator, &tenant, &spec).await?;
        let others = self.windows(&operator, tenant.as_str()).await?;
        let others: Vec<Window> = others.iter().map(|it| Window::clone(it)).collect();
        let now = self.engine.clock.now();
        let asked = Asked {
            id: WindowId::from_uuid(random::uuid()),
            tenant: &tenant,
            by,
            // What others agree to is a change.
            approved_by: Vec::new(),
            others: &others,
            reach,
            now,
        };
        let step = command::schedule(spec, asked).map_err(|it| it.to_status())?;
        let window = self.keep(step, 0).await.map_err(|it| it.to_status())?;
        let window = Some(self.whole_window(&operator, &window).await?);
        Ok(Response::new(v1::ScheduleWindowResponse { window, change_id: String::new() }))
    }

    async fn cancel_window(
        &self,
        request: Request<v1::CancelWindowRequest>,
    ) -> Result<Response<v1::CancelWindowResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::CancelWindowRequest { window_id, reason } = request.into_inner();
        let decide = |window: Window, by: Actor, now| command::cancel(window, by, &reason, now);
        let window = Some(self.change_window(&operator, &window_id, &decide).await?);
        Ok(Response::new(v1::CancelWindowResponse { window }))
    }

    async fn end_window_early(
        &self,
        request: Request<v1::EndWindowEarlyRequest>,
    ) -> Result<Response<v1::EndWindowEarlyResponse>, Status> {
        let operator = self.caller(&request).await?;
        let v1::EndWindowEarlyRequest { window_id, reason } = request.into_inner();
        let decide = |window: Window, by: Actor, now| command::end_early(window, by, &reason, now);
        let window = Some(self.change_window(&operator, &window_id, &decide).await?);
        Ok(Response::new(v1::EndWindowEarlyResponse { window }))
    }

    async fn preview_window(
        &self,
        request: Request<v1::PreviewWindowRequest>,
    ) -> Result<Response<v1::PreviewWindowResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let now = self.engine.clock.now();
        let window = match asked.window {
            Some(About::WindowId(named)) => {
                Window::clone(&self.window(&operator, &named).await?.record)
            }
            Some(About::Spec(spec)) => {
                // What is only thought of has no title yet.
                let title = Some(spec.title).filter(|it| !it.is_empty());
                let title = title.unwrap_or_else(|| "preview".to_owned());
                let (tenant, spec) = self.window_spec(v1::WindowSpec { title, ..spec })?;
                self.permit(&operator, Action::ScheduleWindow, &Scope::tenant(&tenant)).await?;
                self.all_known(&operator, &tenant, &spec.selector).await?;
                let by = self.window_actor(&operator)?;
                // As if everybody agreed: nothing of this is kept.
                let agreed = |party| Actor { party, ..by.clone() };
                let asked = Asked {
                    id: WindowId::from_uuid(random::uuid()),
                    tenant: &tenant,
                    approved_by: vec![agreed(Party::Internal), agreed(Party::Provider)],
                    by,
                    others: &[],
                    reach: Reach::default(),
                    now,
                };
                command::schedule(spec, asked).map_err(|it| it.to_status())?.window
            }
            None => return Err(answer(ErrorKind::Invalid, "say which window, or when one is")),
        };
        let (reach, reached) = self.window_reach(&operator, &window.tenant, &window.spec).await?;
        let needs = self.window_needs(&operator, &window.tenant, &window.spec).await?;
        let both = command::needs_both(&window.spec, reach).map(str::to_owned);
        let needs_approval = needs.into_iter().map(|it| it.because).chain(both).collect();
        let mut hostnames: Vec<_> =
            reached.endpoints.iter().map(|it| it.host.hostname.clone()).collect();
        hostnames.sort();
        hostnames.truncate(NAMED);
        let count = match asked.count {
            0 => USUAL,
            some => usize::try_from(some).unwrap_or(MOST).min(MOST),
        };
        let later = |it: &Segment| next_occurrence(&window, it.to);
        let first = open_at(&window, now).or_else(|| next_occurrence(&window, now));
        let occurrences = iter::successors(first, later).take(count);
        Ok(Response::new(v1::PreviewWindowResponse {
            zone: window.spec.zone.iana_name().unwrap_or("UTC").to_owned(),
            occurrences: occurrences.map(|it| show::window::occurrence(&window, it)).collect(),
            endpoints: u32::try_from(reach.endpoints).unwrap_or(u32::MAX),
            hostnames,
            needs_approval,
        }))
    }
}

use v1::preview_window_request::Window as About;

/// Whether it is open, or will be.
fn is_to_come(window: &Window, now: Timestamp) -> bool {
    open_at(window, now).is_some() || next_occurrence(window, now).is_some()
}
