use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

/// Not SHA-256: enough to tell one text from another.
fn toy(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0xcbf2_9ce4_8422_2325_u64, 1, 2, 3];
    for byte in bytes {
        for (lane, it) in (1..).zip(&mut state) {
            *it = (*it ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3 + 2 * lane);
        }
    }
    let mut hash = [0; 32];
    for (out, it) in hash.chunks_mut(8).zip(state) {
        out.copy_from_slice(&it.to_be_bytes());
    }
    hash
}

fn entry(tenant: Option<&str>, action: &str) -> AuditEntry {
    AuditEntry {
        at: Timestamp::UNIX_EPOCH,
        tenant: tenant.map(|it| Tenant::new(it).unwrap()),
        actor: "opr_1 ann".into(),
        action: action.into(),
        object: "alr_1".into(),
        detail: String::new(),
    }
}

fn read(entries: &[Sealed], from: Chains, to: &Chains) -> Result<(), Broken> {
    let mut chains = from;
    for it in entries {
        chains.follow(it, toy)?;
    }
    chains.whole.ends_at(&to.whole)
}

const TENANTS: [Option<&str>; 3] = [None, Some("acme"), Some("umbra")];

fn written(places: &[usize]) -> (Vec<Sealed>, Chains) {
    let mut chains = Chains::default();
    let entries = places.iter().enumerate().map(|(n, it)| {
        let entry = entry(TENANTS[*it], &format!("alert.note{n}"));
        chains.append(entry, n % 5 == 0, toy)
    });
    (entries.collect(), chains)
}

#[test]
fn fields_that_run_into_each_other_are_told_apart() {
    let one = AuditEntry { actor: "ab".into(), action: "c".into(), ..entry(None, "") };
    let two = AuditEntry { actor: "a".into(), action: "bc".into(), ..entry(None, "") };
    let bytes = |it| canonical(it, false, 1, &Hash::START);
    assert_ne!(bytes(&one), bytes(&two));
}

proptest! {
    #[test]
    fn what_was_written_verifies_from_any_point_on(
        places in prop::collection::vec(0..3_usize, 0..40),
        cut in 0..40_usize,
    ) {
        let (entries, end) = written(&places);
        let cut = cut.min(entries.len());
        let mut anchor = Chains::default();
        entries[..cut].iter().for_each(|it| anchor.follow(it, toy).unwrap());
        prop_assert_eq!(read(&entries[cut..], anchor, &end), Ok(()));
    }

    #[test]
    fn a_tenant_verifies_its_own_without_the_others(
        places in prop::collection::vec(0..3_usize, 0..40),
    ) {
        let (entries, end) = written(&places);
        for tenant in TENANTS {
            let tenant = tenant.map(|it| Tenant::new(it).unwrap());
            let mut head = Head::default();
            for it in entries.iter().filter(|it| it.entry.tenant == tenant) {
                head = head.after(it, toy).unwrap();
            }
            prop_assert_eq!(head, end.of(tenant.as_ref()));
        }
    }

    #[test]
    fn whatever_is_done_to_the_trail_shows(
        places in prop::collection::vec(0..3_usize, 2..40),
        at in any::<prop::sample::Index>(),
        how in 0..9_usize,
    ) {
        let (whole, end) = written(&places);
        let at = at.index(whole.len());
        let mut entries = whole.clone();
        match how {
            0 => drop(entries.remove(at)),
            1 => entries.insert(at, whole[at].clone()),
            2 => entries.swap(at, (at + 1) % whole.len()),
            3 => entries.truncate(at),
            4 => entries[at].entry.detail.push('!'),
            5 => entries[at].entry.actor = "opr_2 eve".into(),
            6 => entries[at].denied = !entries[at].denied,
            7 => entries[at].entry.tenant = Some(Tenant::new("other").unwrap()),
            _ => {
                // Changed, and its own hash made to fit.
                entries[at].entry.action = "alert.resolve".into();
                let it = &entries[at];
                let bytes = canonical(&it.entry, it.denied, it.seq, &it.previous);
                entries[at].hash = Hash(toy(&bytes));
            }
        }
        prop_assert!(read(&entries, Chains::default(), &end).is_err());
    }
}
