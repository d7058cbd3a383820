//! Child processes: their jobs, their ends, and what asks them to stop.

use std::{
    io,
    os::windows::{
        io::{AsHandle as _, OwnedHandle},
        process::CommandExt as _,
    },
    process::{Child, Command, ExitStatus},
};

use tokio::{
    process::Child as AsyncChild,
    signal::windows::{self, CtrlBreak, CtrlC},
};
use windows_sys::Win32::System::Threading::{BELOW_NORMAL_PRIORITY_CLASS, CREATE_NO_WINDOW};

use super::call::job::{self, Job};

/// What a program's file is called.
pub fn program(tool: &str) -> String {
    format!("{tool}.exe")
}

/// A child and all that it starts. What it starts in the moment before it is
/// taken into its job escapes.
#[derive(Debug)]
pub struct Group(Job, OwnedHandle);

/// Waits for a child's end.
#[derive(Debug)]
pub struct Watcher(OwnedHandle);

impl Group {
    /// Starts a child in a job of its own, below everything that has work to
    /// do here.
    pub fn spawn(mut command: Command) -> io::Result<(Child, Self)> {
        let job = Job::new()?;
        let mut child =
            command.creation_flags(BELOW_NORMAL_PRIORITY_CLASS | CREATE_NO_WINDOW).spawn()?;
        let taken =
            job.add(child.as_handle()).and_then(|()| child.as_handle().try_clone_to_owned());
        match taken {
            Ok(process) => Ok((child, Self(job, process))),
            Err(err) => {
                // Nobody could end what it starts.
                child.kill().ok();
                child.wait().ok();
                Err(err)
            }
        }
    }

    /// Whoever is to wait for the child's end.
    pub fn watcher(&self) -> io::Result<Watcher> {
        Ok(Watcher(self.1.try_clone()?))
    }

    /// Kills them all.
    pub fn kill(&self) {
        self.0.kill().ok();
    }
}

impl Watcher {
    /// Waits until the child is dead.
    pub fn wait(self) {
        job::wait(self.0.as_handle());
    }
}

/// There are no signals here.
pub fn killed_by(_status: ExitStatus) -> Option<i32> {
    None
}

/// What asks a program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSignal;

/// All that asks a program to stop.
#[derive(Debug)]
pub struct StopSignals(CtrlC, CtrlBreak);

impl StopSignals {
    /// Takes over all of them.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(windows::ctrl_c()?, windows::ctrl_break()?))
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.0.recv() => StopSignal,
            _ = self.1.recv() => StopSignal,
        }
    }
}

/// Whoever shares our console has heard it already, and nobody else can be
/// told.
pub fn pass_on(_child: &AsyncChild, _signal: StopSignal, _on_terminal: bool) {}
