//! Messages as views: the same fields under the same names, without a line of
//! code for each.
//!
//! [`messages!`] declares a view and how it comes from its message; [`Shown`]
//! says what becomes of one field. A view that needs more than that is written
//! out.

use std::marker::PhantomData;

use jiff::Timestamp;
use remit_proto::convert::Wire;
use serde::{Serialize, Serializer};

use super::{
    NOTHING,
    time::{Time, time},
};
use crate::word::{self, spelled};

/// What a view makes of a field.
pub(crate) trait Shown<M> {
    /// The field as views have it.
    fn shown(message: M) -> Self;
}

macro_rules! as_it_is {
    ($($kind:ty)*) => {$(
        impl Shown<$kind> for $kind {
            fn shown(message: $kind) -> Self {
                message
            }
        }
    )*};
}

as_it_is! { String bool u32 u64 i64 Option<i64> }

impl Shown<Option<<Timestamp as Wire>::Message>> for Option<Time> {
    fn shown(message: Option<<Timestamp as Wire>::Message>) -> Self {
        time(message)
    }
}

impl<M, T: Shown<M>> Shown<Vec<M>> for Vec<T> {
    fn shown(messages: Vec<M>) -> Self {
        messages.into_iter().map(T::shown).collect()
    }
}

/// A word of a closed list; `null` in JSON if it is unspecified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<W>(Option<&'static str>, PhantomData<W>);

impl<W> Word<W> {
    /// Its spelling, if it says anything.
    pub(crate) fn text(&self) -> Option<&'static str> {
        self.0
    }

    /// Its spelling, or what stands for nothing.
    pub(crate) fn or_nothing(&self) -> &'static str {
        self.0.unwrap_or(NOTHING)
    }

    /// Whether it is spelled so.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == Some(text)
    }
}

impl<W: word::Word> Shown<i32> for Word<W> {
    fn shown(message: i32) -> Self {
        Self(spelled::<W>(message), PhantomData)
    }
}

impl<W> Serialize for Word<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Bytes, as hexadecimal digits.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Hex(String);

impl Hex {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Shown<Vec<u8>> for Hex {
    fn shown(message: Vec<u8>) -> Self {
        Self(message.iter().map(|it| format!("{it:02x}")).collect())
    }
}

/// Declares views of messages.
macro_rules! messages {
    ($($(#[$about:meta])* $name:ident { $($(#[$mark:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, serde::Serialize)]
        pub(crate) struct $name {
            $($(#[$mark])* pub(crate) $field: $kind,)*
        }

        impl From<remit_proto::v1::$name> for $name {
            fn from(it: remit_proto::v1::$name) -> Self {
                Self { $($field: $crate::view::message::Shown::shown(it.$field),)* }
            }
        }

        impl $crate::view::message::Shown<remit_proto::v1::$name> for $name {
            fn shown(message: remit_proto::v1::$name) -> Self {
                message.into()
            }
        }

        impl $crate::view::message::Shown<Option<remit_proto::v1::$name>> for Option<$name> {
            fn shown(message: Option<remit_proto::v1::$name>) -> Self {
                message.map(Into::into)
            }
        }
    )*};
}

pub(crate) use messages;
