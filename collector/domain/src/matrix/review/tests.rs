use jiff::civil::date;

use super::*;
use crate::matrix::testing::*;

#[test]
fn a_row_is_announced_due_and_overdue() {
    let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
    let today = date(2026, 11, 24);
    let mut state = |reviewed: Option<Date>| {
        matrix.rows[0].reviewed = reviewed;
        review(&matrix, today, None).rows[0].state
    };
    for (days, expected) in [
        (74, ReviewState::Fresh),
        (75, ReviewState::Soon),
        (89, ReviewState::Soon),
        (90, ReviewState::Due),
        (119, ReviewState::Due),
        (120, ReviewState::Overdue),
    ] {
        let reviewed = today.checked_sub(jiff::Span::new().days(days)).unwrap();
        assert_eq!(state(Some(reviewed)), expected, "{days}");
    }
    assert_eq!(state(None), ReviewState::Never);
    // It may be tomorrow already where somebody wrote it down, but not next year.
    assert_eq!(state(Some(date(2026, 11, 25))), ReviewState::Fresh);
    assert_eq!(state(Some(date(2027, 11, 24))), ReviewState::Never);
}

#[test]
fn a_review_counts_what_each_row_did() {
    let matrix = matrix([row("base", "*", "always", "provider-noc")]);
    let id = |it: &str| it.parse::<RowId>().unwrap();
    let stats = ReviewStats {
        alerts: [(id("catch-all"), 3)].into(),
        hand_backs: [(id("base"), 1)].into(),
        ..Default::default()
    };
    let found = review(&matrix, date(2026, 11, 24), Some(&stats));
    assert_eq!(found.catch_all_hits, Some(3));
    assert_eq!((found.rows[0].alerts, found.rows[0].hand_backs), (Some(0), 1));
    assert_eq!(review(&matrix, date(2026, 11, 24), None).rows[0].alerts, None);
}
