//! Ids by name or id, remembered for a while. A burst of entries that want the same image costs
//! one request, and a create that is refused as wrongly configured empties the memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::failed;
use super::fetch::{Fetch, Freshness};
use super::limits::{LIKENED_CHARS, LIKENED_MAX, LOOKUPS_MAX, SUGGESTIONS_MAX};
use super::wire::Named;
use crate::ports::{CloudError, CloudResult, Message};
use omsd_domain::ground::failure::FailureClass;

pub(super) use crate::ports::RESOLVE;

/// The kinds of things that are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// In Glance.
    Image,
    /// In Nova.
    Flavor,
    /// In Neutron.
    Network,
    /// In Neutron.
    SecurityGroup,
    /// In Nova.
    Zone,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Flavor => "flavor",
            Self::Network => "network",
            Self::SecurityGroup => "security group",
            Self::Zone => "availability zone",
        }
    }
}

/// Candidates and when they were found.
type Found = (Arc<Vec<Named>>, Instant);

/// What is remembered of one thing.
type Remembered = Arc<Fetch<Found>>;

/// The memory of one account.
#[derive(Default)]
pub(super) struct Lookups {
    fetches: Mutex<BTreeMap<(Kind, String), Remembered>>,
}

impl Lookups {
    /// The candidates for `key`, remembered or fetched.
    pub(super) async fn candidates<F>(
        &self,
        kind: Kind,
        key: &str,
        ttl: Duration,
        fetch: impl FnOnce() -> F,
    ) -> CloudResult<Arc<Vec<Named>>>
    where
        F: Future<Output = CloudResult<Vec<Named>>>,
    {
        let shared = self.shared(kind, key);
        let freshness = |found: &Found| Freshness::fresh_if(found.1.elapsed() < ttl);
        let fetch = || async { Ok((Arc::new(fetch().await?), Instant::now())) };
        shared.get(freshness, fetch).await.map(|found| found.0)
    }

    /// Forgets everything, also what is being fetched right now.
    pub(super) fn clear(&self) {
        self.fetches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Forgets one thing.
    pub(super) fn forget(&self, kind: Kind, key: &str) {
        let mut fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        fetches.remove(&(kind, key.to_owned()));
    }

    fn shared(&self, kind: Kind, key: &str) -> Remembered {
        let mut fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, key.to_owned());
        if fetches.len() >= LOOKUPS_MAX && !fetches.contains_key(&key) {
            fetches.clear();
        }
        Arc::clone(fetches.entry(key).or_default())
    }
}

/// The one candidate whose id, or else whose name, is `wanted`; `None` if there is none.
///
/// # Errors
/// [`FailureClass::Configuration`] with the ids, if several have the name: which of them is meant
/// is not ours to guess, and the newest may be anybody's.
pub(super) fn pick(kind: Kind, wanted: &str, candidates: &[Named]) -> CloudResult<Option<String>> {
    // Filters are asked for but not trusted: a service that does not know one ignores it.
    if candidates.iter().any(|it| &*it.id == wanted) {
        return Ok(Some(wanted.to_owned()));
    }
    let mut named: Vec<&str> = candidates
        .iter()
        .filter(|it| &*it.name == wanted)
        .map(|it| &*it.id)
        .collect();
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).to_owned())),
        several => {
            let ids = several
                .iter()
                .take(SUGGESTIONS_MAX)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            Err(wrong(format!(
                "{} {}s are named {wanted:?}; give the id of one: {ids}",
                several.len(),
                kind.as_str(),
            )))
        }
    }
}

/// The error that names the thing and what there is. The account stands beside it wherever it is shown.
pub(super) fn not_there(kind: Kind, account: &str, wanted: &str, existing: &[Named]) -> CloudError {
    let kind = kind.as_str();
    if wanted.is_empty() {
        return wrong(format!(
            "no {kind} is given, neither by the request nor by account {account:?}"
        ));
    }
    let shown = |it: &'_ Named| -> String {
        let shown = if it.name.is_empty() { &it.id } else { &it.name };
        shown.to_string()
    };
    let mut names: Vec<String> = existing.iter().map(shown).collect();
    names.sort_unstable();
    names.dedup();
    let count = names.len();
    names.truncate(LIKENED_MAX);
    let mut likened: Vec<_> = names
        .iter()
        .map(|name| (likeness(name, wanted), name.as_str()))
        .collect();
    likened.sort_by(|a, b| b.0.total_cmp(&a.0));
    let closest = likened.into_iter().take(SUGGESTIONS_MAX);
    let closest: Vec<_> = closest.map(|(_, name)| name).collect();
    let more = count.saturating_sub(closest.len());
    let there = match (more, closest.join(", ")) {
        (_, names) if names.is_empty() => String::new(),
        (0, names) => format!("; it has: {names}"),
        (more, names) => format!("; closest are: {names}, and {more} more"),
    };
    wrong(format!("no {kind} {wanted:?}{there}"))
}

/// How like two names are, by their beginnings: the work grows with the product of their lengths.
fn likeness(name: &str, wanted: &str) -> f64 {
    let begins = |text: &str| -> String {
        let begins = text.chars().take(LIKENED_CHARS);
        begins.flat_map(char::to_lowercase).collect()
    };
    strsim::jaro_winkler(&begins(name), &begins(wanted))
}

/// Items without those whose id is none.
pub(super) fn with_ids(items: impl IntoIterator<Item = Named>) -> impl Iterator<Item = Named> {
    items.into_iter().filter(|it| !it.id.is_empty())
}

/// The one that was picked, which is all that is worth remembering of what a cloud offered.
pub(super) fn only(id: &str, candidates: Vec<Named>) -> Vec<Named> {
    let picked = candidates.into_iter().find(|it| &*it.id == id);
    picked.into_iter().collect()
}

/// An error of configuration in `resolve`.
pub(super) fn wrong(message: impl Into<Message>) -> CloudError {
    failed(RESOLVE, FailureClass::Configuration, message)
}

/// Whether a text has the form of a UUID, so that it may be an id.
pub(super) fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, name: &str) -> Named {
        Named {
            id: id.into(),
            name: name.into(),
        }
    }

    #[test]
    fn an_id_wins_over_a_name_and_a_name_must_be_unique() {
        let candidates = [
            named("1", "a"),
            named("2", "b"),
            named("a", "2"),
            named("3", "b"),
        ];
        let pick = |wanted| pick(Kind::Flavor, wanted, &candidates);
        assert_eq!(pick("a").unwrap().as_deref(), Some("a"));
        assert_eq!(pick("2").unwrap().as_deref(), Some("2"));
        assert_eq!(pick("c").unwrap(), None);
        let error = pick("b").unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration);
        assert_eq!(
            error.message,
            "2 flavors are named \"b\"; give the id of one: 2, 3"
        );
    }

    #[test]
    fn what_is_not_there_is_named_with_the_closest_that_is() {
        let few = [named("1", "debian-12"), named("2", "debian-13")];
        assert_eq!(
            not_there(Kind::Image, "acme", "debian-11", &few).message,
            "no image \"debian-11\"; it has: debian-12, debian-13"
        );
        let mut many: Vec<Named> = (0..50)
            .map(|n| named("x", &format!("windows-{n}")))
            .collect();
        many.extend(few);
        let error = not_there(Kind::Image, "acme", "debian-11", &many);
        assert!(
            error
                .message
                .contains("no image \"debian-11\"; closest are: debian-12, debian-13, windows-")
        );
        assert!(
            error.message.ends_with(", and 44 more"),
            "{}",
            error.message
        );
        assert!(
            not_there(Kind::Flavor, "acme", "", &[])
                .message
                .contains("no flavor is given")
        );
    }
}
