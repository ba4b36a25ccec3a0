//! Lists that come in pages, by marker. The marker is put into our own address; the link that
//! the cloud offers only tells that there is more.
//!
//! A list is whole or an error: one cut short would look like servers that are gone. So one that is
//! longer than a list can be is an error too.

use std::collections::BTreeSet;

use super::bounds::{LIST_BYTES_MAX, PAGES_MAX};
use super::wire::Link;

/// What to do after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It was the last.
    Done,
    /// Ask for the page after this marker.
    After(String),
    /// The list cannot be read to its end, in words.
    Endless(String),
}

/// Follows the pages of one list.
#[derive(Debug)]
pub(super) struct Pages {
    /// Items asked for at once.
    asked_for: usize,
    /// Items that the whole list may have.
    items_max: usize,
    seen: BTreeSet<String>,
    taken: usize,
    bytes: usize,
}

impl Pages {
    /// A list of at most `items_max` items of which `asked_for` are asked for at once.
    pub(super) const fn new(asked_for: usize, items_max: usize) -> Self {
        Self {
            asked_for,
            items_max,
            seen: BTreeSet::new(),
            taken: 0,
            bytes: 0,
        }
    }

    /// Takes the ids of a page of so many bytes in order, and tells which of them are new and what
    /// comes next.
    pub(super) fn take<'a>(
        &mut self,
        ids: impl IntoIterator<Item = &'a str>,
        links: &[Link],
        bytes: usize,
    ) -> (Vec<bool>, Next) {
        let mut last = None;
        let mut fresh = Vec::new();
        for id in ids {
            fresh.push(self.seen.insert(id.to_owned()));
            last = Some(id.to_owned());
        }
        self.taken += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let items_max = self.items_max;
        // A full page without a link may be one whose links a proxy has lost.
        let more = links.iter().any(|it| &*it.rel == "next") || fresh.len() >= self.asked_for;
        let next = match last {
            _ if self.seen.len() > items_max => {
                Next::Endless(format!("the list has more than {items_max} items"))
            }
            _ if self.bytes > LIST_BYTES_MAX => {
                Next::Endless(format!("the list has more than {LIST_BYTES_MAX} bytes"))
            }
            Some(last) if more && last.is_empty() => {
                Next::Endless("the list goes on after an id that is none".to_owned())
            }
            Some(_) if more && !fresh.contains(&true) => {
                Next::Endless("the list repeats a page".to_owned())
            }
            Some(_) if more && self.taken >= PAGES_MAX => {
                Next::Endless(format!("the list has no end after {PAGES_MAX} pages"))
            }
            Some(last) if more => Next::After(last),
            _ => Next::Done,
        };
        (fresh, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_link() -> Vec<Link> {
        let link = r#"[{"rel": "next", "href": "http://elsewhere/"}]"#;
        serde_json::from_str(link).unwrap()
    }

    fn pages(asked_for: usize) -> Pages {
        Pages::new(asked_for, 10_000)
    }

    #[test]
    fn pages_follow_the_last_id_until_one_has_no_more() {
        let mut two = pages(2);
        let (_, next) = two.take(["a", "b"], &next_link(), 1);
        assert_eq!(next, Next::After("b".into()));
        assert_eq!(
            two.take(["b", "c"], &[], 1),
            (vec![false, true], Next::After("c".into()))
        );
        assert_eq!(two.take(["d"], &[], 1).1, Next::Done);
        assert_eq!(pages(2).take([], &next_link(), 1).1, Next::Done);
    }

    #[test]
    fn a_page_that_comes_again_ends_the_list_as_broken() {
        let mut pages = pages(1);
        pages.take(["a"], &next_link(), 1);
        let (_, next) = pages.take(["a"], &next_link(), 1);
        assert!(matches!(next, Next::Endless(_)));
    }

    #[test]
    fn a_list_that_never_ends_is_given_up() {
        let mut pages = pages(9);
        let last = (0..PAGES_MAX)
            .map(|n| pages.take([n.to_string().as_str()], &next_link(), 1).1)
            .last();
        assert!(matches!(last, Some(Next::Endless(_))));
    }

    #[test]
    fn a_list_has_a_bound_of_items_and_of_bytes_over_all_its_pages() {
        let says = |next: Next, words: &str| match next {
            Next::Endless(message) => message.contains(words),
            Next::Done | Next::After(_) => false,
        };
        let mut few = Pages::new(2, 3);
        assert_eq!(few.take(["a", "b"], &[], 1).1, Next::After("b".into()));
        assert!(says(few.take(["c", "d"], &[], 1).1, "more than 3 items"));
        let mut small = pages(1);
        let half = LIST_BYTES_MAX / 2;
        assert_eq!(small.take(["a"], &[], half).1, Next::After("a".into()));
        assert_eq!(small.take(["b"], &[], half).1, Next::After("b".into()));
        assert!(says(small.take(["c"], &[], 1).1, "bytes"));
        assert!(says(pages(1).take([""], &[], 1).1, "an id that is none"));
    }
}
