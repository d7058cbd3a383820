//! Who may use a file or folder on Windows, in the text form of access lists
//! (SDDL): pure, so that it is tested on every system.
//!
//! The agent's folders are for four: the system, administrators, the agent's
//! own service, and whoever runs it by hand. The service's id follows from its
//! name alone, so a folder can be made for it before it exists.

use ring::digest;

/// The name of the service.
pub const SERVICE: &str = "remit-agent";

/// What a service may do where it only reads: list, read, look.
const READ: &str = "0x1200a9";
/// What it may do where it keeps things: all but giving rights away.
const MODIFY: &str = "0x1301bf";

/// Who holds a machine's rights anyway: the system, administrators by group
/// and by account, who makes a file, and the owner's own rights. The first two
/// also by number.
const TRUSTED: [&str; 9] = ["SY", "BA", "LA", "DA", "EA", "CO", "OW", "S-1-5-18", "S-1-5-32-544"];
/// Owns what the system's installer made.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

/// The id of a service's own account, `NT SERVICE\name`: a hash of its name.
pub fn service_sid(name: &str) -> String {
    let name: Vec<u8> = name.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &name);
    let parts = hash.as_ref().chunks_exact(4).map(|it| {
        let number = it.iter().rev().fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
        format!("-{number}")
    });
    format!("S-1-5-80{}", parts.collect::<String>())
}

/// What the service may do with a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Read what is in it.
    Read,
    /// Keep things in it.
    Keep,
}

/// The access list of a folder of ours. Nothing is inherited from above, and
/// all of it by what is made inside. `also` is whoever runs the agent by hand
/// without an administrator's rights.
pub fn list(share: Share, also: Option<&str>) -> String {
    let rights = match share {
        Share::Read => READ,
        Share::Keep => MODIFY,
    };
    let service = service_sid(SERVICE);
    let mut list = format!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;{rights};;;{service})");
    if let Some(sid) = also {
        list += &format!("(A;OICI;FA;;;{sid})");
    }
    list
}

/// Whether a file or folder is for nobody but the agent and administrators,
/// from its owner and list; says who else. `own` is who we run as.
pub fn judge(descriptor: &str, own: &str) -> Result<(), String> {
    judge_owner(descriptor, own)?;
    let list = part(descriptor, "D:").ok_or("everybody may do everything with it")?;
    if list.contains("NO_ACCESS_CONTROL") {
        return Err("everybody may do everything with it".into());
    }
    for entry in list.split('(').skip(1) {
        let entry = entry.split(')').next().unwrap_or(entry);
        let fields: Vec<&str> = entry.split(';').collect();
        let [kind, _, rights, _, _, sid, ..] = fields[..] else {
            return Err(format!("its access list has an entry that makes no sense: {entry}"));
        };
        let takes_away = kind.ends_with('D');
        let gives_nothing = matches!(rights, "" | "0x0" | "0");
        if !takes_away && !gives_nothing && !is_ours(sid, own) {
            return Err(format!("{} may use it", called(sid)));
        }
    }
    Ok(())
}

/// Whether a file or folder is owned by the agent or by administrators; says
/// by whom it is otherwise. An owner may let anybody in at any time.
pub fn judge_owner(descriptor: &str, own: &str) -> Result<(), String> {
    match part(descriptor, "O:") {
        Some(owner) if !is_ours(owner, own) && owner != INSTALLER => {
            Err(format!("{} owns it", called(owner)))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_ours(sid: &str, own: &str) -> bool {
    TRUSTED.contains(&sid) || sid == own || sid == service_sid(SERVICE)
}

/// The part of a descriptor behind its mark: `O:`, `G:`, `D:` or `S:`.
fn part<'a>(descriptor: &'a str, mark: &str) -> Option<&'a str> {
    let at = descriptor.find(mark)?;
    let rest = &descriptor[at + mark.len()..];
    // Ids and entries have no colons, so the next one ends with a mark.
    let end = rest.find(':').map_or(rest.len(), |colon| colon.saturating_sub(1));
    Some(&rest[..end])
}

/// What people call somebody.
fn called(sid: &str) -> String {
    let name = match sid {
        "WD" | "S-1-1-0" => "everyone",
        "AU" | "S-1-5-11" => "every user who signed in",
        "BU" | "S-1-5-32-545" => "every user of this machine",
        "IU" | "S-1-5-4" => "every user at the console",
        "BG" | "S-1-5-32-546" => "every guest",
        other => other,
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "S-1-5-21-1-2-3-1001";

    #[test]
    fn a_services_id_follows_from_its_name() {
        assert_eq!(service_sid("TrustedInstaller"), INSTALLER);
        assert_eq!(service_sid("trustedinstaller"), INSTALLER);
    }

    #[test]
    fn what_we_make_is_what_we_ask_for() {
        for share in [Share::Read, Share::Keep] {
            for also in [None, Some(OWN)] {
                let list = list(share, also);
                assert_eq!(judge(&format!("O:BA{list}"), OWN), Ok(()), "{list}");
            }
        }
        let theirs = list(Share::Keep, Some("S-1-5-21-1-2-3-1002"));
        assert_eq!(judge(&theirs, OWN), Err("S-1-5-21-1-2-3-1002 may use it".into()));
    }

    #[test]
    fn whoever_else_gets_in_is_named() {
        for (descriptor, expected) in [
            // As %ProgramData% passes it on, on Windows 10.
            (
                "O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)\
                 (A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)",
                "every user of this machine may use it",
            ),
            ("O:BAD:P(A;;FA;;;BA)(A;OICIIO;FR;;;AU)", "every user who signed in may use it"),
            ("O:BAD:P(A;;FR;;;WD)", "everyone may use it"),
            ("O:BAD:P(A;;FA;;;S-1-5-21-9-9-9-1009)", "S-1-5-21-9-9-9-1009 may use it"),
            ("O:S-1-5-21-9-9-9-1009D:P(A;;FA;;;BA)", "S-1-5-21-9-9-9-1009 owns it"),
            ("O:BAD:NO_ACCESS_CONTROL", "everybody may do everything with it"),
            ("O:BA", "everybody may do everything with it"),
            ("O:BAD:(A;;FA)", "its access list has an entry that makes no sense: A;;FA"),
        ] {
            assert_eq!(judge(descriptor, OWN), Err(expected.into()), "{descriptor}");
        }
    }

    #[test]
    fn whoever_is_kept_out_does_not_get_in() {
        let descriptor = "O:SYG:SYD:PAI(D;;FA;;;WD)(A;;0x0;;;WD)(A;;FA;;;SY)S:AI(AU;;FA;;;WD)";
        assert_eq!(judge(descriptor, OWN), Ok(()));
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "[ODGS:();A-Z0-9x-]{0,60}") {
            let _ = judge(&text, OWN);
        }
    }
}
