//! What an administrator does before anything can be measured.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use remit_proto::{
    convert::JoinToken,
    v1::{
        ApplyChangeRequest, ApproveChangeRequest, ApproveEndpointRequest, Change,
        CreateOperatorRequest, CreateSourceRequest, CreateTokenRequest, Endpoint,
        ExplainResponsibilityRequest, ExplainResponsibilityResponse, GetEndpointRequest,
        GetHistoryRequest, GetHistoryResponse, LintMatrixRequest, ListAlertsRequest,
        ListAlertsResponse, ListEndpointsRequest, ListEndpointsResponse, Party,
        ProposeChangeRequest, PublishMatrixRequest, Role, SourceKind, Standing,
        alert_service_client::AlertServiceClient, change_service_client::ChangeServiceClient,
        endpoint_service_client::EndpointServiceClient, matrix_service_client::MatrixServiceClient,
        operator_service_client::OperatorServiceClient, propose_change_request::Payload,
        source_service_client::SourceServiceClient, token_service_client::TokenServiceClient,
    },
};
use remit_runtime::{
    credential::Credential,
    dial,
    tls::{self, KeyRequest},
};
use tonic::transport::Channel;

/// A connection to the operator plane.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    credential: Credential,
    channel: Channel,
}

impl Operator {
    /// Connects with a credential.
    pub(crate) async fn connect(credential: &Path) -> anyhow::Result<Self> {
        Self::with(Credential::read(credential)?).await
    }

    async fn with(credential: Credential) -> anyhow::Result<Self> {
        let config = tls::client_config(&credential.roots()?, Some(&credential.identity()?))?;
        let address = credential.collector.first().context("the credential names nobody")?;
        let channel = dial::connect(address, config, Duration::from_secs(5)).await?;
        Ok(Self { credential, channel })
    }

    /// Publishes a matrix.
    pub(crate) async fn publish(&self, toml: &str) -> anyhow::Result<()> {
        let request = PublishMatrixRequest {
            toml: toml.into(),
            file_name: "matrix.toml".into(),
            note: String::new(),
            ..Default::default()
        };
        MatrixServiceClient::new(self.channel.clone()).publish_matrix(request).await?;
        Ok(())
    }

    /// What is wrong with a matrix.
    pub(crate) async fn lint(&self, toml: &str) -> anyhow::Result<Vec<String>> {
        let request = LintMatrixRequest { toml: toml.into(), file_name: "matrix.toml".into() };
        let said = MatrixServiceClient::new(self.channel.clone()).lint_matrix(request).await?;
        let findings = said.into_inner().findings.into_iter().filter(|it| it.error);
        Ok(findings.map(|it| it.message).collect())
    }

    /// Makes a source of Prometheus's alerts; gives its token.
    pub(crate) async fn source(&self, name: &str) -> anyhow::Result<String> {
        let request = CreateSourceRequest {
            tenant: "bench".into(),
            site: "lab".into(),
            name: name.into(),
            kind: SourceKind::Alertmanager.into(),
            ..Default::default()
        };
        let made = SourceServiceClient::new(self.channel.clone()).create_source(request).await?;
        Ok(made.into_inner().token)
    }

    /// How many alerts are not over.
    pub(crate) async fn open_alerts(&self) -> anyhow::Result<usize> {
        let mut client = AlertServiceClient::new(self.channel.clone());
        let (mut count, mut page_token) = (0, String::new());
        loop {
            let request = ListAlertsRequest { page_size: 1_000, page_token, ..Default::default() };
            let page = client.list_alerts(request).await?.into_inner();
            count += page.alerts.len();
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(count);
            }
        }
    }

    /// A page of endpoints.
    pub(crate) async fn endpoints(
        &self,
        request: ListEndpointsRequest,
    ) -> anyhow::Result<ListEndpointsResponse> {
        let mut client = EndpointServiceClient::new(self.channel.clone());
        Ok(client.list_endpoints(request).await?.into_inner())
    }

    /// A page of alerts.
    pub(crate) async fn alerts(
        &self,
        request: ListAlertsRequest,
    ) -> anyhow::Result<ListAlertsResponse> {
        let mut client = AlertServiceClient::new(self.channel.clone());
        Ok(client.list_alerts(request).await?.into_inner())
    }

    /// What a series was like.
    pub(crate) async fn history(
        &self,
        request: GetHistoryRequest,
    ) -> anyhow::Result<GetHistoryResponse> {
        let mut client = EndpointServiceClient::new(self.channel.clone());
        Ok(client.get_history(request).await?.into_inner())
    }

    /// Whose something is.
    pub(crate) async fn who(
        &self,
        request: ExplainResponsibilityRequest,
    ) -> anyhow::Result<ExplainResponsibilityResponse> {
        let mut client = MatrixServiceClient::new(self.channel.clone());
        Ok(client.explain_responsibility(request).await?.into_inner())
    }

    /// Makes a token for one endpoint; gives its text.
    pub(crate) async fn token(&self) -> anyhow::Result<String> {
        let request = CreateTokenRequest {
            tenant: "bench".into(),
            site: "lab".into(),
            ttl_seconds: 3600,
            ..Default::default()
        };
        let response = TokenServiceClient::new(self.channel.clone()).create_token(request).await?;
        Ok(response.into_inner().text)
    }

    /// Somebody else who can agree to what this one asks for.
    pub(crate) async fn second(&self) -> anyhow::Result<Self> {
        let request = KeyRequest::new()?;
        let asked = CreateOperatorRequest {
            name: "second".into(),
            role: Role::Manager.into(),
            party: Party::Provider.into(),
            teams: Vec::new(),
            tenants: Vec::new(),
            csr: request.csr.clone(),
        };
        let mut client = OperatorServiceClient::new(self.channel.clone());
        let made = client.create_operator(asked).await?.into_inner();
        let pem = |chain: &[Vec<u8>]| tls::certificates_to_pem(chain);
        let credential = Credential {
            operator_id: made.operator.map(|it| it.operator_id).unwrap_or_default(),
            name: "second".into(),
            ca: pem(&made.ca_roots),
            certificate: pem(&made.certificate_chain),
            key: request.key_pem(),
            ..self.credential.clone()
        };
        Self::with(credential).await
    }

    /// Makes a token for many endpoints, to which somebody else agrees.
    pub(crate) async fn token_for_many(&self, with: &Self, uses: usize) -> anyhow::Result<String> {
        let token = CreateTokenRequest {
            tenant: "bench".into(),
            site: "lab".into(),
            max_uses: u32::try_from(uses)?,
            ttl_seconds: 3600,
            ..Default::default()
        };
        let asked = ProposeChangeRequest {
            tenant: "bench".into(),
            title: "a token for many".into(),
            reason: "to be measured".into(),
            payload: Some(Payload::Token(token)),
            ..Default::default()
        };
        let mut changes = ChangeServiceClient::new(self.channel.clone());
        let change = changes.propose_change(asked).await?.into_inner().change;
        let Change { change_id, sha256, .. } = change.context("a change without content")?;
        let agreed =
            ApproveChangeRequest { change_id: change_id.clone(), sha256, ..Default::default() };
        ChangeServiceClient::new(with.channel.clone()).approve_change(agreed).await?;
        let applied = changes.apply_change(ApplyChangeRequest { change_id }).await?;
        Ok(applied.into_inner().token)
    }

    /// Those that wait to be let in.
    pub(crate) async fn waiting(&self) -> anyhow::Result<Vec<String>> {
        let request = ListEndpointsRequest {
            standing: Standing::Waiting.into(),
            page_size: 1_000,
            ..Default::default()
        };
        let listed =
            EndpointServiceClient::new(self.channel.clone()).list_endpoints(request).await?;
        Ok(listed.into_inner().endpoints.into_iter().map(|it| it.endpoint_id).collect())
    }

    /// Lets one in.
    pub(crate) async fn approve(&self, endpoint: &str) -> anyhow::Result<()> {
        let request = ApproveEndpointRequest { endpoint: endpoint.into() };
        EndpointServiceClient::new(self.channel.clone()).approve_endpoint(request).await?;
        Ok(())
    }

    /// The same, as an agent reads it.
    pub(crate) async fn join_token(&self) -> anyhow::Result<JoinToken> {
        Ok(JoinToken::from_text(&self.token().await?)?)
    }

    /// What is known of an endpoint.
    pub(crate) async fn endpoint(&self, endpoint: &str) -> anyhow::Result<Endpoint> {
        let request = GetEndpointRequest { endpoint: endpoint.into() };
        let response =
            EndpointServiceClient::new(self.channel.clone()).get_endpoint(request).await?;
        response.into_inner().endpoint.context("an endpoint without content")
    }
}
