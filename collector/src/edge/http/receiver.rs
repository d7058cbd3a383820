//! Where other systems post their alerts: a Prometheus, as if this were its
//! Alertmanager, and anything else that can post JSON.
//!
//! | | |
//! |---|---|
//! | `POST /api/v2/alerts` | alerts, as Prometheus and `amtool` post them |
//! | `GET /api/v2/alerts` | what the source has active |
//! | `GET /api/v2/status`, `/api/v2/silences` | what `amtool` asks for |
//! | `POST /api/v1/events/{source}` | JSON that the source's mapping explains |
//!
//! # Invariants
//!
//! - 200 is answered once everything is durable. 400 says which of the posted
//!   alerts were not taken, and why; the others are durable all the same, since
//!   a neighbour's bad label must not keep a page from anybody.
//! - Nobody is heard without a token, and nobody for longer than their share:
//!   every body, count and rate has a limit.

mod alertmanager;
mod limit;
mod serve;
#[cfg(test)]
mod tests;

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use remit_collector_domain::source::{Source, SourceKind, Told, Unfit};
use remit_shared::{Chain, Clock};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time;
use tracing::{debug, warn};

use self::limit::Limit;
pub use self::serve::serve;
use crate::{
    ports::store::{Store, StoreError},
    sources::{Mapping, SourceError, Sources},
    telemetry,
};

/// The largest body.
const LARGEST: usize = 1 << 20;
/// The most alerts or events of one body.
const MOST: usize = 1_000;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of what was refused is told.
const TOLD: usize = 20;

/// Everything that a request needs.
struct Desk<S, C> {
    sources: Arc<Sources<S, C>>,
    limit: Limit,
}

/// The routes.
pub fn router<S: Store, C: Clock>(sources: Arc<Sources<S, C>>) -> Router {
    let desk = Arc::new(Desk { sources, limit: Limit::default() });
    Router::new()
        .route("/api/v2/alerts", post(post_alerts).get(get_alerts))
        .route("/api/v2/status", get(get_status))
        .route("/api/v2/silences", get(get_silences))
        .route("/api/v1/events/{source}", post(post_events))
        .with_state(desk)
}

type Shared<S, C> = State<Arc<Desk<S, C>>>;

/// Why a request is not answered with 200.
enum Refusal {
    Unauthenticated,
    Forbidden(String),
    Patience,
    TooLarge(String),
    Invalid(String),
    TooFast(Duration),
    Later(StoreError),
}

async fn post_alerts<S: Store, C: Clock>(
    State(desk): Shared<S, C>,
    request: Request,
) -> Result<Response, Refusal> {
    let (source, body) = desk.admit(request, SourceKind::Alertmanager).await?;
    let posted: Vec<Value> = read(&body)?;
    let now = desk.sources.clock.now();
    let told = posted.into_iter().map(|it| alertmanager::read(it, now)).collect();
    desk.take(&source, told).await
}

async fn post_events<S: Store, C: Clock>(
    State(desk): Shared<S, C>,
    Path(named): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (source, body) = desk.admit(request, SourceKind::Events).await?;
    if named != source.name.as_str() && named != source.id.to_string() {
        return Err(Refusal::Forbidden(format!("the token is that of source `{}`", source.name)));
    }
    let body: Value = read(&body)?;
    let mapping = Mapping::parse(&source.mapping)
        .map_err(|err| Refusal::Invalid(format!("the source's mapping: {}", Chain(&err))))?;
    let events = mapping.events(&body).map_err(|err| Refusal::Invalid(err.to_string()))?;
    let now = desk.sources.clock.now();
    let told = events.into_iter().map(|it| mapping.read(it, now)).collect();
    desk.take(&source, told).await
}

async fn get_alerts<S: Store, C: Clock>(
    State(desk): Shared<S, C>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let source = desk.caller(&headers).await?;
    Ok(answer(StatusCode::OK, &alertmanager::show(&source)))
}

async fn get_status<S: Store, C: Clock>(
    State(desk): Shared<S, C>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let source = desk.caller(&headers).await?;
    Ok(answer(StatusCode::OK, &alertmanager::status(&source)))
}

/// Silences are not made here: what is to be quiet is agreed on in Remit.
async fn get_silences<S: Store, C: Clock>(
    State(desk): Shared<S, C>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    desk.caller(&headers).await?;
    Ok(answer(StatusCode::OK, &json!([])))
}

impl<S: Store, C: Clock> Desk<S, C> {
    async fn caller(&self, headers: &HeaderMap) -> Result<Arc<Source>, Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let token = given.and_then(|it| it.split_once(' '));
        let token = token.filter(|it| it.0.eq_ignore_ascii_case("bearer"));
        let token = token.ok_or(Refusal::Unauthenticated)?.1;
        let source = self.sources.authenticate(token).await.map_err(Refusal::Later)?;
        let source = source.ok_or(Refusal::Unauthenticated)?;
        self.limit.admit(source.id, self.sources.clock.now()).map_err(Refusal::TooFast)?;
        Ok(source)
    }

    /// Whose request it is, and its body. Nothing is read of a stranger's.
    async fn admit(
        &self,
        request: Request,
        kind: SourceKind,
    ) -> Result<(Arc<Source>, Bytes), Refusal> {
        let (head, body) = request.into_parts();
        let source = self.caller(&head.headers).await?;
        if source.kind != kind {
            let words = format!("source `{}` is of the kind {}", source.name, source.kind);
            return Err(Refusal::Forbidden(words));
        }
        Ok((source, whole(body).await?))
    }

    async fn take(
        &self,
        source: &Source,
        told: Vec<Result<Told, Unfit>>,
    ) -> Result<Response, Refusal> {
        if told.len() > MOST {
            let words = format!("{} alerts in one post; at most {MOST} are taken", told.len());
            return Err(Refusal::TooLarge(words));
        }
        let count = told.len();
        let refused = match self.sources.take(source.id, told).await {
            Ok(refused) => refused,
            Err(SourceError::Store(err)) => return Err(Refusal::Later(err)),
            // Revoked since the token was looked at.
            Err(_) => return Err(Refusal::Unauthenticated),
        };
        telemetry::told(count - refused.len(), refused.len());
        if refused.is_empty() {
            return Ok(answer(StatusCode::OK, &json!({})));
        }
        let mut words = format!("{} of {count} were not taken:", refused.len());
        for (place, unfit) in refused.iter().take(TOLD) {
            let _ = write!(words, " [{place}] {unfit};");
        }
        debug!(source = %source.id, "{words}");
        Err(Refusal::Invalid(words.trim_end_matches(';').to_owned()))
    }
}

async fn whole(body: Body) -> Result<Bytes, Refusal> {
    match time::timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Err(_elapsed) => Err(Refusal::Patience),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(err)) if is_too_long(&err) => {
            Err(Refusal::TooLarge(format!("a body has at most {LARGEST} bytes")))
        }
        Ok(Err(_)) => Err(Refusal::Invalid("the body is cut short".into())),
    }
}

fn is_too_long(err: &axum::Error) -> bool {
    let source = std::error::Error::source(err);
    source.is_some_and(|it| it.is::<http_body_util::LengthLimitError>())
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|err| Refusal::Invalid(format!("the body is not the JSON expected: {err}")))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).expect("answers have nothing that JSON cannot say");
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Patience => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooFast(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Later(err) => {
                warn!(error = %Chain(err), "failed to keep what a source told");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        // A JSON string, as Alertmanager answers.
        let mut response = answer(status, &Value::String(self.to_string()));
        let (name, value) = match &self {
            Self::Unauthenticated => (header::WWW_AUTHENTICATE, "Bearer".to_owned()),
            Self::TooFast(wait) => (header::RETRY_AFTER, wait.as_secs().max(1).to_string()),
            Self::Later(_) => (header::RETRY_AFTER, "5".to_owned()),
            Self::Forbidden(_) | Self::Patience | Self::TooLarge(_) | Self::Invalid(_) => {
                return response;
            }
        };
        let value = value.parse().expect("words and numbers are header values");
        response.headers_mut().insert(name, value);
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthenticated => f.write_str("the token is missing or not known here"),
            Self::Patience => f.write_str("the body took too long"),
            Self::Forbidden(words) | Self::TooLarge(words) | Self::Invalid(words) => {
                f.write_str(words)
            }
            Self::TooFast(_) => f.write_str("more than the source's share of requests"),
            Self::Later(_) => f.write_str("nothing can be kept at present; try again"),
        }
    }
}
