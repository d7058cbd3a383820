//! What is left when the process dies in the middle of its work.
//!
//! The tests start this program once more, to run [`works_until_it_is_killed`]
//! alone, which writes to a folder and says what was acknowledged.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write, stdout},
    process::{Command, Stdio},
};

use remit_collector_domain::{
    effect::{Effect, EffectKey, RecordKey},
    signal::Signal,
};
use remit_shared::Series;
use tokio::task::JoinSet;

use super::*;
use crate::ports::store::sha256;

pub(super) const FOLDER: &str = "REMIT_TEST_FOLDER";
const LIMIT: &str = "REMIT_TEST_LIMIT";
const CHILD: &str = "adapters::sled::tests::crash::works_until_it_is_killed";

/// How many endpoints are committed to at the same time.
const ENDPOINTS: u128 = 8;
const KILLS: usize = 12;

/// Does nothing, unless one of the tests below has started it.
#[tokio::test]
async fn works_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let limit = env::var(LIMIT).map_or(u64::MAX, |it| it.parse().unwrap());
    let endpoints = if limit == u64::MAX { ENDPOINTS } else { 1 };
    // Whoever is killed shall be so while sled is given what the journal has, too.
    let journal_bytes = if limit == u64::MAX { 64 << 10 } else { JOURNAL_BYTES };
    let options = Options { journal_bytes, ..OPTIONS };
    let store = Arc::new(SledStore::open(Path::new(&folder), options).unwrap());
    let mut tasks = JoinSet::new();
    for n in 0..endpoints {
        tasks.spawn(work(Arc::clone(&store), n, limit));
    }
    tasks.join_all().await;
}

/// Commits, and settles what the commit before came to owe.
async fn work(store: Arc<SledStore>, n: u128, limit: u64) {
    let id = sample::endpoint_id(n);
    for _ in 0..limit {
        let stored = store.load::<Endpoint>(&id).await.unwrap();
        let revision = stored.map_or(0, |it| it.revision);
        let value = i64::try_from(revision + 1).unwrap();
        let frames = vec![sample::frame(value, &[(0, Some(value))])];
        let owes = vec![sample::signal(&format!("{n}")), sample::deed("probe.try", 0)];
        let commit = Commit { frames, ..Commit::new(sample::endpoint(n), revision, owes) };
        let revision = store.commit(commit).await.unwrap();
        say(&format!("committed {n} {revision}"));
        if revision > 1 {
            // Also the one before, in case an earlier life did not get so far.
            let older = [revision - 1, revision.saturating_sub(2)];
            let record = RecordKey::Endpoint(id);
            let key = |revision| EffectKey { record: record.clone(), revision, position: 0 };
            store.settle(older.map(key).to_vec()).await.unwrap();
            say(&format!("settled {n} {}", revision - 1));
        }
    }
}

/// One line, in one write. It begins with a new line because the test runner
/// leaves its own unfinished.
pub(super) fn say(line: &str) {
    stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
    stdout().flush().unwrap();
}

pub(super) fn child(program: &mut Command, test: &str, folder: &Path) -> std::process::Child {
    program.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    program.env(FOLDER, folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = Acknowledged::default();
    let mut seed = 20_260_301_u64;
    for kill in 0..KILLS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let lines = 20 + (seed >> 33) % 400;
        let mut child = child(&mut Command::new(env::current_exe().unwrap()), CHILD, folder.path());
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in said {
            heard += u64::from(acknowledged.hear(&line.unwrap()));
            if heard == lines {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= lines, "the child was killed in the middle of its work");
        let context = format!("kill {kill}, after {lines} lines");
        acknowledged.compare(&open(folder.path()), &context).await;
    }
}

/// What the child said.
#[derive(Default)]
struct Acknowledged {
    committed: BTreeMap<u128, u64>,
    settled: BTreeMap<u128, u64>,
}

impl Acknowledged {
    fn hear(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        let map = match words[0] {
            "committed" => &mut self.committed,
            "settled" => &mut self.settled,
            _ => return false,
        };
        map.insert(words[1].parse().unwrap(), words[2].parse().unwrap());
        true
    }

    /// The audit trail is a chain, whatever it was cut off in.
    async fn verify(&self, store: &SledStore, context: &str) {
        let (mut chains, end) = store.audit_span().await.unwrap();
        for (_, sealed) in store.audit(0, usize::MAX).await.unwrap() {
            let followed = chains.follow(&sealed, sha256);
            assert_eq!(followed, Ok(()), "{context}");
        }
        assert_eq!(chains, end, "{context}");
        let committed: u64 = self.committed.values().sum();
        assert!(committed <= end.whole.seq, "{context}: a deed is there with its commit");
    }

    async fn compare(&mut self, store: &SledStore, context: &str) {
        let owed = store.owed(0, usize::MAX).await.unwrap();
        self.verify(store, context).await;
        for (n, committed) in &mut self.committed {
            let id = sample::endpoint_id(*n);
            let revision = store.load::<Endpoint>(&id).await.unwrap().unwrap().revision;
            let possible = *committed..=*committed + 1;
            assert!(possible.contains(&revision), "{context}: {n} is at {revision}, {possible:?}");
            let mine = owed.iter().filter(|it| it.1.key.record == RecordKey::Endpoint(id));
            let owing: Vec<u64> = mine.map(|it| it.1.key.revision).collect();
            let settled = self.settled.get(n).copied().unwrap_or(0);
            // Only the effect before the newest may be on its way.
            let expected: Vec<u64> = (settled + 1..=revision).collect();
            let fewer = vec![revision];
            assert!(owing == expected || owing == fewer, "{context}: {n} owes {owing:?}");
            let series: Series = sample::series("memory_used", "");
            let end = sample::minute(i64::try_from(revision).unwrap());
            let points = store.history(id, &series, sample::minute(0), end, 99_999).await.unwrap();
            assert_eq!(points.len() as u64, revision, "{context}: {n} has all its history");
            *committed = revision;
        }
        for it in owed {
            let Effect::Signal(Signal { summary, .. }) = it.1.effect else { unreachable!() };
            assert!(self.committed.contains_key(&summary.parse().unwrap()), "{context}");
        }
    }
}

#[test]
fn the_disk_has_it_before_it_is_acknowledged() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=fdatasync,write", "-o"]).arg(&trace);
    strace.arg(env::current_exe().unwrap()).env(LIMIT, "20");
    assert!(
        Command::new("strace").arg("-V").output().is_ok_and(|it| it.status.success()),
        "this test needs the program `strace`"
    );
    let output = child(&mut strace, CHILD, &folder.path().join("data")).wait_with_output().unwrap();
    assert!(output.status.success(), "this test must be able to trace its child");

    let trace = fs::read_to_string(trace).unwrap();
    let (mut synced, mut acknowledged) = (0, 0);
    for line in trace.lines() {
        if line.contains("fdatasync") && line.ends_with("= 0") {
            synced += 1;
        } else if line.contains(r#"write(1, "\ncommitted"#)
            || line.contains(r#"write(1, "\nsettled"#)
        {
            assert!(synced > 0, "no sync since the last acknowledgement: {line}");
            (synced, acknowledged) = (0, acknowledged + 1);
        }
    }
    assert_eq!(acknowledged, 39, "twenty commits, and all but the last effect settled");
}
