//! The one thread that writes: many commits, one sync.
//!
//! Whoever wants something written leaves it in a [`queue`] with a way to answer.
//! The writer takes what is there, decides each against what is visible and
//! what came before it in the same piece, writes the whole piece at once,
//! waits for the disk, makes it visible, and answers all. The slower the disk,
//! the larger the pieces.
//!
//! # Invariants
//!
//! - Nobody is answered before the disk has what they asked for, and nobody
//!   sees it before.
//! - A piece that was not written leaves no trace.
//! - When space runs out, measurements are refused first, then everything that
//!   does not free space. sled itself never sees a full disk: it would not recover.

mod join;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use remit_collector_domain::{
    alert::Alert,
    endpoint::{Endpoint, Frame},
    source::Source,
};
use remit_shared::EndpointId;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{
    adapters::{
        sled::{
            BACKEND,
            history::{Tail, joined::Loose},
            keys::{Key, Meta, Part},
            log::{Log, LogError, LogReader, Writes},
            queue::{Inbox, PIECE, Request, Rewrite, Work},
            record::{Brief, encode, encode_whole, pulse},
            space::{Space, attempt, space, wanted},
            state::{RECENT, Shared, State},
        },
        tables::{Change, Operation, Overlay},
    },
    ports::store::{AnyRecord, StoreError},
};

/// What ended the writer's work, once something has. Clones speak of the same
/// writer.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure {
    error: Arc<OnceLock<Arc<LogError>>>,
    ended: CancellationToken,
}

impl Failure {
    /// What it was.
    pub(super) fn get(&self) -> Option<&Arc<LogError>> {
        self.error.get()
    }

    /// Waits until the writer has ended, with a failure or without.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    fn set(&self, error: LogError) -> &Arc<LogError> {
        let error = self.error.get_or_init(|| Arc::new(error));
        self.ended.cancel();
        error
    }
}

/// Owns the log.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) log: Log,
    pub(super) folder: PathBuf,
    pub(super) reserve_bytes: u64,
    pub(super) shared: Arc<Shared>,
    pub(super) failure: Failure,
}

/// One piece of work, decided and not yet written.
#[derive(Default)]
struct Piece {
    overlay: Overlay,
    tails: HashMap<EndpointId, Tail>,
    /// How many frames of history it has.
    frames: usize,
    /// Who sealed a piece of history that begins when.
    sealed: Vec<(EndpointId, i64)>,
    /// Whose pieces were joined or looked for, and which are left.
    joined: Vec<(EndpointId, Option<Loose>)>,
    erased: Vec<Key>,
    rewrites: Vec<Rewrite>,
    writes: Writes,
    /// The alert that the newest entry of the feed tells of.
    brief: Option<Brief>,
    waiting: Vec<(oneshot::Sender<Result<u64, StoreError>>, u64)>,
}

impl Writer {
    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, mut inbox: Inbox) {
        // Also if this thread panics.
        let _ended = self.failure.ended.clone().drop_guard();
        let mut requests = Vec::with_capacity(PIECE);
        while inbox.next_piece(&mut requests) {
            self.perform(requests.drain(..));
        }
    }

    /// Puts what an earlier version left owed to the feed and to the audit
    /// trail where it belongs. If that fails, so will the next write.
    pub(super) fn publish_leftovers(&mut self) {
        let leftovers = self.shared.read().tables.unpublished();
        if !leftovers.is_empty() {
            let (reply, _) = oneshot::channel();
            let work = Work::Store(Operation::Publish(leftovers));
            self.perform([Request { work, reply }].into_iter());
        }
    }

    fn perform(&mut self, requests: impl Iterator<Item = Request>) {
        let mut piece = Piece::default();
        let space = space(&self.folder, self.reserve_bytes);
        {
            let shared = Arc::clone(&self.shared);
            let state = shared.read();
            for Request { work, reply } in requests {
                match self.decide(&state, &mut piece, work, space) {
                    Ok(revision) => piece.waiting.push((reply, revision)),
                    // Whoever went away does not want to know.
                    Err(refused) => drop(reply.send(Err(refused))),
                }
            }
            piece.encode(&state);
            if space == Space::Plenty {
                piece.join(&state, &self.log.reader());
            }
        }
        let rewritten: Vec<Key> = piece.rewrites.iter().map(|it| it.key.clone()).collect();
        for Rewrite { key, value, further } in std::mem::take(&mut piece.rewrites) {
            self.log.note_pieces(key.clone(), further);
            piece.writes.insert(key, value);
        }
        let Piece { overlay, tails, sealed, joined, erased, writes, waiting, .. } = piece;
        if !writes.is_empty() {
            let written = self.log.write(writes);
            // Where room is short, sled has at once what the journal has: later there
            // may be none.
            let written = written.and_then(|()| match space {
                Space::Plenty => Ok(()),
                Space::Tight | Space::Last | Space::None => self.log.settle(),
            });
            if let Err(error) = written {
                let error = self.failure.set(error);
                for (reply, _) in waiting {
                    drop(reply.send(Err(unavailable(error))));
                }
                return;
            }
            // Whoever rewrites them again looks for their pieces again.
            rewritten.into_iter().for_each(|it| self.log.note_pieces(it, 0));
            let mut state = self.shared.write();
            overlay.changes.into_iter().for_each(|it| state.tables.apply(it));
            state.tails.extend(tails);
            state.loose.extend(joined);
            for (id, start) in sealed {
                if let Some(loose) = state.loose.get_mut(&id) {
                    *loose = Some(Loose::with(*loose, start));
                }
            }
            for key in erased {
                if let Key::Feed(cursor) = key {
                    state.tables.feed.forget_through(cursor);
                }
            }
            state.tables.feed.trim(RECENT);
            state.tables.audit.trim(RECENT);
        }
        for (reply, revision) in waiting {
            drop(reply.send(Ok(revision)));
        }
    }

    fn decide(
        &self,
        state: &State,
        piece: &mut Piece,
        work: Work,
        space: Space,
    ) -> Result<u64, StoreError> {
        if let Some(error) = self.failure.get() {
            return Err(unavailable(error));
        }
        if space < wanted(&work) {
            return Err(StoreError::Full { backend: BACKEND, attempt: attempt(&work) });
        }
        match work {
            Work::Store(operation) => state.tables.stage(&mut piece.overlay, operation),
            Work::Erase(keys) => {
                piece.erased.extend(keys);
                Ok(0)
            }
            Work::Rewrite(rewrites) => {
                piece.rewrites.extend(rewrites);
                Ok(0)
            }
            Work::Refile(keys) => {
                piece.refile(&self.log.reader(), keys).map_err(|it| unavailable(&Arc::new(it)))?;
                Ok(0)
            }
        }
    }
}

impl Piece {
    /// Writes values as they are, unless they have gone since somebody looked.
    fn refile(&mut self, reader: &LogReader, keys: Vec<Key>) -> Result<(), LogError> {
        for key in keys {
            if let Some((value, further)) = reader.find(&key)? {
                self.rewrites.push(Rewrite { key, value: Some(value), further });
            }
        }
        Ok(())
    }

    /// Finds out what must be written.
    fn encode(&mut self, state: &State) {
        let changes = std::mem::take(&mut self.overlay.changes);
        for (place, change) in changes.iter().enumerate() {
            self.encode_change(state, change, &changes[place + 1..]);
        }
        self.encode_trail(state, &changes);
        if let Some(Change::Feed(cursor, _)) =
            changes.iter().rev().find(|it| matches!(it, Change::Feed(..)))
        {
            self.put(Key::Meta(Meta::Feed), encode(cursor));
        }
        self.overlay.changes = changes;
        self.writes.extend(self.erased.iter().map(|it| (it.clone(), None)));
    }

    /// `further` are those that come behind it.
    fn encode_change(&mut self, state: &State, change: &Change, further: &[Change]) {
        match change {
            Change::Put { record: AnyRecord::Endpoint(next), revision, before, frames, .. } => {
                let before = match before {
                    Some(AnyRecord::Endpoint(before)) => Some(&**before),
                    _ => None,
                };
                self.encode_parts(next, before);
                self.keep_history(state, next.id(), *revision, frames);
                self.encode_pulse(state, next, *revision);
            }
            Change::Put { key, record: AnyRecord::Alert(alert), revision, .. } => {
                let value = self.encode_alert(alert, *revision, further);
                self.writes.extend(Key::whole(key).map(|it| (it, value)));
            }
            Change::Put { key, record, revision, before, .. } => {
                if let AnyRecord::Source(next) = record {
                    let before = match before {
                        Some(AnyRecord::Source(before)) => Some(&**before),
                        _ => None,
                    };
                    self.encode_active(next, before);
                }
                let value = encode_whole(record, *revision);
                self.writes.extend(Key::whole(key).map(|it| (it, value)));
            }
            Change::Owe(order, owed) => self.put(Key::Owed(*order), encode(owed)),
            Change::Settle(order) => drop(self.writes.insert(Key::Owed(*order), None)),
            Change::Feed(cursor, event) => {
                let value = self.brief(&event.alert).event(event);
                self.put(Key::Feed(*cursor), value);
            }
            // All entries of the piece end in one head, which comes last.
            Change::Audit(_) => {}
            Change::ForgetAudit(before, begin) => {
                let gone = before + 1..=begin.whole.seq;
                self.writes.extend(gone.map(|it| (Key::Audit(it), None)));
                self.put(Key::Meta(Meta::AuditBegin), encode(begin));
            }
            Change::Forget(key) => self.writes.extend(Key::whole(key).map(|it| (it, None))),
            Change::ForgetHistory(time) => self.put(Key::Meta(Meta::History), encode(time)),
            Change::Listened(listened) => self.put(Key::Meta(Meta::Listened), encode(listened)),
        }
    }

    /// An alert, whose news come behind it and say most of it, too.
    fn encode_alert(
        &mut self,
        alert: &Arc<Alert>,
        revision: u64,
        further: &[Change],
    ) -> Option<Vec<u8>> {
        let its = further.iter().take_while(|it| !matches!(it, Change::Put { .. }));
        let news = its.filter_map(|it| if let Change::Feed(_, it) = it { Some(it) } else { None });
        let whole = news.take(1).find_map(|it| self.brief(&it.alert).whole(alert, revision));
        whole.or_else(|| encode_whole(&AnyRecord::Alert(Arc::clone(alert)), revision))
    }

    /// New entries of the audit trail, and where it ends with them.
    fn encode_trail(&mut self, state: &State, changes: &[Change]) {
        let sealed = changes
            .iter()
            .filter_map(|it| if let Change::Audit(it) = it { Some(it) } else { None });
        for (position, it) in (state.tables.audit_end.whole.seq + 1..).zip(sealed) {
            self.put(Key::Audit(position), encode(&**it));
        }
        if let Some(end) = self.overlay.audit_end() {
            let end = encode(end);
            self.put(Key::Meta(Meta::Audit), end);
        }
    }

    /// Parts are shared and replaced, never changed: the same part is equal.
    fn encode_parts(&mut self, next: &Endpoint, before: Option<&Endpoint>) {
        let id = next.id();
        if before.is_none_or(|it| !Arc::ptr_eq(&it.registration, &next.registration)) {
            self.put(Key::Part(id, Part::Registration), encode(&*next.registration));
        }
        if before.is_none_or(|it| !Arc::ptr_eq(&it.layout, &next.layout)) {
            self.put(Key::Part(id, Part::Layout), encode(&*next.layout));
        }
        if before.is_none_or(|it| !Arc::ptr_eq(&it.facts, &next.facts)) {
            self.put(Key::Part(id, Part::Facts), encode(&*next.facts));
        }
        if before.is_none_or(|it| !Arc::ptr_eq(&it.checks, &next.checks)) {
            self.put(Key::Part(id, Part::Checks), encode(&*next.checks));
        }
    }

    /// The matters of a source that it had not before, and none of which it has
    /// lost.
    fn encode_active(&mut self, next: &Source, before: Option<&Source>) {
        let none = BTreeMap::new();
        let before = before.map_or(&none, |it| &it.active);
        for (fingerprint, it) in &next.active {
            if before.get(fingerprint).is_none_or(|before| !Arc::ptr_eq(before, it)) {
                self.put(Key::Active(next.id, *fingerprint), encode(&**it));
            }
        }
        for fingerprint in before.keys().filter(|it| !next.active.contains_key(it)) {
            self.writes.insert(Key::Active(next.id, *fingerprint), None);
        }
    }

    /// The text of an alert in brief, which several entries may tell of.
    fn brief(&mut self, alert: &Arc<Alert>) -> &Brief {
        let known = self.brief.take().filter(|it| it.is_of(alert));
        self.brief.insert(known.unwrap_or_else(|| Brief::new(alert)))
    }

    fn keep_history(&mut self, state: &State, id: EndpointId, revision: u64, frames: &[Frame]) {
        self.frames += frames.len();
        for frame in frames {
            let tail = self.tails.remove(&id).or_else(|| state.tails.get(&id).cloned());
            let (tail, sealed) = Tail::push(tail, frame);
            self.tails.insert(id, tail);
            if let Some(sealed) = sealed {
                self.sealed.push((id, sealed.start));
                let key = Key::History { endpoint: id, start: sealed.start, revision };
                self.put(key, sealed.bytes);
            }
        }
    }

    fn encode_pulse(&mut self, state: &State, endpoint: &Endpoint, revision: u64) {
        let id = endpoint.id();
        let tail = self.tails.get(&id).or_else(|| state.tails.get(&id));
        let value = pulse::encode(revision, &endpoint.pulse, tail.map_or(&[], Tail::as_bytes));
        self.put(Key::Pulse(id), value);
    }

    fn put(&mut self, key: Key, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }
}

/// What to say after the log has failed: whether it was written is not known.
pub(super) fn unavailable(error: &Arc<LogError>) -> StoreError {
    let source = Box::new(Arc::clone(error));
    StoreError::Unavailable { backend: BACKEND, attempt: "write to the disk", source }
}
