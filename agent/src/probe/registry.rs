//! Every probe there is.
//!
//! All are asked on every machine. One that has nothing to ask says so
//! ([`ProbeError::Unsupported`](crate::probe::ProbeError::Unsupported)) and
//! rests, so that what is installed later is found without a restart.

use crate::{
    config::Config,
    inbox::{DropBox, InboxError},
    probe::{
        Probe,
        backup::{borg::BorgProbe, restic::ResticProbe, timer::TimerProbe},
    },
};

#[cfg(unix)]
pub use crate::probe::linux::all;
#[cfg(windows)]
pub use crate::probe::windows::all;

/// Every probe that these settings call for.
pub fn called_for(config: &Config) -> Result<Vec<Box<dyn Probe>>, InboxError> {
    let backups = &config.backups;
    let mut probes = all();
    if !backups.restic.is_empty() {
        probes.push(Box::new(ResticProbe::new(backups.restic.clone())));
    }
    if !backups.borg.is_empty() {
        probes.push(Box::new(BorgProbe::new(backups.borg.clone())));
    }
    #[cfg(windows)]
    probes.extend(windows(config)?);
    // Where there never is a systemd, nobody needs to hear that there is none.
    if cfg!(unix) {
        let inbox = DropBox::open(&config.inbox())?;
        probes.push(Box::new(TimerProbe::new(backups.timers.clone(), inbox)));
    }
    Ok(probes)
}

/// What products tell of themselves on Windows.
#[cfg(windows)]
fn windows(config: &Config) -> Result<Vec<Box<dyn Probe>>, InboxError> {
    use jiff::tz::TimeZone;

    use crate::{
        platform::ask::{event_log::WindowsEventLog, registry::WindowsRegistry},
        probe::{
            backup::{
                events::EventsProbe,
                tasks::{self, TasksProbe},
            },
            patch::wua::{self, WuaProbe},
        },
    };

    let inbox = DropBox::open(&config.inbox())?;
    let (log, adapters) = (Box::new(WindowsEventLog), config.adapters.clone());
    let mut probes: Vec<Box<dyn Probe>> = vec![
        Box::new(WuaProbe::new(Box::new(wua::OwnChild), Box::new(WindowsRegistry))),
        Box::new(EventsProbe::new(log, adapters, inbox.clone(), &config.state_dir)),
    ];
    let tasks = &config.backups.tasks;
    if !tasks.is_empty() {
        let scheduler = Box::new(tasks::OwnChild);
        probes.push(Box::new(TasksProbe::new(scheduler, tasks.clone(), TimeZone::system(), inbox)));
    }
    Ok(probes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use remit_agent_domain::schedule::DEFAULTS;

    use super::*;

    #[test]
    fn every_probe_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().iter().map(|probe| probe.name()).collect();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn every_probe_has_a_plan() {
        for probe in all() {
            let family = probe.name().split('-').next().unwrap();
            assert!(DEFAULTS.iter().any(|(known, _)| *known == family), "{family}");
        }
    }
}
