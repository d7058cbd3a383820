//! Classes of matters that a set of rows cannot tell apart.

use std::collections::BTreeSet;

use remit_shared::{EndpointKind, Function, Site};

use crate::matrix::{EndpointRef, Matrix, Scope, scope::admits};

/// One class: a function on endpoints of one kind at one site. They carry no
/// more tags, and the matter is no more urgent, than the rows ask for.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) function: Function,
    /// `None` if the matrix lists no sites.
    pub(super) site: Option<Site>,
    pub(super) kind: EndpointKind,
    /// `None` for endpoints that no row names.
    endpoint: Option<EndpointRef>,
}

impl Case {
    /// Whether a scope is about this class, tags, severity and hours aside.
    pub(super) fn lies_in(&self, scope: &Scope) -> bool {
        let named =
            |it: &Option<EndpointRef>| it.as_ref().is_some_and(|it| scope.endpoints.contains(it));
        admits(&scope.functions, &self.function)
            && admits_known(&scope.sites, self.site.as_ref())
            && admits(&scope.kinds, &self.kind)
            && (scope.endpoints.is_empty() || named(&self.endpoint))
    }
}

/// Every function on every kind at every site, on endpoints that no row names.
pub(super) fn plain_cases(matrix: &Matrix) -> impl Iterator<Item = Case> {
    let sites = listed(matrix);
    matrix.known_functions().flat_map(move |function| {
        let kinds = EndpointKind::ALL.iter();
        let at = kinds.flat_map(|kind| sites.iter().map(move |site| (*kind, site.clone())));
        let case = |(kind, site)| Case { function: function.clone(), site, kind, endpoint: None };
        at.map(case).collect::<Vec<_>>()
    })
}

fn listed(matrix: &Matrix) -> Vec<Option<Site>> {
    match matrix.sites.is_empty() {
        true => vec![None],
        false => matrix.sites.iter().map(|it| Some(it.name.clone())).collect(),
    }
}

/// One case of every class in a scope that `others` can tell apart.
pub(super) fn cases(matrix: &Matrix, scope: &Scope, others: &[&Scope]) -> Vec<Case> {
    let functions = match scope.functions.is_empty() {
        true => matrix.known_functions().collect(),
        false => scope.functions.iter().cloned().collect(),
    };
    let functions = classes(functions, others, |it, function| admits(&it.functions, function));
    let sites = match scope.sites.is_empty() {
        true => listed(matrix),
        false => scope.sites.iter().cloned().map(Some).collect(),
    };
    let sites = classes(sites, others, |it, site| admits_known(&it.sites, site.as_ref()));
    let kinds = match scope.kinds.is_empty() {
        true => EndpointKind::ALL.to_vec(),
        false => scope.kinds.iter().copied().collect(),
    };
    let kinds = classes(kinds, others, |it, kind| admits(&it.kinds, kind));
    let endpoints = match scope.endpoints.is_empty() {
        true => vec![None],
        false => scope.endpoints.iter().cloned().map(Some).collect(),
    };
    let endpoints =
        classes(endpoints, others, |it, endpoint| admits_known(&it.endpoints, endpoint.as_ref()));

    let mut cases = Vec::new();
    for function in &functions {
        for site in &sites {
            for kind in &kinds {
                cases.extend(endpoints.iter().map(|endpoint| Case {
                    function: function.clone(),
                    site: site.clone(),
                    kind: *kind,
                    endpoint: endpoint.clone(),
                }));
            }
        }
    }
    cases
}

/// The first of all values that the same scopes admit.
fn classes<T>(values: Vec<T>, scopes: &[&Scope], admits: impl Fn(&Scope, &T) -> bool) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let admitting = |value: &T| scopes.iter().map(|it| admits(it, value)).collect::<Vec<_>>();
    values.into_iter().filter(|it| seen.insert(admitting(it))).collect()
}

/// As [`admits`], where what is named nowhere is admitted by no choice.
fn admits_known<T: Ord>(choice: &BTreeSet<T>, value: Option<&T>) -> bool {
    choice.is_empty() || value.is_some_and(|it| choice.contains(it))
}
