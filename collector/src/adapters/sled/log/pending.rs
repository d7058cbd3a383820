//! What was written and is not in sled yet.
//!
//! It lies over what sled has: whoever reads looks here first. There are two
//! layers, of which the newer one lies above; what goes to sled meanwhile
//! stays in the older one until all of it is there, so that nobody sees
//! half of it.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use sled::IVec;

/// A key, and its value; `None` if it goes.
pub(super) type Entry = (Vec<u8>, Option<IVec>);

/// Values by their keys.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) values: BTreeMap<Vec<u8>, Option<IVec>>,
    bytes: usize,
}

/// The layers, shared between the writer and whoever reads.
#[derive(Debug, Default)]
pub(super) struct Pending(RwLock<Layers>);

#[derive(Debug, Default)]
struct Layers {
    newest: Layer,
    settling: Option<Arc<Layer>>,
    /// The file of values that was appended to last for what is settled.
    values: u64,
}

impl Layer {
    fn put(&mut self, (key, value): Entry) {
        let size = |it: &Option<IVec>| it.as_ref().map_or(0, |it| it.len());
        self.bytes += key.len() + size(&value);
        let length = key.len();
        if let Some(before) = self.values.insert(key, value) {
            self.bytes -= length + size(&before);
        }
    }
}

impl Pending {
    fn read(&self) -> RwLockReadGuard<'_, Layers> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Layers> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a write visible, all of it at once.
    pub(super) fn put(&self, entries: Vec<Entry>) {
        let mut layers = self.write();
        entries.into_iter().for_each(|it| layers.newest.put(it));
    }

    /// How many bytes of keys and values the newest layer has.
    pub(super) fn len(&self) -> usize {
        self.read().newest.bytes
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        let layers = self.read();
        layers.newest.values.is_empty() && layers.settling.is_none()
    }

    /// Begins a new layer and gives what must go to sled now. The one before
    /// must be there.
    pub(super) fn settle(&self) -> Arc<Layer> {
        let mut layers = self.write();
        assert!(layers.settling.is_none(), "what is on its way to sled is not forgotten");
        let layer = Arc::new(std::mem::take(&mut layers.newest));
        layers.settling = Some(Arc::clone(&layer));
        layer
    }

    /// Forgets what is in sled by now, the last of it in this file of values.
    pub(super) fn settled(&self, values: u64) {
        let mut layers = self.write();
        layers.values = values;
        let settled = layers.settling.take();
        drop(layers);
        // Outside the lock: there may be many.
        drop(settled);
    }

    /// The file of values that was appended to last for what is settled: whatever is in
    /// those before it has been seen in sled by now.
    pub(super) fn values(&self) -> u64 {
        self.read().values
    }

    /// What lies over sled's value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        let layers = self.read();
        let settling = || layers.settling.as_ref().and_then(|it| it.values.get(key));
        layers.newest.values.get(key).or_else(settling).cloned()
    }

    /// What lies over sled's values of the keys from one to another, in order.
    pub(super) fn range(&self, keys: &Range<Vec<u8>>) -> Vec<Entry> {
        if keys.is_empty() {
            return Vec::new();
        }
        let layers = self.read();
        let of = |layer: &Layer| -> Vec<Entry> {
            let range = layer.values.range(keys.clone());
            range.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let newest = of(&layers.newest);
        let Some(settling) = &layers.settling else { return newest };
        let mut merged: BTreeMap<_, _> = of(settling).into_iter().collect();
        merged.extend(newest);
        merged.into_iter().collect()
    }
}
