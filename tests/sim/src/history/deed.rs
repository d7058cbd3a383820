//! What can happen in a random history, and how it is done to a world.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::{Actor, Alert, HandOverReason},
    known_issue::{Condition, IssueSpec, Kind, Matcher},
    matrix::{EndpointRef, Matrix},
    signal::Say,
    sla::PauseReason,
    window::{Effects, Selector, Spec, Timing},
};
use remit_shared::{
    AlertId, EndpointId, KnownIssueId, Party, Severity, Site, Team, Tenant, WindowId,
};

use crate::{
    history::Dice,
    shelf,
    story::MatrixText,
    world::{Told, Wish, World},
};

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An endpoint says that a check is bad.
    Raise(usize, usize, Severity),
    /// An endpoint says that a check is well.
    Clear(usize, usize),
    /// An endpoint says so, and it is delivered later.
    RaiseLater(usize, usize, Severity),
    /// What an endpoint said, and was not delivered, is.
    Deliver(usize),
    /// What was delivered some time ago is delivered once more.
    DeliverAgain(usize),
    /// A person wishes something of an alert.
    Ask(usize, usize, Wish),
    /// A window is scheduled over an endpoint, in so many minutes, for so many.
    Window(usize, i64, i64, bool),
    /// A window's present occurrence is ended.
    EndWindow(usize),
    /// A window is called off.
    CancelWindow(usize),
    /// A check of an endpoint is known, for so many minutes.
    Known(usize, usize, i64, Severity, Option<u32>),
    /// It is known no longer.
    EndKnown(usize),
    /// Another agreement comes into force.
    Publish(usize),
    /// An endpoint falls silent.
    Silent(usize),
    /// An endpoint is heard again.
    Heard(usize),
    /// So many minutes pass.
    Pass(i64),
    /// Time passes until something is due.
    PassUntilDue,
    /// The clock is set back by so many minutes.
    SetBack(i64),
    /// The collector is down for so many minutes.
    Down(i64),
    /// The collector starts again.
    Restart,
    /// The collector dies after it has sent what it owed, and before it could
    /// write that down.
    Crash,
    /// Nothing; in the place of what is left out.
    Nothing,
}

const CHECKS: [&str; 3] = ["disk-space", "service-failed", "cpu-load"];
const HOSTS: [(&str, &str); 6] = [
    ("acme", "db-1"),
    ("acme", "db-2"),
    ("acme", "db-3"),
    ("acme", "web-1"),
    ("zeta", "db-1"),
    ("zeta", "db-2"),
];
const PEOPLE: [(&str, &str, Party); 4] = [
    ("nora", "provider-noc", Party::Provider),
    ("ines", "internal-it", Party::Internal),
    ("mia", "it-manager", Party::Internal),
    ("paul", "provider-manager", Party::Provider),
];
const TEAMS: [&str; 4] = ["provider-noc", "internal-it", "it-manager", "provider-manager"];
const WALLS: [HandOverReason; 3] =
    [HandOverReason::NeedsOnSite, HandOverReason::VendorWait, HandOverReason::SecuritySuspicion];

impl Deed {
    /// One deed of the dice.
    pub fn roll(dice: &mut Dice) -> Self {
        let mut at = || dice.below(64) as usize;
        let (one, other) = (at(), at());
        let severity = dice.pick(Severity::ALL);
        let minutes = 1 + dice.below(240) as i64;
        match dice.below(38) {
            0..=6 => Self::Raise(one, other, severity),
            7..=9 => Self::Clear(one, other),
            10 => Self::RaiseLater(one, other, severity),
            11 => Self::Deliver(one),
            12 => Self::DeliverAgain(one),
            13..=19 => Self::Ask(one, other, wish(dice)),
            20..=21 => Self::Window(one, dice.pick(&[0, 0, 30]), minutes, dice.once_in(2)),
            22 => Self::EndWindow(one),
            23 => Self::CancelWindow(one),
            24 => {
                let breaks = dice.once_in(2).then(|| 1 + dice.below(3) as u32);
                Self::Known(one, other, minutes, severity, breaks)
            }
            25 => Self::EndKnown(one),
            26 => Self::Publish(one),
            27 => Self::Silent(one),
            28 => Self::Heard(one),
            29..=31 => Self::Pass(minutes),
            32..=33 => Self::PassUntilDue,
            34 => Self::SetBack(1 + dice.below(90) as i64),
            35 => Self::Down(minutes),
            36 => Self::Restart,
            _ => Self::Crash,
        }
    }

    /// The deed for a world with quiet, and for one without: when something is
    /// due depends on quiet, so that is not waited for.
    pub(super) fn and_without_quiet(&self) -> (Self, Self) {
        match self {
            Self::Window(..)
            | Self::EndWindow(_)
            | Self::CancelWindow(_)
            | Self::Known(..)
            | Self::EndKnown(_) => (self.clone(), Self::Nothing),
            Self::PassUntilDue => (Self::Pass(15), Self::Pass(15)),
            // Whose the hour makes it then depends on who looks first.
            Self::SetBack(_) => (Self::Nothing, Self::Nothing),
            Self::Raise(..)
            | Self::Clear(..)
            | Self::RaiseLater(..)
            | Self::Deliver(_)
            | Self::DeliverAgain(_)
            | Self::Ask(..)
            | Self::Publish(_)
            | Self::Silent(_)
            | Self::Heard(_)
            | Self::Pass(_)
            | Self::Down(_)
            | Self::Restart
            | Self::Crash
            | Self::Nothing => (self.clone(), self.clone()),
        }
    }
}

fn wish(dice: &mut Dice) -> Wish {
    let length = SignedDuration::from_mins(1 + dice.below(300) as i64);
    match dice.below(10) {
        0..=2 => Wish::Acknowledge(Some(length)),
        3 => Wish::Resolve,
        4 => {
            let team = Team::new(dice.pick(&TEAMS)).expect("a valid name");
            Wish::HandOver(team, "theirs".to_owned())
        }
        5 => Wish::Block(dice.pick(&WALLS), dice.once_in(3)),
        6 => Wish::Unblock,
        7 => Wish::Pause(PauseReason::AwaitingVendor, Some(length)),
        8 => Wish::Resume,
        _ => Wish::Note("looking".to_owned()),
    }
}

/// The agreements that come into force in turn: of the one tenant, then of the
/// other.
static AGREEMENTS: LazyLock<Vec<Matrix>> = LazyLock::new(|| {
    let read = |name: &str, tenant: &str| {
        let text = shelf::matrix(&MatrixText { name: name.to_owned(), more: String::new() });
        let text = text.expect("the matrix lies beside the stories");
        let text = text.replace("\"acme\"", &format!("\"{tenant}\""));
        let text = text.replace("webhook:", &format!("webhook:{tenant}-"));
        remit_matrix_file::read(name, &text).expect("it reads").matrix
    };
    let both = |tenant| [read("two-teams", tenant), read("provider-only", tenant)];
    both("acme").into_iter().chain(both("zeta")).collect()
});

/// A world that is being lived in.
pub(super) struct Life {
    pub(super) world: World,
    waiting: Vec<(EndpointId, Told)>,
    delivered: Vec<Told>,
}

impl Life {
    pub(super) fn begin() -> Self {
        // A Friday afternoon, two days before the clocks go forward.
        let begins: Timestamp = "2027-03-12T20:30:00Z".parse().expect("a time");
        let mut world = World::begin(begins);
        for it in [0, 2] {
            world.agree(AGREEMENTS[it].clone());
        }
        for (tenant, host) in HOSTS {
            let (tenant, site) = (name(tenant), Site::new("hq").expect("a valid name"));
            world.enroll(&tenant, host, site, Vec::new());
        }
        Self { world, waiting: Vec::new(), delivered: Vec::new() }
    }

    /// Lets something happen, and what is owed for it.
    pub(super) fn perform(&mut self, deed: &Deed) {
        self.happen(deed);
        self.world.tick();
    }

    fn happen(&mut self, deed: &Deed) {
        let minutes = SignedDuration::from_mins;
        match deed {
            Deed::Raise(host, check, severity) => {
                self.deliver_all(host_of(*host));
                let told = self.says(*host, *check, raised(*severity));
                self.deliver(told);
            }
            Deed::Clear(host, check) => {
                self.deliver_all(host_of(*host));
                let told = self.says(*host, *check, Say::Cleared);
                self.deliver(told);
            }
            Deed::RaiseLater(host, check, severity) => {
                let told = self.says(*host, *check, raised(*severity));
                self.waiting.push((self.endpoint(*host), told));
            }
            Deed::Deliver(host) => self.deliver_all(host_of(*host)),
            Deed::DeliverAgain(at) => {
                if let Some(told) = pick(&self.delivered, *at).cloned() {
                    self.world.hear(&told);
                }
            }
            Deed::Ask(who, at, wish) => self.ask(*who, *at, wish),
            Deed::Window(host, wait, length, covers) => {
                let start = self.world.now + minutes(*wait);
                self.window(*host, start, minutes(*length), *covers);
            }
            Deed::EndWindow(at) => self.of_window(*at, |world, id| {
                let _ = world.end_window(id, actor(0));
            }),
            Deed::CancelWindow(at) => self.of_window(*at, |world, id| {
                let _ = world.cancel_window(id, actor(0));
            }),
            Deed::Known(host, check, length, up_to, breaks) => {
                self.know(*host, *check, minutes(*length), *up_to, *breaks);
            }
            Deed::EndKnown(at) => {
                let ids: Vec<KnownIssueId> = self.world.issues.keys().copied().collect();
                if let Some(id) = pick(&ids, *at) {
                    self.world.end_issue(*id, &actor(0));
                }
            }
            Deed::Publish(at) => {
                let next = AGREEMENTS[at % AGREEMENTS.len()].clone();
                self.world.agree(next);
            }
            Deed::Silent(host) => self.world.falls_silent(self.endpoint(*host)),
            Deed::Heard(host) => self.world.is_heard(self.endpoint(*host)),
            Deed::Pass(length) => self.world.advance(self.world.now + minutes(*length)),
            Deed::PassUntilDue => {
                if let Some(due) = self.world.next_due() {
                    self.world.advance(due.max(self.world.now));
                }
            }
            Deed::SetBack(length) => self.world.set_clock(self.world.now - minutes(*length)),
            Deed::Down(length) => {
                self.world.set_clock(self.world.now + minutes(*length));
                self.world.restart();
            }
            Deed::Restart => self.world.restart(),
            Deed::Crash => self.world.perform_and_crash(),
            Deed::Nothing => {}
        }
    }

    fn endpoint(&self, at: usize) -> EndpointId {
        let (tenant, host) = HOSTS[at % HOSTS.len()];
        self.world.endpoint_id(&name(tenant), host)
    }

    fn says(&mut self, host: usize, check: usize, say: Say) -> Told {
        let endpoint = self.endpoint(host);
        self.world.says(endpoint, CHECKS[check % CHECKS.len()], None, say)
    }

    fn deliver(&mut self, told: Told) {
        self.world.hear(&told);
        self.delivered.push(told);
    }

    /// What one speaker said is delivered in the order in which it was said.
    fn deliver_all(&mut self, host: usize) {
        let endpoint = self.endpoint(host);
        let (due, rest) =
            std::mem::take(&mut self.waiting).into_iter().partition(|it| it.0 == endpoint);
        self.waiting = rest;
        let due: Vec<(EndpointId, Told)> = due;
        for (_, told) in due {
            self.deliver(told);
        }
    }

    fn ask(&mut self, who: usize, at: usize, wish: &Wish) {
        let alerts: Vec<&Alert> = self.world.alerts.values().collect();
        let mut ids: Vec<(Timestamp, AlertId)> =
            alerts.iter().map(|it| (it.opened_at, it.id)).collect();
        ids.sort();
        // The newest are asked about most.
        ids.reverse();
        if let Some((_, id)) = pick(&ids, at % 8) {
            // Who is refused has asked in vain.
            let _ = self.world.wish(*id, actor(who), wish.clone());
        }
    }

    fn window(&mut self, host: usize, start: Timestamp, length: SignedDuration, covers: bool) {
        let (tenant, hostname) = HOSTS[host % HOSTS.len()];
        let selector = Selector {
            endpoints: [EndpointRef::Host(hostname.to_owned())].into(),
            ..Selector::default()
        };
        let spec = Spec {
            title: "work".to_owned(),
            why: "it is due".to_owned(),
            selector,
            effects: Effects { suppress_notify: true, suppress_patch: false },
            zone: TimeZone::UTC,
            timing: Timing::Once { start: TimeZone::UTC.to_datetime(start) },
            duration: length,
            grace: SignedDuration::from_mins(5),
            for_patching: false,
            covers_open: covers,
            change: None,
        };
        let _ = self.world.schedule(&name(tenant), spec, actor(0), vec![actor(1)]);
    }

    fn of_window(&mut self, at: usize, act: impl Fn(&mut World, WindowId)) {
        let ids: Vec<WindowId> = self.world.windows.keys().copied().collect();
        if let Some(id) = pick(&ids, at) {
            act(&mut self.world, *id);
        }
    }

    fn know(
        &mut self,
        host: usize,
        check: usize,
        length: SignedDuration,
        up_to: Severity,
        breaks: Option<u32>,
    ) {
        let (tenant, _) = HOSTS[host % HOSTS.len()];
        let by = actor(0);
        let spec = IssueSpec {
            kind: Kind::KnownIssue,
            tenant: name(tenant),
            title: "known".to_owned(),
            why: "it is known".to_owned(),
            matcher: Matcher {
                check: CHECKS[check % CHECKS.len()].to_owned(),
                instance: String::new(),
                endpoints: [self.endpoint(host)].into(),
                sites: [].into(),
                functions: [].into(),
            },
            evidence: [].into(),
            ticket: String::new(),
            owner: by.team.clone(),
            party: by.party,
            review_at: None,
            expires_at: self.world.now + length,
            max_severity: up_to,
            breaks_when: breaks.map(Condition::PerDayAbove).into_iter().collect(),
        };
        let _ = self.world.declare(spec, &by);
    }
}

fn host_of(at: usize) -> usize {
    at % HOSTS.len()
}

fn raised(severity: Severity) -> Say {
    Say::Raised { severity, evidence: String::new(), delayed: false }
}

fn name(tenant: &str) -> Tenant {
    Tenant::new(tenant).expect("a valid name")
}

fn actor(at: usize) -> Actor {
    let (name, team, party) = PEOPLE[at % PEOPLE.len()];
    Actor { name: name.to_owned(), team: Team::new(team).expect("a valid name"), party }
}

fn pick<T>(all: &[T], at: usize) -> Option<&T> {
    all.get(at.checked_rem(all.len())?)
}
