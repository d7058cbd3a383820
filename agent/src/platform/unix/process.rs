//! Child processes: their groups, their ends, and the signals for them.

use std::{
    io,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Child, Command, ExitStatus},
    thread,
};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, setpriority_process,
    waitid,
};
use tokio::{
    process::Child as AsyncChild,
    signal::unix::{self, SignalKind, signal},
};

/// How nice a child is: below everything that has work to do here.
const NICE: i32 = 10;

/// What a program's file is called.
pub fn program(tool: &str) -> String {
    tool.into()
}

/// A child and all that it starts, unless they leave the group.
#[derive(Debug)]
pub struct Group(Pid);

/// Waits for a child's end.
#[derive(Clone, Copy, Debug)]
pub struct Watcher(Pid);

impl Group {
    /// Starts a child in a group of its own, nice from its first moment on.
    pub fn spawn(mut command: Command) -> io::Result<(Child, Self)> {
        command.process_group(0);
        // On Linux a thread has a priority of its own, which its children
        // inherit.
        let spawner = thread::Builder::new().name("spawn".into()).spawn(move || {
            // Not being nice is no reason not to answer.
            setpriority_process(None, NICE).ok();
            command.spawn()
        })?;
        let child = spawner.join();
        let child = child.unwrap_or_else(|_| Err(io::Error::other("the spawning thread died")))?;
        let group = pid(child.id()).ok_or_else(|| io::Error::other("the child has no id"))?;
        Ok((child, Self(group)))
    }

    /// Whoever is to wait for the child's end.
    pub fn watcher(&self) -> io::Result<Watcher> {
        Ok(Watcher(self.0))
    }

    /// Kills them all.
    pub fn kill(&self) {
        kill_process_group(self.0, Signal::KILL).ok();
    }
}

impl Watcher {
    /// Waits until the child is dead, without collecting it: only who collects
    /// a child can be sure that its id is not somebody else's by now.
    pub fn wait(self) {
        // An error here means that there is no such child any more.
        waitid(WaitId::Pid(self.0), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).ok();
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// The signal that killed a program.
pub fn killed_by(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// What asks a program to stop.
pub type StopSignal = Signal;

/// All that asks a program to stop.
#[derive(Debug)]
pub struct StopSignals([(unix::Signal, Signal); 4]);

impl StopSignals {
    /// Takes over all of them.
    pub fn listen() -> io::Result<Self> {
        let on = |kind, number| Ok::<_, io::Error>((signal(kind)?, number));
        Ok(Self([
            on(SignalKind::interrupt(), Signal::INT)?,
            on(SignalKind::terminate(), Signal::TERM)?,
            on(SignalKind::hangup(), Signal::HUP)?,
            on(SignalKind::quit(), Signal::QUIT)?,
        ]))
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        let [(a, int), (b, term), (c, hup), (d, quit)] = &mut self.0;
        tokio::select! {
            _ = a.recv() => *int,
            _ = b.recv() => *term,
            _ = c.recv() => *hup,
            _ = d.recv() => *quit,
        }
    }
}

/// Passes a signal on. What is typed on a terminal has reached the program
/// already, and programs take a second Ctrl-C for impatience.
pub fn pass_on(child: &AsyncChild, signal: StopSignal, on_terminal: bool) {
    if on_terminal && (signal == Signal::INT || signal == Signal::QUIT) {
        return;
    }
    if let Some(pid) = child.id().and_then(pid) {
        // It may have ended in this very moment.
        kill_process(pid, signal).ok();
    }
}
