//! A matrix that is published over open alerts, and a power cut: F29.

use std::collections::BTreeMap;

use remit_proto::v1;
use remit_shared::Stream;
use tests::{SOON, Site, eventually, starter};
use tokio::time::{self, Duration, Instant};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{alerts, failed_run, moment},
};

/// The starter matrix in which infrastructure is somebody else's.
fn turned(nth: usize) -> String {
    let text = starter();
    let usual = "responsible = \"provider-noc\"\naccountable = \"provider-manager\"\n\
                 consulted = \"internal-it\"\ninformed = \"it-manager\"";
    assert!(text.contains(usual), "the row is still there");
    let other = "responsible = \"internal-it\"\naccountable = \"it-manager\"";
    let text = if nth.is_multiple_of(2) { text.replacen(usual, other, 1) } else { text };
    text.replace("title = \"Acme and its provider\"", &format!("title = \"Version {nth}\""))
}

/// F29.
pub(crate) async fn published(fault: Fault, scope: &Scope) -> Found {
    let (count, kills) = scope.of((100, 3), (1_000, 20));
    let mut site = Site::start().await;
    let mut agents = Vec::new();
    for machine in 0..10 {
        let mut agent = site.agent(&format!("db-{machine}")).await;
        let mut last = 0;
        for nth in 0..count / 10 {
            last = failed_run(&mut agent, &format!("job-{nth}")).seq;
        }
        let mut session = agent.deliver().await;
        session.acknowledged(Stream::Events, last).await.unwrap();
        agents.push(agent);
    }
    eventually(SOON * 3, "all are alerts", async || {
        (alerts(&site).await.len() == count).then_some(())
    })
    .await;
    let (mut ownerless, mut mixed, mut slowest) = (0, 0, 0.0_f64);
    for nth in 0..kills {
        let before = site.admin.matrix_version().await;
        // Every other one comes as far as an answer; the power fails anyway.
        let _ = time::timeout(moment(400), site.admin.publish(&turned(nth))).await;
        time::sleep(moment(100)).await;
        site.cut_power().await;
        let begun = Instant::now();
        site.restart().await;
        let version = site.admin.matrix_version().await;
        assert!(version == before || version == before + 1, "one or the other");
        let owners = eventually(SOON * 3, "all alerts are of the matrix in force", async || {
            let seen = alerts(&site).await;
            ownerless += seen.iter().filter(|it| owner(it).is_empty()).count() as u64;
            let mut owners = BTreeMap::<String, usize>::new();
            for alert in &seen {
                *owners.entry(owner(alert)).or_default() += 1;
            }
            (owners.len() == 1 && seen.len() == count).then_some(owners)
        })
        .await;
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        mixed += owners.len() as u64 - 1;
        time::sleep(Duration::from_millis(50)).await;
    }
    Found::of(
        fault,
        format!("{count} open alerts, another matrix and kill -9 at a random moment × {kills}"),
    )
    .is("alerts without an owner, ever", ownerless, 0)
    .is("owners mixed in the end", mixed, 0)
    .at_most("all of one matrix again", slowest, " s", 30.0)
}

fn owner(alert: &v1::Alert) -> String {
    alert.responsibility.as_ref().map_or(String::new(), |it| it.responsible.clone())
}
