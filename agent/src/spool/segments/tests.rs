use std::collections::BTreeMap;

use jiff::SignedDuration;
use remit_shared::Stream::{Events, Metrics};
use tempfile::TempDir;

use super::*;
use crate::spool::conformance::{self, all, draft};

const LIMITS: Limits = Limits { max_bytes: 8 << 20, max_age: SignedDuration::from_hours(168) };

fn open(folder: &Path) -> SegmentSpool {
    SegmentSpool::open(folder, LIMITS, 7).unwrap()
}

/// A folder as a crash left it, with five metrics in one segment.
fn five() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    for minute in 1..=5 {
        spool.append(&[draft(Metrics, minute)]).unwrap();
    }
    let segment = spool.path(Metrics, 1);
    (folder, segment)
}

#[test]
fn conforms() {
    conformance::check(|limits| {
        let folder = tempfile::tempdir().unwrap();
        Box::new(move || SegmentSpool::open(folder.path(), limits, 7).unwrap())
    });
}

#[test]
fn a_second_process_is_told_who_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _spool = open(folder.path());
    let err = SegmentSpool::open(folder.path(), LIMITS, 7).unwrap_err();
    let text = remit_shared::Chain(&err).to_string();
    let expected = format!("in use by process {}", std::process::id());
    assert!(text.contains("already in use") && text.contains(&expected), "{text}");
}

#[test]
fn a_kill_at_any_byte_keeps_all_that_was_appended() {
    let (folder, segment) = five();
    let whole = fs::read(&segment).unwrap();
    let mut ends = vec![0];
    while let Some((_, end)) = frame::read(&whole, ends[ends.len() - 1]) {
        ends.push(end);
    }
    for length in 0..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        let segment = copy.path().join(segment.file_name().unwrap());
        fs::write(&segment, &whole[..length]).unwrap();
        let appended = ends.iter().filter(|end| **end <= length).count() - 1;
        let mut spool = open(copy.path());
        let expected: Vec<_> = (1..=appended).map(|it| format!("metrics {it} @{it}")).collect();
        assert_eq!(all(&mut spool), expected, "cut at {length}");
        // What comes next follows the damage, and declares it.
        spool.append(&[draft(Metrics, 9)]).unwrap();
        let lines = all(&mut spool);
        let torn = !ends.contains(&length);
        assert_eq!(lines.len(), appended + 1 + usize::from(torn), "cut at {length}: {lines:?}");
    }
}

#[test]
fn a_flipped_bit_is_a_gap_of_exactly_what_is_lost() {
    let (folder, segment) = five();
    let mut bytes = fs::read(&segment).unwrap();
    let (_, first) = frame::read(&bytes, 0).unwrap();
    bytes[first + frame::HEADER + 3] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    let mut spool = open(folder.path());
    let expected = [
        "metrics 1 @1",
        "metrics 2-2 damaged, or dropped before a restart",
        "metrics 3 @3",
        "metrics 4 @4",
        "metrics 5 @5",
    ];
    assert_eq!(all(&mut spool), expected);
}

#[test]
fn a_damaged_end_is_put_aside_and_declared() {
    let (folder, segment) = five();
    let mut bytes = fs::read(&segment).unwrap();
    let length = bytes.len();
    bytes[length - 1] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    let mut spool = open(folder.path());
    spool.append(&[draft(Metrics, 6)]).unwrap();
    let lines = all(&mut spool);
    assert_eq!(lines[4..], ["metrics 5-5 damaged, or dropped before a restart", "metrics 6 @6"]);
    let aside = folder.path().join("damaged-metrics-00000000000000000001.seg");
    assert_eq!(fs::read(aside).unwrap().len(), length / 5);
    drop(spool);
    assert_eq!(all(&mut open(folder.path())), lines, "once only");
}

#[test]
fn a_damaged_meta_file_is_a_new_life_that_keeps_the_records() {
    let (folder, _) = five();
    let meta = folder.path().join("spool.meta");
    let mut spool = open(folder.path());
    spool.forget(Marks { events: 0, metrics: 2 }).unwrap();
    drop(spool);
    fs::write(&meta, "{").unwrap();
    let mut spool = SegmentSpool::open(folder.path(), LIMITS, 8).unwrap();
    assert_eq!((spool.state().epoch, spool.state().after_crash), (8, true));
    assert_eq!(all(&mut spool).len(), 5);
    assert!(folder.path().join("damaged-spool.meta").exists());
}

#[test]
fn segments_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 64 << 10, ..LIMITS };
    let mut spool = SegmentSpool::open(folder.path(), limits, 7).unwrap();
    let files = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
        names.filter(|it| it.to_string_lossy().ends_with(".seg")).count()
    };
    for minute in 1..=100 {
        spool.append(&[draft(Metrics, minute)]).unwrap();
    }
    assert!(files() > 4, "{}", files());
    spool.forget(Marks { events: 0, metrics: 100 }).unwrap();
    assert_eq!(files(), 1);
    drop(spool);
    let mut spool = SegmentSpool::open(folder.path(), limits, 7).unwrap();
    spool.append(&[draft(Metrics, 101)]).unwrap();
    let lines = all(&mut spool);
    assert_eq!(lines[lines.len() - 1], "metrics 101 @101");
    assert!(!lines.iter().any(|it| it.contains('-')), "nothing is declared lost: {lines:?}");
}

/// A folder in which records of so many minutes wait, most of them packed.
fn packed(minutes: i64) -> (TempDir, SegmentSpool) {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_bytes: 64 << 10, ..LIMITS };
    let mut spool = SegmentSpool::open(folder.path(), limits, 7).unwrap();
    for minute in 1..=minutes {
        spool.append(&[draft(Metrics, minute)]).unwrap();
    }
    (folder, spool)
}

/// All frames of a segment.
fn frames(segment: &[u8]) -> Vec<(Frame<'_>, usize)> {
    let next = |(_, end): &(Frame<'_>, usize)| frame::read(segment, *end);
    std::iter::successors(frame::read(segment, 0), next).collect()
}

#[test]
fn what_waits_long_is_packed_and_comes_out_as_it_went_in() {
    let (folder, mut spool) = packed(1200);
    let first = fs::read(spool.path(Metrics, 1)).unwrap();
    assert!(frames(&first).iter().all(|it| it.0.packed));
    assert_eq!(spool.state().lost, Marks::default(), "plain, half of them would not fit");
    let expected: Vec<_> = (1..=1200).map(|it| format!("metrics {it} @{it}")).collect();
    assert_eq!(all(&mut spool), expected);
    let bytes = spool.ledger.bytes();
    drop(spool);
    // It died while it replaced a segment.
    let half = folder.path().join(".metrics-00000000000000000001.seg.00.tmp");
    fs::write(&half, &first[..9]).unwrap();
    let mut spool = SegmentSpool::open(folder.path(), LIMITS, 7).unwrap();
    assert_eq!((all(&mut spool), spool.ledger.bytes()), (expected, bytes));
    assert!(!half.exists());
}

#[test]
fn packing_is_not_noticed_by_whoever_is_reading() {
    let (_folder, mut spool) = packed(300);
    let mut after = Marks::default();
    for minute in 301..=1100 {
        spool.append(&[draft(Metrics, minute)]).unwrap();
        for it in spool.read(after, 1).unwrap() {
            assert_eq!((it.record.seq, it.record.stream), (after.metrics + 1, Metrics));
            after = after.with(Metrics, it.record.seq);
        }
    }
    spool.forget(after).unwrap();
    assert_eq!((all(&mut spool).len(), spool.state().lost), (300, Marks::default()));
}

#[test]
fn damage_to_a_packed_frame_costs_what_it_holds_and_nothing_else() {
    let (folder, spool) = packed(1200);
    let segment = spool.path(Metrics, 1);
    drop(spool);
    let mut bytes = fs::read(&segment).unwrap();
    let last = frames(&bytes)[0].0.place;
    bytes[frame::HEADER + 9] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    let mut spool = SegmentSpool::open(folder.path(), LIMITS, 7).unwrap();
    let lines = all(&mut spool);
    assert_eq!(lines[0], format!("metrics 1-{last} damaged, or dropped before a restart"));
    assert_eq!(lines.len() as u64, 1 + 1200 - last);
}

#[test]
fn a_damaged_segment_is_left_as_it_is() {
    let (folder, segment) = five();
    let mut bytes = fs::read(&segment).unwrap();
    let (_, first) = frame::read(&bytes, 0).unwrap();
    assert!(pack::packed(&bytes).is_some_and(|it| it.len() < bytes.len() / 2));
    bytes[first + frame::HEADER + 3] ^= 4;
    assert_eq!(pack::packed(&bytes), None);
    drop(folder);
}

#[test]
fn reading_on_gives_what_reading_anew_gives() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = open(folder.path());
    let mut read = BTreeMap::new();
    let mut after = Marks::default();
    for minute in 1..=200 {
        spool.append(&[draft(if minute % 3 == 0 { Events } else { Metrics }, minute)]).unwrap();
        if minute % 7 == 0 {
            for it in spool.read(after, 150).unwrap() {
                after = after.with(it.record.stream, it.record.seq);
                read.insert((it.record.stream, it.record.seq), it.record.at);
            }
        }
    }
    while let Some(it) = spool.read(after, 1).unwrap().first() {
        after = after.with(it.record.stream, it.record.seq);
        read.insert((it.record.stream, it.record.seq), it.record.at);
    }
    assert_eq!(read.len(), 200);
    assert_eq!(all(&mut spool).len(), 200);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_what_it_cannot_take_and_nothing_else() {
    let (folder, _) = five();
    let mut spool = open(folder.path());
    // Every write to this device fails for want of space.
    std::os::unix::fs::symlink("/dev/full", spool.path(Metrics, 6)).unwrap();
    let err = spool.append(&[draft(Metrics, 6)]).unwrap_err();
    assert!(err.to_string().starts_with("no space left to write "), "{err}");
    assert!(!err.is_fatal());
    spool.append(&[draft(Metrics, 7)]).unwrap();
    let expected = ["metrics 6-6 no space left on the disk", "metrics 7 @7"];
    assert_eq!(all(&mut spool)[5..], expected);
}
