//! A person who uses the operator plane, or a program that does.

use std::{path::Path, time::Duration};

use remit_proto::v1::{
    self, alert_service_client::AlertServiceClient, backup_service_client::BackupServiceClient,
    change_service_client::ChangeServiceClient, endpoint_service_client::EndpointServiceClient,
    known_issue_service_client::KnownIssueServiceClient,
    matrix_service_client::MatrixServiceClient, operator_service_client::OperatorServiceClient,
    patch_service_client::PatchServiceClient, shift_service_client::ShiftServiceClient,
    source_service_client::SourceServiceClient, token_service_client::TokenServiceClient,
    window_service_client::WindowServiceClient,
};
use remit_runtime::{
    credential::Credential,
    dial::{self, DialError},
    tls::{KeyRequest, certificates_to_pem, client_config},
};
use tonic::{Status, Streaming, transport::Channel};

use crate::{SOON, eventually, soon};

/// What a connection may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What is watched of a machine itself, whoever runs Remit on it.
const ABOUT_A_HOST: [&str; 11] = [
    "clock-offset",
    "collector-disk",
    "cpu-busy",
    "disk-inodes",
    "disk-space",
    "memory-used",
    "patch-cycle-overdue",
    "patch-security-overdue",
    "patch-unknown",
    "reboot-pending",
    "service-failed",
];

/// An operator with a connection of its own.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Who it is.
    pub credential: Credential,
    channel: Channel,
}

impl Operator {
    /// Connects with a credential.
    pub async fn connect(credential: Credential) -> Result<Self, DialError> {
        let roots = credential.roots().expect("the credential holds certificates");
        let identity = credential.identity().expect("the credential holds a certificate and a key");
        let config = client_config(&roots, Some(&identity)).expect("the credential makes sense");
        let channel = dial::connect(&credential.collector[0], config, PATIENCE).await?;
        Ok(Self { credential, channel })
    }

    pub(crate) async fn read(path: &Path) -> Self {
        let credential = Credential::read(path).expect("init wrote a credential");
        Self::connect(credential).await.expect("the operator plane takes its credential")
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The same person on a new connection.
    pub async fn again(&self) -> Self {
        Self::connect(self.credential.clone()).await.expect("the operator plane is there again")
    }

    /// Makes another operator; only an administrator can.
    pub async fn create(
        &self,
        name: &str,
        role: v1::Role,
        party: v1::Party,
        teams: &[&str],
    ) -> Self {
        self.create_of(name, role, party, teams, &[]).await
    }

    /// The same for somebody who sees some tenants alone.
    pub async fn create_of(
        &self,
        name: &str,
        role: v1::Role,
        party: v1::Party,
        teams: &[&str],
        tenants: &[&str],
    ) -> Self {
        let request = KeyRequest::new().expect("there is randomness");
        let asked = v1::CreateOperatorRequest {
            name: name.into(),
            role: role.into(),
            party: party.into(),
            teams: teams.iter().map(|it| (*it).to_owned()).collect(),
            tenants: tenants.iter().map(|it| (*it).to_owned()).collect(),
            csr: request.csr.clone(),
        };
        let made = self.operators().create_operator(asked).await;
        let made = made.expect("an administrator may make operators").into_inner();
        let pem = |chain: &[Vec<u8>]| certificates_to_pem(chain);
        let credential = Credential {
            collector: self.credential.collector.clone(),
            operator_id: made.operator.map(|it| it.operator_id).unwrap_or_default(),
            name: name.into(),
            ca: pem(&made.ca_roots),
            certificate: pem(&made.certificate_chain),
            key: request.key_pem(),
        };
        Self::connect(credential).await.expect("the new operator is let in")
    }

    /// Alerts.
    pub fn alerts(&self) -> AlertServiceClient<Channel> {
        AlertServiceClient::new(self.channel.clone())
    }

    /// Backups.
    pub fn backups(&self) -> BackupServiceClient<Channel> {
        BackupServiceClient::new(self.channel.clone())
    }

    /// Changes.
    pub fn changes(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.channel.clone())
    }

    /// Endpoints.
    pub fn endpoints(&self) -> EndpointServiceClient<Channel> {
        EndpointServiceClient::new(self.channel.clone())
    }

    /// Known issues.
    pub fn known_issues(&self) -> KnownIssueServiceClient<Channel> {
        KnownIssueServiceClient::new(self.channel.clone())
    }

    /// The matrix.
    pub fn matrix(&self) -> MatrixServiceClient<Channel> {
        MatrixServiceClient::new(self.channel.clone())
    }

    /// Operators.
    pub fn operators(&self) -> OperatorServiceClient<Channel> {
        OperatorServiceClient::new(self.channel.clone())
    }

    /// Updates.
    pub fn patches(&self) -> PatchServiceClient<Channel> {
        PatchServiceClient::new(self.channel.clone())
    }

    /// Nights.
    pub fn shifts(&self) -> ShiftServiceClient<Channel> {
        ShiftServiceClient::new(self.channel.clone())
    }

    /// Systems whose alerts are taken in.
    pub fn sources(&self) -> SourceServiceClient<Channel> {
        SourceServiceClient::new(self.channel.clone())
    }

    /// Maintenance windows.
    pub fn windows(&self) -> WindowServiceClient<Channel> {
        WindowServiceClient::new(self.channel.clone())
    }

    /// Enrollment tokens.
    pub fn tokens(&self) -> TokenServiceClient<Channel> {
        TokenServiceClient::new(self.channel.clone())
    }

    /// Puts a matrix into force, or says what is wrong with it. Every one but
    /// the first waits for the other side as a change.
    pub async fn publish(&self, toml: &str) -> Result<v1::PublishMatrixResponse, Status> {
        let asked = v1::PublishMatrixRequest {
            toml: toml.into(),
            file_name: "acme.toml".into(),
            ..Default::default()
        };
        Ok(self.matrix().publish_matrix(asked).await?.into_inner())
    }

    /// What a change is now, with its text.
    pub async fn change(&self, id: &str) -> v1::Change {
        let asked = v1::GetChangeRequest { change_id: id.into() };
        let got = self.changes().get_change(asked).await.expect("the change can be seen");
        got.into_inner().change.expect("an answer holds what was asked for")
    }

    /// Agrees to a change as it is now.
    pub async fn approve(&self, id: &str) -> Result<v1::Change, Status> {
        let sha256 = self.change(id).await.sha256;
        let asked = v1::ApproveChangeRequest { change_id: id.into(), sha256, ..Default::default() };
        let approved = self.changes().approve_change(asked).await?.into_inner();
        Ok(approved.change.unwrap_or_default())
    }

    /// Waits until a change is as it should be.
    pub async fn change_where(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&v1::Change) -> bool,
    ) -> v1::Change {
        eventually(SOON, what, async || Some(self.change(id).await).filter(|it| is_so(it))).await
    }

    /// The version of acme's matrix that holds.
    pub async fn matrix_version(&self) -> u64 {
        let asked = v1::GetMatrixRequest { tenant: "acme".into(), version: 0 };
        let got = self.matrix().get_matrix(asked).await.expect("there is a matrix");
        got.into_inner().version.unwrap_or_default().version
    }

    /// Every alert, resolved ones too, without timelines.
    pub async fn all_alerts(&self) -> Vec<v1::Alert> {
        let asked = v1::ListAlertsRequest { include_resolved: true, ..Default::default() };
        let listed = self.alerts().list_alerts(asked).await;
        listed.map(|it| it.into_inner().alerts).unwrap_or_default()
    }

    /// Every alert but those that a real agent may rightly raise about the machine
    /// that runs this: its disk may be full, and its processors busy.
    pub async fn alerts_beside_the_hosts_own(&self) -> Vec<v1::Alert> {
        let mut alerts = self.all_alerts().await;
        alerts.retain(|it| !ABOUT_A_HOST.contains(&&*it.check));
        alerts
    }

    /// One alert with its timeline and messages.
    pub async fn alert(&self, id: &str) -> v1::Alert {
        let asked = v1::GetAlertRequest { alert_id: id.into() };
        let got = self.alerts().get_alert(asked).await.expect("the alert can be seen");
        got.into_inner().alert.expect("an answer holds what was asked for")
    }

    /// Waits until a check of an endpoint has raised an alert in some state.
    pub async fn alerted(&self, check: &str, state: v1::AlertState) -> v1::Alert {
        let what = format!("there is a {check} alert that is {}", state.as_str_name());
        let found = eventually(SOON, &what, async || {
            self.all_alerts().await.into_iter().find(|it| it.check == check && it.state() == state)
        })
        .await;
        self.alert(&found.alert_id).await
    }

    /// Waits until one alert is as it should be.
    pub async fn alert_where(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&v1::Alert) -> bool,
    ) -> v1::Alert {
        eventually(SOON, what, async || Some(self.alert(id).await).filter(|it| is_so(it))).await
    }

    /// What is known of an endpoint.
    pub async fn endpoint(&self, id: &str) -> Result<v1::Endpoint, Status> {
        let asked = v1::GetEndpointRequest { endpoint: id.into() };
        let got = self.endpoints().get_endpoint(asked).await?.into_inner();
        Ok(got.endpoint.unwrap_or_default())
    }

    /// Waits until what is known of an endpoint is as it should be.
    pub async fn endpoint_where(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&v1::Endpoint) -> bool,
    ) -> v1::Endpoint {
        eventually(SOON, what, async || self.endpoint(id).await.ok().filter(|it| is_so(it))).await
    }

    /// Ends an endpoint's trust.
    pub async fn revoke(&self, endpoint: &str, reason: &str) -> Result<v1::Endpoint, Status> {
        let asked = v1::RevokeEndpointRequest { endpoint: endpoint.into(), reason: reason.into() };
        let revoked = self.endpoints().revoke_endpoint(asked).await?.into_inner();
        Ok(revoked.endpoint.unwrap_or_default())
    }

    /// Watches alerts from a cursor on: empty for from now on, `0` for all.
    pub async fn watch(&self, cursor: &str) -> Result<Watch, Status> {
        let asked = v1::WatchAlertsRequest { cursor: cursor.into(), ..Default::default() };
        let stream = self.alerts().watch_alerts(asked).await?.into_inner();
        let mut watch = Watch { stream, cursor: String::new() };
        watch.cursor = watch.next().await?.cursor;
        Ok(watch)
    }
}

/// A live alert stream.
#[derive(Debug)]
pub struct Watch {
    stream: Streaming<v1::WatchAlertsResponse>,
    /// Where to go on.
    pub cursor: String,
}

impl Watch {
    /// The next event. The stream's end is an error.
    pub async fn next(&mut self) -> Result<v1::WatchAlertsResponse, Status> {
        let message = soon("the alert stream says something", self.stream.message()).await?;
        let message = message.ok_or_else(|| Status::ok("the stream is over"))?;
        self.cursor.clone_from(&message.cursor);
        Ok(message)
    }

    /// The next event of a kind.
    pub async fn next_of(&mut self, kind: v1::AlertEventKind) -> v1::WatchAlertsResponse {
        loop {
            let message = self.next().await.expect("the alert stream goes on");
            if message.event.as_ref().is_some_and(|it| it.kind() == kind) {
                return message;
            }
        }
    }
}
