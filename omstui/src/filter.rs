//! The row filter, over all that is known of a row and not only what its columns show.
//!
//! Words like `status=RUN`, `account!=alpha`, `name=web-*`, `reason~quota`, `attempts>1` and
//! `age>1h` are conditions on a column, the ones that `omsctl --filter` takes; the rest is a
//! regular expression over the whole row, `!` in front for its opposite, `-f` in front to find
//! letters in order with anything between them. What is no regular expression is searched for as
//! it stands, so half-typed ones work too. Case does not matter.

use memchr::memmem::Finder;
use oms_proto::columns::{Condition, ConditionError};
use regex_lite::{Regex, RegexBuilder};

/// Longest filter that is taken, in bytes. Nobody types more, and a paste may bring megabytes.
pub const FILTER_BYTES_MAX: usize = 256;

/// Compiled expressions may take this much memory: counted repetitions could ask for any amount.
const COMPILED_BYTES_MAX: usize = 256 * 1024;

/// Signs that make a regular expression of a text, where they stand outside brackets.
const SPECIAL: [char; 14] = [
    '\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$',
];

/// A filter as typed, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    conditions: Vec<Condition>,
    search: Search,
    inverse: bool,
    /// What somebody who types it should know.
    note: Option<String>,
}

/// What the whole row is searched for, in small letters.
#[derive(Debug, Clone, Default)]
enum Search {
    /// Nothing.
    #[default]
    Any,
    /// A text.
    Plain(Box<Finder<'static>>),
    /// A regular expression.
    Pattern(Regex),
    /// Letters in order.
    Fuzzy(String),
}

impl Filter {
    /// Understands what was typed, with the conditions that a table can read; what lies beyond the
    /// bound is cut off.
    pub fn new(text: &str, read: impl Fn(&str) -> Result<Condition, ConditionError>) -> Self {
        let mut end = text.len().min(FILTER_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or_default();
        let mut filter = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split(' ') {
            if !is_condition(word) {
                rest.push(word);
                continue;
            }
            match read(word) {
                Ok(condition) => filter.conditions.push(condition),
                Err(error) => {
                    // Searched for as it stands: it may be a text that only looks like one.
                    filter.note = Some(crate::text::no_condition(&error.to_string()));
                    rest.push(word);
                }
            }
        }
        let mut rest = rest.join(" ");
        if !filter.conditions.is_empty() {
            rest = rest.trim().to_owned();
        }
        let pattern = rest.strip_prefix('!');
        filter.inverse = pattern.is_some();
        let note = filter.look_for(pattern.unwrap_or(&rest));
        let note = note.map(|note| crate::text::say(note).to_owned());
        filter.note = filter.note.or(note);
        filter
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing to filter by.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What somebody who types it should know.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Whether a row is shown, by what is known of it in small letters and by its conditions. Those
    /// are asked last, for the row may have to be unpacked for them.
    pub fn admits(&self, text: &str, holds: impl FnOnce(&[Condition]) -> bool) -> bool {
        let found = match &self.search {
            Search::Any => true,
            Search::Plain(wanted) => (wanted.find(text.as_bytes()).is_some()) != self.inverse,
            Search::Pattern(pattern) => pattern.is_match(text) != self.inverse,
            Search::Fuzzy(wanted) => {
                let mut letters = text.chars();
                let found = wanted.chars().all(|letter| letters.any(|it| it == letter));
                found != self.inverse
            }
        };
        found && (self.conditions.is_empty() || holds(&self.conditions))
    }

    /// Takes in what the whole row is searched for, and says how it was understood where that is
    /// not plain.
    fn look_for(&mut self, pattern: &str) -> Option<&'static str> {
        if pattern.is_empty() {
            // Nothing after the mark hides nothing: it is still being typed.
            return None;
        }
        let small = pattern.to_lowercase();
        if let Some(wanted) = small.strip_prefix("-f ") {
            self.search = Search::Fuzzy(wanted.chars().filter(|it| *it != ' ').collect());
            return Some(crate::text::FUZZY);
        }
        let plain = Search::Plain(Box::new(Finder::new(small.as_bytes()).into_owned()));
        if !pattern.contains(SPECIAL) {
            self.search = plain;
            return None;
        }
        let compiled = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(COMPILED_BYTES_MAX)
            .build();
        let is_pattern = compiled.is_ok();
        self.search = compiled.map_or(plain, Search::Pattern);
        (!is_pattern).then_some(crate::text::LITERAL)
    }
}

/// Whether a word reads `column=value`, `column>value` and the like.
fn is_condition(word: &str) -> bool {
    let named = word.split_once(['=', '>', '<', '~']);
    named.is_some_and(|(column, value)| {
        let column = column.trim_end_matches('!');
        let is_letter = |it: char| it.is_ascii_alphabetic() || it == '_' || it == '-';
        !column.is_empty() && column.chars().all(is_letter) && !value.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use oms_proto::Time;
    use oms_proto::columns::ENTRIES;
    use oms_proto::view::Status;

    use super::*;
    use crate::fixture;

    fn filter(text: &str) -> Filter {
        Filter::new(text, |word| Condition::read(word, &ENTRIES))
    }

    fn admits(text: &str, row: &str) -> bool {
        filter(text).admits(&row.to_lowercase(), |_| false)
    }

    #[test]
    fn filters_by_expression_inverse_and_plain_text() {
        let table = [
            ("", "anything", true),
            ("WEB", "web-1", true),
            ("^db", "web-1", false),
            ("web-[12]", "web-2 alpha", true),
            ("WEB-2", "web-2 alpha", true),
            ("web-2#~&", "web-2", false),
            ("!web", "web-1", false),
            ("!web", "db-1", true),
            ("!", "db-1", true),
            ("a(b", "xa(by", true),
            ("a(b", "ab", false),
            ("a.c", "abc", true),
            ("\u{6f22}", "\u{6f22}\u{5b57}", true),
            ("-f w2", "web-12", true),
            ("-f 2w", "web-12", false),
            ("x=y", "ax=yb", true),
        ];
        for (filter, row, shown) in table {
            assert_eq!(admits(filter, row), shown, "{filter:?} on {row:?}");
        }
    }

    #[test]
    fn words_are_conditions_on_a_column() {
        let mut entry = fixture::entry(3, Status::Run);
        entry.attempts = 2;
        entry.account = Some("alpha".to_owned());
        let table = [
            ("status=run", true),
            ("status=run,boot account=alp*", true),
            ("status=run account=beta", false),
            ("account!=beta", true),
            ("account!=alpha", false),
            ("account~LPH", true),
            ("attempts>1", true),
            ("attempts>2", false),
            ("status=RUN beta", true),
            ("status=RUN gamma", false),
            ("status=RUN !gamma", true),
        ];
        for (text, shown) in table {
            let now = Time(0);
            let holds = |conditions: &[Condition]| {
                conditions.iter().all(|it| it.holds(&ENTRIES, &entry, now))
            };
            let shows = filter(text).admits("3 run beta", holds);
            assert_eq!(shows, shown, "{text:?}");
        }
    }

    #[test]
    fn a_condition_that_cannot_be_read_says_why_and_is_searched_for() {
        for (text, part) in [
            ("foo=bar", "there is no column foo; there are id, status"),
            ("attempts>many", "expected a number"),
            ("foo!=1 web", "no column foo"),
        ] {
            let filter = filter(text);
            let note = filter.note().unwrap_or_default();
            assert!(note.contains(part), "{text}: {note}");
            assert!(filter.admits(text, |_| false), "{text}");
        }
        for text in ["status=RUN", "web", "=x", "10.0.0.1", "status="] {
            assert_eq!(filter(text).note(), None, "{text}");
        }
    }

    #[test]
    fn a_filter_is_bounded_in_length_and_memory() {
        assert_eq!(filter(&"\u{6f22}".repeat(500)).text().len(), 255);
        let huge = filter("((a{1000}){1000}){1000}");
        assert_eq!(huge.note(), Some(crate::text::LITERAL));
    }
}
