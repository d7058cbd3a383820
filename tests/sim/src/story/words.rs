//! The words of one line, and what is said about a wrong one.

use std::{collections::VecDeque, fmt::Display, str::FromStr};

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::EntryKind,
    matrix::{nearest, parse_length},
};

use crate::story::Matter;

/// How each kind of entry of a timeline is written.
pub const KINDS: [(&str, EntryKind); 27] = [
    ("created", EntryKind::Created),
    ("repeated", EntryKind::Repeated),
    ("severity_changed", EntryKind::SeverityChanged),
    ("routed", EntryKind::Routed),
    ("rerouted", EntryKind::Rerouted),
    ("route_refused", EntryKind::RouteRefused),
    ("rescheduled", EntryKind::Rescheduled),
    ("notified", EntryKind::Notified),
    ("delivery_failed", EntryKind::DeliveryFailed),
    ("no_recipient", EntryKind::NoRecipient),
    ("acknowledged", EntryKind::Acknowledged),
    ("ack_expired", EntryKind::AckExpired),
    ("escalated", EntryKind::Escalated),
    ("handed_off", EntryKind::HandedOff),
    ("blocked", EntryKind::Blocked),
    ("unblocked", EntryKind::Unblocked),
    ("paused", EntryKind::Paused),
    ("resumed", EntryKind::Resumed),
    ("at_risk", EntryKind::AtRisk),
    ("breached", EntryKind::Breached),
    ("suppressed", EntryKind::Suppressed),
    ("unsuppressed", EntryKind::Unsuppressed),
    ("resolved", EntryKind::Resolved),
    ("reopened", EntryKind::Reopened),
    ("disposition_set", EntryKind::DispositionSet),
    ("noise_marked", EntryKind::NoiseMarked),
    ("note_added", EntryKind::NoteAdded),
];

/// How a kind of entry is written.
pub fn kind_word(kind: EntryKind) -> &'static str {
    let known = KINDS.iter().find(|it| it.1 == kind);
    known.map_or("something", |it| it.0)
}

/// The words of a line that were not read yet.
pub(super) struct Words<'a>(VecDeque<&'a str>);

impl<'a> Words<'a> {
    /// Takes a line apart. Text in quotes is one word, a comma is one, too.
    pub(super) fn of(line: &'a str) -> Result<Self, String> {
        let mut words = VecDeque::new();
        let mut rest = line.trim();
        while !rest.is_empty() && !rest.starts_with('#') {
            let end = match rest.strip_prefix('"') {
                Some(quoted) => quoted.find('"').ok_or("a quote is not closed")? + 2,
                None if rest.starts_with(',') => 1,
                None => rest.find([' ', '\t', ',']).unwrap_or(rest.len()),
            };
            let (word, after) = rest.split_at(end);
            words.push_back(word.trim_matches('"'));
            rest = after.trim_start();
        }
        Ok(Self(words))
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.0.front().copied()
    }

    pub(super) fn second(&self) -> Option<&'a str> {
        self.0.get(1).copied()
    }

    pub(super) fn last(&self) -> Option<&'a str> {
        self.0.back().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn next(&mut self, what: &str) -> Result<&'a str, String> {
        self.0.pop_front().ok_or_else(|| format!("{what} is missing at the end of the line"))
    }

    /// Takes a word if it comes next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    /// Takes words that must come next.
    pub(super) fn must(&mut self, words: &str) -> Result<(), String> {
        for word in words.split(' ') {
            let found = self.next(&format!("`{word}`"))?;
            if found != word {
                return Err(format!("`{found}` stands where `{word}` must"));
            }
        }
        Ok(())
    }

    pub(super) fn parse<T: FromStr<Err: Display>>(&mut self, what: &str) -> Result<T, String> {
        self.next(what)?.parse().map_err(|err: T::Err| err.to_string())
    }

    pub(super) fn length(&mut self) -> Result<SignedDuration, String> {
        let text = self.next("a length of time")?;
        parse_length(text).map_err(|err| err.to_string())
    }

    pub(super) fn matter(&mut self) -> Result<Matter, String> {
        let check = self.next("a check")?.to_owned();
        Ok(Matter { check, hostname: self.next("an endpoint")?.to_owned() })
    }

    /// What a line is about if it says so: two words that are none of those
    /// that may come next otherwise.
    pub(super) fn matter_unless(&mut self, others: &[&str]) -> Result<Option<Matter>, String> {
        match self.peek() {
            Some(word) if !others.contains(&word) => self.matter().map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// One of several words, for what it stands for.
    pub(super) fn choose<T: Copy>(&mut self, what: &str, known: &[(&str, T)]) -> Result<T, String> {
        let word = self.next(what)?;
        let found = known.iter().find(|it| it.0 == word).map(|it| it.1);
        found.ok_or_else(|| unknown(word, what, known.iter().map(|it| it.0)))
    }

    pub(super) fn rest(&mut self) -> Vec<&'a str> {
        self.0.drain(..).collect()
    }

    pub(super) fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is one word too many")),
        }
    }
}

/// What is said about a word that nobody knows.
pub(super) fn unknown<'a>(
    word: &'a str,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("`{word}` is not {what}: did you mean `{near}`?"),
        None => {
            let all: Vec<&str> = known.collect();
            format!("`{word}` is not {what}: use one of {}", all.join(", "))
        }
    }
}
