//! The backup state of the fleet, worst first.

use remit_collector_domain::{
    detect::backup,
    endpoint::{Endpoint, JobState, Presence},
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, backup_service_server::BackupService},
};
use remit_shared::Clock;
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::ports::store::Store;

#[tonic::async_trait]
impl<S: Store, C: Clock> BackupService for Plane<S, C> {
    async fn list_backup_jobs(
        &self,
        request: Request<v1::ListBackupJobsRequest>,
    ) -> Result<Response<v1::ListBackupJobsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let endpoints = match asked.endpoint.as_str() {
            "" => self.endpoints(&operator, &asked.tenant).await?,
            named => vec![self.endpoint(&operator, named).await?],
        };
        let now = self.engine.clock.now();
        let mut rows = Vec::new();
        for endpoint in endpoints {
            let registration = &endpoint.registration;
            let elsewhere = !asked.site.is_empty() && registration.site.as_str() != asked.site;
            if elsewhere || !registration.is_in_service() {
                continue;
            }
            let online = endpoint.pulse.presence == Presence::Online;
            for state in endpoint.facts.jobs.values() {
                let (status, reason) = backup::status(state, &endpoint.checks, online, now);
                let mut row = job(&endpoint, state);
                row.status = status.to_wire();
                row.reason = reason;
                rows.push((backup::rank(status), row));
            }
        }
        rows.sort_by(|a, b| {
            let name = |it: &v1::BackupStatus| it.job.as_ref().map(|it| it.name.clone());
            (a.0, &a.1.hostname, name(&a.1)).cmp(&(b.0, &b.1.hostname, name(&b.1)))
        });
        let jobs = rows.into_iter().map(|it| it.1).collect();
        let (jobs, next_page_token) = page(jobs, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListBackupJobsResponse { jobs, next_page_token }))
    }
}

fn job(endpoint: &Endpoint, state: &JobState) -> v1::BackupStatus {
    v1::BackupStatus {
        endpoint_id: endpoint.id().to_string(),
        hostname: endpoint.registration.host.hostname.clone(),
        tenant: endpoint.registration.tenant.to_string(),
        site: endpoint.registration.site.to_string(),
        job: Some(state.job.to_wire()),
        last_run: state.last_run.as_ref().map(|it| it.to_wire()),
        last_success_at: state.last_success_at.map(|it| it.to_wire()),
        newest: state.newest.as_ref().map(|it| it.to_wire()),
        expected_at: backup::expected_at(state).map(|it| it.to_wire()),
        ..Default::default()
    }
}
