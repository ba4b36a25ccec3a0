//! Texts, lists and numbers that are within their bounds once they exist, see [`super::bounds`]. An
//! answer is read straight into them, so that what is beyond a bound is not kept for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::bounds::{
    ADDRESSES_MAX, AMOUNT_MAX, ID_CHARS_MAX, NAME_CHARS_MAX, OWN_METADATA_MAX, SIZE_MAX,
    URL_CHARS_MAX, WORD_CHARS_MAX,
};
use crate::ports::fit;
use omsd_domain::ground::cloud;

/// What an error of this file begins with, and no error of serde's.
pub(super) const BEYOND: &str = "has more than ";

/// What the metadata that is ours begins with.
const OURS: &str = "oms_";

/// A text of at most so many characters; a longer one spoils the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text<const MAX: usize>(String);

/// An id.
pub(super) type Id = Text<ID_CHARS_MAX>;

/// A name that decides something.
pub(super) type Name = Text<NAME_CHARS_MAX>;

/// A status, a kind, a version, a time.
pub(super) type Word = Text<WORD_CHARS_MAX>;

/// An address.
pub(super) type Url = Text<URL_CHARS_MAX>;

/// The id or name of an item among many; empty if it is longer than one can be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Loose(String);

/// Words for people, cut to so many characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words<const MAX: usize>(String);

/// A list of at most so many items; a longer one spoils the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List<T, const MAX: usize>(Vec<T>);

/// The metadata of a server as far as it is ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct OwnMetadata(pub(super) BTreeMap<String, String>);

/// The addresses of a server. Where there are too many, floating ones are kept before fixed ones, as
/// those are the ones to be reached at, and IPv4 before IPv6; otherwise all are in the cloud's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Addresses(pub(super) Vec<cloud::Address>);

/// How much there may be or is of something; -1 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Amount(pub(super) i64);

/// One dimension of a flavor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Size(pub(super) u32);

/// Takes a text as it is read: `Err` if it has more than so many characters.
struct Whole<const MAX: usize>;

impl<const MAX: usize> Visitor<'_> for Whole<MAX> {
    type Value = Result<String, ()>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let is_within = text.len() <= MAX || text.chars().nth(MAX).is_none();
        Ok(is_within.then(|| text.to_owned()).ok_or(()))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = deserializer.deserialize_str(Whole::<MAX>)?;
        let beyond = |()| D::Error::custom(format_args!("{BEYOND}{MAX} characters in one text"));
        whole.map(Self).map_err(beyond)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = deserializer.deserialize_str(Whole::<NAME_CHARS_MAX>)?;
        Ok(Self(whole.unwrap_or_default()))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Words<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cut<const MAX: usize>;
        impl<const MAX: usize> Visitor<'_> for Cut<MAX> {
            type Value = Words<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Words<MAX>, E> {
                // A character may have four bytes.
                Ok(Words(fit(text, MAX, MAX.saturating_mul(4))))
            }
        }
        deserializer.deserialize_str(Cut::<MAX>)
    }
}

macro_rules! is_text {
    ($type:ty $(, $($generic:tt)*)?) => {
        impl$(<$($generic)*>)? Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl$(<$($generic)*>)? From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }
    };
}

is_text!(Text<MAX>, const MAX: usize);
is_text!(Loose);
is_text!(Words<MAX>, const MAX: usize);

#[cfg(test)]
impl From<&str> for Loose {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// The items.
    pub(super) fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for List<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Items<T, MAX> {
            type Value = List<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T, MAX>, A::Error> {
                let mut taken = Vec::new();
                while taken.len() < MAX {
                    match items.next_element()? {
                        Some(item) => taken.push(item),
                        None => return Ok(List(taken)),
                    }
                }
                match items.next_element::<IgnoredAny>()? {
                    Some(_) => Err(A::Error::custom(format_args!(
                        "{BEYOND}{MAX} items in one list"
                    ))),
                    None => Ok(List(taken)),
                }
            }
        }
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(i64::deserialize(deserializer)?.clamp(-1, AMOUNT_MAX)))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u32::deserialize(deserializer)?.min(SIZE_MAX)))
    }
}

impl<'de> Deserialize<'de> for OwnMetadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = OwnMetadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<OwnMetadata, A::Error> {
                let mut own = BTreeMap::new();
                while let Some(key) = items.next_key::<Loose>()? {
                    if own.len() >= OWN_METADATA_MAX || !key.starts_with(OURS) {
                        items.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    // We write nothing that is empty or as long as this cuts off.
                    if let Some(value) = items.next_value::<Option<Loose>>()? {
                        own.insert(key.into(), value.into());
                    }
                }
                Ok(OwnMetadata(own))
            }
        }
        deserializer.deserialize_map(Items)
    }
}

/// An address as Nova shows it, and whether it is fixed; `None` if it is none.
struct Address(Option<(bool, IpAddr)>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Shown {
            #[serde(default)]
            addr: Option<Loose>,
            /// `fixed` or `floating`.
            #[serde(rename = "OS-EXT-IPS:type", default)]
            kind: Option<Loose>,
        }
        let Shown { addr, kind } = Shown::deserialize(deserializer)?;
        let is_fixed = kind.as_deref() != Some("floating");
        let ip = addr.and_then(|addr| addr.parse().ok());
        Ok(Self(ip.map(|ip| (is_fixed, ip))))
    }
}

/// The addresses in one network. What is not an address is left out.
#[derive(Default)]
struct Network(Vec<(bool, IpAddr)>);

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Network;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of addresses")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Network, A::Error> {
                let mut found = Vec::new();
                while let Some(Address(address)) = items.next_element()? {
                    found.extend(address.filter(|_| found.len() < ADDRESSES_MAX));
                }
                Ok(Network(found))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Networks;
        impl<'de> Visitor<'de> for Networks {
            type Value = Addresses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists of addresses")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut networks: A) -> Result<Addresses, A::Error> {
                let mut found = Vec::new();
                while let Some(name) = networks.next_key::<Loose>()? {
                    let network = networks.next_value::<Network>()?;
                    if found.len() < ADDRESSES_MAX {
                        found.push((String::from(name), network.0));
                    }
                }
                Ok(Addresses::of(&found))
            }
        }
        deserializer.deserialize_map(Networks)
    }
}

/// Whether an address can be that of a machine somewhere else: neither none at all nor one that counts
/// on its own link only.
const fn leads_anywhere(ip: IpAddr) -> bool {
    let is_of_link = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(ip.is_unspecified() || is_of_link)
}

impl Addresses {
    fn of(networks: &[(String, Vec<(bool, IpAddr)>)]) -> Self {
        let each = networks.iter().enumerate().flat_map(|(nth, (name, all))| {
            all.iter()
                .map(move |(is_fixed, ip)| (*is_fixed, *ip, nth, name))
        });
        let mut found: Vec<_> = each.filter(|(_, ip, ..)| leads_anywhere(*ip)).collect();
        found.sort_by_key(|(is_fixed, ip, ..)| (*is_fixed, ip.is_ipv6()));
        let mut seen = BTreeSet::new();
        found.retain(|(_, ip, ..)| seen.insert(*ip));
        let kept = found.into_iter().take(ADDRESSES_MAX);
        let kept = kept.map(|(is_fixed, ip, nth, network)| cloud::Address {
            ip: ip.to_string(),
            network: network.clone(),
            nth,
            is_floating: !is_fixed,
        });
        Self(kept.collect())
    }
}
