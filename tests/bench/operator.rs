//! What an administrator does before anything can be measured.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use remit_proto::{
    convert::JoinToken,
    v1::{
        CreateTokenRequest, Endpoint, GetEndpointRequest, PublishMatrixRequest,
        endpoint_service_client::EndpointServiceClient, matrix_service_client::MatrixServiceClient,
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
