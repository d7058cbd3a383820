//! From numbers to heights.

/// From nothing at the bottom to the most at the top.
pub(super) struct Scale {
    most: f64,
    high: f64,
}

/// So many lines a chart has above the lowest.
const TICKS: u8 = 4;

/// The least round number that four equal whole steps reach and that is not
/// below another.
pub(super) fn nice(most: f64) -> f64 {
    let ticks = f64::from(TICKS);
    let mut step = 1.0;
    while step * ticks < most {
        // 1, 2, 5, 10, 20, 50, …
        let mantissa = step / 10f64.powf(step.log10().floor());
        step *= if mantissa > 1.5 && mantissa < 3.0 { 2.5 } else { 2.0 };
    }
    step * ticks
}

impl Scale {
    pub(super) fn up(most: f64, high: f64) -> Self {
        Self { most, high }
    }

    /// How long a value is.
    pub(super) fn length(&self, value: f64) -> f64 {
        self.high * value / self.most
    }

    /// How far from the top it reaches.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.high - self.length(value)
    }

    /// Where lines are drawn.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        let step = self.most / f64::from(TICKS);
        (0..=TICKS).map(move |it| step * f64::from(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        let most = [0.0, 1.0, 4.0, 5.0, 9.0, 21.0, 80.0, 81.0, 1234.0, 9000.0];
        let expected = [4.0, 4.0, 4.0, 8.0, 20.0, 40.0, 80.0, 200.0, 2000.0, 20000.0];
        assert_eq!(most.map(nice), expected);
    }
}
