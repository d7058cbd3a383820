//! One operator's live stream of alerts: `remit watch` writing into a file.
//!
//! The file outlives the process, so a stream that was cut and taken up again
//! at its cursor reads as one.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use super::{
    answers::{self, Change},
    process::Daemon,
    remit::Remit,
    site::Site,
};

/// A stream that is being written down.
pub(super) struct Stream {
    remit: Remit,
    file: PathBuf,
    log: PathBuf,
    watcher: Option<Daemon>,
}

impl Stream {
    /// Starts at the very beginning.
    pub(super) fn open(site: &Site, name: &str, remit: &Remit) -> anyhow::Result<Self> {
        let file = site.folder().join(format!("{name}.stream.jsonl"));
        let log = site.log(&format!("watch-{name}"));
        let mut stream = Self { remit: remit.clone(), file, log, watcher: None };
        stream.watch("0")?;
        Ok(stream)
    }

    /// Cuts the stream where it is.
    pub(super) async fn cut(&mut self) -> anyhow::Result<()> {
        match self.watcher.take() {
            Some(watcher) => watcher.kill().await,
            None => Ok(()),
        }
    }

    /// Goes on after the last line that was written down.
    pub(super) fn resume(&mut self) -> anyhow::Result<()> {
        // The cut may have left half a line; what it said is said again.
        let text = fs::read_to_string(&self.file)?;
        fs::write(&self.file, &text[..text.rfind('\n').map_or(0, |end| end + 1)])?;
        let cursor = self.changes()?.pop().map_or_else(|| "0".to_owned(), |last| last.cursor);
        self.watch(&cursor)
    }

    /// What was written down so far.
    pub(super) fn changes(&self) -> anyhow::Result<Vec<Change>> {
        let text = fs::read_to_string(&self.file)
            .with_context(|| format!("failed to read {}", self.file.display()))?;
        complete_lines(&text).map(|line| answers::one(line.as_bytes())).collect()
    }

    /// The cursors of all events, in the order in which they came.
    pub(super) fn event_cursors(&self) -> anyhow::Result<Vec<String>> {
        let events = self.changes()?.into_iter().filter(|change| change.event.is_some());
        Ok(events.map(|change| change.cursor).collect())
    }

    /// How often an alert had an event of a kind.
    pub(super) fn count(&self, alert: &str, kind: &str) -> anyhow::Result<usize> {
        let matches = |change: &&Change| {
            change.event.as_ref().is_some_and(|event| event.kind == kind)
                && change.alert.as_ref().is_some_and(|it| it.alert_id == alert)
        };
        Ok(self.changes()?.iter().filter(matches).count())
    }

    fn watch(&mut self, cursor: &str) -> anyhow::Result<()> {
        let mut command = self.remit.command();
        command.args(["--json", "watch", "--from", cursor]);
        let watcher = Daemon::start_into("remit watch", &self.file, &self.log, &mut command)?;
        self.watcher = Some(watcher);
        Ok(())
    }
}

/// The lines of a file that is being written; the last may be half a line.
fn complete_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_is_not_read() {
        let lines: Vec<_> = complete_lines("one\ntwo\nthr").collect();
        assert_eq!(lines, ["one", "two"]);
    }
}
