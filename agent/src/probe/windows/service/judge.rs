//! Whether a service has failed.

use std::time::Duration;

use remit_shared::FailedUnit;

/// Start with the machine, look, and end, by their names' beginnings.
pub const BRIEF: [&str; 6] =
    ["clr_optimization_", "edgeupdate", "gupdate", "MapsBroker", "sppsvc", "GoogleUpdater"];

/// How long a machine may take to start what starts with it.
const BOOT: Duration = Duration::from_mins(5);
/// The same for what starts with a delay, two minutes after the last of the
/// others and one after the other.
const DELAYED_BOOT: Duration = Duration::from_mins(20);

/// ERROR_SERVICE_NEVER_STARTED.
const NEVER_STARTED: u32 = 1077;
/// ERROR_SERVICE_SPECIFIC_ERROR: the service has a code of its own.
const SPECIFIC: u32 = 1066;
/// ERROR_PROCESS_ABORTED.
const ABORTED: u32 = 1067;

/// A service that starts with the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its short name: `W32Time`.
    pub name: String,
    /// What people call it: `Windows Time`.
    pub title: String,
    /// When it starts.
    pub start: Start,
    /// What it does.
    pub state: State,
    /// What it ended with.
    pub exit: u32,
    /// What it says that it ended with, where `exit` says that it does.
    pub own_exit: u32,
}

/// When a service starts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the machine.
    AtBoot,
    /// When the machine has started.
    Delayed,
    /// When something happens.
    Triggered,
}

/// What a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its work.
    Running,
    /// Nothing.
    Stopped,
    /// Nothing, until it is told to go on.
    Paused,
    /// It is on its way from one of these to another.
    Changing,
}

impl Service {
    /// How it has failed, if it has, on a machine that has been up so long.
    pub fn failure(&self, uptime: Duration) -> Option<FailedUnit> {
        let state = match self.state {
            State::Running | State::Changing => return None,
            // Somebody told it to, and it is not stopped.
            State::Paused if self.start == Start::Triggered => return None,
            State::Paused => "paused".to_owned(),
            State::Stopped if self.may_be_stopped(uptime) => return None,
            State::Stopped => format!("stopped/{}", self.ending()),
        };
        let (name, description) = (self.name.clone(), self.title.clone());
        Some(FailedUnit { name, state, description })
    }

    fn may_be_stopped(&self, uptime: Duration) -> bool {
        let ended_well = matches!(self.exit, 0 | NEVER_STARTED);
        let patience = match self.start {
            Start::Triggered => return ended_well,
            Start::AtBoot => BOOT,
            Start::Delayed => DELAYED_BOOT,
        };
        let brief = BRIEF
            .iter()
            .any(|it| self.name.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it)));
        (brief && ended_well) || (self.exit == NEVER_STARTED && uptime < patience)
    }

    fn ending(&self) -> String {
        match self.exit {
            NEVER_STARTED => "never-started".into(),
            ABORTED => "crashed".into(),
            SPECIFIC => format!("exit-own-{}", self.own_exit),
            code => format!("exit-{code}"),
        }
    }
}
