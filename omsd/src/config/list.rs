//! Settings that are lists: in the file a list of texts, elsewhere a text with commas.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The longest list; each request may be held against all of it.
const ITEMS_MAX: usize = 64;

/// A list of one kind of value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T>(Vec<T>);

impl<T> List<T> {
    /// What is in it.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push<E: de::Error>(&mut self, text: &str) -> Result<(), E>
    where
        T: FromStr<Err = String>,
    {
        if self.0.len() == ITEMS_MAX {
            return Err(E::custom(format_args!("has more than {ITEMS_MAX} items")));
        }
        self.0.push(text.trim().parse().map_err(E::custom)?);
        Ok(())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: FromStr<Err = String>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Items(PhantomData))
    }
}

/// Reads the items.
struct Items<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = String>> Visitor<'de> for Items<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts, or a text with commas")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<List<T>, E> {
        let mut list = List::default();
        for item in text.split(',').filter(|item| !item.trim().is_empty()) {
            list.push(item)?;
        }
        Ok(list)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut list = List::default();
        while let Some(item) = items.next_element::<String>()? {
            list.push(&item)?;
        }
        Ok(list)
    }
}
