//! `clouds.yaml` as it stands: typed, every value as text.
//!
//! Values are read as text whatever YAML would make of them, so a password `0123` or a region
//! `no` stays what was written. Keys that mean nothing to us are skipped and remembered by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::CloudsError;
use super::cloud::{Cloud, Region};
use super::keys::{Place, canonical, is_list, place};
use super::tags;

/// Most YAML nodes in one file: some hundred clouds, far below what a file of aliases expands to.
const NODES_MAX: usize = 20_000;

/// Deepest nesting: `clouds`, a cloud, `regions`, one region, `values`, `auth`, and room.
const DEPTH_MAX: usize = 32;

/// Keys at the top of a file that openstacksdk knows and that say nothing of how to reach a cloud.
const SETTINGS: [&str; 7] = [
    "ansible",
    "cache",
    "client",
    "influxdb",
    "inventory",
    "metrics",
    "statsd",
];

/// A file.
#[derive(Default)]
pub struct Document {
    /// The clouds of `clouds.yaml` and `secure.yaml`.
    clouds: Option<BTreeMap<String, Option<Cloud>>>,
    /// The profiles of `clouds-public.yaml`.
    public: Option<BTreeMap<String, Option<Cloud>>>,
    /// Its other keys.
    foreign: BTreeSet<String>,
}

/// Which part of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The clouds.
    Clouds,
    /// The profiles.
    Profiles,
}

impl Document {
    /// Parses a file of the name `file`.
    ///
    /// # Errors
    /// Where the text is no YAML, or not of this shape, or larger than the limits, or has tags that
    /// are not YAML's own.
    pub fn parse(file: &str, text: &str) -> Result<Self, CloudsError> {
        let failed = |words| CloudsError::of_file(file, words);
        tags::check_whole(text).map_err(failed)?;
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_nodes: NODES_MAX,
                max_depth: DEPTH_MAX,
                max_documents: 1,
            },
            // `no` is a region in Norway before it is a boolean, and 007 one before it is a number.
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            // Keys that are skipped may hold anything.
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
            // A snippet of the source would show the passwords beside the mistake.
            with_snippet: false,
        };
        let document = serde_saphyr::from_str_with_options::<Option<Self>>(text, options)
            .map(Option::unwrap_or_default)
            .map_err(|error| {
                let words = error
                    .without_snippet()
                    .render_with_formatter(&serde_saphyr::UserMessageFormatter);
                CloudsError::of_file(file, words)
            });
        // A tag is the better reason where both fail: what it stands before has another shape.
        tags::check(text).map_err(failed)?;
        let document = document?;
        if document.foreign.contains("sops") {
            return Err(failed(tags::of_sops()));
        }
        Ok(document)
    }

    /// The clouds, with those of `over` laid over them.
    pub fn clouds_under(self, over: Self) -> BTreeMap<String, Cloud> {
        let mut clouds = filled(self.clouds);
        for (name, above) in filled(over.clouds) {
            let below = clouds.remove(&name).unwrap_or_default();
            clouds.insert(name, below.overlaid(above));
        }
        clouds
    }

    /// A sentence for each kind of keys at the top that are not used, for whoever reads that part.
    pub fn unused(&self, reads: Reads) -> Vec<String> {
        let mut told = Vec::new();
        let (settings, unknown): (Vec<&str>, Vec<&str>) = self
            .foreign
            .iter()
            .map(String::as_str)
            .partition(|key| SETTINGS.contains(key));
        if !settings.is_empty() {
            told.push(format!(
                "OMS does not use {}, which {} how other programs behave",
                settings.join(", "),
                if settings.len() == 1 { "says" } else { "say" }
            ));
        }
        if !unknown.is_empty() {
            let (what, key) = match reads {
                Reads::Clouds => ("clouds", "clouds"),
                Reads::Profiles => ("profiles", "public-clouds"),
            };
            told.push(format!(
                "{} beside the {what} {} left out; {what} stand below '{key}:'",
                unknown.join(", "),
                if unknown.len() == 1 {
                    "means nothing to OMS and is"
                } else {
                    "mean nothing to OMS and are"
                }
            ));
        }
        match reads {
            Reads::Clouds if self.public.is_some() => told.push(
                "public-clouds is left out; profiles are read from clouds-public.yaml".to_owned(),
            ),
            Reads::Profiles if self.clouds.is_some() => {
                told.push("clouds is left out; only profiles are read from this file".to_owned());
            }
            _ => {}
        }
        told
    }

    /// The names of the clouds.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.clouds.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The profiles.
    pub fn profiles(self) -> BTreeMap<String, Cloud> {
        filled(self.public)
    }
}

fn filled(clouds: Option<BTreeMap<String, Option<Cloud>>>) -> BTreeMap<String, Cloud> {
    clouds
        .unwrap_or_default()
        .into_iter()
        .map(|(name, cloud)| (name, cloud.unwrap_or_default()))
        .collect()
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DocumentVisitor;

        impl<'de> Visitor<'de> for DocumentVisitor {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping with 'clouds'")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut document = Document::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "clouds" => document.clouds = map.next_value::<Clouds>()?.0,
                        "public-clouds" => document.public = map.next_value::<Clouds>()?.0,
                        _ => {
                            let IgnoredAny = map.next_value()?;
                            document.foreign.insert(key);
                        }
                    }
                }
                Ok(document)
            }

            // The default would show the text, which may be a secret in the wrong place.
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Document, E> {
                Err(E::custom("expected a mapping with 'clouds'"))
            }
        }

        deserializer.deserialize_map(DocumentVisitor)
    }
}

impl<'de> Deserialize<'de> for Cloud {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CloudVisitor;

        impl<'de> Visitor<'de> for CloudVisitor {
            type Value = Cloud;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping that describes a cloud")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cloud, A::Error> {
                let mut cloud = Cloud::default();
                while let Some(key) = map.next_key::<String>()? {
                    let key = canonical(&key);
                    match key.as_str() {
                        "auth" => {
                            cloud.set_auth(map.next_value::<Option<Cloud>>()?.unwrap_or_default());
                        }
                        "regions" => cloud.regions = map.next_value::<Regions>()?.0,
                        _ if place(&key) == Place::Nowhere => {
                            let IgnoredAny = map.next_value()?;
                            cloud.foreign.insert(key);
                        }
                        _ if is_list(&key) => {
                            let words = map.next_value::<Option<Words>>()?;
                            cloud.set(key, words.map(|words| words.0));
                        }
                        _ => {
                            let text = map.next_value::<Option<String>>()?;
                            cloud.set(key, text);
                        }
                    }
                }
                Ok(cloud)
            }

            // The default would show the text, which may be a secret in the wrong place.
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Cloud, E> {
                Err(E::custom("expected a mapping that describes a cloud"))
            }
        }

        deserializer.deserialize_map(CloudVisitor)
    }
}

/// Clouds by their names.
struct Clouds(Option<BTreeMap<String, Option<Cloud>>>);

/// What is said of clouds that are no mapping.
const NO_CLOUDS: &str = "expected one mapping for each cloud below its name, such as 'alpha:'";

impl<'de> Deserialize<'de> for Clouds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CloudsVisitor;

        impl<'de> Visitor<'de> for CloudsVisitor {
            type Value = Clouds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NO_CLOUDS)
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Clouds, E> {
                Ok(Clouds(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Clouds, A::Error> {
                let mut clouds = BTreeMap::new();
                while let Some((name, cloud)) = map.next_entry::<String, Option<Cloud>>()? {
                    clouds.insert(name, cloud);
                }
                Ok(Clouds(Some(clouds)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Clouds, A::Error> {
                Err(A::Error::custom(NO_CLOUDS))
            }

            // The default would show the text, which may be a secret in the wrong place.
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Clouds, E> {
                Err(E::custom(NO_CLOUDS))
            }
        }

        deserializer.deserialize_any(CloudsVisitor)
    }
}

/// The regions of a cloud.
struct Regions(Option<Vec<Region>>);

/// What is said of regions that are no list.
const NO_REGIONS: &str =
    "expected a list of regions, such as [RegionOne]; one alone is region_name";

impl<'de> Deserialize<'de> for Regions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RegionsVisitor;

        impl<'de> Visitor<'de> for RegionsVisitor {
            type Value = Regions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NO_REGIONS)
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Regions, E> {
                Ok(Regions(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Regions, A::Error> {
                let mut regions = Vec::new();
                while let Some(region) = seq.next_element()? {
                    regions.push(region);
                }
                Ok(Regions(Some(regions)))
            }

            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Regions, A::Error> {
                Err(A::Error::custom(NO_REGIONS))
            }

            // The default would show the text, which may be a secret in the wrong place.
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Regions, E> {
                Err(E::custom(NO_REGIONS))
            }
        }

        deserializer.deserialize_any(RegionsVisitor)
    }
}

/// A word, or a list of words, which becomes one text with commas.
struct Words(String);

/// Why a value that YAML takes for something else than text is refused where a list may stand.
const QUOTE: &str = "a value that YAML takes for a number or a boolean; put it in quotes";

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordsVisitor;

        impl<'de> Visitor<'de> for WordsVisitor {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a list of words")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Words, E> {
                Ok(Words(word.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, word: u64) -> Result<Words, E> {
                Ok(Words(word.to_string()))
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Words, E> {
                Err(E::custom(QUOTE))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Words, E> {
                Err(E::custom(QUOTE))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Words, A::Error> {
                let mut words: Vec<String> = Vec::new();
                while let Some(word) = seq.next_element::<String>()? {
                    words.push(word);
                }
                Ok(Words(words.join(",")))
            }
        }

        deserializer.deserialize_any(WordsVisitor)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RegionVisitor;

        impl<'de> Visitor<'de> for RegionVisitor {
            type Value = Region;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a region's name, or a mapping with 'name' and 'values'")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Region, E> {
                Ok(Region {
                    name: name.to_owned(),
                    values: Cloud::default(),
                })
            }

            fn visit_u64<E: serde::de::Error>(self, name: u64) -> Result<Region, E> {
                self.visit_str(&name.to_string())
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Region, E> {
                Err(E::custom(QUOTE))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Region, E> {
                Err(E::custom(QUOTE))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Region, A::Error> {
                let mut name = None;
                let mut values = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "name" => name = map.next_value::<Option<String>>()?,
                        "values" => values = map.next_value::<Option<Cloud>>()?,
                        _ => {
                            return Err(A::Error::custom(
                                "a region with a key that is neither 'name' nor 'values'",
                            ));
                        }
                    }
                }
                let Some(name) = name else {
                    return Err(A::Error::custom("a region without a 'name'"));
                };
                Ok(Region {
                    name,
                    values: values.unwrap_or_default(),
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Region, A::Error> {
                Err(A::Error::custom(
                    "a list where a region's name was expected",
                ))
            }
        }

        deserializer.deserialize_any(RegionVisitor)
    }
}
