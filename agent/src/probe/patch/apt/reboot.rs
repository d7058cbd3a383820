//! Whether the machine must be restarted for what is already installed.
//!
//! Two sources speak. Packages leave a note in `/run`, if the machine has the
//! hook that writes it. And a kernel newer than the running one may lie in
//! `/boot`; only one of the same flavour would be started next. Where neither
//! can speak, as in a container, nobody can tell.

use std::{cmp::Ordering, fs, io, path::Path};

use jiff::Timestamp;
use remit_shared::Reboot;
use rustix::system::uname;

use crate::probe::{ProbeError, patch::below};

const NOTE: &str = "/run/reboot-required";
/// Writes the note.
const HOOK: &str = "/usr/share/update-notifier/notify-reboot-required";
const BOOT: &str = "/boot";

/// Asks both sources.
pub(super) fn read(root: &Path) -> Result<Reboot, ProbeError> {
    let running = uname().release().to_string_lossy().into_owned();
    let kernels = kernels(root)?;
    let can_tell = below(root, HOOK).exists() || kernels.iter().any(|it| is_kin(it, &running));
    let newest = newest(&kernels, &running);

    let note = note(root)?;
    let kernel = newest.map(|newest| {
        let reason = format!("{BOOT}: {newest} is installed, {running} is running");
        (reason, modified(&below(root, &format!("{BOOT}/vmlinuz-{newest}"))))
    });
    let (reasons, times): (Vec<_>, Vec<_>) = [note, kernel].into_iter().flatten().unzip();
    let required = if reasons.is_empty() { can_tell.then_some(false) } else { Some(true) };
    Ok(Reboot { required, reasons, since: times.into_iter().flatten().min() })
}

/// The packages' note, with who asked for it.
fn note(root: &Path) -> Result<Option<(String, Option<Timestamp>)>, ProbeError> {
    let path = below(root, NOTE);
    if !path.exists() {
        return Ok(None);
    }
    let packages = match fs::read_to_string(below(root, &format!("{NOTE}.pkgs"))) {
        Ok(text) => text,
        Err(err) if err.kind() == io::ErrorKind::NotFound => String::new(),
        Err(err) => return Err(ProbeError::read(format!("{NOTE}.pkgs"), err)),
    };
    let mut packages: Vec<_> = packages.split_whitespace().collect();
    packages.sort_unstable();
    packages.dedup();
    let by = if packages.is_empty() { "no package named".into() } else { packages.join(", ") };
    Ok(Some((format!("{NOTE}: {by}"), modified(&path))))
}

/// The releases of all installed kernels.
fn kernels(root: &Path) -> Result<Vec<String>, ProbeError> {
    match fs::read_dir(below(root, BOOT)) {
        Ok(entries) => {
            let names = entries.flatten().filter_map(|it| it.file_name().into_string().ok());
            Ok(names.filter_map(|it| it.strip_prefix("vmlinuz-").map(str::to_owned)).collect())
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(err) => Err(ProbeError::read(BOOT, err)),
    }
}

/// The newest kernel that would be started instead of the running one.
fn newest<'a>(kernels: &'a [String], running: &str) -> Option<&'a String> {
    let kin = kernels.iter().filter(|it| is_kin(it, running));
    kin.max_by(|a, b| compare(a, b)).filter(|it| compare(it, running) == Ordering::Greater)
}

fn is_kin(kernel: &str, running: &str) -> bool {
    flavour(kernel) == flavour(running)
}

/// What kind of kernel it is: `amd64` of `6.1.0-28-amd64`, `rpi-v8` of
/// `6.6.51+rpt-rpi-v8`. It begins with the first part that is no number.
fn flavour(release: &str) -> &str {
    let is_name = |at: &usize| release[at + 1..].starts_with(|it: char| !it.is_ascii_digit());
    release.match_indices('-').map(|(at, _)| at).find(is_name).map_or("", |at| &release[at + 1..])
}

/// Compares numbers as numbers, and all between them as text.
fn compare(a: &str, b: &str) -> Ordering {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let other = |text: &str| text.find(|it: char| it.is_ascii_digit()).unwrap_or(text.len());
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let ((text_a, rest_a), (text_b, rest_b)) = (a.split_at(other(a)), b.split_at(other(b)));
        let ((number_a, rest_a), (number_b, rest_b)) =
            (rest_a.split_at(digits(rest_a)), rest_b.split_at(digits(rest_b)));
        let number = |text: &str| text.parse::<u128>().unwrap_or(u128::MAX);
        let order = text_a.cmp(text_b).then_with(|| number(number_a).cmp(&number(number_b)));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.len().cmp(&b.len())
}

fn modified(path: &Path) -> Option<Timestamp> {
    fs::metadata(path).and_then(|it| it.modified()).ok().and_then(|it| Timestamp::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newer_kernel_of_the_same_flavour_counts() {
        for (running, installed, expected) in [
            ("6.1.0-9-amd64", &["6.1.0-9-amd64", "6.1.0-28-amd64"][..], Some("6.1.0-28-amd64")),
            ("6.1.0-28-amd64", &["6.1.0-9-amd64", "6.1.0-28-amd64"], None),
            ("6.1.0-28-amd64", &["6.1.0-30-cloud-amd64"], None),
            ("6.8.0-45-generic", &["6.8.0-48-generic", "6.8.0-1016-aws"], Some("6.8.0-48-generic")),
            ("5.10.0-8-686", &["5.10.0-9-686-pae"], None),
            (
                "6.6.51+rpt-rpi-v8",
                &["6.6.62+rpt-rpi-v8", "6.6.62+rpt-rpi-2712"],
                Some("6.6.62+rpt-rpi-v8"),
            ),
            ("6.1.0-0.deb11.21-amd64", &["6.1.0-0.deb11.22-amd64"], Some("6.1.0-0.deb11.22-amd64")),
            ("6.1.0-28-amd64", &[], None),
        ] {
            let installed: Vec<_> = installed.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(newest(&installed, running).map(String::as_str), expected, "{running}");
        }
    }

    #[test]
    fn where_nobody_can_tell_nothing_is_claimed() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), Reboot::default());

        let hook = below(dir.path(), HOOK);
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(hook, "").unwrap();
        assert_eq!(read(dir.path()).unwrap().required, Some(false));
    }

    #[test]
    fn a_note_names_the_packages_once() {
        let dir = tempfile::tempdir().unwrap();
        let note = below(dir.path(), NOTE);
        fs::create_dir_all(note.parent().unwrap()).unwrap();
        fs::write(&note, "*** System restart required ***\n").unwrap();
        fs::write(note.with_extension("pkgs"), "linux-base\nlibc6\nlibc6\n").unwrap();
        let reboot = read(dir.path()).unwrap();
        assert_eq!(reboot.required, Some(true));
        assert_eq!(reboot.reasons, ["/run/reboot-required: libc6, linux-base"]);
        assert!(reboot.since.is_some());
    }

    #[test]
    fn a_newer_kernel_in_the_boot_folder_is_a_reason() {
        let running = uname().release().to_string_lossy().into_owned();
        let newer = format!("999.0-1-{}", flavour(&running));
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("boot")).unwrap();
        fs::write(dir.path().join(format!("boot/vmlinuz-{newer}")), "").unwrap();
        let reboot = read(dir.path()).unwrap();
        assert_eq!(reboot.reasons, [format!("/boot: {newer} is installed, {running} is running")]);
    }
}
