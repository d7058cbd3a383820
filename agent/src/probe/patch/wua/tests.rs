//! On the fields that Microsoft documents, with values as they were published
//! for these updates. No live agent has said this.

use std::{collections::BTreeMap, fmt::Write as _};

use expect_test::expect;
use jiff::Timestamp;
use proptest::prelude::*;
use remit_shared::PatchState;

use super::{
    registry::{Key, RegistryFacts, Value},
    scan::{Fault, Search, from_ole},
    *,
};

/// 2024-01-20 12:00 in days since 1899-12-30.
const NOON: f64 = 45_311.5;

const SCAN: &str = r#"{
  "version": "10.0.20348.2110",
  "pending": {"result_code": 2, "warnings": [], "error": null, "updates": [
    {"id": "a1", "revision": 200, "kind": 1, "severity": "Critical",
     "title": "2024-01 Cumulative Update for Microsoft server operating system version 21H2 for x64-based Systems (KB5034129)",
     "kbs": ["5034129"], "bulletins": [], "cves": ["CVE-2024-20674"], "browse_only": false, "hidden": false,
     "categories": [{"id": "0fa1201d-4330-4fa8-8ae9-b877473b6441", "name": "Security Updates"},
                    {"id": "2c7888b6-f9e9-4ee9-87af-a77705193893", "name": "Microsoft Server Operating System-21H2"}]},
    {"id": "a2", "revision": 200, "kind": 1, "severity": "",
     "title": "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.403.1064.0) - Current Channel (Broad)",
     "kbs": ["2267602"], "browse_only": false,
     "categories": [{"id": "e0789628-ce08-4437-be74-2495b842f43b", "name": "Definition Updates"}]},
    {"id": "a3", "revision": 1, "kind": 1, "severity": "", "reboot_required": true,
     "title": "Windows Malicious Software Removal Tool x64 - v5.120 (KB890830)", "kbs": ["890830"],
     "categories": [{"id": "28bc880e-0592-4cbf-8f95-c79b17911d5f", "name": "Update Rollups"}]},
    {"id": "a4", "revision": 3, "kind": 1, "severity": "", "browse_only": true,
     "title": "2024-01 Cumulative Update Preview for .NET Framework 3.5 and 4.8 (KB5034275)", "kbs": ["5034275"],
     "categories": [{"id": "cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83", "name": "Updates"}]}]},
  "hidden": {"result_code": 2, "updates": [
    {"id": "a5", "revision": 1, "kind": 1, "hidden": true, "severity": "Important",
     "title": "2024-01 Security Update (KB5034439)", "kbs": ["5034439"], "categories": []}]},
  "drivers": {"result_code": 2, "updates": [
    {"id": "a6", "revision": 104, "kind": 2, "title": "Intel - net - 12.19.2.45", "kbs": [], "categories": []}]},
  "last_search_success": 45311.25,
  "reboot_required": false,
  "history": [
    {"id": "a1", "date": 45310.5, "operation": 1, "result_code": 4, "hresult": -2147023293, "unmapped": 0, "title": "x"},
    {"id": "a1", "date": 45309.5, "operation": 1, "result_code": 2, "title": "an older try"},
    {"id": "a2", "date": 45311.0, "operation": 1, "result_code": 2, "title": "Security Intelligence Update - KB2267602"},
    {"id": "b1", "date": 45300.0, "operation": 1, "result_code": 2, "title": "old"},
    {"id": "b2", "date": 45311.2, "operation": 2, "result_code": 2, "title": "removed"}],
  "a field of a later version": 1
}"#;

/// The agent's answers, in their order.
struct FakeUpdates(Vec<(bool, Result<String, ProbeError>)>);

impl Updates for FakeUpdates {
    fn ask(&mut self, online: bool) -> Result<String, ProbeError> {
        let (expected, answer) = self.0.remove(0);
        assert_eq!(online, expected);
        answer
    }
}

#[derive(Clone, Default)]
pub(super) struct FakeRegistry {
    pub(super) keys: BTreeMap<&'static str, Key>,
    pub(super) secret: &'static str,
}

impl Registry for FakeRegistry {
    fn key(&mut self, path: &str) -> Result<Option<Key>, ProbeError> {
        if path == self.secret {
            return Err(ProbeError::NoPermission { what: path.into() });
        }
        Ok(self.keys.get(path).cloned())
    }
}

fn turn(hours: u64) -> Turn {
    let now = from_ole(NOON).unwrap() + Duration::from_hours(hours);
    Turn { now, monotonic: Duration::from_hours(hours) }
}

fn probe(answers: impl IntoIterator<Item = (bool, Result<String, ProbeError>)>) -> WuaProbe {
    let updates = FakeUpdates(answers.into_iter().collect());
    WuaProbe::new(Box::new(updates), Box::new(FakeRegistry::default()))
}

fn patches(sample: Sample) -> PatchScan {
    let Body::Patches(scan) = sample.body else { panic!() };
    scan
}

#[test]
fn every_kind_of_update_has_its_state() {
    let sample = probe([(false, Ok(SCAN.into()))]).sample(turn(0)).unwrap();
    assert_eq!(sample.source.as_deref(), Some("Windows Update Agent 10.0.20348.2110"));
    assert_eq!(sample.catalog_at, Some("2024-01-20T06:00:00Z".parse().unwrap()));
    assert_eq!((sample.completeness, &*sample.missing), (Completeness::Full, ""));
    let scan = patches(sample);
    let mut table = String::new();
    for it in &scan.items {
        let security = if it.security { "security" } else { "-" };
        writeln!(table, "{} | {} | {} {security}", it.package, it.candidate, it.state).unwrap();
        writeln!(table, "  {} | {}", it.origins.join(", "), it.advisories.join(", ")).unwrap();
        if !it.failure.is_empty() {
            writeln!(table, "  {}", it.failure).unwrap();
        }
    }
    expect![[r#"
        Cumulative Update Preview for .NET Framework 3.5 and 4.8 | 2024-01 KB5034275 | optional -
          Updates | KB5034275
        Cumulative Update for Microsoft server operating system version 21H2 for x64-based Systems | 2024-01 KB5034129 | available security
          Security Updates, Microsoft Server Operating System-21H2, severity Critical | KB5034129, CVE-2024-20674
          failed on 2024-01-19 with 0x80070643
        Intel - net - 12.19.2.45 | revision 104 | optional -
           | 
        Security Intelligence Update for Microsoft Defender Antivirus - Current Channel (Broad) | 1.403.1064.0 KB2267602 | available -
          Definition Updates | KB2267602
        Security Update | 2024-01 KB5034439 | declined security
          severity Important | KB5034439
        Windows Malicious Software Removal Tool x64 - v5.120 | KB890830 | available -
          Update Rollups | KB890830
    "#]]
    .assert_eq(&table);
    // Neither signatures nor a removal show that somebody patches.
    assert_eq!(scan.last_patched_at, Some("2024-01-18T12:00:00Z".parse().unwrap()));
    assert_eq!(scan.reboot.required, Some(false));
    let waiting =
        "installed but for a restart: Windows Malicious Software Removal Tool x64 - v5.120";
    assert_eq!(scan.reboot.reasons, [waiting]);
    assert_eq!(scan.available().filter(|it| it.security).count(), 1);
}

#[test]
fn next_months_update_is_the_same_package() {
    let next =
        SCAN.replace("2024-01 Cumulative", "2024-02 Cumulative").replace("5034129", "5034770");
    let names = |json: &str| {
        let scan = patches(probe([(false, Ok(json.into()))]).sample(turn(0)).unwrap());
        let it = scan.items.into_iter().find(|it| it.security && it.state == PatchState::Available);
        it.map(|it| (it.package, it.candidate)).unwrap()
    };
    let (this, next) = (names(SCAN), names(&next));
    assert_eq!(this.0, next.0);
    assert_eq!((&*this.1, &*next.1), ("2024-01 KB5034129", "2024-02 KB5034770"));
}

#[test]
fn a_fault_is_one_of_four_answers() {
    for (hresult, expected) in [
        (
            0x8004_0154_u32,
            "not on this machine: searching gave 0x80040154: there is no Windows Update Agent",
        ),
        (0x8007_0005, "no permission to read searching"),
        (0x8024_0009, "the Windows Update Agent is locked"),
        (
            0x8007_0422,
            "the Windows Update Agent failed: searching gave 0x80070422: the service `wuauserv` is switched off",
        ),
        (0x8024_9999, "the Windows Update Agent failed: searching gave 0x80249999"),
    ] {
        let error = Some(Fault { step: "searching".into(), hresult: hresult.cast_signed() });
        let scan = WuaScan { pending: Search { error, ..Search::default() }, ..WuaScan::default() };
        let json = serde_json::to_string(&scan).unwrap();
        let err = probe([(false, Ok(json))]).sample(turn(0)).unwrap_err();
        assert_eq!(err.to_string(), expected);
    }
    for nonsense in ["", "null", r#"{"pending": 5}"#] {
        let err = probe([(false, Ok(nonsense.into()))]).sample(turn(0)).unwrap_err();
        assert!(matches!(err, ProbeError::Parse { .. }), "{nonsense}: {err}");
    }
    // Nothing was found, because nothing was searched.
    let err =
        probe([(false, Ok("{}".into())), (true, Ok("{}".into()))]).sample(turn(0)).unwrap_err();
    assert_eq!(
        err.to_string(),
        "the Windows Update Agent failed: the search ended with result code 0"
    );
}

#[test]
fn what_is_missing_is_said() {
    let json = SCAN
        .replace(r#""hidden": {"result_code": 2"#, r#""hidden": {"result_code": 4"#)
        .replace(
            r#""drivers": {"result_code": 2"#,
            r#""drivers": {"warnings": [-2145124329], "result_code": 3"#,
        )
        .replace(
            r#""history": ["#,
            r#""history_error": {"step": "QueryHistory", "hresult": -2147023838}, "old": ["#,
        );
    let sample = probe([(false, Ok(json))]).sample(turn(0)).unwrap();
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(
        sample.missing,
        "hidden updates are missing: the search ended with result code 4; \
         some drivers may be missing: the search had warnings: 0x80240017; \
         there is no history: QueryHistory gave 0x80070422: the service `wuauserv` is switched off"
    );
    assert_eq!(patches(sample).last_patched_at, None);
}

#[test]
fn we_search_once_a_day_and_only_where_nobody_else_does() {
    let old = SCAN.replace("45311.25", "45300.0");
    let never = SCAN.replace("\"last_search_success\": 45311.25", "\"last_search_success\": null");
    let found =
        SCAN.replace("\"last_search_success\": 45311.25", "\"searched_online_at\": 45311.5");
    let late =
        || Err(ProbeError::Timeout { what: "the Windows Update Agent".into(), deadline: SEARCH });
    let mut probe = probe([
        (false, Ok(old.clone())),
        (true, Ok(found)),
        (false, Ok(old)),
        (false, Ok(never)),
        (true, late()),
    ]);
    let sample = probe.sample(turn(0)).unwrap();
    assert_eq!(sample.catalog_at, Some(turn(0).now));
    assert_eq!(sample.completeness, Completeness::Full);
    // Not again today.
    let sample = probe.sample(turn(1)).unwrap();
    assert_eq!(sample.catalog_at, from_ole(45_300.0));
    // Tomorrow; what was known counts if the search hangs.
    let sample = probe.sample(turn(25)).unwrap();
    assert_eq!(sample.catalog_at, None);
    assert_eq!(
        sample.missing,
        "Windows has never searched for updates; searching for updates failed: \
         the Windows Update Agent gave no answer within 1500 s"
    );
}

#[test]
fn the_agents_own_word_makes_a_restart_due() {
    let json = SCAN.replace("\"reboot_required\": false", "\"reboot_required\": true");
    let reboot = patches(probe([(false, Ok(json))]).sample(turn(0)).unwrap()).reboot;
    assert_eq!((reboot.required, &*reboot.reasons[0]), (Some(true), "Windows Update says so"));
}

#[test]
fn dates_are_days_and_nonsense_is_none() {
    let known: Timestamp = "2024-01-20T12:00:00Z".parse().unwrap();
    assert_eq!(from_ole(NOON), Some(known));
    for days in [0.0, -1.0, f64::NAN, f64::INFINITY, 3.0e9] {
        assert_eq!(from_ole(days), None);
    }
}

fn key(values: &[(&str, Value)]) -> Key {
    let values = values.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
    Key { values, written_at: Some("2024-01-19T10:00:00Z".parse().unwrap()) }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn facts(keys: &[(&'static str, Key)]) -> RegistryFacts {
    let keys = keys.iter().cloned().collect();
    registry::read(&mut FakeRegistry { keys, secret: "" }).unwrap()
}

const NT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const WU: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
const AU: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
const SERVICE: &str = r"SYSTEM\CurrentControlSet\Services\wuauserv";
const MDM: &str = r"SOFTWARE\Microsoft\PolicyManager\current\device\Update";

#[test]
fn the_true_build_has_its_last_digit() {
    let server = [
        ("productname", text("Windows Server 2022 Standard")),
        ("installationtype", text("Server")),
        ("displayversion", text("21H2")),
        ("editionid", text("ServerStandard")),
        ("currentbuild", text("20348")),
        ("ubr", Value::Number(2227)),
    ];
    let system = facts(&[(NT, key(&server))]).system;
    assert_eq!(system, "Windows Server 2022 Standard 21H2 (ServerStandard), build 20348.2227");
    let client = [
        ("productname", text("Windows 10 Pro")),
        ("installationtype", text("Client")),
        ("currentbuild", text("22631")),
    ];
    assert_eq!(facts(&[(NT, key(&client))]).system, "Windows 11 Pro, build 22631");
    assert_eq!(facts(&[]).system, "Windows, build ?");
}

#[test]
fn only_updates_and_servicing_make_a_restart_due() {
    let due = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";
    let cbs = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
    let session = r"SYSTEM\CurrentControlSet\Control\Session Manager";
    let list = |list: &[&str]| Value::List(list.iter().map(|it| (*it).to_owned()).collect());
    let name = |of: &str| key(&[("computername", text(of))]);
    let leftovers = [
        (
            session,
            key(&[(
                "pendingfilerenameoperations",
                list(&[r"\??\C:\a", "", "", "", r"\??\C:\b", r"\??\C:\c"]),
            )]),
        ),
        (r"SOFTWARE\Microsoft\Updates", key(&[("updateexevolatile", Value::Number(1))])),
        (r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName", name("OLD")),
        (r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName", name("NEW")),
    ];
    let reboot = facts(&leftovers).reboot;
    assert_eq!((reboot.required, reboot.since), (Some(false), None));
    assert_eq!(
        reboot.reasons,
        [
            "for information: 2 files are renamed or deleted at the next start",
            "for information: an old setup program waits for a restart (UpdateExeVolatile 1)",
            "for information: OLD is called NEW after the next start",
        ]
    );
    let clean = [
        (session, key(&[("pendingfilerenameoperations", list(&["", ""]))])),
        (r"SOFTWARE\Microsoft\Updates", key(&[("updateexevolatile", Value::Number(0))])),
    ];
    assert!(facts(&clean).reboot.reasons.is_empty());

    let reboot = facts(&[(due, key(&[])), (cbs, Key::default())]).reboot;
    assert_eq!(reboot.required, Some(true));
    assert_eq!(reboot.since, Some("2024-01-19T10:00:00Z".parse().unwrap()));
    assert_eq!(reboot.reasons, ["Windows Update, since 2024-01-19 10:00Z", "component servicing"]);

    let mut locked = FakeRegistry { keys: BTreeMap::new(), secret: cbs };
    let facts = registry::read(&mut locked).unwrap();
    assert_eq!(facts.reboot.required, None);
    assert_eq!(facts.remarks, [format!("no permission to read {cbs}")]);
}

#[test]
fn somebody_decides_about_updates_or_nobody_does() {
    let on = Value::Number(1);
    let off = (SERVICE, key(&[("start", Value::Number(4))]));
    let wsus =
        (WU, key(&[("wuserver", text("http://u:p@wsus:8530")), ("targetgroup", text("Ring1"))]));
    for (keys, expected) in [
        (vec![], "nobody in particular: Windows Update as it came"),
        (vec![off.clone()], "nobody: the service wuauserv is switched off"),
        (
            vec![wsus.clone(), (AU, key(&[("usewuserver", on.clone())]))],
            "WSUS http://***@wsus:8530, group Ring1",
        ),
        // A server that nobody is told to use.
        (vec![wsus, off], "a policy, but the service wuauserv is switched off"),
        (
            vec![(AU, key(&[("noautoupdate", on)]))],
            "nobody: a policy has switched automatic updates off",
        ),
        (
            vec![(AU, key(&[("auoptions", Value::Number(3))]))],
            "a policy: Windows Update downloads, and asks before it installs",
        ),
        (
            vec![(MDM, key(&[("deferqualityupdatesperiodindays", Value::Number(7))]))],
            "Intune or another device management, quality updates 7 days late",
        ),
        (
            vec![(WU, key(&[("pausequalityupdatesstarttime", text("2024-01-02"))]))],
            "a policy, quality updates paused since 2024-01-02",
        ),
    ] {
        assert_eq!(facts(&keys).managed_by, expected);
    }
}

proptest! {
    #[test]
    fn any_answer_is_read_without_a_panic(text in ".{0,200}", title in ".{0,80}", date: f64) {
        let _ = probe([(false, Ok(text))]).sample(turn(0));
        let title = serde_json::to_string(&title).unwrap();
        let json = format!(
            r#"{{"pending": {{"result_code": 2, "updates": [{{"title": {title}, "kbs": [{title}]}}]}},
                "last_search_success": 45311.25, "history": [{{"date": {}}}]}}"#,
            if date.is_finite() { date } else { 0.0 },
        );
        let scan = patches(probe([(false, Ok(json))]).sample(turn(0)).unwrap());
        prop_assert!(!scan.items[0].candidate.is_empty());
    }

    #[test]
    fn any_day_is_a_time_or_none(days: f64) {
        from_ole(days);
    }

    #[test]
    fn any_registry_is_read_without_a_panic(
        number: u64,
        text in ".{0,40}",
        list in prop::collection::vec(".{0,8}", 0..5),
        kind in 0..4_u8,
    ) {
        let value = match kind {
            0 => Value::Number(number),
            1 => Value::Text(text),
            2 => Value::List(list),
            _ => Value::Other,
        };
        let names = ["wuserver", "usewuserver", "ubr", "currentbuild", "productname", "auoptions",
            "pendingfilerenameoperations", "updateexevolatile", "computername", "start"];
        let same = Key { values: names.map(|it| (it.to_owned(), value.clone())).into(), written_at: None };
        facts(&[(NT, same.clone()), (WU, same.clone()), (AU, same.clone()), (SERVICE, same)]);
    }
}
