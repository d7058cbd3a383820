//! Whatever one person does, alone or with colleagues of the same side, with
//! all the credentials they have or can make: no effect that takes the other
//! side is reached. And honest people agree only to what they have read.
//!
//! What must never happen is written down here once more, in other words than
//! [`required`](crate::change::required) has, so that a hole there shows.

use super::*;
use crate::authority::{Action, Scope, grants, grants::Consent, may};

/// How many random histories; a debug build is some ten times slower.
const HISTORIES: u64 = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
const ACTS: u32 = 14;

/// What honest people agree to, and what they never would.
const GOOD: &str = "tenant = \"acme\"\n# agreed\n";
const EVIL: &str = "tenant = \"acme\"\n# nobody is called\n";

/// SplitMix64: small, good enough, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((it ^ (it >> 31)) % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

struct World {
    desk: Desk,
    /// The credentials that the conspirators hold.
    held: Vec<OperatorId>,
    side: Party,
    persons: usize,
    changes: Vec<Change>,
    made: u128,
}

impl World {
    /// Any roles on both sides, of which each has, or has had, a manager.
    fn new(dice: &mut Dice, persons: usize) -> Self {
        let mut desk = desk();
        desk.people = vec![
            person(1, "ida", Role::Manager, Internal),
            person(2, "pam", Role::Manager, Provider),
        ];
        let sides = [Internal, Provider, Party::Vendor];
        for number in 3..7 {
            let (role, party) = (dice.pick(&Role::ALL), dice.pick(&sides));
            desk.people.push(person(number, &format!("p{number}"), role, party));
        }
        if dice.roll(4) == 0 {
            let gone = dice.roll(2);
            desk.people[gone] = desk.people[gone].clone().revoke(at(0), "left");
        }
        let side = dice.pick(&[Internal, Provider]);
        let mut held = Vec::new();
        for number in 0..persons {
            let id = 100 + number as u128;
            let role = dice.pick(&Role::ALL);
            desk.people.push(person(id, &format!("eve{number}"), role, side));
            held.push(OperatorId::from_uuid(Uuid::from_u128(id)));
        }
        Self { desk, held, side, persons, changes: Vec::new(), made: 1_000 }
    }

    fn somebody(&self, dice: &mut Dice) -> Operator {
        let id = dice.pick(&self.held);
        self.desk.people.iter().find(|it| it.id == id).unwrap().clone()
    }

    fn number(&mut self) -> u128 {
        self.made += 1;
        self.made
    }

    fn draft(&mut self, dice: &mut Dice) -> Draft {
        let id = ChangeId::from_uuid(Uuid::from_u128(self.number()));
        let base = dice.pick(&[self.desk.newest, 0]);
        let text = dice.pick(&[GOOD, EVIL]);
        let matrix = draft(Subject::Matrix { base, parts: BTreeSet::new() }, text.into());
        let party = dice.pick(&[Internal, Provider, Party::Vendor]);
        let draft = match dice.roll(6) {
            0 | 1 => matrix,
            2 => window(dice.pick(&[1, 4, 5, 30])),
            3 => role(&format!("new{}", self.made), dice.pick(&Role::ALL), party),
            4 => revocation(dice.pick(&[1, 5, 6, 40])),
            _ => {
                let keep = SignedDuration::from_hours(24);
                let records = "audit".to_owned();
                of(&Spec::Retention(Retention { tenant: acme(), records, keep }))
            }
        };
        let effective_from = (dice.roll(4) == 0).then_some(self.desk.now);
        Draft { id, effective_from, ..draft }
    }

    /// Whose alerts the windows of this history would keep quiet.
    fn look(&mut self, dice: &mut Dice) {
        let sides = [&[Internal][..], &[Provider], &[Internal, Provider], &[Party::Vendor]];
        self.desk.facts.affected = dice.pick(&sides).iter().copied().collect();
        self.desk.facts.owns = dice.roll(2) == 0;
    }

    fn step(&mut self, index: usize, event: Event) {
        let change = self.changes[index].clone();
        self.changes[index] = step(change, event, self.desk.now).change;
    }

    /// One act. Gives what took effect.
    fn act(&mut self, dice: &mut Dice) -> Option<Change> {
        let who = self.somebody(dice);
        let now = self.desk.now;
        let kind = dice.roll(11);
        if kind == 0 || self.changes.is_empty() {
            self.look(dice);
            let draft = self.draft(dice);
            self.changes.extend(propose(draft, &who, self.desk.present()));
            return None;
        }
        let index = dice.roll(self.changes.len());
        let change = self.changes[index].clone();
        let event = match kind {
            1 | 2 => approve(&change, &who, &change.sha256, None, now).ok(),
            3 => {
                let draft = self.draft(dice);
                amend(&change, &who, draft, self.desk.present()).ok()
            }
            4 => withdraw(&change, &who, "no", now).ok(),
            5 => reassess(&change, self.desk.present()),
            6 => self.honest(dice, &change),
            7 => {
                let code = false;
                // Shutting out needs none, and only contains.
                break_glass(&change, &who, code, "now", now).ok()
            }
            8 => {
                self.operators(dice, &who);
                None
            }
            9 | 10 => {
                let by = (dice.roll(3) > 0).then_some(&who);
                let event = apply(&change, by, self.desk.present()).ok()?;
                self.step(index, event);
                let change = self.changes[index].clone();
                self.take_effect(&change);
                return Some(change);
            }
            _ => None,
        };
        if let Some(event) = event {
            self.step(index, event);
        }
        self.desk.now = at(i64::try_from(dice.roll(30)).unwrap()).max(self.desk.now);
        None
    }

    /// An honest manager agrees, to what they have read.
    fn honest(&self, dice: &mut Dice, change: &Change) -> Option<Event> {
        let honest: Vec<_> =
            self.desk.people.iter().filter(|it| !self.held.contains(&it.id)).collect();
        let who = dice.pick(&honest);
        let harmless = change.text == GOOD;
        harmless.then(|| approve(change, who, &sha(GOOD), None, self.desk.now).ok())?
    }

    /// Makes, changes or shuts out an operator, without a change.
    fn operators(&mut self, dice: &mut Dice, who: &Operator) {
        let installation = Scope::installation();
        if dice.roll(3) == 0 {
            let index = dice.roll(self.desk.people.len());
            let target = self.desk.people[index].clone();
            if may(who, Action::RevokeOperator(target.role), &installation).is_ok() {
                self.desk.people[index] = target.revoke(self.desk.now, "out of the way");
            }
            return;
        }
        let existing = dice.roll(2) == 0;
        let operator = existing.then(|| dice.pick(&self.held));
        let (role, party) = (dice.pick(&Role::ALL), dice.pick(&[Internal, Provider]));
        let name = format!("made{}", self.number());
        let grant =
            Grant { operator, name, role, party, teams: BTreeSet::new(), tenants: BTreeSet::new() };
        let people = &self.desk.people;
        let consent = grants::required(people, &grant, &BTreeSet::new(), who);
        let may = may(who, Action::CreateOperator(role), &installation).is_ok();
        if may && matches!(consent, Consent::Alone { .. }) {
            self.grant(&grant);
        }
    }

    fn grant(&mut self, grant: &Grant) {
        let (role, party) = (grant.role, grant.party);
        if let Some(it) = self.desk.people.iter_mut().find(|it| Some(it.id) == grant.operator) {
            (it.role, it.party) = (role, party);
            return;
        }
        let made = person(self.number(), &grant.name, role, party);
        self.held.push(made.id);
        self.desk.people.push(made);
    }

    fn take_effect(&mut self, change: &Change) {
        match change.spec() {
            Ok(Spec::Role { grant, .. }) => self.grant(&grant),
            Ok(_) | Err(_) => {}
        }
    }

    /// Whether what took effect takes somebody whom the conspirators are not.
    fn is_escape(&self, change: &Change) -> bool {
        let another_side = |party: Party| party != self.side;
        match change.spec() {
            // A matrix: harmless only if an honest person of the other side
            // agreed to what they read.
            Err(_) => {
                change.text != GOOD || !change.approvals.iter().any(|it| self.is_honest(&it.by))
            }
            Ok(Spec::Retention(_)) => true,
            Ok(Spec::Revocation(it)) => it.endpoints.len() > 5,
            Ok(Spec::Role { grant, .. }) => {
                grant.role.includes(Role::Manager) || another_side(grant.party)
            }
            Ok(Spec::Window(it)) => {
                let long = self.persons == 1 && it.lasts > SignedDuration::from_hours(4);
                long || self
                    .desk
                    .facts
                    .affected
                    .iter()
                    .any(|it| another_side(*it) && *it != Party::Vendor)
            }
            Ok(Spec::KnownIssue(_) | Spec::Token(_) | Spec::Work(_)) => false,
        }
    }

    fn is_honest(&self, by: &Signatory) -> bool {
        by.party != self.side && !self.held.contains(&by.operator)
    }
}

fn conspire(persons: usize) -> [u64; 3] {
    let (mut applied, mut made, mut both) = (0, 0, 0);
    for seed in 0..HISTORIES {
        let mut dice = Dice(seed);
        let mut world = World::new(&mut dice, persons);
        for act in 0..ACTS {
            if let Some(change) = world.act(&mut dice) {
                let escape = world.is_escape(&change);
                assert!(!escape, "seed {seed}, {persons} persons, act {act}: {change:#?}");
                applied += 1;
                both += u64::from(change.text == GOOD);
            }
        }
        // Nor does anybody come to act for the other side.
        let others = world.desk.people.iter().filter(|it| world.held.contains(&it.id));
        let turned = others.filter(|it| it.party != world.side && it.revoked.is_none()).count();
        assert_eq!(turned, 0, "seed {seed}, {persons} persons: {:?}", world.desk.people);
        made += world.held.len() as u64 - persons as u64;
    }
    [applied, made, both]
}

#[test]
fn dual_6_one_person_alone_reaches_nothing_that_takes_two() {
    // The histories are worth something only if things happen in them.
    let reached = conspire(1);
    assert!(reached.iter().all(|it| *it > HISTORIES / 200), "{reached:?}");
}

#[test]
fn dual_6_two_of_one_side_reach_nothing_that_takes_the_other() {
    let reached = conspire(2);
    assert!(reached.iter().all(|it| *it > HISTORIES / 200), "{reached:?}");
}
