//! The audit trail.

use std::collections::BTreeMap;

use remit_collector_domain::audit::{Chains, Hash, Head, Sealed};
use remit_shared::Tenant;

use crate::adapters::sled::record::{
    Invalid,
    effect::AuditEntryRecordV1,
    form::{Form, form},
};

form! {
    SealedRecordV1 of Sealed {
        entry: AuditEntryRecordV1,
        denied: bool,
        seq: u64,
        previous: String,
        hash: String,
        whole: String,
    }

    HeadRecordV1 of Head {
        seq: u64,
        hash: String,
    }

    ChainsRecordV1 of Chains {
        whole: HeadRecordV1,
        each: BTreeMap<String, HeadRecordV1>,
    }
}

impl Form<Hash> for String {
    fn store(value: &Hash) -> Self {
        Form::store(&value.0)
    }

    fn load(self) -> Result<Hash, Invalid> {
        Form::<[u8; 32]>::load(self).map(Hash)
    }
}

/// Whose chain: no tenant has an empty name.
impl Form<Option<Tenant>> for String {
    fn store(value: &Option<Tenant>) -> Self {
        value.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn load(self) -> Result<Option<Tenant>, Invalid> {
        if self.is_empty() { Ok(None) } else { Form::<Tenant>::load(self).map(Some) }
    }
}
