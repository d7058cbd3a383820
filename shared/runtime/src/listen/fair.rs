//! Who may begin a handshake, and who waits.
//!
//! One address may have a few under way; more of its callers queue behind
//! these. So a site behind one address gets through in any number, one after
//! the other, and a hostile address keeps only itself waiting.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
};

#[derive(Debug)]
pub(super) struct Fair<T> {
    per_address: HashMap<IpAddr, Line<T>>,
    waiting: usize,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many of one address may be under way.
    pub(super) active_per_address: usize,
    /// How many may wait in all.
    pub(super) waiting: usize,
}

#[derive(Debug)]
struct Line<T> {
    active: usize,
    waiting: VecDeque<T>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission<T> {
    Begin(T),
    Wait,
    TurnAway(T),
}

impl<T> Fair<T> {
    pub(super) fn new(limits: Limits) -> Self {
        Self { per_address: HashMap::new(), waiting: 0, limits }
    }

    /// Decides about a new caller.
    pub(super) fn arrive(&mut self, address: IpAddr, caller: T) -> Admission<T> {
        let empty = || Line { active: 0, waiting: VecDeque::new() };
        let line = self.per_address.entry(address).or_insert_with(empty);
        if line.active < self.limits.active_per_address {
            line.active += 1;
            Admission::Begin(caller)
        } else if self.waiting < self.limits.waiting {
            line.waiting.push_back(caller);
            self.waiting += 1;
            Admission::Wait
        } else {
            Admission::TurnAway(caller)
        }
    }

    /// One of an address's callers is done; gives the one that may begin now.
    pub(super) fn leave(&mut self, address: IpAddr) -> Option<T> {
        let line = self.per_address.get_mut(&address)?;
        if let Some(next) = line.waiting.pop_front() {
            self.waiting -= 1;
            return Some(next);
        }
        line.active -= 1;
        if line.active == 0 {
            self.per_address.remove(&address);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission::*, *};

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn an_address_waits_for_itself_and_not_for_others() {
        let mut fair = Fair::new(Limits { active_per_address: 2, waiting: 2 });
        assert_eq!(fair.arrive(A, 1), Begin(1));
        assert_eq!(fair.arrive(A, 2), Begin(2));
        assert_eq!(fair.arrive(A, 3), Wait);
        assert_eq!(fair.arrive(A, 4), Wait);
        assert_eq!(fair.arrive(A, 5), TurnAway(5));
        assert_eq!(fair.arrive(B, 6), Begin(6));

        assert_eq!(fair.leave(A), Some(3));
        assert_eq!(fair.leave(A), Some(4));
        assert_eq!(fair.leave(A), None);
        assert_eq!(fair.leave(A), None);
        assert_eq!(fair.leave(B), None);
        assert!(fair.per_address.is_empty());
        assert_eq!(fair.waiting, 0);
    }
}
