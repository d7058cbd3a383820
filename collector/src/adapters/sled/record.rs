//! How things look on disk, and how they become values again.
//!
//! Everything cold is JSON that names its version: `{"version":"1","is":{…}}`.
//! What is written with every report ([`pulse`]) is binary. Conversions
//! between stored forms and domain values are here and nowhere else.
//!
//! # Invariants
//!
//! - A form that was released is never changed: a new one is added, and
//!   decoding goes from each old one to the domain. `testdata/records` holds
//!   one example of each released form, with its meaning in the tests.
//! - Decoding gives an error for whatever it does not understand.

mod alert;
mod audit;
mod backup;
mod brief;
mod change;
mod clocks;
mod contact;
mod daybook;
mod effect;
mod endpoint;
mod form;
mod known_issue;
mod letter;
mod notice;
mod people;
pub(super) mod pulse;
mod shift;
mod source;
#[cfg(test)]
mod tests;
mod window;

use std::{error::Error, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    audit::{Chains, Sealed},
    change::Change,
    contact::Contact,
    daybook::Day,
    detect::Checks,
    effect::{FeedEvent, RecordKey},
    endpoint::{Facts, Layout, Registration},
    enroll::Token,
    known_issue::KnownIssue,
    matrix_version::Published,
    operator::Operator,
    shift::Shift,
    source::{Active, Source},
    window::Window,
};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser::SerializeStruct as _};

pub(super) use self::brief::Brief;
use self::{
    alert::AlertRecordV1,
    audit::{ChainsRecordV1, SealedRecordV1},
    change::ChangeRecordV1,
    contact::ContactRecordV1,
    daybook::DayRecordV1,
    effect::{FeedEventRecordV1, OwedRecordV1},
    endpoint::{ChecksRecordV1, FactsRecordV1, LayoutRecordV1, RegistrationRecordV1},
    form::{As, Form},
    known_issue::KnownIssueRecordV1,
    people::{OperatorRecordV1, PublishedRecordV1, TokenRecordV1},
    shift::ShiftRecordV1,
    source::{ActiveRecordV1, SourceRecordV1},
    window::WindowRecordV1,
};
use crate::ports::store::{AnyRecord, Owed};

/// A value that is stored as JSON.
pub(super) trait Cold: Sized {
    /// Its stored forms.
    type Record: Form<Self> + DeserializeOwned;
}

macro_rules! versions {
    ($($(#[$doc:meta])* $record:ident of $domain:ty {
        $($text:literal => $version:ident($form:ty),)*
        newest $newest:literal => $newest_version:ident($newest_form:ty)
    })*) => {$(
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[serde(tag = "version", content = "is")]
        pub(super) enum $record {
            $(#[serde(rename = $text)]
            $version($form),)*
            #[serde(rename = $newest)]
            $newest_version($newest_form),
        }

        impl Form<$domain> for $record {
            fn store(it: &$domain) -> Self {
                Self::$newest_version(Form::store(it))
            }

            fn load(self) -> Result<$domain, Invalid> {
                match self {
                    $(Self::$version(form) => form.load(),)*
                    Self::$newest_version(form) => form.load(),
                }
            }

            fn write<S: Serializer>(value: &$domain, to: S) -> Result<S::Ok, S::Error> {
                let mut whole = to.serialize_struct(stringify!($record), 2)?;
                whole.serialize_field("version", $newest)?;
                whole.serialize_field("is", &As::<$newest_form, $domain>::new(value))?;
                whole.end()
            }
        }

        impl Cold for $domain {
            type Record = $record;
        }
    )*};
}

versions! {
    /// A matter of a source, in all versions.
    ActiveRecord of Active { newest "1" => V1(ActiveRecordV1) }
    /// An alert, in all versions.
    AlertRecord of Alert { newest "1" => V1(AlertRecordV1) }
    /// Where the audit trail begins or ends, in all versions.
    ChainsRecord of Chains { newest "1" => V1(ChainsRecordV1) }
    /// A request to change something, in all versions.
    ChangeRecord of Change { newest "1" => V1(ChangeRecordV1) }
    /// An endpoint's checks, in all versions.
    ChecksRecord of Checks { newest "1" => V1(ChecksRecordV1) }
    /// How a day was, in all versions.
    DayRecord of Day { newest "1" => V1(DayRecordV1) }
    /// A way in which people are told, in all versions.
    ContactRecord of Contact { newest "1" => V1(ContactRecordV1) }
    /// An endpoint's facts, in all versions.
    FactsRecord of Facts { newest "1" => V1(FactsRecordV1) }
    /// An entry of the feed, in all versions.
    FeedEventRecord of FeedEvent { newest "1" => V1(FeedEventRecordV1) }
    /// Something that is known, in all versions.
    KnownIssueRecord of KnownIssue { newest "1" => V1(KnownIssueRecordV1) }
    /// The names of an endpoint's readings, in all versions.
    LayoutRecord of Layout { newest "1" => V1(LayoutRecordV1) }
    /// An operator, in all versions.
    OperatorRecord of Operator { newest "1" => V1(OperatorRecordV1) }
    /// An owed effect, in all versions.
    OwedRecord of Owed { newest "1" => V1(OwedRecordV1) }
    /// A version of a matrix, in all versions of its own.
    PublishedRecord of Published { newest "1" => V1(PublishedRecordV1) }
    /// An endpoint's identity, in all versions.
    RegistrationRecord of Registration { newest "1" => V1(RegistrationRecordV1) }
    /// A night before a business day, in all versions.
    ShiftRecord of Shift { newest "1" => V1(ShiftRecordV1) }
    /// An entry of the audit trail, in all versions.
    SealedRecord of Sealed { newest "1" => V1(SealedRecordV1) }
    /// A source of alerts, in all versions.
    SourceRecord of Source { newest "1" => V1(SourceRecordV1) }
    /// An enrollment token, in all versions.
    TokenRecord of Token { newest "1" => V1(TokenRecordV1) }
    /// A maintenance window, in all versions.
    WindowRecord of Window { newest "1" => V1(WindowRecordV1) }
}

/// A count that the store keeps for itself.
impl Cold for u64 {
    type Record = Self;
}

/// A file, and a place in it.
impl Cold for (u64, u64) {
    type Record = Self;
}

/// A time that the store keeps for itself.
impl Cold for Timestamp {
    type Record = String;
}

/// A length of time that the store keeps for itself.
impl Cold for SignedDuration {
    type Record = String;
}

/// Why stored bytes are not a value.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// They are not of the form that they should have.
    #[error("the stored form is not understood")]
    Form(#[source] serde_json::Error),
    /// One of the fields makes no sense.
    #[error(transparent)]
    Field(#[from] Invalid),
    /// They are binary, and end too early or too late, or are out of range.
    #[error("byte {at} of {len} makes no sense")]
    Binary {
        /// Where.
        at: usize,
        /// How many there are.
        len: usize,
    },
    /// They are binary, of a version that is not known.
    #[error("version {0} is not known")]
    Version(u8),
}

/// Why a field is not a value.
#[derive(Debug, thiserror::Error)]
#[error("the stored `{path}` makes no sense")]
pub struct Invalid {
    /// Which field, from the outermost in: `remit.decided_at`.
    pub path: String,
    /// What is wrong with it.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl Invalid {
    fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { path: String::new(), source: source.into() }
    }

    fn within(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{field}{dot}{}", self.path);
        self
    }
}

/// Room for most stored text, which is then moved once at most; bytes.
const USUAL: usize = 2_048;

/// A record with its revision, as one value on disk.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    revision: u64,
    record: T,
}

/// The stored form of a value.
pub(super) fn encode<T: Cold>(value: &T) -> Vec<u8> {
    to_json(&As::<T::Record, T>::new(value))
}

/// The value of a stored form.
pub(super) fn decode<T: Cold>(bytes: &[u8]) -> Result<T, DecodeError> {
    let record: T::Record = from_json(bytes)?;
    Ok(record.load()?)
}

/// The stored form of a record that is one value; endpoints are several, and
/// so are sources, of which this is the first.
pub(super) fn encode_whole(record: &AnyRecord, revision: u64) -> Option<Vec<u8>> {
    match record {
        AnyRecord::Endpoint(_) => None,
        AnyRecord::Alert(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Token(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Operator(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Matrix(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Change(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::KnownIssue(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Day(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Shift(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Source(it) => Some(encode_kept(&it.bare(), revision)),
        AnyRecord::Window(it) => Some(encode_kept(&**it, revision)),
        AnyRecord::Contact(it) => Some(encode_kept(&**it, revision)),
    }
}

/// The record with this key, and its revision.
pub(super) fn decode_whole(
    key: &RecordKey,
    bytes: &[u8],
) -> Result<Option<(AnyRecord, u64)>, DecodeError> {
    fn kept<T: Cold>(
        bytes: &[u8],
        wrap: fn(Arc<T>) -> AnyRecord,
    ) -> Result<Option<(AnyRecord, u64)>, DecodeError> {
        let (record, revision) = decode_kept(bytes)?;
        Ok(Some((wrap(Arc::new(record)), revision)))
    }
    match key {
        RecordKey::Endpoint(_) => Ok(None),
        RecordKey::Alert(_) => kept(bytes, AnyRecord::Alert),
        RecordKey::Token(_) => kept(bytes, AnyRecord::Token),
        RecordKey::Operator(_) => kept(bytes, AnyRecord::Operator),
        RecordKey::Matrix(..) => kept(bytes, AnyRecord::Matrix),
        RecordKey::Change(_) => kept(bytes, AnyRecord::Change),
        RecordKey::KnownIssue(_) => kept(bytes, AnyRecord::KnownIssue),
        RecordKey::Day(..) => kept(bytes, AnyRecord::Day),
        RecordKey::Shift(..) => kept(bytes, AnyRecord::Shift),
        RecordKey::Source(_) => kept(bytes, AnyRecord::Source),
        RecordKey::Window(_) => kept(bytes, AnyRecord::Window),
        RecordKey::Contact(..) => kept(bytes, AnyRecord::Contact),
    }
}

/// A source without what holds of it, and its revision; up to format 2 with it.
pub(super) fn decode_source(bytes: &[u8]) -> Result<(Source, u64), DecodeError> {
    decode_kept(bytes)
}

fn decode_kept<T: Cold>(bytes: &[u8]) -> Result<(T, u64), DecodeError> {
    let kept: Kept<T::Record> = from_json(bytes)?;
    Ok((kept.record.load()?, kept.revision))
}

fn encode_kept<T: Cold>(value: &T, revision: u64) -> Vec<u8> {
    to_json(&Kept { revision, record: As::<T::Record, T>::new(value) })
}

/// All of it is looked at once for what is no text, and not again for each piece.
fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let read = match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        // It says where.
        Err(_) => serde_json::from_slice(bytes),
    };
    read.map_err(DecodeError::Form)
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::with_capacity(USUAL);
    put_json(&mut text, value);
    text
}

fn put_json(text: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(text, value).expect("stored forms have nothing that JSON cannot say");
}
