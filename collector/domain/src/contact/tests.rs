use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(60 * minute).unwrap()
}

fn untried() -> Contact {
    Contact::untried("acme".parse().unwrap(), "email:kim@acme.example".parse().unwrap())
}

fn asked() -> Contact {
    untried().ask("c0de".into(), "ann", at(0)).unwrap()
}

#[test]
fn whoever_says_the_code_has_made_sure() {
    let (contact, answer) = asked().confirm("c0de", "kim", at(29)).unwrap();
    assert_eq!(answer, Answer::Right);
    assert_eq!(contact.verified, Some(Verified { at: at(29), by: "kim".into() }));
    let again = contact.confirm("c0de", "eve", at(29)).unwrap_err();
    assert!(again.to_string().starts_with("no code is under way"), "a code is good once");
}

#[test]
fn a_code_is_good_for_half_an_hour() {
    assert!(asked().confirm("c0de", "kim", at(30)).is_err());
    assert!(untried().confirm("c0de", "kim", at(0)).is_err());
}

#[test]
fn nobody_is_sent_codes_without_end() {
    let soon = asked().ask("c1de".into(), "ann", at(0)).unwrap_err();
    assert_eq!(
        soon.to_string(),
        "a code was sent to email:kim@acme.example just now: ask again after 1970-01-01T00:01:00Z"
    );
    let contact = asked().ask("c1de".into(), "ann", at(1)).unwrap();
    let (_, answer) = contact.confirm("c0de", "kim", at(2)).unwrap();
    assert_eq!(answer, Answer::Wrong { left: 4 }, "a new code ends the one before it");
}

#[test]
fn what_was_verified_stays_so_while_it_is_tried_anew() {
    let (contact, _) = asked().confirm("c0de", "kim", at(1)).unwrap();
    let contact = contact.ask("c1de".into(), "ann", at(2)).unwrap();
    assert_eq!(contact.verified.map(|it| it.at), Some(at(1)));
}

proptest! {
    #[test]
    fn a_code_cannot_be_guessed(guesses in prop::collection::vec("[0-9]{6}", 0..40)) {
        let mut contact = untried().ask("right".into(), "ann", at(0)).unwrap();
        let mut taken = 0;
        for guess in guesses {
            match contact.clone().confirm(&guess, "eve", at(1)) {
                Ok((next, answer)) => {
                    taken += 1;
                    prop_assert_eq!(answer, Answer::Wrong { left: TRIES - taken });
                    contact = next;
                }
                Err(_) => prop_assert_eq!(taken, TRIES),
            }
        }
        prop_assert!(taken <= TRIES && contact.verified.is_none());
    }
}
