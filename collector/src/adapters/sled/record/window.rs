//! Maintenance windows.

use remit_collector_domain::{
    calendar::Segment,
    seen::Seen,
    window::{
        Aftercheck, Condition, EarlyEnd, Effects, Ending, Finding, Phase, Precheck, Recurrence,
        Selector, Spec, SuppressedEntry, Timing, Window,
    },
};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    alert::ActorRecordV1,
    form::{Form, choices, form},
};

form! {
    WindowRecordV1 of Window {
        id: String,
        tenant: String,
        spec: WindowSpecRecordV1,
        requested_by: ActorRecordV1,
        requested_at: String,
        approved_by: Vec<ActorRecordV1>,
        phase: PhaseRecordV1,
        ended: Option<EarlyEndRecordV1>,
        cancelled: Option<EndingRecordV1>,
        precheck: Option<PrecheckRecordV1>,
        aftercheck: Option<AftercheckRecordV1>,
        log: Vec<SuppressedEntryRecordV1>,
        log_dropped: u64,
        logged: SeenRecordV1,
    }

    WindowSpecRecordV1 of Spec {
        title: String,
        why: String,
        selector: SelectorRecordV1,
        effects: EffectsRecordV1,
        zone: String,
        timing: TimingRecordV1,
        duration: String,
        grace: String,
        for_patching: bool,
        covers_open: bool,
        change: Option<String>,
    }

    SelectorRecordV1 of Selector {
        functions: Vec<String>,
        endpoints: Vec<String>,
        sites: Vec<String>,
        kinds: Vec<String>,
        tags: Vec<String>,
        checks: Vec<String>,
    }

    EffectsRecordV1 of Effects {
        suppress_notify: bool,
        suppress_patch: bool,
    }

    SegmentRecordV1 of Segment {
        from: String,
        to: String,
    }

    EarlyEndRecordV1 of EarlyEnd {
        began: String,
        ending: EndingRecordV1,
    }

    EndingRecordV1 of Ending {
        at: String,
        by: ActorRecordV1,
        why: String,
    }

    PrecheckRecordV1 of Precheck {
        at: String,
        bad: Vec<BadRecordV1>,
        is_cut: bool,
    }

    AftercheckRecordV1 of Aftercheck {
        at: String,
        findings: Vec<FindingRecordV1>,
        more: usize,
    }

    FindingRecordV1 of Finding {
        condition: BadRecordV1,
        well_at: String,
    }

    BadRecordV1 of Condition {
        endpoint: String,
        check: String,
        instance: String,
    }

    SuppressedEntryRecordV1 of SuppressedEntry {
        alert: String,
        at: String,
        what: String,
        hostname: String,
        severity: String,
    }

    SeenRecordV1 of Seen {
        newest: Vec<(String, String)>,
        forgotten: Option<(String, String)>,
    }
}

choices! {
    PhaseRecordV1 of Phase {
        Waiting { from: String, },
        Open { occurrence: SegmentRecordV1, },
        Settling { occurrence: SegmentRecordV1, due: String, },
        Over { at: String, },
    }

    TimingRecordV1 of Timing {
        Once { start: String, },
        Recurring(it: RecurrenceRecordV1),
    }
}

/// What comes again and again. On which dates, follows from the rule.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::adapters::sled) struct RecurrenceRecordV1 {
    start: String,
    rule: String,
}

impl Form<Recurrence> for RecurrenceRecordV1 {
    fn store(value: &Recurrence) -> Self {
        Self { start: Form::store(&value.start()), rule: Form::store(value.rule()) }
    }

    fn load(self) -> Result<Recurrence, Invalid> {
        let start = self.start.load().map_err(|it: Invalid| it.within("start"))?;
        let rule = self.rule.load().map_err(|it: Invalid| it.within("rule"))?;
        Ok(Recurrence::new(rule, start))
    }
}
