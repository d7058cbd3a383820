//! Starting and stopping the service, and how it stands.

use std::time::Duration;

use tokio::time::{self, Instant};
use windows_service::service::{ServiceAccess, ServiceExitCode, ServiceState, ServiceStatus};

use super::{NO_SERVICE, ServiceError, code, manager, open};
use crate::doctor::Finding;

/// How long it may take to start or to say goodbye.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(100);
/// ERROR_SERVICE_ALREADY_RUNNING and ERROR_SERVICE_NOT_ACTIVE.
const ALREADY: [i32; 2] = [1056, 1062];
/// ERROR_SERVICE_CANNOT_ACCEPT_CTRL.
const BUSY: i32 = 1061;
/// ERROR_SERVICE_NEVER_STARTED.
const NEVER_STARTED: u32 = 1077;

/// Starts the service, and waits until it runs.
pub async fn start() -> Result<(), ServiceError> {
    let service = open(ServiceAccess::START | ServiceAccess::QUERY_STATUS, "open the service")?;
    match service.start::<&str>(&[]) {
        Err(err) if code(&err).is_some_and(|it| ALREADY.contains(&it)) => {}
        done => done.map_err(manager("start the service"))?,
    }
    reach(ServiceState::Running).await
}

/// Stops the service, and waits until it has said goodbye. One that is not
/// there is stopped.
pub async fn stop() -> Result<(), ServiceError> {
    let service = match open(ServiceAccess::STOP, "open the service") {
        Err(ServiceError::Manager { source, .. }) if code(&source) == Some(NO_SERVICE) => {
            return Ok(());
        }
        service => service?,
    };
    let until = Instant::now() + DEADLINE;
    loop {
        match service.stop() {
            Ok(_) => break,
            Err(err) if code(&err).is_some_and(|it| ALREADY.contains(&it)) => return Ok(()),
            // It is on its way, up or down.
            Err(err) if code(&err) == Some(BUSY) && Instant::now() < until => {
                time::sleep(LOOK).await;
            }
            Err(err) => return Err(manager("stop the service")(err)),
        }
    }
    reach(ServiceState::Stopped).await
}

/// Whether the service is there.
pub fn exists() -> Result<bool, ServiceError> {
    match status() {
        Ok(_) => Ok(true),
        Err(ServiceError::Manager { source, .. }) if code(&source) == Some(NO_SERVICE) => Ok(false),
        Err(err) => Err(err),
    }
}

/// How the service stands.
pub async fn examine() -> Finding {
    let advice = "`remit-agent service install`, as an administrator";
    match status() {
        Ok(it) if it.current_state == ServiceState::Running => {
            let process = it.process_id.map(|it| format!(", process {it}")).unwrap_or_default();
            Finding::ok("service", format!("running{process}"))
        }
        Ok(it) => {
            let found = format!("{}{}", word(it.current_state), ending(&it));
            Finding::warn("service", found, "`remit-agent service start`, then the event log")
        }
        Err(ServiceError::Manager { source, .. }) if code(&source) == Some(NO_SERVICE) => {
            Finding::warn("service", "not installed", advice)
        }
        Err(err) => Finding::warn("service", remit_shared::Chain(&err).to_string(), advice),
    }
}

fn status() -> Result<ServiceStatus, ServiceError> {
    let service = open(ServiceAccess::QUERY_STATUS, "open the service")?;
    service.query_status().map_err(manager("ask for the service"))
}

async fn reach(goal: ServiceState) -> Result<(), ServiceError> {
    let until = Instant::now() + DEADLINE;
    loop {
        let status = status()?;
        let state = status.current_state;
        if state == goal {
            return Ok(());
        }
        // It has come to an end that is not the one we wait for.
        let over = state == ServiceState::Stopped || Instant::now() >= until;
        if over {
            return Err(ServiceError::Stuck { state: word(state) + &ending(&status) });
        }
        time::sleep(LOOK).await;
    }
}

fn word(state: ServiceState) -> String {
    let word = match state {
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "starting",
        ServiceState::StopPending => "stopping",
        ServiceState::Running => "running",
        ServiceState::ContinuePending => "continuing",
        ServiceState::PausePending => "pausing",
        ServiceState::Paused => "paused",
    };
    word.into()
}

fn ending(status: &ServiceStatus) -> String {
    match status.exit_code {
        ServiceExitCode::Win32(0) => String::new(),
        ServiceExitCode::Win32(NEVER_STARTED) => ", not started since the machine was".into(),
        ServiceExitCode::Win32(code) => format!(", error {code}"),
        ServiceExitCode::ServiceSpecific(code) => format!(", its own error {code}"),
    }
}
