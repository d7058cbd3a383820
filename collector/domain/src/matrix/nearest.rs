//! "Did you mean": the known word that a wrong one was probably meant to be.

/// The candidate that a word is most like, if one is like it at all: no more
/// than a third of it may be wrong.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = |it: &'a str| (distance(word, it), it);
    let (steps, best) = candidates.into_iter().map(wrong).min()?;
    (steps * 3 <= word.chars().count().max(3)).then_some(best)
}

/// How many letters must be added, dropped, replaced or swapped with their
/// neighbour.
fn distance(from: &str, to: &str) -> usize {
    // Names are short; whoever sends more gets no suggestion, not a slow one.
    let [from, to] = [from, to].map(|it| it.chars().take(64).collect::<Vec<_>>());
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1);
            least = least.min(row[j] + 1);
            if 0 < i && 0 < j && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let known = ["internal-it", "provider-noc", "accountable"];
        for (word, expected) in [
            ("internal_it", Some("internal-it")),
            ("provider-nco", Some("provider-noc")),
            ("acountable", Some("accountable")),
            ("noc", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
