//! Holidays put into a matrix without touching the rest of it.

use remit_shared::CalendarName;
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use crate::ics::IcsHolidays;

/// Why a matrix cannot get holidays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolidaysError {
    /// The matrix is no TOML.
    #[error("the matrix is not TOML: {0}")]
    Toml(String),
    /// The matrix has no such calendar.
    #[error("there is no calendar `{name}`: use one of {known}")]
    Calendar {
        /// The calendar.
        name: CalendarName,
        /// Those that there are.
        known: String,
    },
}

/// A matrix with more holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The text, comments and all.
    pub text: String,
    /// How many are new.
    pub added: usize,
}

/// Adds holidays to a calendar of a matrix. A date that it lists already keeps
/// its name.
pub fn add_holidays(
    matrix: &str,
    calendar: &CalendarName,
    holidays: &IcsHolidays,
) -> Result<Changed, HolidaysError> {
    let mut document: DocumentMut = matrix
        .parse()
        .map_err(|err: toml_edit::TomlError| HolidaysError::Toml(err.message().into()))?;
    let mut calendars: Vec<&mut dyn TableLike> = match document.get_mut("calendar") {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter_mut().map(|it| it as &mut dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(tables))) => tables
            .iter_mut()
            .filter_map(|it| it.as_inline_table_mut().map(|it| it as &mut dyn TableLike))
            .collect(),
        Some(_) | None => Vec::new(),
    };
    let name =
        |it: &dyn TableLike| it.get("name").and_then(Item::as_str).unwrap_or_default().to_owned();
    let known: Vec<String> = calendars.iter().map(|it| name(&**it)).collect();
    let index = known.iter().position(|it| it == calendar.as_str());
    let table = index.and_then(|index| calendars.get_mut(index)).ok_or_else(|| {
        HolidaysError::Calendar { name: calendar.clone(), known: known.join(", ") }
    })?;
    let item = table.entry("holidays").or_insert(Item::Value(Value::Array(Array::new())));
    if let Some(one) = item.as_str().map(str::to_owned) {
        *item = Item::Value(Value::Array([one].into_iter().collect()));
    }
    let Some(list) = item.as_array_mut() else {
        return Err(HolidaysError::Toml("`holidays` is no list".into()));
    };
    let listed: Vec<String> =
        list.iter().filter_map(|it| it.as_str()?.split(' ').next().map(str::to_owned)).collect();
    let mut added = 0;
    let dates = holidays.dates.iter().map(|(date, name)| (date.to_string(), name));
    let yearly = holidays.yearly.iter().map(|(day, name)| (day.to_string(), name));
    for (day, name) in dates.chain(yearly) {
        if !listed.contains(&day) {
            let mut value = Value::from(format!("{day} {name}"));
            value.decor_mut().set_prefix("\n    ");
            list.push_formatted(value);
            added += 1;
        }
    }
    if added > 0 {
        list.set_trailing_comma(true);
        list.set_trailing("\n");
    }
    Ok(Changed { text: document.to_string(), added })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{STARTER, read};

    fn office() -> CalendarName {
        "office".parse().unwrap()
    }

    fn holidays() -> IcsHolidays {
        IcsHolidays {
            dates: [(date(2027, 3, 26), "Good Friday".into())].into(),
            yearly: [("--01-06".parse().unwrap(), "Epiphany".into())].into(),
        }
    }

    #[test]
    fn a_matrix_gets_holidays_and_keeps_all_else() {
        let changed = add_holidays(STARTER, &office(), &holidays()).unwrap();
        assert_eq!(changed.added, 2);
        let calendar = &read("acme.toml", &changed.text).unwrap().matrix.calendars[0];
        assert_eq!(calendar.holiday_on(date(2027, 3, 26)), Some("Good Friday"));
        assert_eq!(calendar.holiday_on(date(2030, 1, 6)), Some("Epiphany"));
        let comments = |it: &str| it.lines().filter(|it| it.contains('#')).count();
        assert_eq!(comments(&changed.text), comments(STARTER));
        let again = add_holidays(&changed.text, &office(), &holidays()).unwrap();
        assert_eq!(again, Changed { text: changed.text, added: 0 });
    }

    #[test]
    fn a_calendar_that_does_not_exist_gets_none() {
        let err = add_holidays(STARTER, &"noc".parse().unwrap(), &holidays()).unwrap_err();
        assert_eq!(err.to_string(), "there is no calendar `noc`: use one of office");
        assert!(add_holidays("=", &office(), &holidays()).is_err());
    }
}
