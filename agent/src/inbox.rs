//! The drop folder: how programs of this machine tell the agent something.
//!
//! A wrapped backup must be able to report while the agent is stopped, being
//! upgraded or not yet started. So it leaves a file, and the agent collects
//! it: at once if it runs, later if it does not.
//!
//! # Contract
//!
//! - [`DropBox::put`] returns once the file is on disk under its final name.
//!   A crash before that leaves nothing that anybody would read.
//! - [`watch`] hands files over in the order of their names, which is that of
//!   their times. A file is deleted only after whoever received it said that it
//!   is stored. A crash in between hands it over twice; what it says has an id
//!   of its own, so that telling it twice is telling it once.
//! - A file that makes no sense is moved to `damaged/` and delays nobody.
//!
//! # Who may write
//!
//! The owner of the folder and its group, which new files inherit. Whoever may
//! write may claim that a backup went well; nobody else can.

mod bell;
mod drop_box;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use remit_proto::convert::report;
use remit_shared::{Answer, Chain, Entry};
use tokio::{
    fs,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::bell::Bell;
pub use self::drop_box::{DropBox, InboxError};

/// How the files of finished letters end.
const SUFFIX: &str = ".report";
/// Where files go that make no sense.
const DAMAGED: &str = "damaged";
/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// Something to be stored, and how to say that it is.
#[derive(Debug)]
pub struct Delivery {
    /// What was found out.
    pub answers: Vec<Answer>,
    /// To be used once the answers are durable. Dropped unused, it means that
    /// they are not, and they will come again.
    pub stored: oneshot::Sender<()>,
}

/// Collects what is dropped into a folder, until told to stop.
pub async fn watch(folder: PathBuf, sender: mpsc::Sender<Delivery>, stop: CancellationToken) {
    let mut bell = Bell::default();
    let mut last_complaint = String::new();
    let work = async {
        loop {
            bell.hang(&folder);
            let (is_left, complaint) = match collect(&folder, &sender).await {
                Ok(is_left) => (is_left, String::new()),
                Err(err) => (true, Chain(&err).to_string()),
            };
            // The next look is the retry; only a new reason is worth a line.
            if !complaint.is_empty() && complaint != last_complaint {
                warn!(folder = %folder.display(), error = complaint, "failed to read the inbox");
            }
            last_complaint = complaint;
            bell.rings(is_left).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

/// Hands over all that is there now, oldest first. Says whether something is
/// left that was not stored.
async fn collect(folder: &Path, sender: &mpsc::Sender<Delivery>) -> io::Result<bool> {
    for name in names(folder)? {
        let path = folder.join(&name);
        let answers = match read(&path).await {
            Ok(answers) => answers,
            // Somebody else tidied up.
            Err(Unreadable::Io(err)) if err.kind() == io::ErrorKind::NotFound => continue,
            Err(Unreadable::Io(err)) => return Err(err),
            Err(Unreadable::Damaged(why)) => {
                warn!(file = %path.display(), why, "moved a damaged file out of the inbox");
                set_aside(folder, &name).await?;
                continue;
            }
        };
        let (stored, is_stored) = oneshot::channel();
        let delivered = sender.send(Delivery { answers, stored }).await.is_ok();
        if !delivered || is_stored.await.is_err() {
            // Whoever refused this one would refuse the others, or worse,
            // take them before it.
            return Ok(true);
        }
        fs::remove_file(&path).await?;
    }
    Ok(false)
}

/// What waits. A small folder of our own is listed sooner than a thread that
/// may wait is woken.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // Nobody has dropped anything yet.
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(err) => return Err(err),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Why a file gives no answers.
enum Unreadable {
    Io(io::Error),
    Damaged(String),
}

impl From<io::Error> for Unreadable {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}

async fn read(path: &Path) -> Result<Vec<Answer>, Unreadable> {
    let about = fs::symlink_metadata(path).await?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(Unreadable::Damaged(format!("it is no file of at most {LARGEST} bytes")));
    }
    let bytes = fs::read(path).await?;
    match report::from_bytes(&bytes).map(|it| it.entry) {
        Ok(Entry::Answers(answers)) => Ok(answers),
        Ok(Entry::Gap { .. }) => Err(Unreadable::Damaged("it declares a gap".into())),
        Err(err) => Err(Unreadable::Damaged(Chain(&err).to_string())),
    }
}

async fn set_aside(folder: &Path, name: &OsString) -> io::Result<()> {
    let damaged = folder.join(DAMAGED);
    fs::create_dir_all(&damaged).await?;
    fs::rename(folder.join(name), damaged.join(name)).await
}
