//! Lists that come in pages, by marker. The marker is put into our own address; the link that
//! the cloud offers only tells that there is more.
//!
//! A list is whole or an error: one cut short would look like servers that are gone.

use std::collections::BTreeSet;

use super::limits::PAGES_MAX;
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
#[derive(Debug, Default)]
pub(super) struct Pages {
    seen: BTreeSet<String>,
    pages: usize,
}

impl Pages {
    /// Takes the ids of a page in order, and tells which of them are new and what comes next.
    pub(super) fn take<'a>(
        &mut self,
        ids: impl IntoIterator<Item = &'a str>,
        links: &[Link],
        asked_for: usize,
    ) -> (Vec<bool>, Next) {
        let mut last = None;
        let mut fresh = Vec::new();
        for id in ids {
            fresh.push(self.seen.insert(id.to_owned()));
            last = Some(id.to_owned());
        }
        self.pages += 1;
        // A full page without a link may be one whose links a proxy has lost.
        let more = links.iter().any(|it| it.rel == "next") || fresh.len() >= asked_for;
        let next = match last {
            Some(_) if more && !fresh.contains(&true) => {
                Next::Endless("the list repeats a page".to_owned())
            }
            Some(_) if more && self.pages >= PAGES_MAX => {
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
        vec![Link {
            rel: "next".into(),
            href: "http://elsewhere/".into(),
        }]
    }

    #[test]
    fn pages_follow_the_last_id_until_one_has_no_more() {
        let mut pages = Pages::default();
        assert_eq!(
            pages.take(["a", "b"], &next_link(), 2).1,
            Next::After("b".into())
        );
        assert_eq!(
            pages.take(["b", "c"], &[], 2),
            (vec![false, true], Next::After("c".into()))
        );
        assert_eq!(pages.take(["d"], &[], 2).1, Next::Done);
        assert_eq!(Pages::default().take([], &next_link(), 2).1, Next::Done);
    }

    #[test]
    fn a_page_that_comes_again_ends_the_list_as_broken() {
        let mut pages = Pages::default();
        pages.take(["a"], &next_link(), 1);
        assert!(matches!(
            pages.take(["a"], &next_link(), 1).1,
            Next::Endless(_)
        ));
    }

    #[test]
    fn a_list_that_never_ends_is_given_up() {
        let mut pages = Pages::default();
        let last = (0..PAGES_MAX)
            .map(|n| pages.take([n.to_string().as_str()], &next_link(), 9).1)
            .last();
        assert!(matches!(last, Some(Next::Endless(_))));
    }
}
