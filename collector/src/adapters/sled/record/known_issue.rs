//! What is known, and what it has kept quiet.

use remit_collector_domain::known_issue::{
    Condition, IssueSpec, Kind, KnownIssue, Matcher, State, Tally,
};

use crate::adapters::sled::record::{
    form::{choices, form, words},
    people::SignatoryRecordV1,
    window::SeenRecordV1,
};

form! {
    KnownIssueRecordV1 of KnownIssue {
        id: String,
        spec: IssueSpecRecordV1,
        created_by: SignatoryRecordV1,
        created_at: String,
        approved_by: Vec<SignatoryRecordV1>,
        change: Option<String>,
        tally: TallyRecordV1,
        review_told: bool,
        state: KnownIssueStateRecordV1,
    }

    IssueSpecRecordV1 of IssueSpec {
        kind: IssueKindRecordV1,
        tenant: String,
        title: String,
        why: String,
        matcher: MatcherRecordV1,
        evidence: Vec<String>,
        ticket: String,
        owner: String,
        party: String,
        review_at: Option<String>,
        expires_at: String,
        max_severity: String,
        breaks_when: Vec<ConditionRecordV1>,
    }

    MatcherRecordV1 of Matcher {
        check: String,
        instance: String,
        endpoints: Vec<String>,
        sites: Vec<String>,
        functions: Vec<String>,
    }

    TallyRecordV1 of Tally {
        total: u64,
        first: Option<String>,
        last: Option<String>,
        hours: Vec<(i64, u32)>,
        instances: Vec<(String, String)>,
        seen: SeenRecordV1,
    }
}

words! {
    IssueKindRecordV1 of Kind {
        KnownIssue = "known_issue",
        Silence = "silence",
    }
}

choices! {
    ConditionRecordV1 of Condition {
        SeverityAbove(it: String),
        PerDayAbove(it: u32),
        InstancesAbove(it: u32),
        ValueAbove(it: i64),
        ValueBelow(it: i64),
    }

    KnownIssueStateRecordV1 of State {
        Active,
        Ended { at: String, by: SignatoryRecordV1, why: String, },
        Expired { at: String, },
        Broken { at: String, why: String, },
    }
}
