//! What somebody who knows the channels has to say about those that a matrix
//! names.

use remit_collector_domain::matrix::{
    ChannelRef,
    lint::{Grade, Place, Table},
};

use crate::{MatrixFile, Remark, locate::Map};

/// What there is to say about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRemark {
    /// What sort of thing it is, stable: `no-channel`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would be right; may be several lines.
    pub suggestion: String,
}

impl MatrixFile {
    /// Warns of channels, once for each place that names one. `say` knows what
    /// a matrix cannot: what is set up, and what was tried.
    pub fn remark_channels(
        &self,
        say: impl Fn(&ChannelRef) -> Option<ChannelRemark>,
    ) -> Vec<Remark> {
        let map = Map::new(&self.text);
        let teams = self.matrix.teams.iter().map(|it| &it.notify).enumerate();
        let teams =
            teams.map(|(index, it)| (Place { table: Table::Team, index, key: "notify" }, it));
        // Whoever cannot be called at all is another matter.
        let persons = self.matrix.persons.iter().enumerate().filter(|(_, it)| !it.disabled);
        let persons = persons
            .map(|(index, it)| (Place { table: Table::Person, index, key: "notify" }, &it.notify));
        let named =
            teams.chain(persons).flat_map(|(place, it)| it.iter().map(move |it| (place, it)));
        let remarks = named.filter_map(|(place, channel)| {
            let ChannelRemark { code, message, suggestion } = say(channel)?;
            let (line, key) = self.locate(&map, place);
            let file = self.name.clone();
            Some(Remark { file, line, key, grade: Grade::Warning, code, message, suggestion })
        });
        remarks.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{STARTER, read};

    #[test]
    fn a_remark_about_a_channel_has_the_line_that_names_it() {
        let file = read("acme.toml", STARTER).unwrap();
        let remarks = file.remark_channels(|it| {
            let message = format!("`{it}` is not there");
            (it.to_string() == "email:noc@provider.example").then(|| ChannelRemark {
                code: "no-channel",
                message,
                suggestion: String::new(),
            })
        });
        let [remark, ..] = remarks.as_slice() else { panic!("the starter names that channel") };
        let line = STARTER.lines().nth(remark.line as usize - 1).unwrap();
        assert!(line.contains("email:noc@provider.example"), "{remark}: {line}");
        assert!(remark.key.ends_with(".notify"), "{remark}");
    }
}
