//! `remit sla …`

use remit_proto::v1;

use super::whole;
use crate::{
    args::{Global, sla::Command},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::sla::AlertSla,
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::Show { alert } => {
            let client = global.connect().await?;
            let alert_id = find::alert(&client, &alert).await?;
            let request = v1::GetAlertSlaRequest { alert_id };
            let answer = client.call(client.alerts().get_alert_sla(request)).await?;
            out.show(&AlertSla::from(whole(answer.sla)?))?;
            Ok(Exit::OK)
        }
    }
}
