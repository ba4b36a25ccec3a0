//! One cloud: what its keys say, as text, and which of them were asked for. What was not asked for
//! is told to the user, so that nothing is dropped in silence.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Problem;
use super::keys::{Place, canonical, place};
use super::tags;

/// One cloud.
#[derive(Clone, Default)]
pub struct Cloud {
    /// Keys beside `auth`. A key that is there without a value is an empty text: it takes away what
    /// a profile says.
    beside: BTreeMap<String, String>,
    /// Keys in `auth`.
    auth: BTreeMap<String, String>,
    /// Keys that mean nothing to us.
    pub(super) foreign: BTreeSet<String>,
    /// Keys of `auth` that belong beside it.
    misplaced: BTreeSet<String>,
    /// The regions, where there is a list of them.
    pub(super) regions: Option<Vec<Region>>,
    /// Keys that were asked for.
    asked: RefCell<BTreeSet<String>>,
}

/// One region of a cloud, with what differs there.
#[derive(Clone)]
pub(super) struct Region {
    /// The region's name.
    pub(super) name: String,
    /// What it says differently.
    pub(super) values: Cloud,
}

impl Cloud {
    /// A cloud of the given keys.
    pub fn of_fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut cloud = Self::default();
        for (key, value) in fields {
            let key = canonical(&key);
            if place(&key) == Place::Nowhere {
                cloud.foreign.insert(key);
            } else {
                cloud.set(key, Some(value));
            }
        }
        cloud
    }

    /// Says a key beside `auth`.
    pub(super) fn set(&mut self, key: String, value: Option<String>) {
        self.beside.insert(key, value.unwrap_or_default());
    }

    /// Takes the mapping `auth`, read as if it were a cloud.
    pub(super) fn set_auth(&mut self, auth: Self) {
        let (within, misplaced): (BTreeMap<_, _>, BTreeMap<_, _>) = auth
            .beside
            .into_iter()
            .partition(|(key, _)| place(key) == Place::Auth);
        self.auth = within;
        self.misplaced = misplaced.into_keys().collect();
        if auth.regions.is_some() {
            self.misplaced.insert("regions".to_owned());
        }
        let foreign = auth.foreign.into_iter().map(|key| format!("auth.{key}"));
        self.foreign.extend(foreign);
    }

    /// Refuses keys of `auth` that mean something beside it only.
    pub(super) fn check_places(&self) -> Result<(), Problem> {
        match self.misplaced.first() {
            None => Ok(()),
            Some(key) => Err(Problem::at(
                format!("auth.{key}"),
                "belongs beside auth, not into it",
            )),
        }
    }

    /// Refuses values that are something to make a value of.
    pub(super) fn check_values(&self) -> Result<(), Problem> {
        let of_auth = self.auth.iter().map(|(key, value)| (key, value, "auth."));
        let beside = self.beside.iter().map(|(key, value)| (key, value, ""));
        for (key, value, before) in of_auth.chain(beside) {
            if let Some(why) = tags::unmade(value) {
                return Err(Problem::at(format!("{before}{key}"), why));
            }
        }
        Ok(())
    }

    /// What a key says, in `auth` before beside it. An empty text says nothing.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.mark(key);
        let said =
            |keys: &'_ BTreeMap<String, String>| keys.get(key).is_some_and(|it| !it.is_empty());
        let keys = if said(&self.auth) {
            &self.auth
        } else {
            &self.beside
        };
        keys.get(key)
            .map(String::as_str)
            .filter(|it| !it.is_empty())
    }

    /// What the first of some keys says that says anything.
    pub(super) fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().fold(None, |found, key| {
            let said = self.get(key);
            found.or(said)
        })
    }

    /// What the last of some keys says that is there at all, beside `auth` before in it: so
    /// openstacksdk reads projects, domains and tokens, because command lines stand beside `auth`.
    pub(super) fn last(&self, keys: &[&str]) -> Option<&str> {
        let mut found = None;
        for key in keys {
            self.mark(key);
            let here = self.beside.get(*key).or_else(|| self.auth.get(*key));
            found = here.or(found);
        }
        found.map(String::as_str).filter(|it| !it.is_empty())
    }

    /// Whether it says where it is, and not only a secret.
    pub fn is_whole(&self) -> bool {
        ["auth_url", "profile", "cloud"]
            .iter()
            .any(|key| self.says(key))
    }

    /// Whether a key says anything, without asking for it.
    pub(super) fn says(&self, key: &str) -> bool {
        let keys = [&self.auth, &self.beside];
        let said =
            |keys: &&BTreeMap<String, String>| keys.get(key).is_some_and(|it| !it.is_empty());
        keys.iter().any(said)
    }

    /// Marks keys as dealt with, said or not.
    pub(super) fn mark(&self, key: &str) {
        self.asked.borrow_mut().insert(key.to_owned());
    }

    /// Whether another cloud says the same, whatever of it was asked for.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (&self.beside, &self.auth) == (&other.beside, &other.auth)
    }

    /// The keys that say something and were never asked for.
    pub(super) fn unasked(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        let of = |keys: &BTreeMap<String, String>| -> Vec<String> {
            keys.iter()
                .filter(|(key, value)| !value.is_empty() && !asked.contains(*key))
                .map(|(key, _)| key.clone())
                .collect()
        };
        let mut all: BTreeSet<String> = self.foreign.clone();
        all.extend(of(&self.beside));
        all.extend(of(&self.auth));
        all.into_iter().collect()
    }

    /// This cloud with everything that `above` says instead.
    #[must_use]
    pub fn overlaid(mut self, above: Self) -> Self {
        self.beside.extend(above.beside);
        self.auth.extend(above.auth);
        self.foreign.extend(above.foreign);
        self.misplaced.extend(above.misplaced);
        self.regions = above.regions.or(self.regions);
        self
    }

    /// This cloud in one of its regions. What a region leaves without a value stays as it is.
    pub(super) fn in_region(self, region: &Region) -> Self {
        let mut values = region.values.clone();
        values.beside.retain(|_, value| !value.is_empty());
        let mut there = self.overlaid(values);
        there.set("region_name".to_owned(), Some(region.name.clone()));
        // It was the region's name where there was no other.
        there.mark("region");
        there
    }

    /// This cloud with what stands between braces in its region's name put out.
    ///
    /// # Errors
    /// As [`Self::expanded`].
    pub(super) fn with_region_put_out(mut self) -> Result<Self, Problem> {
        const KEY: &str = "region_name";
        let said = self.beside.get(KEY).map(|said| self.expanded(KEY, said));
        if let Some(said) = said.transpose()? {
            self.set(KEY.to_owned(), Some(said));
        }
        Ok(self)
    }

    /// `text` with `{key}` put out for what that key says beside `auth`.
    ///
    /// # Errors
    /// What stands between braces is no key that may stand there.
    pub(super) fn expanded(&self, key: &str, text: &str) -> Result<String, Problem> {
        let mut put_out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            put_out.push_str(before);
            if let Some(after) = brace
                .strip_prefix("{{")
                .or_else(|| brace.strip_prefix("}}"))
            {
                put_out.extend(brace.chars().next());
                rest = after;
                continue;
            }
            let named = brace.strip_prefix('{').and_then(|it| it.split_once('}'));
            let (name, after) = named
                .ok_or_else(|| Problem::at(key, "has a brace that opens or closes nothing"))?;
            put_out.push_str(self.value_of(name).ok_or_else(|| {
                Problem::at(key, format!("nothing is known to put out {{{name}}} for"))
            })?);
            rest = after;
        }
        put_out.push_str(rest);
        Ok(put_out)
    }

    fn value_of(&self, name: &str) -> Option<&str> {
        if place(name) != Place::Beside {
            return None;
        }
        match (self.get(name), name) {
            (None, "interface") => Some("public"),
            (said, _) => said,
        }
    }
}

/// Names keys and hides values: there are passwords among them.
impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("beside", &self.beside.keys())
            .field("auth", &self.auth.keys())
            .finish_non_exhaustive()
    }
}
