//! What happens to a change, and what follows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{Party, WindowId};

use crate::{
    change::{
        Approval, BREAK_GLASS_FOR, BreakGlass, Change, PAGE_WITHIN, REVIEW_WITHIN, Requirement,
        Signatory, State, audit, command::lasts_until, emergency,
    },
    effect::Effect,
    letter::{Audience, Notice},
};

/// A fact about a change. The commands give them; what is refused is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was asked for.
    Proposed,
    /// Something else is asked for instead: the change as it would be new.
    Amended(Box<Change>),
    /// Somebody agreed.
    Approved(Approval),
    /// Somebody said no.
    Rejected {
        /// Who.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// It was taken back.
    Withdrawn {
        /// By whom.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// Others must agree by now.
    Reassessed {
        /// Who.
        required: Vec<Requirement>,
    },
    /// It takes effect.
    Applied {
        /// By whom; `None` for the clock.
        by: Option<Signatory>,
    },
    /// It was to take effect, and could not.
    Failed {
        /// Why.
        why: String,
    },
    /// What came of it.
    Reported {
        /// In words.
        result: String,
        /// The window that was born.
        window: Option<WindowId>,
    },
    /// It takes effect alone, in an emergency.
    GlassBroken {
        /// By whom.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// Somebody of the other side has looked at the emergency.
    Reviewed {
        /// Who.
        by: Signatory,
        /// What they say.
        note: String,
    },
    /// Time has passed.
    Tick,
}

/// A change's next value, and what it owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The change.
    pub change: Change,
    /// The audit entries that are owed, in order.
    pub effects: Vec<Effect>,
    /// Who must be told, in order.
    pub notices: Vec<Notice>,
    /// What the collector must now do.
    pub order: Option<Order>,
}

/// What the collector must now do. Doing it twice is harmless if it is done
/// under the change's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Make the text hold.
    CarryOut,
    /// Undo that: an emergency's time is over.
    TakeBack,
}

/// When the next [`Event::Tick`] is due, if ever. An approved change that has
/// a time is to be [applied](super::apply) then, in the clock's name; if that
/// is refused, [`Event::Failed`] says why.
pub fn deadline(change: &Change) -> Option<Timestamp> {
    match &change.state {
        State::Open => Some(change.expires_at),
        State::Approved { .. } => Some(change.effective_from.unwrap_or(change.expires_at)),
        State::Applied { .. } => change.break_glass.as_ref().and_then(BreakGlass::deadline),
        State::Rejected { .. }
        | State::Withdrawn { .. }
        | State::Expired { .. }
        | State::Failed { .. } => None,
    }
}

/// Advances a change by one event. What comes too late changes nothing.
pub fn step(change: Change, event: Event, now: Timestamp) -> Step {
    let mut it = Stepping { change, effects: vec![], notices: vec![], order: None, now };
    let live = it.change.is_live();
    match event {
        Event::Proposed => it.proposed(),
        Event::Amended(draft) if live => it.amended(*draft),
        Event::Approved(approval) if live => it.approved(approval),
        Event::Rejected { by, why } if live => {
            it.done(&by, "reject", why.clone());
            it.tell_requester(format!("{} said no: {why}", by.name));
            it.change.state = State::Rejected { at: now, by, why };
        }
        Event::Withdrawn { by, why } if live => {
            it.done(&by, "withdraw", why.clone());
            it.change.state = State::Withdrawn { at: now, by, why };
        }
        Event::Reassessed { required } if live => it.reassessed(required),
        Event::Applied { by } if live => it.applied(by),
        Event::Failed { why } if live => {
            it.by_itself("fail", why.clone());
            it.tell_requester(format!("it could not take effect: {why}"));
            it.change.state = State::Failed { at: now, why };
        }
        Event::Reported { result, window } => it.reported(result, window),
        Event::GlassBroken { by, why } if live => it.glass_broken(by, why),
        Event::Reviewed { by, note } => it.reviewed(by, note),
        Event::Tick => it.tick(),
        Event::Amended(_)
        | Event::Approved(_)
        | Event::Rejected { .. }
        | Event::Withdrawn { .. }
        | Event::Reassessed { .. }
        | Event::Applied { .. }
        | Event::Failed { .. }
        | Event::GlassBroken { .. } => {}
    }
    let Stepping { change, effects, notices, order, .. } = it;
    Step { change, effects, notices, order }
}

struct Stepping {
    change: Change,
    effects: Vec<Effect>,
    notices: Vec<Notice>,
    order: Option<Order>,
    now: Timestamp,
}

impl Stepping {
    fn proposed(&mut self) {
        let by = self.change.requested_by.clone();
        let asked = self.asked();
        self.done(&by, "propose", asked);
        self.ask();
    }

    fn amended(&mut self, draft: Change) {
        let window = self.change.window;
        let by = self.change.requested_by.clone();
        self.change = Change { window, requested_by: by.clone(), ..draft };
        let asked = self.asked();
        self.done(&by, "amend", asked);
        self.ask();
    }

    fn approved(&mut self, approval: Approval) {
        let note = &approval.note;
        let said = if note.is_empty() { String::new() } else { format!(": {note}") };
        self.done(&approval.by, "approve", format!("sha256 {}{said}", approval.sha256));
        self.change.approvals.push(approval);
        self.settle();
    }

    fn reassessed(&mut self, required: Vec<Requirement>) {
        self.by_itself("reassess", format!("{} must agree", required.len()));
        self.change.required = required;
        self.change.state = State::Open;
        self.settle();
        self.ask();
    }

    /// Whether all who must have agreed by now. The first time counts.
    fn settle(&mut self) {
        if self.change.state == State::Open && self.change.missing().next().is_none() {
            self.change.state = State::Approved { at: self.now };
            let from = self.change.effective_from;
            self.change.expires_at = lasts_until(&self.change.state, from, self.now);
            self.tell_requester("everybody who must has agreed".into());
        }
    }

    fn applied(&mut self, by: Option<Signatory>) {
        let detail = format!("sha256 {}", self.change.sha256);
        let name = match by {
            Some(by) => {
                self.done(&by, "apply", detail);
                by.name
            }
            None => {
                self.by_itself("apply", detail);
                "remit".to_owned()
            }
        };
        self.change.state = State::Applied { at: self.now, by: name, result: String::new() };
        self.order = Some(Order::CarryOut);
    }

    fn reported(&mut self, said: String, born: Option<WindowId>) {
        if let State::Applied { result, .. } = &mut self.change.state {
            result.clone_from(&said);
            self.change.window = self.change.window.or(born);
            self.by_itself("result", said);
        }
    }

    fn glass_broken(&mut self, by: Signatory, why: String) {
        let detail = format!("alone, in an emergency: {why}; sha256 {}", self.change.sha256);
        self.done(&by, "break_glass", detail);
        let reverts = emergency::reverts(&self.change.subject);
        let until = self.now.saturating_add(BREAK_GLASS_FOR).unwrap_or(Timestamp::MAX);
        let end = reverts.then_some(until);
        let then = match end {
            Some(end) => format!("It ends by itself at {end}."),
            None => "It stays until somebody undoes it.".to_owned(),
        };
        let review = self.now.saturating_add(REVIEW_WITHIN).unwrap_or(Timestamp::MAX);
        let review = format!("The other side reviews it until {review}.");
        let text = format!("{} ({}): {why}\n{then}\n{review}", by.name, by.party);
        self.tell(both(), true, "was applied alone, in an emergency", text);
        let name = by.name.clone();
        self.change.break_glass = Some(BreakGlass {
            by,
            at: self.now,
            why,
            reverts_at: end,
            reverted_at: None,
            reviewed: None,
            review_missed_at: None,
        });
        self.change.state = State::Applied { at: self.now, by: name, result: String::new() };
        self.order = Some(Order::CarryOut);
    }

    fn reviewed(&mut self, by: Signatory, note: String) {
        let glass = self.change.break_glass.as_mut();
        if let Some(glass) = glass.filter(|it| it.reviewed.is_none()) {
            glass.reviewed = Some((by.clone(), self.now));
            self.done(&by, "review", note);
        }
    }

    fn tick(&mut self) {
        let now = self.now;
        if self.change.is_live() && self.change.expires_at <= now {
            self.by_itself("expire", format!("nobody acted until {}", self.change.expires_at));
            self.tell_requester("it expired: propose it again if it is still wanted".into());
            self.change.state = State::Expired { at: now };
        }
        let glass = self.change.break_glass.as_mut();
        let due = |it: &&mut BreakGlass| it.reverts_at().is_some_and(|at| at <= now);
        if let Some(glass) = glass.filter(due) {
            glass.reverted_at = Some(now);
            self.order = Some(Order::TakeBack);
            self.by_itself("take_back", "the emergency's time is over".into());
            self.tell(both(), false, "was taken back", "The emergency's time is over.".into());
        }
        let glass = self.change.break_glass.as_mut();
        let due = |it: &&mut BreakGlass| it.review_due().is_some_and(|at| at <= now);
        if let Some(glass) = glass.filter(due) {
            glass.review_missed_at = Some(now);
            self.by_itself("review_missed", "nobody of the other side has reviewed it".into());
            let text = "Nobody of the other side has looked at it: `remit change approve` does.";
            self.tell(both(), false, "was not reviewed in time", text.into());
        }
    }

    /// Asks those who must agree.
    fn ask(&mut self) {
        let sides: BTreeSet<Party> = self.change.missing().map(|it| it.party).collect();
        if self.change.state == State::Open && !sides.is_empty() {
            let Change { why, requested_by: by, risk, expires_at, sha256, .. } = &self.change;
            let text = format!(
                "{} ({}) asks: {why}\nRisk: {risk}\nUntil: {expires_at}\nsha256: {sha256}",
                by.name, by.party
            );
            self.tell(Audience::Managers(sides), false, "waits for your approval", text);
        }
    }

    fn asked(&self) -> String {
        let Change { subject, title, sha256, required, .. } = &self.change;
        let count = required.len();
        format!("{}: {title}; sha256 {sha256}; {count} must agree", subject.as_str())
    }

    fn tell_requester(&mut self, text: String) {
        let to = Audience::Operator(self.change.requested_by.operator);
        self.tell(to, false, "has news", text);
    }

    fn tell(&mut self, to: Audience, page: bool, what: &str, text: String) {
        let Change { tenant, id, title, subject, .. } = &self.change;
        let subject = format!("Change {id} ({}: {title}) {what}", subject.as_str());
        let by = self.now.saturating_add(PAGE_WITHIN).unwrap_or(Timestamp::MAX);
        self.notices.push(Notice { tenant: tenant.clone(), to, by, page, subject, text });
    }

    fn done(&mut self, by: &Signatory, what: &str, detail: String) {
        self.effects.push(audit::done(&self.change, by, what, detail, self.now));
    }

    fn by_itself(&mut self, what: &str, detail: String) {
        self.effects.push(audit::by_itself(&self.change, what, detail, self.now));
    }
}

fn both() -> Audience {
    Audience::Managers([Party::Internal, Party::Provider].into())
}
