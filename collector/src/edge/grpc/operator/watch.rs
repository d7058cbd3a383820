//! The live alert stream: from any cursor on, nothing left out, nothing twice.
//!
//! The cursor is the feed's own number. A watcher that was away asks for what
//! came after the last cursor it saw; the stream first reads the feed up to
//! its end and then waits for news, always by reading the feed, so that there
//! is one way in which an event can reach a watcher.

use std::{pin::Pin, sync::Arc, time::Duration};

use remit_collector_domain::{
    authority::{Action, Scope},
    effect::FeedEvent,
    operator::Operator,
};
use remit_proto::v1;
use remit_shared::{Clock, ErrorKind, Team, Tenant};
use tokio::{
    sync::{mpsc, watch},
    time,
};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::{Plane, find::named_tenant};
use crate::{
    edge::grpc::{
        caller, show,
        status::{ToStatus as _, answer},
    },
    engine::Engine,
    ports::store::Store,
};

/// A stream of alert events.
pub(super) type Watching =
    Pin<Box<dyn Stream<Item = Result<v1::WatchAlertsResponse, Status>> + Send>>;

/// Events that wait for a slow watcher; past that the feed itself waits.
const AHEAD: usize = 64;

/// So many events are read from the feed at once.
const PAGE: usize = 200;

/// While nothing happens, a watcher's trust is looked at this often.
const TRUST: Duration = Duration::from_secs(2);

struct Watcher<S, D, C> {
    engine: Arc<Engine<S, D, C>>,
    operator: Arc<Operator>,
    tenant: Option<Tenant>,
    team: Option<Team>,
    cursor: u64,
    news: watch::Receiver<u64>,
    out: mpsc::Sender<Result<v1::WatchAlertsResponse, Status>>,
}

impl<S: Store, C: Clock> Plane<S, C> {
    pub(super) async fn watch(
        &self,
        operator: Arc<Operator>,
        asked: v1::WatchAlertsRequest,
    ) -> Result<Watching, Status> {
        let tenant = named_tenant(&asked.tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(&operator, Action::See, &Scope::tenant(tenant)).await?;
        }
        let team = match asked.team.as_str() {
            "" => None,
            named => {
                Some(Team::new(named).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?)
            }
        };
        let end = self.store().feed_end().await.map_err(|it| it.to_status())?;
        let cursor = match asked.cursor.as_str() {
            "" => end,
            text => text.parse().ok().filter(|it| *it <= end).ok_or_else(|| {
                let words = format!("cursor `{text}` is not one that this collector gave out");
                answer(ErrorKind::Invalid, words)
            })?,
        };
        let (out, stream) = mpsc::channel(AHEAD);
        let watcher = Watcher {
            engine: Arc::clone(&self.engine),
            operator,
            tenant,
            team,
            cursor,
            news: self.news.clone(),
            out,
        };
        self.tasks.spawn("alert watcher", watcher.run(self.stop.clone()));
        Ok(Box::pin(ReceiverStream::new(stream)))
    }
}

impl<S: Store, D: Send + Sync + 'static, C: Clock> Watcher<S, D, C> {
    async fn run(mut self, stop: CancellationToken) {
        let out = self.out.clone();
        let gone = out.closed();
        let served = tokio::select! {
            () = gone => return,
            () = stop.cancelled() => {
                Err(answer(ErrorKind::Unavailable, "the collector is stopping"))
            }
            served = self.serve() => served,
        };
        if let Err(status) = served {
            let _ = out.try_send(Err(status));
        }
    }

    async fn serve(&mut self) -> Result<(), Status> {
        self.tell(None).await;
        loop {
            self.news.mark_unchanged();
            loop {
                let page = self.engine.store.feed(self.cursor, PAGE).await;
                let page = page.map_err(|it| it.to_status())?;
                if page.is_empty() {
                    break;
                }
                // Somebody may have ended the watcher's own trust meanwhile.
                self.look_at_trust().await?;
                for (cursor, event) in page {
                    self.cursor = cursor;
                    if self.wants(&event) {
                        self.tell(Some(event)).await;
                    }
                }
            }
            match time::timeout(TRUST, self.news.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => {
                    return Err(answer(ErrorKind::Unavailable, "the collector is stopping"));
                }
                Err(_elapsed) => {
                    self.look_at_trust().await?;
                }
            }
        }
    }

    async fn look_at_trust(&self) -> Result<(), Status> {
        let Engine { store, clock, .. } = &*self.engine;
        caller::still_trusted(&**store, &**clock, &self.operator).await
    }

    fn wants(&self, event: &FeedEvent) -> bool {
        let about = &event.alert.about;
        self.operator.sees(&about.tenant)
            && self.tenant.as_ref().is_none_or(|it| *it == about.tenant)
            && self.team.as_ref().is_none_or(|it| event.alert.concerns(it))
    }

    async fn tell(&self, event: Option<FeedEvent>) {
        let response = v1::WatchAlertsResponse {
            cursor: self.cursor.to_string(),
            alert: event.as_ref().map(|it| show::alert::alert(&it.alert, 0, false)),
            event: event.as_ref().map(|it| show::alert::event(&it.entry)),
        };
        // A watcher that has left is noticed by `run`.
        let _ = self.out.send(Ok(response)).await;
    }
}
