//! The event log of this machine, as the backup probe asks it.
//!
//! Wine, on which this was run, has the call and no event log behind it. What
//! a real service answers is by its documentation.

use std::io;

use super::super::call::event_log::query;
use crate::probe::backup::events::log::{EventLog, LogError, Question, Select};

/// Access is denied.
const DENIED: i32 = 5;
/// The call is not implemented, or not here: Wine's answers.
const NOT_HERE: [i32; 3] = [50, 120, 127];
/// There is no channel of this name.
const NO_CHANNEL: i32 = 15_007;

/// Asks the event log service.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WindowsEventLog;

impl EventLog for WindowsEventLog {
    fn read(&mut self, question: &Question<'_>) -> Result<Vec<String>, LogError> {
        let newest_first = question.select == Select::Newest;
        query(question.channel, &question.xpath(), newest_first, question.most)
            .map_err(|err| explain(question.channel, &err))
    }
}

fn explain(channel: &str, err: &io::Error) -> LogError {
    let channel = channel.to_owned();
    match err.raw_os_error() {
        Some(NO_CHANNEL) => LogError::NoChannel(channel),
        Some(DENIED) => LogError::NoPermission(channel),
        Some(code) if NOT_HERE.contains(&code) => LogError::Unsupported(err.to_string()),
        // Wine says no without saying why.
        Some(0) => LogError::Unsupported("it does not say why".into()),
        Some(_) | None => LogError::Failed { channel, said: err.to_string() },
    }
}
