//! `remit-agent service`: makes the service control manager start the agent.
//!
//! The service runs as its own account, `NT SERVICE\remit-agent`, which nobody
//! has a password for and which may do no more than any user. It starts after
//! the services that a machine needs first, and is started again when it fails.
//!
//! Everything that could be refused is looked at before anything is changed.
//! Installing what is installed brings it to the same state again.

mod control;
mod run;

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use remit_runtime::files::WriteError;
use windows_registry::LOCAL_MACHINE;
use windows_service::{
    Error as ScmError,
    service::{
        Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl,
        ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo, ServiceSidType,
        ServiceStartType, ServiceType,
    },
    service_manager::{ServiceManager, ServiceManagerAccess},
};

pub use self::control::{examine, exists, start, stop};
pub use self::run::serve;
pub(super) use self::run::{announce_ready, announce_stopping, asked_to_stop};
use super::call::security;
use crate::{
    access::{self, SERVICE, Share},
    platform::{self, Placement},
};

/// What people see in the list of services.
const DISPLAY: &str = "Remit agent";
const DESCRIPTION: &str = "Measures this machine and reports to a Remit collector.";

/// Where the event log learns how to show what we say.
const SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\remit-agent";
/// Shows any text under the numbers 1 to 1000; comes with Windows.
const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";

/// After how long it is started again when it fails: once, twice, more often.
const PATIENCE: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];
/// After how long without a failure the first counts as the first again.
const FORGIVEN: Duration = Duration::from_secs(86_400);
/// How long the machine waits for our goodbye before it goes down.
const GOODBYE: Duration = Duration::from_secs(10);

/// ERROR_CALL_NOT_IMPLEMENTED and ERROR_INVALID_LEVEL: a system that does not
/// know the setting.
const UNKNOWN: [i32; 2] = [120, 124];
/// ERROR_SERVICE_DOES_NOT_EXIST.
const NO_SERVICE: i32 = 1060;

/// Why the service is not as asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Only administrators may.
    #[error("only an administrator can change services; nothing was changed")]
    NotAdministrator,
    /// A folder of ours is somebody else's.
    #[error(
        "{} is not safe to keep a key in, since {why}; nothing was changed: look at what is in it, delete the folder, and try again",
        path.display()
    )]
    Exposed {
        /// Which folder.
        path: PathBuf,
        /// Who else may use it.
        why: String,
    },
    /// A file or folder cannot be used.
    #[error("failed to {attempt} {}", path.display())]
    Io {
        /// What could not be done.
        attempt: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The service control manager says no.
    #[error("failed to {attempt}")]
    Manager {
        /// What could not be done.
        attempt: &'static str,
        /// What it says.
        #[source]
        source: ScmError,
    },
    /// The registry says no.
    #[error("failed to change the registry at {SOURCE}")]
    Registry(#[source] io::Error),
    /// The service does not get to where it should be.
    #[error("the service is still {state}; see the event log, and agent.log in the state folder")]
    Stuck {
        /// Where it is.
        state: String,
    },
}

/// Makes the folders and the service. Gives what people should know.
pub async fn install(placement: &Placement, state_dir: &Path) -> Result<Vec<String>, ServiceError> {
    require_administrator()?;
    let folders: Vec<(PathBuf, Share)> = match state_dir == platform::state_dir() {
        true => vec![(super::folder(), Share::Read), (state_dir.into(), Share::Keep)],
        false => vec![(state_dir.into(), Share::Keep)],
    };
    for (folder, _) in &folders {
        check_owner(folder)?;
    }
    for (folder, share) in &folders {
        secure(folder, *share)?;
    }
    let notes = create(placement)?;
    register_source()?;
    Ok(notes)
}

/// Stops the agent and takes the service away. What it remembers stays.
pub async fn uninstall() -> Result<(), ServiceError> {
    require_administrator()?;
    stop().await?;
    let service = open(ServiceAccess::DELETE, "open the service")?;
    service.delete().map_err(manager("delete the service"))?;
    match LOCAL_MACHINE.remove_tree(SOURCE).map_err(io::Error::from) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(ServiceError::Registry(err)),
        _ => Ok(()),
    }
}

fn require_administrator() -> Result<(), ServiceError> {
    match security::is_elevated() {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(ServiceError::NotAdministrator),
    }
}

/// A folder that somebody else has made may have anything in it, and its owner
/// may change who uses it.
fn check_owner(folder: &Path) -> Result<(), ServiceError> {
    if !folder.is_dir() {
        return Ok(());
    }
    let found = security::read(folder).map_err(|source| io_error("examine", folder, source))?;
    let own = security::own_sid().map_err(|source| io_error("examine", folder, source))?;
    access::judge_owner(&found, &own)
        .map_err(|why| ServiceError::Exposed { path: folder.into(), why })
}

fn secure(folder: &Path, share: Share) -> Result<(), ServiceError> {
    if folder.is_dir() {
        security::write(folder, &access::list(share, None))
            .map_err(|source| io_error("protect", folder, source))
    } else {
        super::make_folder(folder, share).map_err(|source| io_error("make", folder, source))
    }
}

/// Makes the service, or brings it to the state it would be made in.
fn create(placement: &Placement) -> Result<Vec<String>, ServiceError> {
    let program = env::current_exe().map_err(|source| io_error("find", Path::new("."), source))?;
    let mut words: Vec<OsString> = vec!["service".into(), "run".into()];
    for (flag, path) in [("--config", &placement.config), ("--state-dir", &placement.state_dir)] {
        if let Some(path) = path {
            let path = std::path::absolute(path).map_err(|err| io_error("find", path, err))?;
            words.extend([flag.into(), path.into()]);
        }
    }
    let info = ServiceInfo {
        name: SERVICE.into(),
        display_name: DISPLAY.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program,
        launch_arguments: words,
        dependencies: vec![],
        account_name: Some(format!("NT SERVICE\\{SERVICE}").into()),
        account_password: None,
    };
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = match open(access, "open the service") {
        Ok(service) => {
            service.change_config(&info).map_err(manager("change the service"))?;
            service
        }
        Err(ServiceError::Manager { source, .. }) if code(&source) == Some(NO_SERVICE) => {
            let scm = connect(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE);
            scm?.create_service(&info, access).map_err(manager("create the service"))?
        }
        Err(err) => return Err(err),
    };
    let failures = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGIVEN),
        reboot_msg: None,
        command: None,
        actions: Some(
            PATIENCE
                .map(|delay| ServiceAction { action_type: ServiceActionType::Restart, delay })
                .into(),
        ),
    };
    let settings = [
        ("a description", service.set_description(DESCRIPTION)),
        ("a delayed start", service.set_delayed_auto_start(true)),
        ("recovery", service.update_failure_actions(failures)),
        ("recovery from errors", service.set_failure_actions_on_non_crash_failures(true)),
        ("an id", service.set_config_service_sid_info(ServiceSidType::Unrestricted)),
        ("time for a goodbye", service.set_preshutdown_timeout(GOODBYE)),
    ];
    let mut notes = Vec::new();
    for (what, done) in settings {
        match done {
            Err(err) if code(&err).is_some_and(|it| UNKNOWN.contains(&it)) => {
                notes.push(format!("this system knows no services with {what}"));
            }
            done => done.map_err(manager("set up the service"))?,
        }
    }
    Ok(notes)
}

/// Tells the event log how to show what comes from us.
fn register_source() -> Result<(), ServiceError> {
    let registered = LOCAL_MACHINE.create(SOURCE).and_then(|key| {
        key.set_expand_string("EventMessageFile", MESSAGES)?;
        // Errors, warnings and information.
        key.set_u32("TypesSupported", 7)
    });
    registered.map_err(|err| ServiceError::Registry(err.into()))
}

fn connect(access: ServiceManagerAccess) -> Result<ServiceManager, ServiceError> {
    ServiceManager::local_computer(None::<&OsStr>, access)
        .map_err(manager("reach the service control manager"))
}

fn open(access: ServiceAccess, attempt: &'static str) -> Result<Service, ServiceError> {
    connect(ServiceManagerAccess::CONNECT)?.open_service(SERVICE, access).map_err(manager(attempt))
}

fn code(err: &ScmError) -> Option<i32> {
    if let ScmError::Winapi(err) = err { err.raw_os_error() } else { None }
}

fn manager(attempt: &'static str) -> impl Fn(ScmError) -> ServiceError {
    move |source| ServiceError::Manager { attempt, source }
}

fn io_error(attempt: &'static str, path: &Path, source: io::Error) -> ServiceError {
    ServiceError::Io { attempt, path: path.into(), source }
}
