//! Slows down whoever tries tokens. Of one address only refusals count, so that
//! a site behind it may enroll as many machines as it has tokens for; of all
//! together every attempt does. Of those whom all together are too many, each
//! is told a later time than the one before, so that they come back one after
//! the other.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// So many refusals at once are forgiven.
const BURST: i32 = 5;
/// One more is forgiven after each of these.
const REFILL: SignedDuration = SignedDuration::from_secs(1);
/// So many addresses are remembered.
const ADDRESSES: usize = 10_000;
/// So many attempts of all addresses together are looked at in a second, and
/// as many at once.
const ATTEMPTS: i32 = 100;

/// Nobody is told to wait longer for the others.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// How long somebody must wait, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Too many tokens were refused there.
    Refusals(SignedDuration),
    /// Too many enroll at once.
    Crowd(SignedDuration),
}

impl Wait {
    /// How long.
    pub fn length(self) -> SignedDuration {
        match self {
            Self::Refusals(length) | Self::Crowd(length) => length,
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusals(length) => {
                write!(f, "too many refused tokens; try again in {} s", length.as_secs())
            }
            Self::Crowd(length) => {
                write!(f, "too many enroll at once; try again in {} ms", length.as_millis())
            }
        }
    }
}

/// Remembers who was refused.
#[derive(Debug, Default)]
pub struct Guard(Mutex<Debts>);

#[derive(Debug, Default)]
struct Debts {
    /// When each address will have no debts left.
    of_address: HashMap<IpAddr, Timestamp>,
    /// The same for all that were not remembered, taken together.
    of_others: Option<Timestamp>,
    /// The same for all attempts of all.
    of_all: Option<Timestamp>,
    /// When the last of those who were told to wait may come.
    promised: Option<Timestamp>,
}

impl Guard {
    /// Whether an address may try now; if not, how long it must wait.
    pub fn admit(&self, address: IpAddr, now: Timestamp) -> Result<(), Wait> {
        let mut debts = self.debts();
        let known = debts.of_address.get(&network(address)).copied().or(debts.of_others);
        settle(known, REFILL, BURST, now).map_err(Wait::Refusals)?;
        if let Err(wait) = settle(debts.of_all, REFILL / ATTEMPTS, ATTEMPTS, now) {
            let promised = later(debts.promised, REFILL / ATTEMPTS, now);
            debts.promised = Some(promised);
            let turn = promised.duration_since(now).min(LONGEST);
            return Err(Wait::Crowd(turn.max(wait)));
        }
        debts.of_all = Some(later(debts.of_all, REFILL / ATTEMPTS, now));
        Ok(())
    }

    /// Notes a refusal.
    pub fn refused(&self, address: IpAddr, now: Timestamp) {
        let mut debts = self.debts();
        let address = network(address);
        if debts.of_address.len() >= ADDRESSES {
            debts.of_address.retain(|_, at| *at > now);
        }
        if debts.of_address.len() < ADDRESSES || debts.of_address.contains_key(&address) {
            let known = debts.of_address.get(&address).copied();
            debts.of_address.insert(address, later(known, REFILL, now));
        } else {
            debts.of_others = Some(later(debts.of_others, REFILL, now));
        }
    }

    fn debts(&self) -> MutexGuard<'_, Debts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has one IPv6 address has the 64 bits behind its network as well.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(it) => it.into(),
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Whether a debt leaves room for one more of what costs `each`, where `most`
/// at once are forgiven; if not, how long that takes.
fn settle(
    debt: Option<Timestamp>,
    each: SignedDuration,
    most: i32,
    now: Timestamp,
) -> Result<(), SignedDuration> {
    let debt = debt.map_or(SignedDuration::ZERO, |at| at.duration_since(now));
    let excess = debt - each * (most - 1);
    if excess > SignedDuration::ZERO { Err(excess) } else { Ok(()) }
}

fn later(debt: Option<Timestamp>, each: SignedDuration, now: Timestamp) -> Timestamp {
    let at = debt.unwrap_or(now).max(now);
    at.checked_add(each).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn v6(network: u16, host: u16) -> IpAddr {
        Ipv6Addr::new(0x2001, 0xdb8, 0, network, 0, 0, 0, host).into()
    }

    #[test]
    fn a_guesser_is_slowed_down_and_a_neighbour_is_not() {
        let guard = Guard::default();
        let (guesser, neighbour) = (IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 3]));
        for _ in 0..5 {
            assert_eq!(guard.admit(guesser, at(100)), Ok(()));
            guard.refused(guesser, at(100));
        }
        let wait = Wait::Refusals(SignedDuration::from_secs(1));
        assert_eq!(guard.admit(guesser, at(100)), Err(wait));
        assert_eq!(guard.admit(neighbour, at(100)), Ok(()));
        assert_eq!(guard.admit(guesser, at(101)), Ok(()));
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_guesser() {
        let guard = Guard::default();
        for host in 0..5 {
            assert_eq!(guard.admit(v6(1, host), at(100)), Ok(()));
            guard.refused(v6(1, host), at(100));
        }
        assert!(guard.admit(v6(1, 99), at(100)).is_err());
        assert_eq!(guard.admit(v6(2, 0), at(100)), Ok(()));
    }

    #[test]
    fn all_together_try_a_hundred_times_in_a_second() {
        let guard = Guard::default();
        let each = |it: u8| guard.admit(IpAddr::from([192, 0, 2, it]), at(100));
        assert!((0..100).all(|it| each(it).is_ok()));
        let crowd = |it| Err(Wait::Crowd(SignedDuration::from_millis(it)));
        assert_eq!(each(100), crowd(10));
        assert_eq!(each(101), crowd(20), "the next comes after the one before");
        assert!((0..=255).map(each).all(|it| it.is_err()));
        assert_eq!(guard.admit(IpAddr::from([192, 0, 2, 1]), at(100)), crowd(2_590));
        assert_eq!(guard.admit(IpAddr::from([192, 0, 2, 100]), at(101)), Ok(()));
    }

    #[test]
    fn more_guessers_than_can_be_remembered_are_slowed_down_together() {
        let guard = Guard::default();
        let address = |it: usize| IpAddr::from((it as u32).to_be_bytes());
        for it in 0..ADDRESSES + 9 {
            guard.refused(address(it), at(100));
        }
        assert_eq!(guard.debts().of_address.len(), ADDRESSES);
        assert!(guard.admit(address(ADDRESSES + 20), at(100)).is_err());
        assert_eq!(guard.admit(address(0), at(100)), Ok(()), "one that is remembered");
    }
}
