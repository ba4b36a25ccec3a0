//! The row filter, over all that is known of a row and not only what its columns show.
//!
//! Words like `status=RUN` or `account!=alpha` look at one part of the row each; the rest is a
//! regular expression over the whole row, `!` in front for its opposite, `-f` in front to find
//! letters in order with anything between them. What is no regular expression is searched for as
//! it stands, so half-typed ones work too. Case does not matter.

use regex_lite::{Regex, RegexBuilder};

/// Longest filter that is taken, in bytes. Nobody types more, and a paste may bring megabytes.
pub const FILTER_BYTES_MAX: usize = 256;

/// Compiled expressions may take this much memory: counted repetitions could ask for any amount.
const COMPILED_BYTES_MAX: usize = 256 * 1024;

/// Signs that make a regular expression of a text, where they stand outside brackets.
const SPECIAL: [char; 14] = [
    '\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$',
];

/// Between the parts of a row, where it is searched as one text.
const BETWEEN: char = ' ';

/// The parts that a word can name.
pub const PARTS: &[&str] = &[
    "id", "status", "name", "account", "reason", "server", "address", "image", "flavor", "zone",
    "region", "provider", "project", "entry", "kind", "message", "metadata", "by", "network",
    "group",
];

/// A filter as typed, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
    search: Search,
    inverse: bool,
    /// Whether a word looks as if it were about a part, and names none.
    unknown: bool,
}

/// A word about one part of a row.
#[derive(Debug, Clone)]
struct Term {
    part: String,
    value: String,
    inverse: bool,
}

impl Term {
    fn narrows(&self, other: &Self) -> bool {
        let same = self.part == other.part && self.inverse == other.inverse;
        let more = !self.inverse && self.value.contains(&other.value);
        same && (more || self.value == other.value)
    }
}

/// What the whole row is searched for.
#[derive(Debug, Clone, Default)]
enum Search {
    /// Nothing.
    #[default]
    Any,
    /// A text, in small letters, that is no regular expression or needs none; whether it looked
    /// like one.
    Plain(String, bool),
    /// A regular expression.
    Pattern(Regex),
    /// Letters in order.
    Fuzzy(String),
}

/// Tells a row's parts, each under its name, to whoever looks through them.
pub type Parts<'a> = &'a mut dyn FnMut(&'static str, &str);

/// Room for a row as one text, used again for each row.
#[derive(Debug, Default)]
pub struct Haystack {
    text: String,
}

impl Filter {
    /// Understands what was typed; what lies beyond the bound is cut off.
    pub fn new(text: &str) -> Self {
        let mut end = text.len().min(FILTER_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or_default();
        let mut terms = Vec::new();
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split(' ') {
            match term(word) {
                Some(term) => terms.push(term),
                None => rest.push(word),
            }
        }
        let rest = rest.join(" ");
        let (inverse, pattern) = match rest.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, rest.as_str()),
        };
        Self {
            text: text.to_owned(),
            search: search(if terms.is_empty() {
                pattern
            } else {
                pattern.trim()
            }),
            unknown: rest.split(' ').any(names_no_part),
            terms,
            inverse,
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing to filter by.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it shows no row that another hides, as far as that is plain: what is typed after it only
    /// asks for more.
    pub fn narrows(&self, other: &Self) -> bool {
        let terms = other
            .terms
            .iter()
            .all(|old| self.terms.iter().any(|term| term.narrows(old)));
        let search = match (&other.search, &self.search) {
            (Search::Any, _) => true,
            (Search::Plain(old, _), Search::Plain(new, _)) => {
                !other.inverse && !self.inverse && new.contains(old.as_str())
            }
            _ => false,
        };
        terms && search
    }

    /// What somebody who types it should know.
    pub fn note(&self) -> Option<&'static str> {
        if self.unknown {
            return Some(crate::text::say(crate::text::NO_PART));
        }
        match &self.search {
            Search::Plain(_, true) => Some(crate::text::say(crate::text::LITERAL)),
            Search::Fuzzy(_) => Some(crate::text::say(crate::text::FUZZY)),
            _ => None,
        }
    }

    /// Whether a row with these parts is shown.
    pub fn admits(&self, tell: impl Fn(Parts<'_>), haystack: &mut Haystack) -> bool {
        for term in &self.terms {
            let mut found = false;
            tell(&mut |part, text| {
                found |= part == term.part && text.to_lowercase().contains(&term.value);
            });
            if found == term.inverse {
                return false;
            }
        }
        if matches!(self.search, Search::Any) {
            return true;
        }
        if let Search::Plain(wanted, _) = &self.search
            && wanted.is_ascii()
            && !wanted.contains(BETWEEN)
        {
            let mut found = false;
            tell(&mut |_, part| found = found || has(part, wanted));
            return found != self.inverse;
        }
        let text = &mut haystack.text;
        text.clear();
        tell(&mut |_, part| {
            text.push_str(part);
            text.push(BETWEEN);
        });
        text.pop();
        let found = match &self.search {
            Search::Any => true,
            Search::Pattern(pattern) => pattern.is_match(text),
            Search::Plain(wanted, _) => text.to_lowercase().contains(wanted.as_str()),
            Search::Fuzzy(wanted) => {
                let text = text.to_lowercase();
                let mut letters = text.chars();
                wanted.chars().all(|letter| letters.any(|it| it == letter))
            }
        };
        found != self.inverse
    }
}

/// Whether a part has a text of small ASCII letters in it. What lies between parts is in no such text, so
/// that each can be looked at where it stands; most rows are looked at so, while somebody types.
fn has(part: &str, wanted: &str) -> bool {
    if !part.is_ascii() {
        return part.to_lowercase().contains(wanted);
    }
    let (part, wanted) = (part.as_bytes(), wanted.as_bytes());
    let Some((first, rest)) = wanted.split_first() else {
        return true;
    };
    let mut left = part;
    while let Some(at) = memchr::memchr2(*first, first.to_ascii_uppercase(), left) {
        let after = left.get(at + 1..).unwrap_or_default();
        let Some(found) = after.get(..rest.len()) else {
            return false;
        };
        if found.eq_ignore_ascii_case(rest) {
            return true;
        }
        left = after;
    }
    false
}

/// Whether a word reads `part=value`, `part>value` and the like, and there is no such part or no such sign.
fn names_no_part(word: &str) -> bool {
    let named = word.split_once(['=', '>', '<', '~']);
    named.is_some_and(|(part, value)| {
        let part = part.trim_end_matches('!');
        let is_word = |text: &str| text.chars().all(|it| it.is_ascii_alphabetic() || it == '_');
        !part.is_empty() && is_word(part) && !value.is_empty()
    })
}

fn term(word: &str) -> Option<Term> {
    let (part, value) = word.split_once('=')?;
    let (part, inverse) = match part.strip_suffix('!') {
        Some(part) => (part, true),
        None => (part, false),
    };
    let part = part.to_lowercase();
    let known = PARTS.contains(&part.as_str()) && !value.is_empty();
    known.then(|| Term {
        part,
        value: value.to_lowercase(),
        inverse,
    })
}

fn search(pattern: &str) -> Search {
    if pattern.is_empty() {
        // Nothing after the mark hides nothing: it is still being typed.
        return Search::Any;
    }
    if let Some(wanted) = pattern.strip_prefix("-f ") {
        let wanted = wanted.to_lowercase();
        return Search::Fuzzy(wanted.chars().filter(|letter| *letter != ' ').collect());
    }
    let small = pattern.to_lowercase();
    if !pattern.contains(SPECIAL) {
        return Search::Plain(small, false);
    }
    let compiled = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(COMPILED_BYTES_MAX)
        .build();
    match compiled {
        Ok(pattern) => Search::Pattern(pattern),
        Err(_) => Search::Plain(small, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(filter: &str, row: &[(&'static str, &str)]) -> bool {
        let tell = |parts: Parts<'_>| {
            for (part, text) in row {
                parts(part, text);
            }
        };
        Filter::new(filter).admits(tell, &mut Haystack::default())
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
            assert_eq!(
                admits(filter, &[("name", row)]),
                shown,
                "{filter:?} on {row:?}"
            );
        }
    }

    #[test]
    fn words_look_at_one_part() {
        let row = [("status", "RUN"), ("account", "alpha"), ("name", "beta")];
        let table = [
            ("status=run", true),
            ("status=run account=alp", true),
            ("status=run account=beta", false),
            ("account!=beta", true),
            ("account!=alpha", false),
            ("status=RUN beta", true),
            ("status=RUN gamma", false),
            ("status=RUN !gamma", true),
            ("status=", false),
        ];
        for (filter, shown) in table {
            assert_eq!(admits(filter, &row), shown, "{filter:?}");
        }
    }

    #[test]
    fn a_filter_that_asks_for_more_narrows_and_another_does_not() {
        let table = [
            ("", "w", true),
            ("", "!w", true),
            ("w", "we", true),
            ("e", "web", true),
            ("web", "we", false),
            ("!w", "!we", false),
            ("!", "!w", true),
            ("we", "w.", false),
            ("web", "status=run web", true),
            ("status=r", "status=run", true),
            ("status=r", "status=fun", false),
            ("status=run", "account=run", false),
            ("status!=r", "status!=run", false),
            ("status!=r", "status!=r web", true),
            ("-f w", "-f we", false),
        ];
        for (old, new, narrows) in table {
            let (old, new) = (Filter::new(old), Filter::new(new));
            assert_eq!(new.narrows(&old), narrows, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_word_about_no_part_is_told() {
        for text in ["foo=bar", "attempts>1", "reason~full web", "foo!=1"] {
            let note = Filter::new(text).note();
            assert_eq!(note, Some(crate::text::NO_PART), "{text}");
        }
        for text in ["status=RUN", "web", "=x", "10.0.0.1", "status="] {
            assert_ne!(
                Filter::new(text).note(),
                Some(crate::text::NO_PART),
                "{text}"
            );
        }
    }

    #[test]
    fn a_filter_is_bounded_in_length_and_memory() {
        assert_eq!(Filter::new(&"\u{6f22}".repeat(500)).text().len(), 255);
        let huge = Filter::new("((a{1000}){1000}){1000}");
        assert_eq!(huge.note(), Some(crate::text::LITERAL));
    }
}
