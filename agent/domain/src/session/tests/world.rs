//! An agent, a collector and a link between them, all of the simplest kind.

mod collector;

use std::collections::{BTreeMap, VecDeque};

use self::collector::{Collector, Up};
use super::*;
use crate::spool::{Block, Evicted, FULL, Lane, Ledger, Limits, may_be_sent};

/// What a disk keeps, whatever happens to the agent.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) epoch: u64,
    token: Vec<u8>,
    ledger: Ledger,
    /// What `ledger.places` said when the token or the epoch was written last.
    kept: [(u64, u64, u64); 2],
    had_session: bool,
    known: Marks,
    records: BTreeMap<(Stream, u64), u64>,
}

const LIMITS: Limits = Limits { max_bytes: 240, max_age: SignedDuration::from_hours(9999) };
const RECORD: u64 = 10;

impl Disk {
    fn blank() -> Self {
        let ledger = Ledger::new(LIMITS, Lane::default(), Lane::default());
        let kept = [(0, 0, 1); 2];
        let (had_session, known) = (false, Marks::default());
        let (token, records) = (vec![], BTreeMap::new());
        Self { epoch: 1, token, ledger, kept, had_session, known, records }
    }

    fn note(&mut self) {
        self.kept = [Stream::Events, Stream::Metrics].map(|it| self.ledger.places(it));
    }

    /// Places are durable before what tells them is deleted.
    fn delete(&mut self, evicted: Vec<Evicted>) {
        let old = self.kept;
        self.note();
        if evicted.is_empty() {
            self.kept = old;
        }
        self.remove(evicted);
    }

    /// The same, where nobody acknowledged anything.
    fn drop(&mut self, evicted: Vec<Evicted>) {
        for stream in evicted.iter().map(|it| it.stream) {
            let next = self.ledger.places(stream).2;
            match stream {
                Stream::Events => self.kept[0].2 = next,
                Stream::Metrics => self.kept[1].2 = next,
            }
        }
        self.remove(evicted);
    }

    /// Forgets what only memory knew.
    fn rebuild(&mut self) {
        let lane = |stream, (base, acked, next)| {
            let blocks = self.records.keys().filter(|it| it.0 == stream).map(|(_, place)| Block {
                first: *place,
                last: *place,
                bytes: RECORD,
                newest: at(0),
                packed: false,
            });
            Lane::restore(base, acked, next, blocks.collect())
        };
        let [events, metrics] = self.kept;
        let (events, metrics) = (lane(Stream::Events, events), lane(Stream::Metrics, metrics));
        self.ledger = Ledger::new(LIMITS, events, metrics);
    }

    fn reopen(&mut self) {
        self.rebuild();
        let last = self.ledger.last();
        self.known = may_be_sent(std::mem::take(&mut self.had_session), self.known, last);
    }

    fn remove(&mut self, evicted: Vec<Evicted>) {
        for it in evicted {
            self.records.remove(&(it.stream, it.first));
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Op(u8, u8);

impl Op {
    pub(super) const BREAK: u8 = 4;
    pub(super) const KILL: u8 = 5;
    pub(super) const DAMAGE: u8 = 6;
    pub(super) const RESET: u8 = 7;
    pub(super) const RESTORE: u8 = 8;

    pub(super) fn any(faults: &[u8]) -> impl Strategy<Value = Self> + use<> {
        let fault = proptest::sample::select(faults.to_vec());
        let kind = prop_oneof![6 => 0_u8..4, 1 => fault];
        (kind, 0_u8..12).prop_map(|(kind, count)| Self(kind, count))
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) collector: Collector,
    snapshot: Disk,
    session: Session,
    up: VecDeque<Up>,
    down: VecDeque<Event>,
    now: Timestamp,
    produced: u64,
    /// The contents that a place ever had, by what the current disk remembers.
    history: BTreeMap<(Stream, u64), Vec<u64>>,
    durable: Vec<(Stream, u64)>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            disk: Disk::blank(),
            collector: Collector::default(),
            snapshot: Disk::blank(),
            session: begin(Marks::default(), at(0)),
            up: VecDeque::new(),
            down: VecDeque::new(),
            now: at(0),
            produced: 0,
            history: BTreeMap::new(),
            durable: Vec::new(),
        }
    }
}

impl World {
    pub(super) fn play(ops: &[Op]) -> Self {
        let mut world = Self::default();
        for Op(kind, count) in ops {
            let count = u64::from(*count);
            match *kind {
                0 => world.produce(Stream::Events, count / 3),
                1 => world.produce(Stream::Metrics, count / 2),
                2 => world.carry(count),
                3 => world.wait(SignedDuration::from_secs(i64::from(u32::from(ops[0].1) * 3 + 1))),
                Op::BREAK => world.break_link(),
                Op::KILL => world.kill(),
                Op::DAMAGE => world.damage(count),
                Op::RESET => world.collector.resets = true,
                Op::RESTORE => world.restore(count),
                other => unreachable!("{other}"),
            }
            world.pump();
        }
        world.settle();
        // A hole at the very end is declared by what comes after it.
        world.produce(Stream::Events, 1);
        world.produce(Stream::Metrics, 1);
        world.settle();
        world
    }

    pub(super) fn produce(&mut self, stream: Stream, count: u64) {
        for _ in 0..count {
            let room = self.disk.ledger.make_room(stream, RECORD);
            self.disk.drop(room.evicted);
            if !room.granted {
                self.disk.ledger.lose(stream, 1, FULL);
                continue;
            }
            self.produced += 1;
            let place = self.disk.ledger.next(stream);
            self.disk.ledger.append(stream, RECORD, self.now);
            self.disk.ledger.seal(stream);
            self.disk.records.insert((stream, place), self.produced);
            self.history.entry((stream, place)).or_default().push(self.produced);
            self.durable.push((stream, self.produced));
        }
    }

    pub(super) fn break_link(&mut self) {
        self.up.clear();
        self.down.clear();
        self.tell(Event::Lost(Loss::Network));
    }

    pub(super) fn kill(&mut self) {
        self.disk.reopen();
        self.up.clear();
        self.down.clear();
        self.session = begin(self.disk.known, self.now);
    }

    fn damage(&mut self, which: u64) {
        let victim = self.disk.records.keys().nth(which as usize).copied();
        // The newest place of a stream is what later places are counted from.
        let last = |stream| self.disk.records.range((stream, 0)..=(stream, u64::MAX)).next_back();
        if let Some(key) = victim.filter(|key| last(key.0).is_some_and(|it| it.0 != key)) {
            self.disk.records.remove(&key);
        }
    }

    /// Takes a snapshot, or goes back to the one that was taken last.
    fn restore(&mut self, count: u64) {
        if count.is_multiple_of(2) {
            self.snapshot = self.disk.clone();
            self.snapshot.rebuild();
        } else {
            // What was written since is gone by somebody's will, not by ours.
            let kept = self.snapshot.clone();
            let still = |key: &(Stream, u64)| {
                kept.records.contains_key(key) || key.1 < kept.ledger.next(key.0)
            };
            let gone: Vec<_> = self.history.iter().filter(|it| !still(it.0)).collect();
            let gone: Vec<u64> = gone.into_iter().flat_map(|it| it.1.clone()).collect();
            self.durable.retain(|it| !gone.contains(&it.1));
            self.disk = kept;
            self.kill();
        }
    }

    fn wait(&mut self, length: SignedDuration) {
        self.now += length;
    }

    /// Lets the link carry so many messages each way.
    fn carry(&mut self, count: u64) {
        for _ in 0..count {
            if let Some(message) = self.up.pop_front() {
                self.down.extend(self.collector.receive(message));
            }
            if let Some(event) = self.down.pop_front() {
                self.tell(event);
            }
        }
    }

    /// The shell: performs effects, and sends while there is room.
    fn pump(&mut self) {
        if deadline(&self.session).is_some_and(|due| due <= self.now) {
            self.tell(Event::Tick);
        }
        let number = self.disk.ledger.last().metrics;
        if ahead(&POLICY, &self.session, self.disk.ledger.last()).is_some() {
            self.up.push_back(Up::Preview { number });
            self.tell(Event::Previewed(number));
        }
        while let Some(cursor) = room(&POLICY, &self.session) {
            let Some((message, stream, number)) = self.next(cursor) else { break };
            self.up.push_back(message);
            self.tell(Event::Sent { stream, number, bytes: RECORD });
        }
    }

    fn next(&self, cursor: Marks) -> Option<(Up, Stream, u64)> {
        for stream in [Stream::Events, Stream::Metrics] {
            let ledger = &self.disk.ledger;
            let Some(wanted) = ledger.after(stream, cursor.of(stream)) else { continue };
            let mut range = self.disk.records.range((stream, wanted)..=(stream, u64::MAX));
            let Some((&(_, found), &content)) = range.next() else { continue };
            if let Some(gap) = ledger.gap(stream, wanted, found) {
                let range = self.history.range((stream, wanted)..(stream, found));
                let contents = range.flat_map(|it| it.1.clone()).collect();
                let (from, through) = (gap.from, gap.through);
                return Some((Up::Gap { stream, from, through, contents }, stream, through));
            }
            let number = ledger.number(stream, found);
            return Some((Up::Record { stream, number, content }, stream, number));
        }
        None
    }

    fn tell(&mut self, event: Event) {
        let session = self.session.clone();
        let (session, effects) = step(&POLICY, session, event, self.now, u64::MAX / 2);
        self.session = session;
        for effect in effects {
            match effect {
                Effect::Open => {
                    let (epoch, token) = (self.disk.epoch, self.disk.token.clone());
                    let last = self.disk.ledger.last();
                    self.up.push_back(Up::Hello { epoch, token, last });
                }
                Effect::Keep { resume_token, through } => {
                    (self.disk.token, self.disk.had_session) = (resume_token, true);
                    let evicted = self.disk.ledger.resume(through);
                    self.disk.note();
                    self.disk.delete(evicted);
                    self.tell(Event::Kept);
                }
                Effect::Renumber { applied } => {
                    let evicted = self.disk.ledger.renumber(applied);
                    // As random as it needs to be: never used before.
                    self.disk.epoch = self.collector.epoch + 1;
                    (self.disk.had_session, self.disk.known) = (false, Marks::default());
                    self.disk.note();
                    self.disk.delete(evicted);
                    self.tell(Event::Renumbered);
                }
                Effect::Forget(through) => {
                    let spare = self.disk.ledger.spare();
                    let evicted = self.disk.ledger.acknowledge(through);
                    if self.disk.ledger.spare() != spare {
                        self.disk.note();
                    }
                    self.disk.delete(evicted);
                }
                Effect::Close => (self.up, self.down) = Default::default(),
                Effect::Beat | Effect::SayGoodbye(_) => {}
            }
        }
    }

    /// Lets everything arrive.
    pub(super) fn settle(&mut self) {
        self.collector.resets = false;
        for _ in 0..2_000 {
            self.pump();
            self.carry(4);
            self.wait(SignedDuration::from_secs(1));
        }
    }

    pub(super) fn check_conservation(&self) {
        for key in &self.durable {
            let applied = self.collector.applied.contains_key(key);
            assert!(applied || self.collector.declared.contains_key(key), "lost: {key:?}");
        }
        assert_eq!(self.disk.ledger.queued(), 0, "all is sent");
    }

    pub(super) fn check_once(&self) {
        assert!(self.collector.applied.values().all(|it| *it == 1), "applied twice");
    }
}
