//! A disk without room, for which a small file system is mounted.

use std::{fs, path::PathBuf, process::Command};

use remit_collector_domain::enroll::Token;

use super::*;
use crate::ports::store::{StoreError, conformance::sample};

const MIB: u64 = 1 << 20;

/// A file system in memory, of a size of its own.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn of(mib: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let size = format!("size={mib}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "remit-test"]).arg(folder.path());
        let output = mount.output().expect("this test needs the program `mount`");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "this test must be able to mount a tmpfs: {said}");
        Self(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Fills it up until so much is left.
    fn leave(&self, mib: u64) {
        drop(fs::remove_file(self.ballast()));
        let free = room(self.0.path(), 0).unwrap().free;
        let ballast = vec![1; usize::try_from(free - mib * MIB).unwrap()];
        fs::write(self.ballast(), ballast).unwrap();
    }

    fn clear(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

async fn commit<R: Record>(store: &SledStore, record: R) -> Result<u64, StoreError> {
    let owes = vec![sample::signal("made")];
    store.commit(Commit::new(record, 0, owes)).await
}

fn assert_full(result: Result<u64, StoreError>) {
    assert!(matches!(result, Err(StoreError::Full { .. })), "{result:?}");
}

/// A report: an endpoint's record with what was measured.
async fn report(store: &SledStore, n: u128) -> Result<u64, StoreError> {
    let frames = vec![sample::frame(1, &[(0, Some(1))])];
    let commit = Commit::new(sample::endpoint(n), 0, vec![sample::signal("made")]);
    store.commit(Commit { frames, ..commit }).await
}

#[tokio::test]
async fn a_full_disk_refuses_measurements_first_and_recovers() {
    let disk = SmallDisk::of(64);
    let options = Options { cache_bytes: CACHE, reserve_bytes: 16 * MIB, ..OPTIONS };
    let store = SledStore::open(&disk.data(), options).unwrap();
    report(&store, 1).await.unwrap();
    store.health().unwrap();

    disk.leave(8);
    assert_full(report(&store, 2).await);
    commit(&store, sample::endpoint(3)).await.expect("what happened is still taken");
    let told = store.health().unwrap_err();
    let free = told.strip_prefix("the store refuses measurements: ").expect(&told);
    let free = free.split_once(" MiB are free in ").expect(&told).0;
    assert!((6..=8).contains(&free.parse::<u64>().unwrap()), "{told}");

    disk.leave(2);
    assert_full(commit(&store, sample::token(1)).await);
    let owed = store.owed(0, 9).await.unwrap();
    let keys: Vec<EffectKey> = owed.into_iter().map(|it| it.1.key).collect();
    assert_eq!(keys.len(), 2, "what was refused owes nothing");
    store.settle(keys).await.unwrap();
    assert_eq!(store.all::<Endpoint>().await.unwrap().len(), 2, "reads go on");
    assert!(store.load::<Token>(&sample::token(1).id).await.unwrap().is_none());

    disk.clear();
    store.health().unwrap();
    report(&store, 2).await.unwrap();
    drop(store);
    let store = SledStore::open(&disk.data(), options).unwrap();
    assert_eq!(store.all::<Endpoint>().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_disk_that_fills_up_behind_our_back_stops_the_store_and_loses_nothing() {
    let disk = SmallDisk::of(8);
    let options = Options { cache_bytes: CACHE, reserve_bytes: 0, ..OPTIONS };
    let store = SledStore::open(&disk.data(), options).unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        let mut token = sample::token(acknowledged);
        token.created_by = noise(100_000);
        match commit(&store, token).await {
            Ok(_) => acknowledged += 1,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable { .. }), "nobody knows: {refused}");
    commit(&store, sample::operator(1)).await.expect_err("nothing is written any more");
    assert!(store.health().unwrap_err().starts_with("the store has stopped"));
    let seen = store.all::<Token>().await.unwrap().len();
    assert_eq!(seen as u128, acknowledged, "nobody sees what was not acknowledged");
    drop(store);

    SledStore::open(&disk.data(), options).expect_err("sled needs room to open");
    let larger = Command::new("mount").args(["-o", "remount,size=32m"]).arg(disk.0.path()).status();
    assert!(larger.unwrap().success(), "this test must be able to make a tmpfs larger");
    let store = SledStore::open(&disk.data(), options).unwrap();
    let found = store.all::<Token>().await.unwrap().len() as u128;
    assert!((acknowledged..=acknowledged + 1).contains(&found), "{found} of {acknowledged}");
    commit(&store, sample::operator(1)).await.unwrap();
}
