//! The event log, as far as it is asked.
//!
//! # Contract
//!
//! - [`EventLog::read`] gives the XML of events of one log, oldest first, of
//!   those that the question selects the first `most`.
//! - A log that does not exist, one that may not be read and one without
//!   events are three different answers.

use jiff::Timestamp;

/// Reads the logs of this machine.
pub trait EventLog: Send {
    /// The events that a question selects, each as XML.
    fn read(&mut self, question: &Question<'_>) -> Result<Vec<String>, LogError>;
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The log.
    pub channel: &'a str,
    /// Whose events; everybody's if `None`.
    pub provider: Option<&'a str>,
    /// Which of them.
    pub select: Select,
    /// How many at most.
    pub most: usize,
}

/// Which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// Those with a higher record number.
    After(u64),
    /// The one with this record number.
    Only(u64),
    /// Those that were written then or later.
    Since(Timestamp),
    /// The last one.
    Newest,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// This machine has no such log.
    #[error("there is no event log `{0}`")]
    NoChannel(String),
    /// We may not read it.
    #[error("the event log `{0}` may not be read")]
    NoPermission(String),
    /// This system has no event log of this kind.
    #[error("this system has no event log: {0}")]
    Unsupported(String),
    /// Reading failed.
    #[error("the event log `{channel}` cannot be read: {said}")]
    Failed {
        /// The log.
        channel: String,
        /// What the system says.
        said: String,
    },
}

impl Question<'_> {
    /// The question in the event log's own language. Names that come from an
    /// adapter hold no quotes; [`Select::Newest`] is a matter of direction.
    pub fn xpath(&self) -> String {
        let select = match self.select {
            Select::After(record) => Some(format!("(EventRecordID > {record})")),
            Select::Only(record) => Some(format!("(EventRecordID = {record})")),
            Select::Since(at) => {
                // Windows knows milliseconds here, and no more digits.
                let at = at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
                Some(format!("TimeCreated[@SystemTime >= '{at}']"))
            }
            Select::Newest => None,
        };
        let provider = self.provider.map(|it| format!("Provider[@Name='{it}']"));
        let conditions: Vec<_> = provider.into_iter().chain(select).collect();
        if conditions.is_empty() {
            return "*".into();
        }
        format!("*[System[{}]]", conditions.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_asked_in_the_logs_own_language() {
        let at = "2026-11-29T20:00:00.1234567Z".parse().unwrap();
        for (provider, select, expected) in [
            (
                Some("Veeam MP"),
                Select::After(7),
                "*[System[Provider[@Name='Veeam MP'] and (EventRecordID > 7)]]",
            ),
            (None, Select::Only(7), "*[System[(EventRecordID = 7)]]"),
            (
                None,
                Select::Since(at),
                "*[System[TimeCreated[@SystemTime >= '2026-11-29T20:00:00.123Z']]]",
            ),
            (None, Select::Newest, "*"),
            (Some("B"), Select::Newest, "*[System[Provider[@Name='B']]]"),
        ] {
            let question = Question { channel: "x", provider, select, most: 1 };
            assert_eq!(question.xpath(), expected);
        }
    }
}
