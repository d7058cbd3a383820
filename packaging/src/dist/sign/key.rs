//! Whether a keyring holds the one key that signs, by what gpg lists.

use anyhow::{Context as _, bail, ensure};

/// What gpg's own number of RSA is.
const RSA: &str = "1";

/// A secret key of the listing.
struct Key<'a> {
    fingerprint: &'a str,
    /// What is asked of the primary key: validity, expiry, what can be done.
    validity: &'a str,
    expires: &'a str,
    can: &'a str,
    /// The algorithms of those of its parts that may sign.
    signing: Vec<&'a str>,
}

/// The fingerprint of the only secret key in `gpg --with-colons
/// --list-secret-keys`, if it can sign what rpm of RHEL 8 can check.
pub(super) fn only(listing: &str) -> anyhow::Result<&str> {
    let keys = keys(listing);
    let key = match keys.as_slice() {
        [] => bail!(
            "there is no secret key in it: what signs is what `gpg --export-secret-keys` gives"
        ),
        [key] => key,
        several => bail!("there are {} secret keys in it, and one signs", several.len()),
    };
    let name = key.fingerprint;
    match key.validity {
        "e" => bail!("the key {name} expired{}", on(key.expires)),
        "r" => bail!("the key {name} is revoked"),
        _ => {}
    }
    // In capitals stands what the key can do as a whole, and today.
    ensure!(key.can.contains('S'), "the key {name} is not one that signs");
    ensure!(
        key.signing.iter().all(|it| *it == RSA),
        "the key {name} is not RSA, and rpm of RHEL 8 knows nothing newer"
    );
    Ok(name)
}

fn keys(listing: &str) -> Vec<Key<'_>> {
    let mut keys: Vec<Key<'_>> = Vec::new();
    for line in listing.lines() {
        let fields: Vec<_> = line.split(':').collect();
        let field = |nth: usize| fields.get(nth).copied().unwrap_or_default();
        let signing = |can: &str| can.contains('s').then(|| field(3));
        match field(0) {
            "sec" => keys.push(Key {
                fingerprint: "",
                validity: field(1),
                expires: field(6),
                can: field(11),
                signing: signing(field(11)).into_iter().collect(),
            }),
            "ssb" => {
                if let Some(key) = keys.last_mut() {
                    key.signing.extend(signing(field(11)));
                }
            }
            // The first one after a primary key is its own.
            "fpr" => {
                if let Some(key) = keys.last_mut().filter(|it| it.fingerprint.is_empty()) {
                    key.fingerprint = field(9);
                }
            }
            _ => {}
        }
    }
    keys
}

/// The day of a time in seconds, for a message; nothing if it cannot be said.
fn on(seconds: &str) -> String {
    let day = || {
        let mut date = std::process::Command::new("date");
        date.args(["--utc", &format!("--date=@{}", seconds.parse::<i64>()?), "+ on %F"]);
        crate::command::capture(&mut date).context("date does not say the day")
    };
    day().map(|it| it.trim_end().to_owned()).unwrap_or_default()
}
