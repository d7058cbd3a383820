//! `remit operator …`

use remit_proto::v1;
use remit_runtime::{
    credential::Credential,
    tls::{KeyRequest, certificates_to_pem},
};

use super::whole;
use crate::{
    args::{
        Global,
        operator::{Command, Create},
    },
    client::{PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::operator::{Created, Operator, Operators},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::Create(asked) => create(asked, global, out).await?,
        Command::List => {
            let client = global.connect().await?;
            let operators = pages(None, async |page_token| {
                let request = v1::ListOperatorsRequest { page_size: PAGE, page_token };
                let page = client.call(client.operators().list_operators(request)).await?;
                Ok((page.operators, page.next_page_token))
            });
            let operators = operators.await?.into_iter().map(Into::into).collect();
            out.show(&Operators { operators })?;
        }
        Command::Revoke { operator } => {
            let client = global.connect().await?;
            let operator_id = find::operator(&client, &operator).await?;
            let request = v1::RevokeOperatorRequest { operator_id };
            let answer = client.call(client.operators().revoke_operator(request)).await?;
            out.show(&Operator::from(whole(answer.operator)?))?;
        }
    }
    Ok(Exit::OK)
}

async fn create(asked: Create, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    let path = asked.out;
    // Looked at first: nobody should exist whose credential cannot be kept.
    if path.exists() && !asked.force {
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .hint("name another file, or overwrite it with --force"));
    }
    let key = KeyRequest::new()?;
    let client = global.connect().await?;
    let request = v1::CreateOperatorRequest {
        name: asked.name,
        role: asked.role.into(),
        party: asked.party.into(),
        teams: asked.team,
        tenants: global.tenant.clone(),
        csr: key.csr.clone(),
    };
    let answer = client.call(client.operators().create_operator(request)).await?;
    let operator = whole(answer.operator)?;
    let credential = Credential {
        collector: client.credential.collector.clone(),
        operator_id: operator.operator_id.clone(),
        name: operator.name.clone(),
        ca: certificates_to_pem(&answer.ca_roots),
        certificate: certificates_to_pem(&answer.certificate_chain),
        key: key.key_pem(),
    };
    credential.write(&path).map_err(|err| {
        let undo = format!("undo it with `remit operator revoke {}`", operator.operator_id);
        Failure::from(err).hint(undo)
    })?;
    out.show(&Created { operator: operator.into(), credential: path.display().to_string() })
}
