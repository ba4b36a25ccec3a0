//! The JSON of OpenStack's APIs, as far as it is used: unknown fields are ignored, `null` is as
//! good as missing, and what is not always there is optional. A field of a wrong type is an
//! error: a list that is read wrongly would look like servers that are gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

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
    pub(super) expires_at: Option<String>,
    #[serde(default)]
    pub(super) issued_at: Option<String>,
    #[serde(default)]
    pub(super) project: Option<Named>,
    #[serde(default)]
    pub(super) user: Option<Named>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) catalog: Vec<CatalogService>,
}

/// Anything with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
}

/// A service of the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CatalogService {
    #[serde(rename = "type", default, deserialize_with = "nullable")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) endpoints: Vec<CatalogEndpoint>,
}

/// An endpoint of a service.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CatalogEndpoint {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) interface: String,
    #[serde(default)]
    pub(super) region_id: Option<String>,
    #[serde(default)]
    pub(super) region: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) url: String,
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

/// A list of versions.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Versions {
    /// Nova, Glance, Neutron.
    Bare(Vec<Version>),
    /// Keystone.
    Wrapped {
        /// The versions.
        values: Vec<Version>,
    },
}

/// A version of an API.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) id: String,
    /// The highest microversion; empty where there are none.
    #[serde(default, deserialize_with = "nullable")]
    #[serde(rename = "version")]
    pub(super) newest: String,
    #[serde(rename = "min_version", default, deserialize_with = "nullable")]
    pub(super) oldest: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) links: Vec<Link>,
}

/// A link.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) rel: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) href: String,
}

impl VersionsBody {
    /// All versions, in whatever form they came.
    pub(super) fn all(self) -> Vec<Version> {
        let mut all = match self.versions {
            Some(Versions::Bare(values) | Versions::Wrapped { values }) => values,
            None => Vec::new(),
        };
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
    pub(super) id: String,
}

/// `GET /servers/detail`.
#[derive(Debug, Deserialize)]
pub(super) struct ServersBody {
    pub(super) servers: Vec<Server>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) servers_links: Vec<Link>,
}

/// `GET /servers/ID`.
#[derive(Debug, Deserialize)]
pub(super) struct ServerBody {
    pub(super) server: Server,
}

/// A server.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: String,
    #[serde(rename = "OS-EXT-STS:task_state", default)]
    pub(super) task_state: Option<String>,
    #[serde(default)]
    pub(super) fault: Option<ServerFault>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) addresses: BTreeMap<String, Vec<Address>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) metadata: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(super) created: Option<String>,
}

/// Why a server is in ERROR.
#[derive(Debug, Deserialize)]
pub(super) struct ServerFault {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) code: i64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) message: String,
}

/// An address of a server.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Address {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) addr: String,
    /// `fixed` or `floating`.
    #[serde(rename = "OS-EXT-IPS:type", default)]
    pub(super) kind: Option<String>,
}

/// `GET /os-keypairs`: each wrapped once more.
#[derive(Debug, Deserialize)]
pub(super) struct KeypairsBody {
    pub(super) keypairs: Vec<KeypairBody>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) keypairs_links: Vec<Link>,
}

/// `GET /os-keypairs/NAME`.
#[derive(Debug, Deserialize)]
pub(super) struct KeypairBody {
    pub(super) keypair: Keypair,
}

/// A key pair's public half.
#[derive(Debug, Deserialize)]
pub(super) struct Keypair {
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) public_key: String,
}

/// `GET /flavors`.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorsBody {
    pub(super) flavors: Vec<Named>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) flavors_links: Vec<Link>,
}

/// `GET /v2/images`.
#[derive(Debug, Deserialize)]
pub(super) struct ImagesBody {
    pub(super) images: Vec<Image>,
}

/// An image. Its name may be `null`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Image {
    pub(super) id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) status: String,
}

/// `GET /v2.0/networks`.
#[derive(Debug, Deserialize)]
pub(super) struct NetworksBody {
    pub(super) networks: Vec<Named>,
}

/// `GET /v2.0/ports`.
#[derive(Debug, Deserialize)]
pub(super) struct PortsBody {
    pub(super) ports: Vec<Port>,
}

/// A port, as far as it tells whose it is.
#[derive(Debug, Deserialize)]
pub(super) struct Port {
    pub(super) id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) device_id: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) device_owner: String,
}

/// `GET /v2.0/security-groups`.
#[derive(Debug, Deserialize)]
pub(super) struct SecurityGroupsBody {
    pub(super) security_groups: Vec<Named>,
}

/// `GET /flavors/detail`.
#[derive(Debug, Deserialize)]
pub(super) struct FlavorSizesBody {
    pub(super) flavors: Vec<SizedFlavor>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) flavors_links: Vec<Link>,
}

/// A flavor with its size.
#[derive(Debug, Deserialize)]
pub(super) struct SizedFlavor {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) vcpus: u32,
    /// MiB.
    pub(super) ram: u32,
    /// GiB.
    pub(super) disk: u32,
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
    pub(super) limit: i64,
    pub(super) used: i64,
    #[serde(default)]
    pub(super) reserved: i64,
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
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AbsoluteLimits {
    #[serde(default)]
    pub(super) max_total_instances: Option<i64>,
    #[serde(default)]
    pub(super) total_instances_used: Option<i64>,
    #[serde(default)]
    pub(super) max_total_cores: Option<i64>,
    #[serde(default)]
    pub(super) total_cores_used: Option<i64>,
    #[serde(default, rename = "maxTotalRAMSize")]
    pub(super) max_total_ram_size: Option<i64>,
    #[serde(default, rename = "totalRAMUsed")]
    pub(super) total_ram_used: Option<i64>,
    #[serde(default)]
    pub(super) max_total_keypairs: Option<i64>,
}
