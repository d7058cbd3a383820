//! What distributors say that updates are for, by dnf's lists.
//!
//! An advisory names the version that it is about. A newer one closes the same
//! holes, so that all advisories about a package that are not installed count
//! for its update.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::probe::{
    ProbeError,
    patch::{
        dnf::{listing::Key, said::json},
        rpm::advisory::Advisory,
    },
};

/// What is known of each package's update.
pub(super) type Advisories = BTreeMap<Key, Advisory>;

/// What dnf 5 says of an advisory, one entry for each of its packages.
#[derive(Deserialize)]
struct Entry {
    advisory_name: String,
    advisory_type: String,
    nevra: String,
    #[serde(default)]
    references: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    reference_id: String,
}

/// Reads dnf 4's list of advisories, and the same by vulnerability.
pub(super) fn parse(advisories: &str, vulnerabilities: &str) -> Advisories {
    let mut found = Advisories::new();
    for line in advisories.lines().chain(vulnerabilities.lines()) {
        // `RHSA-2026:0001 Important/Sec. openssl-libs-1:3.0.7-28.el9.x86_64`
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, label, nevra] = words[..] else { continue };
        let Some(key) = key(nevra) else { continue };
        let severity = label.strip_suffix("/Sec.");
        found.entry(key).or_default().add(name, severity.is_some(), severity);
    }
    found
}

/// Reads dnf 5's list of advisories with their vulnerabilities.
pub(super) fn parse_5(said: &str) -> Result<Advisories, ProbeError> {
    let mut found = Advisories::new();
    for entry in json::<Vec<Entry>>("dnf advisory list", said)? {
        let Some(key) = key(&entry.nevra) else { continue };
        let advisory = found.entry(key).or_default();
        let is_security = entry.advisory_type.eq_ignore_ascii_case("security");
        // Its field for the severity has the type in it again.
        advisory.add(&entry.advisory_name, is_security, None);
        advisory.names.extend(entry.references.into_iter().map(|it| it.reference_id));
    }
    Ok(found)
}

/// `openssl-libs.x86_64` of `openssl-libs-1:3.0.7-28.el9.x86_64`.
fn key(nevra: &str) -> Option<Key> {
    let (rest, arch) = nevra.rsplit_once('.')?;
    let (rest, _release) = rest.rsplit_once('-')?;
    let (name, _version) = rest.rsplit_once('-')?;
    Some(format!("{name}.{arch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(advisory: &Advisory) -> Vec<&str> {
        advisory.names.iter().map(String::as_str).collect()
    }

    #[test]
    fn all_advisories_about_a_package_count_for_its_update() {
        // dnf 4.14's form.
        let advisories = "\
RHBA-2026:0002 bugfix         plain-2-1.noarch
RHSA-2026:0001 Moderate/Sec.  openssl-libs-1:3.0.7-27.el9.x86_64
RHSA-2026:0003 Critical/Sec.  openssl-libs-1:3.0.7-28.el9.x86_64
RHBA-2026:0004 bugfix         openssl-libs-1:3.0.7-29.el9.x86_64
Not root, Subscription Management repositories not updated
";
        let vulnerabilities = "CVE-2026-1234 Critical/Sec. openssl-libs-1:3.0.7-28.el9.x86_64\n\
                               CVE-2026-9 Unknown/Sec. odd\n";
        let found = parse(advisories, vulnerabilities);
        assert_eq!(found.len(), 2);
        let openssl = &found["openssl-libs.x86_64"];
        assert_eq!(
            names(openssl),
            ["CVE-2026-1234", "RHBA-2026:0004", "RHSA-2026:0001", "RHSA-2026:0003"]
        );
        assert_eq!((openssl.is_security, openssl.severity.as_deref()), (true, Some("Critical")));
        let plain = &found["plain.noarch"];
        assert_eq!((plain.is_security, plain.severity.as_deref()), (false, None));
    }

    #[test]
    fn a_newer_dnf_lists_them_as_json() {
        // As dnf 5's `print_advisorylist_references_json` writes it.
        let said = r#"[
          {"advisory_name":"FEDORA-2026-1bbec06c4d","advisory_type":"security",
           "advisory_severity":"security","advisory_buildtime":1760000000,
           "nevra":"vim-common-2:9.1.1-1.fc42.x86_64",
           "references":[{"reference_id":"CVE-2026-7","reference_type":"cve"}]},
          {"advisory_name":"FEDORA-2026-2","advisory_type":"bugfix",
           "advisory_severity":"bugfix","advisory_buildtime":1760000000,
           "nevra":"nano-8-1.fc42.x86_64","references":[]}
        ]"#;
        let found = parse_5(said).unwrap();
        assert_eq!(names(&found["vim-common.x86_64"]), ["CVE-2026-7", "FEDORA-2026-1bbec06c4d"]);
        assert!(found["vim-common.x86_64"].is_security);
        assert!(!found["nano.x86_64"].is_security);
        assert!(parse_5("[]").unwrap().is_empty());
        assert!(parse_5("No advisories").is_err());
    }
}
