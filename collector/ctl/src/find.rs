//! Full ids from the first characters of them, as tables show them.

mod records;

use remit_proto::v1;
use remit_shared::{AlertId, EndpointId, OperatorId, TokenId};

pub(crate) use self::records::{change, known_issue, some_known_issue, source, window};
use crate::{
    client::{Client, PAGE, pages},
    failure::{Failure, Kind},
};

/// The alerts that these stand for, each or why not.
pub(crate) async fn alerts(
    client: &Client,
    typed: &[String],
) -> Result<Vec<Result<String, Failure>>, Failure> {
    let typed: Vec<_> = typed.iter().map(|it| with_prefix("alr_", it)).collect();
    if typed.iter().all(|it| it.parse::<AlertId>().is_ok()) {
        return Ok(typed.into_iter().map(Ok).collect());
    }
    let all = pages(None, async |page_token| {
        let request = v1::ListAlertsRequest {
            include_resolved: true,
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.call(client.alerts().list_alerts(request)).await?;
        Ok((page.alerts.into_iter().map(|it| it.alert_id).collect(), page.next_page_token))
    });
    let all = all.await?;
    Ok(typed.into_iter().map(|it| pick("alert", it, &all)).collect())
}

/// The alert that this stands for.
pub(crate) async fn alert(client: &Client, typed: &str) -> Result<String, Failure> {
    let found = alerts(client, &[typed.to_owned()]).await?;
    found.into_iter().next().unwrap_or_else(|| Err(nothing("alert", typed)))
}

/// The endpoint that this stands for; a host name stands for itself.
pub(crate) async fn endpoint(client: &Client, typed: &str) -> Result<String, Failure> {
    if !typed.starts_with("end_") || typed.parse::<EndpointId>().is_ok() {
        return Ok(typed.to_owned());
    }
    let all = pages(None, async |page_token| {
        let request =
            v1::ListEndpointsRequest { page_size: PAGE, page_token, ..Default::default() };
        let page = client.call(client.endpoints().list_endpoints(request)).await?;
        Ok((page.endpoints.into_iter().map(|it| it.endpoint_id).collect(), page.next_page_token))
    });
    pick("endpoint", typed.to_owned(), &all.await?)
}

/// The endpoint of a filter; empty for none.
pub(crate) async fn some_endpoint(client: &Client, typed: Option<&str>) -> Result<String, Failure> {
    match typed {
        Some(typed) => endpoint(client, typed).await,
        None => Ok(String::new()),
    }
}

/// The token that this stands for.
pub(crate) async fn token(client: &Client, typed: &str) -> Result<String, Failure> {
    let typed = with_prefix("tok_", typed);
    if typed.parse::<TokenId>().is_ok() {
        return Ok(typed);
    }
    let all = pages(None, async |page_token| {
        let request = v1::ListTokensRequest {
            include_ended: true,
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.call(client.tokens().list_tokens(request)).await?;
        Ok((page.tokens.into_iter().map(|it| it.token_id).collect(), page.next_page_token))
    });
    pick("token", typed, &all.await?)
}

/// The operator that this stands for.
pub(crate) async fn operator(client: &Client, typed: &str) -> Result<String, Failure> {
    let typed = with_prefix("opr_", typed);
    if typed.parse::<OperatorId>().is_ok() {
        return Ok(typed);
    }
    let all = pages(None, async |page_token| {
        let request = v1::ListOperatorsRequest { page_size: PAGE, page_token };
        let page = client.call(client.operators().list_operators(request)).await?;
        Ok((page.operators.into_iter().map(|it| it.operator_id).collect(), page.next_page_token))
    });
    pick("operator", typed, &all.await?)
}

fn with_prefix(prefix: &str, typed: &str) -> String {
    let has_one = typed.get(3..4) == Some("_");
    if has_one { typed.to_owned() } else { format!("{prefix}{typed}") }
}

fn pick(what: &str, typed: String, all: &[String]) -> Result<String, Failure> {
    let mut fitting = all.iter().filter(|it| it.starts_with(&typed));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.clone()),
        (Some(one), Some(other)) => {
            let message = format!("`{typed}` fits several: {one}, {other}, …");
            Err(Failure::usage(message).hint("type more of the id"))
        }
        (None, _) => Err(nothing(what, &typed)),
    }
}

fn nothing(what: &str, typed: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("there is no {what} `{typed}`"))
        .hint(format!("`remit {what} list` shows those that there are"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_characters_are_enough_if_they_tell() {
        let all: Vec<String> = ["alr_7a21", "alr_7a99", "alr_90b3"].map(Into::into).into();
        let pick = |typed: &str| pick("alert", with_prefix("alr_", typed), &all);
        assert_eq!(pick("alr_7a2").unwrap(), "alr_7a21");
        assert_eq!(pick("9").unwrap(), "alr_90b3");
        assert_eq!(pick("7a").unwrap_err().kind, Kind::Usage);
        assert_eq!(pick("end_1").unwrap_err().kind, Kind::NotFound);
        assert_eq!(pick("ä").unwrap_err().kind, Kind::NotFound);
    }
}
