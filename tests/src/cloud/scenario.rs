//! Scenarios: several clouds with their pace, contents, accounts and faults, as TOML. Unknown
//! keys are refused.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::dice::{stable_hex, stable_uuid};
use super::faults::Rule;

/// Several clouds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Where all randomness begins.
    #[serde(default)]
    pub seed: u64,
    /// What it shows, for people.
    #[serde(default)]
    pub about: String,
    /// The clouds.
    pub clouds: Vec<CloudSpec>,
}

/// The two shapes of a catalogue that are met in the wild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A port for each service, the project's id in Nova's address, `/v3` in Keystone's.
    #[default]
    PortEach,
    /// One port, a path for each service, no project id, no `/v3`.
    PathEach,
}

/// One cloud.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudSpec {
    /// Its name; accounts and addresses are named after it.
    pub name: String,
    /// Shape of the catalogue.
    #[serde(default)]
    pub shape: Shape,
    /// Region; `Region-NAME` unless given.
    #[serde(default)]
    pub region: Option<String>,
    /// Whether it speaks TLS; in process, where nothing is encrypted, whether its addresses say so.
    #[serde(default)]
    pub tls: bool,
    /// Time from request to answer.
    #[serde(default = "defaults::latency_ms")]
    pub latency_ms: u64,
    /// Up to so much more.
    #[serde(default)]
    pub latency_jitter_ms: u64,
    /// What a create takes beyond any other call: Nova asks others before it answers.
    #[serde(default)]
    pub create_ms: u64,
    /// Calls and builds that are worked on at full pace; more of them share it. Zero for a cloud
    /// that never gets slower.
    #[serde(default)]
    pub cores: u32,
    /// Time from the create to ACTIVE.
    #[serde(default = "defaults::build_ms")]
    pub build_ms: u64,
    /// Up to so much more.
    #[serde(default)]
    pub build_jitter_ms: u64,
    /// Time from ACTIVE until the server shows its addresses, which changes nothing else of it.
    #[serde(default)]
    pub address_ms: u64,
    /// Time from the delete until the server is gone.
    #[serde(default = "defaults::delete_ms")]
    pub delete_ms: u64,
    /// How long a deleted server is still found by its id and in lists, with status DELETED, as
    /// Nova shows it for a moment.
    #[serde(default)]
    pub deleted_found_ms: u64,
    /// How long a deleted server is shown by lists with `changes-since`.
    #[serde(default = "defaults::deleted_listed_s")]
    pub deleted_listed_s: u64,
    /// How long a deleted server is kept in case somebody wants it back; not at all if zero.
    #[serde(default)]
    pub reclaim_s: u64,
    /// Requests worked on at once; the others queue.
    #[serde(default = "defaults::concurrency")]
    pub concurrency: usize,
    /// Most items of a page.
    #[serde(default = "defaults::page_max")]
    pub page_max: usize,
    /// Minor part of the highest compute microversion.
    #[serde(default = "defaults::microversion_max")]
    pub microversion_max: u16,
    /// Life of a token.
    #[serde(default = "defaults::token_s")]
    pub token_s: u64,
    /// How far the cloud's clock is ahead (behind if negative) of the true one.
    #[serde(default)]
    pub clock_skew_ms: i64,
    /// How far the clock of whoever writes `Date` is ahead (behind if negative) of the cloud's own.
    #[serde(default)]
    pub date_skew_ms: i64,
    /// Probability that a request whose caller went away is carried out all the same.
    #[serde(default = "defaults::abandoned_acts")]
    pub abandoned_acts: f64,
    /// Whether lists leave out the faults of servers that no host was found for, as Nova's did up
    /// to Zed.
    #[serde(default)]
    pub list_hides_no_host: bool,
    /// Whether a member may not delete a port that a server owns, as newer policies of Neutron have
    /// it.
    #[serde(default)]
    pub guards_ports: bool,
    /// Flavors; four small ones unless given.
    #[serde(default = "defaults::flavors")]
    pub flavors: Vec<FlavorSpec>,
    /// Images; two unless given.
    #[serde(default = "defaults::images")]
    pub images: Vec<ImageSpec>,
    /// Networks; one and an external one unless given.
    #[serde(default)]
    pub networks: Vec<NetworkSpec>,
    /// Security groups besides `default`.
    #[serde(default = "defaults::security_groups")]
    pub security_groups: Vec<String>,
    /// Availability zones.
    #[serde(default = "defaults::zones")]
    pub zones: Vec<String>,
    /// Accounts; one named after the cloud unless given.
    #[serde(default)]
    pub accounts: Vec<AccountSeed>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<Rule>,
}

/// Size of a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlavorSpec {
    /// Its id; made from the name unless given.
    #[serde(default)]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub ram_mib: u32,
    /// Disk in GB.
    pub disk_gb: u32,
    /// Whether no host can ever take it.
    #[serde(default)]
    pub fits_nowhere: bool,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// Its id; made from the name unless given.
    #[serde(default)]
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// Glance's status.
    #[serde(default = "defaults::image_status")]
    pub status: String,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Its id; made from the name unless given.
    #[serde(default)]
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// First two numbers of its addresses.
    #[serde(default = "defaults::prefix")]
    pub prefix: String,
    /// Whether servers have an address of IPv6 there, too.
    #[serde(default)]
    pub ipv6: bool,
    /// First two numbers of the floating address that every server there is given besides.
    #[serde(default)]
    pub floating: Option<String>,
    /// Whether it leads outside; such a network takes no servers.
    #[serde(default)]
    pub external: bool,
}

/// Who may use the cloud: a user with a project.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSeed {
    /// Name, for rules and for tests; user and project are named after it.
    pub name: String,
    /// Password; `NAME-secret` unless given.
    #[serde(default)]
    pub password: Option<String>,
    /// Domain of user and project.
    #[serde(default = "defaults::domain")]
    pub domain: String,
    /// Instances, -1 for no bound.
    #[serde(default = "defaults::quota_instances")]
    pub quota_instances: i64,
    /// Virtual CPUs, -1 for no bound.
    #[serde(default = "defaults::quota_cores")]
    pub quota_cores: i64,
    /// Memory in MiB, -1 for no bound.
    #[serde(default = "defaults::quota_ram_mib")]
    pub quota_ram_mib: i64,
    /// Key pairs, -1 for no bound.
    #[serde(default = "defaults::quota_keypairs")]
    pub quota_keypairs: i64,
    /// Ports, -1 for no bound.
    #[serde(default = "defaults::quota_ports")]
    pub quota_ports: i64,
}

impl Scenario {
    /// Reads a scenario file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the scenario {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in the scenario {}", path.display()))
    }

    /// Reads a scenario from its text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let scenario: Self = toml::from_str(text)?;
        anyhow::ensure!(!scenario.clouds.is_empty(), "a scenario needs a cloud");
        let mut names: Vec<&str> = scenario.clouds.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        anyhow::ensure!(
            names.len() == scenario.clouds.len(),
            "two clouds of one name"
        );
        Ok(Self {
            clouds: scenario
                .clouds
                .into_iter()
                .map(CloudSpec::complete)
                .collect(),
            ..scenario
        })
    }
}

impl CloudSpec {
    /// A good cloud of this name: 20 ms to an answer, 2 s to a server.
    pub fn calm(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            shape: Shape::default(),
            region: None,
            tls: false,
            latency_ms: defaults::latency_ms(),
            latency_jitter_ms: 0,
            create_ms: 0,
            cores: 0,
            build_ms: defaults::build_ms(),
            build_jitter_ms: 0,
            address_ms: 0,
            delete_ms: defaults::delete_ms(),
            deleted_found_ms: 0,
            deleted_listed_s: defaults::deleted_listed_s(),
            concurrency: defaults::concurrency(),
            page_max: defaults::page_max(),
            microversion_max: defaults::microversion_max(),
            token_s: defaults::token_s(),
            clock_skew_ms: 0,
            date_skew_ms: 0,
            abandoned_acts: defaults::abandoned_acts(),
            list_hides_no_host: false,
            guards_ports: false,
            reclaim_s: 0,
            flavors: defaults::flavors(),
            images: defaults::images(),
            networks: Vec::new(),
            security_groups: defaults::security_groups(),
            zones: defaults::zones(),
            accounts: Vec::new(),
            faults: Vec::new(),
        }
        .complete()
    }

    /// A good cloud that is small: it answers more slowly the more it has to do, to creates most of
    /// all, while its lists come all the time.
    pub fn small(name: &str) -> Self {
        Self {
            latency_ms: 60,
            latency_jitter_ms: 20,
            create_ms: 300,
            cores: 2,
            build_ms: 2_500,
            build_jitter_ms: 500,
            delete_ms: 700,
            ..Self::calm(name)
        }
    }

    /// Fills in what depends on the name.
    fn complete(mut self) -> Self {
        let cloud = self.name.clone();
        if self.networks.is_empty() {
            self.networks = defaults::networks(&cloud);
        }
        if self.accounts.is_empty() {
            self.accounts = vec![AccountSeed::named(&cloud)];
        }
        for flavor in &mut self.flavors {
            if flavor.id.is_empty() {
                flavor.id = stable_uuid(&[&cloud, "flavor", &flavor.name]);
            }
        }
        for (place, image) in self.images.iter_mut().enumerate() {
            if image.id.is_empty() {
                image.id = stable_uuid(&[&cloud, "image", &place.to_string(), &image.name]);
            }
        }
        for (place, network) in self.networks.iter_mut().enumerate() {
            if network.id.is_empty() {
                network.id = stable_uuid(&[&cloud, "network", &place.to_string(), &network.name]);
            }
        }
        self
    }

    /// The region's name.
    pub fn region_name(&self) -> String {
        self.region
            .clone()
            .unwrap_or_else(|| format!("Region-{}", self.name))
    }
}

impl AccountSeed {
    /// An account with the quota of the cloud's defaults.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: None,
            domain: defaults::domain(),
            quota_instances: defaults::quota_instances(),
            quota_cores: defaults::quota_cores(),
            quota_ram_mib: defaults::quota_ram_mib(),
            quota_keypairs: defaults::quota_keypairs(),
            quota_ports: defaults::quota_ports(),
        }
    }

    /// Its password.
    pub fn password(&self) -> String {
        self.password
            .clone()
            .unwrap_or_else(|| format!("{}-secret", self.name))
    }

    /// Id of its user.
    pub fn user_id(&self, cloud: &str) -> String {
        stable_hex(&[cloud, "user", &self.name])
    }

    /// Id of its project.
    pub fn project_id(&self, cloud: &str) -> String {
        stable_hex(&[cloud, "project", &self.name])
    }

    /// Id of its application credential.
    pub fn application_credential_id(&self, cloud: &str) -> String {
        stable_hex(&[cloud, "application-credential", &self.name])
    }

    /// Secret of its application credential.
    pub fn application_credential_secret(&self) -> String {
        format!("{}-appcred-secret", self.name)
    }
}

mod defaults {
    use super::{FlavorSpec, ImageSpec, NetworkSpec};

    pub(super) const fn latency_ms() -> u64 {
        20
    }
    pub(super) const fn build_ms() -> u64 {
        2_000
    }
    pub(super) const fn delete_ms() -> u64 {
        500
    }
    pub(super) const fn deleted_listed_s() -> u64 {
        3_600
    }
    pub(super) const fn concurrency() -> usize {
        64
    }
    pub(super) const fn page_max() -> usize {
        1_000
    }
    pub(super) const fn microversion_max() -> u16 {
        93
    }
    pub(super) const fn token_s() -> u64 {
        3_600
    }
    pub(super) const fn abandoned_acts() -> f64 {
        0.5
    }
    pub(super) const fn quota_instances() -> i64 {
        60
    }
    pub(super) const fn quota_cores() -> i64 {
        120
    }
    pub(super) const fn quota_ram_mib() -> i64 {
        245_760
    }
    pub(super) const fn quota_keypairs() -> i64 {
        100
    }
    pub(super) const fn quota_ports() -> i64 {
        500
    }
    pub(super) fn domain() -> String {
        "Default".to_owned()
    }
    pub(super) fn image_status() -> String {
        "active".to_owned()
    }
    pub(super) fn prefix() -> String {
        "127.20".to_owned()
    }
    pub(super) fn zones() -> Vec<String> {
        vec!["nova".to_owned()]
    }
    pub(super) fn security_groups() -> Vec<String> {
        vec!["ipv4-all".to_owned()]
    }

    pub(super) fn flavors() -> Vec<FlavorSpec> {
        [
            ("g-1gb", 1, 1_024, 10, false),
            ("g-2gb", 1, 2_048, 20, false),
            ("g-4gb", 2, 4_096, 40, false),
            ("g-nohost", 1, 1_024, 900_000, true),
        ]
        .into_iter()
        .map(|(name, vcpus, ram_mib, disk_gb, fits_nowhere)| FlavorSpec {
            id: String::new(),
            name: name.to_owned(),
            vcpus,
            ram_mib,
            disk_gb,
            fits_nowhere,
        })
        .collect()
    }

    pub(super) fn images() -> Vec<ImageSpec> {
        ["debian-12", "debian-13"]
            .into_iter()
            .map(|name| ImageSpec {
                id: String::new(),
                name: name.to_owned(),
                status: image_status(),
            })
            .collect()
    }

    pub(super) fn networks(cloud: &str) -> Vec<NetworkSpec> {
        [(format!("{cloud}-net"), false), ("public".to_owned(), true)]
            .into_iter()
            .map(|(name, external)| NetworkSpec {
                id: String::new(),
                name,
                prefix: prefix(),
                ipv6: false,
                floating: None,
                external,
            })
            .collect()
    }
}
