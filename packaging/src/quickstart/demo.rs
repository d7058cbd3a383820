//! `cargo quickstart`: a site to play with, until Ctrl-C.

use std::{process::ExitCode, time::Duration};

use tokio::process::Command;

use super::{
    asked_to_stop, matrix,
    patience::until,
    process::{self, Daemon},
    restic::Repository,
    site::{JOB, Site, Staff},
};
use crate::command::say;

const FIRST_REPORT: Duration = Duration::from_secs(60);

/// Sets the site up and shows its alerts until somebody asks to stop.
pub(super) async fn run(mut site: Site) -> anyhow::Result<ExitCode> {
    let end = tokio::select! {
        end = show(&mut site) => end,
        end = asked_to_stop() => end,
    };
    say("stopping");
    site.close().await?;
    end.map(|()| ExitCode::SUCCESS)
}

async fn show(site: &mut Site) -> anyhow::Result<()> {
    let staff = open(site).await?;
    let repository = Repository::at(&site.folder().join("backup"));
    say(hints(site, &staff, &repository));
    let mut watch = staff.internal.command();
    let mut stream = Daemon::spawn("remit watch", watch.args(["watch", "--from", "0"]))?;
    stream.ended().await?;
    site.must_run()
}

/// Starts everything; makes it first, if it is not there.
async fn open(site: &mut Site) -> anyhow::Result<Staff> {
    if site.is_founded() {
        say("starting the site that is there");
        site.start_collector().await?;
        site.start_agent()?;
        return Ok(site.staff());
    }
    say("setting up a collector, two operators and the starter matrix");
    let staff = site.found().await?;
    say("enrolling an agent on this machine");
    let token = site.token(&staff.admin).await?;
    process::succeed(&mut site.enroll(&token, "agent")).await?;
    site.start_agent()?;
    until("the first report", FIRST_REPORT, async || {
        let endpoints: Vec<super::answers::Endpoint> =
            staff.admin.list(&["endpoint", "list"]).await?;
        Ok(endpoints.iter().any(|it| it.events_applied > 0).then_some(()))
    })
    .await?;
    say("making a backup with restic");
    let repository = Repository::create(&site.folder().join("backup")).await?;
    site.back_up(&repository).await?;
    Ok(staff)
}

/// What to type next.
fn hints(site: &Site, staff: &Staff, repository: &Repository) -> String {
    let mut text = String::from("\nIt runs. In another terminal:\n");
    for (remit, args, why) in [
        (&staff.internal, "endpoint list", "what is watched"),
        (&staff.internal, "patch list", "what is not installed"),
        (&staff.internal, "backup list", "what is backed up"),
        (&staff.provider, "alert list", "what is wrong, and whose it is"),
    ] {
        text += &format!("  {} {args}   # {why}\n", line(&remit.command()));
    }
    let failing = site.backup_command(repository);
    text += &format!(
        "\nTo see an alert, let the job `{JOB}` fail:\n  {}\n\
         and who answers for it:\n  {} who --endpoint $(hostname) --function {}\n\n\
         Alerts as they happen (Ctrl-C stops everything):",
        line(&failing).replace(&repository.backup().join(" "), "false"),
        line(&staff.internal.command()),
        matrix::BACKUPS,
    );
    text
}

fn line(command: &Command) -> String {
    let command = command.as_std();
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
