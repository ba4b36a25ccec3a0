//! A real OpenStack behind [`Cloud`]: Keystone, Nova, Glance and Neutron over HTTP, as far as
//! instances need them.
//!
//! | file | what |
//! | --- | --- |
//! | `session`, `credentials`, `catalog`, `discovery` | signing in, where things are, which versions |
//! | `compute`, `server`, `faults`, `keypair`, `flavor`, `image`, `network`, `zone`, `port`, `survey` | what is asked of them |
//! | `lookup`, `fetch`, `pages` | remembered ids, shared fetches, lists in pages |
//! | `http`, `answer`, `carrier`, `tls`, `transport`, `error`, `whose`, `message` | one request, and what goes wrong with it |
//! | `bounds`, `bounded`, `wire` | what a cloud may send, the types that hold it to that, JSON |
//! | `address`, `proxy`, `when`, `limits`, `pace`, `lacks`, `observer` | URLs, proxies, times, our own bounds, counting calls |
//!
//! What it must not do: repeat a create by itself (but for one whose token had ended), decide
//! anything by a cloud's words outside `error`, or let a secret into an error or a trace.
//!
//! An `http://` address is taken, for labs: password and token then cross the network in clear.

mod address;
mod answer;
mod bounded;
mod bounds;
pub mod carrier;
mod catalog;
mod client;
mod compute;
mod credentials;
mod discovery;
mod error;
mod faults;
mod fetch;
mod flavor;
mod http;
mod image;
mod keypair;
mod lacks;
mod limits;
mod lookup;
mod message;
mod network;
mod observer;
mod offers;
mod pace;
mod pages;
mod port;
mod proxy;
mod server;
mod session;
mod survey;
mod tls;
mod transport;
mod unexplained;
mod usable;
mod when;
mod whose;
mod wire;
mod zone;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::future::{BoxFuture, TryFutureExt as _, join_all, try_join_all};
use oms_proto::machine::MachineSpec;
use oms_proto::{Secret, Time};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rules::machine;
use tokio::sync::Semaphore;

use self::bounds::LARGE_AT_ONCE;
use self::carrier::{Carrier, Connections};
use self::client::OpenStack;
use self::error::failed;
use self::faults::Faults;
use self::fetch::Fetch;
use self::http::Http;
use self::lacks::Lacks;
pub use self::limits::CallLimits;
use self::lookup::Lookups;
use self::observer::Unobserved;
pub use self::observer::{CallObserver, CallSeen};
use self::pace::Pace;
pub use self::proxy::Proxies;
use self::session::Session;
use self::tls::{NoConfig, TlsSettings};
use crate::ports::{
    Checked, Clock, Cloud, CloudError, CloudResult, Clouds, CreateServer, Listing, Offers,
    OpenAccount, Part, Removal, Resolved, ServerSeen, SignIn, Survey, Swept, Wanted,
};

/// How an account is reached: its TLS settings and its proxy. Accounts that say the same share a client.
type Route = (TlsSettings, Option<Secret>);

/// Opens accounts at real OpenStack clouds. Accounts with equal TLS settings and proxy share connections.
pub struct OpenStackClouds {
    clock: Arc<dyn Clock>,
    limits: CallLimits,
    observer: Arc<dyn CallObserver>,
    /// Clients of the accounts that are open; one that no account uses any more goes.
    clients: Mutex<BTreeMap<Route, Weak<Connections>>>,
    proxies: Proxies,
    /// What carries all requests, where it is not connections of our own.
    carrier: Option<Arc<dyn Carrier>>,
    /// Places for the calls of all accounts.
    calls: Arc<Semaphore>,
    lacks: Arc<Lacks>,
}

impl OpenStackClouds {
    /// Clouds whose calls keep these limits.
    pub fn new(clock: Arc<dyn Clock>, limits: CallLimits) -> Self {
        Self {
            clock,
            limits,
            observer: Arc::new(Unobserved),
            clients: Mutex::new(BTreeMap::new()),
            proxies: Proxies::default(),
            carrier: None,
            calls: Arc::new(Semaphore::new(limits.calls.max(1))),
            lacks: Arc::default(),
        }
    }

    /// The same, with somebody who is told of every call.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn CallObserver>) -> Self {
        Self { observer, ..self }
    }

    /// The same, through these proxies where an account has none of its own.
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same, with every request carried by this instead of connections of our own.
    #[must_use]
    pub fn over(self, carrier: Arc<dyn Carrier>) -> Self {
        Self {
            carrier: Some(carrier),
            ..self
        }
    }

    fn carrier(&self, way: Route) -> Result<Arc<dyn Carrier>, NoConfig> {
        match &self.carrier {
            Some(carrier) => Ok(Arc::clone(carrier)),
            None => Ok(self.client(way)?),
        }
    }

    fn client(&self, way: Route) -> Result<Arc<Connections>, NoConfig> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|_, client| client.strong_count() > 0);
        if let Some(client) = clients.get(&way).and_then(Weak::upgrade) {
            return Ok(client);
        }
        let proxies = self.proxies.chosen(way.1.as_ref())?;
        let between = self.proxies.between(way.1.as_ref());
        let client = self::http::client(&way.0, &proxies, between, &self.limits)?;
        let client = Arc::new(client);
        clients.insert(way, Arc::downgrade(&client));
        Ok(client)
    }
}

impl Clouds for OpenStackClouds {
    fn open(&self, account: &OpenAccount) -> CloudResult<Arc<dyn Cloud>> {
        let wrong = |message: String| failed("open account", FailureClass::Configuration, message);
        let auth_url = address::parse(&account.auth_url)
            .map_err(|error| wrong(format!("auth_url: {error}")))?;
        drop(credentials::auth_body(&account.credentials, self.clock.now()).map_err(wrong)?);
        let tls = TlsSettings {
            ca_pem: account.ca_pem.clone(),
            pinned_cert_pem: account.pinned_cert_pem.clone(),
            client_cert_pem: account.reach.client_cert_pem.clone(),
            client_key_pem: account.reach.client_key_pem.clone(),
        };
        let proxy = account.reach.proxy.clone();
        let carrier = self.carrier((tls, proxy)).map_err(|error| match error {
            NoConfig::Setting(words) => wrong(words),
            NoConfig::Lack(lack) => {
                self.lacks.met(lack);
                self.observer.lacked(lack);
                CloudError::lacking(lack, "open account")
            }
        })?;
        let http = Http {
            account: account.name.clone(),
            carrier,
            places: Semaphore::new(self.limits.concurrency.max(1)),
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
            calls: Arc::clone(&self.calls),
            lacks: Arc::clone(&self.lacks),
            answered: Mutex::default(),
            pace: Pace::new(self.limits.rate),
            limits: self.limits,
            clock: Arc::clone(&self.clock),
            observer: Arc::clone(&self.observer),
            heard: Mutex::default(),
        };
        let region = account.region_name.clone().filter(|it| !it.is_empty());
        let credentials = account.credentials.clone();
        Ok(Arc::new(OpenStack {
            session: Session::new(
                http,
                auth_url,
                region,
                account.interface,
                credentials,
                account.reach.endpoints.clone(),
            ),
            compute: Fetch::default(),
            lookups: Lookups::default(),
            faults: Faults::default(),
        }))
    }
}

impl OpenStack {
    async fn signed_in(&self) -> CloudResult<SignIn> {
        let deadline = self.session.deadline();
        let agreed = self.compute_version(deadline).await?;
        let scope = self.session.scope(deadline).await?;
        let endpoint = scope
            .catalog
            .endpoint(catalog::Service::Compute)
            .map_err(|message| failed("sign in", FailureClass::Configuration, message))?;
        let microversion = agreed
            .microversion
            .map_or("2.0".to_owned(), |it| it.to_string());
        Ok(SignIn {
            project_id: scope.project.id.to_string(),
            project_name: scope.project.name.to_string(),
            user_id: scope.user_id.clone(),
            region_name: scope.catalog.region.clone(),
            compute_endpoint: endpoint.to_string(),
            microversion,
            expires: scope.expires,
        })
    }

    async fn find(&self, wanted: &Wanted) -> CloudResult<Resolved> {
        let deadline = self.session.deadline();
        // All at once: an entry waits for the slowest, not for the sum.
        let about = |part, nth| move |error: CloudError| error.about(part, nth);
        let networks = wanted.networks.iter().enumerate().map(|(nth, it)| {
            let found = self.network(it, deadline);
            found.map_err(about(Part::Network, nth))
        });
        let image = self.image(&wanted.image, deadline);
        let flavor = self.flavor(&wanted.flavor, deadline);
        let (image_id, flavor_id, network_ids) = futures::try_join!(
            image.map_err(about(Part::Image, 0)),
            flavor.map_err(about(Part::Flavor, 0)),
            try_join_all(networks),
        )?;
        Ok(Resolved {
            image_id,
            flavor_id,
            network_ids,
            security_groups: wanted.security_groups.clone(),
            availability_zone: wanted.availability_zone.clone(),
        })
    }
}

impl OpenStack {
    async fn check_part(&self, part: Part, name: &str) -> Checked {
        let deadline = self.session.deadline();
        let found = match part {
            Part::Image => self.image(name, deadline).await.map(Some),
            Part::Flavor => self.usable_flavor(name, deadline).await.map(Some),
            Part::Network if name.is_empty() => {
                self.network_to_choose(deadline).await.map(|()| None)
            }
            Part::Network => self.usable_network(name, deadline).await.map(Some),
            Part::SecurityGroup => self.group(name, deadline).await.map(Some),
            Part::Zone => self.find_zone(name, deadline).await.map(|()| None),
        };
        Checked {
            part,
            name: name.to_owned(),
            found,
        }
    }
}

impl Cloud for OpenStack {
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>> {
        Box::pin(self.signed_in())
    }

    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>> {
        Box::pin(self.find(wanted))
    }

    fn check<'a>(&'a self, machine: &'a MachineSpec) -> BoxFuture<'a, Vec<Checked>> {
        let named = Part::ALL.into_iter().flat_map(|part| {
            let names = machine::named(machine, part).iter();
            names.map(move |name| self.check_part(part, name))
        });
        let is_unsaid = machine::named(machine, Part::Network).is_empty();
        let unsaid = is_unsaid.then(|| self.check_part(Part::Network, ""));
        Box::pin(join_all(named.chain(unsaid)))
    }

    fn import_keypair<'a>(
        &'a self,
        name: &'a str,
        public_key: &'a str,
    ) -> BoxFuture<'a, CloudResult<()>> {
        Box::pin(self.import(name, public_key))
    }

    fn create_server<'a>(&'a self, create: &'a CreateServer) -> BoxFuture<'a, CloudResult<String>> {
        Box::pin(self.create(create))
    }

    fn list_servers(&self, since: Option<Time>) -> BoxFuture<'_, CloudResult<Listing>> {
        Box::pin(self.list(since))
    }

    fn get_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<ServerSeen>> {
        Box::pin(self.server(id, self.session.deadline()))
    }

    fn delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove_server(id))
    }

    fn force_delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.end_server(id))
    }

    fn delete_keypair<'a>(&'a self, name: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove_keypair(name))
    }

    fn remove_ports<'a>(&'a self, servers: &'a [String]) -> BoxFuture<'a, CloudResult<Swept>> {
        Box::pin(self.remove_ports_of(servers))
    }

    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>> {
        Box::pin(self.keypairs())
    }

    fn heard(&self) -> Option<Duration> {
        self.session.http.heard()
    }

    fn offers(&self) -> BoxFuture<'_, CloudResult<Offers>> {
        Box::pin(self.offered())
    }

    fn survey(&self) -> BoxFuture<'_, CloudResult<Survey>> {
        Box::pin(self.take_survey())
    }
}
