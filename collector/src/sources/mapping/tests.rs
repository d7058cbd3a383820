use serde_json::json;

use super::*;

const EDR: &str = r#"
events = "/items"
id = "/incident/id"
summary = "/alert/title"
check = "=malware"
host = "/device/hostname"
function = "security_tooling"
clears_after = "2d"

[severity]
at = "/alert/severity"
map = { "10" = "critical", "5" = "medium" }

[status]
at = "/alert/state"
raised = ["new"]
cleared = ["resolved"]
"#;

const NOW: Timestamp = Timestamp::constant(1_772_550_000, 0);

fn event(severity: i64, state: &str) -> Value {
    json!({
        "incident": {"id": 17},
        "alert": {"title": "malware was found\u{1b}[2J", "severity": severity, "state": state},
        "device": {"hostname": "DB-7"},
    })
}

#[test]
fn an_event_means_what_its_mapping_says() {
    let mapping = Mapping::parse(EDR).unwrap();
    let body = json!({"items": [event(10, "new"), event(5, "resolved")]});
    let events = mapping.events(&body).unwrap();
    let told = mapping.read(events[0], NOW).unwrap();
    assert_eq!((told.check.as_str(), told.instance.as_str()), ("malware", "DB-7 17"));
    assert_eq!((told.severity, told.hosts), (Severity::Critical, vec!["db-7".to_owned()]));
    assert_eq!(told.summary, "malware was found\u{fffd}[2J", "a terminal is not told what to do");
    assert_eq!(told.holds_until, Some(NOW + SignedDuration::from_hours(48)));
    let over = mapping.read(events[1], NOW).unwrap();
    assert_eq!((over.fingerprint, over.holds_until), (told.fingerprint, None));
}

#[test]
fn what_the_mapping_does_not_foresee_is_refused_with_where() {
    let mapping = Mapping::parse(EDR).unwrap();
    let refused = |event: Value| mapping.read(&event, NOW).unwrap_err().to_string();
    assert_eq!(refused(event(7, "new")), "`severity`: `7` is not in the map");
    assert_eq!(refused(event(5, "odd")), "`status`: `odd` is neither raised nor cleared");
    assert_eq!(refused(json!({})), "`id`: there is no text at `/incident/id`");
    let err = mapping.events(&json!({})).unwrap_err();
    assert_eq!(err.to_string(), "there is nothing at `/items`");
}

#[test]
fn a_wrong_mapping_is_refused_with_its_key() {
    let refused = |text: &str| Mapping::parse(text).unwrap_err().to_string();
    let least = "summary = \"/t\"\ncheck = \"=c\"\n";
    Mapping::parse(least).unwrap();
    assert!(refused("summary = \"/t\"").contains("missing field `check`"));
    assert!(refused(&format!("{least}sumary = \"/t\"")).contains("unknown field `sumary`"));
    assert_eq!(
        refused("summary = \"title\"\ncheck = \"=c\""),
        "`summary`: `title` is neither a JSON pointer (`/alert/title`) nor text (`=edr-alert`)"
    );
    assert_eq!(
        refused(&format!("{least}[severity]\nat = \"/s\"\nmap = {{ a = \"urgent\" }}")),
        "`severity`: `urgent` is not a severity: use one of info, low, medium, high, critical"
    );
    let text = format!("{least}clears_after = \"90d\"");
    assert_eq!(refused(&text), "`clears_after`: is not between one minute and 30 days");
}

#[test]
fn without_an_id_the_check_the_instance_and_the_host_tell_matters_apart() {
    let text = "summary = \"/t\"\ncheck = \"=ups\"\ninstance = \"/n\"\nhost = \"/h\"\n";
    let mapping = Mapping::parse(text).unwrap();
    let of = |n: &str, words: &str| {
        let event = json!({"t": words, "n": n, "h": "ups-1"});
        mapping.read(&event, NOW).unwrap().fingerprint
    };
    assert_eq!(of("1", "on battery"), of("1", "still on battery"));
    assert_ne!(of("1", "on battery"), of("2", "on battery"));
}
