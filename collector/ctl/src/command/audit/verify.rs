//! `remit audit verify`: nothing that the collector says of its own trail is
//! believed. Every hash is computed here, from what each entry says.

#[cfg(test)]
mod tests;

use remit_collector_domain::{
    audit::{Broken, Hash, Head, Sealed},
    effect::AuditEntry,
};
use remit_proto::{convert::optional, v1};
use sha2::{Digest as _, Sha256};

use super::of;
use crate::{
    args::{Global, audit::Known},
    client::PAGE,
    command::whole,
    failure::{Exit, Failure, Kind},
    out::Out,
    view::audit::Verdict,
};

/// Reads the whole chain and says what became of it.
pub(super) async fn verify(
    installation: bool,
    known: &[Known],
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let tenant = of(installation, global, &client).await?;
    let mut reading: Option<Reading<'_>> = None;
    let mut page_token = String::new();
    loop {
        let request =
            v1::ReadAuditChainRequest { tenant: tenant.clone(), page_size: PAGE, page_token };
        let page = client.call(client.audit().read_audit_chain(request)).await?;
        let reading = match &mut reading {
            Some(reading) => reading,
            none => none.insert(Reading::new(head(whole(page.anchor)?)?, known)),
        };
        for it in page.entries {
            reading.next(&sealed(it)?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() || reading.broken.is_some() {
            let end = head(whole(page.head)?)?;
            let verdict = reading.finish(tenant, &end);
            let is_well = verdict.is_well();
            out.show(&verdict)?;
            return Ok(if is_well { Exit::OK } else { Exit::NOT_WELL });
        }
    }
}

/// A chain that is being read.
struct Reading<'k> {
    anchor: Head,
    head: Head,
    entries: u64,
    broken: Option<Broken>,
    known: &'k [Known],
    /// Noted ends that are not in the chain as it is now.
    changed: Vec<u64>,
}

impl<'k> Reading<'k> {
    fn new(anchor: Head, known: &'k [Known]) -> Self {
        let mut reading =
            Self { anchor, head: anchor, entries: 0, broken: None, known, changed: Vec::new() };
        reading.compare();
        reading
    }

    fn next(&mut self, sealed: &Sealed) {
        if self.broken.is_some() {
            return;
        }
        match self.head.after(sealed, |it| Sha256::digest(it).into()) {
            Ok(head) => {
                self.head = head;
                self.entries += 1;
                self.compare();
            }
            Err(broken) => self.broken = Some(broken),
        }
    }

    /// Compares with what was noted of this point.
    fn compare(&mut self) {
        let here = self.known.iter().filter(|it| it.seq == self.head.seq);
        let hash = self.head.hash.to_string();
        self.changed.extend(here.filter(|it| it.sha256 != hash).map(|it| it.seq));
    }

    fn finish(&self, tenant: String, end: &Head) -> Verdict {
        let broken = self.broken.or_else(|| self.head.ends_at(end).err());
        let beyond = self.known.iter().filter(|it| self.head.seq < it.seq).map(|it| it.seq);
        let changed: Vec<u64> = self.changed.iter().copied().chain(beyond).collect();
        let forgotten = self.known.iter().filter(|it| it.seq < self.anchor.seq);
        Verdict {
            tenant,
            entries: self.entries,
            forgotten: self.anchor.seq,
            end: format!("{}:{}", self.head.seq, self.head.hash),
            broken: broken.map(|it| it.to_string()),
            changed: if broken.is_some() { self.changed.clone() } else { changed },
            unproved: forgotten.map(|it| it.seq).collect(),
        }
    }
}

/// An entry as it was sealed. What it says of the chain of all tenants is not
/// told, and not needed.
fn sealed(it: v1::AuditEntry) -> Result<Sealed, Failure> {
    let tenant = match it.tenant.as_str() {
        "" => None,
        name => Some(name.parse().map_err(|err| senseless(&err))?),
    };
    let at = optional("at", it.at).map_err(|err| senseless(&err))?;
    let entry = AuditEntry {
        at: whole(at)?,
        tenant,
        actor: it.actor,
        action: it.action,
        object: it.object,
        detail: it.detail,
    };
    Ok(Sealed {
        entry,
        denied: it.denied,
        seq: it.seq,
        previous: hash(&it.previous_sha256)?,
        hash: hash(&it.sha256)?,
        whole: Hash::START,
    })
}

fn head(it: v1::AuditHead) -> Result<Head, Failure> {
    Ok(Head { seq: it.seq, hash: hash(&it.sha256)? })
}

fn hash(text: &str) -> Result<Hash, Failure> {
    text.parse().map_err(|err| senseless(&err))
}

fn senseless(err: &(dyn std::error::Error + 'static)) -> Failure {
    let message = format!("the collector's answer makes no sense: {}", remit_shared::Chain(err));
    Failure::new(Kind::Failed, message).hint("see whether this `remit` is as new as the collector")
}
