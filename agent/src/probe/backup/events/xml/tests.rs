use proptest::prelude::*;

use super::*;

/// A classic provider: places, no names. The parameters are those of Veeam's
/// event reference, in its order.
pub(crate) const VEEAM_190: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\
<System><Provider Name='Veeam MP'/><EventID Qualifiers='0'>190</EventID><Version>0</Version>\
<Level>4</Level><Task>0</Task><Opcode>0</Opcode><Keywords>0x80000000000000</Keywords>\
<TimeCreated SystemTime='2025-11-20T12:36:16.0085690Z'/><EventRecordID>7301</EventRecordID>\
<Correlation/><Execution ProcessID='0' ThreadID='0'/><Channel>Veeam Backup</Channel>\
<Computer>vbrsrv01.tech.local</Computer><Security/></System>\
<EventData><Data>c0d93abe-3adf-4397-b762-351b73acf7e1</Data>\
<Data>c4415b30-de82-4403-8816-ea66636356e8</Data><Data>0</Data><Data>0</Data><Data>0</Data>\
<Data>False</Data><Data>VMware Production servers backup</Data><Data>2</Data>\
<Data>vbrsrv01.tech.local</Data><Data>13.0.1.180</Data><Data>1</Data>\
<Data>Backup job 'VMware Production servers backup' finished with Success. \
All objects have been backed up successfully.</Data></EventData></Event>";

#[test]
fn a_classic_event_has_parameters_by_place() {
    let event = Event::parse(VEEAM_190).unwrap();
    assert_eq!((&*event.channel, &*event.provider), ("Veeam Backup", "Veeam MP"));
    assert_eq!((event.id, event.level, event.record), (190, Level::Information, 7301));
    assert_eq!(event.at, "2025-11-20T12:36:16.008569Z".parse().unwrap());
    assert_eq!(event.computer, "vbrsrv01.tech.local");
    for (at, expected) in [
        (1, Some("c0d93abe-3adf-4397-b762-351b73acf7e1")),
        (7, Some("VMware Production servers backup")),
        (-2, Some("1")),
        (12, event.datum(None, Some(-1))),
        (13, None),
        (-13, None),
        (0, None),
    ] {
        assert_eq!(event.datum(Some("JobName"), Some(at)), expected, "{at}");
    }
}

#[test]
fn where_parameters_have_names_their_places_say_nothing() {
    let xml = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Backup' Guid='{1db28f2e-8f80-4027-8c5a-a11f7f10f62d}'/>\
        <EventID>5</EventID><Level>2</Level><TimeCreated SystemTime='2026-09-27T16:03:13.7563617Z'/>\
        <EventRecordID>39</EventRecordID><Channel>Microsoft-Windows-Backup</Channel></System>\
        <EventData><Data Name='HRESULT'>0x80780049</Data>\
        <Data Name='ErrorMessage'>&#xe9;chec &lt;C:&gt;</Data></EventData></Event>";
    let event = Event::parse(xml).unwrap();
    assert_eq!(event.datum(Some("HRESULT"), Some(2)), Some("0x80780049"));
    assert_eq!(event.datum(Some("ErrorMessage"), None), Some("échec <C:>"));
    assert_eq!(event.datum(Some("BackupTime"), Some(1)), None);
    assert_eq!(event.level, Level::Error);
}

#[test]
fn a_providers_own_tree_gives_its_leaves() {
    let xml = "<Event><System><Provider Name='x'/><EventID>1</EventID>\
        <TimeCreated SystemTime='2026-01-01T00:00:00Z'/><EventRecordID>5</EventRecordID></System>\
        <UserData><Told xmlns='urn:x'><Where><Path>C:\\a</Path></Where><Code>7</Code></Told>\
        </UserData></Event>";
    let event = Event::parse(xml).unwrap();
    assert_eq!(event.datum(Some("Path"), None), Some("C:\\a"));
    assert_eq!(event.datum(Some("Code"), None), Some("7"));
    assert_eq!(event.data.len(), 2);
}

#[test]
fn what_xml_does_not_allow_is_left_out_and_the_rest_read() {
    let xml = VEEAM_190.replace("Production", "Pro\u{1}duct\u{0}ion");
    let event = Event::parse(&xml).unwrap();
    assert_eq!(event.datum(None, Some(7)), Some("VMware Production servers backup"));
}

#[test]
fn what_is_no_event_says_what_is_missing() {
    let without = |what: &str, with: &str| Event::parse(&VEEAM_190.replace(what, with));
    for (what, with, expected) in [
        ("<EventID Qualifiers='0'>190</EventID>", "", "it has no EventID"),
        ("190</EventID>", "many</EventID>", "it has no EventID"),
        ("<EventRecordID>7301</EventRecordID>", "", "it has no EventRecordID"),
        ("2025-11-20T12", "yesterday", "it has no TimeCreated"),
        ("<Provider Name='Veeam MP'/>", "", "it has no Provider"),
        ("</EventData>", "", "it is no XML of an event"),
        ("<Event ", "<!DOCTYPE x [<!ENTITY a 'b'>]><Event ", "it is no XML of an event"),
    ] {
        assert_eq!(without(what, with).unwrap_err().to_string(), expected);
    }
    assert_eq!(record_of(VEEAM_190), Some(7301));
    assert_eq!(record_of("<EventRecordID>x"), None);
    let long = format!("<Event>{}</Event>", " ".repeat(LARGEST));
    assert_eq!(
        Event::parse(&long).unwrap_err().to_string(),
        format!("it has more than {LARGEST} bytes")
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,400}") {
        let _ = Event::parse(&text);
        record_of(&text);
        parts(&text, "a", "b", "c");
    }

    #[test]
    fn an_event_cut_or_spoiled_anywhere_is_no_panic(at in 0..VEEAM_190.len(), byte: u8, cut: bool) {
        let mut bytes = VEEAM_190.as_bytes().to_vec();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let text = String::from_utf8_lossy(&bytes);
        let _ = Event::parse(&text);
        record_of(&text);
    }
}
