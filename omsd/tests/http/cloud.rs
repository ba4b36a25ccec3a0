//! A cloud that gives a server at once. What clouds really do is the matter of other suites.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use oms_proto::machine::MachineSpec;
use omsd::ports::{
    Address, Checked, Cloud, CloudError, CloudResult, Clouds, CreateServer, Listing, Mark,
    OpenAccount, Removal, Resolved, ServerSeen, SignIn, Survey, Wanted,
};
use omsd_domain::ground::failure::FailureClass;

/// Opens every account at the same cloud.
#[derive(Default)]
pub(crate) struct ReadyClouds(Arc<ReadyCloud>);

#[derive(Default)]
struct ReadyCloud {
    servers: Mutex<BTreeMap<String, ServerSeen>>,
}

impl Clouds for ReadyClouds {
    fn open(&self, _account: &OpenAccount) -> CloudResult<Arc<dyn Cloud>> {
        Ok(Arc::<ReadyCloud>::clone(&self.0))
    }
}

fn now<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, CloudResult<T>> {
    ready(Ok(value)).boxed()
}

impl Cloud for ReadyCloud {
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>> {
        now(SignIn {
            user_id: "user".into(),
            project_name: "demo".to_owned(),
            region_name: "here".to_owned(),
            ..SignIn::default()
        })
    }

    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>> {
        now(Resolved {
            image_id: wanted.image.clone(),
            flavor_id: wanted.flavor.clone(),
            ..Resolved::default()
        })
    }

    fn check<'a>(&'a self, _: &'a MachineSpec) -> BoxFuture<'a, Vec<Checked>> {
        ready(Vec::new()).boxed()
    }

    fn import_keypair<'a>(
        &'a self,
        _name: &'a str,
        _public_key: &'a str,
    ) -> BoxFuture<'a, CloudResult<()>> {
        now(())
    }

    fn create_server<'a>(&'a self, create: &'a CreateServer) -> BoxFuture<'a, CloudResult<String>> {
        let id = format!("server-of-{}", create.name);
        let server = ServerSeen {
            id: id.clone(),
            name: create.name.clone(),
            status: "ACTIVE".to_owned(),
            addresses: vec![Address {
                ip: "192.0.2.7".to_owned(),
                ..Address::default()
            }],
            mark: Mark::read(&create.metadata),
            ..ServerSeen::default()
        };
        self.servers.lock().unwrap().insert(id.clone(), server);
        now(id)
    }

    fn list_servers(&self, _since: Option<oms_proto::Time>) -> BoxFuture<'_, CloudResult<Listing>> {
        let servers = self.servers.lock().unwrap().values().cloned().collect();
        now(Listing {
            servers,
            as_of: None,
        })
    }

    fn get_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<ServerSeen>> {
        let seen = self.servers.lock().unwrap().get(id).cloned();
        let answer = seen.ok_or_else(|| CloudError {
            http_status: Some(404),
            ..CloudError::new(FailureClass::NotFound, "get server", "gone")
        });
        ready(answer).boxed()
    }

    fn delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        self.servers.lock().unwrap().remove(id);
        now(Removal::Gone)
    }

    fn force_delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        self.delete_server(id)
    }

    fn delete_keypair<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        now(Removal::Gone)
    }

    fn remove_ports<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, CloudResult<()>> {
        now(())
    }

    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>> {
        now(Vec::new())
    }

    fn heard(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn survey(&self) -> BoxFuture<'_, CloudResult<Survey>> {
        now(Survey::default())
    }
}
