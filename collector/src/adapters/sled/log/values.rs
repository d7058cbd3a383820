//! Long values of history, in files of their own.
//!
//! A sealed piece of history never changes, and goes as a whole when it is old.
//! In sled it would be written anew with its neighbours, and the room that it
//! leaves would come back late. So sled has only where it is ([`lists`](super::lists)).
//!
//! Values are appended to the file with the highest number; the next one is
//! begun when that is long enough. A file goes when hardly anything in it is
//! still asked for: what is, is written once more before that.
//!
//! | A record | |
//! |---|---|
//! | 4 bytes | the length of its body, lowest first |
//! | 4 bytes | CRC-32 of the body |
//! | the body | the length of the key, the key, and the value as sled would have it |
//!
//! # Invariants
//!
//! - Files have been synced to the end that sled knows ([`VALUES`]) before sled
//!   says that it has a write with something in them. What comes behind that end is
//!   of a write that did not get there, and is cut off when the folder is opened.
//! - What sled knows of in a file never changes, and no file before the newest one is
//!   ever begun again.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::adapters::sled::{
    bytes::{Reader, put_number},
    keys::{Key, Meta},
    log::{
        LogError,
        place::{HEAD, Place},
    },
    record::{decode, encode},
};

/// What the names of the files begin with.
const NAME: &str = "values.";

/// Where the newest file ends.
pub(in crate::adapters::sled) const VALUES: Key = Key::Meta(Meta::Values);

/// The kind of key whose values are kept here.
pub(super) const KIND: u8 = b'h';

/// Shorter values stay in sled; bytes. Pieces that will be joined are mostly shorter.
const LONG: usize = 512;

/// So much is gathered before it is handed to the operating system.
const TOGETHER: usize = 256 << 10;

/// Where a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileEnd {
    file: u64,
    at: u64,
}

/// The files, open for more.
#[derive(Debug)]
pub(super) struct ValueFiles {
    folder: PathBuf,
    /// How long a file becomes.
    most: u64,
    end: FileEnd,
    /// The newest one, unless it has nothing yet.
    file: Option<File>,
    /// What it has not been given yet.
    gathered: Vec<u8>,
    is_synced: bool,
}

impl FileEnd {
    const NOTHING: Self = Self { file: 1, at: 0 };

    fn parse(value: &[u8]) -> Option<Self> {
        let (file, at) = decode(value).ok()?;
        Some(Self { file, at })
    }
}

/// Whether a value is kept in a file.
pub(super) fn is_filed(key: &[u8], value: &[u8]) -> bool {
    value.len() >= LONG && is_of_history(key)
}

/// Whether values of a key can be in files.
pub(super) fn is_of_history(key: &[u8]) -> bool {
    key.starts_with(&Key::prefix(KIND))
}

impl ValueFiles {
    /// Opens those of a data folder, which end where sled says, and cuts off what is
    /// behind that. A new one is begun when one has become so long.
    pub(super) fn open(folder: &Path, known: Option<&[u8]>, most: u64) -> Result<Self, LogError> {
        let end = known.map_or(Some(FileEnd::NOTHING), FileEnd::parse).ok_or(LogError::Torn)?;
        for later in numbers(folder)?.into_iter().filter(|it| *it > end.file) {
            remove(folder, later)?;
        }
        let path = path(folder, end.file);
        let failed = |attempt| failed(attempt, &path);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => Some(file),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound && end.at == 0 => None,
            Err(source) => return Err(failed("open")(source)),
        };
        if let Some(file) = &file {
            let length = file.metadata().map_err(failed("open"))?.len();
            if length < end.at {
                return Err(LogError::Damaged { path, at: length });
            }
            if length > end.at {
                file.set_len(end.at).map_err(failed("shorten"))?;
            }
        }
        let (folder, gathered) = (folder.to_owned(), Vec::new());
        Ok(Self { folder, most, end, file, gathered, is_synced: true })
    }

    /// Adds a value; gives where it will be. Whoever looks there before it is handed over
    /// does not find it, and looks again.
    pub(super) fn append(&mut self, key: &[u8], value: &[u8]) -> Result<Place, LogError> {
        if self.end.at >= self.most {
            self.sync()?;
            self.file = None;
            self.end = FileEnd { file: self.end.file + 1, at: 0 };
        }
        let mut body = Vec::with_capacity(key.len() + value.len() + 1);
        put_number(&mut body, key.len() as u128);
        body.extend_from_slice(key);
        body.extend_from_slice(value);
        let length = u32::try_from(body.len()).map_err(|_| LogError::Torn)?;
        self.gathered.extend_from_slice(&length.to_le_bytes());
        self.gathered.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        self.gathered.extend_from_slice(&body);
        let place = Place { file: self.end.file, at: self.end.at, length: body.len() as u64 };
        self.end.at += HEAD + place.length;
        self.is_synced = false;
        if self.gathered.len() >= TOGETHER {
            self.hand_over()?;
        }
        Ok(place)
    }

    fn hand_over(&mut self) -> Result<(), LogError> {
        let path = path(&self.folder, self.end.file);
        if self.file.is_none() {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
            self.file = Some(file.map_err(failed("begin", &path))?);
            let folder = File::open(&self.folder).and_then(|it| it.sync_all());
            folder.map_err(failed("begin", &path))?;
        }
        let at = self.end.at - self.gathered.len() as u64;
        let written = self.file.as_ref().map_or(Ok(()), |it| it.write_all_at(&self.gathered, at));
        written.map_err(failed("write", &path))?;
        self.gathered.clear();
        Ok(())
    }

    /// Waits until the disk has all of it.
    pub(super) fn sync(&mut self) -> Result<(), LogError> {
        if !self.is_synced {
            self.hand_over()?;
            self.gathered.shrink_to(TOGETHER);
            let path = path(&self.folder, self.end.file);
            self.file.as_ref().map_or(Ok(()), File::sync_data).map_err(failed("sync", &path))?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// The file that is appended to.
    pub(super) fn newest(&self) -> u64 {
        self.end.file
    }

    /// What sled must know.
    pub(super) fn end(&self) -> Vec<u8> {
        encode(&(self.end.file, self.end.at))
    }
}

/// Reads the value of a key where it is.
pub(super) fn read(folder: &Path, key: &[u8], place: Place) -> Result<Vec<u8>, LogError> {
    let path = path(folder, place.file);
    let damaged = || LogError::Damaged { path: path.clone(), at: place.at };
    let file = File::open(&path).map_err(failed("open", &path))?;
    let length = file.metadata().map_err(failed("read", &path))?.len();
    let end = place.at.checked_add(HEAD).and_then(|it| it.checked_add(place.length));
    if end.is_none_or(|it| it > length) {
        return Err(damaged());
    }
    let mut record = vec![0; (HEAD + place.length) as usize];
    file.read_exact_at(&mut record, place.at).map_err(failed("read", &path))?;
    let (head, body) = record.split_at(HEAD as usize);
    let is_whole = head[..4] == (place.length as u32).to_le_bytes()
        && head[4..] == crc32fast::hash(body).to_le_bytes();
    let value = is_whole.then(|| split(body)).flatten().filter(|it| it.0 == key);
    value.map(|it| it.1.to_vec()).ok_or_else(damaged)
}

/// A key and its value.
pub(super) fn split(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::new(body);
    let length = usize::try_from(reader.number().ok()?).ok()?;
    let key = reader.take(length).ok()?;
    Some((key, reader.rest()))
}

/// The numbers of the files that there are, in order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>, LogError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(failed("look into", folder))?;
    let names = entries.into_iter().filter_map(|it| it.file_name().into_string().ok());
    let numbers = names.filter_map(|it| it.strip_prefix(NAME)?.parse().ok());
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Takes a file away.
pub(super) fn remove(folder: &Path, number: u64) -> Result<(), LogError> {
    let path = path(folder, number);
    fs::remove_file(&path).map_err(failed("remove", &path))
}

pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{NAME}{number}"))
}

pub(super) fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
    let path = path.to_owned();
    move |source| LogError::File { attempt, path, source }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const MOST: u64 = 100;

    fn open(folder: &Path, end: &[u8]) -> Result<ValueFiles, LogError> {
        ValueFiles::open(folder, Some(end), MOST)
    }

    /// Three values, two of which make a file.
    fn three(folder: &Path) -> ([Place; 3], ValueFiles) {
        let mut files = ValueFiles::open(folder, None, MOST).unwrap();
        let places = [1, 2, 3].map(|it| files.append(&[b'k', it], &[it; 50]).unwrap());
        files.sync().unwrap();
        (places, files)
    }

    #[test]
    fn what_is_written_is_found_where_it_was_said_to_be() {
        let folder = TempDir::new().unwrap();
        let (places, files) = three(folder.path());
        assert_eq!(numbers(folder.path()).unwrap(), [1, 2]);
        let mut files = open(folder.path(), &files.end()).unwrap();
        let more = files.append(b"k4", &[4; 600_000]).unwrap();
        files.sync().unwrap();
        for (place, nth) in places.into_iter().zip(1..) {
            assert_eq!(read(folder.path(), &[b'k', nth], place).unwrap(), [nth; 50]);
        }
        assert_eq!(more.file, 2);
        assert_eq!(read(folder.path(), b"k4", more).unwrap(), [4; 600_000]);
    }

    #[test]
    fn what_sled_does_not_know_of_is_cut_off_and_written_over() {
        let folder = TempDir::new().unwrap();
        let (places, mut files) = three(folder.path());
        let known = files.end();
        for nth in 4..20 {
            files.append(&[b'k', nth], &[nth; 50]).unwrap();
        }
        files.sync().unwrap();
        assert!(numbers(folder.path()).unwrap().len() > 5);
        let mut files = open(folder.path(), &known).unwrap();
        assert_eq!(numbers(folder.path()).unwrap(), [1, 2]);
        let other = files.append(b"other", b"value").unwrap();
        files.sync().unwrap();
        assert_eq!(read(folder.path(), b"k\x03", places[2]).unwrap(), [3; 50]);
        assert_eq!(read(folder.path(), b"other", other).unwrap(), b"value");
    }

    #[test]
    fn a_file_that_ends_too_early_or_is_gone_is_told() {
        let folder = TempDir::new().unwrap();
        let (_, files) = three(folder.path());
        let path = path(folder.path(), 2);
        let length = fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(length - 1).unwrap();
        let told = open(folder.path(), &files.end()).unwrap_err();
        assert!(matches!(told, LogError::Damaged { at, .. } if at == length - 1), "{told}");
        fs::remove_file(&path).unwrap();
        let told = open(folder.path(), &files.end()).unwrap_err();
        assert!(told.to_string().contains("values.2"), "{told}");
    }

    #[test]
    fn whatever_is_damaged_is_told_by_its_file_and_place() {
        let folder = TempDir::new().unwrap();
        let (places, _) = three(folder.path());
        let path = path(folder.path(), 1);
        let whole = fs::read(&path).unwrap();
        let second = places[1].at as usize;
        for at in second..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            let told = read(folder.path(), b"k\x02", places[1]).unwrap_err();
            let is_right = |it: &LogError| matches!(it, LogError::Damaged { path: of, at } if *of == path && *at == places[1].at);
            assert!(is_right(&told), "{told}");
            assert_eq!(read(folder.path(), b"k\x01", places[0]).unwrap(), [1; 50]);
        }
        fs::write(&path, &whole).unwrap();
        let elsewhere = [
            Place { at: u64::MAX, ..places[1] },
            Place { length: u64::MAX, ..places[1] },
            Place { at: 1, ..places[1] },
            places[0],
        ];
        for place in elsewhere {
            let told = read(folder.path(), b"k\x02", place).unwrap_err();
            assert!(matches!(told, LogError::Damaged { .. }), "{told}");
        }
    }
}
