//! When updates were last installed, from apt's own history.
//!
//! An entry counts if something was upgraded, nothing failed and it came to
//! its end. Its times are local and name no zone; the system's is assumed.

use std::{fs, io, path::Path};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    command::Command,
    probe::{ProbeError, patch::below},
};

const HISTORY: &str = "/var/log/apt/history.log";
/// Logs older than this many rotations are not looked at: a year, by default.
const ROTATIONS: u32 = 12;

/// The end of the last good update, if history goes back that far.
pub(super) fn last(root: &Path, zone: &TimeZone) -> Result<Option<Timestamp>, ProbeError> {
    for rotation in 0..=ROTATIONS {
        if let Some(text) = log(root, rotation)?
            && let Some(at) = parse(&text, zone)
        {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// One log, plain or compressed. That there is none proves nothing.
fn log(root: &Path, rotation: u32) -> Result<Option<String>, ProbeError> {
    let name = match rotation {
        0 => HISTORY.to_owned(),
        older => format!("{HISTORY}.{older}"),
    };
    match fs::read(below(root, &name)) {
        Ok(bytes) => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(ProbeError::read(name, err)),
    }
    let packed = below(root, &format!("{name}.gz"));
    if !packed.is_file() {
        return Ok(None);
    }
    let output = Command::new("zcat").args(["--", &packed.to_string_lossy()]).run()?;
    output.expect().map(|it| Some(it.to_owned()))
}

/// The end of the last good update in one log.
fn parse(log: &str, zone: &TimeZone) -> Option<Timestamp> {
    let ends = log.split("\n\n").filter_map(|entry| {
        let field = |name: &str| entry.lines().find_map(|it| it.strip_prefix(name));
        field("Upgrade: ")?;
        if field("Error: ").is_some() {
            return None;
        }
        let mut words = field("End-Date: ")?.split_whitespace();
        let local = format!("{}T{}", words.next()?, words.next()?);
        // An hour that comes twice is taken for its first.
        zone.to_timestamp(local.parse::<DateTime>().ok()?).ok()
    });
    ends.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// apt 2.6.1's form.
    const LOG: &str = "
Start-Date: 2026-05-09  07:29:02
Commandline: apt-get upgrade -y
Upgrade: git:amd64 (1:2.39.5-0+deb12u2, 1:2.39.5-0+deb12u3), gpg:amd64 (2.2.40-1.1, 2.2.40-1.1+deb12u2)
End-Date: 2026-05-09  07:29:30

Start-Date: 2026-05-20  16:49:20
Commandline: apt-get install -y nodejs
Install: nodejs:amd64 (20.20.2-1nodesource1)
End-Date: 2026-05-20  16:49:21

Start-Date: 2026-06-01  06:10:00
Commandline: /usr/bin/unattended-upgrade
Upgrade: linux-image-amd64:amd64 (6.1.133-1, 6.1.140-1)
Error: Sub-process /usr/bin/dpkg returned an error code (1)
End-Date: 2026-06-01  06:11:00

Start-Date: 2026-06-02  06:10:00
Upgrade: tzdata:amd64 (2025a-0, 2025b-0)
";

    #[test]
    fn only_a_good_upgrade_that_ended_counts() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(parse(LOG, &zone), Some("2026-05-09T05:29:30Z".parse().unwrap()));
        assert_eq!(parse("", &zone), None);
    }

    #[test]
    fn a_rotated_and_packed_log_is_read_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = below(dir.path(), HISTORY);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert_eq!(last(dir.path(), &TimeZone::UTC).unwrap(), None);

        fs::write(&path, "").unwrap();
        fs::write(path.with_extension("log.2"), LOG).unwrap();
        let packed = path.with_extension("log.2").to_string_lossy().into_owned();
        assert_eq!(Command::new("gzip").args([&packed]).run().unwrap().code, 0);
        let expected = "2026-05-09T07:29:30Z".parse().unwrap();
        assert_eq!(last(dir.path(), &TimeZone::UTC).unwrap(), Some(expected));
    }
}
