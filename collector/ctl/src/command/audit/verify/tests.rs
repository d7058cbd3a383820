use remit_collector_domain::audit::Chains;

use super::*;

fn trail(count: u64) -> Vec<Sealed> {
    let mut chains = Chains::default();
    let entries = (0..count).map(|n| {
        let entry = AuditEntry {
            at: jiff::Timestamp::from_second(n as i64).unwrap(),
            tenant: Some("acme".parse().unwrap()),
            actor: "opr_1 ann".into(),
            action: "alert.note".into(),
            object: format!("alr_{n}"),
            detail: String::new(),
        };
        chains.append(entry, false, |it| Sha256::digest(it).into())
    });
    entries.collect()
}

fn verdict(entries: &[Sealed], anchor: Head, end: Head, known: &[Known]) -> Verdict {
    let mut reading = Reading::new(anchor, known);
    entries.iter().for_each(|it| reading.next(it));
    reading.finish("acme".into(), &end)
}

fn at(entries: &[Sealed], seq: usize) -> Head {
    entries
        .get(seq.wrapping_sub(1))
        .map_or_else(Head::default, |it| Head { seq: it.seq, hash: it.hash })
}

#[test]
fn a_chain_verifies_also_without_what_was_forgotten() {
    let entries = trail(9);
    for forgotten in [0, 4, 9] {
        let rest = &entries[forgotten..];
        let found = verdict(rest, at(&entries, forgotten), at(&entries, 9), &[]);
        assert!(found.is_well(), "{found:?}");
        assert_eq!((found.entries, found.forgotten), (rest.len() as u64, forgotten as u64));
    }
}

#[test]
fn a_changed_entry_and_a_cut_end_are_named() {
    let entries = trail(9);
    let mut changed = entries.clone();
    changed[4].entry.object = "alr_99".into();
    let found = verdict(&changed, Head::default(), at(&entries, 9), &[]);
    assert_eq!(found.broken.as_deref(), Some("entry 5 is not what was written"));
    let found = verdict(&entries[..7], Head::default(), at(&entries, 9), &[]);
    let told = "the chain ends with entry 7, and 9 were written";
    assert_eq!(found.broken.as_deref(), Some(told));
}

#[test]
fn a_trail_that_was_written_anew_is_not_what_somebody_noted() {
    let entries = trail(9);
    let noted = |seq| {
        let Head { seq, hash } = at(&entries, seq);
        Known { seq, sha256: hash.to_string() }
    };
    let found = verdict(&entries, Head::default(), at(&entries, 9), &[noted(3), noted(9)]);
    assert!(found.is_well(), "{found:?}");
    // Whole in itself, and another one: the first entry never was.
    let mut chains = Chains::default();
    let anew: Vec<Sealed> = entries[1..]
        .iter()
        .map(|it| chains.append(it.entry.clone(), false, |it| Sha256::digest(it).into()))
        .collect();
    let found = verdict(&anew, Head::default(), at(&anew, 8), &[noted(3), noted(9)]);
    assert_eq!(found.changed, [3, 9]);
    assert!(!found.is_well());
}
