//! Values together with where they came from.

use std::fmt;

/// Who decided a value; a later one overrules an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody did.
    Default,
    /// The file.
    File,
    /// This environment variable.
    Environment(&'static str),
    /// This flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::File => f.pad("file"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and who decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who decided it.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// What holds if nobody says anything.
    pub fn new(default: T) -> Self {
        Self { value: default, origin: Origin::Default }
    }

    /// What the file says, if anything.
    pub fn file(self, value: Option<T>) -> Self {
        self.given(Origin::File, value)
    }

    /// What the environment says, if anything.
    pub fn env(self, name: &'static str, value: Option<T>) -> Self {
        self.given(Origin::Environment(name), value)
    }

    /// What a flag says, if anything.
    pub fn flag(self, name: &'static str, value: Option<T>) -> Self {
        self.given(Origin::Flag(name), value)
    }

    /// What `origin` says, unless somebody who outranks it has spoken.
    pub fn given(self, origin: Origin, value: Option<T>) -> Self {
        match value {
            Some(value) if origin >= self.origin => Self { value, origin },
            Some(_) | None => self,
        }
    }
}

/// The table that `config check` prints.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    rows: Vec<(String, String, Origin)>,
}

impl Effective {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a setting.
    pub fn show(&mut self, key: &str, setting: &Setting<impl fmt::Display>) {
        self.rows.push((key.into(), setting.value.to_string(), setting.origin));
    }

    /// Adds a setting whose value is nobody's business.
    pub fn mask<T>(&mut self, key: &str, setting: &Setting<T>) {
        self.rows.push((key.into(), "********".into(), setting.origin));
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&(String, String, Origin)) -> &str| {
            self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0)
        };
        let (keys, values) = (width(|row| &row.0), width(|row| &row.1));
        for (key, value, origin) in &self.rows {
            writeln!(f, "{key:keys$}  {value:values$}  {origin}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_overrules_the_environment_and_that_the_file_in_any_order() {
        let setting = Setting::new(1).flag("--x", Some(4)).env("X", Some(3)).file(Some(2));
        assert_eq!(setting, Setting { value: 4, origin: Origin::Flag("--x") });
        let setting = Setting::new(1).file(Some(2)).env("X", Some(3)).flag("--x", None);
        assert_eq!(setting, Setting { value: 3, origin: Origin::Environment("X") });
        assert_eq!(Setting::new(1).file(None).origin, Origin::Default);
    }

    #[test]
    fn the_table_lines_up_and_keeps_secrets() {
        let mut table = Effective::new();
        table.show("listen", &Setting::new("0.0.0.0:7443"));
        table.mask("mail.password", &Setting::new("hunter2").file(Some("hunter3")));
        let expected = "listen         0.0.0.0:7443  default\nmail.password  ********      file\n";
        assert_eq!(table.to_string(), expected);
    }
}
