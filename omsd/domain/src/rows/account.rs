//! An account: where entries can be placed, as a person has set it. How it fares, what there is room
//! for, what launches there have taught and what has no owner are rows of their own.

use oms_proto::AccountId;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{Endpoints, Interface, Window};

use crate::ground::sealed::Sealed;

/// Credentials for one project in one region of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// For records.
    pub id: AccountId,
    /// For people; unique.
    pub name: String,
    /// The provider's name.
    pub provider: String,
    /// Keystone's address.
    pub auth_url: String,
    /// Region.
    pub region_name: Option<String>,
    /// Which endpoints of the catalogue.
    pub interface: Interface,
    /// How to sign in, without the secret.
    pub auth: Auth,
    /// The password, or the application credential's secret; empty where passcodes are all.
    pub secret: Sealed,
    /// What passcodes are made from, where they are wanted.
    pub totp: Option<Sealed>,
    /// What differs on the way there.
    pub reach: Reach,
    /// What entries get here unless they say otherwise.
    pub defaults: MachineSpec,
    /// Authorities to trust.
    pub ca_pem: Option<String>,
    /// The one certificate to accept.
    pub pinned_cert_pem: Option<String>,
    /// Preference; higher first.
    pub priority: i32,
    /// Whether a person has switched it on.
    pub enabled: bool,
    /// Goes up with every edit, so that the engine knows when to open its client anew.
    pub revision: u64,
    /// Times in which no entries are to be placed.
    pub maintenance: Vec<Window>,
}

/// How to sign in at Keystone, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user's password.
    Password {
        /// User.
        username: String,
        /// Domain of the user.
        user_domain: Domain,
        /// Project by name.
        tenant_name: Option<String>,
        /// Project by id; wins.
        tenant_id: Option<String>,
        /// Domain of the project.
        project_domain: Domain,
        /// User by id; wins.
        user_id: Option<String>,
    },
    /// An application credential.
    ApplicationCredential {
        /// By id.
        id: Option<String>,
        /// By name, with its user.
        name: Option<String>,
        /// The user.
        username: Option<String>,
        /// Domain of the user.
        user_domain: Domain,
        /// The user by id; wins.
        user_id: Option<String>,
    },
    /// A token that was got elsewhere, and ends.
    Token {
        /// Project by name.
        tenant_name: Option<String>,
        /// Project by id; wins.
        tenant_id: Option<String>,
        /// Domain of the project.
        project_domain: Domain,
    },
}

/// What differs on the way to an account's cloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Addresses to use instead of the catalogue's.
    pub endpoints: Endpoints,
    /// The proxy to go through, without credentials.
    pub proxy: Option<String>,
    /// The proxy with its credentials, where it wants them.
    pub proxy_login: Option<Sealed>,
    /// The certificate by which we prove who we are.
    pub client_cert_pem: Option<String>,
    /// That certificate's key.
    pub client_key: Option<Sealed>,
}

impl Auth {
    /// The user's id, where there is one.
    pub fn user_id(&self) -> Option<&String> {
        match self {
            Self::Password { user_id, .. } | Self::ApplicationCredential { user_id, .. } => {
                user_id.as_ref()
            }
            Self::Token { .. } => None,
        }
    }
}

/// A Keystone domain by name or id; both empty means the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domain {
    /// By name.
    pub name: Option<String>,
    /// By id; wins.
    pub id: Option<String>,
}
