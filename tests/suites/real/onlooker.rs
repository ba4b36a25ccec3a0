//! A cloud as its user sees it, by plain REST and without any code of ours: the witness of what
//! is left.

use std::cell::RefCell;
use std::collections::BTreeSet;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::lab::Described;

/// Servers of one answer. The lab's quota is far below.
const SERVERS_MAX: usize = 1000;

/// Someone who is signed in at one cloud and looks.
pub(crate) struct Onlooker {
    name: String,
    http: Client,
    token: String,
    compute: String,
    network: String,
    /// The project.
    pub(crate) project_id: String,
    /// Whose things are looked for.
    installation: String,
    /// Servers of ours that were seen at any time: ports know them by their ids only.
    seen: RefCell<BTreeSet<String>>,
    /// Ports of no server that were there before.
    strange: BTreeSet<String>,
}

impl Onlooker {
    /// Signs in. Keystone must answer.
    pub(crate) async fn sign_in(
        name: &str,
        cloud: &Described,
        installation: &str,
        http: Client,
    ) -> Self {
        let domain = json!({"name": cloud.domain});
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": cloud.username, "password": cloud.password, "domain": domain,
            }}},
            "scope": {"project": {"name": cloud.project, "domain": domain}},
        }});
        let url = format!("{}/auth/tokens", cloud.auth_url);
        let answer = http.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED, "{name}");
        let token = answer.headers()["x-subject-token"].to_str().unwrap();
        let token = token.to_owned();
        let signed: Value = answer.json().await.unwrap();
        let mut onlooker = Self {
            name: name.to_owned(),
            http,
            compute: endpoint(&signed, "compute", &cloud.region),
            network: endpoint(&signed, "network", &cloud.region),
            project_id: text(&signed["token"]["project"]["id"]),
            token,
            installation: installation.to_owned(),
            seen: RefCell::default(),
            strange: BTreeSet::new(),
        };
        let ports = onlooker.ports().await;
        onlooker.strange = onlooker.of_none(&ports).await;
        onlooker
    }

    /// The servers that carry our mark.
    pub(crate) async fn servers(&self) -> Vec<Value> {
        let ours: Vec<Value> = self
            .all_servers()
            .await
            .into_iter()
            .filter(|server| server["metadata"]["oms_installation"] == self.installation)
            .collect();
        self.seen
            .borrow_mut()
            .extend(ours.iter().map(|server| text(&server["id"])));
        ours
    }

    /// The servers that carry our mark and that of an entry.
    pub(crate) async fn servers_of(&self, entry: u64) -> Vec<Value> {
        let entry = entry.to_string();
        let mut servers = self.servers().await;
        servers.retain(|server| server["metadata"]["oms_entry"] == *entry);
        servers
    }

    /// The key pairs whose names are ours.
    pub(crate) async fn keypairs(&self) -> Vec<Value> {
        let answer = self.get(&format!("{}/os-keypairs", self.compute)).await;
        let prefix = format!("oms-{}-", &self.installation[..8]);
        list(&answer, "keypairs")
            .iter()
            .map(|keypair| keypair["keypair"].clone())
            .filter(|keypair| text(&keypair["name"]).starts_with(&prefix))
            .collect()
    }

    /// Everything of ours that is there, a line each.
    pub(crate) async fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for server in self.servers().await {
            left.push(format!(
                "{}: server {} {} {} {}",
                self.name,
                server["id"],
                server["name"],
                server["status"],
                server["OS-EXT-STS:task_state"]
            ));
        }
        for keypair in self.keypairs().await {
            left.push(format!("{}: key pair {}", self.name, keypair["name"]));
        }
        let ports = self.ports().await;
        let strange = self.of_none(&ports).await;
        for port in ports {
            let (id, device) = (text(&port["id"]), text(&port["device_id"]));
            let new = strange.contains(&id) && !self.strange.contains(&id);
            if new || self.seen.borrow().contains(&device) {
                left.push(format!("{}: port {id} of server {device}", self.name));
            }
        }
        left
    }

    /// Nova's endpoint.
    pub(crate) fn compute(&self) -> &str {
        &self.compute
    }

    /// Ports of servers of ours other than these, and new ports of no server.
    pub(crate) async fn ports_besides(&self, owned: &BTreeSet<String>) -> Vec<String> {
        let ports = self.ports().await;
        let none = self.of_none(&ports).await;
        let strays = ports.iter().filter(|port| {
            let (id, device) = (text(&port["id"]), text(&port["device_id"]));
            let ours = self.seen.borrow().contains(&device) && !owned.contains(&device);
            ours || (none.contains(&id) && !self.strange.contains(&id))
        });
        strays
            .map(|port| {
                format!(
                    "{}: port {} of {}",
                    self.name, port["id"], port["device_id"]
                )
            })
            .collect()
    }

    /// How many instances the project may have.
    pub(crate) async fn instances_max(&self) -> u64 {
        let answer = self.get(&format!("{}/limits", self.compute)).await;
        answer["limits"]["absolute"]["maxTotalInstances"]
            .as_u64()
            .unwrap()
    }

    /// Removes what carries our mark, whatever omsd makes of that: for the end of a test that
    /// failed.
    pub(crate) async fn sweep(&self) {
        for server in self.servers().await {
            let path = format!("{}/servers/{}", self.compute, text(&server["id"]));
            self.delete(&path).await;
        }
        for keypair in self.keypairs().await {
            let path = format!("{}/os-keypairs/{}", self.compute, text(&keypair["name"]));
            self.delete(&path).await;
        }
    }

    async fn all_servers(&self) -> Vec<Value> {
        let url = format!("{}/servers/detail?limit={SERVERS_MAX}", self.compute);
        list(&self.get(&url).await, "servers")
    }

    async fn ports(&self) -> Vec<Value> {
        let url = format!("{}/v2.0/ports", self.network);
        list(&self.get(&url).await, "ports")
    }

    /// Those of the ports whose servers are not there. The servers are looked at after the ports,
    /// because a server is there before its port.
    async fn of_none(&self, ports: &[Value]) -> BTreeSet<String> {
        let servers = self.all_servers().await;
        let there: BTreeSet<String> = servers.iter().map(|server| text(&server["id"])).collect();
        ports
            .iter()
            .filter(|port| text(&port["device_owner"]).starts_with("compute:"))
            .filter(|port| !there.contains(&text(&port["device_id"])))
            .map(|port| text(&port["id"]))
            .collect()
    }

    async fn get(&self, url: &str) -> Value {
        let request = self.http.request(Method::GET, url);
        let answer = request
            .header("x-auth-token", &self.token)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{}: {url}: {body}", self.name);
        serde_json::from_str(&body).unwrap()
    }

    async fn delete(&self, url: &str) {
        let request = self.http.request(Method::DELETE, url);
        let answer = request.header("x-auth-token", &self.token).send().await;
        match answer {
            Ok(answer) => eprintln!("swept {url}: {}", answer.status()),
            Err(error) => eprintln!("cannot sweep {url}: {error}"),
        }
    }
}

/// The public endpoint of a service, without a slash at its end.
fn endpoint(signed: &Value, service: &str, region: &str) -> String {
    let catalogue = list(&signed["token"], "catalog");
    let found = catalogue
        .iter()
        .filter(|entry| entry["type"] == service)
        .flat_map(|entry| list(entry, "endpoints"))
        .find(|endpoint| endpoint["interface"] == "public" && endpoint["region"] == region);
    let endpoint = found.unwrap_or_else(|| panic!("no {service} in {region}"));
    text(&endpoint["url"]).trim_end_matches('/').to_owned()
}

fn list(answer: &Value, key: &str) -> Vec<Value> {
    answer[key]
        .as_array()
        .unwrap_or_else(|| panic!("no {key} in {answer}"))
        .clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
