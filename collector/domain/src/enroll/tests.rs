use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::endpoint::{Claim, tests::sample};

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn endpoint(number: u128) -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(number))
}

fn draft() -> Draft {
    Draft {
        id: TokenId::from_uuid(Uuid::from_u128(1)),
        secret_sha256: [9; 32],
        created_by: "Kim".into(),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        kind: None,
        tags: vec![],
        max_uses: None,
        ttl: None,
    }
}

fn made(draft: Draft) -> Result<Token, TokenError> {
    Token::new(draft, at(0))
}

#[test]
fn a_token_lets_in_one_endpoint_for_ten_minutes_unless_told_otherwise() {
    let token = made(draft()).unwrap();
    assert_eq!(token.max_uses, 1);
    assert_eq!(token.expires_at, at(600_000));
    assert!(token.is_usable(at(599_999)));
    assert!(!token.is_usable(at(600_000)));
}

#[test]
fn what_a_token_may_allow_has_limits() {
    let hours = |count| Some(SignedDuration::from_hours(count));
    for (max_uses, ttl, expected) in [
        (Some(50), hours(24), None),
        (Some(0), None, Some(TokenError::Uses(0))),
        (Some(51), None, Some(TokenError::Uses(51))),
        (None, Some(SignedDuration::ZERO), Some(TokenError::Ttl)),
        (None, hours(-1), Some(TokenError::Ttl)),
        (None, hours(25), Some(TokenError::Ttl)),
        (None, Some(SignedDuration::MAX), Some(TokenError::Ttl)),
    ] {
        let draft = Draft { max_uses, ttl, ..draft() };
        assert_eq!(made(draft).err(), expected, "{max_uses:?} {ttl:?}");
    }
    let tags = |count: usize| (0..count).map(|it| Tag::new(&format!("t{it}")).unwrap()).collect();
    let of = |tags| made(Draft { tags, ..draft() }).err();
    assert_eq!(of(tags(32)), None);
    assert_eq!(of(tags(33)), Some(TokenError::Tags(33)));
}

#[test]
fn a_lost_answer_costs_nothing_and_another_key_comes_too_late() {
    let token = made(draft()).unwrap();
    let first = redeem(&token, [1; 32], endpoint(1), at(5)).unwrap();
    assert!(!first.again);
    let second = redeem(&first.token, [1; 32], endpoint(2), at(6)).unwrap();
    assert_eq!(second, Redeemed { again: true, ..first.clone() });
    let refused = redeem(&first.token, [2; 32], endpoint(3), at(7)).unwrap_err();
    assert_eq!(refused, Refused::Spent { uses: 1 });
}

#[test]
fn a_token_ends_to_the_millisecond() {
    let token = made(draft()).unwrap();
    assert!(redeem(&token, [1; 32], endpoint(1), at(599_999)).is_ok());
    for late in [600_000, 600_001] {
        let refused = redeem(&token, [1; 32], endpoint(1), at(late)).unwrap_err();
        assert_eq!(refused, Refused::Expired { at: at(600_000) });
    }
}

#[test]
fn a_token_that_is_over_is_over_for_those_it_let_in_as_well() {
    let used = redeem(&made(draft()).unwrap(), [1; 32], endpoint(1), at(5)).unwrap().token;
    let refused = redeem(&used, [1; 32], endpoint(1), at(600_000)).unwrap_err();
    assert_eq!(refused, Refused::Expired { at: at(600_000) });
    let revoked = revoke(revoke(used, at(6)), at(7));
    assert_eq!(revoked.revoked_at, Some(at(6)));
    assert_eq!(redeem(&revoked, [1; 32], endpoint(1), at(8)), Err(Refused::Revoked));
}

#[test]
fn who_asks_again_is_what_the_endpoint_knows_of_it() {
    let draft = Draft { max_uses: Some(5), ..draft() };
    let token = redeem(&made(draft).unwrap(), [1; 32], endpoint(1), at(5)).unwrap().token;
    // The same machine, set up once more, with the same token.
    let token = redeem(&token, [2; 32], endpoint(1), at(6)).unwrap().token;
    let (older, newer) = (token.use_of(&[1; 32]).unwrap(), token.use_of(&[2; 32]).unwrap());
    let mut known = Registration::clone(&sample().registration);
    let waits = Again::Waits(Because::NewKey, None);
    known.token = token.id;
    assert_eq!(token.again(newer, &known), Again::Trusted);
    assert_eq!(token.again(older, &known), waits, "another key speaks for it by now");
    known.token = TokenId::from_uuid(Uuid::from_u128(9));
    assert_eq!(token.again(newer, &known), waits, "it came by another token since");
    known.claim = Some(Claim {
        certificate: Certificate { serial: "02".into(), not_after: at(9) },
        host: Default::default(),
        token: token.id,
        at: at(6),
        because: Because::NewSystem,
        other: None,
    });
    assert_eq!(token.again(newer, &known), Again::Waits(Because::NewSystem, None));
    // Others who would speak for it do not make its own key a stranger.
    known.claim.as_mut().unwrap().token = TokenId::from_uuid(Uuid::from_u128(9));
    known.token = token.id;
    assert_eq!(token.again(newer, &known), Again::Trusted);
}

proptest! {
    #[test]
    fn no_order_of_redemptions_lets_in_more_than_allowed(
        max_uses in 1..=MOST_USES,
        keys in prop::collection::vec(0_u8..80, 0..300),
    ) {
        let draft = Draft { max_uses: Some(max_uses), ..draft() };
        let mut token = made(draft).unwrap();
        let mut known = BTreeMap::new();
        for (number, key) in keys.into_iter().enumerate() {
            let number = i64::try_from(number).unwrap();
            let new = endpoint(number.unsigned_abs().into());
            match redeem(&token, [key; 32], new, at(number)) {
                Ok(redeemed) => {
                    // Once let in, a key is the same endpoint for ever.
                    let endpoint = *known.entry(key).or_insert(redeemed.endpoint);
                    prop_assert_eq!(endpoint, redeemed.endpoint);
                    prop_assert_eq!(redeemed.again, redeemed.token == token);
                    token = redeemed.token;
                }
                Err(refused) => {
                    prop_assert_eq!(refused, Refused::Spent { uses: max_uses });
                    prop_assert!(!known.contains_key(&key));
                }
            }
        }
        let endpoints: BTreeSet<_> = token.uses.iter().map(|it| it.endpoint).collect();
        prop_assert!(endpoints.len() <= usize::try_from(max_uses).unwrap());
        prop_assert_eq!(endpoints, known.into_values().collect());
    }
}
