//! Mail over SMTP. The message's id is its Message-ID, so that a repeat after
//! a crash is one message in every reader; all mail about one alert refers to
//! the alert, so that it is one thread.
//!
//! `X-Remit-…` headers say what it is about, and whose, for whoever sorts
//! before reading. None of their values can have a line end in it.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use remit_collector_domain::notice::{Message, MessageId};

use super::text::{fit, line, tame};
use crate::ports::notifier::{Answer, SendError};

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// The longest subject, in characters.
const SUBJECT: usize = 200;

/// How mail leaves the house.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub security: Security,
    /// Who mail is from: `Remit <remit@example.org>`.
    pub from: String,
    /// A certificate authority, as PEM, that may vouch for the server besides
    /// those that the machine trusts.
    pub ca: Option<Vec<u8>>,
    /// Name and password, if the server wants them.
    pub login: Option<(String, String)>,
}

/// Whether a connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It begins in the clear and must become encrypted.
    StartTls,
    /// It is encrypted from its first byte.
    Tls,
    /// It is not. For a relay on the same machine.
    None,
}

/// A way to send mail.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The sender's address makes no sense.
    #[error("`{address}` is not a mail address")]
    From {
        /// What was given.
        address: String,
        /// What is wrong with it.
        #[source]
        source: lettre::address::AddressError,
    },
    /// TLS for this server name cannot be set up.
    #[error("failed to set up TLS for `{host}`")]
    Tls {
        /// The server.
        host: String,
        /// What is wrong.
        #[source]
        source: lettre::transport::smtp::Error,
    },
}

impl Mailer {
    /// Checks the settings. Nothing is sent before there is something to say.
    pub fn new(settings: &SmtpSettings) -> Result<Self, MailerError> {
        let from = settings
            .from
            .parse()
            .map_err(|source| MailerError::From { address: settings.from.clone(), source })?;
        let tls = || {
            let mut builder = TlsParameters::builder(settings.host.clone());
            if let Some(pem) = &settings.ca {
                builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
            }
            builder.build()
        };
        let tls =
            || tls().map_err(|source| MailerError::Tls { host: settings.host.clone(), source });
        let tls = match settings.security {
            Security::StartTls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(DEADLINE));
        if let Some((name, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    pub(super) async fn send(
        &self,
        channel: &str,
        address: &str,
        message: &Message,
    ) -> Result<Answer, SendError> {
        let refused = |said: String| SendError::Refused { channel: channel.into(), said };
        let to: Mailbox = address
            .parse()
            .map_err(|err| refused(format!("`{address}` is not a mail address: {err}")))?;
        let domain = self.from.email.domain();
        let thread = format!("<{}@{domain}>", message.id.thread());
        let mut mail = Mail::builder()
            .from(self.from.clone())
            .to(to)
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .in_reply_to(thread.clone())
            .references(thread)
            .subject(fit(&line(&message.subject), SUBJECT))
            .header(ContentType::TEXT_PLAIN);
        for (name, value) in headers(message) {
            let name = HeaderName::new_from_ascii_str(name);
            mail = mail.raw_header(HeaderValue::new(name, value));
        }
        let mail = mail.body(tame(&message.text)).map_err(|err| refused(err.to_string()))?;
        match self.transport.send(mail).await {
            Ok(response) => {
                let words: Vec<&str> = response.message().collect();
                Ok(Answer(line(&format!("{} {}", response.code(), words.join(" ")))))
            }
            Err(err) if err.is_permanent() => Err(refused(err.to_string())),
            Err(err) => Err(SendError::Failed {
                channel: channel.into(),
                source: err.into(),
                retry_after: None,
            }),
        }
    }
}

/// Names and closed words: nothing that others wrote.
fn headers(message: &Message) -> [(&'static str, String); 7] {
    let about = match message.id {
        MessageId::Notice(_) => "X-Remit-Alert",
        MessageId::Letter { .. } | MessageId::Digest(_) => "X-Remit-About",
    };
    [
        ("Auto-Submitted", "auto-generated".to_owned()),
        (about, message.id.thread()),
        ("X-Remit-Owner-Party", message.owner_party.to_string()),
        ("X-Remit-Owner-Team", message.owner.to_string()),
        ("X-Remit-Severity", message.severity.to_string()),
        ("X-Remit-Tenant", message.tenant.to_string()),
        ("X-Remit-Topic", message.topic.to_owned()),
    ]
}
