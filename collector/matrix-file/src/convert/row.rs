//! Rows, and which of them is the catch-all.

use remit_collector_domain::matrix::{Duty, Row, Scope, When};
use remit_shared::{Severity, Team};
use toml::Spanned;

use crate::{
    convert::{MOST, Reader, Spot, plain, words},
    raw::{List, RawRow, Words},
};

const CATCH_ALL: &str = "there is no catch-all: add a row with `function = \"*\"` and no other condition, so that no alert is ever ownerless";

impl Reader<'_> {
    /// The rows, the catch-all, and where in the file the catch-all stands.
    pub(super) fn rows(&mut self, raw: &[Spanned<RawRow>]) -> Option<(Vec<Row>, Row, usize)> {
        if MOST < raw.len() {
            let at = Spot { path: "row".to_owned(), offset: raw[MOST].span().start };
            self.refuse("too-many", &at, format!("there are more than {MOST} rows"));
            return None;
        }
        let mut rows = Vec::new();
        let mut catch_all: Option<(usize, Row)> = None;
        let mut is_complete = true;
        for (index, it) in raw.iter().enumerate() {
            let at = Spot { path: format!("row[{}]", index + 1), offset: it.span().start };
            match (self.row(it.get_ref(), &at), &catch_all) {
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
                (Some(row), _) => rows.push(row),
            }
        }
        match catch_all {
            Some((index, row)) => Some((rows, row, index)),
            None => {
                // It may be the very row that could not be read.
                if is_complete {
                    self.refuse(
                        "catch-all",
                        &Spot { path: "row".to_owned(), offset: 0 },
                        CATCH_ALL,
                    );
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
        let others = self.all(&raw.others, &at.key("others"));
        let consulted = self.all(&raw.consulted, &at.key("consulted"));
        let informed = self.all(&raw.informed, &at.key("informed"));
        let escalate = self.all(&raw.escalate, &at.key("escalate"));
        let duty = Duty {
            responsible: responsible?,
            others,
            accountable: accountable?,
            consulted,
            informed,
            runbook: plain(&raw.runbook),
            escalate,
        };
        let priority = raw.priority.unwrap_or_default();
        Some(Row { id: id?, title: plain(&raw.title), scope: scope?, duty, priority })
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

    /// A list that restricts. An empty one would restrict nothing, which is
    /// the opposite of what it looks like.
    fn some<T, C>(&mut self, raw: &List, at: &Spot) -> C
    where
        T: std::str::FromStr<Err: std::error::Error + 'static>,
        C: FromIterator<T>,
    {
        if raw.is_some() && words(raw, at).is_empty() {
            self.refuse("empty", at, "is empty: leave it out if it does not matter");
        }
        self.all(raw, at)
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
