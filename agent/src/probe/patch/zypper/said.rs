//! What zypper says as text: why not, and which packages a patch comes with.

use std::collections::BTreeMap;

use crate::{
    command::Output,
    probe::{ProbeError, patch::rpm::System},
};

/// Ends with this where there are none, and with the next where it is locked.
pub(super) const NO_REPOSITORIES: i32 = 6;
const LOCKED: i32 = 7;
/// Who has a subscription has this.
const CREDENTIALS: &str = "/etc/zypp/credentials.d/SCCcredentials";

/// Why zypper has no answer.
pub(super) fn refusal(output: &Output) -> ProbeError {
    let mut words = output.stdout.lines().chain(output.stderr.lines());
    if output.code == LOCKED {
        // `System management is locked by the application with pid 28081 (sleep).`
        let who = words.find_map(|it| it.split_once("with pid ")).map(|it| it.1);
        let who = who.map(|it| it.trim_end_matches('.'));
        let what = who.map_or("zypper".into(), |it| format!("zypper (process {it})"));
        return ProbeError::Locked { what };
    }
    words.find(|it| it.contains("type=\"error\"")).map_or_else(
        || output.to_error(),
        |it| ProbeError::Program { what: format!("`{}`", output.what), said: text_of(it) },
    )
}

/// The words between tags, cut to what an error may have.
fn text_of(line: &str) -> String {
    let words: String =
        line.split('<').filter_map(|it| it.split_once('>').map(|it| it.1)).collect();
    let words = if words.trim().is_empty() { line } else { &words };
    remit_agent_domain::evidence::head(words.trim(), 500)
}

/// No repository at all is no answer: nothing can be missing from nothing.
pub(super) fn no_repository(system: &System) -> ProbeError {
    let is_enterprise = system.release().lines().any(|it| it.starts_with("ID=\"sle"));
    let is_registered = system.path(CREDENTIALS).exists();
    let said = if is_enterprise && !is_registered {
        "this system is not registered for a subscription, and no repository is enabled"
    } else {
        "no repository is enabled"
    };
    ProbeError::Program { what: "zypper".into(), said: said.into() }
}

/// The packages that each patch comes with, by the older versions that it does
/// not go with: `openssl.x86_64`, and without an architecture for `noarch`.
pub(super) fn packages(said: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    let (mut patch, mut is_listed) = (String::new(), false);
    for line in said.lines() {
        let line_of = line.split_once(" : ").filter(|_| !line.starts_with(' '));
        let conflict = match line_of.map(|(name, value)| (name.trim(), value.trim())) {
            Some(("Name", value)) => {
                (patch, is_listed) = (value.to_owned(), false);
                continue;
            }
            Some(("Conflicts", value)) => {
                is_listed = true;
                value
            }
            Some(_) => {
                is_listed = false;
                continue;
            }
            None if is_listed => line,
            None => continue,
        };
        // `secure < 2-1`; before more than one stands how many, and no relation.
        if let Some((package, _)) = conflict.split_once(" < ") {
            found.entry(patch.clone()).or_default().push(package.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_each_patch_are_found() {
        // zypper 1.14.42.
        let said = "\
Loading repository data...

Information for patch SUSE-2026-1:
----------------------------------
Repository  : A test
Name        : SUSE-2026-1
Summary     : Conflicts : none < one
Description :
    Name        : else
    a < b
Provides    : patch:SUSE-2026-1 = 1
Conflicts   : [2]
    plain < 2-1
    broken.x86_64 < 1:2-1

Information for patch SUSE-2026-2:
----------------------------------
Name        : SUSE-2026-2
Conflicts   : secure < 2-1
";
        let found = packages(said);
        assert_eq!(found["SUSE-2026-1"], ["plain", "broken.x86_64"]);
        assert_eq!(found["SUSE-2026-2"], ["secure"]);
        assert_eq!(found.len(), 2);
    }

    fn refused(code: i32, stdout: &str) -> String {
        let (what, stderr) = ("zypper --xmlout repos".into(), String::new());
        refusal(&Output { what, code, stdout: stdout.into(), stderr }).to_string()
    }

    #[test]
    fn each_refusal_is_an_answer_of_its_own() {
        let locked = "<?xml version='1.0'?>\n<stream>\n<message type=\"error\">System management is \
                      locked by the application with pid 28081 (sleep).\nClose this application \
                      before trying again.</message>\n</stream>\n";
        assert_eq!(refused(7, locked), "zypper (process 28081 (sleep)) is locked");
        let broken =
            "<stream>\n<message type=\"error\">The rpm database is odd</message>\n</stream>\n";
        assert_eq!(refused(4, broken), "`zypper --xmlout repos` failed: The rpm database is odd");
        assert_eq!(refused(5, ""), "`zypper --xmlout repos` failed: exit 5");
    }
}
