//! Rows, and which of them is the catch-all.

use jiff::civil::Date;
use remit_collector_domain::matrix::{Authority, Duty, Escalation, Row, Scope, When};
use remit_shared::{Severity, Team};
use toml::Spanned;

use crate::{
    convert::{MOST_ROWS, Reader, Spot, plain, words},
    raw::{List, RawRow, Words},
};

const CATCH_ALL: &str = "there is no catch-all: add a row with `function = \"*\"` and no other condition, so that no alert is ever ownerless";

impl Reader<'_> {
    /// The rows, the catch-all, and where in the file the catch-all stands.
    pub(super) fn rows(&mut self, raw: &[Spanned<RawRow>]) -> Option<(Vec<Row>, Row, usize)> {
        if MOST_ROWS < raw.len() {
            let at = Spot { path: "row".to_owned(), offset: raw[MOST_ROWS].span().start };
            self.refuse("too-many", &at, format!("there are more than {MOST_ROWS} rows"));
            return None;
        }
        let spot = |index: usize| Spot {
            path: format!("row[{}]", index + 1),
            offset: raw[index].span().start,
        };
        // What an uncovered row leaves open is the catch-all's, so that is
        // read first.
        let all = raw.iter().map(Spanned::get_ref).enumerate();
        let (uncovered, named): (Vec<_>, Vec<_>) =
            all.partition(|(_, it)| it.uncovered == Some(true));
        let mut rows: Vec<(usize, Row)> = Vec::new();
        let mut catch_all: Option<(usize, Row)> = None;
        let mut is_complete = true;
        for (index, it) in named {
            let at = spot(index);
            match (self.row(it, &at), &catch_all) {
                (None, _) => is_complete = false,
                (Some(row), None) if row.scope == Scope::everything() => {
                    catch_all = Some((index, row));
                }
                (Some(row), Some((_, first))) if row.scope == Scope::everything() => {
                    let message = format!(
                        "row `{}` is a second catch-all beside `{}`: there is exactly one",
                        row.id, first.id
                    );
                    self.refuse("catch-all", &at.key("function"), message);
                }
                (Some(row), _) => rows.push((index, row)),
            }
        }
        for (index, it) in uncovered {
            let net = catch_all.as_ref().map(|(_, it)| &it.duty);
            rows.extend(self.uncovered(it, &spot(index), net).map(|it| (index, it)));
        }
        rows.sort_by_key(|(index, _)| *index);
        match catch_all {
            Some((index, row)) => Some((rows.into_iter().map(|(_, it)| it).collect(), row, index)),
            None => {
                // It may be the very row that could not be read.
                if is_complete {
                    let at = Spot { path: "row".to_owned(), offset: 0 };
                    self.refuse("catch-all", &at, CATCH_ALL);
                }
                None
            }
        }
    }

    fn row(&mut self, raw: &RawRow, at: &Spot) -> Option<Row> {
        let id = self.required(&raw.id, &at.key("id"), "the row's name, like `lob-nights`");
        let scope = self.scope(raw, at);
        let responsible = self.one(
            &raw.responsible,
            &at.key("responsible"),
            "names nobody responsible: one team acts",
            "one team is responsible: name the first here and the rest in `others`",
        );
        let accountable = self.one(
            &raw.accountable,
            &at.key("accountable"),
            "names nobody accountable: exactly one team answers for it",
            "exactly one team is accountable: name one here, the others in `consulted` or `informed`",
        );
        if let Some(it) = &raw.accepted_by {
            let message = "only a row with `uncovered = true` is accepted by somebody";
            self.refuse("uncovered", &at.key("accepted_by").at(it), message);
        }
        let others = self.all(&raw.others, &at.key("others"));
        let consulted = self.all(&raw.consulted, &at.key("consulted"));
        let informed = self.all(&raw.informed, &at.key("informed"));
        let authority = Authority {
            approve_change: self.some(&raw.approve_change, &at.key("approve_change")),
            approve_security: self.some(&raw.approve_security, &at.key("approve_security")),
            declare_known_issue: self
                .some(&raw.declare_known_issue, &at.key("declare_known_issue")),
        };
        let escalation = self.escalation(raw, at);
        let sla = self.optional(&raw.sla, &at.key("sla"));
        let reviewed = self.reviewed(raw, at);
        let duty = Duty {
            responsible: responsible?,
            others,
            accountable: accountable?,
            consulted,
            informed,
            authority,
            runbook: plain(&raw.runbook),
            escalation,
            sla,
        };
        let (id, scope, title) = (id?, scope?, plain(&raw.title));
        let priority = raw.priority.unwrap_or_default();
        Some(Row { id, title, scope, duty, priority, reviewed, accepted_by: Vec::new() })
    }

    /// A row that says that nobody is named.
    fn uncovered(&mut self, raw: &RawRow, at: &Spot, net: Option<&Duty>) -> Option<Row> {
        let id = self.required(&raw.id, &at.key("id"), "the row's name, like `printers-nights`");
        let scope = self.scope(raw, at);
        let teams = [
            ("responsible", &raw.responsible),
            ("accountable", &raw.accountable),
            ("others", &raw.others),
            ("consulted", &raw.consulted),
            ("informed", &raw.informed),
            ("approve_change", &raw.approve_change),
            ("approve_security", &raw.approve_security),
            ("declare_known_issue", &raw.declare_known_issue),
            ("escalate", &raw.escalate),
        ];
        for (key, it) in teams.into_iter().filter_map(|(key, it)| Some((key, it.as_ref()?))) {
            let message = format!("an uncovered row names nobody: leave `{key}` out");
            self.refuse("uncovered", &at.key(key).at(it), message);
        }
        for (key, it) in [("policy", &raw.policy), ("sla", &raw.sla)] {
            if let Some(it) = it {
                let message = format!("an uncovered row promises nothing: leave `{key}` out");
                self.refuse("uncovered", &at.key(key).at(it), message);
            }
        }
        let accepted_by: Vec<Team> = self.all(&raw.accepted_by, &at.key("accepted_by"));
        if accepted_by.is_empty() {
            let message =
                "nobody accepts that it is uncovered: name the accountable team of each party";
            self.refuse("uncovered", &at.key("accepted_by"), message);
        }
        if scope.as_ref().is_some_and(|it| *it == Scope::everything()) {
            let message = "the catch-all cannot be uncovered: it is who gets what nobody has";
            self.refuse("uncovered", &at.key("uncovered"), message);
        }
        let reviewed = self.reviewed(raw, at);
        let mut duty = net?.clone();
        if raw.runbook.is_some() {
            duty.runbook = plain(&raw.runbook);
        }
        let (id, scope, title) = (id?, scope?, plain(&raw.title));
        let priority = raw.priority.unwrap_or_default();
        Some(Row { id, title, scope, duty, priority, reviewed, accepted_by })
    }

    fn escalation(&mut self, raw: &RawRow, at: &Spot) -> Escalation {
        match (&raw.policy, &raw.escalate) {
            (Some(_), Some(steps)) => {
                let message = "a row has a `policy` or steps of its own in `escalate`: drop one";
                self.refuse("escalation", &at.key("escalate").at(steps), message);
                Escalation::Shipped
            }
            (Some(_), None) => {
                let name = self.optional(&raw.policy, &at.key("policy"));
                name.map(Escalation::Policy).unwrap_or_default()
            }
            (None, Some(_)) => Escalation::Steps(self.all(&raw.escalate, &at.key("escalate"))),
            (None, None) => Escalation::Shipped,
        }
    }

    fn reviewed(&mut self, raw: &RawRow, at: &Spot) -> Option<Date> {
        let it = raw.reviewed.as_ref()?;
        self.date(it.get_ref(), &at.key("reviewed").at(it))
    }

    fn scope(&mut self, raw: &RawRow, at: &Spot) -> Option<Scope> {
        let named = words(&raw.function, &at.key("function"));
        let functions = match named.as_slice() {
            [("*", _)] => Some(Default::default()),
            [] => {
                let what = "is missing: name the function, a list of them, or `*` for every one";
                self.refuse("missing", &at.key("function"), what);
                None
            }
            [..] => Some(self.all(&raw.function, &at.key("function"))),
        };
        let min_severity = match &raw.min_severity {
            Some(_) => self.optional(&raw.min_severity, &at.key("min_severity")),
            None => Some(Severity::Info),
        };
        let when = match &raw.when {
            Some(_) => self.optional(&raw.when, &at.key("when")),
            None => Some(When::Always),
        };
        let scope = Scope {
            endpoints: self.some(&raw.endpoints, &at.key("endpoints")),
            sites: self.some(&raw.sites, &at.key("sites")),
            kinds: self.some(&raw.kinds, &at.key("kinds")),
            tags: self.some(&raw.tags, &at.key("tags")),
            functions: functions?,
            min_severity: min_severity?,
            when: when?,
        };
        Some(scope)
    }

    /// The one team that a key must name.
    fn one(&mut self, raw: &List, at: &Spot, missing: &str, several: &str) -> Option<Team> {
        match raw.as_ref().map(|it| (it, it.get_ref())) {
            None => self.refuse("missing", at, missing),
            Some((it, Words::One(text))) => return self.parsed(text, &at.at(it)),
            Some((it, Words::Many(_))) => self.refuse("not-one", &at.at(it), several),
        }
        None
    }
}
