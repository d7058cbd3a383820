//! For a spreadsheet: one span, or one value, a line.

use super::History;
use crate::view::time::Time;

impl History {
    /// The history as CSV, with a line of headings.
    pub(crate) fn csv(&self) -> String {
        let is_raw = self.step().is_none();
        let mut text = String::from(if is_raw {
            "endpoint,metric,instance,unit,at,value\n"
        } else {
            "endpoint,metric,instance,unit,from,min,mean,max,reports,seconds\n"
        });
        for it in &self.series {
            let unit = it.unit.unwrap_or_default();
            let names = [&self.endpoint, &it.metric, &it.instance].map(|it| field(it)).join(",");
            for point in &it.points {
                let value = point.value.map(|it| it.to_string()).unwrap_or_default();
                text += &format!("{names},{unit},{},{value}\n", shown(point.at));
            }
            for rollup in &it.rollups {
                text += &format!(
                    "{names},{unit},{},{},{},{},{},{}\n",
                    shown(rollup.begin),
                    rollup.min,
                    rollup.mean,
                    rollup.max,
                    rollup.count,
                    rollup.held_seconds
                );
            }
        }
        text
    }
}

fn shown(at: Option<Time>) -> String {
    at.map(|it| it.to_string()).unwrap_or_default()
}

/// A name, quoted if need be. Spreadsheets run what begins like a formula; an
/// apostrophe in front makes it text.
fn field(text: &str) -> String {
    let text = match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
