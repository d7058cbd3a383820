//! Trying a channel before the night when it is needed.

use remit_collector_domain::{
    alert::{NoticeId, Topic},
    matrix::Call,
    notice::{Facts, Message, MessageId},
    people::Target,
};
use remit_runtime::{clock::SystemClock, random};
use remit_shared::{
    AlertId, Clock as _, EndpointId, Function, NameError, Party, Severity, Site, Team, Tenant,
};

use crate::{
    adapters::notify::{Channels, ChannelsError},
    config::Config,
    ports::notifier::{Notifier as _, SendError},
};

/// Why a test message did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotifyFailure {
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Makes one attempt; gives what the other side answered.
pub(super) async fn test(config: Config, channel: &str) -> Result<String, NotifyFailure> {
    let channels = Channels::new(config.channels, SystemClock)?;
    let answer = channels.send(channel, &message()?).await?;
    Ok(format!("{channel} took the message: {}\n", answer.0))
}

/// About an alert that is none, and over.
fn message() -> Result<Message, NameError> {
    let now = SystemClock.now();
    let facts = Facts {
        alert: AlertId::from_uuid(random::uuid()),
        tenant: Tenant::new("test")?,
        site: Site::new("test")?,
        endpoint: EndpointId::from_uuid(random::uuid()),
        hostname: "remit-collector".into(),
        check: "notify-test".into(),
        instance: String::new(),
        function: Function::new("infra_monitoring")?,
        severity: Severity::Info,
        acknowledged: false,
        resolved_at: Some(now),
        opened_at: now,
        summary: "this is a test of the way to you".into(),
        evidence: String::new(),
        owner: Team::new("test")?,
        owner_party: Party::Internal,
        accountable: Team::new("test")?,
        reason: "somebody ran `remit-collector notify test`".into(),
        runbook: String::new(),
        call: Call::default(),
    };
    Ok(Message {
        id: MessageId::Notice(NoticeId { alert: facts.alert, number: 1 }),
        made_at: now,
        topic: Topic::Informed.as_str(),
        tenant: facts.tenant.clone(),
        to: Target::Team(facts.owner.clone()),
        owner: facts.owner.clone(),
        owner_party: facts.owner_party,
        severity: facts.severity,
        subject: "[TEST] remit-collector: this is a test of the way to you".into(),
        text: "Somebody ran `remit-collector notify test`. Nothing is to be done.".into(),
        alerts: vec![facts],
    })
}
