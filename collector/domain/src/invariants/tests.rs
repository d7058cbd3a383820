use jiff::Timestamp;
use remit_shared::TokenId;

use super::*;
use crate::effect::{AuditEntry, RecordKey};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(60 * minute).unwrap()
}

fn owed(at: Timestamp) -> (EffectKey, Effect) {
    let record = RecordKey::Token(TokenId::from_uuid(uuid::Uuid::nil()));
    let entry = AuditEntry {
        at,
        tenant: None,
        actor: "remit".into(),
        action: "token.create".into(),
        object: String::new(),
        detail: String::new(),
    };
    (EffectKey { record, revision: 1, position: 0 }, Effect::Audit(entry))
}

#[test]
fn what_is_owed_for_long_is_named_unless_nobody_was_there() {
    let (key, effect) = owed(at(0));
    assert_eq!(of_owed(&key, &effect, at(0), at(5)), None);
    let found = of_owed(&key, &effect, at(0), at(6)).unwrap();
    let told = "effect: token tok_00000000000000000000000000000000: \
                an entry of the audit trail is owed since 1970-01-01T00:00:00Z";
    assert_eq!(found.to_string(), told);
    assert_eq!(of_owed(&key, &effect, at(3), at(6)), None, "the collector came back at 3");
}

#[test]
fn every_invariant_has_a_word_of_its_own() {
    let mut words = Invariant::ALL.map(Invariant::as_str).to_vec();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Invariant::ALL.len());
}
