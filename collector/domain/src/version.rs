//! Which of two versions is the older one.

/// Whether an agent's version is older than the collector's. Nobody can tell
/// of one that does not say, or says it in another way: then it is not.
pub fn is_older(agent: &str, collector: &str) -> bool {
    match (numbers(agent), numbers(collector)) {
        (Some(agent), Some(collector)) => agent < collector,
        (None, _) | (_, None) => false,
    }
}

/// The three numbers, and whether it is the release itself and not what led to
/// it (`1.2.0-rc.1`).
fn numbers(version: &str) -> Option<([u64; 3], bool)> {
    let version = version.split('+').next()?;
    let (numbers, before) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, true),
        None => (version, false),
    };
    let mut parts = numbers.split('.').map(str::parse);
    let three = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
    parts.next().is_none().then_some((three, !before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_older_by_its_numbers() {
        for (agent, collector, expected) in [
            ("0.1.0", "0.1.0", false),
            ("0.1.9", "0.1.10", true),
            ("0.9.0", "0.10.0", true),
            ("1.0.0", "0.10.0", false),
            ("1.0.0-rc.1", "1.0.0", true),
            ("1.0.0+debian1", "1.0.0", false),
            ("", "1.0.0", false),
            ("unknown", "1.0.0", false),
            ("1.0", "1.0.1", false),
        ] {
            assert_eq!(is_older(agent, collector), expected, "{agent} {collector}");
        }
    }
}
