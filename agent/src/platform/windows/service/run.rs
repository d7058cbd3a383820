//! Being the service: what the service control manager starts, tells and is
//! told.
//!
//! ```text
//! StartPending ─► Running ─► StopPending ─► Stopped
//! ```
//!
//! `Running` is reported when the agent is at work, not when its process is
//! there; `Stopped` with an error makes the manager start it again.

use std::{
    ffi::OsString,
    io,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use remit_shared::Departure;
use tokio::sync::watch;
use windows_service::{
    define_windows_service,
    service::{
        ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus,
        ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle},
    service_dispatcher,
};

use super::{ServiceError, manager};
use crate::{
    access::SERVICE,
    platform::windows::call::event::{self, Level},
};

/// How long we may take to start, and to stop.
const STARTING: Duration = Duration::from_secs(30);
const STOPPING: Duration = Duration::from_secs(15);

/// The numbers of what we say in the event log.
const STARTED: u32 = 1;
const STOPPED: u32 = 2;
const FAILED: u32 = 3;

/// What the service does; the error is for people.
type Work = Box<dyn FnOnce() -> Result<(), String> + Send>;

/// What is to be done once the manager has called us.
static WORK: Mutex<Option<Work>> = Mutex::new(None);

/// The manager's ear and mouth, if it started us.
static LINK: OnceLock<Link> = OnceLock::new();

struct Link {
    status: ServiceStatusHandle,
    stop: watch::Receiver<Option<Departure>>,
}

/// Does the work as a service. Returns when it is done.
pub fn serve(work: Work) -> Result<(), ServiceError> {
    *WORK.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    service_dispatcher::start(SERVICE, service_main)
        .map_err(manager("be the service: only the service control manager can start it"))
}

define_windows_service!(service_main, attend);

fn attend(_words: Vec<OsString>) {
    let (told, stop) = watch::channel(None);
    let hear = move |control| {
        let departure = match asked_by(&control) {
            Some(departure) => departure,
            None if control == ServiceControl::Interrogate => {
                return ServiceControlHandlerResult::NoError;
            }
            None => return ServiceControlHandlerResult::NotImplemented,
        };
        told.send_replace(Some(departure));
        ServiceControlHandlerResult::NoError
    };
    let status = match service_control_handler::register(SERVICE, hear) {
        Ok(status) => status,
        Err(err) => return note(Level::Error, FAILED, &format!("not started: {err}")),
    };
    LINK.get_or_init(|| Link { status, stop });
    tell(ServiceState::StartPending, ServiceExitCode::NO_ERROR, STARTING);
    let work = WORK.lock().unwrap_or_else(PoisonError::into_inner).take();
    let done = work.map_or(Ok(()), |work| work());
    let code = match done {
        Ok(()) => {
            note(Level::Information, STOPPED, "stopped, as asked");
            ServiceExitCode::NO_ERROR
        }
        Err(why) => {
            note(Level::Error, FAILED, &format!("ended: {why}"));
            ServiceExitCode::ServiceSpecific(1)
        }
    };
    tell(ServiceState::Stopped, code, Duration::ZERO);
}

/// Why we are to stop, if that is what the manager says.
fn asked_by(control: &ServiceControl) -> Option<Departure> {
    let shuts_down = [ServiceControl::Shutdown, ServiceControl::Preshutdown].contains(control);
    let stops = (*control == ServiceControl::Stop).then_some(Departure::ServiceStop);
    if shuts_down { Some(Departure::Shutdown) } else { stops }
}

/// Waits until the manager wants us gone, if it started us.
pub(in crate::platform::windows) async fn asked_to_stop() -> Option<io::Result<Departure>> {
    let mut stop = LINK.get()?.stop.clone();
    let told = stop.wait_for(Option::is_some).await.map(|it| *it);
    Some(match told {
        Ok(departure) => Ok(departure.unwrap_or(Departure::ServiceStop)),
        Err(_) => Err(io::Error::other("the service control manager has hung up")),
    })
}

pub(in crate::platform::windows) fn announce_ready(endpoint: &str) {
    if LINK.get().is_some() {
        tell(ServiceState::Running, ServiceExitCode::NO_ERROR, Duration::ZERO);
        note(Level::Information, STARTED, &format!("started as {endpoint}"));
    }
}

pub(in crate::platform::windows) fn announce_stopping() {
    tell(ServiceState::StopPending, ServiceExitCode::NO_ERROR, STOPPING);
}

fn tell(current_state: ServiceState, exit_code: ServiceExitCode, wait_hint: Duration) {
    let Some(link) = LINK.get() else { return };
    let controls_accepted = if current_state == ServiceState::Running {
        ServiceControlAccept::STOP
            | ServiceControlAccept::SHUTDOWN
            | ServiceControlAccept::PRESHUTDOWN
    } else {
        ServiceControlAccept::empty()
    };
    // The manager waits in vain then, and says so.
    let _ = link.status.set_service_status(ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state,
        controls_accepted,
        exit_code,
        checkpoint: 0,
        wait_hint,
        process_id: None,
    });
}

/// Leaves a word in the event log. Where there is none, agent.log has it too.
fn note(level: Level, id: u32, text: &str) {
    let _ = event::report(SERVICE, level, id, text);
}
