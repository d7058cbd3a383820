//! Text from the wire, made harmless.

/// The text with everything escaped that does not stand for itself: control
/// characters, and those that are invisible or turn the writing direction.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_treacherous(character) {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Each line of a longer text, made harmless.
pub(crate) fn plain_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| plain(line.trim_end()))
}

/// At most `max` characters; what is cut off leaves a mark.
pub(crate) fn short(text: &str, max: usize) -> String {
    let plain = plain(text);
    if plain.chars().count() <= max {
        return plain;
    }
    plain.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// How much of an id usually tells: a prefix such as `alr_` and eight digits.
pub(crate) const TELLING: usize = 12;

/// How many characters tell all these ids apart: as many as one likes to type,
/// or as many as it takes.
pub(crate) fn telling<'a>(ids: impl IntoIterator<Item = &'a str>) -> usize {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let common = |pair: &[&str]| {
        pair[0].chars().zip(pair[1].chars()).take_while(|(one, other)| one == other).count()
    };
    ids.windows(2).map(|pair| common(pair) + 1).fold(TELLING, usize::max)
}

/// The first characters of an id.
pub(crate) fn head(id: &str, length: usize) -> String {
    plain(&id.chars().take(length).collect::<String>())
}

/// `1 alert`, `2 alerts`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn is_treacherous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Soft hyphen, zero-width and direction marks, line separators.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            // Invisible operators and direction isolates.
            | '\u{2060}'..='\u{206f}'
            // Byte order mark, annotations, tags.
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_wire_moves_the_cursor() {
        assert_eq!(plain("db-7\x1b[2J\r\n\u{9b}"), r"db-7\u{1b}[2J\r\n\u{9b}");
        assert_eq!(plain("evil\u{202e}gpj.exe"), r"evil\u{202e}gpj.exe");
        assert_eq!(plain("Zürich 東京 🖥"), "Zürich 東京 🖥");
    }

    #[test]
    fn ids_are_as_short_as_they_may_be() {
        let (one, other) = ("alr_0123456789", "alr_9123456789");
        assert_eq!(telling([one, other, one]), 12);
        assert_eq!(telling([one, "alr_0123456799"]), 13);
        assert_eq!(head(one, 12), "alr_01234567");
    }

    #[test]
    fn what_is_cut_off_leaves_a_mark() {
        assert_eq!(short("database-7", 10), "database-7");
        assert_eq!(short("database-77", 10), "database-…");
    }
}
