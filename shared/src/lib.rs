//! The vocabulary that the agent and the collector have in common.
//!
//! Plain values only: no IO, no clock, no runtime, no serialization. What a
//! word means on the wire is `remit-proto`'s business, what it means on disk
//! the adapters'.

mod answer;
mod backoff;
mod backup;
mod chain;
mod clock;
pub mod function;
mod host;
mod id;
mod kind;
mod name;
mod patch;
mod reading;
mod service;
mod word;

pub use crate::{
    answer::{Answer, Body, Entry, Failure, Lifecycle, Record},
    backoff::Backoff,
    backup::{BackupJob, BackupRun, BackupScan, RecoveryPoint, Schedule},
    chain::Chain,
    clock::{Clock, SteadyClock},
    host::Host,
    id::{
        AlertId, ChangeId, EndpointId, IdError, KnownIssueId, OperatorId, RunId, SourceId, TokenId,
        WindowId,
    },
    kind::ErrorKind,
    name::{
        AgreementName, CalendarName, Function, MAX_NAME, NameError, PersonName, PolicyName,
        RotaName, RowId, Site, SourceName, Tag, Team, Tenant,
    },
    patch::{PatchItem, PatchScan, Reboot},
    reading::{Reading, Series},
    service::{FailedUnit, ServiceScan},
    word::{
        CheckStatus, Completeness, Departure, EndpointKind, FailureKind, Party, PatchState,
        RunResult, Severity, Stream, Unit, WordError,
    },
};
