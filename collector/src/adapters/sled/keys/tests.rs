use jiff::civil::date;

use super::*;

#[test]
fn every_key_reads_back_as_bytes_and_as_text() {
    let endpoint = EndpointId::from_uuid(Uuid::from_u128(5));
    let mut keys = vec![
        Key::Alert(AlertId::from_uuid(Uuid::from_u128(1))),
        Key::Audit(2),
        Key::Feed(u64::MAX),
        Key::History { endpoint, start: -3, revision: 9 },
        Key::Hours { endpoint, day: -2 },
        Key::Owed(4),
        Key::Pulse(endpoint),
        Key::Operator(OperatorId::from_uuid(Uuid::from_u128(6))),
        Key::Source(SourceId::from_uuid(Uuid::from_u128(10))),
        Key::Active(SourceId::from_uuid(Uuid::from_u128(10)), Fingerprint::of(&["disk"])),
        Key::Token(TokenId::from_uuid(Uuid::from_u128(7))),
        Key::Matrix(Tenant::new("acme").unwrap(), 8),
        Key::Change(ChangeId::from_uuid(Uuid::from_u128(11))),
        Key::KnownIssue(KnownIssueId::from_uuid(Uuid::from_u128(12))),
        Key::Shift(Tenant::new("acme").unwrap(), Date::MIN),
        Key::Shift(Tenant::new("acme").unwrap(), Date::MAX),
        Key::Window(WindowId::from_uuid(Uuid::from_u128(13))),
        Key::Day(Tenant::new("acme").unwrap(), Date::MIN),
        Key::Contact(Tenant::new("acme").unwrap(), "email:a/b@acme.example".parse().unwrap()),
    ];
    keys.extend(PARTS.map(|it| Key::Part(endpoint, it.0)));
    keys.extend(METAS.map(|it| Key::Meta(it.0)));
    for key in keys {
        assert_eq!(Key::from_bytes(&key.to_bytes()).unwrap(), key);
        assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
    }
}

#[test]
fn history_sorts_by_time_even_before_1970() {
    let endpoint = EndpointId::from_uuid(Uuid::from_u128(5));
    let at = |start| Key::History { endpoint, start, revision: 0 }.to_bytes();
    assert!([at(i64::MIN), at(-1), at(0), at(1), at(i64::MAX)].is_sorted());
    let on = |day| Key::Hours { endpoint, day }.to_bytes();
    assert!([on(i64::MIN), on(-1), on(0), on(1), on(i64::MAX)].is_sorted());
}

#[test]
fn nights_sort_by_their_day() {
    let days = [Date::MIN, date(-1, 12, 31), date(2026, 3, 9), date(2026, 11, 2), Date::MAX];
    assert!(days.map(|it| Key::Shift(Tenant::new("acme").unwrap(), it).to_bytes()).is_sorted());
}

#[test]
fn what_is_no_key_is_named() {
    let err = "e/end_1/fact".parse::<Key>().unwrap_err();
    assert_eq!(err.to_string(), "`e/end_1/fact` is not a key of the store");
}
