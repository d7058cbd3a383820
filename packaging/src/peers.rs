//! Other people's programs, to be measured beside ours.
//!
//! Debian's packages are unpacked into a folder of the build and nothing is
//! installed: no service begins, no user is made, no rights are needed. What is
//! on this machine already is taken from there.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use crate::{
    command,
    needs::{Missing, Need},
};

const FOLDER: &str = "target/peers";

/// Who is measured. The programs are named as their packages place them.
const PEERS: &[Need] = &[
    Need {
        program: "/usr/bin/prometheus",
        package: "prometheus",
        purpose: "reports that are scraped or pushed",
    },
    Need {
        program: "/usr/bin/prometheus-alertmanager",
        package: "prometheus-alertmanager",
        purpose: "alerts and the messages about them",
    },
    Need {
        program: "/usr/sbin/icinga2",
        package: "icinga2-bin",
        purpose: "results of checks and the messages about them",
    },
    Need {
        program: "/usr/bin/victoria-metrics",
        package: "victoria-metrics",
        purpose: "reports that are pushed",
    },
    Need {
        program: "/usr/bin/prometheus-node-exporter",
        package: "prometheus-node-exporter",
        purpose: "an agent that is asked",
    },
    Need { program: "/usr/sbin/collectd", package: "collectd-core", purpose: "an agent in C" },
    Need {
        program: "/usr/sbin/zabbix_agentd",
        package: "zabbix-agent",
        purpose: "an agent with certificates",
    },
    Need {
        program: "/usr/sbin/zabbix_agent2",
        package: "zabbix-agent2",
        purpose: "an agent with certificates",
    },
];

/// Unpacks those that are not there; gives the folder that stands for `/`.
pub(crate) fn unpacked() -> anyhow::Result<PathBuf> {
    let root = Path::new(FOLDER).join("root");
    fs::create_dir_all(&root)?;
    let root = root.canonicalize().with_context(|| format!("{FOLDER} is gone"))?;
    let there = |it: &Need| Path::new(it.program).exists() || inside(&root, it).exists();
    let absent: Vec<Need> = PEERS.iter().copied().filter(|it| !there(it)).collect();
    if absent.is_empty() {
        return Ok(root);
    }
    let missing = |why: &str| Missing { needs: absent.clone(), why: why.into() };
    if ["apt-get", "dpkg-deb"].iter().any(|it| command::find(it).is_none()) {
        return Err(missing("there is no apt-get and dpkg-deb here").into());
    }
    unpack(&absent, &root).map_err(|err| missing(&format!("{err:#}")))?;
    match absent.iter().find(|it| !inside(&root, it).exists()) {
        Some(gone) => Err(missing(&format!("{} has no {}", gone.package, gone.program)).into()),
        None => Ok(root),
    }
}

fn inside(root: &Path, need: &Need) -> PathBuf {
    root.join(need.program.trim_start_matches('/'))
}

fn unpack(peers: &[Need], root: &Path) -> anyhow::Result<()> {
    let names: Vec<_> = peers.iter().map(|it| it.package).collect();
    command::complain(format!("unpacking {} into {FOLDER}", names.join(", ")));
    let archives = root.with_file_name("archives");
    fs::create_dir_all(&archives)?;
    // With the libraries that are not installed here.
    let packages = wanted(&names)?;
    let mut download = Command::new("apt-get");
    // As root, apt would let a user fetch who may not write here, and complain.
    download.args(["-qq", "-o", "APT::Sandbox::User=root", "download"]).args(packages);
    command::capture(download.current_dir(&archives))?;
    for archive in fs::read_dir(&archives)? {
        let archive = archive?.path();
        if archive.extension() == Some(OsStr::new("deb")) {
            command::capture(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(root))?;
        }
    }
    Ok(fs::remove_dir_all(archives)?)
}

/// What apt would install for these, without a hand on the system.
fn wanted(names: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut plan = Command::new("apt-get");
    plan.args(["--simulate", "install", "--no-install-recommends"]).args(names);
    let said = match command::capture(&mut plan) {
        Ok(said) => said,
        Err(_) => {
            // The lists are missing or old. Whoever is not root is told so by apt.
            command::capture(Command::new("apt-get").args(["-qq", "update"]))?;
            command::capture(&mut plan)?
        }
    };
    Ok(planned(&said))
}

/// The packages that a plan of apt's would install.
fn planned(plan: &str) -> Vec<String> {
    let lines = plan.lines().filter_map(|it| it.strip_prefix("Inst "));
    lines.filter_map(|it| it.split_ascii_whitespace().next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_the_libraries_too() {
        let plan = "Reading package lists...\n\
                    Inst libmodbus5 (3.1.6-2.1 Debian:12 [amd64])\n\
                    Inst zabbix-agent (1:6.0.14 Debian:12 [amd64])\n\
                    Conf libmodbus5 (3.1.6-2.1 Debian:12 [amd64])\n";
        assert_eq!(planned(plan), ["libmodbus5", "zabbix-agent"]);
    }
}
