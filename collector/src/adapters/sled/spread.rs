//! The same work for many things, on all processors, or on eight of them.

use std::{
    num::NonZero,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// How many threads at most: one that takes what the others made has no more to do.
const THREADS: usize = 8;

/// How many things a thread takes at once.
const AT_ONCE: usize = 64;

/// Does `work` for each of `items`, in whatever order, and hands what comes of
/// it to `take`, here. Ends at the first error.
pub(super) fn spread<I, T: Send, E: Send>(
    items: impl Iterator<Item = I> + Send,
    work: impl Fn(I) -> Result<T, E> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    let items = Mutex::new(items.fuse());
    let (sender, receiver) = mpsc::sync_channel::<Result<Vec<T>, E>>(2 * threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, items, work) = (sender.clone(), &items, &work);
            scope.spawn(move || {
                loop {
                    let some: Vec<I> = {
                        let mut items = items.lock().unwrap_or_else(PoisonError::into_inner);
                        items.by_ref().take(AT_ONCE).collect()
                    };
                    if some.is_empty() {
                        break;
                    }
                    let done = some.into_iter().map(work).collect();
                    // Nobody listens any more after an error.
                    if sender.send(done).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for done in receiver {
            done?.into_iter().for_each(&mut take);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_done_once() {
        for count in [0, 1, 63, 64, 65, 10_000] {
            let mut done = Vec::new();
            spread(0..count, |it| Ok::<_, ()>(2 * it), |it| done.push(it)).unwrap();
            done.sort_unstable();
            assert_eq!(done, (0..count).map(|it| 2 * it).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_ends_it_before_all_is_done() {
        let mut taken = 0;
        // It would not end by itself.
        let done = spread(0_u64.., |it| if it < 1_000 { Ok(it) } else { Err(it) }, |_| taken += 1);
        assert!((1_000..100_000).contains(&done.unwrap_err()) && taken <= 1_000);
    }
}
