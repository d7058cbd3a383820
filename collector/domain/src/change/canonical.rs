//! The one text of a thing that is to be approved.
//!
//! A first line that says what it is, then one `key: value` per line, sorted;
//! several values of one key are several lines; what is empty has none. A
//! backslash and whatever could look like a line's end are escaped.
//!
//! # Invariants
//!
//! - Reading what was written gives the same thing.
//! - Only what would be written is read: two texts, and so two hashes, never
//!   mean the same thing.

mod fields;
#[cfg(test)]
mod tests;

use remit_shared::Tenant;

use crate::{
    authority::grants::Grant,
    change::{
        Retention, Revocation, Selector, Spec, TokenSpec, WindowSpec, WorkSpec,
        canonical::fields::{Reader, Writer},
    },
    known_issue::{IssueSpec, Kind, Matcher},
};

/// Why a text is not the canonical one of anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// The first line says nothing that is known.
    #[error("line 1: `{0}` is nothing that can be changed: use one of {SUBJECTS}")]
    Subject(String),
    /// It is no `key: value`.
    #[error("line {line}: expected `key: value`")]
    Line {
        /// Which.
        line: usize,
    },
    /// A backslash stands before something that it cannot escape.
    #[error("line {line}: `{key}` has a wrong escape")]
    Escape {
        /// Which line.
        line: usize,
        /// Whose value.
        key: String,
    },
    /// Nothing has that key.
    #[error("line {line}: there is no `{key}` in a {subject}")]
    Unknown {
        /// Which line.
        line: usize,
        /// The key.
        key: String,
        /// What it is about.
        subject: String,
    },
    /// The value is not what it should be.
    #[error("line {line}: `{key}`: {why}")]
    Value {
        /// Which line.
        line: usize,
        /// Whose value.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Something must be said.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Something must be said once.
    #[error("line {line}: `{key}` is there twice")]
    Twice {
        /// The second line.
        line: usize,
        /// The key.
        key: &'static str,
    },
    /// It says the right things in another way.
    #[error("line {line}: this is not the canonical order or form; expected `{expected}`")]
    Form {
        /// The first line that differs.
        line: usize,
        /// What should stand there.
        expected: String,
    },
}

const SUBJECTS: &str = "known_issue, retention, revocation, role, silence, token, window, work";

/// Writes the one text.
pub fn canonical(spec: &Spec) -> String {
    let mut out = Writer::new(spec.subject().as_str());
    out.one("tenant", spec.tenant());
    match spec {
        Spec::Window(it) => window(&mut out, it),
        Spec::KnownIssue(it) => issue(&mut out, it),
        Spec::Role { grant, .. } => role(&mut out, grant),
        Spec::Token(it) => token(&mut out, it),
        Spec::Retention(it) => {
            out.one("records", &it.records);
            out.one("keep", it.keep);
        }
        Spec::Revocation(it) => {
            out.all("endpoint", &it.endpoints);
            out.one("why", &it.why);
        }
        Spec::Work(it) => work(&mut out, it),
    }
    out.finish()
}

/// Reads the one text.
pub fn parse(text: &str) -> Result<Spec, CanonicalError> {
    let (subject, mut from) = Reader::new(text)?;
    let tenant = from.one("tenant")?;
    let spec = match subject {
        "window" => Spec::Window(read_window(tenant, &mut from)?),
        "known_issue" => Spec::KnownIssue(read_issue(Kind::KnownIssue, tenant, &mut from)?),
        "silence" => Spec::KnownIssue(read_issue(Kind::Silence, tenant, &mut from)?),
        "role" => Spec::Role { tenant, grant: read_role(&mut from)? },
        "token" => Spec::Token(TokenSpec {
            tenant,
            site: from.one("site")?,
            kind: from.maybe("kind")?,
            tags: from.all("tag")?,
            uses: from.one("uses")?,
            ttl: from.length("ttl")?,
        }),
        "retention" => {
            let (records, keep) = (from.one("records")?, from.length("keep")?);
            Spec::Retention(Retention { tenant, records, keep })
        }
        "revocation" => {
            let (endpoints, why) = (from.all("endpoint")?, from.text("why")?);
            Spec::Revocation(Revocation { tenant, endpoints, why })
        }
        "work" => Spec::Work(read_work(tenant, &mut from)?),
        other => return Err(CanonicalError::Subject(other.escape_default().to_string())),
    };
    from.finish()?;
    let canonical = canonical(&spec);
    match canonical.lines().zip(text.lines()).position(|(a, b)| a != b) {
        Some(index) => {
            let expected = canonical.lines().nth(index).unwrap_or_default().to_owned();
            Err(CanonicalError::Form { line: index + 1, expected })
        }
        None if canonical != text => {
            let expected = "a line's end after each line, and no more".to_owned();
            Err(CanonicalError::Form { line: text.lines().count().max(1), expected })
        }
        None => Ok(spec),
    }
}

fn selector(out: &mut Writer, it: &Selector) {
    out.all("endpoint", &it.endpoints);
    out.all("function", &it.functions);
    out.all("site", &it.sites);
    out.all("tag", &it.tags);
}

fn read_selector(from: &mut Reader<'_>) -> Result<Selector, CanonicalError> {
    Ok(Selector {
        endpoints: from.all("endpoint")?,
        functions: from.all("function")?,
        sites: from.all("site")?,
        tags: from.all("tag")?,
    })
}

fn window(out: &mut Writer, it: &WindowSpec) {
    out.one("title", &it.title);
    out.one("why", &it.why);
    selector(out, &it.selector);
    out.one("zone", &it.zone);
    out.one("starts_at", it.starts_at);
    out.one("lasts", it.lasts);
    out.one("repeats", &it.repeats);
    out.one("earlier", it.earlier);
}

fn read_window(tenant: Tenant, from: &mut Reader<'_>) -> Result<WindowSpec, CanonicalError> {
    Ok(WindowSpec {
        tenant,
        title: from.text("title")?,
        why: from.text("why")?,
        selector: read_selector(from)?,
        zone: from.text("zone")?,
        starts_at: from.one("starts_at")?,
        lasts: from.length("lasts")?,
        repeats: from.text("repeats")?,
        earlier: from.one("earlier")?,
    })
}

fn work(out: &mut Writer, it: &WorkSpec) {
    out.one("title", &it.title);
    out.one("why", &it.why);
    out.one("who", &it.who);
    selector(out, &it.selector);
    out.one("zone", &it.zone);
    out.one("starts_at", it.starts_at);
    out.one("lasts", it.lasts);
    out.one("quiet", it.quiet);
}

fn read_work(tenant: Tenant, from: &mut Reader<'_>) -> Result<WorkSpec, CanonicalError> {
    Ok(WorkSpec {
        tenant,
        title: from.text("title")?,
        why: from.text("why")?,
        who: from.text("who")?,
        selector: read_selector(from)?,
        zone: from.text("zone")?,
        starts_at: from.one("starts_at")?,
        lasts: from.length("lasts")?,
        quiet: from.one("quiet")?,
    })
}

fn role(out: &mut Writer, it: &Grant) {
    out.maybe("operator", it.operator);
    out.one("name", &it.name);
    out.one("role", it.role);
    out.one("party", it.party);
    out.all("team", &it.teams);
    out.all("sees", &it.tenants);
}

fn read_role(from: &mut Reader<'_>) -> Result<Grant, CanonicalError> {
    Ok(Grant {
        operator: from.maybe("operator")?,
        name: from.text("name")?,
        role: from.one("role")?,
        party: from.one("party")?,
        teams: from.all("team")?,
        tenants: from.all("sees")?,
    })
}

fn token(out: &mut Writer, it: &TokenSpec) {
    out.one("site", &it.site);
    out.maybe("kind", it.kind);
    out.all("tag", &it.tags);
    out.one("uses", it.uses);
    out.one("ttl", it.ttl);
}

fn issue(out: &mut Writer, it: &IssueSpec) {
    out.one("title", &it.title);
    out.one("why", &it.why);
    out.one("check", &it.matcher.check);
    out.one("instance", &it.matcher.instance);
    out.all("endpoint", &it.matcher.endpoints);
    out.all("function", &it.matcher.functions);
    out.all("site", &it.matcher.sites);
    out.all("evidence", &it.evidence);
    out.one("ticket", &it.ticket);
    out.one("owner", &it.owner);
    out.one("party", it.party);
    out.maybe("review_at", it.review_at);
    out.one("expires_at", it.expires_at);
    out.one("max_severity", it.max_severity);
    out.all("breaks_when", &it.breaks_when);
}

fn read_issue(
    kind: Kind,
    tenant: Tenant,
    from: &mut Reader<'_>,
) -> Result<IssueSpec, CanonicalError> {
    Ok(IssueSpec {
        kind,
        tenant,
        title: from.text("title")?,
        why: from.text("why")?,
        matcher: Matcher {
            check: from.text("check")?,
            instance: from.text("instance")?,
            endpoints: from.all("endpoint")?,
            functions: from.all("function")?,
            sites: from.all("site")?,
        },
        evidence: from.all("evidence")?,
        ticket: from.text("ticket")?,
        owner: from.one("owner")?,
        party: from.one("party")?,
        review_at: from.maybe("review_at")?,
        expires_at: from.one("expires_at")?,
        max_severity: from.one("max_severity")?,
        breaks_when: from.all("breaks_when")?,
    })
}
