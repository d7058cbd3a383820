//! The stored forms of what records are made of: most is text.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::{self, Write as _},
    str::FromStr,
    sync::Arc,
};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    fmt::temporal::{DateTimeParser, DateTimePrinter},
    tz::TimeZone,
};
use remit_collector_domain::{
    matrix::{ChannelRef, EndpointRef},
    people::Target,
    source::{Fingerprint, SourceKind},
    window::rule::Rule,
};
use remit_shared::{
    AgreementName, AlertId, CalendarName, ChangeId, Completeness, EndpointId, EndpointKind,
    FailureKind, Function, KnownIssueId, OperatorId, Party, PatchState, PolicyName, RowId, RunId,
    RunResult, Severity, Site, SourceId, SourceName, Tag, Team, Tenant, TokenId, Unit, WindowId,
};
use serde::{Serialize as _, Serializer, ser::SerializeTuple as _};

use super::{As, Form};
use crate::adapters::sled::record::Invalid;

macro_rules! as_they_are {
    ($($type:ty),*) => {$(
        impl Form<$type> for $type {
            fn store(value: &$type) -> Self {
                value.clone()
            }

            fn load(self) -> Result<$type, Invalid> {
                Ok(self)
            }

            fn write<S: Serializer>(value: &$type, to: S) -> Result<S::Ok, S::Error> {
                value.serialize(to)
            }
        }
    )*};
}

as_they_are!(bool, i64, u32, u64, usize, String);

macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl Form<$type> for String {
            fn store(value: &$type) -> Self {
                text(value)
            }

            fn load(self) -> Result<$type, Invalid> {
                parse(&self)
            }

            fn write<S: Serializer>(value: &$type, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(value)
            }
        }
    )*};
}

as_text!(
    AgreementName,
    AlertId,
    CalendarName,
    ChangeId,
    ChannelRef,
    Completeness,
    Date,
    DateTime,
    EndpointId,
    EndpointKind,
    EndpointRef,
    FailureKind,
    Fingerprint,
    Function,
    KnownIssueId,
    OperatorId,
    Party,
    PatchState,
    PolicyName,
    RowId,
    Rule,
    RunId,
    RunResult,
    Severity,
    SignedDuration,
    Site,
    SourceId,
    SourceKind,
    SourceName,
    Tag,
    Target,
    Team,
    Tenant,
    Timestamp,
    TokenId,
    Unit,
    WindowId
);

/// Most is names, ids and times: none of them is longer than this, and is moved
/// as it is written.
const USUAL: usize = 40;

fn text(value: &impl fmt::Display) -> String {
    let mut text = String::with_capacity(USUAL);
    write!(text, "{value}").expect("a string takes everything");
    text
}

fn parse<T>(text: &str) -> Result<T, Invalid>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    text.parse().map_err(Invalid::new)
}

impl Form<Arc<str>> for String {
    fn store(value: &Arc<str>) -> Self {
        value.as_ref().to_owned()
    }

    fn load(self) -> Result<Arc<str>, Invalid> {
        Ok(self.into())
    }

    fn write<S: Serializer>(value: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value)
    }
}

/// Zones: by their IANA name, or what stands for it where there is none.
impl Form<TimeZone> for String {
    fn store(value: &TimeZone) -> Self {
        DateTimePrinter::new()
            .time_zone_to_string(value)
            .expect("every zone was named by somebody, and none is the machine's own")
    }

    fn load(self) -> Result<TimeZone, Invalid> {
        DateTimeParser::new().parse_time_zone(&self).map_err(Invalid::new)
    }
}

/// Hashes: lower-case hexadecimal.
impl Form<[u8; 32]> for String {
    fn store(value: &[u8; 32]) -> Self {
        value.iter().map(|it| format!("{it:02x}")).collect()
    }

    fn load(self) -> Result<[u8; 32], Invalid> {
        let mut hash = [0; 32];
        if self.len() != 64 || !self.is_ascii() {
            return Err(Invalid::new("64 hexadecimal digits were expected"));
        }
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&self[at..at + 2], 16).map_err(Invalid::new)?;
        }
        Ok(hash)
    }
}

/// Bytes: lower-case hexadecimal.
impl Form<Vec<u8>> for String {
    fn store(value: &Vec<u8>) -> Self {
        value.iter().map(|it| format!("{it:02x}")).collect()
    }

    fn load(self) -> Result<Vec<u8>, Invalid> {
        let digits = |it: &[u8]| {
            let text = str::from_utf8(it).map_err(Invalid::new)?;
            u8::from_str_radix(text, 16).map_err(Invalid::new)
        };
        self.as_bytes().chunks(2).map(digits).collect()
    }
}

impl<F: Form<D>, D> Form<Option<D>> for Option<F> {
    fn store(value: &Option<D>) -> Self {
        value.as_ref().map(F::store)
    }

    fn load(self) -> Result<Option<D>, Invalid> {
        self.map(F::load).transpose()
    }

    fn write<S: Serializer>(value: &Option<D>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_some(&As::<F, D>::new(value)),
            None => to.serialize_none(),
        }
    }
}

impl<F: Form<D>, D> Form<Vec<D>> for Vec<F> {
    fn store(value: &Vec<D>) -> Self {
        value.iter().map(F::store).collect()
    }

    fn load(self) -> Result<Vec<D>, Invalid> {
        let mut loaded: Vec<D> = self.into_iter().map(F::load).collect::<Result<_, _>>()?;
        // It was collected into the place of the wider form.
        loaded.shrink_to_fit();
        Ok(loaded)
    }

    fn write<S: Serializer>(value: &Vec<D>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(value.iter().map(As::<F, D>::new))
    }
}

impl<F: Form<D>, D: Ord> Form<BTreeSet<D>> for Vec<F> {
    fn store(value: &BTreeSet<D>) -> Self {
        value.iter().map(F::store).collect()
    }

    fn load(self) -> Result<BTreeSet<D>, Invalid> {
        self.into_iter().map(F::load).collect()
    }

    fn write<S: Serializer>(value: &BTreeSet<D>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(value.iter().map(As::<F, D>::new))
    }
}

impl<F: Form<D>, D, K: Ord> Form<BTreeMap<K, D>> for BTreeMap<String, F>
where
    String: Form<K>,
{
    fn store(value: &BTreeMap<K, D>) -> Self {
        value.iter().map(|(key, it)| (Form::store(key), F::store(it))).collect()
    }

    fn load(self) -> Result<BTreeMap<K, D>, Invalid> {
        self.into_iter().map(|(key, it)| Ok((key.load()?, it.load()?))).collect()
    }
}

impl<F: Form<A>, G: Form<B>, A, B> Form<(A, B)> for (F, G) {
    fn store(value: &(A, B)) -> Self {
        (F::store(&value.0), G::store(&value.1))
    }

    fn load(self) -> Result<(A, B), Invalid> {
        Ok((self.0.load()?, self.1.load()?))
    }

    fn write<S: Serializer>(value: &(A, B), to: S) -> Result<S::Ok, S::Error> {
        let mut both = to.serialize_tuple(2)?;
        both.serialize_element(&As::<F, A>::new(&value.0))?;
        both.serialize_element(&As::<G, B>::new(&value.1))?;
        both.end()
    }
}

impl<F: Form<D>, D> Form<Arc<D>> for F {
    fn store(value: &Arc<D>) -> Self {
        F::store(value)
    }

    fn load(self) -> Result<Arc<D>, Invalid> {
        F::load(self).map(Arc::new)
    }

    fn write<S: Serializer>(value: &Arc<D>, to: S) -> Result<S::Ok, S::Error> {
        F::write(value, to)
    }
}

impl<F: Form<D>, D> Form<Box<D>> for F {
    fn store(value: &Box<D>) -> Self {
        F::store(value)
    }

    fn load(self) -> Result<Box<D>, Invalid> {
        F::load(self).map(Box::new)
    }

    fn write<S: Serializer>(value: &Box<D>, to: S) -> Result<S::Ok, S::Error> {
        F::write(value, to)
    }
}
