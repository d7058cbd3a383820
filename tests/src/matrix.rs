//! The matrix that tests start from: the one that ships, in test clothes.

/// The starter matrix as it ships, except that messages go to webhooks, and to
/// teams only, and that a disk is full after a second of being full.
///
/// `infra_monitoring`, `server_patching` and `backup_monitoring` are the
/// provider's at all hours (row `infrastructure`), as is `security_tooling`
/// (row `security`).
pub fn starter() -> String {
    let text = include_str!("../../collector/matrix/starter.toml");
    let mut lines: Vec<String> = Vec::new();
    let mut team = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("name = \"") {
            team = name.trim_end_matches('"');
        }
        if line.starts_with("oncall = ") {
            continue;
        }
        let is_mail = line.starts_with("notify = \"email:");
        lines.push(if is_mail { format!("notify = \"webhook:{team}\"") } else { line.to_owned() });
    }
    lines.join("\n") + "\n[[check]]\ncheck = \"disk-space\"\nhold = \"1s\"\n"
}

/// A matrix that is all about the hour: internal IT by day, the provider by
/// night, whatever it is about, and no holidays. Whoever is responsible has a
/// quarter of an hour until the provider's manager hears of it, and half an hour
/// until internal IT's does. The office is open from 8 to 17 in New York.
pub fn day_and_night() -> String {
    include_str!("day-and-night.toml").to_owned()
}
