//! The parts of an endpoint that change seldom.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    detect::{CheckKey, CheckState, Checks, Level},
    endpoint::{
        Certificate, Claim, Facts, Layout, ProbeState, Registration, Revocation, claim::Because,
    },
};
use remit_shared::{FailedUnit, Failure, Host, PatchItem, PatchScan, Reboot, Series, ServiceScan};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    backup::JobStateRecordV1,
    form::{Form, form, words},
};

form! {
    RegistrationRecordV1 of Registration {
        id: String,
        tenant: String,
        site: String,
        kind: String,
        tags: Vec<String>,
        host: HostRecordV1,
        enrolled_at: String,
        token: String,
        certificates: Vec<CertificateRecordV1>,
        claim: Option<ClaimRecordV1>,
        revoked: Option<RevocationRecordV1>,
    }

    HostRecordV1 of Host {
        hostname: String,
        os: String,
        os_version: String,
        kernel: String,
        arch: String,
        agent_version: String,
        machine_id: String,
        booted_at: Option<String>,
        zone: String,
    }

    CertificateRecordV1 of Certificate {
        serial: String,
        not_after: String,
    }

    ClaimRecordV1 of Claim {
        certificate: CertificateRecordV1,
        host: HostRecordV1,
        token: String,
        at: String,
        because: BecauseRecordV1,
        other: Option<String>,
    }

    RevocationRecordV1 of Revocation {
        at: String,
        by: String,
        reason: String,
    }

    LayoutRecordV1 of Layout {
        probes: Vec<String>,
        series: Vec<(usize, SeriesRecordV1)>,
    }

    SeriesRecordV1 of Series {
        metric: String,
        instance: String,
        unit: String,
    }

    FactsRecordV1 of Facts {
        probes: BTreeMap<String, ProbeStateRecordV1>,
        services: BTreeMap<String, ServiceScanRecordV1>,
        patches: BTreeMap<String, PatchScanRecordV1>,
        first_seen: Vec<FirstSeenRecordV1>,
        #[serde(default)]
        exploited: BTreeMap<String, String>,
        jobs: BTreeMap<String, JobStateRecordV1>,
    }

    ProbeStateRecordV1 of ProbeState {
        source: String,
        observed_at: String,
        catalog_at: Option<String>,
        completeness: String,
        missing: String,
        failure: Option<(FailureRecordV1, String)>,
        ever_answered: bool,
    }

    FailureRecordV1 of Failure {
        kind: String,
        message: String,
    }

    ServiceScanRecordV1 of ServiceScan {
        manager: String,
        failed: Vec<FailedUnitRecordV1>,
        running: u64,
    }

    FailedUnitRecordV1 of FailedUnit {
        name: String,
        state: String,
        description: String,
    }

    PatchScanRecordV1 of PatchScan {
        manager: String,
        items: Vec<PatchItemRecordV1>,
        reboot: RebootRecordV1,
        last_patched_at: Option<String>,
        #[serde(default)]
        system: String,
        #[serde(default)]
        managed_by: String,
    }

    PatchItemRecordV1 of PatchItem {
        package: String,
        installed: String,
        candidate: String,
        origins: Vec<String>,
        security: bool,
        state: String,
        #[serde(default)]
        advisories: Vec<String>,
        #[serde(default)]
        failure: String,
    }

    RebootRecordV1 of Reboot {
        required: Option<bool>,
        reasons: Vec<String>,
        since: Option<String>,
    }

    ChecksRecordV1 of Checks {
        states: Vec<CheckRecordV1>,
        reminded_at: Option<String>,
    }

    CheckStateRecordV1 of CheckState {
        level: LevelRecordV1,
        since: String,
        pending: Option<(LevelRecordV1, String)>,
        announced: LevelRecordV1,
        summary: String,
        evidence: String,
    }
}

words! {
    BecauseRecordV1 of Because {
        TokenForMany = "token_for_many",
        NewKey = "new_key",
        NewSystem = "new_system",
        CopiedDisk = "copied_disk",
        NameTaken = "name_taken",
        Expired = "expired",
    }

    LevelRecordV1 of Level {
        Ok = "ok",
        Warn = "warn",
        Crit = "crit",
    }
}

/// When a missing security update was first seen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstSeenRecordV1 {
    manager: String,
    package: String,
    version: String,
    at: String,
}

impl Form<BTreeMap<(String, String, String), Timestamp>> for Vec<FirstSeenRecordV1> {
    fn store(value: &BTreeMap<(String, String, String), Timestamp>) -> Self {
        let form = |((manager, package, version), at): (&(String, String, String), &Timestamp)| {
            FirstSeenRecordV1 {
                manager: manager.clone(),
                package: package.clone(),
                version: version.clone(),
                at: Form::store(at),
            }
        };
        value.iter().map(form).collect()
    }

    fn load(self) -> Result<BTreeMap<(String, String, String), Timestamp>, Invalid> {
        let entry = |it: FirstSeenRecordV1| {
            Ok(((it.manager, it.package, it.version), Form::<Timestamp>::load(it.at)?))
        };
        self.into_iter().map(entry).collect()
    }
}

/// One thing that is watched, and where it stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckRecordV1 {
    check: String,
    instance: String,
    state: CheckStateRecordV1,
}

impl Form<BTreeMap<CheckKey, CheckState>> for Vec<CheckRecordV1> {
    fn store(value: &BTreeMap<CheckKey, CheckState>) -> Self {
        let form = |((check, instance), state): (&CheckKey, &CheckState)| CheckRecordV1 {
            check: Form::store(check),
            instance: Form::store(instance),
            state: Form::store(state),
        };
        value.iter().map(form).collect()
    }

    fn load(self) -> Result<BTreeMap<CheckKey, CheckState>, Invalid> {
        let entry = |it: CheckRecordV1| {
            Ok(((Arc::from(it.check), Arc::from(it.instance)), it.state.load()?))
        };
        self.into_iter().map(entry).collect()
    }
}
