//! Pages of a list that is in memory anyway.

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
    let end = start.saturating_add(size);
    let next = if end < items.len() { end.to_string() } else { String::new() };
    Ok((items.into_iter().skip(start).take(size).collect(), next))
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
}
