//! What a check gets: a cloud, an account, the names of what is there, and waits with a deadline.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::{ApplicationCredential, Credentials, Interface, PasswordCredentials};
use oms_proto::{AttemptId, EntryId, Secret};
use oms_tests::cloud::SimCloud;
use omsd::ports::{
    Cloud, Clouds, CreateServer, MARK_INSTALLATION, Mark, OpenAccount, OpenReach, Removal,
    ServerSeen, Wanted,
};
use omsd_domain::ground::failure::Fault;
use serde::Deserialize;

/// Longest wait for a server to get anywhere. A real lab on two busy cores needs a minute.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a wait looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Names of what a cloud has.
#[derive(Clone)]
pub(crate) struct Contents {
    pub(crate) image: String,
    pub(crate) flavor: String,
    pub(crate) flavor_that_fits_nowhere: String,
    pub(crate) network: String,
    pub(crate) security_group: String,
    /// A name that two images have, where there is one.
    pub(crate) twin_image: Option<String>,
    /// A name that two networks have, where there is one.
    pub(crate) twin_network: Option<String>,
    /// The simulated cloud, for what no client can bring about.
    pub(crate) sim: Option<SimCloud>,
}

/// One cloud with one account.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) contents: Contents,
    pub(crate) account: OpenAccount,
    pub(crate) cloud: Arc<dyn Cloud>,
    clouds: Arc<dyn Clouds>,
    /// Marks everything that this check makes.
    pub(crate) run: String,
}

impl Fixture {
    pub(crate) fn new(
        name: &str,
        clouds: Arc<dyn Clouds>,
        account: OpenAccount,
        contents: Contents,
    ) -> Self {
        Self {
            name: name.to_owned(),
            contents,
            cloud: clouds.open(&account).unwrap(),
            account,
            clouds,
            run: format!("conf-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        }
    }

    /// Another client with a changed account.
    pub(crate) fn open(&self, change: impl FnOnce(&mut OpenAccount)) -> Arc<dyn Cloud> {
        let mut account = self.account.clone();
        change(&mut account);
        self.clouds.open(&account).unwrap()
    }

    /// What a plain server wants.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            image: self.contents.image.clone(),
            flavor: self.contents.flavor.clone(),
            networks: vec![self.contents.network.clone()],
            security_groups: vec![self.contents.security_group.clone()],
            availability_zone: None,
        }
    }

    /// A plain server, marked.
    pub(crate) async fn order(&self) -> CreateServer {
        let mut metadata = BTreeMap::from([("colour".to_owned(), "blue".to_owned())]);
        self.mark().write(&mut metadata);
        CreateServer {
            name: format!("oms-{}", self.run),
            resolved: self.cloud.resolve(&self.wanted()).await.unwrap(),
            key_name: String::new(),
            user_data: None,
            metadata,
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            installation: self.run.clone(),
            incarnation: "0a1b2c3d".to_owned(),
            entry: EntryId(7),
            attempt: AttemptId(9),
        }
    }

    /// A name for a key pair of this check.
    pub(crate) fn keypair_name(&self, word: &str) -> String {
        format!("{}-{word}", self.run)
    }

    /// Looks again and again until `look` finds what it is after, or says what it last saw.
    async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match look().await {
                Ok(found) => return found,
                Err(last) => assert!(
                    tokio::time::Instant::now() < deadline,
                    "{}: not {what} after {PATIENCE:?}: {last}",
                    self.name
                ),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until a server has a status.
    pub(crate) async fn until_status(&self, id: &str, status: &str) -> ServerSeen {
        self.until(status, async || match self.cloud.get_server(id).await {
            Ok(seen) if seen.status == status => Ok(seen),
            outcome => Err(format!("{outcome:?}")),
        })
        .await
    }

    /// Waits until a server in ERROR says why.
    pub(crate) async fn until_fault(&self, id: &str) -> Fault {
        self.until("explained", async || {
            let seen = self.cloud.get_server(id).await.unwrap();
            seen.fault.clone().ok_or(format!("{seen:?}"))
        })
        .await
    }

    /// Waits until a server is gone: not found, or found as deleted.
    pub(crate) async fn until_gone(&self, id: &str) {
        self.until("gone", async || match self.cloud.get_server(id).await {
            Ok(seen) if seen.status == "DELETED" => Ok(()),
            Err(error) if error.http_status == Some(404) => Ok(()),
            outcome => Err(format!("{outcome:?}")),
        })
        .await;
    }

    /// Waits until a plain list does not show a server.
    pub(crate) async fn until_unlisted(&self, id: &str) {
        self.until("unlisted", async || {
            let all = self.cloud.list_servers(None).await.unwrap().servers;
            match all.into_iter().find(|seen| seen.id == id) {
                None => Ok(()),
                Some(seen) => Err(format!("{seen:?}")),
            }
        })
        .await;
    }

    /// Asks for the removal of a server that is being built, until it is accepted: 2026.2 was seen
    /// to answer 500 in the midst of scheduling.
    pub(crate) async fn until_removal_is_accepted(&self, id: &str) {
        self.until("accepted", async || {
            match self.cloud.delete_server(id).await {
                Ok(_) => Ok(()),
                Err(error) if error.http_status == Some(500) => Err(format!("{error:?}")),
                Err(error) => panic!("{error:?}"),
            }
        })
        .await;
    }

    /// Deletes a server until there is nothing to delete.
    pub(crate) async fn until_removal_is_gone(&self, id: &str) {
        self.until("removed", async || {
            match self.cloud.delete_server(id).await.unwrap() {
                Removal::Gone => Ok(()),
                Removal::Accepted => Err("accepted".to_owned()),
            }
        })
        .await;
    }

    /// The servers of this check that the cloud lists.
    pub(crate) async fn own_servers(&self) -> Vec<ServerSeen> {
        let listing = self.cloud.list_servers(None).await.unwrap();
        let own = |seen: &ServerSeen| {
            seen.status != "DELETED"
                && seen
                    .mark
                    .as_ref()
                    .is_some_and(|mark| mark.installation == self.run)
        };
        listing.servers.into_iter().filter(own).collect()
    }

    /// Removes all that carries this check's mark and waits until it is gone.
    pub(crate) async fn clean_up(&self) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let left = self.own_servers().await;
            if left.is_empty() {
                break;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "left behind: {left:?}"
            );
            for seen in left
                .iter()
                .filter(|seen| seen.task_state.as_deref() != Some("deleting"))
            {
                // 2026.2 was seen to answer 500 to a delete in the midst of scheduling.
                if let Err(error) = self.cloud.delete_server(&seen.id).await {
                    eprintln!("asking again to delete {}: {error}", seen.id);
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        for name in self.cloud.list_keypairs().await.unwrap() {
            if name.starts_with(&self.run) {
                self.cloud.delete_keypair(&name).await.unwrap();
            }
        }
    }
}

/// The metadata key that holds a check's run.
pub(crate) fn is_marked(create: &CreateServer) -> bool {
    create.metadata.contains_key(MARK_INSTALLATION)
}

#[derive(Deserialize)]
struct CloudsYaml {
    clouds: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Auth,
    region_name: Option<String>,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(rename = "auth_url")]
    url: String,
    username: Option<String>,
    password: Option<String>,
    project_name: Option<String>,
    user_domain_name: Option<String>,
    project_domain_name: Option<String>,
    application_credential_id: Option<String>,
    application_credential_secret: Option<String>,
}

#[derive(Deserialize)]
struct Lab {
    network: String,
    security_group: String,
    images: Vec<String>,
    flavors: Vec<String>,
}

/// The accounts of `OMS_TEST_CLOUDS` that the `lab.json` beside it describes: under the cloud's
/// own name, and under that with `-appcred`.
pub(crate) fn real_accounts() -> Vec<(OpenAccount, Contents)> {
    let path = std::env::var("OMS_TEST_CLOUDS").expect("OMS_TEST_CLOUDS names a clouds.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let yaml: CloudsYaml = serde_saphyr::from_str(&text).unwrap();
    let lab = std::fs::read_to_string(Path::new(&path).with_file_name("lab.json")).unwrap();
    let lab: BTreeMap<String, Lab> = serde_json::from_str(&lab).unwrap();
    let mut accounts = Vec::new();
    for (name, entry) in yaml.clouds {
        match lab.get(name.strip_suffix("-appcred").unwrap_or(&name)) {
            Some(described) => accounts.push((account(name, entry), contents(described))),
            None => eprintln!("passed over: {name}"),
        }
    }
    accounts
}

fn contents(lab: &Lab) -> Contents {
    Contents {
        image: lab.images[0].clone(),
        flavor: lab.flavors[0].clone(),
        flavor_that_fits_nowhere: "g-nohost".into(),
        network: lab.network.clone(),
        security_group: lab.security_group.clone(),
        twin_image: None,
        twin_network: None,
        sim: None,
    }
}

fn account(name: String, entry: Entry) -> OpenAccount {
    let auth = entry.auth;
    let secret = |text: Option<String>| Secret::new(text.unwrap_or_default());
    let credentials = match auth.application_credential_id {
        Some(id) => Credentials::ApplicationCredential(ApplicationCredential {
            id: Some(id),
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: secret(auth.application_credential_secret),
            user_id: None,
        }),
        None => Credentials::Password(PasswordCredentials {
            username: auth.username.unwrap_or_default(),
            user_domain_name: auth.user_domain_name,
            user_domain_id: None,
            password: secret(auth.password),
            tenant_name: auth.project_name,
            tenant_id: None,
            project_domain_name: auth.project_domain_name,
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }),
    };
    OpenAccount {
        name,
        auth_url: auth.url,
        region_name: entry.region_name,
        interface: Interface::Public,
        credentials,
        ca_pem: None,
        pinned_cert_pem: None,
        reach: OpenReach::default(),
    }
}
