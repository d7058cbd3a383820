//! Questions to the event log.

use std::{ffi::OsStr, io};

use windows_sys::Win32::{
    Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NO_MORE_ITEMS, SetLastError},
    System::EventLog::{
        EVT_HANDLE, EvtClose, EvtNext, EvtQuery, EvtQueryChannelPath, EvtQueryForwardDirection,
        EvtQueryReverseDirection, EvtRender, EvtRenderEventXml,
    },
};

use super::{checked, narrow, wide};

/// How long the service has for the next event, in milliseconds.
const PATIENCE: u32 = 10_000;
/// The largest event that is taken, in units of UTF-16.
const LARGEST: usize = 1 << 20;

/// A handle of the event log, closed when it is dropped.
struct Handle(EVT_HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nobody else has it.
        unsafe { EvtClose(self.0) };
    }
}

/// The XML of the first `most` events of a log that a question selects.
pub(crate) fn query(
    channel: &str,
    xpath: &str,
    newest_first: bool,
    most: usize,
) -> io::Result<Vec<String>> {
    let (channel, xpath) = (wide(OsStr::new(channel))?, wide(OsStr::new(xpath))?);
    let direction = if newest_first { EvtQueryReverseDirection } else { EvtQueryForwardDirection };
    // SAFETY: both texts end with a zero and live until the call returns. Who
    // fails without a reason must not be given an older one.
    let results = unsafe {
        SetLastError(0);
        EvtQuery(0, channel.as_ptr(), xpath.as_ptr(), EvtQueryChannelPath | direction)
    };
    if results == 0 {
        return Err(io::Error::last_os_error());
    }
    let results = Handle(results);
    let mut events = Vec::new();
    while events.len() < most {
        let (mut event, mut count) = (0, 0);
        // SAFETY: there is room for one handle, as said.
        let next = checked(unsafe { EvtNext(results.0, 1, &mut event, PATIENCE, 0, &mut count) });
        match next {
            Ok(()) if count == 1 => events.push(render(&Handle(event))?),
            Ok(()) => break,
            Err(err) if is(&err, ERROR_NO_MORE_ITEMS) => break,
            Err(err) => return Err(err),
        }
    }
    Ok(events)
}

fn render(event: &Handle) -> io::Result<String> {
    let mut units = vec![0_u16; 4096];
    loop {
        let room = u32::try_from(size_of_val(&*units)).map_err(io::Error::other)?;
        let (mut used, mut properties) = (0, 0);
        let buffer = units.as_mut_ptr().cast();
        // SAFETY: the buffer is ours and as large as said.
        let rendered = checked(unsafe {
            EvtRender(0, event.0, EvtRenderEventXml, room, buffer, &mut used, &mut properties)
        });
        match rendered {
            Ok(()) => return Ok(narrow(&units)),
            Err(err) if is(&err, ERROR_INSUFFICIENT_BUFFER) && units.len() < LARGEST => {
                let needed = usize::try_from(used).map_err(io::Error::other)? / 2 + 1;
                units.resize(needed.max(units.len() * 2).min(LARGEST), 0);
            }
            Err(err) => return Err(err),
        }
    }
}

fn is(err: &io::Error, code: u32) -> bool {
    err.raw_os_error().is_some_and(|it| it.cast_unsigned() == code)
}
