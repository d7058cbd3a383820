use proptest::{collection::vec, prelude::*};

use super::*;

const LIMITS: Limits = Limits { cpu: 10, memory: 32 << 20, handles: 256, optional: 2 };

/// An agent whose use a test sets, looked at every minute.
#[derive(Default)]
struct Agent {
    state: State,
    minute: u64,
    cpu: Duration,
}

impl Agent {
    /// Uses so much for some minutes. Gives what changed, by minute.
    fn uses(&mut self, minutes: u64, cpu: u64, memory: u64) -> Vec<(u64, String)> {
        let mut changes = Vec::new();
        for _ in 0..minutes {
            self.minute += 1;
            self.cpu += Duration::from_millis(60 * cpu);
            let at = Duration::from_secs(self.minute * 60);
            let sample = Sample { at, cpu: self.cpu, memory: memory << 20, handles: 20 };
            let (state, _, change) = step(&LIMITS, self.state.clone(), sample);
            self.state = state;
            changes.extend(change.map(|it| {
                let what = match it {
                    Change::Shed(why) => format!("shed: {why}"),
                    Change::Restored => "restored".into(),
                };
                (self.minute, what)
            }));
        }
        changes
    }
}

#[test]
fn what_is_well_within_the_budget_changes_nothing() {
    let mut agent = Agent::default();
    assert_eq!(agent.uses(600, 7, 8), []);
    assert_eq!(agent.state.shed, 0);
}

#[test]
fn too_much_for_long_sheds_one_after_the_other_and_no_more_than_there_are() {
    let mut agent = Agent::default();
    let why = "shed: 3.0 % of a processor (limit 1.0 %)".to_owned();
    // The first look measures nothing; then two minutes each.
    assert_eq!(agent.uses(60, 30, 8), [(4, why.clone()), (7, why)]);
    assert_eq!(agent.state.shed, 2);
}

#[test]
fn what_was_shed_comes_back_after_ten_good_minutes_each() {
    let mut agent = Agent::default();
    agent.uses(7, 30, 8);
    let changes = agent.uses(60, 2, 8);
    let restored: Vec<u64> = changes.iter().map(|it| it.0).collect();
    assert_eq!(restored, [18, 29], "{changes:?}");
    assert_eq!((agent.state.shed, agent.state.why), (0, None));
}

#[test]
fn just_below_the_limit_is_not_good_enough_to_take_anything_up() {
    let mut agent = Agent::default();
    agent.uses(4, 30, 8);
    assert_eq!(agent.state.shed, 1);
    assert_eq!(agent.uses(120, 9, 8), []);
    assert_eq!(agent.uses(30, 2, 31), []);
    assert_eq!(agent.uses(30, 2, 8).len(), 1);
}

#[test]
fn a_second_of_work_once_an_hour_is_no_excess() {
    let mut agent = Agent::default();
    for _ in 0..5 {
        assert_eq!(agent.uses(1, 50, 8), []);
        assert_eq!(agent.uses(59, 2, 8), []);
    }
}

#[test]
fn memory_is_named_for_what_it_is() {
    let changes = Agent::default().uses(10, 2, 40);
    assert_eq!(changes[0], (3, "shed: 40.0 MiB of memory (limit 32.0 MiB)".to_owned()));
}

proptest! {
    #[test]
    fn no_more_rest_than_may_and_never_two_at_once(
        uses in vec((0_u64..60, 0_u64..64), 0..300),
    ) {
        let mut agent = Agent::default();
        let mut last: Option<u64> = None;
        for (cpu, memory) in uses {
            let before = agent.state.shed;
            for (minute, _) in agent.uses(1, cpu, memory) {
                prop_assert!(last.is_none_or(|it| minute - it >= 2));
                last = Some(minute);
            }
            prop_assert!(agent.state.shed <= LIMITS.optional);
            prop_assert!(before.abs_diff(agent.state.shed) <= 1);
            prop_assert_eq!(agent.state.shed > 0, agent.state.why.is_some());
        }
    }
}
