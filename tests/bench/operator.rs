//! What an administrator does before anything can be measured.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use remit_proto::{
    convert::JoinToken,
    v1::{
        CreateSourceRequest, CreateTokenRequest, Endpoint, GetEndpointRequest, LintMatrixRequest,
        ListAlertsRequest, PublishMatrixRequest, SourceKind,
        alert_service_client::AlertServiceClient, endpoint_service_client::EndpointServiceClient,
        matrix_service_client::MatrixServiceClient, source_service_client::SourceServiceClient,
        token_service_client::TokenServiceClient,
    },
};
use remit_runtime::{credential::Credential, dial, tls};
use tonic::transport::Channel;

/// A connection to the operator plane.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    channel: Channel,
}

impl Operator {
    /// Connects with a credential.
    pub(crate) async fn connect(credential: &Path) -> anyhow::Result<Self> {
        let credential = Credential::read(credential)?;
        let config = tls::client_config(&credential.roots()?, Some(&credential.identity()?))?;
        let address = credential.collector.first().context("the credential names nobody")?;
        let channel = dial::connect(address, config, Duration::from_secs(5)).await?;
        Ok(Self { channel })
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
