use remit_shared::Departure;
use uuid::Uuid;

use super::*;
use crate::endpoint::{revoke, tests::sample};

fn endpoint(number: u128, name: &str, disk: &str, presence: Presence) -> Endpoint {
    let mut endpoint = sample();
    let mut registration = Registration::clone(&endpoint.registration);
    registration.id = EndpointId::from_uuid(Uuid::from_u128(number));
    registration.host = host(name, disk);
    registration.certificates = vec![certificate("01")];
    endpoint.registration = Arc::new(registration);
    endpoint.pulse.presence = presence;
    endpoint
}

fn host(name: &str, disk: &str) -> Host {
    Host { hostname: name.into(), machine_id: disk.into(), ..Default::default() }
}

fn certificate(serial: &str) -> Certificate {
    Certificate { serial: serial.into(), not_after: now() + SignedDuration::from_hours(1) }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).unwrap()
}

fn a_claim(serial: &str, because: Because) -> Claim {
    Claim {
        certificate: certificate(serial),
        host: host("db-7", "new disk"),
        token: TokenId::from_uuid(Uuid::from_u128(77)),
        at: now(),
        because,
        other: None,
    }
}

/// Serial and how it is believed.
fn believed(endpoint: &Endpoint, serial: &str) -> Result<(), Distrust> {
    endpoint.trusts(serial, now())
}

#[test]
fn a_machine_is_what_it_was_a_copy_of_it_or_a_namesake() {
    use Because::{CopiedDisk, NameTaken, NewKey, NewSystem};
    use Presence::{ExpectedOff, NeverSeen, Offline, Online};
    let off = ExpectedOff(Departure::Shutdown);
    for (name, disk, known, expected) in [
        ("db-7", "a", Online, Some(Ok(NewKey))), // set up again where it stands
        ("DB-7", "a", Offline, Some(Ok(NewKey))), // names have no case
        ("db-8", "a", Online, Some(Err(CopiedDisk))), // a clone
        ("db-8", "a", Offline, Some(Err(CopiedDisk))), // a clone, or renamed
        ("db-7", "b", Offline, Some(Ok(NewSystem))), // set up anew
        ("db-7", "b", off, Some(Ok(NewSystem))), // after an orderly end
        ("db-7", "b", Online, Some(Err(NameTaken))), // two of one name
        ("db-7", "b", NeverSeen, Some(Err(NameTaken))), // twins, a minute apart
        ("db-7", "", Offline, Some(Ok(NewSystem))), // a system that names no disk
        ("db-8", "b", Online, None),             // another machine
        ("", "", Online, None),                  // one that says nothing
    ] {
        let there = [endpoint(1, "db-7", "a", known)];
        let id = there[0].id();
        let expected = match expected {
            Some(Ok(because)) => Recognised::Known(id, because),
            Some(Err(because)) => Recognised::Alike(id, because),
            None => Recognised::New,
        };
        let tenant = there[0].registration.tenant.clone();
        let found = recognise(&tenant, &host(name, disk), &there);
        assert_eq!(found, expected, "{name} {disk} {known:?}");
    }
}

#[test]
fn who_has_left_is_not_recognised_and_another_tenants_neither() {
    let there = endpoint(1, "db-7", "a", Presence::Offline);
    let gone = revoke(&there, "ann", "sold", now());
    let tenant = there.registration.tenant.clone();
    assert_eq!(recognise(&tenant, &host("db-7", "a"), [&gone]), Recognised::New);
    let other = Tenant::new("other").unwrap();
    assert_eq!(recognise(&other, &host("db-7", "a"), [&there]), Recognised::New);
}

#[test]
fn the_machine_itself_is_more_than_its_name_or_its_copy() {
    let there = [
        endpoint(1, "db-8", "a", Presence::Online),
        endpoint(2, "db-7", "b", Presence::Offline),
        endpoint(3, "db-7", "a", Presence::Offline),
    ];
    let tenant = there[0].registration.tenant.clone();
    let found = recognise(&tenant, &host("db-7", "a"), &there);
    assert_eq!(found, Recognised::Known(there[2].id(), Because::NewKey));
}

#[test]
fn a_claim_takes_nothing_until_it_is_agreed_to_and_everything_then() {
    let before = endpoint(1, "db-7", "a", Presence::Online);
    let claimed = claim(&before, a_claim("02", Because::NewSystem));
    assert_eq!(believed(&claimed, "01"), Ok(()));
    assert_eq!(believed(&claimed, "02"), Err(Distrust::Waits));
    assert!(!claimed.registration.is_waiting() && claimed.registration.is_in_service());
    let approved = approve(&claimed).unwrap();
    assert_eq!(believed(&approved, "01"), Err(Distrust::UnknownCertificate));
    assert_eq!(believed(&approved, "02"), Ok(()));
    assert_eq!(approved.registration.host.machine_id, "new disk");
    assert_eq!(approve(&approved), None, "nobody waits any more");
    let rejected = reject(&claimed).unwrap();
    assert_eq!(rejected, before);
}

#[test]
fn the_newest_claim_counts() {
    let before = endpoint(1, "db-7", "a", Presence::Online);
    let first = claim(&before, a_claim("02", Because::NewKey));
    let second = claim(&first, a_claim("03", Because::NewKey));
    assert_eq!(believed(&second, "02"), Err(Distrust::UnknownCertificate));
    assert_eq!(believed(&second, "03"), Err(Distrust::Waits));
}

#[test]
fn whoever_was_never_let_in_is_not_in_service() {
    let mut new = endpoint(1, "db-7", "a", Presence::NeverSeen);
    Arc::make_mut(&mut new.registration).certificates.clear();
    let new = claim(&new, a_claim("02", Because::TokenForMany));
    assert!(new.registration.is_waiting() && !new.registration.is_in_service());
    assert_eq!(reject(&new), None, "it is revoked instead");
    let gone = revoke(&new, "ann", "nobody of ours", now());
    assert_eq!(approve(&gone), None);
    assert!(matches!(believed(&gone, "02"), Err(Distrust::Revoked(_))));
}

#[test]
fn a_claim_lasts_as_long_as_its_certificate() {
    let before = endpoint(1, "db-7", "a", Presence::Online);
    let claimed = claim(&before, a_claim("02", Because::NewKey));
    let later = now() + SignedDuration::from_hours(2);
    assert!(matches!(claimed.trusts("02", later), Err(Distrust::Expired(_))));
}

/// An endpoint whose one certificate ended so many days ago.
fn ended(days: i64) -> Endpoint {
    let mut endpoint = endpoint(1, "db-7", "a", Presence::Offline);
    let not_after = now() - SignedDuration::from_hours(24 * days);
    let old = Certificate { serial: "01".into(), not_after };
    Arc::make_mut(&mut endpoint.registration).certificates = vec![old];
    endpoint
}

#[test]
fn who_was_away_for_too_long_comes_back_by_its_own_key_and_waits() {
    for days in [0, 1, 60] {
        let away = ended(days);
        assert!(matches!(believed(&away, "01"), Err(Distrust::Expired(_))), "{days}");
        let back = come_back(&away, "01", certificate("02"), now()).unwrap();
        let waits = back.registration.claim.as_ref().unwrap();
        assert_eq!((waits.because, &waits.certificate), (Because::Expired, &certificate("02")));
        assert_eq!(waits.host, away.registration.host);
        assert_eq!(back.registration.certificates, away.registration.certificates);
        assert_eq!(believed(&back, "02"), Err(Distrust::Waits));
        assert!(back.registration.is_in_service(), "it was trusted once, and is the same");

        let approved = approve(&back).unwrap();
        assert_eq!(approved.id(), away.id());
        assert_eq!(believed(&approved, "02"), Ok(()));
        assert_eq!(believed(&approved, "01"), Err(Distrust::UnknownCertificate));
        let rejected = reject(&back).unwrap();
        assert_eq!(believed(&rejected, "02"), Err(Distrust::UnknownCertificate));
    }
}

#[test]
fn nobody_else_comes_back() {
    let back = |endpoint: &Endpoint, serial| come_back(endpoint, serial, certificate("02"), now());
    assert_eq!(back(&ended(30), "03"), None, "a certificate that is not the endpoint's");
    assert_eq!(back(&ended(61), "01"), None, "too late");
    let told = believed(&ended(61), "01").unwrap_err().to_string();
    assert!(told.ends_with("60 days ago: enroll the machine again with a new token"), "{told}");
    let revoked = revoke(&ended(30), "ann", "stolen", now());
    assert_eq!(back(&revoked, "01"), None, "its trust has ended");
    let trusted = endpoint(1, "db-7", "a", Presence::Offline);
    assert_eq!(back(&trusted, "01"), None, "who is trusted renews");
}

#[test]
fn who_waits_for_longer_than_its_certificate_lasts_goes_on_waiting() {
    let old = Certificate { serial: "02".into(), not_after: now() - SignedDuration::from_hours(1) };
    let claim_of = Claim { certificate: old, ..a_claim("02", Because::TokenForMany) };
    let mut waiting = claim(&endpoint(1, "db-7", "a", Presence::NeverSeen), claim_of);
    Arc::make_mut(&mut waiting.registration).certificates.clear();
    let back = come_back(&waiting, "02", certificate("03"), now()).unwrap();
    let waits = back.registration.claim.as_ref().unwrap();
    assert_eq!(waits.because, Because::TokenForMany);
    assert_eq!(believed(&back, "03"), Err(Distrust::Waits));
    assert!(back.registration.is_waiting());
}

#[test]
fn coming_back_twice_takes_a_while() {
    let back = come_back(&ended(30), "01", certificate("02"), now()).unwrap();
    let again = now() + SignedDuration::from_mins(10);
    assert_eq!(comes_back_too_often(&back, now()), Some(again));
    assert_eq!(comes_back_too_often(&back, again), None);
    let other = claim(&ended(30), a_claim("02", Because::NewKey));
    assert_eq!(comes_back_too_often(&other, now()), None);
}
