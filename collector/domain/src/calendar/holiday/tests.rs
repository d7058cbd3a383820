use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// Every date of a year that is a federal holiday.
fn federal(year: i16) -> Vec<(Date, &'static str)> {
    let first = date(year, 1, 1);
    let days = first.series(jiff::Span::new().days(1)).take_while(|it| it.year() == year);
    days.filter_map(|it| HolidayRules::UsFederal.holiday(it).map(|name| (it, name))).collect()
}

/// Checks the working days that are off, as the government publishes them.
#[track_caller]
fn check_year(year: i16, expected: &str) {
    let off = federal(year).into_iter().map(|it| it.0);
    let off = off.filter(|it| !matches!(it.weekday(), Weekday::Saturday | Weekday::Sunday));
    let off: Vec<_> = off.map(|it| it.strftime("%m-%d").to_string()).collect();
    assert_eq!(off.join(" "), expected, "{year}");
}

#[test]
fn federal_holidays_are_where_the_government_keeps_them() {
    check_year(2024, "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25");
    check_year(2025, "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25");
    check_year(2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25");
    check_year(2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31");
    check_year(2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25");
}

#[test]
fn a_day_off_on_a_weekend_is_one_there_and_where_it_is_kept() {
    let name = |year, month, day| HolidayRules::UsFederal.holiday(date(year, month, day));
    assert_eq!(name(2026, 7, 4), Some("Independence Day"));
    assert_eq!(name(2026, 7, 3), Some("Independence Day (observed)"));
    assert_eq!(name(2027, 7, 5), Some("Independence Day (observed)"));
    assert_eq!(name(2027, 12, 31), Some("New Year's Day (observed)"));
    assert_eq!(name(2028, 1, 1), Some("New Year's Day"));
    assert_eq!(name(2028, 1, 3), None);
}

#[test]
fn juneteenth_is_a_holiday_since_2021() {
    let name = |year, month, day| HolidayRules::UsFederal.holiday(date(year, month, day));
    assert_eq!(name(2020, 6, 19), None);
    assert_eq!(name(2021, 6, 18), Some("Juneteenth (observed)"));
    assert_eq!(name(2021, 6, 19), Some("Juneteenth"));
}

#[test]
fn a_day_of_the_year_reads_back() {
    for good in ["--12-25", "--02-29", "--01-01"] {
        assert_eq!(good.parse::<YearDay>().unwrap().to_string(), good);
    }
    for bad in
        ["", "12-25", "--1-1", "--02-30", "--13-01", "--00-10", "--+1-01", "--12-25 ", "--12"]
    {
        assert!(bad.parse::<YearDay>().is_err(), "{bad:?}");
    }
    let err = "25.12.".parse::<YearDay>().unwrap_err();
    let expected = "`25.12.` is no day of the year: write month and day like `--12-25`";
    assert_eq!(err.to_string(), expected);
    assert_eq!("us-federal".parse::<HolidayRules>().unwrap().to_string(), "us-federal");
    assert!("de".parse::<HolidayRules>().is_err());
}

proptest! {
    #[test]
    fn a_day_of_the_year_comes_once_a_year(year in 1..9999i16, month in 1..=12i8, day in 1..=31i8) {
        let Some(it) = YearDay::new(month, day) else { return Ok(()) };
        let first = date(year, 1, 1);
        let days = first.series(jiff::Span::new().days(1)).take_while(|it| it.year() == year);
        let kept: Vec<_> = days.filter(|on| YearDay::kept_on(*on).any(|kept| kept == it)).collect();
        prop_assert_eq!(kept, Vec::from_iter(it.on(year)));
    }

    #[test]
    fn every_year_has_its_eleven_federal_holidays(year in 2021..9000i16) {
        let names: std::collections::BTreeSet<_> = federal(year).into_iter()
            .map(|it| it.1)
            .filter(|it| !it.ends_with("(observed)"))
            .collect();
        prop_assert_eq!(names.len(), 11);
        let observed = federal(year).into_iter().filter(|it| it.1.ends_with("(observed)"));
        for (on, _) in observed {
            prop_assert!(matches!(on.weekday(), Weekday::Friday | Weekday::Monday));
        }
    }
}
