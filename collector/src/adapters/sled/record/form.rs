//! Stored forms field by field.

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

use crate::adapters::sled::record::Invalid;

/// The stored form of a value.
pub(in crate::adapters::sled) trait Form<D>: Sized {
    /// From the domain to the disk.
    fn store(value: &D) -> Self;

    /// From the disk to the domain.
    fn load(self) -> Result<D, Invalid>;
}

/// Declares a form that has the fields of a domain struct, each with the type
/// that it has on disk. A field that the domain gains does not compile until
/// it is decided what it means for what is already stored.
macro_rules! form {
    ($($name:ident of $domain:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::adapters::sled) struct $name { $($(#[$meta])* $field: $type,)* }

        impl crate::adapters::sled::record::form::Form<$domain> for $name {
            fn store(value: &$domain) -> Self {
                use crate::adapters::sled::record::form::Form;
                Self { $($field: Form::store(&value.$field),)* }
            }

            fn load(self) -> Result<$domain, crate::adapters::sled::record::Invalid> {
                use crate::adapters::sled::record::form::Form;
                Ok($domain {$(
                    $field: Form::load(self.$field)
                        .map_err(|it| it.within(stringify!($field)))?,
                )*})
            }
        }
    )*};
}
pub(super) use form;

/// Declares the stored words of a domain enum without data.
macro_rules! words {
    ($($name:ident of $domain:ident { $($variant:ident = $text:literal,)* })*) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::adapters::sled) enum $name { $(#[serde(rename = $text)] $variant,)* }

        impl crate::adapters::sled::record::form::Form<$domain> for $name {
            fn store(value: &$domain) -> Self {
                match value { $($domain::$variant => Self::$variant,)* }
            }

            fn load(self) -> Result<$domain, crate::adapters::sled::record::Invalid> {
                Ok(match self { $(Self::$variant => $domain::$variant,)* })
            }
        }
    )*};
}
pub(super) use words;

/// Declares the stored form of a domain enum whose variants have data: fields
/// with names, or one value in parentheses.
macro_rules! choices {
    ($($name:ident of $domain:ident { $(
        $variant:ident $(($it:ident: $one:ty))? $({ $($field:ident: $type:ty,)+ })?,
    )* })*) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub(in crate::adapters::sled) enum $name {
            $($variant $(($one))? $({ $($field: $type,)+ })?,)*
        }

        impl crate::adapters::sled::record::form::Form<$domain> for $name {
            fn store(value: &$domain) -> Self {
                use crate::adapters::sled::record::form::Form;
                match value {$(
                    $domain::$variant $(($it))? $({ $($field,)+ })? => {
                        Self::$variant $((Form::store($it)))? $({ $($field: Form::store($field),)+ })?
                    }
                )*}
            }

            fn load(self) -> Result<$domain, crate::adapters::sled::record::Invalid> {
                use crate::adapters::sled::record::form::Form;
                Ok(match self {$(
                    Self::$variant $(($it))? $({ $($field,)+ })? => {
                        $domain::$variant $((Form::load($it)?))? $({$(
                            $field: Form::load($field)
                                .map_err(|it| it.within(stringify!($field)))?,
                        )+})?
                    }
                )*})
            }
        }
    )*};
}
pub(super) use choices;

macro_rules! as_they_are {
    ($($type:ty),*) => {$(
        impl Form<$type> for $type {
            fn store(value: &$type) -> Self {
                value.clone()
            }

            fn load(self) -> Result<$type, Invalid> {
                Ok(self)
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
}

impl<F: Form<D>, D: Ord> Form<BTreeSet<D>> for Vec<F> {
    fn store(value: &BTreeSet<D>) -> Self {
        value.iter().map(F::store).collect()
    }

    fn load(self) -> Result<BTreeSet<D>, Invalid> {
        self.into_iter().map(F::load).collect()
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
}

impl<F: Form<D>, D> Form<Arc<D>> for F {
    fn store(value: &Arc<D>) -> Self {
        F::store(value)
    }

    fn load(self) -> Result<Arc<D>, Invalid> {
        F::load(self).map(Arc::new)
    }
}

impl<F: Form<D>, D> Form<Box<D>> for F {
    fn store(value: &Box<D>) -> Self {
        F::store(value)
    }

    fn load(self) -> Result<Box<D>, Invalid> {
        F::load(self).map(Box::new)
    }
}
