//! What many alerts may have in common.

use std::{collections::BTreeMap, fmt, sync::Arc};

use remit_shared::{Site, Tenant};

use crate::group::{Item, Key};

/// Fewer alerts have nothing in common but chance.
const LEAST: usize = 3;

/// What two thirds of them or more share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// One endpoint.
    Endpoint {
        /// Its name.
        hostname: String,
        /// How many.
        count: usize,
    },
    /// One check at one site.
    CheckAtSite {
        /// The check.
        check: Arc<str>,
        /// The site.
        site: Site,
        /// How many.
        count: usize,
    },
    /// One site.
    Site {
        /// The site.
        site: Site,
        /// How many.
        count: usize,
    },
    /// One check, at several sites.
    Check {
        /// The check.
        check: Arc<str>,
        /// How many.
        count: usize,
    },
}

impl Cause {
    /// What most alerts share, the narrowest first.
    pub(super) fn of(items: &[(Key, Item)]) -> Option<Self> {
        let most = |count: usize| items.len() >= LEAST && count * 3 >= items.len() * 2;
        let (endpoint, count) = top(items.iter().map(|it| it.1.endpoint))?;
        if most(count) {
            let item = items.iter().find(|it| it.1.endpoint == endpoint)?;
            return Some(Self::Endpoint { hostname: item.1.hostname.clone(), count });
        }
        let place = |it: &(Key, Item)| (it.0.tenant.clone(), it.0.site.clone());
        let both = items.iter().map(|it| (place(it), Arc::clone(&it.0.class)));
        if let Some((((_, site), check), count)) = top(both).filter(|it| most(it.1)) {
            return Some(Self::CheckAtSite { check, site, count });
        }
        let sites = items.iter().map(place);
        let site: Option<((Tenant, Site), usize)> = top(sites).filter(|it| most(it.1));
        if let Some(((_, site), count)) = site {
            return Some(Self::Site { site, count });
        }
        let (check, count) = top(items.iter().map(|it| Arc::clone(&it.0.class)))?;
        most(count).then_some(Self::Check { check, count })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { hostname, count } => write!(f, "{count} are about {hostname}"),
            Self::CheckAtSite { check, site, count } => {
                write!(f, "{count} are {check} at site {site}")
            }
            Self::Site { site, count } => write!(f, "{count} are at site {site}"),
            Self::Check { check, count } => write!(f, "{count} are {check}, at several sites"),
        }
    }
}

/// What occurs most often, and how often; the smallest of several.
pub(super) fn top<T: Ord>(all: impl Iterator<Item = T>) -> Option<(T, usize)> {
    ranking(all).into_iter().next()
}

/// Everything that occurs, most often first.
pub(super) fn ranking<T: Ord>(all: impl Iterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for it in all {
        *counts.entry(it).or_default() += 1;
    }
    let mut counts: Vec<(T, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|it| std::cmp::Reverse(it.1));
    counts
}
