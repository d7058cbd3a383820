//! A week without a link, at the rates that ship.

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::{
    schedule::ProbePlan,
    spool::{Limits, Marks},
};
use remit_shared::{
    Answer, BackupScan, Body, Entry, PatchItem, PatchScan, PatchState, Reading, Reboot,
    RecoveryPoint, Stream, Unit,
};

use crate::spool::{
    Draft, Spool as _,
    memory::{Medium, MemorySpool},
};

const DAY: i64 = 86_400;

/// What ships.
const LIMITS: Limits = Limits { max_bytes: 64 << 20, max_age: SignedDuration::from_hours(7 * 24) };

/// How many values each probe gives on a server with eight processors, six
/// filesystems and three interfaces.
const MEASURES: [(&str, i64); 9] = [
    ("cpu", 12),
    ("load", 3),
    ("memory", 6),
    ("network", 18),
    ("uptime", 1),
    ("process", 1),
    ("self", 5),
    ("disk", 24),
    ("clock", 1),
];

/// A number that changes as measurements do: by a little, and not each time.
fn value(probe: &str, index: i64, second: i64) -> i64 {
    let mixed = (second / 10 + index * 7919).wrapping_mul(6_364_136_223_846_793_005) >> 40;
    1_000_000_000 * (index % 3) + probe.len() as i64 * 1000 + mixed.rem_euclid(5000)
}

fn measured(probe: &str, count: i64, at: Timestamp) -> Answer {
    let reading = |index| {
        let metric = format!("{probe}_metric_{}", index % 6);
        let instance = format!("/srv/volume-{}", index / 6);
        Reading::of(&metric, &instance, Unit::Bytes, value(probe, index, at.as_second()))
    };
    Answer::full(probe, "/proc/source", at, Body::Readings((0..count).map(reading).collect()))
}

/// Sixty updates that wait.
fn patches(at: Timestamp) -> Answer {
    let item = |nth| PatchItem {
        package: format!("library-of-some-length-{nth}"),
        installed: "1.2.3-4+deb12u5".into(),
        candidate: "1.2.3-4+deb12u6".into(),
        origins: vec!["Debian-Security:12/stable-security".into()],
        security: true,
        state: PatchState::Available,
    };
    let scan = PatchScan {
        manager: "apt".into(),
        items: (0..60).map(item).collect(),
        reboot: Reboot::default(),
        last_patched_at: None,
    };
    Answer::full("patch-apt", "apt-get -s upgrade", at, Body::Patches(scan))
}

fn backups(at: Timestamp) -> Answer {
    let point = |nth: i64| RecoveryPoint {
        job: format!("job-{nth}"),
        id: "0123456789abcdef".into(),
        taken_at: at,
        count: 30,
    };
    let scan =
        BackupScan { product: "restic".into(), jobs: vec![], newest: (0..5).map(point).collect() };
    Answer::full("backup-restic", "restic snapshots", at, Body::Backups(scan))
}

/// What the probes say at one second.
fn said(second: i64) -> Vec<Draft> {
    let at = Timestamp::from_second(second).unwrap();
    let is_due = |probe: &str| {
        let every = ProbePlan::default_for(probe).interval.as_secs();
        second.unsigned_abs().is_multiple_of(every)
    };
    let measures = MEASURES.iter().filter(|it| is_due(it.0));
    let answers: Vec<_> = measures.map(|(probe, count)| measured(probe, *count, at)).collect();
    let mut drafts = vec![Draft { at, stream: Stream::Metrics, answers }];
    for (probe, answer) in [("patch", patches as fn(_) -> _), ("backup", backups)] {
        if is_due(probe) {
            drafts.push(Draft { at, stream: Stream::Events, answers: vec![answer(at)] });
        }
    }
    drafts
}

#[test]
fn f11_a_week_without_a_link_is_kept_whole_and_told_in_order() {
    let medium = Medium::new(LIMITS, 1);
    let mut spool = MemorySpool::open(&medium);
    let begins = 100 * DAY;
    let mut produced = Marks::default();
    for second in (begins..begins + 7 * DAY).step_by(10) {
        let drafts = said(second);
        for it in &drafts {
            produced = produced.with(it.stream, produced.of(it.stream) + 1);
        }
        spool.expire(Timestamp::from_second(second).unwrap()).unwrap();
        spool.append(&drafts).unwrap();
    }
    let state = spool.state();
    assert_eq!((state.last, state.lost), (produced, Marks::default()), "nothing is given up");
    // The budget is not close: a machine with more to say fits as well.
    let per_day = state.bytes / 7;
    assert!(state.bytes < LIMITS.max_bytes / 2, "{per_day} bytes a day");

    let (mut cursor, mut newest) = (Marks::default(), Timestamp::MIN);
    while cursor != produced {
        for it in spool.read(cursor, 64 << 10).unwrap() {
            let record = it.record;
            assert!(matches!(record.entry, Entry::Answers(_)));
            assert_eq!(record.seq, cursor.of(record.stream) + 1, "in order, without holes");
            if record.stream == Stream::Metrics {
                assert_eq!(cursor.events, produced.events, "what happened goes first");
                assert!(record.at > newest);
                newest = record.at;
            }
            cursor = cursor.with(record.stream, record.seq);
        }
    }
}

#[test]
fn what_does_not_fit_any_more_is_the_oldest_and_is_declared() {
    let limits = Limits { max_bytes: 4 << 20, ..LIMITS };
    let medium = Medium::new(limits, 1);
    let mut spool = MemorySpool::open(&medium);
    let mut produced = Marks::default();
    for second in (0..2 * DAY).step_by(10) {
        let drafts = said(100 * DAY + second);
        for it in &drafts {
            produced = produced.with(it.stream, produced.of(it.stream) + 1);
        }
        spool.append(&drafts).unwrap();
    }
    let (mut cursor, mut kept, mut declared) = (Marks::default(), Marks::default(), 0);
    while cursor != produced {
        for it in spool.read(cursor, 64 << 10).unwrap() {
            let record = it.record;
            match &record.entry {
                Entry::Answers(_) => {
                    kept = kept.with(record.stream, kept.of(record.stream) + 1);
                }
                Entry::Gap { from, reason } => {
                    assert_eq!((record.stream, &**reason), (Stream::Metrics, "spool full"));
                    assert_eq!(*from, 1, "the oldest");
                    declared += record.seq;
                }
            }
            cursor = cursor.with(record.stream, record.seq);
        }
    }
    assert_eq!((kept.events, kept.metrics + declared), (produced.events, produced.metrics));
    assert_eq!(declared, spool.state().lost.metrics);
}
