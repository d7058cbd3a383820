use remit_shared::Chain;

use super::*;

const GOOD: &str = r#"{
  "title": "Known exploited",
  "catalogVersion": "2026.05.12",
  "dateReleased": "2026-05-12T17:00:12.3456Z",
  "count": 1,
  "vulnerabilities": [
    {
      "cveID": "CVE-2026-1001",
      "vendorProject": "Microsoft",
      "product": "Windows",
      "vulnerabilityName": "Kerberos bypass",
      "dateAdded": "2026-05-12",
      "shortDescription": "…",
      "requiredAction": "Apply updates.",
      "dueDate": "2026-05-15",
      "knownRansomwareCampaignUse": "Known",
      "notes": "",
      "cwes": ["CWE-287"]
    }
  ]
}"#;

fn error(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    Chain(&parse(Path::new("kev.json"), text.as_bytes()).unwrap_err()).to_string()
}

#[test]
fn what_is_published_is_read_with_its_date_and_digest() {
    let catalogue = parse(Path::new("kev.json"), GOOD.as_bytes()).unwrap();
    let digest: [u8; 32] = Sha256::digest(GOOD.as_bytes()).into();
    assert_eq!((catalogue.version.as_str(), catalogue.sha256), ("2026.05.12", digest));
    assert_eq!(catalogue.day().to_string(), "2026-05-12");
    let entry = catalogue.get("CVE-2026-1001").unwrap();
    assert_eq!((entry.due.to_string().as_str(), entry.ransomware), ("2026-05-15", true));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place_and_key() {
    for (from, to, expected) in [
        ("\"2026-05-15\"", "\"2026-13-15\"", "kev.json:15:29: dueDate: `2026-13-15`: "),
        ("\"Known\"", "\"perhaps\"", "kev.json:16:45: knownRansomwareCampaignUse: `perhaps` is"),
        ("\"CVE-2026-1001\"", "1001", "kev.json:8:19: cveID: invalid type: integer `1001`"),
        ("\"CVE-2026-1001\"", "\"KB1001\"", "kev.json:8:17: cveID: `KB1001` is not the name"),
        ("\"count\": 1", "\"count\": 2", "kev.json:5:3: count: says 2, and 1 vulnerabilities"),
        ("\"dueDate\"", "\"dueDay\"", "missing field `dueDate`"),
        ("]\n}", "]\n", "kev.json:21:0: EOF while parsing an object"),
    ] {
        let err = error(from, to);
        assert!(err.contains(expected), "{err}");
    }
    let empty = r#"{"catalogVersion": "1", "dateReleased": "2026-05-12T17:00:12Z",
        "vulnerabilities": []}"#;
    let err = parse(Path::new("kev.json"), empty.as_bytes()).unwrap_err();
    assert_eq!(err.to_string(), "kev.json:2:9: vulnerabilities: lists no vulnerability at all");
}

#[test]
fn a_file_that_is_replaced_has_another_stamp() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kev.json");
    assert!(stamp(&path).is_none());
    assert!(read(&path).unwrap_err().to_string().starts_with("failed to read "));
    fs::write(&path, GOOD).unwrap();
    let before = stamp(&path).unwrap();
    assert_eq!(stamp(&path), Some(before));
    assert_eq!(read(&path).unwrap().count(), 1);
    fs::write(folder.path().join("next"), GOOD).unwrap();
    fs::rename(folder.path().join("next"), &path).unwrap();
    assert_ne!(stamp(&path), Some(before));
}
