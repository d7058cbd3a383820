//! The words of a digest.

use std::fmt::Display;

use crate::group::{
    Cause, Digest, Item, Key,
    cause::{ranking, top},
};

/// So many alerts are listed; the rest are counted.
const LISTED: usize = 20;

/// So many of each ranking are shown.
const RANKED: usize = 3;

impl Digest {
    /// One line.
    pub fn subject(&self) -> String {
        let shown = self.shown();
        let what = match (self.news.len(), self.over.len()) {
            (0, 0) => format!("{} STILL OPEN", shown.len()),
            (0, over) => format!("{over} RESOLVED"),
            (news, _) => format!("{news} {}", plural(news, "ALERT", "ALERTS")),
        };
        let about = match shown {
            [(_, only)] => format!("{}: {}", only.hostname, only.summary),
            _ => match Cause::of(shown) {
                Some(cause) => cause.to_string(),
                None => parts(shown.iter().map(|it| &it.0.class)),
            },
        };
        format!("[{what}] {about} ({})", self.tenant)
    }

    /// The rest: most of what, where and whose, and then the alerts.
    pub fn text(&self) -> String {
        let (news, over) = (self.news.len(), self.over.len());
        let mut lines = vec![format!("{news} new, {over} over, {} still open.", self.still_open)];
        let shown = self.shown();
        if shown.len() > 1 {
            lines.push(String::new());
            lines.push(format!("Checks:    {}", parts(shown.iter().map(|it| &it.0.class))));
            lines.push(format!("Endpoints: {}", parts(shown.iter().map(|it| &it.1.hostname))));
            lines.push(format!("Owners:    {}", parts(shown.iter().map(|it| &it.0.owner))));
        }
        if let Some(cause) = Cause::of(shown) {
            lines.push(format!("Probably one cause: {cause}, of {}.", shown.len()));
        }
        for (title, items) in
            [("New", &self.news), ("Over", &self.over), ("Still open", &self.standing)]
        {
            list(&mut lines, title, items);
        }
        lines.join("\n")
    }

    /// What the message is about first of all.
    fn shown(&self) -> &[(Key, Item)] {
        match (self.news.as_slice(), self.over.as_slice()) {
            ([], []) => &self.standing,
            ([], over) => over,
            (news, _) => news,
        }
    }

    /// What most of it has in common, if it is not one alert alone.
    pub fn cause(&self) -> Option<Cause> {
        Cause::of(self.shown())
    }

    /// The site that most of it is about.
    pub fn site(&self) -> Option<&str> {
        top(self.shown().iter().map(|it| it.0.site.as_str())).map(|it| it.0)
    }
}

fn list(lines: &mut Vec<String>, title: &str, items: &[(Key, Item)]) {
    if items.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("{title}:"));
    for (key, item) in items.iter().take(LISTED) {
        let Item { severity, hostname, summary, alert, .. } = item;
        lines.push(format!("- {severity} {hostname} ({}): {summary}", key.site));
        lines.push(format!("  {}, remit alert show {alert}", key.owner));
    }
    let more = items.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
}

/// The most frequent ones, with their counts.
fn parts<T: Ord + Display>(all: impl Iterator<Item = T>) -> String {
    let ranking = ranking(all);
    let shown = ranking.iter().take(RANKED).map(|(it, count)| format!("{it} {count}"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let rest: usize = ranking.iter().skip(RANKED).map(|it| it.1).sum();
    if rest == 0 { shown } else { format!("{shown}, others {rest}") }
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
