//! Who goes first when more is asked for than can be written.
//!
//! Requests come in [lanes](Lane), each with room of its own: whoever sends what
//! can wait fills no room that an alert needs, and waits for its turn. Nothing
//! is thrown away: a session that waits does not read on, and its agent keeps
//! what it has not been thanked for.

use std::task::{Context, Poll};

use tokio::sync::mpsc;

/// However much goes first, so much of each lane that has it is in every full
/// piece: nobody waits for ever.
pub(super) const SHARE: usize = 20;

/// How soon something must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Somebody waits for it: alerts, what people do, what makes room.
    Urgent,
    /// What was measured just now.
    Live,
    /// What was measured long ago.
    Late,
}

/// How many lanes there are.
pub(super) const LANES: usize = 3;

/// How much of each lane goes into a piece of so many, the most urgent first.
pub(super) fn shares(waiting: [usize; LANES], piece: usize) -> [usize; LANES] {
    let mut kept = waiting.map(|it| it.min(SHARE));
    let mut room = piece;
    let mut shares = [0; LANES];
    for (nth, it) in waiting.into_iter().enumerate() {
        kept[nth] = 0;
        let others: usize = kept.iter().sum();
        shares[nth] = it.min(room.saturating_sub(others));
        room -= shares[nth];
    }
    shares
}

/// The ends of the lanes at which requests go in.
#[derive(Debug)]
pub(super) struct Entries<T>([mpsc::Sender<T>; LANES]);

/// The ends at which they come out.
#[derive(Debug)]
pub(super) struct Exits<T>([mpsc::Receiver<T>; LANES]);

/// Lanes with room for so many each.
pub(super) fn lanes<T>(capacity: usize) -> (Entries<T>, Exits<T>) {
    let (urgent, live, late) =
        (mpsc::channel(capacity), mpsc::channel(capacity), mpsc::channel(capacity));
    (Entries([urgent.0, live.0, late.0]), Exits([urgent.1, live.1, late.1]))
}

impl<T> Entries<T> {
    /// Waits until there is room in the lane. Gives it back if nobody takes any.
    pub(super) async fn send(&self, lane: Lane, it: T) -> Result<(), T> {
        self.0[lane as usize].send(it).await.map_err(|it| it.0)
    }

    /// Whether nobody takes any.
    pub(super) fn is_closed(&self) -> bool {
        self.0.iter().any(mpsc::Sender::is_closed)
    }
}

impl<T> Exits<T> {
    /// How many wait in all.
    pub(super) fn len(&self) -> usize {
        self.waiting().iter().sum()
    }

    /// Waits until there is one, and takes it and what else goes into a piece
    /// of so many. Gives whether there was any; none will come if not.
    pub(super) async fn take(&mut self, taken: &mut Vec<T>, piece: usize) -> bool {
        let Some((lane, first)) = std::future::poll_fn(|cx| self.poll_first(cx)).await else {
            return false;
        };
        taken.push(first);
        let mut waiting = self.waiting();
        waiting[lane] += 1;
        let mut shares = shares(waiting, piece);
        shares[lane] = shares[lane].saturating_sub(1);
        for (exit, share) in self.0.iter_mut().zip(shares) {
            taken.extend(std::iter::from_fn(|| exit.try_recv().ok()).take(share));
        }
        true
    }

    /// The most urgent, with the place of its lane; `None` once all have ended.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, T)>> {
        let mut is_over = true;
        for (lane, exit) in self.0.iter_mut().enumerate() {
            match exit.poll_recv(cx) {
                Poll::Ready(Some(it)) => return Poll::Ready(Some((lane, it))),
                Poll::Ready(None) => {}
                Poll::Pending => is_over = false,
            }
        }
        if is_over { Poll::Ready(None) } else { Poll::Pending }
    }

    fn waiting(&self) -> [usize; LANES] {
        self.0.each_ref().map(mpsc::Receiver::len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECE: usize = 200;

    proptest! {
        #[test]
        fn a_piece_is_full_if_there_is_enough(waiting in prop::array::uniform3(0..2_000_usize)) {
            let (shares, all) = (shares(waiting, PIECE), waiting.iter().sum::<usize>());
            prop_assert_eq!(shares.iter().sum::<usize>(), all.min(PIECE));
            for (share, waiting) in shares.into_iter().zip(waiting) {
                prop_assert!(share <= waiting);
                prop_assert!(share >= waiting.min(SHARE), "each lane has its share");
            }
        }

        #[test]
        fn nobody_goes_first_but_by_their_share(waiting in prop::array::uniform3(0..2_000_usize)) {
            let shares = shares(waiting, PIECE);
            for before in 0..LANES {
                for behind in before + 1..LANES {
                    let is_left_behind = shares[before] < waiting[before];
                    prop_assert!(!is_left_behind || shares[behind] <= SHARE);
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_full_keeps_nobody_else_out() {
        let (entries, mut exits) = lanes(1);
        entries.send(Lane::Late, "backlog").await.unwrap();
        let mut more = Box::pin(entries.send(Lane::Late, "more of it"));
        assert!(futures_util::poll!(&mut more).is_pending());
        entries.send(Lane::Live, "report").await.unwrap();
        entries.send(Lane::Urgent, "alert").await.unwrap();
        let mut taken = Vec::new();
        assert!(exits.take(&mut taken, PIECE).await);
        assert_eq!(taken, ["alert", "report", "backlog"]);
        assert_eq!(more.await, Ok(()));
        drop(entries);
        taken.clear();
        assert!(exits.take(&mut taken, PIECE).await);
        assert_eq!(taken, ["more of it"]);
        assert!(!exits.take(&mut taken, PIECE).await);
    }
}
