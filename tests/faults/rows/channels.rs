//! Channels that fail or hang: F26.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_shared::{RunResult, Stream};
use tests::{SOON, Site, eventually, starter};
use tokio::time::{self, Duration, Instant};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    hook::{Hook, Mood},
    load::run,
};

/// F26: two teams' channels fail, one with 500 and one by saying nothing, while
/// somebody else's works.
pub(crate) async fn fail(fault: Fault, scope: &Scope) -> Found {
    let jobs = scope.of(5, 40);
    let (mut lost, mut disordered, mut blocked, mut repeated) = (0, 0, 0, 0);
    let mut slowest = 0.0_f64;
    for mood in [Mood::Answers(500), Mood::Hangs] {
        // The manager of internal IT is informed, by a channel that works.
        let mut site = Site::by_clock(&starter()).await;
        let hook = Hook::open(site.address()).await;
        hook.instead_of(&mut site, "provider-noc").await;
        let mut agent = site.agent("db-7").await;
        hook.be(mood);
        let mut last = 0;
        for result in [RunResult::Failed, RunResult::Success] {
            for nth in 0..jobs {
                last = run(&mut agent, &format!("job-{nth}"), result).seq;
            }
        }
        let begun = Instant::now();
        let mut session = agent.deliver().await;
        session.acknowledged(Stream::Events, last).await.unwrap();
        // Two hours in which it is tried again and again.
        let others = async || {
            let came = site.inbox.received();
            came.iter().filter(|it| it.webhook == "it-manager").count()
        };
        let until = Instant::now() + Duration::from_secs(5);
        while others().await < jobs && Instant::now() < until {
            time::sleep(Duration::from_millis(20)).await;
        }
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        blocked += u64::from(others().await < jobs);
        for _ in 0..24 {
            site.pass(SignedDuration::from_mins(5));
            time::sleep(Duration::from_millis(100)).await;
        }
        hook.be(Mood::Answers(200));
        let taken = || hook.messages().into_iter().filter(|it| it.taken).collect::<Vec<_>>();
        eventually(SOON * 3, "all is told that is owed", async || {
            site.pass(SignedDuration::from_mins(5));
            let came = taken();
            let of_jobs = came.iter().filter(|it| it.field("topic") == "resolved").count();
            (of_jobs >= jobs).then_some(())
        })
        .await;
        for nth in 0..jobs {
            let job = format!("job-{nth}");
            let of_job: Vec<_> = taken()
                .into_iter()
                .filter(|it| it.body["alerts"][0]["instance"] == job)
                .map(|it| it.field("topic").to_owned())
                .collect();
            let place = |topic: &str| of_job.iter().position(|it| it == topic);
            let (first, then) = (place("assigned"), place("resolved"));
            lost += u64::from(first.is_none()) + u64::from(then.is_none());
            disordered += u64::from(first > then);
        }
        let all = taken();
        let names: BTreeSet<&String> = all.iter().map(|it| &it.id).collect();
        repeated += (all.len() - names.len()) as u64;
    }
    Found::of(fault, format!("{jobs} alerts that rise and end while a channel answers 500, then hangs, for two hours by the collector's clock"))
        .is("messages lost", lost, 0)
        .is("told in another order", disordered, 0)
        .is("taken twice", repeated, 0)
        .is("channels that kept another waiting", blocked, 0)
        .at_most("the other channel told after", slowest, " s", 5.0)
        .but_not("no second channel of the same team")
}
