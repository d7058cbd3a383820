//! What only this adapter promises.

use tempfile::TempDir;

use super::*;
use crate::ports::store::conformance;

/// Enough for tests.
pub(super) const CACHE: u64 = 16 << 20;

const OPTIONS: Options = Options { cache_bytes: CACHE, reserve_bytes: 1 << 20 };

#[tokio::test]
async fn conforms() {
    let folders = TempDir::new().unwrap();
    let count = std::cell::Cell::new(0);
    let fresh = async || {
        count.set(count.get() + 1);
        SledStore::open(&folders.path().join(count.get().to_string()), OPTIONS).unwrap()
    };
    conformance::check(fresh).await;
}

#[tokio::test]
async fn conforms_after_reopening() {
    let folders = TempDir::new().unwrap();
    let open = async |name: &str| SledStore::open(&folders.path().join(name), OPTIONS).unwrap();
    conformance::check_durable(open).await;
}
