//! Whether the clock is right, by the Windows time service: `w32tm`.
//!
//! Its words are translated, its order and its numbers are not: the first line
//! has the leap indicator, the second the stratum, and the third duration is
//! the offset. Whether it answers the agent's account is up to the service's
//! own rights; if not, that is the answer.
//!
//! Taken from its documentation and from what it printed elsewhere; never run
//! on a Windows machine of ours.

use remit_shared::{Body, Completeness, Series, Unit};

use crate::{
    command::Command,
    probe::{Probe, ProbeError, Sample, Turn, value},
};

const SOURCE: &str = "w32tm /query /status /verbose";

/// What the service says when it does not run, which is usual where a trigger
/// starts it, and when it does not answer us.
const NOT_RUNNING: &str = "0x80070426";
const DENIED: &str = "0x80070005";

/// The leap indicator and the stratum of a clock that nobody keeps.
const ALARM: u64 = 3;
const UNSPECIFIED: u64 = 0;

/// Asks whether the clock is right.
#[derive(Debug)]
pub struct ClockProbe {
    series: [Series; 2],
}

/// What the service knows of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    synchronized: bool,
    offset_ms: Option<i64>,
}

impl ClockProbe {
    /// A probe that asks the time service.
    pub fn new() -> Self {
        let named = [("clock_synchronized", Unit::Flag), ("clock_offset", Unit::Milliseconds)];
        Self { series: value::series("", named) }
    }
}

impl Default for ClockProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for ClockProbe {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let output = Command::new("w32tm").args(["/query", "/status", "/verbose"]).run()?;
        let said = |code: &str| output.stdout.contains(code) || output.stderr.contains(code);
        if said(NOT_RUNNING) {
            let why = "the Windows time service does not run".into();
            return Err(ProbeError::Unsupported { why });
        }
        if said(DENIED) {
            return Err(ProbeError::NoPermission { what: "the Windows time service".into() });
        }
        let Standing { synchronized, offset_ms } = parse(output.expect()?)?;
        let offset = offset_ms.filter(|_| synchronized);
        let values = [Some(i64::from(synchronized)), offset];
        let mut sample =
            Sample::full(Body::Readings(value::readings(&self.series, values).collect()));
        if synchronized && offset.is_none() {
            sample.completeness = Completeness::Partial;
            sample.missing = "clock_offset: this version of w32tm does not say".into();
        }
        Ok(sample)
    }
}

fn parse(text: &str) -> Result<Standing, ProbeError> {
    let missing = |field: &str| ProbeError::Parse { what: SOURCE.into(), field: field.into() };
    let mut values = text.lines().filter_map(|it| Some(it.split_once(':')?.1.trim()));
    let leap = values.next().and_then(number).ok_or_else(|| missing("the leap indicator"))?;
    let stratum = values.next().and_then(number).ok_or_else(|| missing("the stratum"))?;
    // Root delay, root dispersion, phase offset.
    let offset_ms = values.filter_map(milliseconds).nth(2);
    Ok(Standing { synchronized: leap != ALARM && stratum != UNSPECIFIED, offset_ms })
}

/// The number that a value begins with: `4 (secondary reference)`.
fn number(value: &str) -> Option<u64> {
    let end = value.find(|it: char| !it.is_ascii_digit()).unwrap_or(value.len());
    value[..end].parse().ok()
}

/// `-0.0002147s`, and nothing else.
fn milliseconds(value: &str) -> Option<i64> {
    let seconds = value.strip_suffix('s')?.replace(',', ".");
    match seconds.strip_prefix('-') {
        Some(seconds) => value::milli(seconds).map(|it| -it),
        None => value::milli(&seconds),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENGLISH: &str = "\
Leap Indicator: 0(no warning)
Stratum: 4 (secondary reference - syncd by (S)NTP)
Precision: -23 (119.209ns per tick)
Root Delay: 0.0320287s
Root Dispersion: 7.8158031s
ReferenceId: 0x0D56F0E6 (source IP:  13.86.240.230)
Last Successful Sync Time: 11/24/2026 10:00:00 AM
Source: time.windows.com,0x8
Poll Interval: 10 (1024s)

Phase Offset: -0.0122147s
ClockRate: 0.0156250s
State Machine: 2 (Sync)
Time Source Flags: 0 (None)
Server Role: 0 (None)
Last Sync Error: 0 (The command completed successfully.)
Time since Last Good Sync Time: 511.6875407s
";

    const GERMAN: &str = "\
Sprungindikator: 3(nicht synchronisiert)
Stratum: 0 (nicht angegeben)
Präzision: -23 (119.209ns pro Tick)
Stammverzögerung: 0.0000000s
Stammabweichung: 0.0000000s
Referenz-ID: 0x00000000 (nicht angegeben)
Letzte erfolgr. Synchronisierungszeit: nicht angegeben
Quelle: Local CMOS Clock
Abrufintervall: 10 (1024s)
";

    #[test]
    fn numbers_are_read_and_words_are_not() {
        let standing = parse(ENGLISH).unwrap();
        assert_eq!(standing, Standing { synchronized: true, offset_ms: Some(-12) });
        let standing = parse(GERMAN).unwrap();
        assert_eq!(standing, Standing { synchronized: false, offset_ms: None });
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, field) in [
            ("", "the leap indicator"),
            ("Leap Indicator: none\n", "the leap indicator"),
            ("Leap Indicator: 0(no warning)\nStratum: ?\n", "the stratum"),
        ] {
            let expected = format!("failed to find {field} in {SOURCE}");
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "([a-z]{0,4}: ?[-0-9.,]{0,25}[s(x]?\n){0,8}") {
            let _ = parse(&text);
        }
    }
}
