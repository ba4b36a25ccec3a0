//! Neutron's ports: one for each network of a server, removed with it unless something goes wrong.

use std::collections::BTreeMap;

use super::call::{Page, PortShown, Refusal, Reply, Service};
use super::dice::stable_uuid;
use super::identity::Who;
use super::model::Model;
use super::scenario::NetworkSpec;
use super::server::Server;

/// By id.
pub(super) type Ports = BTreeMap<String, PortShown>;

impl Model {
    /// The ports of a new server, in the order of its networks.
    pub(super) fn wire(&mut self, server: &Server, networks: &[NetworkSpec]) -> Vec<String> {
        let numbered = networks.iter().enumerate();
        let ids = numbered.map(|(number, network)| {
            let id = stable_uuid(&["port", &server.id, &number.to_string()]);
            let port = PortShown {
                id: id.clone(),
                name: String::new(),
                project_id: server.project_id.clone(),
                network_id: network.id.clone(),
                device_id: server.id.clone(),
                device_owner: format!("compute:{}", server.zone),
            };
            self.ports.insert(id.clone(), port);
            id
        });
        ids.collect()
    }

    /// Makes a port that says it is a server's, as somebody with the same project might.
    pub(super) fn plant_port(&mut self, device_id: &str, name: &str) -> Option<String> {
        let account = self.spec.accounts.first()?;
        self.serial += 1;
        let id = stable_uuid(&["planted port", &self.serial.to_string()]);
        let port = PortShown {
            id: id.clone(),
            name: name.to_owned(),
            project_id: account.project_id(&self.spec.name),
            network_id: self.open_networks().first()?.id.clone(),
            device_id: device_id.to_owned(),
            device_owner: "compute:nova".to_owned(),
        };
        self.ports.insert(id.clone(), port);
        Some(id)
    }

    pub(super) fn list_ports(&self, who: &Who, devices: &[String]) -> Reply {
        let items = self.ports.values().filter(|port| {
            port.project_id == who.project_id
                && (devices.is_empty() || devices.contains(&port.device_id))
        });
        Reply::Ports(Page {
            items: items.cloned().collect(),
            next: None,
        })
    }

    /// Gives a port another owner.
    pub(super) fn own_port(&mut self, who: &Who, id: &str, owner: &str) -> Result<Reply, Refusal> {
        let port = self.ports.get_mut(id);
        let port = port.filter(|port| port.project_id == who.project_id);
        let port = port.ok_or_else(|| no_port(id))?;
        owner.clone_into(&mut port.device_owner);
        Ok(Reply::Port(port.clone()))
    }

    pub(super) fn delete_port(&mut self, who: &Who, id: &str) -> Result<Reply, Refusal> {
        let port = self.ports.get(id);
        let port = port.filter(|port| port.project_id == who.project_id);
        let port = port.ok_or_else(|| no_port(id))?;
        if self.spec.guards_ports && port.device_owner.starts_with("compute:") {
            let words = "rule:delete_port is disallowed by policy";
            return Err(Refusal::by(Service::Network, 403, words));
        }
        self.ports.remove(id);
        Ok(Reply::PortDeleted)
    }

    /// Ports in use.
    pub(super) fn ports_used(&self, who: &Who) -> i64 {
        let own = |port: &&PortShown| port.project_id == who.project_id;
        super::keypairs::count(self.ports.values().filter(own).count())
    }
}

fn no_port(id: &str) -> Refusal {
    Refusal::by(
        Service::Network,
        404,
        format!("Port {id} could not be found."),
    )
}
