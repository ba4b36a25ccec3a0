//! The JSON of OpenStack's APIs, as far as it is used: unknown fields are ignored, `null` is as
//! good as missing, and what is not always there is optional. A field of a wrong type is an
//! error: a list that is read wrongly would look like servers that are gone. No field here has a
//! type without a bound, which a test below sees to.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::bounded::{
    Addresses, Amount, Id, List, Loose, Name, OwnMetadata, Size, Text, Url, Word, Words,
};
use super::bounds::{
    ENDPOINTS_MAX, FLAVORS_MAX, LINKS_MAX, NAME_CHARS_MAX, PAGE_EXCESS, PAGE_KEYPAIRS, PAGE_NAMES,
    PAGE_SERVERS, PORTS_MAX, PUBLIC_KEY_CHARS_MAX, ROLES_MAX, SERVICES_MAX, SUBNETS_MAX,
    VERSIONS_MAX, WORD_CHARS_MAX,
};
use crate::ports::MESSAGE_CHARS_MAX;

fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// `POST /v3/auth/tokens`.
#[derive(Debug, Deserialize)]
pub(super) struct TokenBody {
    pub(super) token: Token,
}

/// What Keystone says of a token.
#[derive(Debug, Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    pub(super) expires_at: Option<Word>,
    #[serde(default)]
    pub(super) issued_at: Option<Word>,
    #[serde(default)]
    pub(super) project: Option<Owner>,
    #[serde(default)]
    pub(super) user: Option<Owner>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) catalog: List<CatalogService, SERVICES_MAX>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) roles: List<Role, ROLES_MAX>,
}

/// What a user may do in a project, by the name that policies know.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Role {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Loose,
}

/// The project or user of a token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Owner {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Words<NAME_CHARS_MAX>,
}

/// One of many things with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub(super) id: Loose,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Loose,
}

/// A service of the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CatalogService {
    #[serde(rename = "type", default, deserialize_with = "nullable")]
    pub(super) kind: Name,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) endpoints: List<CatalogEndpoint, ENDPOINTS_MAX>,
}

/// An endpoint of a service.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CatalogEndpoint {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) interface: Word,
    #[serde(default)]
    pub(super) region_id: Option<Name>,
    #[serde(default)]
    pub(super) region: Option<Name>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) url: Url,
}

/// A version document in any of its forms: Keystone wraps its list in `values`, Nova's root has
/// a bare list, and a version's own page has one `version`.
#[derive(Debug, Deserialize)]
pub(super) struct VersionsBody {
    #[serde(default)]
    pub(super) versions: Option<Versions>,
    #[serde(default)]
    pub(super) version: Option<Version>,
}

/// A list of versions, bare or in `values`.
#[derive(Debug, Default)]
pub(super) struct Versions(List<Version, VERSIONS_MAX>);

impl<'de> Deserialize<'de> for Versions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Versions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or an object with one")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Versions, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(items)).map(Versions)
            }

            fn visit_map<A: MapAccess<'de>>(self, items: A) -> Result<Versions, A::Error> {
                #[derive(Deserialize)]
                struct Wrapped {
                    values: List<Version, VERSIONS_MAX>,
                }
                let wrapped = Wrapped::deserialize(MapAccessDeserializer::new(items))?;
                Ok(Versions(wrapped.values))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A version of an API.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) id: Word,
    /// The highest microversion; empty where there are none.
    #[serde(default, deserialize_with = "nullable")]
    #[serde(rename = "version")]
    pub(super) newest: Word,
    #[serde(rename = "min_version", default, deserialize_with = "nullable")]
    pub(super) oldest: Word,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) links: Links,
}

/// A link.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) rel: Word,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) href: Url,
}

/// The links of a page or an object.
pub(super) type Links = List<Link, LINKS_MAX>;

impl VersionsBody {
    /// All versions, in whatever form they came.
    pub(super) fn all(self) -> Vec<Version> {
        let mut all = self.versions.unwrap_or_default().0.into_inner();
        all.extend(self.version);
        all
    }
}

/// `POST /servers`.
#[derive(Debug, Deserialize)]
pub(super) struct CreatedBody {
    pub(super) server: Created,
}

/// The only part of Nova's answer that is worth anything.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) id: Id,
}

/// `GET /servers/detail`.
#[derive(Debug, Deserialize)]
pub(super) struct ServersBody {
    pub(super) servers: List<Server, { PAGE_EXCESS * PAGE_SERVERS }>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) servers_links: Links,
}

/// `GET /servers/ID`.
#[derive(Debug, Deserialize)]
pub(super) struct ServerBody {
    pub(super) server: Server,
}

/// A server.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Words<NAME_CHARS_MAX>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: Words<WORD_CHARS_MAX>,
    #[serde(rename = "OS-EXT-STS:task_state", default)]
    pub(super) task_state: Option<Words<WORD_CHARS_MAX>>,
    #[serde(default)]
    pub(super) fault: Option<ServerFault>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) addresses: Addresses,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) metadata: OwnMetadata,
    /// A time; one that is longer is none.
    #[serde(default)]
    pub(super) created: Option<Words<WORD_CHARS_MAX>>,
}

/// Why a server is in ERROR.
#[derive(Debug, Deserialize)]
pub(super) struct ServerFault {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) code: i64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) message: Words<MESSAGE_CHARS_MAX>,
}

/// `GET /os-keypairs`: each wrapped once more.
#[derive(Debug, Deserialize)]
pub(super) struct KeypairsBody {
    pub(super) keypairs: List<ListedKeypair, { PAGE_EXCESS * PAGE_KEYPAIRS }>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) keypairs_links: Links,
}

/// A key pair of a list.
#[derive(Debug, Deserialize)]
pub(super) struct ListedKeypair {
    pub(super) keypair: KeypairName,
}

/// What of it matters.
#[derive(Debug, Deserialize)]
pub(super) struct KeypairName {
    pub(super) name: Loose,
}

/// `GET /os-keypairs/NAME`.
#[derive(Debug, Deserialize)]
pub(super) struct KeypairBody {
    pub(super) keypair: Keypair,
}

/// A key pair's public half.
#[derive(Debug, Deserialize)]
pub(super) struct Keypair {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) public_key: Text<PUBLIC_KEY_CHARS_MAX>,
}

/// `GET /flavors`.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorsBody {
    pub(super) flavors: List<Named, FLAVORS_MAX>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) flavors_links: Links,
}

/// `GET /v2/images`.
#[derive(Debug, Deserialize)]
pub(super) struct ImagesBody {
    pub(super) images: List<Image, { PAGE_EXCESS * PAGE_NAMES }>,
}

/// An image. Its name may be `null`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Image {
    pub(super) id: Loose,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Loose,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: Words<WORD_CHARS_MAX>,
}

/// `GET /v2.0/networks`.
#[derive(Debug, Deserialize)]
pub(super) struct NetworksBody {
    pub(super) networks: List<Named, { PAGE_EXCESS * PAGE_NAMES }>,
}

/// `GET /v2.0/networks`, with what tells whether servers can be attached.
#[derive(Debug, Deserialize)]
pub(super) struct PlacesBody {
    pub(super) networks: List<Place, { PAGE_EXCESS * PAGE_NAMES }>,
}

/// A network as one to attach servers to. What is not said is taken to be well.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Place {
    pub(super) id: Loose,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Loose,
    #[serde(default)]
    pub(super) shared: Option<bool>,
    #[serde(rename = "router:external", default)]
    pub(super) external: Option<bool>,
    #[serde(default)]
    pub(super) admin_state_up: Option<bool>,
    #[serde(default)]
    pub(super) project_id: Option<Loose>,
    #[serde(default)]
    pub(super) subnets: Option<List<Loose, SUBNETS_MAX>>,
}

/// `GET /flavors/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorBody {
    pub(super) flavor: FlavorState,
}

/// Whether servers are made of a flavor.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorState {
    #[serde(rename = "OS-FLV-DISABLED:disabled", default)]
    pub(super) disabled: Option<bool>,
}

/// `GET /os-availability-zone`.
#[derive(Debug, Deserialize)]
pub(super) struct ZonesBody {
    #[serde(rename = "availabilityZoneInfo")]
    pub(super) zones: List<Zone, PAGE_NAMES>,
}

/// An availability zone.
#[derive(Debug, Deserialize)]
pub(super) struct Zone {
    #[serde(rename = "zoneName")]
    pub(super) name: Loose,
    /// What is not said is taken to be well.
    #[serde(rename = "zoneState", default)]
    pub(super) state: ZoneState,
}

/// Whether a zone takes servers.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct ZoneState {
    pub(super) available: bool,
}

impl Default for ZoneState {
    fn default() -> Self {
        Self { available: true }
    }
}

/// `GET /v2.0/ports`.
#[derive(Debug, Deserialize)]
pub(super) struct PortsBody {
    pub(super) ports: List<Port, PORTS_MAX>,
}

/// A port, as far as it tells whose it is.
#[derive(Debug, Deserialize)]
pub(super) struct Port {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Words<NAME_CHARS_MAX>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) device_id: Loose,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) device_owner: Loose,
}

/// `GET /v2.0/security-groups`.
#[derive(Debug, Deserialize)]
pub(super) struct SecurityGroupsBody {
    pub(super) security_groups: List<Named, { PAGE_EXCESS * PAGE_NAMES }>,
}

/// `GET /flavors/detail`.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorSizesBody {
    pub(super) flavors: List<SizedFlavor, FLAVORS_MAX>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) flavors_links: Links,
}

/// A flavor with its size.
#[derive(Debug, Deserialize)]
pub(super) struct SizedFlavor {
    pub(super) id: Loose,
    pub(super) name: Loose,
    pub(super) vcpus: Size,
    /// MiB.
    pub(super) ram: Size,
    /// GiB.
    pub(super) disk: Size,
}

/// `GET /v2.0/quotas/ID/details.json`.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkQuotaBody {
    pub(super) quota: NetworkQuota,
}

/// What of it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkQuota {
    #[serde(default)]
    pub(super) port: Option<QuotaDetail>,
    #[serde(default)]
    pub(super) floatingip: Option<QuotaDetail>,
}

/// One resource; a limit of -1 is none.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct QuotaDetail {
    pub(super) limit: Amount,
    pub(super) used: Amount,
    #[serde(default)]
    pub(super) reserved: Amount,
}

/// `GET /limits`.
#[derive(Debug, Deserialize)]
pub(super) struct LimitsBody {
    pub(super) limits: LimitsInner,
}

/// Inside `limits`.
#[derive(Debug, Deserialize)]
pub(super) struct LimitsInner {
    pub(super) absolute: AbsoluteLimits,
}

/// Limits and use; -1 is unlimited.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AbsoluteLimits {
    #[serde(default)]
    pub(super) max_total_instances: Option<Amount>,
    #[serde(default)]
    pub(super) total_instances_used: Option<Amount>,
    #[serde(default)]
    pub(super) max_total_cores: Option<Amount>,
    #[serde(default)]
    pub(super) total_cores_used: Option<Amount>,
    #[serde(default, rename = "maxTotalRAMSize")]
    pub(super) max_total_ram_size: Option<Amount>,
    #[serde(default, rename = "totalRAMUsed")]
    pub(super) total_ram_used: Option<Amount>,
    #[serde(default)]
    pub(super) max_total_keypairs: Option<Amount>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_field_has_a_type_without_a_bound() {
        let code = include_str!("wire.rs");
        let code = code.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().map(str::trim);
        for line in lines.filter(|line| !line.starts_with("//")) {
            for unbounded in ["String", "Vec<", "Map<", "Set<", "Value", "f64", ": u64"] {
                let is_read = line.starts_with("pub(super)") && !line.contains(" fn ");
                assert!(!(is_read && line.contains(unbounded)), "{line}");
            }
        }
    }
}
