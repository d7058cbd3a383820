//! Pages of a list that is in memory anyway.

use std::{cmp::Ordering, ops::Range};

use remit_shared::ErrorKind;
use tonic::Status;

use crate::edge::grpc::status::answer;

/// What a page holds if nobody says.
const USUAL: usize = 100;
/// What a page holds at most.
const MOST: usize = 1_000;

/// The page of `items` that was asked for, and the token of the next one.
pub(super) fn page<T>(
    items: Vec<T>,
    page_size: u32,
    page_token: &str,
) -> Result<(Vec<T>, String), Status> {
    let asked = asked(page_size, page_token)?;
    let next = next(&asked, items.len());
    Ok((items.into_iter().skip(asked.start).take(asked.len()).collect(), next))
}

/// The same of items that have an order, in which no two are the same. Only those
/// on the page are brought into it: a long list is not sorted for a short page.
pub(super) fn page_by<T>(
    mut items: Vec<T>,
    page_size: u32,
    page_token: &str,
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<(Vec<T>, String), Status> {
    let asked = asked(page_size, page_token)?;
    let next = next(&asked, items.len());
    if asked.end < items.len() {
        items.select_nth_unstable_by(asked.end, &order);
        items.truncate(asked.end);
    }
    if asked.start >= items.len() {
        return Ok((Vec::new(), next));
    }
    items.select_nth_unstable_by(asked.start, &order);
    let mut items = items.split_off(asked.start);
    items.sort_unstable_by(order);
    Ok((items, next))
}

/// Which items were asked for, if there are so many.
fn asked(page_size: u32, page_token: &str) -> Result<Range<usize>, Status> {
    let size = match page_size {
        0 => USUAL,
        some => usize::try_from(some).unwrap_or(MOST).min(MOST),
    };
    let start = if page_token.is_empty() {
        0
    } else {
        let wrong = |_| answer(ErrorKind::Invalid, "page_token is not one that was given out");
        page_token.parse::<usize>().map_err(wrong)?
    };
    Ok(start..start.saturating_add(size))
}

fn next(asked: &Range<usize>, of: usize) -> String {
    if asked.end < of { asked.end.to_string() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_up_to_the_whole() {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let (items, next) = page((0..250).collect(), 0, &token).unwrap();
            assert!(items.len() <= 100);
            all.extend(items);
            token = next;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(all, (0..250).collect::<Vec<_>>());
        assert!(page(vec![1], 0, "second").is_err());
    }

    #[test]
    fn a_page_that_is_brought_into_order_is_that_of_the_sorted_list() {
        let items: Vec<u64> = (0..250).map(|it| it * 149 % 251).collect();
        let mut sorted = items.clone();
        sorted.sort_unstable();
        for (size, token) in
            [(0, ""), (100, "100"), (100, "200"), (7, "249"), (1, "250"), (9, "999")]
        {
            assert_eq!(
                page_by(items.clone(), size, token, Ord::cmp).unwrap(),
                page(sorted.clone(), size, token).unwrap(),
                "{size} from {token:?}"
            );
        }
        assert_eq!(
            page_by(Vec::<u64>::new(), 0, "", Ord::cmp).unwrap(),
            (Vec::new(), String::new())
        );
    }
}
