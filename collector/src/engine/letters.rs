//! Notices that are no alert's, on their way to the teams.

use remit_collector_domain::{
    effect::Effect,
    letter::{Matter, Notice, address},
    operator::Operator,
};
use remit_shared::Clock;

use crate::{
    engine::Engine,
    ports::{
        directory::Directory,
        store::{Store, StoreError},
    },
};

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// What the record that these notices are about comes to owe for them.
    pub async fn letters(
        &self,
        notices: &[Notice],
        matter: Matter,
    ) -> Result<Vec<Effect>, StoreError> {
        if notices.is_empty() {
            return Ok(Vec::new());
        }
        let all = self.store.all::<Operator>().await?;
        let operators: Vec<_> = all.iter().map(|it| Operator::clone(&it.record)).collect();
        let now = self.clock.now();
        let letters = notices.iter().flat_map(|it| {
            let matrix = self.directory.people(&it.tenant).0;
            matrix.map(|matrix| address(it, matter, &matrix, &operators, now))
        });
        Ok(letters.flatten().collect())
    }
}
