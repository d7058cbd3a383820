//! Tries out, on what was recorded, what would make a check quieter or louder.
//!
//! It decides nothing: what to try, what it would have meant and whether that is
//! worth it is the domain's [`tuning`]. What comes out is a matrix's text, for
//! people to agree on.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    calendar,
    detect::{CHECKS, OverrideError, Rules},
    endpoint::Endpoint,
    matrix::{CheckOverride, Scope, nearest},
    noise::{self, Narrow, Past},
    tuning::{self, Comparison, Knob, Proposal, Recording, Refusal, Wish, WishError},
};
use remit_matrix_file::{EditError, MatrixFile, Refused};
use remit_shared::{EndpointId, Unit};

use crate::{
    adapters::matrices::InForce,
    morning::office,
    ports::{
        directory::subject,
        store::{Store, StoreError},
    },
    reports::of,
};

/// So many series are replayed at most, those with alerts first.
const MOST_SERIES: usize = 60;
/// So many changes of each are read.
const MOST_POINTS: usize = 50_000;
/// How often a value is taken to have been measured; limits hold for longer.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The check.
    pub check: String,
    /// On which endpoints, by their ids.
    pub on: Scope,
    /// What of it; whatever seems to help, if nobody said.
    pub knob: Option<Knob>,
    /// Which value; one that seems to help, if nobody said.
    pub value: Option<String>,
    /// What is tried: from then on.
    pub since: Timestamp,
    /// Why, if somebody said.
    pub why: Option<String>,
}

/// A proposal, and what would have been with it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What could be different.
    pub proposal: Proposal,
    /// What holds now, in words.
    pub before: String,
    /// What would hold, in words.
    pub after: String,
    /// The matrix's text with it; none if the matrix stays as it is.
    pub text: Option<String>,
    /// The alerts it was tried on.
    pub past: Vec<Past>,
    /// What would have become of them, if readings tell.
    pub compared: Option<Comparison>,
    /// Why it should not be done.
    pub refusal: Option<Refusal>,
    /// What it was tried on is not all there is.
    pub caveats: Vec<String>,
}

/// Why nothing can be tried.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// There is no such check, but another.
    #[error("there is no check `{0}`: did you mean `{1}`?")]
    NoCheck(String, String),
    /// It is somebody else's.
    #[error(
        "`{0}` is another system's: it is tuned there; what need not be told is a known issue here"
    )]
    OtherSystem(String),
    /// What is wanted makes no sense.
    #[error(transparent)]
    Wish(#[from] WishError),
    /// What is wanted makes no sense beside what the matrix says.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// The matrix in force cannot be read.
    #[error("the matrix in force is not readable")]
    Matrix(#[from] Refused),
    /// The matrix in force cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was recorded of one endpoint.
struct Recorded {
    endpoint: Arc<Endpoint>,
    recordings: Vec<Recording>,
}

/// Everything that a proposal is tried on.
struct Trial {
    file: MatrixFile,
    past: Vec<Past>,
    recorded: Vec<Recorded>,
    unit: Option<Unit>,
    caveats: Vec<String>,
}

/// Tries out what is asked for, or what seems to help; the best first.
pub async fn tune<S: Store>(
    store: &S,
    in_force: &InForce,
    asked: Asked,
    now: Timestamp,
) -> Result<Vec<Tried>, TuneError> {
    let common = in_force.matrix.common_rules()?;
    is_tunable(&asked.check, asked.knob)?;
    let trial = trial(store, in_force, &asked, &common, now).await?;
    let proposals = match (asked.knob, &asked.value) {
        (Some(knob), Some(value)) => {
            let wished = tuning::wish(&asked.check, &asked.on, knob, value, trial.unit, &common)?;
            let because = asked.why.clone().unwrap_or_else(|| wished.because.clone());
            vec![Proposal { because, ..wished }]
        }
        (knob, _) => propose(in_force, &asked, knob, &trial, &common),
    };
    let is_asked = asked.value.is_some();
    // What is replayed is much, and must not hold up anybody else.
    let work = move || {
        let tried = proposals.into_iter().map(|it| trial.attempt(it, &asked.check, &common));
        let useful = |it: &Tried| is_asked || it.refusal.is_none();
        tried.filter(|it| it.as_ref().is_ok_and(useful) || it.is_err()).collect()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(tried) => tried,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Whether there is such a check, and that of it which is to be tuned.
fn is_tunable(check: &str, knob: Option<Knob>) -> Result<(), TuneError> {
    if Rules::default().knows(check).is_some() {
        return Ok(());
    }
    // Other systems' checks have the system's name in front.
    if check.contains(':') {
        return match knob {
            None | Some(Knob::Suppression) => Ok(()),
            Some(Knob::Threshold | Knob::Hold | Knob::Severity) => {
                Err(TuneError::OtherSystem(check.to_owned()))
            }
        };
    }
    Err(match nearest(check, CHECKS.iter().map(|it| it.check)) {
        Some(near) => TuneError::NoCheck(check.to_owned(), near.to_owned()),
        None => OverrideError::UnknownCheck(check.to_owned()).into(),
    })
}

/// What seems to help, by what people made of the check's alerts.
fn propose(
    in_force: &InForce,
    asked: &Asked,
    knob: Option<Knob>,
    trial: &Trial,
    common: &Rules,
) -> Vec<Proposal> {
    let entries = noise::report(&trial.past, office(&in_force.matrix));
    let mut proposals: Vec<Proposal> = Vec::new();
    for entry in &entries {
        let endpoint = match &entry.narrow {
            Some(Narrow::Endpoint(id)) => trial.recorded.iter().find(|it| it.endpoint.id() == *id),
            Some(Narrow::Instance(_) | Narrow::Site(_)) | None => None,
        };
        let rules =
            endpoint.map(|it| in_force.matrix.rules_for(&subject(&it.endpoint.registration)));
        for mut it in tuning::propose(entry, rules.as_ref().unwrap_or(common)) {
            narrow(&mut it.wish, &asked.on);
            let is_wanted = knob.is_none_or(|knob| it.wish.knob() == knob);
            if is_wanted && !proposals.iter().any(|known| known.wish == it.wish) {
                proposals.push(it);
            }
        }
    }
    proposals
}

/// What is said of everything is meant for what was asked about.
fn narrow(wish: &mut Wish, on: &Scope) {
    match wish {
        Wish::Limits(it) | Wish::Severity(it) if !it.is_narrowed() => it.on = on.clone(),
        Wish::Limits(_) | Wish::Severity(_) | Wish::KnownIssue(_) => {}
    }
}

async fn trial<S: Store>(
    store: &S,
    in_force: &InForce,
    asked: &Asked,
    common: &Rules,
    now: Timestamp,
) -> Result<Trial, TuneError> {
    let tenant = &in_force.matrix.tenant;
    let is_meant = |it: &Endpoint| {
        let registration = &it.registration;
        registration.tenant == *tenant
            && registration.is_in_service()
            && asked.on.includes(&subject(registration))
    };
    let endpoints: BTreeMap<EndpointId, Arc<Endpoint>> =
        of(store, is_meant).await?.into_iter().map(|it| (it.id(), it)).collect();
    let is_of = |it: &Alert| {
        *it.about.check == *asked.check
            && it.opened_at >= asked.since
            && endpoints.contains_key(&it.about.endpoint)
    };
    let mut past: Vec<Past> = of(store, is_of).await?.iter().map(|it| Past::of(it)).collect();
    let (recorded, caveats) = match common.threshold(&asked.check) {
        Some(limits) => {
            let metric = limits.metric;
            record(store, endpoints.into_values(), metric, &past, asked.since, now).await?
        }
        None => (Vec::new(), Vec::new()),
    };
    for it in &mut past {
        it.peak = peak(it, &recorded);
    }
    let unit = recorded.iter().flat_map(|it| &it.recordings).map(|it| it.series.unit).next();
    let name = format!("{tenant}.toml");
    let file = remit_matrix_file::read(&name, &in_force.published.text)?;
    Ok(Trial { file, past, recorded, unit, caveats })
}

/// The readings of a metric, and what is missing of them.
async fn record<S: Store>(
    store: &S,
    endpoints: impl Iterator<Item = Arc<Endpoint>>,
    metric: &str,
    past: &[Past],
    since: Timestamp,
    now: Timestamp,
) -> Result<(Vec<Recorded>, Vec<String>), StoreError> {
    let alerts = |id| past.iter().filter(|it| it.about.endpoint == id).count();
    let mut endpoints: Vec<Arc<Endpoint>> = endpoints.collect();
    endpoints.sort_by_key(|it| (std::cmp::Reverse(alerts(it.id())), it.id()));
    let (mut recorded, mut count, mut left_out, mut cut, mut oldest) = (Vec::new(), 0, 0, 0, since);
    for endpoint in endpoints {
        let mut recordings = Vec::new();
        let series = endpoint.layout.series.iter().map(|it| &it.1);
        for series in series.filter(|it| &*it.metric == metric) {
            if count == MOST_SERIES {
                left_out += 1;
                continue;
            }
            count += 1;
            let id = endpoint.id();
            let values = store.history(id, series, since, now, MOST_POINTS).await?;
            cut += usize::from(values.len() == MOST_POINTS);
            let until =
                values.last().filter(|_| values.len() == MOST_POINTS).map_or(now, |it| it.0);
            oldest = oldest.max(values.first().map_or(now, |it| it.0));
            let series = series.clone();
            recordings.push(Recording { endpoint: id, series, every: EVERY, values, until });
        }
        if !recordings.is_empty() {
            recorded.push(Recorded { endpoint, recordings });
        }
    }
    let missing = oldest.duration_since(since) > SignedDuration::from_hours(1);
    let caveats = [
        missing.then(|| format!("not all readings go back further than {oldest:.0}")),
        (left_out > 0).then(|| format!("{left_out} series with fewer alerts were left out")),
        (cut > 0).then(|| format!("{cut} series change so often that their end was left out")),
    ];
    Ok((recorded, caveats.into_iter().flatten().collect()))
}

/// The worst value while something was an alert, and just before.
fn peak(past: &Past, recorded: &[Recorded]) -> Option<i64> {
    let of = recorded.iter().find(|it| it.endpoint.id() == past.about.endpoint)?;
    let is_its = |it: &&Recording| it.series.instance == past.about.instance;
    let recording = of.recordings.iter().find(is_its)?;
    let end = past.closed_at.unwrap_or(Timestamp::MAX);
    let begin = recording.values.partition_point(|it| it.0 <= past.opened_at).saturating_sub(1);
    let during = recording.values.iter().skip(begin).take_while(|it| it.0 <= end);
    during.filter_map(|it| it.1).max()
}

impl Trial {
    fn attempt(&self, proposal: Proposal, check: &str, common: &Rules) -> Result<Tried, TuneError> {
        let wanted = proposal.wanted();
        let edit = |why: &str| wanted.as_ref().map(|it| self.file.with_check(it, why)).transpose();
        let compared = match (&proposal.wish, &edit("")?) {
            (Wish::Limits(wanted), Some(after)) => Some(self.replay(check, after, wanted)?),
            (Wish::Limits(_) | Wish::Severity(_) | Wish::KnownIssue(_), _) => None,
        };
        let refusal = tuning::decide(&proposal, compared.as_ref(), &self.past, false).err();
        // What speaks for it, and what does not, stays beside it in the matrix.
        let remarks = tuning::decide(&proposal, compared.as_ref(), &self.past, true);
        let because = [&proposal.because].into_iter().chain(&proposal.evidence).cloned();
        let edited =
            edit(&because.chain(remarks.unwrap_or_default()).collect::<Vec<_>>().join("; "))?;
        let (before, after) = proposal.wish.values(check, common, self.unit);
        Ok(Tried {
            before,
            after,
            text: edited.map(|it| it.text),
            past: self.past.clone(),
            caveats: if compared.is_some() { self.caveats.clone() } else { Vec::new() },
            compared,
            refusal,
            proposal,
        })
    }

    /// Plays what was recorded to the matrix as it is and as it would be.
    fn replay(
        &self,
        check: &str,
        after: &MatrixFile,
        wanted: &CheckOverride,
    ) -> Result<Comparison, OverrideError> {
        // A wish that contradicts what holds would be left out in silence.
        let common = self.file.matrix.checks.iter().filter(|it| !it.is_narrowed());
        Rules::with(common.chain([wanted]))?;
        let mut compared = Comparison::default();
        for Recorded { endpoint, recordings } in &self.recorded {
            let subject = subject(&endpoint.registration);
            if !wanted.on.includes(&subject) {
                continue;
            }
            let rules = [&self.file.matrix, &after.matrix].map(|it| it.rules_for(&subject));
            let mine = |it: &&Past| it.about.endpoint == subject.id;
            let past: Vec<Past> = self.past.iter().filter(mine).cloned().collect();
            compared = compared.and(tuning::replay(recordings, check, &rules[0], &rules[1], &past));
        }
        Ok(compared)
    }
}

impl Tried {
    /// How many messages came at night, and how many of them would still have.
    pub fn night(&self, office: Option<&calendar::Calendar>) -> (usize, usize) {
        let at_night = |it: &Past| {
            let shut = |at: &&Timestamp| office.is_some_and(|it| !calendar::is_open(it, **at));
            it.told_at.iter().filter(shut).count()
        };
        let before = self.past.iter().map(at_night).sum();
        let still = self.past.iter().filter(|it| !self.spares(it)).map(at_night).sum();
        (before, still)
    }

    /// How many alerts there were, and how many there would have been.
    pub fn alerts(&self) -> (usize, usize) {
        match &self.compared {
            Some(it) => (it.before, it.after),
            None => {
                let still = self.past.iter().filter(|it| !self.spares(it)).count();
                (self.past.len(), still)
            }
        }
    }

    /// Whether nobody would have been told of an alert.
    fn spares(&self, past: &Past) -> bool {
        let end = past.closed_at.unwrap_or(Timestamp::MAX);
        match (&self.proposal.wish, &self.compared) {
            (Wish::KnownIssue(matcher), _) => matcher.matches(&past.about),
            (Wish::Limits(_) | Wish::Severity(_), Some(compared)) => compared
                .vanished
                .iter()
                .any(|(id, it)| *id == past.about.endpoint && it.meets(past.opened_at, end)),
            (Wish::Limits(_) | Wish::Severity(_), None) => false,
        }
    }
}
