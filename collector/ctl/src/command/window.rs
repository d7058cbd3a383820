//! `remit window …`

use remit_proto::v1::{self, preview_window_request::Window as About};

use super::{done_or_waiting, seconds, whole};
use crate::{
    args::{
        Global,
        window::{self as args, Command},
    },
    client::{PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::window::{Preview, Window, Windows},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::List { all, endpoint } => list(all, endpoint, global, out).await?,
        Command::Show { window } => {
            let client = global.connect().await?;
            let window_id = find::window(&client, &window).await?;
            let request = v1::GetWindowRequest { window_id };
            let answer = client.call(client.windows().get_window(request)).await?;
            out.show(&Window::from(whole(answer.window)?))?;
        }
        Command::Schedule(typed) => {
            let client = global.connect().await?;
            let spec = Some(spec(typed, global.one_tenant(&client).await?)?);
            let request = v1::ScheduleWindowRequest { spec };
            let answer = client.call(client.windows().schedule_window(request)).await?;
            done_or_waiting::<Window>(answer.window, answer.change_id, out)?;
        }
        Command::Cancel { window, reason, yes } => {
            let client = global.connect().await?;
            let window_id = find::window(&client, &window).await?;
            out.confirm(&format!("take {window_id} off the calendar for good?"), yes)?;
            let request = v1::CancelWindowRequest { window_id, reason };
            let answer = client.call(client.windows().cancel_window(request)).await?;
            out.show(&Window::from(whole(answer.window)?))?;
        }
        Command::End { window, reason } => {
            let client = global.connect().await?;
            let window_id = find::window(&client, &window).await?;
            let request = v1::EndWindowEarlyRequest { window_id, reason };
            let answer = client.call(client.windows().end_window_early(request)).await?;
            out.show(&Window::from(whole(answer.window)?))?;
        }
        Command::Preview { window, when, selector, count } => {
            let client = global.connect().await?;
            let about = match (window, when) {
                (Some(window), _) => About::WindowId(find::window(&client, &window).await?),
                (None, Some(when)) => {
                    let tenant = global.one_tenant(&client).await?;
                    let spec = v1::WindowSpec { tenant, ..timed(when)? };
                    let selector = Some(selector.into());
                    About::Spec(v1::WindowSpec { selector, ..spec })
                }
                (None, None) => return Err(Failure::usage("say which window, or when one is")),
            };
            let request = v1::PreviewWindowRequest { window: Some(about), count };
            let answer = client.call(client.windows().preview_window(request)).await?;
            out.show(&Preview::from(answer))?;
        }
    }
    Ok(Exit::OK)
}

async fn list(
    include_ended: bool,
    endpoint: Option<String>,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let client = global.connect().await?;
    let asked = v1::ListWindowsRequest {
        tenant: global.tenant()?,
        include_ended,
        endpoint: find::some_endpoint(&client, endpoint.as_deref()).await?,
        page_size: PAGE,
        page_token: String::new(),
    };
    let windows = pages(None, async |page_token| {
        let request = v1::ListWindowsRequest { page_token, ..asked.clone() };
        let page = client.call(client.windows().list_windows(request)).await?;
        Ok((page.windows, page.next_page_token))
    });
    let windows = windows.await?.into_iter().map(Into::into).collect();
    out.show(&Windows { windows })
}

/// What was typed, for the wire.
pub(super) fn spec(typed: args::Window, tenant: String) -> Result<v1::WindowSpec, Failure> {
    if typed.selector.is_empty() {
        return Err(Failure::usage("a window over everything would hide everything")
            .hint("say what it is about, such as --site"));
    }
    Ok(v1::WindowSpec {
        tenant,
        title: typed.title,
        why: typed.why,
        selector: Some(typed.selector.into()),
        covers_open: typed.covers_open,
        blackout: typed.blackout,
        loud: typed.loud,
        for_patching: typed.for_patching,
        grace_seconds: seconds(typed.grace)?,
        ..timed(typed.when)?
    })
}

/// When it is open.
fn timed(when: args::When) -> Result<v1::WindowSpec, Failure> {
    Ok(v1::WindowSpec {
        zone: when.zone.unwrap_or_default(),
        starts_at: when.start.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        rrule: when.rrule.unwrap_or_default(),
        duration_seconds: seconds(when.length)?,
        ..Default::default()
    })
}
