//! The closed word lists. Zero is unspecified and refused.

use remit_shared::{
    CheckStatus, Completeness, Departure, EndpointKind, FailureKind, Party, PatchState, RunResult,
    Severity, Stream, Unit,
};

use crate::{
    convert::{InvalidMessage, Wire},
    v1,
};

macro_rules! words {
    ($($name:ident { $($variant:ident)* })*) => {$(
        impl Wire for $name {
            type Message = i32;

            fn to_wire(&self) -> i32 {
                match self { $(Self::$variant => v1::$name::$variant.into(),)* }
            }

            fn from_wire(field: &'static str, message: i32) -> Result<Self, InvalidMessage> {
                match v1::$name::try_from(message) {
                    $(Ok(v1::$name::$variant) => Ok(Self::$variant),)*
                    Ok(v1::$name::Unspecified) => {
                        Err(InvalidMessage::new(field, "is unspecified"))
                    }
                    Err(_) => Err(InvalidMessage::new(field, format!("has no value {message}"))),
                }
            }
        }
    )*};
}

words! {
    CheckStatus { Ok Warn Crit Unknown Stale }
    Completeness { Full Partial }
    Departure { Shutdown ServiceStop Upgrade }
    EndpointKind { Server Workstation Virtual }
    FailureKind { Unsupported MissingTool Locked NoPermission Timeout Failed Shed }
    Party { Internal Provider Vendor }
    PatchState { Available Held DeferredPhased KeptBack Optional Declined }
    RunResult { Success Warning Partial Failed Cancelled Skipped Running Unknown }
    Severity { Info Low Medium High Critical }
    Stream { Events Metrics }
    Unit { Count Bytes BytesPerSecond Permille Milli Seconds Milliseconds Flag }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_survives_the_wire() {
        for unit in Unit::ALL {
            assert_eq!(Unit::from_wire("unit", unit.to_wire()), Ok(*unit));
        }
        for result in RunResult::ALL {
            assert_eq!(RunResult::from_wire("result", result.to_wire()), Ok(*result));
        }
    }

    #[test]
    fn zero_and_the_unknown_are_refused() {
        let err = Severity::from_wire("severity", 0).unwrap_err();
        assert_eq!(err.to_string(), "field `severity` is unspecified");
        let err = Severity::from_wire("severity", 99).unwrap_err();
        assert_eq!(err.to_string(), "field `severity` has no value 99");
    }
}
