//! An alert and the news of it, written once.
//!
//! Most of what is written of an alert is the alert: in its record, and in
//! brief in each entry of the feed that comes with it. The text is the same but
//! for what grows, so it is made once, and what differs is put in its place.

use std::sync::Arc;

use remit_collector_domain::{alert::Alert, effect::FeedEvent};

use super::{
    USUAL,
    alert::{AlertRecordV1, EntryRecordV1},
    form::As,
    notice::NoticeRecordV1,
    put_json,
};

/// The text of an alert in brief.
#[derive(Debug)]
pub(in crate::adapters::sled) struct Brief {
    alert: Arc<Alert>,
    text: Vec<u8>,
}

impl Brief {
    pub(in crate::adapters::sled) fn new(alert: &Arc<Alert>) -> Self {
        let mut text = Vec::with_capacity(USUAL);
        put_json(&mut text, &As::<AlertRecordV1, Alert>::new(alert));
        Self { alert: Arc::clone(alert), text }
    }

    /// Whether it is the text of this very value.
    pub(in crate::adapters::sled) fn is_of(&self, alert: &Arc<Alert>) -> bool {
        Arc::ptr_eq(&self.alert, alert)
    }

    /// The stored form of an entry of the feed with this alert.
    pub(in crate::adapters::sled) fn event(&self, event: &FeedEvent) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.text.len() + USUAL / 4);
        text.extend_from_slice(br#"{"version":"1","is":{"entry":"#);
        put_json(&mut text, &As::<EntryRecordV1, _>::new(&event.entry));
        text.extend_from_slice(br#","alert":"#);
        text.extend_from_slice(&self.text);
        text.extend_from_slice(b"}}");
        text
    }

    /// The stored form of the whole alert, if this is what it is in brief.
    pub(in crate::adapters::sled) fn whole(&self, whole: &Alert, revision: u64) -> Option<Vec<u8>> {
        if !self.alert.is_brief_of(whole) {
            return None;
        }
        let end = format!(r#""timeline":[],"notices":[],"notices_made":{}}}"#, whole.notices_made);
        let begin = self.text.strip_suffix(end.as_bytes())?;
        let mut text = Vec::with_capacity(2 * self.text.len());
        text.extend_from_slice(br#"{"revision":"#);
        put_json(&mut text, &revision);
        text.extend_from_slice(br#","record":{"version":"1","is":"#);
        text.extend_from_slice(begin);
        text.extend_from_slice(br#""timeline":"#);
        put_json(&mut text, &As::<Vec<EntryRecordV1>, _>::new(&whole.timeline));
        text.extend_from_slice(br#","notices":"#);
        put_json(&mut text, &As::<Vec<NoticeRecordV1>, _>::new(&whole.notices));
        text.extend_from_slice(br#","notices_made":"#);
        put_json(&mut text, &whole.notices_made);
        text.extend_from_slice(b"}}}");
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use remit_collector_domain::effect::Effect;

    use super::*;
    use crate::{
        adapters::sled::record::{encode, encode_whole},
        ports::store::{AnyRecord, conformance::sample},
    };

    fn alert() -> Alert {
        sample::alert(1, sample::endpoint_id(1), "/srv \"a\",\"timeline\":[]", 0)
    }

    #[test]
    fn what_is_put_together_is_what_would_be_written() {
        let whole = alert();
        let brief = Brief::new(&Arc::new(whole.brief()));
        let written = encode_whole(&AnyRecord::Alert(Arc::new(whole.clone())), 7);
        assert_eq!(brief.whole(&whole, 7), written);
        let Effect::Publish(mut event) = sample::event(1, 1) else { unreachable!() };
        event.alert = Arc::clone(&brief.alert);
        assert_eq!(brief.event(&event), encode(&*event));
    }

    #[test]
    fn news_of_another_value_do_not_become_the_record() {
        let whole = alert();
        let other = Alert { occurrences: whole.occurrences + 1, ..whole.clone() };
        assert_eq!(Brief::new(&Arc::new(other.brief())).whole(&whole, 7), None);
        assert_eq!(Brief::new(&Arc::new(whole.clone())).whole(&whole, 7), None, "it is not brief");
        assert!(!Brief::new(&Arc::new(whole.brief())).is_of(&Arc::new(whole.brief())));
    }
}
