//! Requests to change what both sides agreed on.

use remit_collector_domain::change::{
    Approval, BreakGlass, Change, MatrixPart, Requirement, Risk, State, Subject, Touches,
};

use crate::adapters::sled::record::{
    form::{choices, form, words},
    people::{RoleRecordV1, SignatoryRecordV1},
};

form! {
    ChangeRecordV1 of Change {
        id: String,
        tenant: String,
        subject: SubjectRecordV1,
        title: String,
        why: String,
        text: String,
        sha256: String,
        requested_by: SignatoryRecordV1,
        requested_at: String,
        required: Vec<RequirementRecordV1>,
        risk: RiskRecordV1,
        touches: TouchesRecordV1,
        approvals: Vec<ApprovalRecordV1>,
        expires_at: String,
        effective_from: Option<String>,
        state: ChangeStateRecordV1,
        window: Option<String>,
        break_glass: Option<BreakGlassRecordV1>,
    }

    RequirementRecordV1 of Requirement {
        party: String,
        role: RoleRecordV1,
        teams: Vec<String>,
        because: String,
    }

    TouchesRecordV1 of Touches {
        rows: Vec<String>,
        endpoints: Vec<String>,
        count: u32,
        sites: Vec<String>,
        whole_tenant: bool,
    }

    ApprovalRecordV1 of Approval {
        by: SignatoryRecordV1,
        teams: Vec<String>,
        at: String,
        sha256: String,
        signature: Option<String>,
        note: String,
    }

    BreakGlassRecordV1 of BreakGlass {
        by: SignatoryRecordV1,
        at: String,
        why: String,
        reverts_at: Option<String>,
        reverted_at: Option<String>,
        reviewed: Option<(SignatoryRecordV1, String)>,
        review_missed_at: Option<String>,
    }
}

words! {
    MatrixPartRecordV1 of MatrixPart {
        Rows = "rows",
        Authority = "authority",
        Escalation = "escalation",
        Sla = "sla",
        Calendars = "calendars",
        Contacts = "contacts",
        People = "people",
        Thresholds = "thresholds",
        Suppression = "suppression",
        Words = "words",
    }

    RiskRecordV1 of Risk {
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

choices! {
    SubjectRecordV1 of Subject {
        Matrix { base: u64, parts: Vec<MatrixPartRecordV1>, },
        Window,
        KnownIssue,
        Silence,
        Role,
        Token,
        Retention,
        Revocation,
        Work,
    }

    ChangeStateRecordV1 of State {
        Open,
        Approved { at: String, },
        Applied { at: String, by: String, result: String, },
        Rejected { at: String, by: SignatoryRecordV1, why: String, },
        Withdrawn { at: String, by: SignatoryRecordV1, why: String, },
        Expired { at: String, },
        Failed { at: String, why: String, },
    }
}
