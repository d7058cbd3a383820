//! `remit oncall` and `remit contact …`

use remit_proto::{convert::Wire as _, v1};

use super::{seconds, whole};
use crate::{
    args::{
        Global,
        people::{self as args, OnCall},
    },
    failure::{Exit, Failure},
    out::Out,
    view::people::{Contact, Contacts, Duty},
};

/// Who picks up.
pub(super) async fn on_call(
    asked: OnCall,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let at = asked.at.map(|it| it.in_zone(&out.zone)).transpose()?;
    let ahead_seconds = seconds(asked.ahead)?;
    let client = global.connect().await?;
    let tenant = global.one_tenant(&client).await?;
    let request = v1::GetOnCallRequest { tenant, at: at.map(|it| it.to_wire()), ahead_seconds };
    let answer = client.call(client.matrices().get_on_call(request)).await?;
    let duty = Duty { rotas: answer.rotas.into_iter().map(Into::into).collect() };
    out.show(&duty)?;
    Ok(if duty.has_gaps() { Exit::NOT_WELL } else { Exit::OK })
}

/// Whether people can be reached.
pub(super) async fn contact(
    command: args::Contact,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let tenant = global.one_tenant(&client).await?;
    match command {
        args::Contact::List { unverified } => {
            let request = v1::ListContactsRequest { tenant, unverified };
            let answer = client.call(client.contacts().list_contacts(request)).await?;
            let contacts: Vec<_> = answer.contacts.into_iter().map(Into::into).collect();
            let is_well = !unverified || contacts.is_empty();
            out.show(&Contacts { contacts })?;
            return Ok(if is_well { Exit::OK } else { Exit::NOT_WELL });
        }
        args::Contact::Verify { channel } => {
            let request = v1::SendVerificationRequest { tenant, channel };
            let answer = client.call(client.contacts().send_verification(request)).await?;
            out.show(&Contact::from(whole(answer.contact)?))?;
        }
        args::Contact::Confirm { channel, code } => {
            let request = v1::ConfirmVerificationRequest { tenant, channel, code };
            let answer = client.call(client.contacts().confirm_verification(request)).await?;
            out.show(&Contact::from(whole(answer.contact)?))?;
        }
    }
    Ok(Exit::OK)
}
