//! What Nova checks before it makes a server: the request's form, what it names, and the quota.

use super::call::{Attach, NewServer, Refusal};
use super::identity::Who;
use super::model::Model;
use super::scenario::{FlavorSpec, NetworkSpec};

impl Model {
    pub(super) fn flavor_for(&self, new: &NewServer) -> Result<FlavorSpec, Refusal> {
        let found = self.spec.flavors.iter().find(|f| f.id == new.flavor);
        found
            .cloned()
            .ok_or_else(|| Refusal::nova(400, format!("Flavor {} could not be found.", new.flavor)))
    }

    pub(super) fn check_image(&self, new: &NewServer) -> Result<(), Refusal> {
        let found = self.spec.images.iter().find(|image| image.id == new.image);
        match found {
            Some(image) if image.status == "active" => Ok(()),
            Some(image) => Err(Refusal::nova(
                400,
                format!("Image {} is not active.", image.id),
            )),
            None => Err(Refusal::nova(400, "Can not find requested image")),
        }
    }

    pub(super) fn check_references(&self, who: &Who, new: &NewServer) -> Result<(), Refusal> {
        if let Some(zone) = &new.zone
            && !self.spec.zones.contains(zone)
        {
            return Err(Refusal::nova(
                400,
                "The requested availability zone is not available",
            ));
        }
        if let Some(key) = &new.key_name
            && !self
                .keypairs
                .contains_key(&(who.user_id.clone(), key.clone()))
        {
            return Err(Refusal::nova(400, "Invalid key_name provided."));
        }
        let groups = self.security_groups();
        let unknown = |name: &&String| !groups.contains(name);
        match new.security_groups.iter().find(unknown) {
            Some(name) => Err(Refusal::nova(
                400,
                format!("Unable to find security_group with name or id '{name}'"),
            )),
            None => Ok(()),
        }
    }

    pub(super) fn networks_for(
        &self,
        new: &NewServer,
        minor: u16,
    ) -> Result<Vec<NetworkSpec>, Refusal> {
        match &new.networks {
            Attach::Unsaid if minor >= 37 => Err(Refusal::nova(
                400,
                "Invalid input for field/attribute server. 'networks' is a required property",
            )),
            Attach::Unsaid | Attach::Auto => match self.open_networks().as_slice() {
                [] => Err(Refusal::nova(
                    400,
                    "Unable to automatically allocate a network for project",
                )),
                [only] => Ok(vec![(*only).clone()]),
                [..] => Err(Refusal::nova(
                    409,
                    "Multiple possible networks found, use a Network ID to be more specific.",
                )),
            },
            Attach::Nothing => Ok(Vec::new()),
            Attach::Ids(ids) => ids
                .iter()
                .map(|id| {
                    let found = self.spec.networks.iter().find(|network| network.id == *id);
                    match found {
                        Some(network) if network.external => Err(Refusal::nova(
                            403,
                            format!(
                                "It is not allowed to create an interface on external network {id}"
                            ),
                        )),
                        Some(network) => Ok(network.clone()),
                        None => Err(Refusal::nova(
                            400,
                            format!("Network {id} could not be found."),
                        )),
                    }
                })
                .collect(),
        }
    }

    pub(super) fn check_quota(&self, who: &Who, flavor: &FlavorSpec) -> Result<(), Refusal> {
        let (instances, cores, ram_mib) = self.used(who);
        // In the order of their names, as Nova puts them; it gives the figures of the first.
        let wanted = [
            (
                "cores",
                i64::from(flavor.vcpus),
                cores,
                who.account.quota_cores,
            ),
            ("instances", 1, instances, who.account.quota_instances),
            (
                "ram",
                i64::from(flavor.ram_mib),
                ram_mib,
                who.account.quota_ram_mib,
            ),
        ];
        let over: Vec<_> = wanted
            .into_iter()
            .filter(|(_, asked, used, quota)| *quota >= 0 && used + asked > *quota)
            .collect();
        let Some((_, asked, used, quota)) = over.first() else {
            return Ok(());
        };
        let names: Vec<&str> = over.iter().map(|(name, ..)| *name).collect();
        let names = names.join(", ");
        Err(Refusal::nova(
            403,
            format!(
                "Quota exceeded for {names}: Requested {asked}, but already used {used} of {quota} \
                 {names}"
            ),
        ))
    }

    /// Neutron's part of the quota, which Nova asks after before it answers.
    pub(super) fn check_ports(&self, who: &Who, asked: usize) -> Result<(), Refusal> {
        let quota = who.account.quota_ports;
        let asked = i64::try_from(asked).unwrap_or(i64::MAX);
        if quota >= 0 && self.ports_used(who).saturating_add(asked) > quota {
            return Err(Refusal::nova(403, "Maximum number of ports exceeded"));
        }
        Ok(())
    }

    /// Instances, cores and MiB in use; servers in ERROR count.
    pub(super) fn used(&self, who: &Who) -> (i64, i64, i64) {
        let live = self
            .servers
            .values()
            .filter(|server| server.is_live() && server.project_id == who.project_id);
        live.fold((0, 0, 0), |(instances, cores, ram_mib), server| {
            (
                instances + 1,
                cores + i64::from(server.flavor.vcpus),
                ram_mib + i64::from(server.flavor.ram_mib),
            )
        })
    }
}

/// Nova's bounds.
const NAME_MAX: usize = 255;
const METADATA_ITEMS_MAX: usize = 128;
const METADATA_TEXT_MAX: usize = 255;
const USER_DATA_MAX: usize = 65_535;

impl NewServer {
    /// Whether it asks for this, by id or name, or brings it as metadata, as its own name or, encoded,
    /// as its user data.
    pub(super) fn asks(&self, what: &str) -> bool {
        let networks: &[String] = match &self.networks {
            Attach::Ids(ids) => ids,
            Attach::Unsaid | Attach::Auto | Attach::Nothing => &[],
        };
        let lists = networks.iter().chain(&self.security_groups);
        let single = [&self.image, &self.flavor, &self.name]
            .into_iter()
            .chain(&self.zone);
        let asked = lists.chain(single).chain(self.metadata.values());
        let mut asked = asked.chain(&self.user_data);
        asked.any(|asked| asked == what)
    }

    /// What Nova's schema and bounds refuse, whoever asks.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let invalid = |field: &str, value: &str, reason: &str| {
            Refusal::nova(
                400,
                format!(
                    "Invalid input for field/attribute {field}. Value: {value}. '{value}' {reason}"
                ),
            )
        };
        if self.name.is_empty() {
            return Err(invalid("name", &self.name, "is too short"));
        }
        if self.name.chars().count() > NAME_MAX {
            return Err(invalid("name", &self.name, "is too long"));
        }
        if let Some(data) = &self.user_data
            && data.len() > USER_DATA_MAX
        {
            return Err(invalid("user_data", data, "is too long"));
        }
        for (key, value) in &self.metadata {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_:. ".contains(c);
            let length = key.chars().count();
            if length == 0 || length > METADATA_TEXT_MAX || !key.chars().all(allowed) {
                let reason = "does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'";
                return Err(invalid("metadata", key, reason));
            }
            if value.chars().count() > METADATA_TEXT_MAX {
                return Err(invalid(key, value, "is too long"));
            }
        }
        if self.metadata.len() > METADATA_ITEMS_MAX {
            return Err(Refusal::nova(
                403,
                format!("Maximum number of metadata items exceeds {METADATA_ITEMS_MAX}"),
            ));
        }
        Ok(())
    }
}
