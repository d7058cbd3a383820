//! The Windows Update Agent's own words, gathered.

use windows::{
    Win32::{
        Foundation::{VARIANT_FALSE, VARIANT_TRUE},
        System::{
            UpdateAgent::{
                AutomaticUpdates, IAutomaticUpdates2, ICategoryCollection, IStringCollection,
                ISystemInformation, IUpdate, IUpdate2, IUpdate3, IUpdateHistoryEntry,
                IUpdateHistoryEntry2, IUpdateSearcher, IUpdateSession, IUpdateSession2,
                IWindowsUpdateAgentInfo, SystemInformation, UpdateSession, WindowsUpdateAgentInfo,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, Interface as _, Result},
};

use super::com::{Step as _, create, date, enter, text};
use crate::probe::patch::wua::scan::{Category, Entry, Fault, Search, Update, WuaScan};

/// English, so that titles and categories read the same on every machine.
const ENGLISH: u32 = 1033;
/// How far back history is read.
const HISTORY: i32 = 500;
/// The most updates of one search; there are some hundred on a new machine.
const MOST: i32 = 2_000;

/// Asks the Windows Update Agent. Whatever fails is told beside what did not.
pub(crate) fn scan(online: bool) -> WuaScan {
    let mut scan = WuaScan::default();
    if let Err(fault) = fill(online, &mut scan) {
        scan.pending.error.get_or_insert(fault);
    }
    scan
}

fn fill(online: bool, scan: &mut WuaScan) -> std::result::Result<(), Fault> {
    enter()?;
    scan.version = version().unwrap_or_default();
    scan.reboot_required = reboot_required().ok();
    scan.last_search_success = last_search().ok().flatten();
    let session: IUpdateSession = create(&UpdateSession).step("creating an update session")?;
    // SAFETY: of all calls on interfaces here: the interface is alive, and what
    // is passed is ours for the time of the call.
    let searcher = unsafe {
        session.SetClientApplicationID(&BSTR::from("remit-agent")).step("naming ourselves")?;
        // Titles in another language are better than none.
        if let Ok(session) = session.cast::<IUpdateSession2>() {
            session.SetUserLocale(ENGLISH).ok();
        }
        session.CreateUpdateSearcher().step("creating an update searcher")?
    };
    // SAFETY: as above.
    unsafe {
        searcher
            .SetIncludePotentiallySupersededUpdates(VARIANT_FALSE)
            .step("leaving out superseded updates")?;
        searcher
            .SetOnline(if online { VARIANT_TRUE } else { VARIANT_FALSE })
            .step("choosing where to search")?;
    }
    match history(&searcher) {
        Ok(history) => scan.history = history,
        Err(fault) => scan.history_error = Some(fault),
    }
    scan.pending = search(&searcher, "IsInstalled=0 and IsHidden=0 and Type='Software'");
    if scan.pending.error.is_none() {
        if online {
            // The server was asked, so that this is today's truth.
            scan.searched_online_at = last_search().ok().flatten().or(Some(now()));
        }
        scan.hidden = search(&searcher, "IsInstalled=0 and IsHidden=1");
        scan.drivers = search(&searcher, "IsInstalled=0 and IsHidden=0 and Type='Driver'");
    }
    Ok(())
}

fn version() -> Result<String> {
    let info: IWindowsUpdateAgentInfo = create(&WindowsUpdateAgentInfo)?;
    // SAFETY: see `fill`.
    let version = unsafe { info.GetInfo(&VARIANT::from("ProductVersionString"))? };
    Ok(text(&version).unwrap_or_default())
}

fn reboot_required() -> Result<bool> {
    let system: ISystemInformation = create(&SystemInformation)?;
    // SAFETY: see `fill`.
    Ok(unsafe { system.RebootRequired()? }.as_bool())
}

fn last_search() -> Result<Option<f64>> {
    let updates: IAutomaticUpdates2 = create(&AutomaticUpdates)?;
    // SAFETY: see `fill`.
    let at = unsafe { updates.Results()?.LastSearchSuccessDate()? };
    Ok(date(&at))
}

fn search(searcher: &IUpdateSearcher, criteria: &str) -> Search {
    let mut search = Search::default();
    if let Err(fault) = found(searcher, criteria, &mut search) {
        search.error = Some(fault);
    }
    search
}

fn found(
    searcher: &IUpdateSearcher,
    criteria: &str,
    search: &mut Search,
) -> std::result::Result<(), Fault> {
    // SAFETY: see `fill`.
    unsafe {
        let result = searcher.Search(&BSTR::from(criteria)).step("searching")?;
        search.result_code = result.ResultCode().step("reading the result")?.0;
        let updates = result.Updates().step("reading the updates")?;
        for index in 0..updates.Count().step("counting the updates")?.min(MOST) {
            let found = updates.get_Item(index).step("reading an update")?;
            search.updates.push(update(&found).step("reading an update")?);
        }
        // Old agents have no list of warnings.
        if let Ok(warnings) = result.Warnings() {
            for index in 0..warnings.Count().unwrap_or(0).min(MOST) {
                search.warnings.extend(warnings.get_Item(index).and_then(|it| it.HResult()));
            }
        }
    }
    Ok(())
}

fn update(update: &IUpdate) -> Result<Update> {
    let mut said = Update::default();
    // SAFETY: see `fill`; the number is one of the two forms of one field.
    unsafe {
        let identity = update.Identity()?;
        said.id = identity.UpdateID()?.to_string();
        said.revision = identity.RevisionNumber()?;
        said.title = update.Title()?.to_string();
        said.kind = update.Type()?.0;
        said.hidden = update.IsHidden()?.as_bool();
        said.categories = categories(&update.Categories()?)?;
        said.kbs = texts(update.KBArticleIDs());
        said.bulletins = texts(update.SecurityBulletinIDs());
        said.supersedes = texts(update.SupersededUpdateIDs());
        // Empty for most updates, and an error for some.
        said.severity = update.MsrcSeverity().map(|it| it.to_string()).unwrap_or_default();
        said.changed = update.LastDeploymentChangeTime().ok();
        said.deadline = update.Deadline().ok().and_then(|it| date(&it));
        said.downloaded = update.IsDownloaded().is_ok_and(|it| it.as_bool());
        said.mandatory = update.IsMandatory().is_ok_and(|it| it.as_bool());
        said.max_bytes = update.MaxDownloadSize().map_or(0.0, |it| it.Anonymous2.Lo64 as f64);
        if let Ok(update) = update.cast::<IUpdate2>() {
            said.cves = texts(update.CveIDs());
            said.reboot_required = update.RebootRequired().is_ok_and(|it| it.as_bool());
        }
        if let Ok(update) = update.cast::<IUpdate3>() {
            said.browse_only = update.BrowseOnly().is_ok_and(|it| it.as_bool());
        }
    }
    Ok(said)
}

fn history(searcher: &IUpdateSearcher) -> std::result::Result<Vec<Entry>, Fault> {
    let mut history = Vec::new();
    // SAFETY: see `fill`.
    unsafe {
        let count = searcher.GetTotalHistoryCount().step("counting the history")?.min(HISTORY);
        if count > 0 {
            let entries = searcher.QueryHistory(0, count).step("reading the history")?;
            for index in 0..entries.Count().step("counting the history")? {
                let found = entries.get_Item(index).step("reading the history")?;
                history.push(entry(&found).step("reading the history")?);
            }
        }
    }
    Ok(history)
}

fn entry(entry: &IUpdateHistoryEntry) -> Result<Entry> {
    let mut said = Entry::default();
    // SAFETY: see `fill`.
    unsafe {
        said.id = entry.UpdateIdentity()?.UpdateID()?.to_string();
        said.date = entry.Date()?;
        said.operation = entry.Operation()?.0;
        said.result_code = entry.ResultCode()?.0;
        said.hresult = entry.HResult()?;
        said.unmapped = entry.UnmappedResultCode().unwrap_or(0);
        said.title = entry.Title()?.to_string();
        said.client = entry.ClientApplicationID().map(|it| it.to_string()).unwrap_or_default();
        if let Ok(entry) = entry.cast::<IUpdateHistoryEntry2>() {
            said.categories = entry.Categories().and_then(|it| categories(&it)).unwrap_or_default();
        }
    }
    Ok(said)
}

fn categories(list: &ICategoryCollection) -> Result<Vec<Category>> {
    let mut categories = Vec::new();
    // SAFETY: see `fill`.
    unsafe {
        for index in 0..list.Count()? {
            let it = list.get_Item(index)?;
            categories
                .push(Category { id: it.CategoryID()?.to_string(), name: it.Name()?.to_string() });
        }
    }
    Ok(categories)
}

fn texts(list: Result<IStringCollection>) -> Vec<String> {
    let mut texts = Vec::new();
    let Ok(list) = list else { return texts };
    // SAFETY: see `fill`.
    unsafe {
        for index in 0..list.Count().unwrap_or(0) {
            texts.extend(list.get_Item(index).map(|it| it.to_string()));
        }
    }
    texts
}

/// The time of day in the form that the agent's dates have.
fn now() -> f64 {
    use remit_shared::Clock as _;
    let now = remit_runtime::clock::SystemClock.now();
    now.as_millisecond() as f64 / 86_400_000.0 + 25_569.0
}
