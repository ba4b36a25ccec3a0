//! What people hand in: the wish for an instance, and an account with its defaults.
//!
//! The same shapes are the JSON bodies of the REST interface. Unknown fields are refused, so that
//! a misspelt one is not silently ignored.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::codec::Reading;
use crate::machine::{AddressFamily, AddressType, MachineSpec};
use crate::secret::Secret;
use crate::{grows, words};

pub use crate::pass::{KeyPolicy, TokenSpec, UserPatch, UserSpec};
pub use crate::window::Window;

words! {
    /// The kind of SSH key that OMS makes for an instance.
    #[derive(Default)]
    pub enum KeyType: strict {
        /// Ed25519; small and accepted by every OpenSSH since 6.5.
        #[default]
        1 Ed25519 = "ed25519",
        /// RSA with 3072 bits, for images whose sshd knows nothing newer.
        2 Rsa = "rsa",
    }
}

/// One request for one instance. Every field is optional; what is not given comes from the
/// defaults of the account that serves it. In JSON the machine's fields stand beside the others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "EntryFields")]
pub struct EntrySpec {
    /// Name of the server in the cloud. At most 63 characters, a valid host name.
    pub name: Option<String>,
    /// What the machine is to be.
    #[serde(flatten)]
    pub machine: MachineSpec,
    /// Text handed to the guest (cloud-init); at most 49,149 bytes, so that its base64 form stays
    /// within Nova's 65,535.
    pub user_data: Option<String>,
    /// Metadata for the server. Keys that begin with `oms_` are ours and refused.
    pub metadata: Option<BTreeMap<String, String>>,
    /// OpenSSH public key to install; then OMS makes no key and shows no `key_raw`.
    pub public_key: Option<String>,
    /// Kind of the key that OMS makes, when `public_key` is not given.
    pub key_type: Option<KeyType>,
    /// Only these accounts, by name.
    pub accounts: Option<Vec<String>>,
    /// None of these accounts, by name.
    pub avoid_accounts: Option<Vec<String>>,
    /// Give up this many seconds after acceptance; 30 minutes unless the configuration says
    /// otherwise.
    pub deadline_seconds: Option<u32>,
}

grows! {
    EntrySpec {
        name, machine, user_data, metadata, public_key, key_type, accounts, avoid_accounts,
        deadline_seconds,
    }
}

/// The JSON of an [`EntrySpec`], all in one row. serde's own `flatten` would lose which field is at
/// fault, and what the fields are called.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct EntryFields {
    name: Option<String>,
    image: Option<String>,
    flavor: Option<String>,
    networks: Option<Vec<String>>,
    security_groups: Option<Vec<String>>,
    availability_zone: Option<String>,
    address_type: Option<AddressType>,
    address_family: Option<AddressFamily>,
    user_data: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    public_key: Option<String>,
    key_type: Option<KeyType>,
    accounts: Option<Vec<String>>,
    avoid_accounts: Option<Vec<String>>,
    deadline_seconds: Option<u32>,
}

impl From<EntryFields> for EntrySpec {
    fn from(fields: EntryFields) -> Self {
        Self {
            name: fields.name,
            machine: MachineSpec {
                image: fields.image,
                flavor: fields.flavor,
                networks: fields.networks,
                security_groups: fields.security_groups,
                availability_zone: fields.availability_zone,
                address_type: fields.address_type,
                address_family: fields.address_family,
            },
            user_data: fields.user_data,
            metadata: fields.metadata,
            public_key: fields.public_key,
            key_type: fields.key_type,
            accounts: fields.accounts,
            avoid_accounts: fields.avoid_accounts,
            deadline_seconds: fields.deadline_seconds,
        }
    }
}

/// How to sign in at Keystone v3.
///
/// Sources: <https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management>.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[bincode(decode_context = "Reading")]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credentials {
    /// A user's password, scoped to a project.
    Password(PasswordCredentials),
    /// An application credential; the credential itself names the project.
    ApplicationCredential(ApplicationCredential),
    /// A token that was got elsewhere, scoped to a project. It ends within hours, and cannot be
    /// renewed beyond its end.
    Token(TokenCredentials),
}

/// User, password and project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordCredentials {
    /// User name; may be left out where there is `user_id`.
    #[serde(default)]
    pub username: String,
    /// Domain of the user, by name; `Default` unless told otherwise.
    #[serde(default)]
    pub user_domain_name: Option<String>,
    /// Domain of the user, by id; wins over the name.
    #[serde(default)]
    pub user_domain_id: Option<String>,
    /// The password; may be left out where there is `totp_secret`, if the cloud asks for no other
    /// factor.
    #[serde(default)]
    pub password: Secret,
    /// Project (tenant) by name.
    #[serde(default)]
    pub tenant_name: Option<String>,
    /// Project (tenant) by id; wins over the name.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Domain of the project, by name; the user's domain unless told otherwise.
    #[serde(default)]
    pub project_domain_name: Option<String>,
    /// Domain of the project, by id; wins over the name.
    #[serde(default)]
    pub project_domain_id: Option<String>,
    /// User by id; wins over the name, and needs no domain.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The secret (base32) from which passcodes are made where the cloud wants them as a second
    /// factor, or as the only one.
    #[serde(default)]
    pub totp_secret: Option<Secret>,
}

grows! {
    PasswordCredentials {
        username, user_domain_name, user_domain_id, password, tenant_name, tenant_id,
        project_domain_name, project_domain_id,
    } then {
        user_id, totp_secret,
    }
}

/// An application credential, by id, or by name with its user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplicationCredential {
    /// The credential's id.
    #[serde(default)]
    pub id: Option<String>,
    /// The credential's name; needs `username` and a domain of the user.
    #[serde(default)]
    pub name: Option<String>,
    /// The user that owns it, when it is given by name.
    #[serde(default)]
    pub username: Option<String>,
    /// Domain of that user, by name.
    #[serde(default)]
    pub user_domain_name: Option<String>,
    /// Domain of that user, by id.
    #[serde(default)]
    pub user_domain_id: Option<String>,
    /// The secret.
    pub secret: Secret,
    /// The user that owns it, by id; wins over the name, and needs no domain.
    #[serde(default)]
    pub user_id: Option<String>,
}

grows! {
    ApplicationCredential {
        id, name, username, user_domain_name, user_domain_id, secret,
    } then {
        user_id,
    }
}

/// A token and the project to use it for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenCredentials {
    /// The token.
    pub token: Secret,
    /// Project (tenant) by name.
    #[serde(default)]
    pub tenant_name: Option<String>,
    /// Project (tenant) by id; wins over the name.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Domain of the project, by name; `Default` unless told otherwise.
    #[serde(default)]
    pub project_domain_name: Option<String>,
    /// Domain of the project, by id; wins over the name.
    #[serde(default)]
    pub project_domain_id: Option<String>,
}

grows! {
    TokenCredentials {
        token, tenant_name, tenant_id, project_domain_name, project_domain_id,
    }
}

/// Addresses of services to use instead of those in the catalogue. `%(project_id)s` in one of them
/// stands for the project's id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Endpoints {
    /// Nova's.
    pub compute: Option<String>,
    /// Glance's.
    pub image: Option<String>,
    /// Neutron's.
    pub network: Option<String>,
}

grows! {
    Endpoints { compute, image, network }
}

words! {
    /// Which endpoint of the catalogue to use.
    #[derive(Default)]
    pub enum Interface: strict {
        /// The public endpoint.
        #[default]
        1 Public = "public",
        /// The internal endpoint.
        2 Internal = "internal",
        /// The administrator's endpoint.
        3 Admin = "admin",
    }
}

/// A new account: credentials for one project in one region of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Unique name: letters, digits, `.`, `_`, `-`; at most 64.
    pub name: String,
    /// The provider's name; the account's name unless given.
    #[serde(default)]
    pub provider: Option<String>,
    /// Keystone's address, `https://HOST[:PORT][/PATH]`, with or without `/v3`.
    pub auth_url: String,
    /// Region; may be left out where the catalogue has only one.
    #[serde(default)]
    pub region_name: Option<String>,
    /// Which endpoints of the catalogue.
    #[serde(default)]
    pub interface: Interface,
    /// How to sign in.
    pub credentials: Credentials,
    /// What entries get here unless they say otherwise.
    #[serde(default)]
    pub defaults: MachineSpec,
    /// Certificates (PEM) of the authorities to trust for this account besides the system's.
    #[serde(default)]
    pub ca_pem: Option<String>,
    /// The one server certificate (PEM) to accept, self-signed or not; nothing else is accepted.
    #[serde(default)]
    pub pinned_cert_pem: Option<String>,
    /// Higher is preferred. 0 unless given.
    #[serde(default)]
    pub priority: i32,
    /// Whether entries may be placed here. True unless given.
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    /// Addresses to use instead of the catalogue's.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// The proxy to go through, `http://[USER:PASSWORD@]HOST[:PORT]`, instead of the one that the
    /// daemon's environment names. User and password are sealed, the rest is shown.
    #[serde(default)]
    pub proxy: Option<Secret>,
    /// The certificate (PEM, with its chain) by which we prove who we are.
    #[serde(default)]
    pub client_cert_pem: Option<String>,
    /// That certificate's key (PEM, not encrypted).
    #[serde(default)]
    pub client_key_pem: Option<Secret>,
}

grows! {
    AccountSpec {
        name, provider, auth_url, region_name, interface, credentials, defaults, ca_pem,
        pinned_cert_pem, priority, enabled,
    } then {
        endpoints, proxy, client_cert_pem, client_key_pem,
    }
}

const fn enabled_by_default() -> bool {
    true
}

/// A new secret for an account that goes on signing in as it does, with what kind of secret that is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[bincode(decode_context = "Reading")]
#[serde(rename_all = "snake_case")]
pub enum NewSecret {
    /// A user's password.
    Password(Secret),
    /// The secret of an application credential.
    ApplicationCredential(Secret),
    /// A token.
    Token(Secret),
}

impl NewSecret {
    /// The secret itself.
    pub const fn secret(&self) -> &Secret {
        match self {
            Self::Password(secret) | Self::ApplicationCredential(secret) | Self::Token(secret) => {
                secret
            }
        }
    }
}

/// A change to an account, as a merge patch (RFC 7396): a field left out stays as it is, and `null` takes
/// a value away, `Some(None)` or what an account without it has. What none can be without cannot be `null`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AccountPatch {
    /// The provider's name.
    #[serde(deserialize_with = "given")]
    pub provider: Option<String>,
    /// Keystone's address.
    #[serde(deserialize_with = "given")]
    pub auth_url: Option<String>,
    /// Region.
    #[serde(deserialize_with = "nullable")]
    pub region_name: Option<Option<String>>,
    /// Which endpoints of the catalogue.
    #[serde(deserialize_with = "resettable")]
    pub interface: Option<Interface>,
    /// New credentials as a whole.
    #[serde(deserialize_with = "given")]
    pub credentials: Option<Credentials>,
    /// Default image.
    #[serde(deserialize_with = "nullable")]
    pub image: Option<Option<String>>,
    /// Default flavor.
    #[serde(deserialize_with = "nullable")]
    pub flavor: Option<Option<String>>,
    /// Default networks.
    #[serde(deserialize_with = "resettable")]
    pub networks: Option<Vec<String>>,
    /// Default security groups.
    #[serde(deserialize_with = "resettable")]
    pub security_groups: Option<Vec<String>>,
    /// Default availability zone.
    #[serde(deserialize_with = "nullable")]
    pub availability_zone: Option<Option<String>>,
    /// Authorities to trust.
    #[serde(deserialize_with = "nullable")]
    pub ca_pem: Option<Option<String>>,
    /// The one certificate to accept.
    #[serde(deserialize_with = "nullable")]
    pub pinned_cert_pem: Option<Option<String>>,
    /// Preference.
    #[serde(deserialize_with = "resettable")]
    pub priority: Option<i32>,
    /// Whether entries may be placed here.
    #[serde(deserialize_with = "given")]
    pub enabled: Option<bool>,
    /// Addresses to use instead of the catalogue's, all of them.
    #[serde(deserialize_with = "resettable")]
    pub endpoints: Option<Endpoints>,
    /// The proxy to go through.
    #[serde(deserialize_with = "nullable")]
    pub proxy: Option<Option<Secret>>,
    /// The certificate by which we prove who we are; a new one comes with its key.
    #[serde(deserialize_with = "nullable")]
    pub client_cert_pem: Option<Option<String>>,
    /// That certificate's key.
    #[serde(deserialize_with = "nullable")]
    pub client_key_pem: Option<Option<Secret>>,
    /// A new secret of the kind that the account has; not beside `credentials`.
    #[serde(deserialize_with = "given")]
    pub secret: Option<NewSecret>,
    /// Which kind of address machines are reached at.
    #[serde(deserialize_with = "nullable")]
    pub address_type: Option<Option<AddressType>>,
    /// Which family of addresses machines are reached at.
    #[serde(deserialize_with = "nullable")]
    pub address_family: Option<Option<AddressFamily>>,
}

grows! {
    AccountPatch {
        provider, auth_url, region_name, interface, credentials, image, flavor, networks,
        security_groups, availability_zone, ca_pem, pinned_cert_pem, priority, enabled,
    } then {
        endpoints, proxy, client_cert_pem, client_key_pem, secret, address_type,
        address_family,
    }
}

impl AccountPatch {
    /// What changes an account's defaults to what is said here; an empty text or list takes the value
    /// away.
    pub fn of_defaults(defaults: MachineSpec) -> Self {
        let MachineSpec {
            image,
            flavor,
            networks,
            security_groups,
            availability_zone,
            address_type,
            address_family,
        } = defaults;
        let text = |said: Option<String>| Some(Some(said?).filter(|text| !text.is_empty()));
        Self {
            image: text(image),
            flavor: text(flavor),
            networks,
            security_groups,
            availability_zone: text(availability_zone),
            address_type: address_type.map(Some),
            address_family: address_family.map(Some),
            ..Self::default()
        }
    }
}

/// Tells a field that is `null` from one that is not there.
/// What an account can do without: `null` is what it has where nothing is said.
fn resettable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(|given| Some(given.unwrap_or_default()))
}

/// What an account cannot do without.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    let given = Option::<T>::deserialize(deserializer)?;
    given
        .map(Some)
        .ok_or_else(|| D::Error::custom("null, which no account can have here"))
}

#[expect(clippy::option_option, reason = "absent, null and given are three")]
fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
