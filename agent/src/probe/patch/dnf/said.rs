//! What dnf says about itself: its version, its repositories, why not.

use serde::Deserialize;

use crate::{
    command::Output,
    probe::{
        ProbeError,
        patch::{dnf::Dialect, rpm::System},
    },
};

/// Who has a subscription has this.
const CONSUMER: &str = "/etc/pki/consumer/cert.pem";
/// Ends with this where a lock is held.
const LOCKED: i32 = 200;

#[derive(Deserialize)]
struct Repository {
    id: String,
}

/// Which dnf it is: `4.14.0`, or `dnf5 version 5.2.6.2`.
pub(super) fn version(said: &str) -> (Dialect, String) {
    let first = said.lines().next().unwrap_or_default();
    match first.strip_prefix("dnf5 version ") {
        Some(version) => (Dialect::Five, version.trim().to_owned()),
        None => (Dialect::Four, first.trim().to_owned()),
    }
}

/// The identifiers that dnf 4 lists below a heading.
pub(super) fn repositories(said: &str) -> Vec<String> {
    let lines = said.lines().skip_while(|it| !it.starts_with("repo id")).skip(1);
    let ids = lines.filter_map(|it| it.split_whitespace().next());
    // `!` before an identifier once said that its metadata has expired.
    ids.map(|it| it.trim_start_matches(['!', '*']).to_owned()).collect()
}

/// The identifiers that dnf 5 lists.
pub(super) fn repositories_5(said: &str) -> Result<Vec<String>, ProbeError> {
    let found: Vec<Repository> = json("dnf repo list", said)?;
    Ok(found.into_iter().map(|it| it.id).collect())
}

/// What dnf 5 says as JSON.
pub(super) fn json<'a, T: Deserialize<'a>>(what: &str, said: &'a str) -> Result<T, ProbeError> {
    serde_json::from_str(said).map_err(|err| ProbeError::Parse {
        what: format!("`{what}`"),
        field: format!("what was asked ({err})"),
    })
}

/// Why dnf has no answer.
pub(super) fn refusal(output: &Output) -> ProbeError {
    if output.code == LOCKED {
        let locked = output.stderr.lines().find_map(|it| it.split_once(" already locked by "));
        let what =
            locked.map_or("dnf".into(), |(what, pid)| format!("dnf's {what} (process {pid})"));
        return ProbeError::Locked { what };
    }
    let cacheless = output.stderr.lines().find(|it| it.contains("no cache for"));
    cacheless.map_or_else(
        || output.to_error(),
        |it| ProbeError::Program {
            what: "dnf".into(),
            said: format!("{}: run `dnf makecache`", it.trim_start_matches("Error: ")),
        },
    )
}

/// No repository at all is no answer: nothing can be missing from nothing.
pub(super) fn no_repository(system: &System) -> ProbeError {
    let said = if is_unregistered(system) {
        "this system is not registered for a subscription, and no repository is enabled"
    } else {
        "no repository is enabled"
    };
    ProbeError::Program { what: "dnf".into(), said: said.into() }
}

/// Says so where the repositories of the system itself are not among those
/// that are asked. In a cloud they come without a subscription.
pub(super) fn unregistered(system: &System, repositories: &[String]) -> Option<String> {
    let has_base = repositories.iter().any(|it| it.to_lowercase().contains("baseos"));
    (is_unregistered(system) && !has_base).then(|| {
        "this system is not registered for a subscription, and no repository has its base".into()
    })
}

fn is_unregistered(system: &System) -> bool {
    let is_red_hat = system.release().lines().any(|it| matches!(it, "ID=rhel" | "ID=\"rhel\""));
    is_red_hat && !system.path(CONSUMER).exists()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_programs_say_which_they_are() {
        let four = "4.14.0\n  Installed: dnf-0:4.14.0-8.el9.noarch at Tue Mar 5 2026\n";
        assert_eq!(version(four), (Dialect::Four, "4.14.0".into()));
        let five = "dnf5 version 5.2.6.2\ndnf5 plugin API version 2.0\n";
        assert_eq!(version(five), (Dialect::Five, "5.2.6.2".into()));
    }

    #[test]
    fn what_plugins_say_is_no_repository() {
        let said = "Not root, Subscription Management repositories not updated\n\
                    repo id                             repo name\n\
                    rhel-9-for-x86_64-baseos-rpms       Red Hat Enterprise Linux 9 - BaseOS (RPMs)\n\
                    epel                                Extra Packages\n";
        assert_eq!(repositories(said), ["rhel-9-for-x86_64-baseos-rpms", "epel"]);
        assert!(repositories("No repositories available\n").is_empty());
    }

    #[test]
    fn a_newer_dnf_lists_repositories_as_json() {
        // As dnf 5's `print_repolist_json` writes it.
        let said = r#"[{"id":"fedora","name":"Fedora 42 - x86_64","is_enabled":true},
                       {"id":"updates","name":"Fedora 42 - x86_64 - Updates","is_enabled":true}]"#;
        assert_eq!(repositories_5(said).unwrap(), ["fedora", "updates"]);
        assert!(matches!(repositories_5("oh"), Err(ProbeError::Parse { .. })));
    }

    fn refused(code: i32, stderr: &str) -> String {
        let (what, stdout, stderr) = ("dnf -C repoquery".into(), String::new(), stderr.into());
        refusal(&Output { what, code, stdout, stderr }).to_string()
    }

    #[test]
    fn each_refusal_is_an_answer_of_its_own() {
        // dnf 4.14.
        let locked = "metadata already locked by 19705\n  The application with PID 19705 is: dnf\n";
        assert_eq!(refused(200, locked), "dnf's metadata (process 19705) is locked");
        assert_eq!(refused(200, ""), "dnf is locked");
        assert_eq!(
            refused(1, "Error: Cache-only enabled but no cache for 'baseos'\n"),
            "dnf failed: Cache-only enabled but no cache for 'baseos': run `dnf makecache`"
        );
        assert_eq!(
            refused(1, "Config error: [Errno 13] Permission denied: '/var/tmp/dnf-x'\n"),
            "no permission to read what `dnf -C repoquery` needs: \
             Config error: [Errno 13] Permission denied: '/var/tmp/dnf-x'"
        );
    }

    #[test]
    fn a_system_without_its_subscription_is_told_from_one_that_needs_none() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let system = System::below(dir.path(), dir.path());
        let has_base = ["rhel-9-baseos-rhui-rpms".to_owned()];
        let has_none = ["epel".to_owned()];
        assert_eq!(unregistered(&system, &has_none), None);
        assert_eq!(no_repository(&system).to_string(), "dnf failed: no repository is enabled");
        write("etc/os-release", "NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\n");
        assert!(unregistered(&system, &has_none).is_some());
        assert_eq!(unregistered(&system, &has_base), None);
        assert!(no_repository(&system).to_string().contains("not registered"));
        write("etc/pki/consumer/cert.pem", "");
        assert_eq!(unregistered(&system, &has_none), None);
    }
}
