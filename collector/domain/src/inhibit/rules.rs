//! What says what already.

use std::{fmt, str::FromStr, sync::Arc};

use remit_shared::{Function, Tag, function};

use crate::{detect::presence::OFFLINE, inhibit::Candidate, mass_loss::SITE_UNREACHABLE};

/// Some checks say already what some others say, if the alerts have something
/// in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called.
    pub name: Arc<str>,
    /// The checks that speak.
    pub sources: Vec<Arc<str>>,
    /// Those that need not.
    pub targets: Targets,
    /// What both alerts must have, and have the same. A rule that names
    /// nothing inhibits nothing: it would silence a whole tenant.
    pub equal: Vec<Label>,
}

/// Which alerts need not speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Those of these checks.
    These(Vec<Arc<str>>),
    /// All but those about these kinds of work.
    AllBut(Vec<Function>),
}

/// Something that two alerts may have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// The endpoint.
    Endpoint,
    /// Where it stands.
    Site,
    /// Which of several things the check watches.
    Instance,
    /// Both carry this tag.
    Tag(Tag),
}

/// Why a string is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a label: use `endpoint`, `site`, `instance` or `tag:NAME`")]
pub struct LabelError(pub String);

/// The rules that ship.
///
/// A silent endpoint says nothing about its backups, whose clock runs on, and
/// must not hide what looks like an attack.
pub fn shipped() -> Vec<Rule> {
    let kept = [function::backup_monitoring(), function::security_tooling()];
    let validation = Function::new("backup_validation").into_iter();
    vec![
        Rule {
            name: "site-says-endpoints".into(),
            sources: vec![SITE_UNREACHABLE.into()],
            targets: Targets::These(vec![OFFLINE.into()]),
            equal: vec![Label::Site],
        },
        Rule {
            name: "endpoint-says-its-checks".into(),
            sources: vec![OFFLINE.into()],
            targets: Targets::AllBut(kept.into_iter().chain(validation).collect()),
            equal: vec![Label::Endpoint],
        },
    ]
}

impl Rule {
    /// Whether an alert speaks by this rule.
    pub fn is_source(&self, alert: &Candidate) -> bool {
        self.sources.contains(&alert.check)
    }

    /// Whether an alert need not speak by this rule.
    pub fn is_target(&self, alert: &Candidate) -> bool {
        match &self.targets {
            Targets::These(checks) => checks.contains(&alert.check),
            Targets::AllBut(functions) => !functions.contains(&alert.function),
        }
    }

    /// The values of the rule's labels, if the alert has all of them.
    pub(super) fn common(&self, alert: &Candidate) -> Option<Vec<String>> {
        if self.equal.is_empty() {
            return None;
        }
        self.equal.iter().map(|it| it.of(alert)).collect()
    }
}

impl Label {
    /// What an alert has of it, if anything.
    fn of(&self, alert: &Candidate) -> Option<String> {
        match self {
            Self::Endpoint => alert.endpoint.map(|it| it.to_string()),
            Self::Site => alert.site.as_ref().map(ToString::to_string),
            Self::Instance if alert.instance.is_empty() => None,
            Self::Instance => Some(alert.instance.to_string()),
            Self::Tag(tag) => alert.tags.contains(tag).then(|| tag.to_string()),
        }
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let refused = || LabelError(text.chars().take(80).flat_map(char::escape_default).collect());
        match text {
            "endpoint" => Ok(Self::Endpoint),
            "site" => Ok(Self::Site),
            "instance" => Ok(Self::Instance),
            _ => match text.strip_prefix("tag:").map(Tag::new) {
                Some(Ok(tag)) => Ok(Self::Tag(tag)),
                Some(Err(_)) | None => Err(refused()),
            },
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint => f.write_str("endpoint"),
            Self::Site => f.write_str("site"),
            Self::Instance => f.write_str("instance"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
        }
    }
}
