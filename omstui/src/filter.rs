//! The row filter: a regular expression, `!` in front for its opposite. What is no regular
//! expression is searched for as it stands, so half-typed ones work too. Case does not matter.

use regex_lite::{Regex, RegexBuilder};

/// Longest filter that is taken, in bytes. Nobody types more, and a paste may bring megabytes.
pub const FILTER_BYTES_MAX: usize = 256;

/// Compiled expressions may take this much memory: counted repetitions could ask for any amount.
const COMPILED_BYTES_MAX: usize = 256 * 1024;

/// A filter as typed, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    matcher: Option<Regex>,
    inverse: bool,
    literal: bool,
}

impl Filter {
    /// Understands what was typed; what lies beyond the bound is cut off.
    pub fn new(text: &str) -> Self {
        let mut end = text.len().min(FILTER_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or_default();
        let (inverse, pattern) = match text.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, text),
        };
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(true)
                .size_limit(COMPILED_BYTES_MAX)
                .build()
        };
        let as_typed = compile(pattern);
        let literal = as_typed.is_err();
        let matcher = as_typed.or_else(|_| compile(&regex_lite::escape(pattern)));
        Self {
            text: text.to_owned(),
            // Nothing after the mark hides nothing: it is still being typed.
            matcher: matcher.ok().filter(|_| !pattern.is_empty()),
            inverse,
            literal,
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

    /// Whether the text is no regular expression and taken as it stands.
    pub fn is_literal(&self) -> bool {
        self.literal
    }

    /// Whether a row with this text is shown.
    pub fn admits(&self, row: &str) -> bool {
        match &self.matcher {
            Some(matcher) => matcher.is_match(row) != self.inverse,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_by_expression_inverse_and_plain_text() {
        let table = [
            ("", "anything", true),
            ("WEB", "web-1", true),
            ("^db", "web-1", false),
            ("web-[12]", "web-2 alpha", true),
            ("!web", "web-1", false),
            ("!web", "db-1", true),
            ("!", "db-1", true),
            ("a(b", "xa(by", true),
            ("a(b", "ab", false),
            ("\u{6f22}", "\u{6f22}\u{5b57}", true),
        ];
        for (filter, row, shown) in table {
            assert_eq!(
                Filter::new(filter).admits(row),
                shown,
                "{filter:?} on {row:?}"
            );
        }
    }

    #[test]
    fn a_filter_is_bounded_in_length_and_memory() {
        assert_eq!(Filter::new(&"\u{6f22}".repeat(500)).text().len(), 255);
        assert!(Filter::new("((a{1000}){1000}){1000}").is_literal());
    }
}
