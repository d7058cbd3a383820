//! Closed lists of words, each with one spelling in every file and output.

use std::{fmt, str::FromStr};

/// Why a string is not one of a list's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is not a {kind}: use one of {known}")]
pub struct WordError {
    /// What was asked for: `severity`.
    pub kind: &'static str,
    /// What was given, shortened.
    pub got: String,
    /// The words that would have been right.
    pub known: String,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident, $kind:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every word of the list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(WordError {
                        kind: $kind,
                        got: text.chars().take(40).flat_map(char::escape_default).collect(),
                        known: [$($text),*].join(", "),
                    }),
                }
            }
        }
    )*};
}

words! {
    /// How much an alert matters; a later word outranks an earlier one.
    Severity, "severity" {
        /// Worth knowing.
        Info = "info",
        /// Look at it this week.
        Low = "low",
        /// Look at it today.
        Medium = "medium",
        /// Look at it now, in working hours.
        High = "high",
        /// Wake somebody.
        Critical = "critical",
    }

    /// Which side of a co-managed environment somebody belongs to.
    Party, "party" {
        /// The customer's own people.
        Internal = "internal",
        /// The managed service provider.
        Provider = "provider",
        /// A third company, such as a software vendor.
        Vendor = "vendor",
    }

    /// What sort of thing an endpoint is.
    EndpointKind, "endpoint kind" {
        /// Expected to be on at all hours.
        Server = "server",
        /// Expected to be off at times.
        Workstation = "workstation",
        /// No machine with an agent: a site, the collector, an outside source.
        Virtual = "virtual",
    }

    /// What a check says of the thing it watches.
    CheckStatus, "check status" {
        /// As it should be.
        Ok = "ok",
        /// Past the warning threshold.
        Warn = "warn",
        /// Past the critical threshold.
        Crit = "crit",
        /// There is no answer; never counts as `ok`.
        Unknown = "unknown",
        /// The last answer is too old; never counts as `ok`.
        Stale = "stale",
    }

    /// What a reading is counted in. Every value is a whole number of these.
    Unit, "unit" {
        /// Things.
        Count = "count",
        /// Bytes.
        Bytes = "bytes",
        /// Bytes per second.
        BytesPerSecond = "bytes_per_second",
        /// Thousandths of a whole: 1000 is 100 %.
        Permille = "permille",
        /// Thousandths of one: a load of 1.5 is 1500.
        Milli = "milli",
        /// Seconds.
        Seconds = "seconds",
        /// Milliseconds.
        Milliseconds = "milliseconds",
        /// 1 for yes, 0 for no.
        Flag = "flag",
    }

    /// How much of the truth an answer covers.
    Completeness, "completeness" {
        /// All that was asked.
        Full = "full",
        /// Part of it; the answer says which part is missing.
        Partial = "partial",
    }

    /// Why a probe has no answer. Four of these are easily taken for "zero",
    /// and are not.
    FailureKind, "failure kind" {
        /// This machine does not have the thing at all.
        Unsupported = "unsupported",
        /// The program that would know is not installed.
        MissingTool = "missing_tool",
        /// Somebody else holds the lock; try later.
        Locked = "locked",
        /// The operating system did not let us look.
        NoPermission = "no_permission",
        /// There was no answer within the deadline.
        Timeout = "timeout",
        /// There was an answer, and it made no sense or was an error.
        Failed = "failed",
        /// It was not asked, because the agent would have taken too much of
        /// the machine.
        Shed = "shed",
    }

    /// Whether an update may be installed now.
    PatchState, "patch state" {
        /// It may.
        Available = "available",
        /// Somebody holds the package back.
        Held = "held",
        /// The distributor rolls it out step by step, and this machine is not due.
        DeferredPhased = "deferred_phased",
        /// Kept back by the package manager: it would add or remove others.
        KeptBack = "kept_back",
        /// Offered to whoever wants it; a machine without it lacks nothing.
        Optional = "optional",
        /// Somebody has hidden it, so that it is never installed.
        Declined = "declined",
    }

    /// How a backup run ended, or did not.
    RunResult, "run result" {
        /// All of it is safe.
        Success = "success",
        /// Safe, with remarks.
        Warning = "warning",
        /// Some of it is not in the backup.
        Partial = "partial",
        /// There is no usable backup from this run.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// A condition said that there was nothing to do.
        Skipped = "skipped",
        /// It has begun and not ended.
        Running = "running",
        /// Nobody can tell.
        Unknown = "unknown",
    }

    /// One of the two queues that an agent keeps for its collector.
    Stream, "stream" {
        /// What happened: runs, transitions, scans. Kept longest.
        Events = "events",
        /// What was measured. Dropped first when there is no room.
        Metrics = "metrics",
    }

    /// Why an agent says goodbye.
    Departure, "departure" {
        /// The machine is going down.
        Shutdown = "shutdown",
        /// The service was stopped by hand.
        ServiceStop = "service_stop",
        /// A new version takes over in a moment.
        Upgrade = "upgrade",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(*severity));
        }
        assert!(Severity::Critical > Severity::Info);
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let err = "urgent".parse::<Severity>().unwrap_err();
        let expected = "`urgent` is not a severity: use one of info, low, medium, high, critical";
        assert_eq!(err.to_string(), expected);
    }
}
