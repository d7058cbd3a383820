//! The newest entries of a numbered list that only grows at its end.
//!
//! # Invariants
//!
//! - Entries are held without holes: the last one's cursor is [`Journal::end`].
//! - [`Journal::after`] gives a complete answer or none.

use std::collections::VecDeque;

/// The newest entries, each with a cursor that counts upwards from 1.
#[derive(Debug)]
pub(crate) struct Journal<T> {
    entries: VecDeque<T>,
    end: u64,
    /// The entry before the oldest that exists anywhere.
    forgotten: u64,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), end: 0, forgotten: 0 }
    }
}

impl<T: Clone> Journal<T> {
    /// A list that goes on after `end`, and of which nothing is in memory.
    pub(crate) fn going_on_after(end: u64) -> Self {
        Self { entries: VecDeque::new(), end, forgotten: 0 }
    }

    /// The newest cursor; 0 if there never was an entry.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Adds an entry. One that does not follow the last begins the list anew.
    pub(crate) fn append(&mut self, cursor: u64, entry: T) {
        if cursor != self.end + 1 {
            self.entries.clear();
        }
        self.entries.push_back(entry);
        self.end = cursor;
    }

    /// The entries after a cursor, oldest first; `None` if some of them are
    /// not in memory.
    pub(crate) fn after(&self, cursor: u64, limit: usize) -> Option<Vec<(u64, T)>> {
        let before_first = self.end - self.entries.len() as u64;
        let cursor = cursor.max(self.forgotten);
        if cursor < before_first {
            return None;
        }
        let skip = usize::try_from(cursor - before_first).unwrap_or(usize::MAX);
        let rest = self.entries.iter().skip(skip).take(limit);
        Some((cursor + 1..).zip(rest.cloned()).collect())
    }

    /// Keeps at most so many entries in memory; the others exist elsewhere.
    pub(crate) fn trim(&mut self, keep: usize) {
        let surplus = self.entries.len().saturating_sub(keep);
        self.entries.drain(..surplus);
    }

    /// Forgets the entries at the beginning for which `is_old` holds.
    pub(crate) fn forget(&mut self, is_old: impl Fn(&T) -> bool) {
        let old = self.entries.iter().take_while(|it| is_old(it)).count();
        self.entries.drain(..old);
        self.forgotten = self.forgotten.max(self.end - self.entries.len() as u64);
    }

    /// Notes that there is nothing up to and including a cursor any more.
    pub(crate) fn forget_through(&mut self, cursor: u64) {
        self.forgotten = self.forgotten.max(cursor.min(self.end));
        let before_first = self.end - self.entries.len() as u64;
        let surplus = usize::try_from(self.forgotten.saturating_sub(before_first));
        self.entries.drain(..surplus.unwrap_or(usize::MAX).min(self.entries.len()));
    }
}
