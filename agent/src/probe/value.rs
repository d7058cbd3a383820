//! From the kernel's text to readings: whole numbers under names made once.

use std::sync::Arc;

use remit_shared::{Reading, Series, Unit};

/// Makes the series of one instance. Done once and cloned at every sample,
/// which costs no allocation.
pub(super) fn series<const N: usize>(instance: &str, named: [(&str, Unit); N]) -> [Series; N] {
    let instance = Arc::<str>::from(instance);
    named.map(|(metric, unit)| Series { metric: metric.into(), instance: instance.clone(), unit })
}

/// Readings of these series, those without a value left out.
pub(super) fn readings<const N: usize>(
    series: &[Series; N],
    values: [Option<i64>; N],
) -> impl Iterator<Item = Reading> {
    let pairs = series.iter().zip(values);
    pairs.filter_map(|(series, value)| Some(Reading { series: series.clone(), value: value? }))
}

/// A count as a value. What does not fit is as large as can be.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How many thousandths of `all` are in `part`, rounded down; none of nothing.
pub(super) fn permille(part: impl Into<u128>, all: impl Into<u128>) -> i64 {
    let share = part.into().saturating_mul(1000).checked_div(all.into()).unwrap_or(0);
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// Thousandths of a decimal number: `1.25` is 1250. Digits after the third
/// are dropped.
pub(super) fn milli(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !(whole.bytes().chain(fraction.bytes())).all(|it| it.is_ascii_digit()) {
        return None;
    }
    let mut thousandths: i64 = 0;
    for digit in fraction.bytes().chain(*b"000").take(3) {
        thousandths = thousandths * 10 + i64::from(digit - b'0');
    }
    whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(thousandths)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_become_thousandths() {
        for (text, value) in [
            ("0.00", Some(0)),
            ("1.22", Some(1220)),
            ("12", Some(12_000)),
            ("0.5", Some(500)),
            ("3.14159", Some(3141)),
            ("", None),
            (".5", None),
            ("-1.0", None),
            ("1.x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(milli(text), value, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_never_more_than_the_whole(part: u64, rest: u64) {
            let all = u128::from(part) + u128::from(rest);
            prop_assert!((0..=1000).contains(&permille(part, all)));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "[0-9.x]{0,30}") {
            milli(&text);
        }
    }
}
