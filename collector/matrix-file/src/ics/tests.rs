use expect_test::{Expect, expect};
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Result<IcsHolidays, IcsError> {
    read_ics("de.ics", bytes, date(2030, 12, 31))
}

/// A calendar with events, each a few lines, with the line ends of the standard.
fn calendar(events: &[&str]) -> String {
    let events = events.iter().map(|it| format!("BEGIN:VEVENT\n{it}\nEND:VEVENT\n"));
    let text =
        format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.collect::<String>());
    text.replace('\n', "\r\n")
}

#[track_caller]
fn check(events: &[&str], expect: Expect) {
    let holidays = read(calendar(events).as_bytes()).unwrap();
    let dates = holidays.dates.iter().map(|(day, name)| format!("{day} {name}\n"));
    let yearly = holidays.yearly.iter().map(|(day, name)| format!("{day} {name}\n"));
    expect.assert_eq(&dates.chain(yearly).collect::<String>());
}

#[test]
fn days_are_read_with_their_names_and_the_end_is_not_a_day_off() {
    check(
        &[
            "UID:1\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Weihnachten\\, 1.\n  und 2. Tag",
            "DTSTART;VALUE=DATE:20261003\nSUMMARY;LANGUAGE=\"de:x;y\":Tag der Deutschen\n  Einheit\nTRANSP:TRANSPARENT",
            "DTSTART:20261231\nDURATION:P2D",
            "DTSTART;VALUE=DATE:20261003\nSUMMARY:Schließtag",
            "DTSTART;VALUE=DATE:20261111\nSTATUS:CANCELLED\nSUMMARY:Karneval",
        ],
        expect![[r#"
            2026-10-03 Tag der Deutschen Einheit / Schließtag
            2026-12-25 Weihnachten, 1. und 2. Tag
            2026-12-26 Weihnachten, 1. und 2. Tag
            2026-12-31 a holiday
            2027-01-01 a holiday
        "#]],
    );
}

#[test]
fn the_same_date_of_every_year_stays_a_rule_and_others_are_written_out() {
    check(
        &[
            "DTSTART;VALUE=DATE:20200106\nRRULE:FREQ=YEARLY\nSUMMARY:Epiphany",
            "DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY;INTERVAL=1\nSUMMARY:Leap day",
            "DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25\nSUMMARY:Christmas",
            "DTSTART;VALUE=DATE:20281123\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:Thanksgiving",
            "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;COUNT=2\nSUMMARY:Twice",
        ],
        expect![[r#"
            2026-05-01 Twice
            2027-05-01 Twice
            2028-11-23 Thanksgiving
            2029-11-22 Thanksgiving
            2030-11-28 Thanksgiving
            --01-06 Epiphany
            --02-29 Leap day
            --12-25 Christmas
        "#]],
    );
}

#[test]
fn a_character_may_be_folded_in_the_middle() {
    let text = calendar(&["DTSTART:20261003\nSUMMARY:Schlie\u{df}tag"]);
    let at = text.find('\u{df}').unwrap() + 1;
    let mut bytes = text.into_bytes();
    bytes.splice(at..at, *b"\r\n ");
    assert_eq!(read(&bytes).unwrap().dates[&date(2026, 10, 3)], "Schlie\u{df}tag");
}

#[test]
fn what_else_a_calendar_holds_is_passed_over() {
    let zone =
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19701025T030000\nEND:STANDARD\nEND:VTIMEZONE\n";
    let alarm =
        "DTSTART:20261003\nBEGIN:VALARM\nSUMMARY:no\nDURATION:PT1H\nEND:VALARM\nSUMMARY:yes";
    let text = calendar(&[alarm]).replace("VERSION:2.0\r\n", &format!("VERSION:2.0\n{zone}"));
    let holidays = read(format!("\u{feff}{text}").as_bytes()).unwrap();
    assert_eq!(Vec::from_iter(holidays.dates), [(date(2026, 10, 3), "yes".to_owned())]);
}

#[test]
fn an_error_names_line_and_property() {
    let mut lines = String::new();
    let mut refused = |text: &[u8]| lines.push_str(&format!("{}\n", read(text).unwrap_err()));
    refused(b"");
    refused(b"hello\n");
    refused(b"SUMMARY:x\n");
    refused(b"BEGIN:VEVENT\n");
    refused(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n");
    refused(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261003\n");
    refused(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n");
    refused(b"BEGIN:VCALENDAR\nSUMMARY:\xff\n");
    refused(b"BEGIN:VCALENDAR\n\x1b[2J;x:1\n");
    refused(&b"BEGIN:VCALENDAR\n".repeat(2));
    refused(&[&b"BEGIN:VCALENDAR\n"[..], &b"BEGIN:X\n".repeat(9)].concat());
    refused(&b"x".repeat(LONGEST + 1));
    for event in [
        "SUMMARY:x",
        "DTSTART;TZID=Europe/Berlin:20261003T000000",
        "DTSTART;VALUE=DATE-TIME:20261003",
        "DTSTART:20260230",
        "DTSTART:20261003\nDTSTART:20261004",
        "DTSTART:20261003\nDTEND:20261003",
        "DTSTART:20261003\nDTEND:20271003",
        "DTSTART:20261003\nDURATION:PT24H",
        "DTSTART:20261003\nDTEND:20261004\nDURATION:P1D",
        "DTSTART:20261003\nRRULE:FREQ=WEEKLY",
        "DTSTART:20261003\nRRULE:FREQ=YEARLY;BYEASTER=1",
        "DTSTART:20261003\nRRULE:FREQ=YEARLY\nEXDATE:20271003",
        "DTSTART",
    ] {
        refused(calendar(&[event]).as_bytes());
    }
    refused(calendar(&vec!["DTSTART:20261003"; MOST_EVENTS + 1]).as_bytes());
    refused(calendar(&vec!["DTSTART:20261003\nDURATION:P99D"; 300]).as_bytes());
    let rule = "DTSTART:00010103\nRRULE:FREQ=YEARLY;BYDAY=53MO;COUNT=9999";
    refused(calendar(&vec![rule; MOST_RULES + 1]).as_bytes());
    expect![[r#"
        de.ics:1: VEVENT: there is no event in the file
        de.ics:1: line: is no property: one is like `SUMMARY:New Year`
        de.ics:1: SUMMARY: expected BEGIN:VCALENDAR first
        de.ics:1: BEGIN: expected BEGIN:VCALENDAR first
        de.ics:2: VEVENT: there is no event in the file
        de.ics:3: END: the file ends before END:VEVENT
        de.ics:3: END: expected END:VEVENT
        de.ics:2: line: is not UTF-8: save the file as UTF-8
        de.ics:2: line: is no property: one is like `SUMMARY:New Year`
        de.ics:2: BEGIN: a calendar within another
        de.ics:9: BEGIN: components are within one another 8 times
        de.ics:0: file: is longer than 1024 KiB
        de.ics:3: DTSTART: is missing: when is the holiday?
        de.ics:4: DTSTART: `20261003T000000` is no whole day: one is like `;VALUE=DATE:20261225`
        de.ics:4: DTSTART: `20261003` is no whole day: one is like `;VALUE=DATE:20261225`
        de.ics:4: DTSTART: `20260230` is no whole day: one is like `;VALUE=DATE:20261225`
        de.ics:5: DTSTART: the event says this twice
        de.ics:5: DTEND: the end is the first day after the holiday
        de.ics:5: DTEND: a holiday lasts at most 100 days
        de.ics:5: DURATION: is no length of whole days: one is like `P2D` or `P1W`
        de.ics:6: DURATION: the event says this twice
        de.ics:5: RRULE: a holiday comes once or with FREQ=YEARLY: give it other dates
        de.ics:5: RRULE: recurrence rule, BYEASTER: `1` is not supported: use FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, WKST, COUNT or UNTIL
        de.ics:6: EXDATE: is not supported: give each date an event of its own
        de.ics:4: line: is no property: one is like `SUMMARY:New Year`
        de.ics:15003: BEGIN: this is event 5001: at most 5000 are read
        de.ics:814: VEVENT: more than 20000 days off
        de.ics:803: RRULE: more than 200 rules: list the dates instead
    "#]].assert_eq(&lines);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", &bytes[..]].concat());
    }

    #[test]
    fn no_soup_of_properties_makes_it_panic_or_hang(
        soup in prop::collection::vec(prop::sample::select(vec![
            "BEGIN:", "END:", "VEVENT", "VCALENDAR", "DTSTART", "DTEND", "RRULE", "DURATION", ":", ";", "=",
            "VALUE=DATE", "\r\n", "\n ", "\n", "20261225", "99991231", "00010101", "FREQ=YEARLY", "BYDAY=-1MO",
            "COUNT=9999", "P100D", "\"", "\\", "SUMMARY:é",
        ]), 0..60),
        event in any::<bool>(),
    ) {
        let soup = soup.concat();
        let text = if event { calendar(&[&soup]) } else { soup };
        if let Ok(it) = read(text.as_bytes()) {
            prop_assert!(it.dates.len() <= MOST_DAYS + 1);
        }
    }

    #[test]
    fn what_is_written_is_read(days in prop::collection::btree_map(0..20_000i64, "[a-zA-Z]{1,20}", 1..20)) {
        let day = |it: i64| date(2000, 1, 1) + SignedDuration::from_hours(24 * it);
        let events: Vec<_> = days.iter()
            .map(|(it, name)| format!("DTSTART;VALUE=DATE:{}\nSUMMARY:{name}", day(*it).strftime("%Y%m%d")))
            .collect();
        let texts: Vec<_> = events.iter().map(String::as_str).collect();
        let expected: BTreeMap<_, _> = days.into_iter().map(|(it, name)| (day(it), name)).collect();
        prop_assert_eq!(read(calendar(&texts).as_bytes()).unwrap().dates, expected);
    }
}
