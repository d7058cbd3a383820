use remit_shared::Party::{Internal, Provider, Vendor};
use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn signature(number: u128, name: &str, party: Party, sha256: &str) -> Signature {
    let operator = OperatorId::from_uuid(Uuid::from_u128(number));
    let (name, sha256) = (name.to_owned(), sha256.to_owned());
    Signature { operator, name, party, at: at(0), sha256, signature: None }
}

/// Signed by both sides, after the version before it, from that second on.
fn version(version: u64, from: i64) -> Published {
    let sha256 = format!("hash{version}");
    Published {
        tenant: Tenant::new("acme").unwrap(),
        version,
        text: String::new(),
        previous_sha256: (version > 1).then(|| format!("hash{}", version - 1)),
        published_at: at(0),
        published_by: "ida".into(),
        note: String::new(),
        effective_from: at(from),
        change: None,
        signatures: vec![
            signature(1, "ida", Internal, &sha256),
            signature(2, "pam", Provider, &sha256),
        ],
        sha256,
    }
}

#[test]
fn the_newest_version_that_has_taken_effect_holds() {
    let versions = [version(1, 10), version(3, 30), version(2, 20)];
    for (second, expected) in
        [(9, None), (10, Some(1)), (19, Some(1)), (20, Some(2)), (99, Some(3))]
    {
        let found = in_force(&versions, at(second)).map(|it| it.version);
        assert_eq!(found, expected, "{second}");
    }
}

#[test]
fn a_version_follows_the_newest_and_carries_both_sides_names() {
    type Edit = fn(&mut Published);
    let cases: [(&str, Edit); 11] = [
        ("", |_| {}),
        ("the next version of acme's matrix is 3, not 4", |it| it.version = 4),
        ("the next version of acme's matrix is 3, not 2", |it| it.version = 2),
        ("version 3 names another version", |it| it.previous_sha256 = Some("hash1".into())),
        ("version 3 names another version", |it| it.previous_sha256 = None),
        ("version 3 would take effect at", |it| it.effective_from = at(49)),
        ("ida signed something else", |it| it.signatures[0].sha256 = "hash2".into()),
        ("version 3 takes the names of 2", |it| drop(it.signatures.pop())),
        ("version 3 takes the names of 2", |it| {
            it.signatures[1].operator = it.signatures[0].operator
        }),
        ("version 3 takes the names of 2", |it| it.signatures[1].name = "Ida".into()),
        ("version 3 is not signed by the internal", |it| it.signatures[0].party = Provider),
    ];
    let existing = [version(1, 10), version(2, 20)];
    let sides = [Internal, Provider, Vendor].into();
    for (expected, edit) in cases {
        let mut asked = version(3, 50);
        edit(&mut asked);
        let answer = may_publish(&existing, &asked, &sides, at(50));
        let said = answer.map_or_else(|err| err.to_string(), |()| String::new());
        assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{said}");
    }
    // Not before what is already agreed for later.
    let pending = [version(1, 10), version(2, 90)];
    assert!(may_publish(&pending, &version(3, 89), &sides, at(50)).is_err());
    assert_eq!(may_publish(&pending, &version(3, 90), &sides, at(50)), Ok(()));
}

#[test]
fn the_first_version_takes_one_person_and_says_so() {
    let mut first = version(1, 10);
    let sides = [Internal, Provider].into();
    first.signatures.pop();
    assert_eq!(may_publish(&[], &first, &sides, at(5)), Ok(()));
    assert!(!first.is_countersigned() && version(2, 20).is_countersigned());
    first.signatures.clear();
    assert!(may_publish(&[], &first, &sides, at(5)).is_err());
}

#[test]
fn an_exchanged_version_breaks_the_chain() {
    let mut versions = vec![version(1, 10), version(2, 20), version(3, 30)];
    assert_eq!((broken_link(&versions), broken_link(&[])), (None, None));
    versions[1].sha256 = "another".into();
    assert_eq!(broken_link(&versions), Some(3));
    versions.remove(1);
    assert_eq!(broken_link(&versions), Some(3));
    assert_eq!(broken_link(&versions[1..]), Some(3));
}
