//! Certificates that run out while nobody can be reached: F27.

use remit_proto::v1::Presence;
use tests::Site;
use tokio::time::{self, Duration, Instant};

use crate::{
    fault::Fault,
    found::Found,
    rows::clocks::{by, set},
};

/// An agent's certificate is good for thirty days, and renewed after fifteen.
const CLOCKS: [(&str, &str); 2] = [("+20d", "+26d"), ("+31d", "+40d")];

/// Who waits to be let in asks again every 15 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// F27: an agent that was off for almost as long as its certificate is good, and
/// one that was off for longer: somebody lets it in again, and it is the same.
/// Both sides' clocks are right, that is, equal.
pub(crate) async fn runs_out(fault: Fault) -> Found {
    let mut found = Found::of(fault, "collector and real agent by libfaketime, 20 to 40 days on");
    let names = ["back after 26 days", "back after 40 days, once somebody agreed"];
    let mut agreed = 0;
    for ((first, then), name) in CLOCKS.into_iter().zip(names) {
        let mut site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        let id = agent.become_endpoint(&site.token().await).await;
        let file = site.folder().join("faked");
        // The collector lives through the time; the agent does not.
        for clock in [first, then] {
            set(&file, clock);
            site.stop().await;
            site.restart_as(|serve| by(serve, &file)).await;
        }
        agent.start_as(|run| by(run, &file));
        let until = Instant::now() + PATIENCE;
        let mut online = false;
        while !online && Instant::now() < until {
            let seen = site.admin.endpoint(&id).await.unwrap();
            if seen.waiting.is_some() {
                site.admin.asks(&format!("endpoint approve {id} --yes")).await;
                agreed += 1;
            }
            online = seen.presence() == Presence::Online && seen.metrics_applied > 0;
            time::sleep(Duration::from_millis(100)).await;
        }
        found = found.is(name, u64::from(online), 1);
    }
    found
        .is("asked to agree", agreed, 1)
        .but_not("no change of the certificate authority: there is no command for it")
}
