//! The real agent with its default probes, at a real collector.

use std::{fs, time::Duration};

use anyhow::{Context as _, ensure};
use tokio::time::{self, Instant};

use crate::{
    Plan, complain,
    daemon::{self, Daemon},
    figure::{Figure, Found},
    meter::{self, Memory, ThreadTimes},
    operator::Operator,
    site::{self, Site},
};

/// How long the first answers of all probes may take. Scans of packages are nice
/// to whatever else the machine does, and may take five minutes.
const SCANS: Duration = Duration::from_secs(360);

/// How long agents then run before anything counts. A first scan is said once and
/// weighs as much as seven minutes of reports: it must have been acknowledged.
const WARM_UP: Duration = Duration::from_secs(60);

/// A whole number of the longest of the intervals that are short.
const STEADY: Duration = Duration::from_secs(120);

/// How often the bytes are counted meanwhile.
const REPORT: Duration = Duration::from_secs(10);

/// What is measured more often than each minute unless somebody says otherwise.
const SHORT: [&str; 6] = ["cpu", "load", "memory", "network", "uptime", "disk"];

/// How long those run that measure each minute, a whole number of minutes.
const MINUTES: Duration = Duration::from_secs(600);

/// How long the first report may take.
const FIRST: Duration = Duration::from_secs(15);

const MIB: f64 = 1_048_576.0;

/// One agent at work.
struct Running {
    daemon: Daemon,
    endpoint: String,
    operator: Operator,
    site: Site,
}

/// Memory, time and bytes of agents that have been running for a while. The
/// runs are made beside each other: they do not get in each other's way.
pub(crate) async fn steady(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let mut agents = Vec::new();
    for _ in 0..plan.runs {
        // One machine is one endpoint, so each has a collector of its own.
        let site = Site::open(plan, None).await?;
        let operator = site.operator().await?;
        let endpoint = enroll(&site, &operator, "agent").await?;
        let daemon = run(&site, "agent", "")?;
        agents.push(Running { daemon, endpoint, operator, site });
    }
    settle(&agents).await?;
    let mut before = Vec::new();
    let mut counts = Vec::new();
    for agent in &agents {
        let (ran, bytes) = look(agent, &agent.site)?;
        before.push((ran, bytes));
        counts.push(vec![bytes]);
    }
    let began = Instant::now();
    let mut until = began;
    while until < began + STEADY {
        until += REPORT;
        time::sleep_until(until).await;
        for (agent, counts) in agents.iter().zip(&mut counts) {
            counts.push(meter::wire_bytes(agent.daemon.pid(), agent.site.agent_port())?);
        }
    }
    let (mut memory, mut unshared) = (Vec::new(), Vec::new());
    let (mut cpu, mut wire) = (Vec::new(), Vec::new());
    for ((agent, (ran, bytes)), counts) in agents.iter().zip(before).zip(counts) {
        let (ran_now, bytes_now) = look(agent, &agent.site)?;
        let now = Memory::of(agent.daemon.pid())?;
        memory.push(now.resident / 1024.0);
        unshared.push(now.unshared / 1024.0);
        cpu.push(ran_now.since(&ran) / STEADY.as_secs_f64() * 3600.0);
        wire.push((bytes_now - bytes) as f64 / STEADY.as_secs_f64() * 10.0);
        let applied = agent.operator.endpoint(&agent.endpoint).await?;
        complain(&format!(
            "  {:.0} KiB, {:.0} unshared; {} measurements, {} events applied",
            now.resident, now.unshared, applied.metrics_applied, applied.events_applied
        ));
        let each = counts.windows(2).map(|it| (it[1] - it[0]).to_string()).collect::<Vec<_>>();
        complain(&format!("  bytes by ten seconds: {}", each.join(" ")));
        ensure!(applied.metrics_applied > 10, "the agent did not report");
    }
    let binary = site::program_bytes(&plan.agent)? as f64 / MIB;
    let seconds = STEADY.as_secs();
    let after = WARM_UP.as_secs() + seconds;
    let setup = format!("all default probes, {after} s after their first answers");
    let over = format!("all default probes, over {seconds} s");
    Ok(vec![
        Found { figure: Figure::AgentBinary, setup: "stripped".into(), runs: vec![binary] },
        Found { figure: Figure::AgentMemory, setup: setup.clone(), runs: memory },
        Found { figure: Figure::AgentUnshared, setup, runs: unshared },
        Found { figure: Figure::AgentCpu, setup: over.clone(), runs: cpu },
        Found { figure: Figure::AgentWire, setup: over, runs: wire },
    ])
}

/// The time of agents that measure each minute what they usually do more often.
pub(crate) async fn minutely(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let settings: String =
        SHORT.iter().map(|it| format!("[probe.{it}]\ninterval = \"60s\"\n")).collect();
    let mut agents = Vec::new();
    for _ in 0..plan.runs {
        let site = Site::open(plan, None).await?;
        let operator = site.operator().await?;
        let endpoint = enroll(&site, &operator, "agent").await?;
        let daemon = run(&site, "agent", &settings)?;
        agents.push(Running { daemon, endpoint, operator, site });
    }
    settle(&agents).await?;
    let mut before = Vec::new();
    for agent in &agents {
        let applied = agent.operator.endpoint(&agent.endpoint).await?.metrics_applied;
        before.push((ThreadTimes::of(agent.daemon.pid())?, applied));
    }
    time::sleep(MINUTES).await;
    let mut runs = Vec::new();
    for (agent, (ran, applied)) in agents.iter().zip(before) {
        let ran = ThreadTimes::of(agent.daemon.pid())?.since(&ran);
        let applied = agent.operator.endpoint(&agent.endpoint).await?.metrics_applied - applied;
        let cpu = ran / MINUTES.as_secs_f64() * 3600.0;
        complain(&format!("  {cpu:.3} CPU-s/h; {applied} measurements applied"));
        ensure!(applied >= MINUTES.as_secs() / 60, "the agent did not report");
        runs.push(cpu);
    }
    let setup = format!("all default probes, none more often, over {} s", MINUTES.as_secs());
    Ok(vec![Found { figure: Figure::AgentCpu60, setup, runs }])
}

/// From the start of the process to the first report that is applied.
pub(crate) async fn start(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let site = Site::open(plan, None).await?;
    let operator = site.operator().await?;
    let endpoint = enroll(&site, &operator, "agent").await?;
    let mut runs = Vec::new();
    let mut applied = (0, 0);
    // The first start makes the spool; all others find it.
    for number in 0..=plan.runs {
        let began = Instant::now();
        let daemon = run(&site, "agent", "")?;
        let reported = async {
            loop {
                let now = operator.endpoint(&endpoint).await?;
                if (now.events_applied, now.metrics_applied) != applied {
                    return anyhow::Ok(began.elapsed());
                }
                time::sleep(Duration::from_millis(1)).await;
            }
        };
        let took = time::timeout(FIRST, reported).await;
        let took = took.context("no report came").and_then(|it| it);
        let took = took.map_err(|err| site.with_log(err, "agent.log"))?.as_secs_f64() * 1e3;
        complain(&format!("  start {number}: {took:.1} ms"));
        if number > 0 {
            runs.push(took);
        }
        daemon.stop().await?;
        // What it spooled on its way out.
        time::sleep(Duration::from_millis(300)).await;
        let now = operator.endpoint(&endpoint).await?;
        applied = (now.events_applied, now.metrics_applied);
    }
    Ok(vec![Found { figure: Figure::AgentStart, setup: "enrolled, restarted".into(), runs }])
}

/// Waits until every probe has answered once, and the collector has said that it
/// knows: what comes then is what an agent does all day.
async fn settle(agents: &[Running]) -> anyhow::Result<()> {
    for agent in agents {
        let listed = daemon::succeed(&mut agent.site.agent_command("probe", "agent")).await?;
        let names = listed.lines().filter_map(|it| it.split_ascii_whitespace().next());
        let names: Vec<_> = names.collect();
        ensure!(!names.is_empty(), "the agent has no probes");
        let answered = async {
            loop {
                let known = agent.operator.endpoint(&agent.endpoint).await?.probes;
                let is_known = |name: &&str| known.iter().any(|it| it.probe == **name);
                if names.iter().all(is_known) {
                    return anyhow::Ok(());
                }
                time::sleep(Duration::from_secs(1)).await;
            }
        };
        let answered = time::timeout(SCANS, answered).await;
        answered.context("not every probe has answered").and_then(|it| it)?;
    }
    time::sleep(WARM_UP).await;
    Ok(())
}

fn look(agent: &Running, site: &Site) -> anyhow::Result<(ThreadTimes, u64)> {
    let pid = agent.daemon.pid();
    Ok((ThreadTimes::of(pid)?, meter::wire_bytes(pid, site.agent_port())?))
}

/// Gives what the collector calls it.
async fn enroll(site: &Site, operator: &Operator, state: &str) -> anyhow::Result<String> {
    let token = site.path("token");
    fs::write(&token, operator.token().await?)?;
    let mut enroll = site.agent_command("enroll", state);
    let said = daemon::succeed(enroll.arg("--token-file").arg(token)).await?;
    let mut words = said.split_ascii_whitespace().map(|it| it.trim_matches(['.', ',', ':']));
    words.find(|it| it.starts_with("end_")).map(str::to_owned).context("it got no name")
}

fn run(site: &Site, state: &str, settings: &str) -> anyhow::Result<Daemon> {
    let config = site.path(&format!("{state}.toml"));
    let [pings] = site::free_ports()?;
    fs::write(&config, format!("[ping]\nlisten = \"127.0.0.1:{pings}\"\n{settings}"))?;
    let mut command = site.agent_command("run", state);
    command.arg("--config").arg(config);
    Daemon::start(&mut command, &site.path(&format!("{state}.log")))
}
