//! The connection to a collector: who we are, where it is, how long we wait.

use std::time::Duration;

use remit_proto::v1::{
    alert_service_client::AlertServiceClient, audit_service_client::AuditServiceClient,
    backup_service_client::BackupServiceClient, change_service_client::ChangeServiceClient,
    contact_service_client::ContactServiceClient, endpoint_service_client::EndpointServiceClient,
    known_issue_service_client::KnownIssueServiceClient,
    matrix_service_client::MatrixServiceClient, operator_service_client::OperatorServiceClient,
    patch_service_client::PatchServiceClient, report_service_client::ReportServiceClient,
    shift_service_client::ShiftServiceClient, source_service_client::SourceServiceClient,
    token_service_client::TokenServiceClient, window_service_client::WindowServiceClient,
};
use remit_runtime::{credential::Credential, dial, tls};
use tokio::time;
use tonic::{Response, Status, transport::Channel};

use crate::failure::{Failure, Kind};

/// How much of a list is asked for at once.
pub(crate) const PAGE: u32 = 500;

/// How large an answer may be: a page of endpoints with everything on them.
const ANSWER: usize = 64 << 20;

/// One operator's connection.
#[derive(Debug)]
pub(crate) struct Client {
    /// Who we are.
    pub(crate) credential: Credential,
    /// Which of the addresses answered.
    pub(crate) address: String,
    channel: Channel,
    timeout: Duration,
}

impl Client {
    /// Connects to the first address that answers.
    pub(crate) async fn connect(
        credential: Credential,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let config = tls::client_config(&credential.roots()?, Some(&credential.identity()?))?;
        let mut failures = Vec::new();
        for address in &credential.collector {
            match dial::connect(address, config.clone(), timeout).await {
                Ok(channel) => {
                    let address = address.clone();
                    return Ok(Self { credential, address, channel, timeout });
                }
                Err(err) => failures.push(Failure::from(err)),
            }
        }
        Err(gather(failures))
    }

    /// Waits for an answer, but not for ever.
    pub(crate) async fn call<T>(
        &self,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Failure> {
        match time::timeout(self.timeout, answer).await {
            Ok(answered) => Ok(answered?.into_inner()),
            Err(_elapsed) => {
                let seconds = self.timeout.as_secs_f32();
                let message = format!("{} did not answer within {seconds} s", self.address);
                Err(Failure::new(Kind::Unreachable, message)
                    .hint("what you asked for may still happen; allow more with --timeout"))
            }
        }
    }
}

/// One failure that tells of all. Being refused says more than not being heard.
fn gather(failures: Vec<Failure>) -> Failure {
    if let Some(refused) = failures.iter().find(|it| !it.may_pass()) {
        return refused.clone();
    }
    let mut failures = failures.into_iter();
    let first = failures.next();
    let mut all =
        first.unwrap_or_else(|| Failure::new(Kind::Failed, "the credential names no collector"));
    for other in failures {
        all.message = format!("{}, {}", all.message, other.message);
    }
    all
}

macro_rules! services {
    ($($name:ident: $service:ident)*) => {
        impl Client {$(
            #[doc = concat!("Calls of the ", stringify!($name), " service.")]
            pub(crate) fn $name(&self) -> $service<Channel> {
                $service::new(self.channel.clone()).max_decoding_message_size(ANSWER)
            }
        )*}
    };
}

services! {
    alerts: AlertServiceClient
    audit: AuditServiceClient
    backups: BackupServiceClient
    changes: ChangeServiceClient
    contacts: ContactServiceClient
    endpoints: EndpointServiceClient
    known_issues: KnownIssueServiceClient
    matrices: MatrixServiceClient
    operators: OperatorServiceClient
    patches: PatchServiceClient
    reports: ReportServiceClient
    shifts: ShiftServiceClient
    sources: SourceServiceClient
    tokens: TokenServiceClient
    windows: WindowServiceClient
}

/// Joins the pages of a list, up to `limit` items. `page` is given a page token
/// and gives a page's items and the next token, empty on the last page.
pub(crate) async fn pages<T>(
    limit: Option<usize>,
    page: impl AsyncFn(String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let limit = limit.unwrap_or(usize::MAX);
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let (items, next) = page(token).await?;
        all.extend(items);
        if next.is_empty() || all.len() >= limit {
            all.truncate(limit);
            return Ok(all);
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: Kind, message: &str) -> Failure {
        Failure::new(kind, message)
    }

    #[test]
    fn a_refusal_outranks_silence_and_silences_add_up() {
        let deaf = || failure(Kind::Unreachable, "a is away");
        let refused = gather(vec![deaf(), failure(Kind::NotAllowed, "b says no")]);
        assert_eq!(refused.message, "b says no");
        let silent = gather(vec![deaf(), failure(Kind::Unreachable, "b is away")]);
        assert_eq!(silent.message, "a is away, b is away");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn pages_are_joined_up_to_the_limit() {
        let page = async |token: String| {
            let start: u32 = token.parse().unwrap_or(0);
            let next = if start < 20 { (start + 10).to_string() } else { String::new() };
            Ok(((start..start + 10).collect::<Vec<_>>(), next))
        };
        assert_eq!(pages(None, page).await.unwrap(), (0..30).collect::<Vec<_>>());
        assert_eq!(pages(Some(15), page).await.unwrap(), (0..15).collect::<Vec<_>>());
    }
}
