//! The Task Scheduler's own words, gathered.

use windows::{
    Win32::System::{
        TaskScheduler::{IRegisteredTask, ITaskFolder, ITaskService, TaskScheduler},
        Variant::VARIANT,
    },
    core::{BSTR, Result},
};

use super::com::{Step as _, create, enter};
use crate::probe::{
    backup::tasks::{Task, TaskScan},
    patch::wua::scan::Fault,
};

/// Asks for these tasks, by their paths.
pub(crate) fn scan(paths: &[String]) -> TaskScan {
    let folder = match root() {
        Ok(folder) => folder,
        Err(fault) => return TaskScan { error: Some(fault), tasks: Vec::new() },
    };
    let tasks = paths.iter().map(|path| {
        find(&folder, path).unwrap_or_else(|fault| Task {
            path: path.clone(),
            error: Some(fault),
            ..Task::default()
        })
    });
    TaskScan { error: None, tasks: tasks.collect() }
}

fn root() -> std::result::Result<ITaskFolder, Fault> {
    enter()?;
    let service: ITaskService = create(&TaskScheduler).step("creating the Task Scheduler")?;
    let none = VARIANT::default();
    // SAFETY: of all calls on interfaces here: the interface is alive, and what
    // is passed is ours for the time of the call.
    unsafe {
        service.Connect(&none, &none, &none, &none).step("connecting")?;
        service.GetFolder(&BSTR::from("\\")).step("opening the root folder")
    }
}

fn find(folder: &ITaskFolder, path: &str) -> std::result::Result<Task, Fault> {
    // SAFETY: see `root`.
    let found = unsafe { folder.GetTask(&BSTR::from(path)) }.step("finding it")?;
    task(path, &found).step("reading it")
}

fn task(path: &str, task: &IRegisteredTask) -> Result<Task> {
    // SAFETY: see `root`.
    unsafe {
        Ok(Task {
            path: path.to_owned(),
            error: None,
            enabled: task.Enabled()?.as_bool(),
            state: task.State()?.0,
            last_run: task.LastRunTime()?,
            last_result: task.LastTaskResult()?,
            missed: task.NumberOfMissedRuns()?,
            next_run: task.NextRunTime()?,
        })
    }
}
