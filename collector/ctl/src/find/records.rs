//! Ids of what people agree on: known issues, windows, changes, sources.

use remit_proto::v1;
use remit_shared::{ChangeId, KnownIssueId, SourceId, WindowId};

use super::{pick, with_prefix};
use crate::{
    client::{Client, PAGE, pages},
    failure::Failure,
};

/// Finders that look through a list, the ended ones included.
macro_rules! finders {
    ($($(#[$about:meta])* $name:ident($noun:literal, $prefix:literal, $kind:ty):
        $service:ident.$list:ident($request:ident { $ended:ident }) -> $field:ident.$id:ident;)*) => {$(
        $(#[$about])*
        pub(crate) async fn $name(client: &Client, typed: &str) -> Result<String, Failure> {
            let typed = with_prefix($prefix, typed);
            if typed.parse::<$kind>().is_ok() {
                return Ok(typed);
            }
            let all = pages(None, async |page_token| {
                let request = v1::$request {
                    $ended: true,
                    page_size: PAGE,
                    page_token,
                    ..Default::default()
                };
                let page = client.call(client.$service().$list(request)).await?;
                let ids = page.$field.into_iter().map(|it| it.$id).collect();
                Ok((ids, page.next_page_token))
            });
            pick($noun, typed, &all.await?)
        }
    )*};
}

finders! {
    /// The known issue that this stands for.
    known_issue("known-issue", "kni_", KnownIssueId):
        known_issues.list_known_issues(ListKnownIssuesRequest { include_ended })
        -> known_issues.known_issue_id;
    /// The window that this stands for.
    window("window", "win_", WindowId):
        windows.list_windows(ListWindowsRequest { include_ended }) -> windows.window_id;
    /// The change that this stands for.
    change("change", "chg_", ChangeId):
        changes.list_changes(ListChangesRequest { include_closed }) -> changes.change_id;
    /// The source that this stands for.
    source("source", "src_", SourceId):
        sources.list_sources(ListSourcesRequest { include_revoked }) -> sources.source_id;
}

/// The known issue of a disposition; empty for none.
pub(crate) async fn some_known_issue(
    client: &Client,
    typed: Option<&str>,
) -> Result<String, Failure> {
    match typed {
        Some(typed) => known_issue(client, typed).await,
        None => Ok(String::new()),
    }
}
