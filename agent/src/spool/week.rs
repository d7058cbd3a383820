//! A week without a link, at the rates that ship.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::{
    schedule::ProbePlan,
    spool::{FULL, Lane, Ledger, Limits, Marks},
};
use remit_proto::convert::report;
use remit_shared::{
    Answer, BackupScan, Body, Entry, PatchItem, PatchScan, PatchState, Reading, Reboot, Record,
    RecoveryPoint, Stream, Unit,
};

use crate::spool::{
    Draft, Spool as _,
    segments::{SegmentSpool, pack},
};

const DAY: i64 = 86_400;

/// What a machine measures.
type Measures = fn(Timestamp) -> Vec<Answer>;

/// What a record takes in a file besides itself, and how long a file becomes.
const FRAME: u64 = 24;
const SEGMENT: u64 = 1 << 20;

/// What ships.
const LIMITS: Limits = Limits { max_bytes: 64 << 20, max_age: SignedDuration::from_hours(7 * 24) };

/// How many values each probe gives on a server of the kind that figures are
/// measured on: some twenty values each ten seconds.
const MEASURES: [(&str, i64); 9] = [
    ("cpu", 5),
    ("load", 3),
    ("memory", 5),
    ("network", 6),
    ("uptime", 1),
    ("process", 1),
    ("self", 5),
    ("disk", 6),
    ("clock", 1),
];

/// So many values of a machine of many disks and interfaces, each ten seconds.
const MANY: i64 = 200;

/// Noise, which nothing can pack: another number for each second and index.
fn noise(index: i64, second: i64) -> i64 {
    let mut mixed = (second / 10 * 1000 + index).wrapping_mul(-7_046_029_254_386_353_131);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(-4_658_895_280_553_007_687);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(-7_723_592_293_110_705_685);
    mixed ^ (mixed >> 31)
}

/// A number that changes as measurements do: by a little, and not each time.
fn value(probe: &str, index: i64, second: i64) -> i64 {
    let length = probe.len() as i64;
    1_000_000_000 * (index % 3)
        + length * 1000
        + noise(index + 100 * length, second).rem_euclid(5000)
}

fn measured(probe: &str, count: i64, at: Timestamp) -> Answer {
    let reading = |index| {
        let metric = format!("{probe}_metric_{}", index % 6);
        let instance = if probe == "disk" { "/srv/volume" } else { "" };
        Reading::of(&metric, instance, Unit::Bytes, value(probe, index, at.as_second()))
    };
    Answer::full(probe, "/proc/source", at, Body::Readings((0..count).map(reading).collect()))
}

/// What a usual server measures at one second.
fn usual(at: Timestamp) -> Vec<Answer> {
    let due = MEASURES.iter().filter(|it| is_due(it.0, at.as_second()));
    due.map(|(probe, count)| measured(probe, *count, at)).collect()
}

/// What a server of many volumes measures: half of it grows by megabytes.
fn many(at: Timestamp) -> Vec<Answer> {
    let reading = |index: i64| {
        let (metric, instance) =
            (format!("disk_metric_{}", index % 6), format!("/srv/volume-{}", index / 6));
        let value = match index % 2 {
            0 => value("disk", index, at.as_second()),
            _ => at.as_second() * 1_000_000 + noise(index, at.as_second()).rem_euclid(10_000_000),
        };
        Reading::of(&metric, &instance, Unit::Bytes, value)
    };
    let body = Body::Readings((0..MANY).map(reading).collect());
    vec![Answer::full("disk", "/proc/source", at, body)]
}

fn is_due(probe: &str, second: i64) -> bool {
    let every = ProbePlan::default_for(probe).interval.as_secs();
    second.unsigned_abs().is_multiple_of(every)
}

/// Sixty updates that wait.
fn patches(at: Timestamp) -> Answer {
    let item = |nth| PatchItem {
        package: format!("library-of-some-length-{nth}"),
        installed: "1.2.3-4+deb12u5".into(),
        candidate: "1.2.3-4+deb12u6".into(),
        origins: vec!["Debian-Security:12/stable-security".into()],
        security: true,
        advisories: vec![],
        failure: String::new(),
        state: PatchState::Available,
    };
    let scan = PatchScan {
        manager: "apt".into(),
        system: "Debian GNU/Linux 12 (bookworm)".into(),
        managed_by: String::new(),
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

/// How long the records are that are written at one second: metrics, events.
fn lengths(second: i64, measures: Measures) -> (u64, Vec<u64>) {
    let at = Timestamp::from_second(second).unwrap();
    let length = |stream, answers| {
        let record = Record { stream, seq: 60_000, at, entry: Entry::Answers(answers) };
        report::to_bytes(&record).len() as u64 + FRAME
    };
    let scans = [("patch", patches as fn(_) -> _), ("backup", backups)];
    let scanned = scans.into_iter().filter(|it| is_due(it.0, second));
    let scanned = scanned.map(|(_, scan)| length(Stream::Events, vec![scan(at)]));
    (length(Stream::Metrics, measures(at)), scanned.collect())
}

/// What a full segment of such records takes once it is packed, of how much.
fn packing(measures: Measures) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = SegmentSpool::open(folder.path(), LIMITS, 1).unwrap();
    for second in (0..).step_by(10) {
        let at = Timestamp::from_second(100 * DAY + second).unwrap();
        let draft = Draft { at, stream: Stream::Metrics, answers: measures(at) };
        spool.append(&[draft]).unwrap();
        if spool.state().bytes > SEGMENT {
            break;
        }
    }
    let plain = fs::read(folder.path().join("metrics-00000000000000000001.seg")).unwrap();
    (pack::packed(&plain).unwrap().len() as u64, plain.len() as u64)
}

/// What a spool of these limits makes of some days without a link, and how many
/// records there were.
fn outage(measures: Measures, days: i64) -> (Ledger, Marks) {
    // Every hour is like the first, and every segment as well packed.
    let hour: Vec<_> = (0..3600).step_by(10).map(|it| lengths(100 * DAY + it, measures)).collect();
    let (packed, plain) = packing(measures);
    let mut ledger = Ledger::new(LIMITS, Lane::default(), Lane::default());
    let mut produced = Marks::default();
    for (second, (metrics, events)) in (0..days * DAY).step_by(10).zip(hour.iter().cycle()) {
        let at = Timestamp::from_second(100 * DAY + second).unwrap();
        ledger.expire(at);
        if let Some(block) = ledger.to_pack() {
            ledger.packed(block.first, block.bytes * packed / plain);
        }
        let records = events.iter().map(|it| (Stream::Events, *it));
        for (stream, bytes) in records.chain([(Stream::Metrics, *metrics)]) {
            produced = produced.with(stream, produced.of(stream) + 1);
            if ledger.open_block(stream).is_some_and(|it| it >= SEGMENT) {
                ledger.seal(stream);
            }
            if ledger.make_room(stream, bytes).granted {
                ledger.append(stream, bytes, at);
            } else {
                ledger.lose(stream, 1, FULL);
            }
        }
    }
    (ledger, produced)
}

#[track_caller]
fn is_kept_whole(measures: Measures, mebibytes: std::ops::RangeInclusive<u64>) {
    let (ledger, produced) = outage(measures, 7);
    assert_eq!((ledger.last(), ledger.lost()), (produced, Marks::default()), "nothing is given up");
    assert_eq!(ledger.after(Stream::Metrics, 0), Some(1), "from the first second on");
    assert_eq!((produced.metrics, produced.events), (60_480, 7 * 24 * 3));
    let taken = ledger.bytes() >> 20;
    assert!(mebibytes.contains(&taken), "{taken} MiB of 64: has a record grown?");
}

#[test]
fn f11_a_week_without_a_link_is_kept_whole() {
    is_kept_whole(usual, 25..=35);
}

#[test]
fn f11_so_is_one_of_two_hundred_values_each_ten_seconds() {
    is_kept_whole(many, 35..=52);
}
