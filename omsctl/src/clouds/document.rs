//! `clouds.yaml` as it stands: typed, every value as text.
//!
//! Values are read as text whatever YAML would make of them, so a password `0123` or a region
//! `no` stays what was written. Keys that OMS does not use are skipped unread.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::CloudsError;

/// Most YAML nodes in one file: some hundred clouds, far below what a file of aliases expands to.
const NODES_MAX: usize = 20_000;

/// Deepest nesting: `clouds`, a cloud, `regions`, one region, `values`, `auth`, and room.
const DEPTH_MAX: usize = 32;

/// Keys of a cloud, beside `auth` and `regions`, that say something to us. Those of `auth` are
/// among them, because old files have them beside it, and openstacksdk reads them there.
const KEYS: [&str; 37] = [
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "auth_type",
    "auth_url",
    "ca_cert",
    "cacert",
    "cloud",
    "default_domain",
    "default_domain_id",
    "default_domain_name",
    "domain_id",
    "domain_name",
    "endpoint_type",
    "identity_api_version",
    "insecure",
    "interface",
    "passcode",
    "password",
    "profile",
    "project",
    "project_domain_id",
    "project_domain_name",
    "project_id",
    "project_name",
    "region",
    "region_name",
    "system_scope",
    "tenant_id",
    "tenant_name",
    "token",
    "trust_id",
    "user_domain_id",
    "user_domain_name",
    "user_id",
    "username",
    "verify",
];

/// Other spellings of the same key.
const SPELLINGS: [(&str, &str); 2] = [("user_name", "username"), ("tenant", "tenant_name")];

/// A file.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Document {
    /// The clouds of `clouds.yaml` and `secure.yaml`.
    clouds: Option<BTreeMap<String, Option<Cloud>>>,
    /// The profiles of `clouds-public.yaml`.
    #[serde(rename = "public-clouds")]
    public: Option<BTreeMap<String, Option<Cloud>>>,
}

impl Document {
    /// Parses a file of the name `file`.
    ///
    /// # Errors
    /// Where the text is no YAML, or not of this shape, or larger than the limits.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, CloudsError> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_nodes: NODES_MAX,
                max_depth: DEPTH_MAX,
                max_documents: 1,
            },
            // `no` is a region in Norway before it is a boolean.
            strict_booleans: true,
            // Keys that are skipped may hold anything.
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
            // A snippet of the source would show the passwords beside the mistake.
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options::<Option<Self>>(text, options)
            .map(Option::unwrap_or_default)
            .map_err(|error| CloudsError {
                file: file.to_owned(),
                place: String::new(),
                problem: error
                    .without_snippet()
                    .render_with_formatter(&serde_saphyr::UserMessageFormatter),
            })
    }

    /// The clouds, with those of `over` laid over them.
    pub(crate) fn clouds_under(self, over: Self) -> BTreeMap<String, Cloud> {
        let mut clouds = filled(self.clouds);
        for (name, above) in filled(over.clouds) {
            let below = clouds.remove(&name).unwrap_or_default();
            clouds.insert(name, below.overlaid(above));
        }
        clouds
    }

    /// The profiles.
    pub(crate) fn profiles(self) -> BTreeMap<String, Cloud> {
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

/// One cloud: what its keys say, as text.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    /// Keys beside `auth`.
    fields: BTreeMap<String, String>,
    /// Keys in `auth`.
    auth: BTreeMap<String, String>,
    /// The regions, where there is a list of them.
    regions: Option<Vec<Region>>,
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
    pub(crate) fn of_fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut cloud = Self::default();
        for (key, value) in fields {
            let key = canonical(&key);
            if KEYS.contains(&key.as_str()) {
                cloud.fields.insert(key, value);
            }
        }
        cloud
    }

    /// What a key says, in `auth` before beside it. An empty text says nothing.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.auth
            .get(key)
            .or_else(|| self.fields.get(key))
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The list of regions.
    pub(super) fn regions(&self) -> &[Region] {
        self.regions.as_deref().unwrap_or_default()
    }

    /// This cloud with everything that `above` says instead.
    pub(crate) fn overlaid(mut self, above: Self) -> Self {
        self.fields.extend(above.fields);
        self.auth.extend(above.auth);
        self.regions = above.regions.or(self.regions);
        self
    }
}

/// Names keys and hides values: there are passwords among them.
impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("fields", &self.fields.keys())
            .field("auth", &self.auth.keys())
            .finish_non_exhaustive()
    }
}

/// Keys are written with `-` or `_`.
fn canonical(key: &str) -> String {
    let key = key.trim().replace('-', "_");
    SPELLINGS
        .iter()
        .find(|(other, _)| *other == key)
        .map_or(key, |(_, name)| (*name).to_owned())
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
                    match canonical(&key).as_str() {
                        "auth" => {
                            cloud.auth = map.next_value::<Option<Auth>>()?.unwrap_or_default().0;
                        }
                        "regions" => cloud.regions = map.next_value()?,
                        known if KEYS.contains(&known) => {
                            if let Some(Text(value)) = map.next_value()? {
                                cloud.fields.insert(known.to_owned(), value);
                            }
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
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

/// The mapping `auth`.
#[derive(Default)]
struct Auth(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cloud::deserialize(deserializer).map(|cloud| Self(cloud.fields))
    }
}

/// A value as it was written.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
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

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Region, A::Error> {
                let mut name = None;
                let mut values = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "name" => name = map.next_value::<Option<Text>>()?,
                        "values" => values = map.next_value::<Option<Cloud>>()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let Some(Text(name)) = name else {
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
