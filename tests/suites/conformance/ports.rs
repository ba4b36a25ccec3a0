//! Ports that a server has left behind: removed if Nova made them, left alone if somebody named
//! them.

use std::collections::BTreeSet;

use oms_tests::cloud::SimCloud;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::keystone;

pub(crate) async fn ports_without_a_name_go_after_their_server(it: &Fixture) {
    let id = it.cloud.create_server(&it.order().await).await.unwrap();
    it.until_status(&id, "ACTIVE").await;
    it.cloud.delete_server(&id).await.unwrap();
    it.until_gone(&id).await;
    it.cloud
        .remove_ports(std::slice::from_ref(&id))
        .await
        .unwrap();
    let neutron = Neutron::of(it).await;
    neutron.plant(&id, "").await;
    neutron.plant(&id, "mine").await;
    assert_eq!(
        neutron.names(&id).await,
        ["", "mine"].map(String::from).into()
    );
    let outcome = it.cloud.remove_ports(std::slice::from_ref(&id)).await;
    let left = neutron.names(&id).await;
    let again = it.cloud.remove_ports(std::slice::from_ref(&id)).await;
    neutron.clean_up(&id).await;
    outcome.unwrap();
    again.unwrap();
    assert_eq!(left, ["mine"].map(String::from).into());
}

/// The network service, past the client that is under test.
enum Neutron {
    Simulated(SimCloud),
    Real {
        http: reqwest::Client,
        url: String,
        token: String,
        network: String,
    },
}

impl Neutron {
    async fn of(it: &Fixture) -> Self {
        if let Some(sim) = &it.contents.sim {
            return Self::Simulated(sim.clone());
        }
        let http = keystone::http();
        let (token, signed) = keystone::token(&http, &it.account).await;
        let services = signed["token"]["catalog"].as_array().unwrap();
        let network = services.iter().find(|it| it["type"] == "network").unwrap();
        let endpoints = network["endpoints"].as_array().unwrap();
        let public = endpoints.iter().find(|it| it["interface"] == "public");
        let url = public.unwrap()["url"].as_str().unwrap();
        let network = it.cloud.resolve(&it.wanted()).await.unwrap();
        Self::Real {
            http,
            url: format!("{}/v2.0/ports", url.trim_end_matches('/')),
            token,
            network: network.network_ids[0].clone(),
        }
    }

    async fn plant(&self, device: &str, name: &str) {
        match self {
            Self::Simulated(sim) => {
                sim.plant_port(device, name).unwrap();
            }
            Self::Real {
                http,
                url,
                token,
                network,
            } => {
                let port = json!({"port": {
                    "network_id": network, "device_id": device, "name": name,
                    "device_owner": "compute:nova",
                }});
                let request = http.post(url).header("x-auth-token", token).json(&port);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
            }
        }
    }

    async fn names(&self, device: &str) -> BTreeSet<String> {
        match self {
            Self::Simulated(sim) => sim.ports_of(device).into_values().collect(),
            Self::Real { .. } => self
                .real_ports(device)
                .await
                .into_iter()
                .map(|(_, name)| name)
                .collect(),
        }
    }

    /// Takes away what the check has planted.
    async fn clean_up(&self, device: &str) {
        let Self::Real {
            http, url, token, ..
        } = self
        else {
            return;
        };
        for (id, _) in self.real_ports(device).await {
            let url = format!("{url}/{id}");
            let free = json!({"port": {"device_owner": ""}});
            for request in [http.put(&url).json(&free), http.delete(&url)] {
                let answer = request.header("x-auth-token", token).send().await.unwrap();
                assert!(answer.status().is_success(), "{answer:?}");
            }
        }
    }

    async fn real_ports(&self, device: &str) -> Vec<(String, String)> {
        let Self::Real {
            http, url, token, ..
        } = self
        else {
            return Vec::new();
        };
        let request = http.get(format!("{url}?device_id={device}"));
        let answer = request.header("x-auth-token", token).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let text = |port: &Value, field: &str| port[field].as_str().unwrap().to_owned();
        let ports = body["ports"].as_array().unwrap().iter();
        ports
            .map(|port| (text(port, "id"), text(port, "name")))
            .collect()
    }
}
