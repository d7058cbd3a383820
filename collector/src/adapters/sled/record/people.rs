//! Tokens, operators, the matrices that they publish, and their names under
//! what they agreed to.

use remit_collector_domain::{
    change::Signatory,
    enroll::{Given, Token, Use},
    matrix_version::{Published, Signature},
    operator::{Operator, Role},
};

use crate::adapters::sled::record::{
    endpoint::CertificateRecordV1,
    form::{form, words},
};

form! {
    TokenRecordV1 of Token {
        id: String,
        secret_sha256: String,
        tenant: String,
        site: String,
        kind: Option<String>,
        tags: Vec<String>,
        max_uses: u32,
        created_at: String,
        created_by: String,
        expires_at: String,
        revoked_at: Option<String>,
        uses: Vec<UseRecordV1>,
    }

    UseRecordV1 of Use {
        public_key_sha256: String,
        endpoint: String,
        at: String,
        given: Option<GivenRecordV1>,
    }

    GivenRecordV1 of Given {
        der: String,
        certificate: CertificateRecordV1,
    }

    OperatorRecordV1 of Operator {
        id: String,
        name: String,
        role: RoleRecordV1,
        party: String,
        teams: Vec<String>,
        tenants: Vec<String>,
        serial: String,
        not_after: String,
        created_at: String,
        revoked: Option<(String, String)>,
    }

    PublishedRecordV1 of Published {
        tenant: String,
        version: u64,
        text: String,
        sha256: String,
        published_at: String,
        published_by: String,
        note: String,
        previous_sha256: Option<String>,
        effective_from: String,
        change: Option<String>,
        signatures: Vec<SignatureRecordV1>,
    }

    SignatureRecordV1 of Signature {
        operator: String,
        name: String,
        party: String,
        at: String,
        sha256: String,
        signature: Option<String>,
    }

    SignatoryRecordV1 of Signatory {
        operator: String,
        name: String,
        party: String,
        role: RoleRecordV1,
    }
}

words! {
    RoleRecordV1 of Role {
        Administrator = "administrator",
        Manager = "manager",
        Operator = "operator",
        Auditor = "auditor",
        Viewer = "viewer",
    }
}
