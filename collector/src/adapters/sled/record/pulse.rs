//! What changes with every report: an endpoint's revision, its pulse, and the
//! newest piece of its history, as one binary value.
//!
//! Version 2, after a byte that says so, in the alphabet of
//! [`bytes`](crate::adapters::sled::bytes). Version 1 has no previews, and is
//! still what is written where there are none:
//!
//! | | |
//! |---|---|
//! | revision | number |
//! | epoch | 0, or 1 and eight bytes, lowest first |
//! | retired | how many, and eight bytes each |
//! | resume tokens | 1 if one is issued, plus 2 if there is a previous one; sixteen bytes each |
//! | events, metrics, lost | numbers |
//! | refused | a number; 0, or 1 and the time since 1970 when it was told |
//! | presence | a byte: see [`presence`] |
//! | present since | time since 1970 |
//! | heard at | 0, or 1 and the time since present |
//! | backfill | 0, or 1, the time since present, and two numbers: events, metrics; 2 if the time since present follows from when on |
//! | heard while listening, clock ahead | lengths of time |
//! | link | how often it broke, and the times since present; 0, or 1 and the time since present that it is unstable |
//! | measured | how many; each 0, or 1 and the time since present |
//! | values | how many; each 0 or folded and one more |
//! | previews | how many; each the probe, a number, the time since present, how many values, and for each the series and folded |
//! | newest history | the rest |

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_collector_domain::{
    endpoint::{Backfill, Presence, Preview, Pulse, Refused, ResumeTokens},
    flapping::link::Link,
};
use remit_shared::Departure;

use crate::adapters::sled::{
    bytes::{Reader, fold, optional, put_nanos, put_number},
    record::DecodeError,
};

/// Without previews, and with them.
const PLAIN: u8 = 1;
const WITH_PREVIEWS: u8 = 2;

/// The stored form. `history` is what [`Tail`](crate::adapters::sled::history)
/// makes of itself.
pub(in crate::adapters::sled) fn encode(revision: u64, pulse: &Pulse, history: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + 4 * pulse.values.len() + history.len());
    out.push(if pulse.previews.is_empty() { PLAIN } else { WITH_PREVIEWS });
    put_number(&mut out, revision.into());
    put_number(&mut out, u128::from(pulse.epoch.is_some()));
    out.extend(pulse.epoch.iter().flat_map(|it| it.to_le_bytes()));
    put_number(&mut out, pulse.retired.len() as u128);
    out.extend(pulse.retired.iter().flat_map(|it| it.to_le_bytes()));
    let ResumeTokens { issued, previous } = pulse.resume;
    out.push(u8::from(issued.is_some()) + 2 * u8::from(previous.is_some()));
    out.extend(issued.into_iter().chain(previous).flatten());
    for number in [pulse.events, pulse.metrics, pulse.lost] {
        put_number(&mut out, number.into());
    }
    put_number(&mut out, pulse.refused.count.into());
    put_time(&mut out, pulse.refused.told_at, 0);
    out.push(presence(pulse.presence));
    let since = pulse.presence_since.as_nanosecond();
    put_nanos(&mut out, since);
    put_time(&mut out, pulse.heard_at, since);
    let backfill = pulse.backfill.as_ref();
    match backfill {
        None => out.push(0),
        Some(Backfill { since: greeted, from, events, metrics }) => {
            out.push(if from.is_some() { 2 } else { 1 });
            put_nanos(&mut out, greeted.as_nanosecond() - since);
            put_number(&mut out, (*events).into());
            put_number(&mut out, (*metrics).into());
            from.iter().for_each(|it| put_nanos(&mut out, it.as_nanosecond() - since));
        }
    }
    put_nanos(&mut out, pulse.heard_listening.as_nanos());
    put_nanos(&mut out, pulse.clock_ahead.as_nanos());
    put_number(&mut out, pulse.link.broke_at.len() as u128);
    pulse.link.broke_at.iter().for_each(|it| put_nanos(&mut out, it.as_nanosecond() - since));
    put_time(&mut out, pulse.link.since, since);
    put_number(&mut out, pulse.measured.len() as u128);
    pulse.measured.iter().for_each(|it| put_time(&mut out, *it, since));
    put_number(&mut out, pulse.values.len() as u128);
    pulse.values.iter().for_each(|it| put_number(&mut out, optional(*it)));
    if !pulse.previews.is_empty() {
        put_previews(&mut out, &pulse.previews, since);
    }
    out.extend_from_slice(history);
    out
}

/// The revision, the pulse and the newest history of a stored form.
pub(in crate::adapters::sled) fn decode(bytes: &[u8]) -> Result<(u64, Pulse, &[u8]), DecodeError> {
    let mut it = Reader::new(bytes);
    let version = it.byte()?;
    if ![PLAIN, WITH_PREVIEWS].contains(&version) {
        return Err(DecodeError::Version(version));
    }
    let revision = it.u64()?;
    let epoch = flag(&mut it)?.then(|| it.array()).transpose()?.map(u64::from_le_bytes);
    let retired = (0..it.count()?).map(|_| it.array().map(u64::from_le_bytes));
    let retired = retired.collect::<Result<_, _>>()?;
    let tokens = it.byte()?;
    if tokens > 3 {
        return Err(it.nonsense());
    }
    let resume = ResumeTokens {
        issued: (tokens & 1 != 0).then(|| it.array()).transpose()?,
        previous: (tokens & 2 != 0).then(|| it.array()).transpose()?,
    };
    let (events, metrics, lost) = (it.u64()?, it.u64()?, it.u64()?);
    let refused = Refused { count: it.u64()?, told_at: time(&mut it, Timestamp::UNIX_EPOCH)? };
    let presence = it.byte()?;
    let presence = presence_of(presence).ok_or_else(|| it.nonsense())?;
    let presence_since = it.time(Timestamp::UNIX_EPOCH)?;
    let heard_at = time(&mut it, presence_since)?;
    let backfill = match it.byte()? {
        0 => None,
        known @ 1..=2 => Some(Backfill {
            since: it.time(presence_since)?,
            events: it.u64()?,
            metrics: it.u64()?,
            from: (known == 2).then(|| it.time(presence_since)).transpose()?,
        }),
        _ => return Err(it.nonsense()),
    };
    let (heard_listening, clock_ahead) = (it.duration()?, it.duration()?);
    let broke_at = (0..it.count()?).map(|_| it.time(presence_since));
    let broke_at = broke_at.collect::<Result<_, _>>()?;
    let link = Link { broke_at, since: time(&mut it, presence_since)? };
    let measured = (0..it.count()?).map(|_| time(&mut it, presence_since));
    let measured = measured.collect::<Result<_, _>>()?;
    let values = (0..it.count()?).map(|_| it.optional()).collect::<Result<_, _>>()?;
    let previews = match version {
        WITH_PREVIEWS => previews(&mut it, presence_since)?,
        _ => BTreeMap::new(),
    };
    let pulse = Pulse {
        epoch,
        retired,
        resume,
        events,
        metrics,
        lost,
        refused,
        backfill,
        presence,
        presence_since,
        heard_at,
        heard_listening,
        clock_ahead,
        link,
        measured,
        values,
        previews,
    };
    Ok((revision, pulse, it.rest()))
}

fn put_previews(out: &mut Vec<u8>, previews: &BTreeMap<usize, Preview>, since: i128) {
    put_number(out, previews.len() as u128);
    for (probe, Preview { seq, at, values }) in previews {
        put_number(out, *probe as u128);
        put_number(out, (*seq).into());
        put_nanos(out, at.as_nanosecond() - since);
        put_number(out, values.len() as u128);
        for (series, value) in values {
            put_number(out, *series as u128);
            put_number(out, fold((*value).into()));
        }
    }
}

fn previews(
    it: &mut Reader<'_>,
    since: Timestamp,
) -> Result<BTreeMap<usize, Preview>, DecodeError> {
    let mut previews = BTreeMap::new();
    for _ in 0..it.count()? {
        let (probe, seq, at) = (it.index()?, it.u64()?, it.time(since)?);
        let values = (0..it.count()?).map(|_| Ok((it.index()?, it.i64()?)));
        let values = values.collect::<Result<_, DecodeError>>()?;
        previews.insert(probe, Preview { seq, at, values });
    }
    Ok(previews)
}

/// The byte that stands for a presence; never change one, only add.
fn presence(presence: Presence) -> u8 {
    match presence {
        Presence::NeverSeen => 0,
        Presence::Online => 1,
        Presence::Late => 2,
        Presence::Offline => 3,
        Presence::ExpectedOff(Departure::Shutdown) => 4,
        Presence::ExpectedOff(Departure::ServiceStop) => 5,
        Presence::ExpectedOff(Departure::Upgrade) => 6,
    }
}

fn presence_of(byte: u8) -> Option<Presence> {
    Some(match byte {
        0 => Presence::NeverSeen,
        1 => Presence::Online,
        2 => Presence::Late,
        3 => Presence::Offline,
        4 => Presence::ExpectedOff(Departure::Shutdown),
        5 => Presence::ExpectedOff(Departure::ServiceStop),
        6 => Presence::ExpectedOff(Departure::Upgrade),
        _ => return None,
    })
}

fn flag(it: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match it.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(it.nonsense()),
    }
}

fn put_time(out: &mut Vec<u8>, time: Option<Timestamp>, since: i128) {
    out.push(u8::from(time.is_some()));
    time.iter().for_each(|it| put_nanos(out, it.as_nanosecond() - since));
}

fn time(it: &mut Reader<'_>, since: Timestamp) -> Result<Option<Timestamp>, DecodeError> {
    flag(it)?.then(|| it.time(since)).transpose()
}
