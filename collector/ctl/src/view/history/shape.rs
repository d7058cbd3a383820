//! A line that shows how something went: a block per stretch of time.

use jiff::{SignedDuration, Timestamp};

use super::Rollup;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where nothing is known.
const GAP: char = '·';

/// Means over a time, from the least that is shown to the greatest.
pub(super) fn shape(
    rollups: &[Rollup],
    (from, to): (Timestamp, Timestamp),
    step: SignedDuration,
    width: usize,
) -> String {
    let step = step.as_secs().max(1);
    let first = from.as_second().div_euclid(step);
    let spans = (to.as_second().div_euclid(step) - first + 1).max(1);
    let width = i64::try_from(width).unwrap_or(1).clamp(1, spans);
    let mut cells = vec![(0.0, 0.0); usize::try_from(width).unwrap_or(1)];
    for rollup in rollups {
        let Some(begin) = rollup.begin else { continue };
        let span = begin.0.as_second().div_euclid(step) - first;
        let cell = usize::try_from(span * width / spans).ok().and_then(|it| cells.get_mut(it));
        if let Some((sum, weight)) = cell {
            // What never held for a second is still there.
            let held = (rollup.held_seconds as f64).max(0.5);
            *sum += rollup.mean * held;
            *weight += held;
        }
    }
    let means = cells.into_iter().map(|(sum, weight)| (weight > 0.0).then(|| sum / weight));
    let means: Vec<Option<f64>> = means.collect();
    let known = || means.iter().flatten().copied();
    let (least, most) = (known().fold(f64::MAX, f64::min), known().fold(f64::MIN, f64::max));
    let block = |mean: &Option<f64>| {
        let Some(mean) = mean else { return GAP };
        let height = if least < most { (mean - least) / (most - least) } else { 0.0 };
        // At most 1, and not a number never.
        BLOCKS[((height * 7.0).round() as usize).min(7)]
    };
    means.iter().map(block).collect()
}
