use std::{sync::mpsc as gate, time::Duration};

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::*;
use crate::probe::fake::{self, FakeProbe, Line};

/// Follows tokio's clock, which a test can pause.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
}

const fn plan(interval: u64, deadline: u64) -> ProbePlan {
    let (interval, deadline) = (Duration::from_secs(interval), Duration::from_secs(deadline));
    ProbePlan { enabled: true, interval, deadline }
}

/// A scheduler over probes that take so many milliseconds of paused time.
struct Stage {
    tasks: JoinSet<()>,
    answers: mpsc::Receiver<Vec<Answer>>,
    stop: CancellationToken,
    start: Instant,
}

impl Stage {
    fn new(bound: usize, probes: Vec<(FakeProbe, ProbePlan, u64)>) -> Self {
        let (sink, answers) = mpsc::channel(bound);
        let (start, stop) = (Instant::now(), CancellationToken::new());
        let seats = probes.iter().map(|(probe, plan, _)| Sitter::new(probe, *plan));
        let (scheduler, lanes) = Scheduler::seat(seats.collect(), TestClock(start), sink);
        let mut tasks = JoinSet::new();
        for (mut lane, (mut probe, _, millis)) in lanes.into_iter().zip(probes) {
            tasks.spawn(async move {
                while let Some(Asked { seat, turn }) = lane.turns.recv().await {
                    time::sleep(Duration::from_millis(millis)).await;
                    let result = probe.sample(turn);
                    let _ = lane.returns.send(Return { seat, result }).await;
                }
            });
        }
        tasks.spawn(scheduler.run(stop.clone()));
        Self { tasks, answers, stop, start }
    }

    /// The next batch as one line: when it came, then each probe, the time it
    /// says, and what.
    async fn next(&mut self) -> String {
        let answers = self.answers.recv().await.unwrap();
        let mut line = format!("{:.2}", self.start.elapsed().as_secs_f64());
        for answer in answers {
            let observed = answer.observed_at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64();
            let said = if let Body::Failure(failure) = &answer.body {
                format!("{} after {}s", failure.kind, answer.took.as_secs())
            } else {
                "readings".into()
            };
            line.push_str(&format!(" | {} {observed:.2} {said}", answer.probe));
        }
        line
    }

    async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

fn talks(name: &'static str) -> FakeProbe {
    FakeProbe::new(name, (0..100).map(Line::reading))
}

#[tokio::test(start_paused = true)]
async fn readings_of_one_tick_share_its_time_and_travel_together() {
    let mut stage =
        Stage::new(16, vec![(talks("cpu"), plan(10, 5), 1), (talks("disk"), plan(30, 10), 20)]);
    assert_eq!(stage.next().await, "0.02 | cpu 0.00 readings | disk 0.00 readings");
    assert_eq!(stage.next().await, "10.00 | cpu 10.00 readings");
    assert_eq!(stage.next().await, "20.00 | cpu 20.00 readings");
    assert_eq!(stage.next().await, "30.02 | cpu 30.00 readings | disk 30.00 readings");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_quarter_of_a_second() {
    let mut stage =
        Stage::new(16, vec![(talks("cpu"), plan(60, 5), 1), (talks("disk"), plan(60, 10), 700)]);
    assert_eq!(stage.next().await, "0.25 | cpu 0.00 readings");
    assert_eq!(stage.next().await, "0.70 | disk 0.00 readings");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_probe_that_is_slow_by_nature() {
    let mut stage = Stage::new(
        16,
        vec![(talks("cpu"), plan(60, 5), 1), (talks("patch-apt"), plan(3600, 300), 8000)],
    );
    assert_eq!(stage.next().await, "0.00 | cpu 0.00 readings");
    assert_eq!(stage.next().await, "8.00 | patch-apt 0.00 readings");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_hanging_probe_is_reported_once_and_the_others_go_on() {
    let mut stage =
        Stage::new(16, vec![(talks("cpu"), plan(10, 5), 1), (talks("disk"), plan(10, 5), 23_000)]);
    assert_eq!(stage.next().await, "0.25 | cpu 0.00 readings");
    assert_eq!(stage.next().await, "5.00 | disk 5.00 timeout after 5s");
    assert_eq!(stage.next().await, "10.00 | cpu 10.00 readings");
    assert_eq!(stage.next().await, "20.00 | cpu 20.00 readings");
    // It came back at 23, too late to tell.
    assert_eq!(stage.next().await, "30.25 | cpu 30.00 readings");
    assert_eq!(stage.next().await, "35.00 | disk 35.00 timeout after 5s");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_this_machine_has_not_rests_for_an_hour() {
    let mut stage = Stage::new(16, vec![(FakeProbe::new("zfs", []), plan(10, 5), 0)]);
    assert_eq!(stage.next().await, "0.00 | zfs 0.00 unsupported after 0s");
    assert_eq!(stage.next().await, "3600.00 | zfs 3600.00 unsupported after 0s");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_sink_makes_no_probe_late() {
    let mut stage = Stage::new(
        1,
        vec![
            (talks("cpu"), plan(10, 5), 1),
            (talks("services"), plan(600, 20), 8000),
            (talks("patch-apt"), plan(600, 20), 9000),
        ],
    );
    // From the eighth second on nothing moves, and `patch-apt` comes back.
    time::sleep(Duration::from_secs(95)).await;
    assert_eq!(stage.next().await, "95.00 | cpu 0.00 readings");
    assert_eq!(stage.next().await, "95.00 | services 0.00 readings");
    assert_eq!(stage.next().await, "95.00 | patch-apt 0.00 readings | cpu 95.00 readings");
    assert_eq!(stage.next().await, "100.00 | cpu 100.00 readings");
    stage.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_off_is_never_asked() {
    let off = ProbePlan { enabled: false, ..plan(10, 5) };
    let mut stage = Stage::new(16, vec![(talks("cpu"), off, 1)]);
    let day = Duration::from_hours(24);
    assert!(time::timeout(day, stage.answers.recv()).await.is_err());
    stage.end().await;
}

// From here on with real threads and in real time.

fn start(probes: Vec<FakeProbe>) -> (Scheduler<TestClock>, mpsc::Receiver<Vec<Answer>>) {
    let (sink, answers) = mpsc::channel(SINK_BOUND);
    let probes = probes.into_iter().map(|probe| (Box::new(probe) as Box<dyn Probe>, plan(1, 60)));
    let scheduler = Scheduler::start(probes.collect(), TestClock(Instant::now()), sink).unwrap();
    (scheduler, answers)
}

#[tokio::test]
async fn a_hung_thread_does_not_keep_us_from_stopping() {
    let (_held, gate) = gate::channel();
    let (scheduler, mut answers) =
        start(vec![FakeProbe::new("nfs", [Line::Hangs(gate)]), talks("cpu")]);
    let stop = CancellationToken::new();
    let first = async {
        let first = answers.recv().await.unwrap();
        stop.cancel();
        first
    };
    let ((), first) = tokio::join!(scheduler.run(stop.clone()), first);
    assert_eq!(&*first[0].probe, "cpu");
}

#[tokio::test]
async fn a_probe_that_panics_is_a_failure_and_is_asked_again() {
    let (sink, _answers) = mpsc::channel(SINK_BOUND);
    let probe = FakeProbe::new("cpu", [Line::Panics, Line::reading(7)]);
    let seat = Sitter::new(&probe, plan(10, 5));
    let (mut scheduler, mut lanes) = Scheduler::seat(vec![seat], TestClock(Instant::now()), sink);
    thread::start(lanes.remove(0), vec![(0, Box::new(probe))]).unwrap();
    let mut said = vec![];
    for _ in 0..2 {
        let asked = Asked { seat: 0, turn: fake::turn(0) };
        scheduler.seats[0].turns.send(asked).await.unwrap();
        said.push(scheduler.returns.recv().await.unwrap().result);
    }
    assert_eq!(said[0].as_ref().unwrap_err().to_string(), "the probe panicked");
    assert!(said[1].is_ok());
}

#[tokio::test]
async fn those_that_never_hang_share_a_thread_and_nobody_else_does() {
    let probes = [
        FakeProbe::new("nfs", []),
        FakeProbe::new("cpu", []).never_hangs(),
        FakeProbe::new("patch-apt", []),
        FakeProbe::new("load", []).never_hangs(),
    ];
    let sitters = probes.iter().map(|it| Sitter::new(it, plan(10, 5))).collect();
    let (sink, _answers) = mpsc::channel(SINK_BOUND);
    let (_, lanes) = Scheduler::seat(sitters, TestClock(Instant::now()), sink);
    let seats: Vec<_> = lanes.into_iter().map(|it| it.seats).collect();
    assert_eq!(seats, [vec![1, 3], vec![0], vec![2]]);
}

#[tokio::test]
async fn one_that_panics_does_not_take_along_those_that_share_its_thread() {
    let (scheduler, mut answers) = start(vec![
        FakeProbe::new("cpu", [Line::Panics]).never_hangs(),
        FakeProbe::new("load", [Line::reading(7)]).never_hangs(),
    ]);
    let stop = CancellationToken::new();
    let first = async {
        let mut first = answers.recv().await.unwrap();
        first.extend(answers.recv().await.unwrap());
        stop.cancel();
        first
    };
    let ((), first) = tokio::join!(scheduler.run(stop.clone()), first);
    let said = |of: &str| &first.iter().find(|it| &*it.probe == of).unwrap().body;
    assert!(matches!(said("cpu"), Body::Failure(_)), "{first:?}");
    assert!(matches!(said("load"), Body::Readings(_)), "{first:?}");
}

#[tokio::test]
async fn every_probe_of_this_machine_answers() {
    let probes = crate::probe::registry::all();
    let count = probes.len();
    let planned = probes.into_iter().map(|probe| {
        let plan = ProbePlan::default_for(probe.name());
        (probe, plan)
    });
    let (sink, mut answers) = mpsc::channel(SINK_BOUND);
    let scheduler = Scheduler::start(planned.collect(), TestClock(Instant::now()), sink).unwrap();
    let stop = CancellationToken::new();
    let all = async {
        let mut heard = 0;
        while heard < count {
            heard += answers.recv().await.unwrap().len();
        }
        stop.cancel();
    };
    tokio::join!(scheduler.run(stop.clone()), all);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_rests_is_not_asked_and_says_why() {
    let (sink, mut answers) = mpsc::channel(9);
    let probes = [FakeProbe::new("process", []), FakeProbe::new("memory", [])];
    let seats = probes.iter().map(|it| Sitter::new(it, plan(10, 5))).collect();
    let (scheduler, mut lanes) = Scheduler::seat(seats, TestClock(Instant::now()), sink);
    let standing = Standing { usage: None, shed: ["process".to_owned()].into(), why: "3 %".into() };
    let (told, budget) = watch::channel(standing);
    let mut tasks = JoinSet::new();
    let stop = CancellationToken::new();
    tasks.spawn(scheduler.within(budget).run(stop.clone()));
    let first = answers.recv().await.unwrap();
    let Body::Failure(failure) = &first[0].body else { panic!("{first:?}") };
    let said = (&*first[0].probe, failure.kind.as_str(), failure.message.as_str());
    assert_eq!(said, ("process", "shed", "not asked, because the agent takes 3 %"));
    assert!(lanes[0].turns.try_recv().is_err() && lanes[1].turns.try_recv().is_ok());
    told.send_replace(Standing::default());
    let asked = lanes[0].turns.recv().await.unwrap();
    assert_eq!(asked.turn.monotonic, Duration::from_secs(10), "at its next turn");
    stop.cancel();
}
