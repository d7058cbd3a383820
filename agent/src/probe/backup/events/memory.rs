//! What was told, on disk: a bookmark per log and a story per product.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use remit_runtime::files::{self, WriteError};
use remit_shared::{RunId, RunResult};
use serde::{Deserialize, Serialize};

use super::{
    story::{Closed, Open, Story},
    xml::Event,
};

/// What is remembered from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// The last event that was heard, by channel and provider.
    pub(super) marks: BTreeMap<String, Mark>,
    /// What is known, by product.
    pub(super) stories: BTreeMap<String, Story>,
}

/// An event that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its record number.
    pub(super) record: u64,
    /// When it was written; a log that was made anew has another event there.
    pub(super) at: Timestamp,
}

impl Mark {
    pub(super) fn of(event: &Event) -> Self {
        Self { record: event.record, at: event.at }
    }
}

/// Why nothing is remembered.
#[derive(Debug, thiserror::Error)]
pub(super) enum MemoryError {
    #[error("failed to read {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The memory as stored.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version", deny_unknown_fields)]
enum MemoryRecord {
    #[serde(rename = "1")]
    V1 { marks: BTreeMap<String, MarkRecordV1>, stories: BTreeMap<String, StoryRecordV1> },
}

#[derive(Serialize, Deserialize)]
struct MarkRecordV1 {
    record: u64,
    at: Moment,
}

#[derive(Serialize, Deserialize)]
struct StoryRecordV1 {
    jobs: BTreeMap<String, bool>,
    open: Vec<OpenRecordV1>,
    closed: Vec<ClosedRecordV1>,
}

#[derive(Serialize, Deserialize)]
struct OpenRecordV1 {
    key: String,
    run_id: String,
    job: Option<String>,
    started_at: Option<Moment>,
    objects: BTreeMap<String, (String, String)>,
    remarks: Vec<(String, String)>,
    touched: Moment,
}

#[derive(Serialize, Deserialize)]
struct ClosedRecordV1 {
    key: String,
    run_id: String,
    started_at: Option<Moment>,
    ended_at: Moment,
    result: String,
    weak: bool,
}

/// A time as text.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Moment(Timestamp);

impl TryFrom<String> for Moment {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl From<Moment> for String {
    fn from(Moment(at): Moment) -> Self {
        at.to_string()
    }
}

impl Memory {
    /// What was remembered; `None` where nothing ever was. A file that makes
    /// no sense is moved aside and given as the error in `Ok`'s place: what it
    /// forgot is heard again, and told once by its ids.
    pub(super) fn read(path: &Path) -> Result<Result<Option<Self>, PathBuf>, MemoryError> {
        let failed = |source| MemoryError::Read { path: path.to_owned(), source };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Ok(None)),
            Err(source) => return Err(failed(source)),
        };
        let record = serde_json::from_slice::<MemoryRecord>(&bytes).ok();
        if let Some(memory) = record.and_then(Self::from_record) {
            return Ok(Ok(Some(memory)));
        }
        let aside = path.with_extension("damaged");
        fs::rename(path, &aside).map_err(failed)?;
        Ok(Err(aside))
    }

    /// Remembers it. Once this returns, a crash forgets nothing.
    pub(super) fn write(&self, path: &Path) -> Result<(), MemoryError> {
        let bytes = serde_json::to_vec(&self.to_record()).map_err(|err| MemoryError::Read {
            path: path.to_owned(),
            source: io::Error::other(err),
        })?;
        Ok(files::write_private(path, &bytes)?)
    }

    fn to_record(&self) -> MemoryRecord {
        let mark = |it: &Mark| MarkRecordV1 { record: it.record, at: Moment(it.at) };
        MemoryRecord::V1 {
            marks: self.marks.iter().map(|(key, it)| (key.clone(), mark(it))).collect(),
            stories: self.stories.iter().map(|(key, it)| (key.clone(), story(it))).collect(),
        }
    }

    fn from_record(MemoryRecord::V1 { marks, stories }: MemoryRecord) -> Option<Self> {
        let mark = |it: MarkRecordV1| Mark { record: it.record, at: it.at.0 };
        let stories = stories.into_iter().map(|(key, it)| Some((key, to_story(it)?)));
        Some(Self {
            marks: marks.into_iter().map(|(key, it)| (key, mark(it))).collect(),
            stories: stories.collect::<Option<_>>()?,
        })
    }
}

fn story(story: &Story) -> StoryRecordV1 {
    let word = |it: &(RunResult, String)| (it.0.to_string(), it.1.clone());
    let open = |it: &Open| OpenRecordV1 {
        key: it.key.clone(),
        run_id: it.run_id.to_string(),
        job: it.job.clone(),
        started_at: it.started_at.map(Moment),
        objects: it.objects.iter().map(|(name, it)| (name.clone(), word(it))).collect(),
        remarks: it.remarks.iter().map(word).collect(),
        touched: Moment(it.touched),
    };
    let closed = |it: &Closed| ClosedRecordV1 {
        key: it.key.clone(),
        run_id: it.run_id.to_string(),
        started_at: it.started_at.map(Moment),
        ended_at: Moment(it.ended_at),
        result: it.result.to_string(),
        weak: it.weak,
    };
    StoryRecordV1 {
        jobs: story.jobs.clone(),
        open: story.open.iter().map(open).collect(),
        closed: story.closed.iter().map(closed).collect(),
    }
}

fn to_story(record: StoryRecordV1) -> Option<Story> {
    let word = |(result, said): (String, String)| Some((result.parse::<RunResult>().ok()?, said));
    let run_id = |it: &str| it.parse::<RunId>().ok();
    let open = |it: OpenRecordV1| {
        let objects = it.objects.into_iter().map(|(name, it)| Some((name, word(it)?)));
        Some(Open {
            run_id: run_id(&it.run_id)?,
            objects: objects.collect::<Option<_>>()?,
            remarks: it.remarks.into_iter().map(word).collect::<Option<_>>()?,
            key: it.key,
            job: it.job,
            started_at: it.started_at.map(|it| it.0),
            touched: it.touched.0,
        })
    };
    let closed = |it: ClosedRecordV1| {
        Some(Closed {
            run_id: run_id(&it.run_id)?,
            result: it.result.parse().ok()?,
            key: it.key,
            started_at: it.started_at.map(|it| it.0),
            ended_at: it.ended_at.0,
            weak: it.weak,
        })
    };
    Some(Story {
        jobs: record.jobs,
        open: record.open.into_iter().map(open).collect::<Option<_>>()?,
        closed: record.closed.into_iter().map(closed).collect::<Option<_>>()?,
    })
}
