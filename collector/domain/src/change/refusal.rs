//! Why somebody may not do what they ask of a change.

use jiff::Timestamp;
use remit_shared::{ChangeId, Party};

use crate::{
    authority,
    change::{
        LONGEST_TEXT, LONGEST_TITLE, LONGEST_WHY, MOST_APPROVALS, Requirement,
        canonical::CanonicalError,
    },
    enroll::TokenError,
    known_issue,
};

/// Why somebody may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They may not ask for such a thing at all.
    #[error(transparent)]
    Forbidden(#[from] authority::Refusal),
    /// The text is not what would take effect.
    #[error(transparent)]
    Text(#[from] CanonicalError),
    /// It cannot be known.
    #[error(transparent)]
    KnownIssue(#[from] known_issue::Refusal),
    /// There could be no such token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The text is about something else than the change.
    #[error("the text is about {got}, and the change about {expected}")]
    OtherThing {
        /// What the change says.
        expected: String,
        /// What the text says.
        got: String,
    },
    /// There is no title, or no end of it.
    #[error("a change has a title of 1 to {LONGEST_TITLE} characters in one line")]
    Title,
    /// Nobody says why.
    #[error("{0} needs a reason, of at most {LONGEST_WHY} bytes")]
    ReasonNeeded(&'static str),
    /// There is more than anybody would read.
    #[error("the text of a change has at most {LONGEST_TEXT} bytes")]
    TooLong,
    /// The hash is none.
    #[error("`{0}` is no SHA-256: 64 hexadecimal digits in small letters")]
    NoHash(String),
    /// It would take effect before now, or too far ahead.
    #[error("a change takes effect from now on and within 90 days, not at {0}")]
    EffectiveFrom(Timestamp),
    /// Not over the network, whoever agrees.
    #[error("an administrator is made on the collector's own machine, with remit-collector")]
    LocalOnly,
    /// It is over.
    #[error("change {change} is {state}")]
    Over {
        /// Which.
        change: ChangeId,
        /// What became of it.
        state: &'static str,
    },
    /// Its time is over.
    #[error("change {change} expired at {at}: propose it again")]
    Expired {
        /// Which.
        change: ChangeId,
        /// When.
        at: Timestamp,
    },
    /// They looked at something else.
    #[error("change {change} has the hash {expected}, not {got}: look at it again")]
    OtherText {
        /// Which.
        change: ChangeId,
        /// Its hash.
        expected: String,
        /// Theirs.
        got: String,
    },
    /// They asked for it.
    #[error("nobody approves what they asked for; change {change} waits for {}", list(missing))]
    OwnChange {
        /// Which.
        change: ChangeId,
        /// Who must agree.
        missing: Vec<Requirement>,
    },
    /// They make operators, and could have made whoever asked.
    #[error(
        "change {0} was asked for by somebody whom this administrator could have made: it takes a \
         manager who is none"
    )]
    Maker(ChangeId),
    /// They have agreed.
    #[error("{by} has approved change {change} already")]
    AlreadyApproved {
        /// Which.
        change: ChangeId,
        /// Who.
        by: String,
    },
    /// Enough have.
    #[error("change {0} has {MOST_APPROVALS} approvals already")]
    Enough(ChangeId),
    /// Their agreement is not what it waits for.
    #[error("change {change} waits for {}, not for {party}", list(missing))]
    NotAsked {
        /// Which.
        change: ChangeId,
        /// Their side.
        party: Party,
        /// Who must agree.
        missing: Vec<Requirement>,
    },
    /// It concerns tenants that they do not see.
    #[error("change {0} concerns tenants that this operator does not see")]
    MoreTenants(ChangeId),
    /// Agreements are missing.
    #[error("change {change} waits for {}", list(missing))]
    Missing {
        /// Which.
        change: ChangeId,
        /// Who must agree.
        missing: Vec<Requirement>,
    },
    /// Somebody who put their name to it could not do so any more.
    #[error("what {who} said of change {change} no longer counts: {why}")]
    Void {
        /// Which.
        change: ChangeId,
        /// Who.
        who: String,
        /// Why.
        why: &'static str,
    },
    /// It is not yet time.
    #[error("change {change} takes effect at {at}")]
    TooEarly {
        /// Which.
        change: ChangeId,
        /// When.
        at: Timestamp,
    },
    /// The matrix has moved on.
    #[error(
        "the change was made from matrix version {base}, and the newest is {newest}: make it again \
         from that"
    )]
    Rebase {
        /// From which version it was made.
        base: u64,
        /// Which is the newest.
        newest: u64,
    },
    /// It is somebody else's.
    #[error("change {change} is {by}'s: only they {what} it")]
    NotTheirs {
        /// Which.
        change: ChangeId,
        /// Whose.
        by: String,
        /// What they asked for, as in "only they …".
        what: &'static str,
    },
    /// Not even in an emergency.
    #[error("a {0} change cannot be applied alone, not even in an emergency")]
    NoEmergency(&'static str),
    /// An emergency is now.
    #[error("what opens again and again is no emergency: propose it without breaking the glass")]
    RepeatedEmergency,
    /// It would begin when the emergency is over.
    #[error("an emergency is over at {0}, before the window would open")]
    LateEmergency(Timestamp),
    /// The sealed code is wrong.
    #[error("the sealed code is not right")]
    SealedCode,
    /// There is nothing to review.
    #[error("change {0} was not applied in an emergency, or is reviewed already")]
    NothingToReview(ChangeId),
}

fn list(missing: &[Requirement]) -> String {
    let one = |it: &Requirement| {
        let teams: Vec<_> = it.teams.iter().map(ToString::to_string).collect();
        let of =
            if teams.is_empty() { String::new() } else { format!(" of {}", teams.join(" or ")) };
        format!("a {} ({}){of}, because {}", it.role, it.party, it.because)
    };
    if missing.is_empty() {
        return "nobody".to_owned();
    }
    missing.iter().map(one).collect::<Vec<_>>().join("; ")
}
