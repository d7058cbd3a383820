//! Every released stored form, with its meaning.
//!
//! Each file in `testdata/records` is a list of stored values. A file is never
//! edited once it was released: a new form gets a new file. Until then,
//! `UPDATE_EXPECT=1` writes what the tests mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    fs,
    path::PathBuf,
};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_collector_domain::{
    alert::{
        Delivery, Disposed, Disposition, Entry, EntryKind, Notice, NoticeId, State, Told, Topic,
    },
    calendar::Segment,
    change::{MatrixPart, Risk, State as ChangeState, Subject, Touches},
    effect::{AuditEntry, Effect, EffectKey},
    endpoint::{Backfill, Endpoint, Presence, Pulse, ResumeTokens},
    flapping::link::Link,
    known_issue::{self, Tally},
    letter::Matter,
    operator::Role,
    rollup::{Rollup, Rollups},
    signal::{Origin, Say, Signal, Speaker},
    source::SourceKind,
    window::{self, Phase, Timing},
};
use remit_shared::{Departure, Schedule};
use serde_json::Value;

use super::*;
use crate::{
    adapters::sled::history::{Row, Tail, block, hours},
    ports::store::{Record, conformance::sample},
};

fn file(kind: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("testdata/records").join(kind).join("v1.json")
}

fn stored(kind: &str) -> Vec<Value> {
    let path = file(kind);
    let text = fs::read(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn refresh(kind: &str, forms: impl Iterator<Item = Value>) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let forms: Vec<Value> = forms.collect();
        fs::write(file(kind), serde_json::to_string_pretty(&forms).unwrap() + "\n").unwrap();
    }
}

fn check<T: Cold + PartialEq + Debug>(kind: &str, meaning: Vec<T>) {
    refresh(kind, meaning.iter().map(|it| serde_json::from_slice(&encode(it)).unwrap()));
    let stored = stored(kind);
    assert_eq!(stored.len(), meaning.len(), "each stored value has a meaning");
    for (stored, meaning) in stored.iter().zip(meaning) {
        let decoded: T = decode(stored.to_string().as_bytes()).unwrap();
        assert_eq!(decoded, meaning);
        let encoded: Value = serde_json::from_slice(&encode(&meaning)).unwrap();
        assert_eq!(encoded, *stored);
        let made = to_json(&T::Record::store(&meaning));
        assert_eq!(encode(&meaning), made, "written as it is, or made first");
    }
}

fn hex(kind: &str) -> Vec<Vec<u8>> {
    let byte = |it: &[u8]| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap();
    let bytes = |it: &Value| it.as_str().unwrap().as_bytes().chunks(2).map(byte).collect();
    stored(kind).iter().map(bytes).collect()
}

#[test]
fn alerts() {
    let mut busy = sample::alert(1, sample::endpoint_id(1), "/srv", 0);
    let Entry { at, generation, actor, detail, .. } = busy.timeline[0].clone();
    let kinds = [
        EntryKind::Created,
        EntryKind::Repeated,
        EntryKind::SeverityChanged,
        EntryKind::Routed,
        EntryKind::Rerouted,
        EntryKind::Notified,
        EntryKind::DeliveryFailed,
        EntryKind::NoRecipient,
        EntryKind::Acknowledged,
        EntryKind::AckExpired,
        EntryKind::Escalated,
        EntryKind::HandedOff,
        EntryKind::Resolved,
        EntryKind::Reopened,
        EntryKind::DispositionSet,
        EntryKind::NoteAdded,
        EntryKind::RouteRefused,
        EntryKind::Rescheduled,
        EntryKind::Blocked,
        EntryKind::Unblocked,
        EntryKind::Paused,
        EntryKind::Resumed,
        EntryKind::AtRisk,
        EntryKind::Breached,
        EntryKind::Suppressed,
        EntryKind::Unsuppressed,
        EntryKind::NoiseMarked,
    ];
    let entry = |kind| Entry { at, generation, kind, actor: actor.clone(), detail: detail.clone() };
    busy.timeline = kinds.map(entry).to_vec();
    let first = busy.notices[0].clone();
    let notice = |topic, delivery| Notice { topic, delivery, ..first.clone() };
    let error = || "connection refused".to_owned();
    busy.notices = vec![
        notice(Topic::Assigned, Delivery::Pending),
        notice(Topic::Informed, Delivery::Delivered { at, attempts: 1 }),
        notice(Topic::Escalated, Delivery::Failing { at, attempts: 2, error: error() }),
        notice(Topic::Worse, Delivery::Failed { at, attempts: 9, error: error() }),
        notice(Topic::HandOff, Delivery::Withdrawn { at, why: "it is over".into() }),
        notice(Topic::Flapping, Delivery::Pending),
        notice(Topic::AtRisk, Delivery::Pending),
        notice(Topic::Breached, Delivery::Pending),
        Notice { told: Told::Over, ..notice(Topic::Resolved, Delivery::Pending) },
    ];
    let mut quiet = busy.brief();
    quiet.state = State::Open;
    quiet.disposed = None;
    Arc::make_mut(&mut quiet.remit).until = None;
    let mut over = sample::resolved(&quiet, 30);
    let disposed = |what| busy.disposed.clone().map(|it| Disposed { what, ..it });
    over.disposed = disposed(Disposition::KnownIssue);
    let mut by_itself = quiet.clone();
    by_itself.state = State::Resolved { at, by: None };
    by_itself.disposed = disposed(Disposition::Resolved).map(|it| Disposed { by: None, ..it });
    let mut of_a_source = quiet.clone();
    let from = Speaker::Source(sample::source(1).id);
    of_a_source.origin = Origin { from, revision: 9, position: 0 };
    check("alert", vec![busy, quiet, over, by_itself, of_a_source]);
}

#[test]
fn audit_entries() {
    let Effect::Audit(of_a_tenant) = sample::deed("token.create", 3) else { unreachable!() };
    let of_all = AuditEntry { tenant: None, ..of_a_tenant.clone() };
    let mut chains = Chains::default();
    let sealed = [(of_a_tenant, false), (of_all, true)];
    let sealed = sealed.map(|(entry, denied)| chains.append(entry, denied, |_| [7; 32]));
    check("audit_entry", sealed.to_vec());
    check("audit_chains", vec![Chains::default(), chains]);
}

#[test]
fn endpoints() {
    let mut unknown = sample::registration(2);
    unknown.host = remit_shared::Host::default();
    unknown.revoked = None;
    check("registration", vec![sample::registration(1), unknown]);
    let endpoint = sample::endpoint(1);
    check("layout", vec![Layout::clone(&endpoint.layout), Layout::default()]);
    check("checks", vec![sample::checks(), Checks::default()]);
    let schedules = [
        Schedule::Undeclared,
        Schedule::Every(SignedDuration::from_hours(24)),
        Schedule::NextAt(sample::minute(90)),
    ];
    let mut facts = sample::facts();
    for (schedule, name) in schedules.into_iter().zip(["a", "b", "c"]) {
        let mut job = facts.jobs["nightly"].clone();
        (job.job.schedule, job.last_run) = (schedule, None);
        facts.jobs.insert(name.into(), job);
    }
    check("facts", vec![facts, Facts::default()]);
}

#[test]
fn updates_that_were_stored_before_they_had_articles_are_read() {
    let mut old: Value = serde_json::from_slice(&encode(&sample::facts())).unwrap();
    let scan = old["is"]["patches"]["apt"].as_object_mut().unwrap();
    assert!(scan.remove("system").is_some() && scan.remove("managed_by").is_some());
    let item = scan["items"][0].as_object_mut().unwrap();
    assert!(item.remove("advisories").is_some() && item.remove("failure").is_some());
    let facts: Facts = decode(old.to_string().as_bytes()).unwrap();
    let scan = &facts.patches["apt"];
    assert_eq!((&*scan.system, &*scan.managed_by), ("", ""));
    assert!(scan.items[0].advisories.is_empty() && scan.items[0].failure.is_empty());
}

#[test]
fn feed_events() {
    let Effect::Publish(event) = sample::event(1, 7) else { unreachable!() };
    check("feed_event", vec![*event]);
}

#[test]
fn owed_effects() {
    let keys = [
        Endpoint::record_key(&sample::endpoint_id(1)),
        Alert::record_key(&sample::alert_id(2)),
        Token::record_key(&sample::token(3).id),
        Operator::record_key(&sample::operator(4).id),
        Published::record_key(&sample::matrix(5).key()),
        Endpoint::record_key(&sample::endpoint_id(6)),
        Source::record_key(&sample::source(7).id),
        Change::record_key(&sample::change(8).id),
        KnownIssue::record_key(&sample::known_issue(9).id),
        Shift::record_key(&sample::shift(10).key()),
        Window::record_key(&sample::window(11).id),
        Contact::record_key(&sample::contact(12).key()),
    ];
    let Effect::Signal(raised) = sample::signal("/srv is fine") else { unreachable!() };
    let cleared = Effect::Signal(Signal { say: Say::Cleared, ..raised.clone() });
    let about = Some(sample::endpoint_id(8));
    let of_a_source = Effect::Signal(Signal { subject: about, ..raised });
    let effects = vec![
        sample::signal("/srv is full"),
        Effect::Admit(Box::new(sample::registration(1))),
        Effect::Notify(NoticeId { alert: sample::alert_id(2), number: 3 }),
        sample::event(2, 4),
        sample::deed("matrix.publish", 5),
        cleared,
        of_a_source,
        sample::deed("change.propose", 8),
        sample::deed("known_issue.declare", 9),
        sample::deed("shift.close", 10),
        sample::deed("window.schedule", 11),
        sample::deed("contact.verify", 12),
    ];
    let letters = [
        (Change::record_key(&sample::change(8).id), Matter::Change(sample::change(8).id)),
        (
            KnownIssue::record_key(&sample::known_issue(9).id),
            Matter::KnownIssue(sample::known_issue(9).id),
        ),
        (Window::record_key(&sample::window(11).id), Matter::Window(sample::window(11).id)),
        (Shift::record_key(&sample::shift(10).key()), Matter::Shift(sample::shift(10).day)),
    ];
    let owed = keys.into_iter().zip(effects).zip(0..).map(|((record, effect), position)| Owed {
        key: EffectKey { record, revision: 12, position },
        effect,
    });
    let letters = letters.into_iter().map(|(record, matter)| Owed {
        key: EffectKey { record, revision: 13, position: 0 },
        effect: sample::letter(matter),
    });
    check("owed", owed.chain(letters).collect());
}

#[test]
fn people_and_what_they_publish() {
    let roles = [Role::Administrator, Role::Manager, Role::Operator, Role::Auditor, Role::Viewer];
    let operator = |role| Operator { role, ..sample::operator(1) };
    check("operator", roles.map(operator).to_vec());
    let mut unused = sample::token(2);
    (unused.kind, unused.revoked_at, unused.uses) = (None, None, vec![]);
    check("token", vec![sample::token(1), unused]);
    let founding =
        Published { previous_sha256: None, change: None, signatures: vec![], ..sample::matrix(1) };
    let mut unsigned = sample::matrix(2);
    unsigned.signatures[0].signature = None;
    check("matrix", vec![founding, unsigned, sample::matrix(3)]);
}

#[test]
fn contacts() {
    let contact = |n| Contact { pending: None, ..sample::contact(n) };
    let unverified = Contact { verified: None, ..contact(2) };
    check("contact", vec![sample::contact(1), contact(1), unverified]);
}

#[test]
fn sources() {
    let mut quiet = sample::source(2);
    (quiet.kind, quiet.revoked) = (SourceKind::Alertmanager, None);
    quiet.active.clear();
    check("source", vec![sample::source(1), quiet]);
    let active = sample::source(1).active.into_values();
    check("active", active.map(|it| Active::clone(&it)).collect());
}

#[test]
fn changes() {
    let subjects = [
        Subject::Window,
        Subject::KnownIssue,
        Subject::Silence,
        Subject::Role,
        Subject::Token,
        Subject::Retention,
        Subject::Revocation,
        Subject::Work,
    ];
    let (at, by, why) = (sample::minute(6), sample::signatory(2), "no".to_owned());
    let states = [
        ChangeState::Open,
        ChangeState::Approved { at },
        ChangeState::Applied { at, by: "remit".into(), result: "version 5".into() },
        ChangeState::Rejected { at, by: by.clone(), why: why.clone() },
        ChangeState::Withdrawn { at, by, why: why.clone() },
        ChangeState::Expired { at },
        ChangeState::Failed { at, why },
        ChangeState::Open,
    ];
    let risks = [Risk::Low, Risk::Medium, Risk::High].into_iter().cycle();
    let plain = Change {
        required: vec![],
        touches: Touches::default(),
        approvals: vec![],
        effective_from: None,
        window: None,
        break_glass: None,
        ..sample::change(2)
    };
    let plain = |((subject, state), risk)| Change { subject, state, risk, ..plain.clone() };
    let mut every_part = sample::change(1);
    let parts = [
        MatrixPart::Rows,
        MatrixPart::Authority,
        MatrixPart::Escalation,
        MatrixPart::Sla,
        MatrixPart::Calendars,
        MatrixPart::Contacts,
        MatrixPart::People,
        MatrixPart::Thresholds,
        MatrixPart::Suppression,
        MatrixPart::Words,
    ];
    every_part.subject = Subject::Matrix { base: 0, parts: parts.into() };
    let plain = subjects.into_iter().zip(states).zip(risks).map(plain);
    check("change", [every_part].into_iter().chain(plain).collect());
}

#[test]
fn known_issues() {
    let at = sample::minute(6);
    let mut silence = sample::known_issue(2);
    silence.spec.kind = known_issue::Kind::Silence;
    (silence.spec.review_at, silence.spec.breaks_when) = (None, BTreeSet::new());
    (silence.change, silence.tally) = (None, Tally::default());
    let states = [
        known_issue::State::Active,
        known_issue::State::Expired { at },
        known_issue::State::Broken { at, why: "per_day above 5".into() },
    ];
    let silent = states.map(|state| KnownIssue { state, ..silence.clone() });
    check("known_issue", [sample::known_issue(1)].into_iter().chain(silent).collect());
}

#[test]
fn shifts() {
    let fresh = Shift::new(sample::tenant(), sample::shift(9).day);
    check("shift", vec![sample::shift(1), fresh]);
}

#[test]
fn days() {
    check("day", vec![sample::day(1)]);
}

#[test]
fn windows() {
    let at = sample::minute(6);
    let mut plain = sample::window(2);
    plain.spec.selector = window::Selector::default();
    plain.spec.timing = Timing::Once { start: DateTime::constant(2026, 2, 27, 22, 0, 0, 0) };
    (plain.spec.zone, plain.spec.change) = (TimeZone::UTC, None);
    (plain.ended, plain.cancelled) = (None, None);
    (plain.precheck, plain.aftercheck) = (None, None);
    (plain.approved_by, plain.log) = (vec![], vec![]);
    let occurrence = Segment { from: at, to: sample::minute(9) };
    let phases = [Phase::Waiting { from: at }, Phase::Open { occurrence }, Phase::Over { at }];
    let plain = phases.map(|phase| Window { phase, ..plain.clone() });
    check("window", [sample::window(1)].into_iter().chain(plain).collect());
}

#[test]
fn pulses() {
    let quiet = Pulse {
        epoch: None,
        retired: vec![],
        resume: ResumeTokens { issued: Some([1; 16]), previous: Some([2; 16]) },
        presence: Presence::NeverSeen,
        heard_at: None,
        link: Link::default(),
        measured: vec![],
        values: vec![],
        previews: BTreeMap::new(),
        ..sample::pulse()
    };
    let with = |presence| Pulse { presence, ..quiet.clone() };
    let meaning = [
        Pulse { previews: BTreeMap::new(), ..sample::pulse() },
        quiet.clone(),
        with(Presence::Online),
        with(Presence::Late),
        with(Presence::Offline),
        with(Presence::ExpectedOff(Departure::Shutdown)),
        with(Presence::ExpectedOff(Departure::ServiceStop)),
        sample::pulse(),
    ];
    let byte = |it: u8| format!("{it:02x}");
    let form =
        |it: &Pulse| pulse::encode(300, it, b"tail").into_iter().map(byte).collect::<String>();
    refresh("pulse", meaning.iter().map(|it| Value::String(form(it))));
    let stored = hex("pulse");
    assert_eq!(stored.len(), meaning.len());
    for (stored, meaning) in stored.iter().zip(&meaning) {
        assert_eq!(pulse::decode(stored).unwrap(), (300, meaning.clone(), b"tail".as_slice()));
        assert_eq!(pulse::encode(300, meaning, b"tail"), *stored);
    }
    let backfill = meaning[0].backfill.map(|it| Backfill { from: Some(sample::minute(1)), ..it });
    assert!(backfill.is_some());
    let missed = Pulse { backfill, ..sample::pulse() };
    let bytes = pulse::encode(300, &missed, b"tail");
    assert_eq!(pulse::decode(&bytes).unwrap(), (300, missed, b"tail".as_slice()));
}

#[test]
fn history() {
    let rows: Vec<Row> = vec![
        (1_772_000_000_000, vec![(0, Some(10)), (1, None), (2, Some(i64::MIN))]),
        (1_772_000_060_000, vec![(0, Some(11)), (2, Some(i64::MAX))]),
        (1_772_000_120_250, vec![(1, Some(-7))]),
        (1_772_000_180_000, vec![(0, None), (9, Some(1))]),
    ];
    let mut tail = None;
    for (at, changed) in &rows {
        let at = crate::adapters::points::from_milliseconds(*at);
        let frame = remit_collector_domain::endpoint::Frame { at, changed: changed.clone() };
        tail = Some(Tail::push(tail, &frame).0);
    }
    let stored = hex("history_tail");
    assert_eq!(Tail::decode(&stored[0]).unwrap(), tail);
    assert_eq!(tail.unwrap().as_bytes(), stored[0]);
    let stored = hex("history_block");
    assert_eq!(block::encode(&rows), stored[0]);
    let mut meaning = rows;
    // All series of the block are told at its beginning.
    meaning[0].1.extend((3..10).map(|it| (it, None)));
    assert_eq!(block::decode(&stored[0]).unwrap(), meaning);
}

#[test]
fn history_by_the_hour() {
    let begin = |hour: i64| Timestamp::from_second(20_500 * 86_400 + hour * 3_600).unwrap();
    let rollup = |min, max, sum, held, count| Rollup { min, max, sum, held, count };
    let meaning = Rollups(BTreeMap::from([
        ((0, begin(0)), rollup(-5, 10, 12_345, 3_600, 360)),
        ((0, begin(1)), rollup(0, 0, 0, 300, 1)),
        ((2, begin(1)), rollup(7, 9, 2_150, 300, 1)),
        ((2, begin(23)), rollup(i64::MIN, i64::MAX, -1, 17, 2)),
        ((3, begin(23)), rollup(i64::MAX, i64::MAX, 0, 0, 1)),
    ]));
    let stored = hex("history_hours");
    assert_eq!(hours::encode(&meaning, 20_500), stored[0]);
    // What never held has no sum.
    assert_eq!(hours::decode(&stored[0], 20_500).unwrap(), meaning);
}

#[test]
fn a_form_from_the_future_is_refused() {
    let err = decode::<Layout>(br#"{"version":"2","is":{}}"#).unwrap_err();
    assert!(matches!(err, DecodeError::Form(_)), "{err}");
    let err = pulse::decode(&[9]).unwrap_err();
    assert_eq!(err.to_string(), "version 9 is not known");
}

#[test]
fn a_damaged_field_is_named() {
    let mut stored = stored("token").remove(0);
    stored["is"]["expires_at"] = "tomorrow".into();
    let err = decode::<Token>(stored.to_string().as_bytes()).unwrap_err();
    assert_eq!(err.to_string(), "the stored `expires_at` makes no sense");
    stored["is"]["expires_at"] = Value::Null;
    stored["is"]["unheard_of"] = 1.into();
    decode::<Token>(stored.to_string().as_bytes()).unwrap_err();
}

#[test]
fn damaged_bytes_are_refused() {
    let whole = pulse::encode(1, &sample::pulse(), &[]);
    for cut in 0..whole.len() {
        pulse::decode(&whole[..cut]).unwrap_err();
    }
}
