//! What an account is asked for: the one place where what several layers say of a machine is merged.

use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};

use crate::ground::cloud::{Part, Preferred, Wanted};
use crate::rows::passed::Reason;

/// What is asked of an account, borrowed from those who say it: of many accounts that are looked at, one
/// is chosen.
#[derive(Clone, Copy)]
pub(crate) struct Asks<'a> {
    pub(crate) image: &'a str,
    pub(crate) flavor: &'a str,
    pub(crate) networks: &'a [String],
    pub(crate) security_groups: &'a [String],
    pub(crate) availability_zone: Option<&'a str>,
}

/// What several layers ask of an account together, the first one that says something of a field winning:
/// what the request says, then the account's defaults. An empty list is said, too.
///
/// # Errors
/// The reason why nothing can be asked there.
pub fn merge(layers: &[&MachineSpec]) -> Result<Wanted, Reason> {
    Asks::of(layers).map(Asks::wanted)
}

/// What is said of a kind, by the names it was given; of most kinds one or none.
pub fn named(machine: &MachineSpec, part: Part) -> &[String] {
    match part {
        Part::Image => machine.image.as_slice(),
        Part::Flavor => machine.flavor.as_slice(),
        Part::Network => machine.networks.as_deref().unwrap_or_default(),
        Part::SecurityGroup => machine.security_groups.as_deref().unwrap_or_default(),
        Part::Zone => machine.availability_zone.as_slice(),
    }
}

/// Which of its addresses a machine is to be reached at, by what several layers say together.
pub fn preferred(layers: &[&MachineSpec]) -> Preferred {
    let kind = layers.iter().find_map(|layer| layer.address_type);
    let family = layers.iter().find_map(|layer| layer.address_family);
    Preferred {
        fixed: kind == Some(AddressType::Fixed),
        ipv6: family == Some(AddressFamily::Ipv6),
    }
}

impl<'a> Asks<'a> {
    /// See [`merge`].
    pub(crate) fn of(layers: &[&'a MachineSpec]) -> Result<Self, Reason> {
        let mut merged = Parts::default();
        for layer in layers {
            // What is added to a machine is to be thought of here.
            let MachineSpec {
                image,
                flavor,
                networks,
                security_groups,
                availability_zone,
                // Nothing that is asked of the cloud; see `preferred`.
                address_type: _,
                address_family: _,
            } = layer;
            merged.image = merged.image.or(image.as_deref());
            merged.flavor = merged.flavor.or(flavor.as_deref());
            merged.networks = merged.networks.or(networks.as_deref());
            merged.security_groups = merged.security_groups.or(security_groups.as_deref());
            merged.availability_zone = merged.availability_zone.or(availability_zone.as_deref());
        }
        Ok(Self {
            image: merged.image.ok_or(Reason::NoImage)?,
            flavor: merged.flavor.ok_or(Reason::NoFlavor)?,
            networks: merged.networks.unwrap_or_default(),
            security_groups: merged.security_groups.unwrap_or_default(),
            availability_zone: merged.availability_zone,
        })
    }

    /// The same, owned.
    pub(crate) fn wanted(self) -> Wanted {
        Wanted {
            image: self.image.to_owned(),
            flavor: self.flavor.to_owned(),
            networks: self.networks.to_vec(),
            security_groups: self.security_groups.to_vec(),
            availability_zone: self.availability_zone.map(str::to_owned),
        }
    }
}

/// What the layers looked at so far say.
#[derive(Default)]
struct Parts<'a> {
    image: Option<&'a str>,
    flavor: Option<&'a str>,
    networks: Option<&'a [String]>,
    security_groups: Option<&'a [String]>,
    availability_zone: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_first_layer_that_says_something_wins_and_an_empty_list_is_said() {
        let asked = MachineSpec {
            flavor: Some("large".to_owned()),
            networks: Some(names(&[])),
            ..MachineSpec::default()
        };
        let account = MachineSpec {
            image: Some("debian".to_owned()),
            flavor: Some("small".to_owned()),
            networks: Some(names(&["lan"])),
            security_groups: Some(names(&["ssh"])),
            availability_zone: Some("a".to_owned()),
            ..MachineSpec::default()
        };
        let wanted = Wanted {
            image: "debian".to_owned(),
            flavor: "large".to_owned(),
            networks: Vec::new(),
            security_groups: vec!["ssh".to_owned()],
            availability_zone: Some("a".to_owned()),
        };
        assert_eq!(merge(&[&asked, &account]), Ok(wanted));
        assert_eq!(merge(&[&asked]), Err(Reason::NoImage));
        assert_eq!(merge(&[]), Err(Reason::NoImage));
        let flavorless = MachineSpec {
            flavor: None,
            ..account
        };
        assert_eq!(merge(&[&flavorless]), Err(Reason::NoFlavor));
    }

    #[test]
    fn the_first_layer_that_prefers_an_address_wins_field_by_field() {
        let fixed = MachineSpec {
            address_type: Some(AddressType::Fixed),
            ..MachineSpec::default()
        };
        let ipv6 = MachineSpec {
            address_type: Some(AddressType::Floating),
            address_family: Some(AddressFamily::Ipv6),
            ..MachineSpec::default()
        };
        let of = |layers: &[&MachineSpec]| {
            let told = preferred(layers);
            (told.fixed, told.ipv6)
        };
        assert_eq!(of(&[]), (false, false));
        assert_eq!(of(&[&fixed]), (true, false));
        assert_eq!(of(&[&fixed, &ipv6]), (true, true));
        assert_eq!(of(&[&ipv6, &fixed]), (false, true));
    }
}
