//! What was written last, one record after the other, in files of its own.
//!
//! sled takes a write apart and wakes its threads for each; a file that is
//! only ever appended to has it in one call and one sync. So a write is
//! acknowledged when it is here, and sled has it later, together with others.
//!
//! There are two files, by turns: while what is in one goes to sled, the other
//! is appended to. A file is begun anew over what it held before, so that a
//! sync finds the room already there.
//!
//! | A record | |
//! |---|---|
//! | 4 bytes | [`MARK`] |
//! | 4 bytes | the length of its body, lowest first, like all numbers here |
//! | 8 bytes | the number of the write |
//! | 4 bytes | CRC-32 of the number and the body |
//! | the body | entries: the lengths of key and value, then both; a length of 0 says that the value goes, others are one more than it is long |
//!
//! # Invariants
//!
//! - Records of a file follow each other by number. What comes behind the last
//!   one is older, or was never acknowledged.
//! - A record that is damaged in front of one that is not is told as damage, and
//!   never taken for the end.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::adapters::sled::{
    bytes::{Reader, put_number},
    log::{LogError, pending::Entry},
};

/// What a record begins with.
const MARK: [u8; 4] = *b"RJ1\n";

/// What stands in front of a body.
const HEAD: usize = 20;

/// How much a file grows by: to write where a file has room already is synced
/// sooner.
const GROWTH: u64 = 256 << 10;

/// How much room for a record is kept in memory.
const KEPT: usize = 64 << 10;

/// The two files that are written by turns.
#[derive(Debug)]
pub(super) struct Journal {
    files: [JournalFile; 2],
    /// Which one is appended to, and where.
    turn: usize,
    at: u64,
    record: Vec<u8>,
}

#[derive(Debug)]
struct JournalFile {
    path: PathBuf,
    file: File,
    len: u64,
}

impl Journal {
    /// Opens the journal of a data folder, which is made if need be; gives what
    /// was written after the write `settled`, in order, and its last number.
    pub(super) fn open(folder: &Path, settled: u64) -> Result<(Self, Vec<Entry>, u64), LogError> {
        let [first, second] =
            ["journal.0", "journal.1"].map(|it| JournalFile::open(folder.join(it)));
        let journal = Self { files: [first?, second?], turn: 0, at: 0, record: Vec::new() };
        let (entries, last) = journal.recover(settled)?;
        Ok((journal, entries, last))
    }

    /// Makes the folder remember its files.
    pub(super) fn sync_names(&self, folder: &Path) -> io::Result<()> {
        for it in &self.files {
            it.file.sync_all()?;
        }
        File::open(folder)?.sync_all()
    }

    fn recover(&self, settled: u64) -> Result<(Vec<Entry>, u64), LogError> {
        let mut runs = Vec::new();
        for it in &self.files {
            let mut bytes = vec![0; it.len as usize];
            it.file.read_exact_at(&mut bytes, 0).map_err(it.failed("read"))?;
            let run = read(&bytes, settled);
            let damaged = |at| LogError::Damaged { path: it.path.clone(), at: at as u64 };
            let run = run.map_err(damaged)?;
            runs.extend(run.filter(|it| it.last > settled));
        }
        runs.sort_by_key(|it| it.first);
        let (mut entries, mut last) = (Vec::new(), settled);
        for run in runs {
            if run.first > last + 1 {
                // What is between them was in the journal, and nowhere else.
                return Err(LogError::Gap { after: last, before: run.first });
            }
            for (_, body) in run.records.into_iter().filter(|it| it.0 > last) {
                entries.extend(body);
            }
            last = run.last;
        }
        Ok((entries, last))
    }

    /// Appends a write and waits until the disk has it.
    pub(super) fn append(&mut self, number: u64, entries: &[Entry]) -> Result<(), LogError> {
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        record.extend_from_slice(&MARK);
        record.extend_from_slice(&[0; HEAD - MARK.len()]);
        for (key, value) in entries {
            put_number(&mut record, key.len() as u128);
            put_number(&mut record, value.as_ref().map_or(0, |it| it.len() as u128 + 1));
            record.extend_from_slice(key);
            record.extend_from_slice(value.as_deref().unwrap_or_default());
        }
        let length = u32::try_from(record.len() - HEAD).map_err(|_| LogError::Torn)?;
        record[4..8].copy_from_slice(&length.to_le_bytes());
        record[8..16].copy_from_slice(&number.to_le_bytes());
        let sum = sum(&record[8..16], &record[HEAD..]);
        record[16..HEAD].copy_from_slice(&sum.to_le_bytes());
        let file = &mut self.files[self.turn];
        let end = self.at + record.len() as u64;
        if end > file.len {
            file.grow(end)?;
        }
        file.file.write_all_at(&record, self.at).map_err(file.failed("write"))?;
        file.file.sync_data().map_err(file.failed("sync"))?;
        self.at = end;
        // One large write is no reason to keep as much.
        record.shrink_to(KEPT);
        self.record = record;
        Ok(())
    }

    /// How long it has become since it was the turn of this file.
    pub(super) fn len(&self) -> u64 {
        self.at
    }

    /// Goes on in the other file, of which nothing is needed any more.
    pub(super) fn turn(&mut self) {
        self.turn = 1 - self.turn;
        self.at = 0;
    }

    /// Gives the room of both files back; nothing of them is needed any more.
    pub(super) fn clear(&mut self) -> Result<(), LogError> {
        self.at = 0;
        for it in &mut self.files {
            it.file.set_len(0).map_err(it.failed("shorten"))?;
            it.len = 0;
        }
        Ok(())
    }
}

impl JournalFile {
    fn open(path: PathBuf) -> Result<Self, LogError> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let found = file.and_then(|it| it.metadata().map(|metadata| (metadata.len(), it)));
        match found {
            Ok((len, file)) => Ok(Self { path, file, len }),
            Err(source) => Err(LogError::File { attempt: "open", path, source }),
        }
    }

    /// Makes room up to some place, and for what comes next.
    fn grow(&mut self, end: u64) -> Result<(), LogError> {
        let len = end + GROWTH;
        let room = vec![0; (len - self.len) as usize];
        self.file.write_all_at(&room, self.len).map_err(self.failed("enlarge"))?;
        self.len = len;
        Ok(())
    }

    fn failed(&self, attempt: &'static str) -> impl FnOnce(io::Error) -> LogError + use<> {
        let path = self.path.clone();
        move |source| LogError::File { attempt, path, source }
    }
}

fn sum(number: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(number);
    hasher.update(body);
    hasher.finalize()
}

/// Records that follow each other.
struct Run {
    first: u64,
    last: u64,
    records: Vec<(u64, Vec<Entry>)>,
}

/// The records that a file begins with, or where it is damaged. What it held before
/// it was begun anew is settled.
fn read(bytes: &[u8], settled: u64) -> Result<Option<Run>, usize> {
    let mut run: Option<Run> = None;
    let mut at = 0;
    while let Some((number, body, end)) = record(&bytes[at..]) {
        if run.as_ref().is_some_and(|it| number != it.last + 1) {
            break;
        }
        let body = entries(body).ok_or(at)?;
        let run = run.get_or_insert(Run { first: number, last: number, records: Vec::new() });
        run.last = number;
        run.records.push((number, body));
        at += end;
    }
    let last = run.as_ref().map_or(settled, |it| it.last.max(settled));
    match later(&bytes[at..], last) {
        true => Err(at),
        false => Ok(run),
    }
}

/// Whether there is a record somewhere that is newer than the last one.
fn later(mut bytes: &[u8], last: u64) -> bool {
    while let Some(at) = bytes.windows(MARK.len()).position(|it| it == MARK) {
        bytes = &bytes[at..];
        if record(bytes).is_some_and(|it| it.0 > last) {
            return true;
        }
        bytes = &bytes[MARK.len()..];
    }
    false
}

/// A record's number and body, and where it ends.
fn record(bytes: &[u8]) -> Option<(u64, &[u8], usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
    let number = u64::from_le_bytes(head[8..16].try_into().ok()?);
    let expected = u32::from_le_bytes(head[16..].try_into().ok()?);
    let body = rest.get(..length)?;
    let is_whole = head.starts_with(&MARK) && sum(&head[8..16], body) == expected;
    is_whole.then_some((number, body, HEAD + length))
}

fn entries(body: &[u8]) -> Option<Vec<Entry>> {
    let (mut reader, mut entries) = (Reader::new(body), Vec::new());
    while !reader.is_at_end() {
        let mut length = || reader.number().ok().and_then(|it| usize::try_from(it).ok());
        let (key, value) = (length()?, length()?);
        let key = reader.take(key).ok()?.to_vec();
        let value = match value.checked_sub(1) {
            Some(length) => Some(reader.take(length).ok()?.into()),
            None => None,
        };
        entries.push((key, value));
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    fn entry(key: &str, value: Option<&str>) -> Entry {
        (key.into(), value.map(|it| it.as_bytes().into()))
    }

    fn open(folder: &Path, settled: u64) -> Result<(Vec<Entry>, u64), LogError> {
        Journal::open(folder, settled).map(|it| (it.1, it.2))
    }

    /// Writes 1 to 3 into one file and 4 to 6 into the other.
    fn six(folder: &Path) -> Journal {
        let (mut journal, ..) = Journal::open(folder, 0).unwrap();
        for number in 1..=6 {
            if number == 4 {
                journal.turn();
            }
            journal.append(number, &[entry(&format!("k{number}"), Some("value"))]).unwrap();
        }
        journal
    }

    #[test]
    fn what_was_written_after_what_is_settled_comes_back_in_order() {
        let folder = TempDir::new().unwrap();
        drop(six(folder.path()));
        for settled in 0..=6 {
            let (entries, last) = open(folder.path(), settled).unwrap();
            let expected: Vec<_> =
                (settled + 1..=6).map(|it| entry(&format!("k{it}"), Some("value"))).collect();
            assert_eq!((entries, last), (expected, 6));
        }
        assert_eq!(open(folder.path(), 9).unwrap(), (vec![], 9), "sled has more");
    }

    #[test]
    fn a_file_that_is_begun_anew_is_not_continued_by_what_it_held() {
        let folder = TempDir::new().unwrap();
        let mut journal = six(folder.path());
        journal.turn();
        assert_eq!(open(folder.path(), 3).unwrap().1, 6);
        journal.append(7, &[entry("k7", None)]).unwrap();
        let (entries, last) = open(folder.path(), 3).unwrap();
        assert_eq!((entries.len(), entries.last(), last), (4, Some(&entry("k7", None)), 7));
    }

    #[test]
    fn a_first_record_that_was_cut_off_over_older_ones_is_the_end() {
        let folder = TempDir::new().unwrap();
        drop(six(folder.path()));
        let path = folder.path().join("journal.0");
        let older = fs::read(&path).unwrap();
        for torn in 1..older.len().min(90) {
            let bytes = [vec![b'x'; torn].as_slice(), &older[torn..]].concat();
            fs::write(&path, bytes).unwrap();
            assert_eq!(open(folder.path(), 3).unwrap().1, 6, "{torn} bytes are of the next");
        }
    }

    #[test]
    fn a_record_that_was_cut_off_is_the_end_and_one_before_others_is_damage() {
        let folder = TempDir::new().unwrap();
        let length = six(folder.path()).len() as usize / 3;
        let path = folder.path().join("journal.1");
        let whole = fs::read(&path).unwrap()[..3 * length].to_vec();
        for cut in 1..length {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            assert_eq!(open(folder.path(), 3).unwrap().1, 5, "{cut} bytes are missing");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            let found = open(folder.path(), 3);
            match at < 2 * length {
                true => assert!(matches!(found, Err(LogError::Damaged { .. })), "at {at}"),
                false => assert_eq!(found.unwrap().1, 5, "nobody can tell at {at}"),
            }
        }
        fs::write(&path, b"").unwrap();
        assert_eq!(open(folder.path(), 3).unwrap().1, 3);
    }

    #[test]
    fn what_is_missing_between_the_files_is_told() {
        let folder = TempDir::new().unwrap();
        drop(six(folder.path()));
        fs::write(folder.path().join("journal.0"), b"").unwrap();
        assert!(matches!(open(folder.path(), 1), Err(LogError::Gap { after: 1, before: 4 })));
        assert_eq!(open(folder.path(), 3).unwrap().1, 6);
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let folder = TempDir::new().unwrap();
            let file = [&MARK, bytes.as_slice()].concat();
            fs::write(folder.path().join("journal.0"), file).unwrap();
            prop_assert_eq!(open(folder.path(), 4).unwrap().1, 4);
        }
    }
}
