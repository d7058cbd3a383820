//! `remit-agent service`, with what differs between service managers.

use std::process::ExitCode;
#[cfg(windows)]
use std::{ffi::OsString, path::PathBuf};

#[cfg(windows)]
use super::args::Enroll;
use super::{
    Failure,
    args::{Options, Service},
    block_on, load, say,
};
#[cfg(windows)]
use crate::identity::IdentityFolder;
use crate::{
    doctor::Level,
    platform::{Placement, service},
};

/// Does what was asked.
pub(super) fn perform(order: Service) -> Result<ExitCode, Failure> {
    match order {
        #[cfg(unix)]
        Service::Install { unit_only: Some(path), .. } => service::write_unit(&path)?,
        #[cfg(unix)]
        Service::Install { options, unit_only: None } => install(options)?,
        #[cfg(windows)]
        Service::Install { options, token_file } => {
            let is_new = !service::exists()?;
            let done = install(options.clone()).and_then(|()| begin(options, token_file));
            if done.is_err() && is_new {
                // The first error is the one to tell.
                let _ = block_on(service::uninstall())?;
            }
            done?;
        }
        Service::Uninstall => block_on(service::uninstall())??,
        Service::Start => block_on(service::start())??,
        Service::Stop => block_on(service::stop())??,
        Service::Status => {
            let found = block_on(service::examine())?;
            say(&format!("{found}\n"));
            if found.level != Level::Ok {
                return Ok(ExitCode::FAILURE);
            }
        }
        #[cfg(windows)]
        Service::Run(options) => {
            service::serve(Box::new(move || serve(&options).map_err(|it| it.text)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn install(options: Options) -> Result<(), Failure> {
    let state_dir = load(&options)?.0.state_dir;
    let placement = Placement { config: options.config, state_dir: options.state_dir };
    for note in block_on(service::install(&placement, &state_dir))?? {
        say(&format!("{note}\n"));
    }
    Ok(())
}

/// Enrolls if that is wanted and needed, and starts what is enrolled. An
/// installer passes on an empty name if nobody gave it one.
#[cfg(windows)]
fn begin(options: Options, token_file: Option<OsString>) -> Result<(), Failure> {
    let folder = IdentityFolder::new(&load(&options)?.0.state_dir);
    let token_file = token_file.filter(|it| !it.is_empty()).map(PathBuf::from);
    if folder.current()?.is_none() {
        if token_file.is_none() {
            say(
                "not started, since this machine is not enrolled: run `remit-agent enroll --token-file FILE`, then `remit-agent service start`\n",
            );
            return Ok(());
        }
        super::enroll(&Enroll { token_file, options, ..Enroll::default() })?;
    }
    block_on(service::start())??;
    Ok(())
}

/// How long the log file may become before a new one begins.
#[cfg(windows)]
const LOG: u64 = 4 << 20;

/// Does what `run` does, with the log in a file, since a service has no
/// standard error.
#[cfg(windows)]
fn serve(options: &Options) -> Result<(), Failure> {
    use remit_runtime::telemetry::{self, LogFile};
    use remit_shared::Chain;

    let (config, _) = load(options)?;
    crate::platform::make_private_folder(&config.state_dir)?;
    let log = LogFile::open(&config.state_dir.join("agent.log"), LOG)?;
    telemetry::init_to(config.log, move || log.clone())?;
    let ended = block_on(crate::app::run(config))?;
    ended.inspect_err(|err| tracing::error!(error = %Chain(err), "ended"))?;
    Ok(())
}
