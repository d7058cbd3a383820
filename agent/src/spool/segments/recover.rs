//! What a folder of segments still holds, when it is opened.
//!
//! Holes in the middle need nothing: places tell them. Only the end of a
//! stream's last segment can be cut short without a trace, so what is damaged
//! there is put aside, counted as far as it can be, and cut off.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use remit_agent_domain::spool::Block;
use remit_shared::Stream;
use tracing::warn;

use crate::spool::{
    SpoolError,
    segments::{frame, meta::PlacesV1},
};

/// What both streams still hold.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) events: Recovered,
    pub(super) metrics: Recovered,
}

/// What one stream still holds.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub(super) blocks: Vec<Block>,
    /// The lowest place that no file has ever used, or 0 if there are no files.
    pub(super) next: u64,
    empty: Vec<PathBuf>,
}

impl Recovered {
    /// The places, where nobody remembers them: all that is here waits.
    pub(super) fn places(&self) -> PlacesV1 {
        let first = self.blocks.first().map_or(self.next, |it| it.first);
        let base = first.saturating_sub(1);
        PlacesV1 { base, acked: base, next: self.next, known: 0 }
    }
}

impl Folder {
    pub(super) fn is_blank(&self) -> bool {
        self.events.next == 0 && self.metrics.next == 0
    }

    /// Deletes files that hold nothing, once their names are not needed.
    pub(super) fn delete_empty(self) -> Result<(), SpoolError> {
        for path in self.events.empty.into_iter().chain(self.metrics.empty) {
            fs::remove_file(&path).map_err(|err| SpoolError::io("delete", path, err))?;
        }
        Ok(())
    }
}

pub(super) fn recover(folder: &Path) -> Result<Folder, SpoolError> {
    let mut segments = list(folder)?;
    segments.sort();
    let mut found = Folder::default();
    for (index, (stream, first, path)) in segments.iter().enumerate() {
        let is_last = segments.get(index + 1).is_none_or(|it| it.0 != *stream);
        let lane = match stream {
            Stream::Events => &mut found.events,
            Stream::Metrics => &mut found.metrics,
        };
        examine(lane, *first, path, is_last)?;
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<(Stream, u64, PathBuf)>, SpoolError> {
    let io = |err| SpoolError::io("list", folder.to_owned(), err);
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let parsed = name.to_str().and_then(|name| {
            let (stream, first) = name.strip_suffix(".seg")?.split_once('-')?;
            Some((stream.parse().ok()?, first.parse().ok()?))
        });
        if let Some((stream, first)) = parsed {
            segments.push((stream, first, entry.path()));
        } else if name.to_str().is_some_and(|it| it.starts_with('.') && it.ends_with(".tmp")) {
            // It was to replace a file when the process ended; that is still there.
            let gone = fs::remove_file(entry.path());
            gone.map_err(|err| SpoolError::io("delete", entry.path(), err))?;
        }
    }
    Ok(segments)
}

fn examine(lane: &mut Recovered, first: u64, path: &Path, is_last: bool) -> Result<(), SpoolError> {
    let bytes = fs::read(path).map_err(|err| SpoolError::io("read", path.to_owned(), err))?;
    let (mut at, mut end, mut last) = (0, 0, first.saturating_sub(1));
    let (mut newest, mut records, mut packed) = (Timestamp::MIN, 0_u64, false);
    while at < bytes.len() {
        match frame::read(&bytes, at) {
            Some((frame, next)) if frame.place > last => {
                (at, end, last) = (next, next, frame.place);
                newest = newest.max(frame.at);
                records += 1;
                packed |= frame.packed;
            }
            Some(_) | None => match frame::find(&bytes, at, last) {
                Some(next) => {
                    let length = next - at;
                    warn!(path = %path.display(), at, length, "damaged records");
                    at = next;
                }
                None => break,
            },
        }
    }
    if end < bytes.len() {
        let lost = frame::count(&bytes, end, last);
        let length = bytes.len() - end;
        warn!(path = %path.display(), at = end, length, lost, "damaged end of a segment");
        if is_last || records == 0 {
            set_aside(path, &bytes[end..])?;
            shorten(path, end as u64)?;
        }
        lane.next = last.saturating_add(lost).saturating_add(1);
    } else {
        lane.next = last.saturating_add(1);
    }
    if records == 0 {
        lane.empty.push(path.to_owned());
    } else {
        // The first frame may be damaged; the name still tells its place.
        lane.blocks.push(Block { first, last, bytes: end as u64, newest, packed });
    }
    Ok(())
}

fn set_aside(path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("damaged-{name}"));
    let written = fs::write(&aside, bytes).map_err(|err| SpoolError::io("write", aside, err));
    match written {
        // It is for people; without room for it we go on.
        Err(SpoolError::NoSpace { .. }) => Ok(()),
        done => done,
    }
}

fn shorten(path: &Path, end: u64) -> Result<(), SpoolError> {
    let cut = |file: File| file.set_len(end).and_then(|()| file.sync_all());
    let done = OpenOptions::new().write(true).open(path).and_then(cut);
    done.map_err(|err| SpoolError::io("shorten", path.to_owned(), err))
}
