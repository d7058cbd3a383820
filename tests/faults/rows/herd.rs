//! All agents come back at once: F19.

use std::{collections::BTreeMap, rc::Rc};

use remit_shared::Stream;
use tests::{FakeAgent, SOON, Session, Site, eventually, starter};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{at, failed_run, percentile},
    rows::disk::resident,
};

/// How many enroll at the same time.
const AT_ONCE: usize = 8;

/// What an agent waits before it comes back after a collector was lost.
const SPREAD: u64 = 30_000;

/// F19.
pub(crate) async fn comes_back(fault: Fault, scope: &Scope) -> Found {
    let count = scope.of(300, 5_000);
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]";
    let steps = "steps = [\"20s provider-manager\", \"1h it-manager\"]";
    let mut site = Site::with_matrix(&starter().replace(usual, steps)).await;
    let agents = enroll(&site, count).await;
    let sessions = connect(agents, false).await;
    // Twenty alerts whose step comes due in the middle of it.
    let mut reporter = site.agent("db-7").await;
    let mut last = 0;
    for nth in 0..20 {
        last = failed_run(&mut reporter, &format!("job-{nth}")).seq;
    }
    let mut session = reporter.deliver().await;
    session.acknowledged(Stream::Events, last).await.unwrap();
    drop(session);
    site.cut_power().await;
    let agents: Vec<FakeAgent> = sessions.into_iter().map(|it| it.0).collect();
    let begun = Instant::now();
    site.restart().await;
    let ready = begun.elapsed().as_secs_f64();
    let mut times: Vec<f64> = Vec::new();
    let mut most = 0.0_f64;
    let watch = async {
        loop {
            most = most.max(resident(site.collector().pid()));
            time::sleep(Duration::from_millis(200)).await;
        }
    };
    let back = tokio::select! {
        back = connect(agents, true) => back,
        () = watch => unreachable!("it watches for ever"),
    };
    for (_, _, when) in &back {
        times.push(when.duration_since(begun).as_secs_f64());
    }
    let mut late = eventually(SOON * 3, "all steps are told", async || {
        let alerts = crate::load::alerts(&site).await;
        let due: BTreeMap<String, jiff::Timestamp> = alerts
            .into_iter()
            .map(|it| (it.alert_id, at(it.opened_at) + jiff::SignedDuration::from_secs(20)))
            .collect();
        let mut late = Vec::new();
        for (id, due) in due {
            let timeline = site.admin.alert(&id).await.timeline;
            let taken = timeline.iter().find(|it| it.detail.contains("to provider-manager"))?;
            late.push(at(taken.at).duration_since(due).as_secs_f64());
        }
        Some(late)
    })
    .await;
    let offline = crate::load::alerts(&site)
        .await
        .iter()
        .filter(|it| it.check == "endpoint-offline" || it.check == "site-unreachable")
        .count();
    let most_of_them = percentile(&mut times, 95.0);
    let found =
        Found::of(fault, format!("{count} agents, kill -9, each back within 30 s and again"))
            .at_most("ready again", ready, " s", 5.0)
            .at_most("95 % online after", most_of_them, " s", 120.0)
            .is("away in the end", (count - back.len()) as u64, 0)
            .at_most("resident", most, " MiB", 512.0)
            .at_most("steps late p99", percentile(&mut late, 99.0), " s", 2.0)
            .is("false offline", offline as u64, 0);
    if scope.of(true, false) {
        return found;
    }
    found.but_not("not after ten minutes: agents come back by the same rule after one second")
}

async fn enroll(site: &Site, count: usize) -> Vec<FakeAgent> {
    let mut agents = Vec::new();
    let mut tasks = JoinSet::new();
    for nth in 0..count {
        let token = site.token().await;
        tasks.spawn_local(async move {
            loop {
                // A collector looks at a hundred a second and says so.
                match FakeAgent::enroll(&token, &format!("web-{nth}")).await {
                    Ok(agent) => return agent,
                    Err(_) => time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        if tasks.len() >= AT_ONCE {
            agents.push(tasks.join_next().await.expect("there are some").unwrap());
        }
    }
    agents.extend(tasks.join_all().await);
    agents
}

/// Connects all: at once, or each after a while as an agent does that has lost
/// its collector. Whoever is not let in comes again.
async fn connect(
    agents: Vec<FakeAgent>,
    after_a_while: bool,
) -> Vec<(FakeAgent, Session, Instant)> {
    let mut tasks = JoinSet::new();
    let gate = Rc::new(Semaphore::new(if after_a_while { usize::MAX >> 4 } else { 64 }));
    for mut agent in agents {
        let gate = Rc::clone(&gate);
        tasks.spawn_local(async move {
            let _turn = gate.acquire().await.expect("nobody shuts it");
            if after_a_while {
                time::sleep(crate::load::moment(SPREAD)).await;
            }
            let mut wait = 1_000;
            loop {
                if let Ok(session) = agent.connect().await {
                    return (agent, session, Instant::now());
                }
                time::sleep(crate::load::moment(wait)).await;
                wait = (wait * 2).min(300_000);
            }
        });
    }
    tasks.join_all().await
}
