//! What the service control manager and its part of the registry say.
//!
//! The registry tells what a service is, also to who may not ask the manager
//! for it; the manager tells what it does.

use std::{ffi::OsStr, io};

use windows_registry::{Key, LOCAL_MACHINE};
use windows_service::{
    Error as ScmError,
    service::{ServiceAccess, ServiceExitCode, ServiceState, ServiceStatus},
    service_manager::{ServiceManager, ServiceManagerAccess},
};

use crate::probe::windows::service::{Service, Start, State, Survey};

const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

/// The kinds that are programs, alone or with others in one process.
const PROGRAM: u32 = 0x30;
/// The marks of a template for each user's own copy, and of such a copy.
const OF_A_USER: u32 = 0xc0;
/// Starts with the machine.
const AUTOMATIC: u32 = 2;
/// ERROR_SERVICE_SPECIFIC_ERROR.
const SPECIFIC: u32 = 1066;
/// ERROR_SERVICE_DOES_NOT_EXIST: in the registry, and not known since.
const NO_SERVICE: i32 = 1060;

pub(crate) fn services() -> io::Result<Survey> {
    let manager = ServiceManager::local_computer(None::<&OsStr>, ServiceManagerAccess::CONNECT)
        .map_err(system)?;
    let all = LOCAL_MACHINE.open(SERVICES)?;
    let mut survey = Survey::default();
    for name in all.keys()? {
        // One that was deleted just now is none.
        let Ok(about) = all.open(&name) else { continue };
        let kind = about.get_u32("Type").unwrap_or(0);
        if kind & PROGRAM == 0 || kind & OF_A_USER != 0 {
            continue;
        }
        let asked = manager
            .open_service(&name, ServiceAccess::QUERY_STATUS)
            .and_then(|it| it.query_status())
            .map_err(system);
        let start = starts(&about);
        match asked {
            Ok(status) => {
                if status.current_state != ServiceState::Stopped {
                    survey.running += 1;
                }
                if let Some(start) = start {
                    survey.automatic.push(service(name, &about, start, &status));
                }
            }
            Err(err) if err.raw_os_error() == Some(NO_SERVICE) => {}
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
                // Nobody misses the others.
                if start.is_some() {
                    survey.hidden.push(name);
                }
            }
            Err(err) => return Err(err),
        }
    }
    Ok(survey)
}

/// When it starts by itself, if it does.
fn starts(about: &Key) -> Option<Start> {
    if about.get_u32("Start").ok()? != AUTOMATIC {
        return None;
    }
    Some(if about.open("TriggerInfo").is_ok() {
        Start::Triggered
    } else if about.get_u32("DelayedAutostart").unwrap_or(0) != 0 {
        Start::Delayed
    } else {
        Start::AtBoot
    })
}

fn service(name: String, about: &Key, start: Start, status: &ServiceStatus) -> Service {
    // Most of Windows' own have a place in a library here: `@%SystemRoot%\…`.
    let title = about.get_string("DisplayName").ok().filter(|it| !it.starts_with('@'));
    let state = match status.current_state {
        ServiceState::Running => State::Running,
        ServiceState::Stopped => State::Stopped,
        ServiceState::Paused => State::Paused,
        ServiceState::StartPending
        | ServiceState::StopPending
        | ServiceState::ContinuePending
        | ServiceState::PausePending => State::Changing,
    };
    let (exit, own_exit) = match status.exit_code {
        ServiceExitCode::Win32(code) => (code, 0),
        ServiceExitCode::ServiceSpecific(code) => (SPECIFIC, code),
    };
    Service { title: title.unwrap_or_else(|| name.clone()), name, start, state, exit, own_exit }
}

fn system(err: ScmError) -> io::Error {
    if let ScmError::Winapi(err) = err { err } else { io::Error::other(err) }
}
