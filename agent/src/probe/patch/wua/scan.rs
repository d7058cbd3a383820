//! What the Windows Update Agent says, as the child writes it down.
//!
//! Fields have the names and the values of its objects: numbers for words,
//! dates in days since 1899-12-30. What they mean is the mapping's.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One look at the Windows Update Agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WuaScan {
    /// The version of `wuapi.dll`.
    pub version: String,
    /// `IsInstalled=0 and IsHidden=0 and Type='Software'`.
    pub pending: Search,
    /// `IsInstalled=0 and IsHidden=1`.
    pub hidden: Search,
    /// `IsInstalled=0 and IsHidden=0 and Type='Driver'`.
    pub drivers: Search,
    /// Whether the searches went to the server, and when that was.
    pub searched_online_at: Option<f64>,
    /// `IAutomaticUpdatesResults.LastSearchSuccessDate`.
    pub last_search_success: Option<f64>,
    /// `ISystemInformation.RebootRequired`.
    pub reboot_required: Option<bool>,
    /// The newest entries of `QueryHistory`.
    pub history: Vec<Entry>,
    /// Why there is no history.
    pub history_error: Option<Fault>,
}

/// The result of one search.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// `OperationResultCode`.
    pub result_code: i32,
    /// What was found.
    pub updates: Vec<Update>,
    /// `HResult` of each warning.
    pub warnings: Vec<i32>,
    /// Why there is no result.
    pub error: Option<Fault>,
}

/// One `IUpdate`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Update {
    /// `Identity.UpdateID`.
    pub id: String,
    /// `Identity.RevisionNumber`.
    pub revision: i32,
    /// `Title`, in English.
    pub title: String,
    /// `Type`: 1 software, 2 driver.
    pub kind: i32,
    /// `KBArticleIDs`.
    pub kbs: Vec<String>,
    /// `SecurityBulletinIDs`.
    pub bulletins: Vec<String>,
    /// `IUpdate2.CveIDs`.
    pub cves: Vec<String>,
    /// `MsrcSeverity`.
    pub severity: String,
    /// `Categories`.
    pub categories: Vec<Category>,
    /// `LastDeploymentChangeTime`.
    pub changed: Option<f64>,
    /// `Deadline`.
    pub deadline: Option<f64>,
    /// `IsHidden`.
    pub hidden: bool,
    /// `IsDownloaded`.
    pub downloaded: bool,
    /// `IsMandatory`.
    pub mandatory: bool,
    /// `IUpdate2.RebootRequired`.
    pub reboot_required: bool,
    /// `IUpdate3.BrowseOnly`.
    pub browse_only: bool,
    /// `MaxDownloadSize`, in bytes.
    pub max_bytes: f64,
    /// `SupersededUpdateIDs`.
    pub supersedes: Vec<String>,
}

/// One `ICategory`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Category {
    /// `CategoryID`.
    pub id: String,
    /// `Name`, in English.
    pub name: String,
}

/// One `IUpdateHistoryEntry`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// `UpdateIdentity.UpdateID`.
    pub id: String,
    /// `Date`.
    pub date: f64,
    /// `Operation`: 1 installation, 2 removal.
    pub operation: i32,
    /// `OperationResultCode`.
    pub result_code: i32,
    /// `HResult`.
    pub hresult: i32,
    /// `UnmappedResultCode`.
    pub unmapped: i32,
    /// `Title`, in the language of that day.
    pub title: String,
    /// `ClientApplicationID`: who asked for it.
    pub client: String,
    /// `IUpdateHistoryEntry2.Categories`.
    pub categories: Vec<Category>,
}

/// A call that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fault {
    /// What was called.
    pub step: String,
    /// What it returned.
    pub hresult: i32,
}

impl WuaScan {
    /// When a server was last asked what there is.
    pub fn catalog_at(&self) -> Option<Timestamp> {
        let times = [self.searched_online_at, self.last_search_success];
        times.into_iter().flatten().filter_map(from_ole).max()
    }

    /// Whether the agent works at all.
    pub fn can_search(&self) -> bool {
        self.pending.error.is_none()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.hresult.cast_unsigned();
        match meaning(code) {
            Some(words) => write!(f, "{} gave {code:#010x}: {words}", self.step),
            None => write!(f, "{} gave {code:#010x}", self.step),
        }
    }
}

/// The codes that administrators meet.
const MEANINGS: [(u32, &str); 14] = [
    (0x8000_4001, "not implemented here"),
    (0x8004_0154, "there is no Windows Update Agent"),
    (0x8007_0005, "access is denied"),
    (0x8007_0422, "the service `wuauserv` is switched off"),
    (0x8007_2ee2, "the server does not answer"),
    (0x8007_2efd, "the server cannot be reached"),
    (0x8007_2efe, "the connection to the server broke"),
    (0x8024_0009, "another update operation is going on"),
    (0x8024_0016, "an installation is going on, or a restart is due before the next"),
    (0x8024_401c, "the server does not answer"),
    (0x8024_402c, "the server's name or the proxy is wrong"),
    (0x8024_4022, "the server is overloaded"),
    (0x8024_500c, "a policy forbids to ask Microsoft's servers"),
    (0x8024_8007, "the agent's own data is damaged"),
];

/// What a code means.
pub(super) fn meaning(code: u32) -> Option<&'static str> {
    MEANINGS.iter().find(|it| it.0 == code).map(|it| it.1)
}

/// A date of OLE automation, which counts days since 1899-12-30; these are in
/// UTC. Zero and nonsense are no date.
pub fn from_ole(days: f64) -> Option<Timestamp> {
    // From 1970 to 9999, so that neither product nor sum can overflow.
    if !(25_569.0..2_958_466.0).contains(&days) {
        return None;
    }
    let millis = ((days - 25_569.0) * 86_400_000.0).round();
    // Checked above, so that no part is lost.
    #[expect(clippy::cast_possible_truncation, reason = "within 300 million million")]
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_millis(millis as i64)).ok()
}
