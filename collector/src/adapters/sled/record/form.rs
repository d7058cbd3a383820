//! Stored forms field by field.

mod values;

use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use crate::adapters::sled::record::Invalid;

/// The stored form of a value.
pub(in crate::adapters::sled) trait Form<D>: Serialize + Sized {
    /// From the domain to the disk.
    fn store(value: &D) -> Self;

    /// From the disk to the domain.
    fn load(self) -> Result<D, Invalid>;

    /// Writes what [`Form::store`] gives. An alert is a hundred small texts,
    /// of which none need be made for that.
    fn write<S: Serializer>(value: &D, to: S) -> Result<S::Ok, S::Error> {
        Self::store(value).serialize(to)
    }
}

/// A value that is written in a form.
pub(in crate::adapters::sled) struct As<'a, F, D>(&'a D, PhantomData<F>);

impl<'a, F, D> As<'a, F, D> {
    pub(in crate::adapters::sled) fn new(value: &'a D) -> Self {
        Self(value, PhantomData)
    }
}

impl<F: Form<D>, D> Serialize for As<'_, F, D> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        F::write(self.0, to)
    }
}

/// Declares a form that has the fields of a domain struct, each with the type
/// that it has on disk. A field that the domain gains does not compile until
/// it is decided what it means for what is already stored. An `optional` one is
/// left out where there is none.
macro_rules! form {
    ($($name:ident of $domain:ident {
        $($(#[$meta:meta])* $field:ident $($optional:ident)?: $type:ty,)*
    })*) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::adapters::sled) struct $name {$(
            $(#[$meta])*
            $(#[doc = stringify!($optional)]
            #[serde(default, skip_serializing_if = "Option::is_none")])?
            $field: $type,
        )*}

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

            fn write<S: serde::Serializer>(value: &$domain, to: S) -> Result<S::Ok, S::Error> {
                use crate::adapters::sled::record::form::As;
                use serde::ser::SerializeStruct as _;
                let fields: &[&str] = &[$(stringify!($field)),*];
                let mut all = to.serialize_struct(stringify!($name), fields.len())?;
                $(
                    let is_there = true $(&& {
                        let _: &str = stringify!($optional);
                        value.$field.is_some()
                    })?;
                    if is_there {
                        let it = As::<$type, _>::new(&value.$field);
                        all.serialize_field(stringify!($field), &it)?;
                    }
                )*
                all.end()
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
