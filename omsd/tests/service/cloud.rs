//! A cloud that does what it is asked, at once, unless a test tells it to take its time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use oms_proto::Time;
use oms_proto::machine::MachineSpec;
use omsd::ports::{
    Address, Checked, Cloud, CloudError, CloudResult, Clouds, CreateServer, OpenAccount, Quota,
    Resolved, Resource, SignIn, Survey,
};
use omsd_domain::ground::cloud::{Listing, Mark, Part, Removal, ServerSeen, Wanted};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rules::machine::named;

/// Every account's cloud.
#[derive(Clone, Default)]
pub(crate) struct Willing(Arc<State>);

#[derive(Default)]
struct State {
    servers: Mutex<BTreeMap<String, ServerSeen>>,
    keypairs: Mutex<BTreeMap<String, String>>,
    opened: Mutex<Vec<OpenAccount>>,
    /// Servers stay in BUILD.
    slow: AtomicBool,
}

impl Willing {
    /// Lets servers stay in BUILD, or come up.
    pub(crate) fn be_slow(&self, slow: bool) {
        self.0.slow.store(slow, Ordering::SeqCst);
    }

    /// The accounts as they were opened, secrets included.
    pub(crate) fn opened(&self) -> Vec<OpenAccount> {
        self.0.opened.lock().unwrap().clone()
    }

    /// The public keys imported so far.
    pub(crate) fn public_keys(&self) -> Vec<String> {
        self.0.keypairs.lock().unwrap().values().cloned().collect()
    }

    /// Puts a server there that nobody here made.
    pub(crate) fn plant(&self, id: &str, mark: Option<Mark>) {
        let server = ServerSeen {
            id: id.to_owned(),
            name: id.to_owned(),
            mark,
            ..ServerSeen::default()
        };
        let mut servers = self.0.servers.lock().unwrap();
        servers.insert(id.to_owned(), server);
    }

    fn status(&self) -> &'static str {
        if self.0.slow.load(Ordering::SeqCst) {
            "BUILD"
        } else {
            "ACTIVE"
        }
    }

    fn shown(&self, server: &ServerSeen) -> ServerSeen {
        ServerSeen {
            status: self.status().to_owned(),
            ..server.clone()
        }
    }
}

impl Clouds for Willing {
    fn open(&self, account: &OpenAccount) -> CloudResult<Arc<dyn Cloud>> {
        self.0.opened.lock().unwrap().push(account.clone());
        Ok(Arc::new(self.clone()))
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, CloudResult<T>> {
    ready(Ok(value)).boxed()
}

fn refuse<'a, T: Send + 'a>(class: FailureClass, message: &str) -> BoxFuture<'a, CloudResult<T>> {
    ready(Err(CloudError {
        http_status: Some(404),
        request_id: Some("req-7".to_owned()),
        ..CloudError::new(class, "resolve", message)
    }))
    .boxed()
}

impl Cloud for Willing {
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>> {
        answer(SignIn {
            project_id: "p1".to_owned(),
            user_id: "user".into(),
            project_name: "gnct".to_owned(),
            region_name: "tyo1".to_owned(),
            compute_endpoint: "https://compute.example".to_owned(),
            microversion: "2.93".to_owned(),
            expires: Some(Time(0)),
        })
    }

    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>> {
        if wanted.image == "nowhere" {
            return refuse(FailureClass::Configuration, "no image is called 'nowhere'");
        }
        answer(Resolved {
            image_id: format!("id-of-{}", wanted.image),
            flavor_id: format!("id-of-{}", wanted.flavor),
            ..Resolved::default()
        })
    }

    fn check<'a>(&'a self, machine: &'a MachineSpec) -> BoxFuture<'a, Vec<Checked>> {
        let checked = |part: Part, name: &String| Checked {
            part,
            name: name.clone(),
            found: match name.as_str() {
                "nowhere" => Err(CloudError::new(
                    FailureClass::Configuration,
                    "resolve",
                    "no image is called 'nowhere'",
                )),
                name => Ok(Some(format!("id-of-{name}"))),
            },
        };
        let all = Part::ALL.into_iter().flat_map(|part| {
            let names = named(machine, part).iter();
            names.map(move |name| checked(part, name))
        });
        ready(all.collect()).boxed()
    }

    fn import_keypair<'a>(
        &'a self,
        name: &'a str,
        public_key: &'a str,
    ) -> BoxFuture<'a, CloudResult<()>> {
        let mut keypairs = self.0.keypairs.lock().unwrap();
        keypairs.insert(name.to_owned(), public_key.to_owned());
        answer(())
    }

    fn create_server<'a>(&'a self, create: &'a CreateServer) -> BoxFuture<'a, CloudResult<String>> {
        let mut servers = self.0.servers.lock().unwrap();
        let id = format!("server-{}", servers.len() + 1);
        let server = ServerSeen {
            id: id.clone(),
            name: create.name.clone(),
            addresses: vec![Address {
                ip: "192.0.2.7".to_owned(),
                ..Address::default()
            }],
            mark: Mark::read(&create.metadata),
            ..ServerSeen::default()
        };
        servers.insert(id.clone(), server);
        answer(id)
    }

    fn list_servers(&self, _since: Option<Time>) -> BoxFuture<'_, CloudResult<Listing>> {
        let servers = self.0.servers.lock().unwrap();
        answer(Listing {
            servers: servers.values().map(|server| self.shown(server)).collect(),
            as_of: None,
        })
    }

    fn get_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<ServerSeen>> {
        match self.0.servers.lock().unwrap().get(id) {
            Some(server) => answer(self.shown(server)),
            None => refuse(FailureClass::NotFound, "no such server"),
        }
    }

    fn delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        self.0.servers.lock().unwrap().remove(id);
        answer(Removal::Gone)
    }

    fn force_delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        self.delete_server(id)
    }

    fn delete_keypair<'a>(&'a self, name: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        self.0.keypairs.lock().unwrap().remove(name);
        answer(Removal::Gone)
    }

    fn remove_ports<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, CloudResult<()>> {
        Box::pin(async { Ok(()) })
    }

    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>> {
        answer(self.0.keypairs.lock().unwrap().keys().cloned().collect())
    }

    fn heard(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn survey(&self) -> BoxFuture<'_, CloudResult<Survey>> {
        answer(Survey {
            identity: None,
            project_name: None,
            quotas: vec![Quota {
                resource: Resource::Instances,
                max: Some(10),
                used: 3,
            }],
            flavors: Vec::new(),
        })
    }
}
