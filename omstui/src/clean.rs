//! Makes text from outside harmless before it is drawn.
//!
//! Names and messages come from clouds, which may put anything into them. Control characters could
//! drive the terminal, direction marks could make a line read as something else, and invisible
//! ones could make two names look alike: all of them are shown as escapes. Everything that is
//! drawn and not written in this crate passes through [`clean`].

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// More marks than this on one letter are cut off: they would pile up beyond the cell.
const GRAPHEME_CHARS_MAX: usize = 10;

/// The text with everything that is not plainly visible written as an escape.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            hidden if is_hidden(hidden) => {
                let code = u32::from(hidden);
                // Writing to a String cannot fail.
                let _ignored = if code < 0x100 {
                    write!(out, "\\x{code:02x}")
                } else {
                    write!(out, "\\u{{{code:x}}}")
                };
            }
            visible => out.push(visible),
        }
    }
    Cow::Owned(out)
}

/// Whether a character has no look of its own, or changes how its neighbours look.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Soft hyphen, Arabic letter mark, Mongolian separator, zero-width characters and
            // direction marks, line separators, direction embeddings and isolates, invisible
            // operators, byte order mark, interlinear marks, tags. The zero-width joiner
            // (U+200D) stays: emoji and several scripts need it.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}'
                | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a clean text so that it takes at most `columns`, with `mark` at the end if it was cut.
pub fn fit(text: &str, columns: usize, mark: &str) -> String {
    if text.width() <= columns {
        return text.graphemes(true).map(trimmed).collect();
    }
    let room = columns.saturating_sub(mark.width());
    let mut out: String = head(text, room).0.graphemes(true).map(trimmed).collect();
    if mark.width() <= columns {
        out.push_str(mark);
    }
    out
}

/// Breaks a clean text into lines of at most `columns`, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = head(rest, columns.max(1));
        if line.is_empty() {
            // One character wider than the whole line: give it up rather than loop.
            break;
        }
        if after.is_empty() {
            lines.push(line.to_owned());
            break;
        }
        if let Some(at) = break_in(line, after) {
            let (line, _) = rest.split_at(at);
            lines.push(line.to_owned());
            rest = rest.get(at..).unwrap_or_default().trim_start_matches(' ');
        } else {
            lines.push(line.trim_end_matches(' ').to_owned());
            rest = after.trim_start_matches(' ');
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Where a line is broken that goes on with this, unless at its end: at a space, or beside a character
/// of a script that has none.
fn break_in(line: &str, after: &str) -> Option<usize> {
    let is_wide = |text: Option<&str>| text.is_some_and(|it| it.width() > 1);
    let next = after.graphemes(true).next();
    if next == Some(" ") || is_wide(next) || is_wide(line.graphemes(true).next_back()) {
        return None;
    }
    let mut graphemes = line.grapheme_indices(true).rev();
    let found = graphemes.find(|(_, it)| *it == " " || is_wide(Some(it)));
    found
        .map(|(at, it)| if it == " " { at } else { at + it.len() })
        .filter(|at| *at > 0)
}

/// The longest beginning that takes at most `columns`, and what follows it.
fn head(text: &str, columns: usize) -> (&str, &str) {
    let mut taken = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        taken += grapheme.width();
        if taken > columns {
            return text.split_at(start);
        }
    }
    (text, "")
}

fn trimmed(grapheme: &str) -> &str {
    match grapheme.char_indices().nth(GRAPHEME_CHARS_MAX) {
        Some((end, _)) => grapheme.get(..end).unwrap_or(grapheme),
        None => grapheme,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(clean("\u{1b}[2Jgone\u{7}\n"), "\\x1b[2Jgone\\x07\\n");
        assert_eq!(clean("c1 \u{9b}31m"), "c1 \\x9b31m");
        assert_eq!(clean("a\u{202e}b"), "a\\u{202e}b");
        assert!(matches!(clean("plain \u{6f22}\u{5b57}"), Cow::Borrowed(_)));
    }

    #[test]
    fn wide_characters_are_cut_by_columns() {
        assert_eq!(fit("\u{6f22}\u{5b57}\u{540d}", 5, "~"), "\u{6f22}\u{5b57}~");
        assert_eq!(
            fit("\u{6f22}\u{5b57}\u{540d}", 6, "~"),
            "\u{6f22}\u{5b57}\u{540d}"
        );
        assert_eq!(fit("abc", 0, "~"), "");
        assert_eq!(fit("abc", 1, "~"), "~");
    }

    #[test]
    fn lines_break_at_spaces_and_lose_nothing_else() {
        assert_eq!(
            wrap("no valid host was found", 10),
            ["no valid", "host was", "found"]
        );
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(
            wrap("\u{6f22}\u{5b57}\u{540d}", 4),
            ["\u{6f22}\u{5b57}", "\u{540d}"]
        );
        assert_eq!(wrap("\u{6f22}", 1), [""]);
        assert_eq!(
            wrap("\u{6f22}\u{5b57}OMS\u{540d}", 6),
            ["\u{6f22}\u{5b57}", "OMS\u{540d}"]
        );
    }
}
