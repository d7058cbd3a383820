//! A file of `/proc` that stays open.
//!
//! The kernel makes the text anew at every read from the start, so neither the
//! file nor the buffer is ever given back.

use std::{borrow::Cow, fs::File, io, os::unix::fs::FileExt};

use crate::probe::ProbeError;

/// Where a text of the kernel's is taken to have no end.
const LONGEST: usize = 4 << 20;

/// One file, read again and again.
#[derive(Debug)]
pub(super) struct ProcFile {
    path: &'static str,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl ProcFile {
    pub(super) const fn new(path: &'static str) -> Self {
        Self { path, file: None, buffer: Vec::new() }
    }

    /// The whole text as of now.
    pub(super) fn read(&mut self) -> Result<Cow<'_, str>, ProbeError> {
        let length = self.fill().map_err(|source| {
            self.file = None;
            ProbeError::read(self.path, source)
        })?;
        Ok(String::from_utf8_lossy(&self.buffer[..length]))
    }

    fn fill(&mut self) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(File::open(self.path)?),
        };
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length >= LONGEST {
                    return Err(io::Error::from(io::ErrorKind::FileTooLarge));
                }
                self.buffer.resize((length * 2).max(4096), 0);
            }
            match file.read_at(&mut self.buffer[length..], length as u64) {
                Ok(0) => return Ok(length),
                Ok(more) => length += more,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_anew_from_its_start() {
        let mut uptime = ProcFile::new("/proc/uptime");
        for _ in 0..3 {
            assert_eq!(uptime.read().unwrap().split_whitespace().count(), 2);
        }
    }

    #[test]
    fn a_text_longer_than_the_buffer_is_read_to_its_end() {
        let mut maps = ProcFile::new("/proc/self/smaps");
        let text = maps.read().unwrap();
        assert!(text.len() > 4096 && text.ends_with('\n'), "{}", text.len());
    }

    #[test]
    fn a_file_that_is_not_there_is_unsupported() {
        let err = ProcFile::new("/proc/no/such").read().unwrap_err();
        assert_eq!(err.to_string(), "not on this machine: there is no /proc/no/such");
    }
}
