//! What a cloud offers: flavors, images, networks, security groups, zones.

use super::call::{Call, Page, PageAsk, Refusal, Reply, Service};
use super::keypairs::page;
use super::model::Model;
use super::scenario::NetworkSpec;

impl Model {
    /// Answers the calls that only look at what there is.
    pub(super) fn browse(&self, call: &Call) -> Result<Reply, Refusal> {
        match call {
            Call::ListFlavors(ask) => {
                let gone =
                    |marker: &str| Refusal::nova(400, format!("marker [{marker}] not found"));
                self.cut(self.spec.flavors.clone(), ask, |f| f.id.clone(), gone)
                    .map(Reply::Flavors)
            }
            Call::GetFlavor(id) => {
                let found = self.spec.flavors.iter().find(|flavor| flavor.id == *id);
                found
                    .cloned()
                    .map(Reply::Flavor)
                    .ok_or_else(|| Refusal::nova(404, format!("Flavor {id} could not be found.")))
            }
            Call::ListImages(name, ask) => {
                let mut images = self.spec.images.clone();
                images.retain(|image| name.as_ref().is_none_or(|name| image.name == *name));
                self.cut(
                    images,
                    ask,
                    |i| i.id.clone(),
                    |marker| no_image(400, marker),
                )
                .map(Reply::Images)
            }
            Call::GetImage(id) => {
                let found = self.spec.images.iter().find(|image| image.id == *id);
                found
                    .cloned()
                    .map(Reply::Image)
                    .ok_or_else(|| no_image(404, id))
            }
            Call::ListNetworks(name, ask) => {
                let mut networks = self.spec.networks.clone();
                networks.retain(|net| name.as_ref().is_none_or(|name| net.name == *name));
                self.cut(networks, ask, |n| n.id.clone(), no_network)
                    .map(Reply::Networks)
            }
            Call::GetNetwork(id) => {
                let found = self.spec.networks.iter().find(|net| net.id == *id);
                found
                    .cloned()
                    .map(Reply::Network)
                    .ok_or_else(|| no_network(id))
            }
            Call::ListSecurityGroups(name) => {
                let mut groups = self.security_groups();
                groups.retain(|group| name.as_ref().is_none_or(|name| group == name));
                Ok(Reply::SecurityGroups(groups))
            }
            _ => Ok(Reply::Zones(self.spec.zones.clone())),
        }
    }

    /// The project's security groups by name.
    pub(super) fn security_groups(&self) -> Vec<String> {
        let mut groups = vec!["default".to_owned()];
        groups.extend(self.spec.security_groups.iter().cloned());
        groups
    }

    /// The networks that a server can be attached to.
    pub(super) fn open_networks(&self) -> Vec<&NetworkSpec> {
        let networks = self.spec.networks.iter();
        networks.filter(|network| !network.external).collect()
    }

    fn cut<T>(
        &self,
        items: Vec<T>,
        ask: &PageAsk,
        key: impl Fn(&T) -> String,
        gone: impl Fn(&str) -> Refusal,
    ) -> Result<Page<T>, Refusal> {
        page(items, ask, self.spec.page_max, key, gone)
    }
}

fn no_image(status: u16, id: &str) -> Refusal {
    Refusal::by(
        Service::Image,
        status,
        format!("No image found with ID {id}"),
    )
}

fn no_network(id: &str) -> Refusal {
    Refusal::by(
        Service::Network,
        404,
        format!("Network {id} could not be found."),
    )
}
