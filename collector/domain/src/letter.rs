//! Messages that are no alert's: of a change, of what is known, of a shift, of
//! what was over before anybody could hear of it.
//!
//! Nobody escalates them, so they need no record of their own: whoever stores
//! the record that they are about owes them together with it. [`Notice`] says
//! whom to tell what; [`address`] turns it into letters, one for each channel,
//! which the outbox carries like any other message.
//!
//! # Invariants
//!
//! - A mailbox gets a notice once, however many of those it is for read it.
//! - A notice that reaches nobody leaves an audit entry that says so.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt};

use jiff::{Timestamp, civil::Date};
use remit_shared::{
    AlertId, ChangeId, EndpointId, KnownIssueId, OperatorId, Party, Severity, Team, Tenant,
    WindowId,
};

use crate::{
    alert::Alert,
    effect::{AuditEntry, Effect},
    matrix::{ChannelRef, Matrix, reach},
    operator::{Operator, Role},
    people::Target,
};

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The customer environment.
    pub tenant: Tenant,
    /// Whom.
    pub to: Audience,
    /// By when it must have been sent.
    pub by: Timestamp,
    /// Whether it is worth waking somebody.
    pub page: bool,
    /// In one line.
    pub subject: String,
    /// The rest.
    pub text: String,
}

/// Whom a notice is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All managers of these sides.
    Managers(BTreeSet<Party>),
    /// Every team of these sides.
    Sides(BTreeSet<Party>),
    /// A team, the way the matrix reaches it.
    Team(Team),
    /// One operator.
    Operator(OperatorId),
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |sides: &BTreeSet<Party>| {
            sides.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" and ")
        };
        match self {
            Self::Managers(sides) => write!(f, "the managers of {}", all(sides)),
            Self::Sides(sides) => write!(f, "the teams of {}", all(sides)),
            Self::Team(team) => team.fmt(f),
            Self::Operator(id) => id.fmt(f),
        }
    }
}

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matter {
    /// A request to change what was agreed.
    Change(ChangeId),
    /// Something that is known.
    KnownIssue(KnownIssueId),
    /// A maintenance window.
    Window(WindowId),
    /// The night before this day.
    Shift(Date),
    /// Somebody who was to be told of an alert and cannot be.
    Unreached(AlertId),
    /// Whether a letter arrives at all.
    Contact,
    /// What an endpoint brought along when it came back.
    Backlog(EndpointId),
}

impl Matter {
    /// The kind of matter, in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Change(_) => "change",
            Self::KnownIssue(_) => "known_issue",
            Self::Window(_) => "window",
            Self::Shift(_) => "shift",
            Self::Unreached(_) => "unreached",
            Self::Contact => "contact",
            Self::Backlog(_) => "backlog",
        }
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(id) => id.fmt(f),
            Self::KnownIssue(id) => id.fmt(f),
            Self::Window(id) => id.fmt(f),
            Self::Shift(day) => day.fmt(f),
            Self::Unreached(alert) => alert.fmt(f),
            Self::Contact => f.write_str("contact"),
            Self::Backlog(id) => id.fmt(f),
        }
    }
}

/// A notice on its way to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub matter: Matter,
    /// The customer environment.
    pub tenant: Tenant,
    /// The team that is told.
    pub team: Team,
    /// That team's side.
    pub party: Party,
    /// How it is told.
    pub channel: String,
    /// When it was owed.
    pub made_at: Timestamp,
    /// Whether it is worth waking somebody.
    pub page: bool,
    /// In one line.
    pub subject: String,
    /// The rest.
    pub text: String,
}

/// That somebody was to be told of an alert and cannot be, for each of those
/// who answer for it.
pub fn unreached(alert: &Alert, who: &Target, because: &str, now: Timestamp) -> Vec<Notice> {
    let teams = alert.remit.all_accountable().into_iter();
    let teams = teams.filter(|it| Target::Team(it.clone()) != *who);
    let (about, id) = (&alert.about, alert.id);
    let notice = |team| Notice {
        tenant: about.tenant.clone(),
        to: Audience::Team(team),
        by: now,
        page: alert.severity >= Severity::High,
        subject: format!("{who} cannot be told of {}: {}", about.hostname, alert.summary),
        text: format!(
            "{who} was to be told of alert {id} and cannot be: {because}.\nWhoever stands on the \
             next step is told at once.\nA channel in the matrix, or an `override` in the rota, \
             mends it; `remit oncall` shows who picks up when.\nAlert: remit alert show {id}"
        ),
    };
    teams.map(notice).collect()
}

/// The letters that a notice takes, as effects of whatever record it is about.
/// `operators` are those that may be meant.
pub fn address(
    notice: &Notice,
    matter: Matter,
    matrix: &Matrix,
    operators: &[Operator],
    now: Timestamp,
) -> Vec<Effect> {
    let mut letters: Vec<Letter> = Vec::new();
    for team in teams(notice, matrix, operators) {
        let Some(known) = matrix.team(&team) else { continue };
        for channel in channels(&team, matrix, notice.page, now) {
            let channel = channel.to_string();
            if letters.iter().any(|it| it.channel == channel) {
                continue;
            }
            letters.push(Letter {
                matter,
                tenant: notice.tenant.clone(),
                team: team.clone(),
                party: known.party,
                channel,
                made_at: now,
                page: notice.page,
                subject: notice.subject.clone(),
                text: notice.text.clone(),
            });
        }
    }
    if letters.is_empty() {
        return vec![Effect::Audit(unheard(notice, matter, now))];
    }
    letters.into_iter().map(|it| Effect::Tell(Box::new(it))).collect()
}

fn teams(notice: &Notice, matrix: &Matrix, operators: &[Operator]) -> BTreeSet<Team> {
    let of_sides = |sides: &BTreeSet<Party>| -> BTreeSet<Team> {
        let teams = matrix.teams.iter().filter(|it| sides.contains(&it.party));
        teams.map(|it| it.name.clone()).collect()
    };
    match &notice.to {
        Audience::Team(team) => BTreeSet::from([team.clone()]),
        Audience::Sides(sides) => of_sides(sides),
        Audience::Operator(id) => {
            let named = operators.iter().find(|it| it.id == *id);
            named.iter().flat_map(|it| &it.teams).cloned().collect()
        }
        Audience::Managers(sides) => sides
            .iter()
            .flat_map(|side| {
                let managers = operators.iter().filter(|it| {
                    it.role == Role::Manager
                        && it.party == *side
                        && it.revoked.is_none()
                        && it.sees(&notice.tenant)
                });
                let teams: BTreeSet<Team> = managers.flat_map(|it| it.teams.clone()).collect();
                // A side without managers still hears of it.
                if teams.is_empty() { of_sides(&BTreeSet::from([*side])) } else { teams }
            })
            .collect(),
    }
}

/// A page goes the way of the most urgent alert; what can wait goes to the
/// team's own channels, where it waits for whoever reads them.
fn channels(team: &Team, matrix: &Matrix, page: bool, now: Timestamp) -> Vec<ChannelRef> {
    let own = matrix.team(team).map_or_else(Vec::new, |it| it.notify.clone());
    if page || own.is_empty() {
        let reached = reach(matrix, &Target::Team(team.clone()), Severity::Critical, now);
        return reached.channels.into_iter().map(|it| it.1).collect();
    }
    own
}

fn unheard(notice: &Notice, matter: Matter, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        tenant: Some(notice.tenant.clone()),
        actor: "remit".to_owned(),
        action: "letter.unheard".to_owned(),
        object: matter.to_string(),
        detail: format!("{} cannot be reached: {}", notice.to, notice.subject),
    }
}
