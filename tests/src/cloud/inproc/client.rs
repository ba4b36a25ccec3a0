//! The daemon's `Cloud` on a simulated one: signs in when needed, pages, caches ids, and
//! classifies, as the real client does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, TryFutureExt as _};
use oms_proto::Time;
use omsd_domain::ground::failure::{FailureClass, Fault};
use tokio::time::Instant;

use crate::cloud::sim::SimCloud;
use omsd::ports::{
    Cloud, CloudError, CloudResult, CreateServer, FlavorSize, Lack, Listing, OpenAccount, Part,
    Quota, Removal, Resolved, Resource, ServerSeen, SignIn, Survey, Wanted,
};

use super::convert::{in_base64, named, only, proof, same_key, seen, unexpected};
use super::tripwire::Tripwire;
use super::wire::{Received, exchange};
use super::{Deadlines, classify};
use crate::cloud::call::{
    Attach, Call, CallKind, Grant, NewServer, Page, PageAsk, Reply, Request, ServerQuery, Service,
};

/// The microversion that the client knows; it asks for the lower of this and the cloud's.
const MINOR_KNOWN: u16 = 93;
/// A token with less left is renewed before it is used.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// How often one server is asked for a fault that a list did not show.
const FAULT_ASKED_MAX: u8 = 3;
/// Lists until one shows no port.
const PORT_LISTS_MAX: usize = 3;
/// More pages than any project has; beyond it the list goes in circles.
const PAGES_MAX: usize = 1_000;

pub(super) struct Client {
    cloud: Option<SimCloud>,
    account: OpenAccount,
    deadlines: Deadlines,
    wire: Tripwire,
    lack: Arc<AtomicBool>,
    session: Mutex<Option<Session>>,
    /// Held while signing in, so that many calls make one sign-in.
    renewal: tokio::sync::Mutex<()>,
    resolved: Mutex<BTreeMap<Wanted, Arc<Shared>>>,
    /// What single servers said of their fault, and how often they were asked.
    faults: Mutex<BTreeMap<String, (Option<Fault>, u8)>>,
    /// When the cloud last answered anything.
    heard: Mutex<Option<Instant>>,
}

/// What a look-up came to, shared by those that asked while it was under way.
type Shared = tokio::sync::OnceCell<CloudResult<Resolved>>;

#[derive(Clone)]
struct Session {
    grant: Grant,
    sign_in: SignIn,
    minor: u16,
    renew_at: Time,
}

impl Client {
    pub(super) fn new(
        cloud: Option<SimCloud>,
        account: OpenAccount,
        deadlines: Deadlines,
        wire: Tripwire,
        lack: Arc<AtomicBool>,
    ) -> Self {
        Self {
            cloud,
            account,
            deadlines,
            wire,
            lack,
            session: Mutex::new(None),
            renewal: tokio::sync::Mutex::new(()),
            resolved: Mutex::new(BTreeMap::new()),
            faults: Mutex::new(BTreeMap::new()),
            heard: Mutex::default(),
        }
    }

    /// Sends a call with a token; once more with a new token if it turned out to be expired.
    async fn ask(&self, call: Call) -> CloudResult<Received> {
        let session = self.session().await?;
        match self.send(&session, call.clone()).await {
            Err(error) if error.class == FailureClass::Unauthorized => {
                self.forget(&session);
                let session = self.session().await?;
                let again = self.send(&session, call).await;
                again.map_err(classify::distrusted)
            }
            outcome => outcome,
        }
    }

    async fn send(&self, session: &Session, call: Call) -> CloudResult<Received> {
        let request = Request {
            token: Some(session.grant.token.clone()),
            minor: session.minor,
            call,
        };
        self.exchange(request).await
    }

    async fn exchange(&self, request: Request) -> CloudResult<Received> {
        let kind = request.call.kind();
        if self.lack.load(Ordering::Relaxed) {
            return Err(CloudError::lacking(Lack::Files, classify::operation(kind)));
        }
        let Some(cloud) = &self.cloud else {
            return Err(classify::broken(
                kind,
                FailureClass::Unreachable,
                "the name does not resolve",
                false,
            ));
        };
        let deadline = match kind {
            CallKind::CreateServer => self.deadlines.create,
            _ => self.deadlines.read,
        };
        let outcome = exchange(cloud, request, deadline, &self.wire).await;
        let answered = |error: &CloudError| error.http_status.is_some();
        if outcome.as_ref().err().is_none_or(answered) {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        outcome
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn good_session(&self) -> Option<Session> {
        let now = self.cloud.as_ref()?.time();
        self.held().clone().filter(|session| now < session.renew_at)
    }

    fn forget(&self, session: &Session) {
        let mut held = self.held();
        if held
            .as_ref()
            .is_some_and(|other| other.grant.token == session.grant.token)
        {
            *held = None;
        }
    }

    async fn session(&self) -> CloudResult<Session> {
        if let Some(session) = self.good_session() {
            return Ok(session);
        }
        let renewal = self.renewal.lock().await;
        if let Some(session) = self.good_session() {
            return Ok(session);
        }
        let session = self.fresh_session().await?;
        *self.held() = Some(session.clone());
        drop(renewal);
        Ok(session)
    }

    async fn fresh_session(&self) -> CloudResult<Session> {
        let request = Request {
            token: None,
            minor: 1,
            call: Call::SignIn(proof(&self.account.credentials)),
        };
        let received = self.exchange(request).await?;
        let Reply::Granted(grant) = received.reply else {
            return Err(unexpected(CallKind::SignIn));
        };
        let region = match &self.account.region_name {
            Some(region) => region.clone(),
            None => grant.region.clone(),
        };
        let served = region == grant.region && grant.services.contains(&Service::Compute);
        if !served {
            return Err(classify::found_out(
                "sign in",
                FailureClass::Configuration,
                format!("the catalogue has no compute service in the region {region}"),
            ));
        }
        let spec = self.cloud.as_ref().map(SimCloud::spec);
        let minor = spec
            .map_or(1, |spec| spec.microversion_max)
            .min(MINOR_KNOWN);
        let life = grant.expires.since(grant.issued);
        let started = self.cloud.as_ref().map(SimCloud::time).unwrap_or_default();
        Ok(Session {
            sign_in: SignIn {
                project_id: grant.project_id.clone(),
                project_name: grant.project_name.clone(),
                user_id: grant.user_id.clone(),
                region_name: region,
                compute_endpoint: format!("{}/compute", self.account.auth_url),
                microversion: format!("2.{minor}"),
                expires: Some(grant.expires),
            },
            minor,
            renew_at: started.plus(life.saturating_sub(TOKEN_MARGIN)),
            grant: *grant,
        })
    }

    async fn find(&self, wanted: &Wanted) -> CloudResult<Resolved> {
        // All at once, as the real client does.
        let about = |part, nth| move |error: CloudError| error.about(part, nth);
        let networks = wanted.networks.iter().enumerate();
        let networks = networks.map(|(nth, name)| {
            let found = self.find_network(name);
            found.map_err(about(Part::Network, nth))
        });
        let (image_id, flavor_id, network_ids) = futures::try_join!(
            self.find_image(&wanted.image)
                .map_err(about(Part::Image, 0)),
            self.find_flavor(&wanted.flavor)
                .map_err(about(Part::Flavor, 0)),
            futures::future::try_join_all(networks),
        )?;
        Ok(Resolved {
            image_id,
            flavor_id,
            network_ids,
            security_groups: wanted.security_groups.clone(),
            availability_zone: wanted.availability_zone.clone(),
        })
    }

    async fn find_image(&self, name: &str) -> CloudResult<String> {
        self.find_among("image", name, |page| Call::ListImages(None, page))
            .await
    }

    async fn find_flavor(&self, name: &str) -> CloudResult<String> {
        self.find_among("flavor", name, Call::ListFlavors).await
    }

    async fn find_network(&self, name: &str) -> CloudResult<String> {
        self.find_among("network", name, |page| Call::ListNetworks(None, page))
            .await
    }

    /// Reads a whole list of things with ids and names and picks one.
    async fn find_among(
        &self,
        what: &str,
        name: &str,
        call: impl Fn(PageAsk) -> Call,
    ) -> CloudResult<String> {
        let mut found = Vec::new();
        let mut marker = None;
        for _ in 0..PAGES_MAX {
            let ask = PageAsk {
                limit: None,
                marker,
            };
            let (page, next) = named(self.ask(call(ask)).await?.reply);
            found.extend(page);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        only(what, name, found)
    }

    async fn flavor_sizes(&self) -> CloudResult<Vec<FlavorSize>> {
        let mut sizes = Vec::new();
        let mut marker = None;
        for _ in 0..PAGES_MAX {
            let ask = PageAsk {
                limit: None,
                marker,
            };
            let Reply::Flavors(page) = self.ask(Call::ListFlavors(ask)).await?.reply else {
                return Err(unexpected(CallKind::ListFlavors));
            };
            sizes.extend(page.items.into_iter().map(|flavor| FlavorSize {
                id: flavor.id,
                name: flavor.name,
                vcpus: flavor.vcpus,
                ram_mib: flavor.ram_mib,
                disk_gb: flavor.disk_gb,
            }));
            marker = page.next;
            if marker.is_none() {
                break;
            }
        }
        Ok(sizes)
    }

    async fn take_survey(&self) -> CloudResult<Survey> {
        let Reply::Limits(nova) = self.ask(Call::Limits).await?.reply else {
            return Err(unexpected(CallKind::Limits));
        };
        let keypairs = i64::try_from(self.keypair_names().await?.len()).unwrap_or(i64::MAX);
        let flavors = self.flavor_sizes().await?;
        let project = self.session().await?.sign_in.project_id;
        // As the real client does, without what the network service does not tell.
        let network = match self.ask(Call::NetworkQuota(project)).await {
            Ok(Received {
                reply: Reply::NetworkQuota(shown),
                ..
            }) => Some(shown),
            _ => None,
        };
        let quota = |resource, (max, used): (i64, i64)| Quota {
            resource,
            max: u64::try_from(max).ok(),
            used: u64::try_from(used).unwrap_or(0),
        };
        let mut quotas = vec![
            quota(Resource::Instances, nova.instances),
            quota(Resource::Cores, nova.cores),
            quota(Resource::RamMib, nova.ram_mib),
            quota(Resource::Keypairs, (nova.keypairs, keypairs)),
        ];
        if let Some(shown) = network {
            quotas.push(quota(Resource::Ports, shown.ports));
            quotas.push(quota(Resource::FloatingIps, shown.floating_ips));
        }
        let identity = self.session().await?.sign_in.identity();
        Ok(Survey {
            quotas,
            flavors,
            identity: Some(identity),
        })
    }

    async fn servers(&self, since: Option<Time>) -> CloudResult<Listing> {
        let mut listing = Listing::default();
        let mut marker = None;
        for _ in 0..PAGES_MAX {
            let query = ServerQuery {
                page: PageAsk {
                    limit: None,
                    marker: marker.clone(),
                },
                changes_since: since,
                ..ServerQuery::default()
            };
            let received = self.ask(Call::ListServers(query)).await?;
            let Reply::Servers(Page { items, next }) = received.reply else {
                return Err(unexpected(CallKind::ListServers));
            };
            listing.as_of = listing.as_of.or(Some(received.date));
            listing.servers.extend(items.into_iter().map(seen));
            if next.is_none() {
                self.add_faults(&mut listing).await;
                return Ok(listing);
            }
            if next == marker {
                break;
            }
            marker = next;
        }
        Err(classify::garbage(
            CallKind::ListServers,
            "the pages of the list go in circles",
            None,
        ))
    }

    /// Asks servers of ours that are in ERROR for the fault that the list left out.
    async fn add_faults(&self, listing: &mut Listing) {
        let unexplained =
            |it: &ServerSeen| it.status == "ERROR" && it.fault.is_none() && it.mark.is_some();
        for server in listing.servers.iter_mut().filter(|it| unexplained(it)) {
            let id = server.id.clone();
            let (mut fault, mut asked) = self.faults().get(&id).cloned().unwrap_or_default();
            if fault.is_none() && asked < FAULT_ASKED_MAX {
                if let Ok(received) = self.ask(Call::GetServer(id.clone())).await
                    && let Reply::Server(shown) = received.reply
                {
                    fault = seen(*shown).fault;
                }
                asked += 1;
                self.faults().insert(id, (fault.clone(), asked));
            }
            server.fault = fault;
        }
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Option<Fault>, u8)>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn import(&self, name: &str, public_key: &str) -> CloudResult<()> {
        let call = Call::ImportKeypair {
            name: name.to_owned(),
            public_key: Some(public_key.to_owned()),
        };
        let conflict = match self.ask(call).await {
            Ok(_) => return Ok(()),
            Err(error) if error.http_status == Some(409) => error,
            Err(error) => return Err(error),
        };
        match self.ask(Call::GetKeypair(name.to_owned())).await {
            Ok(Received {
                reply: Reply::Keypair(keypair),
                ..
            }) if same_key(&keypair.public_key, public_key) => Ok(()),
            Err(error) if error.class != FailureClass::NotFound => Err(error),
            _ => Err(conflict),
        }
    }

    async fn create(&self, create: &CreateServer) -> CloudResult<String> {
        let resolved = &create.resolved;
        let networks = if resolved.network_ids.is_empty() {
            Attach::Auto
        } else {
            Attach::Ids(resolved.network_ids.clone())
        };
        let new = NewServer {
            name: create.name.clone(),
            image: resolved.image_id.clone(),
            flavor: resolved.flavor_id.clone(),
            key_name: Some(create.key_name.clone()).filter(|name| !name.is_empty()),
            networks,
            security_groups: resolved.security_groups.clone(),
            zone: resolved.availability_zone.clone(),
            user_data: create.user_data.as_deref().map(in_base64),
            metadata: create.metadata.clone(),
            tags: Vec::new(),
        };
        match self.ask(Call::CreateServer(Box::new(new))).await {
            Ok(Received {
                reply: Reply::Created { id, .. },
                ..
            }) => Ok(id),
            Ok(_) => Err(unexpected(CallKind::CreateServer)),
            Err(error) => {
                if error.class == FailureClass::Configuration {
                    self.cache().clear();
                }
                Err(error)
            }
        }
    }

    async fn remove(&self, call: Call, done: Removal) -> CloudResult<Removal> {
        match self.ask(call).await {
            Ok(_) => Ok(done),
            Err(error) if error.class == FailureClass::NotFound => Ok(Removal::Gone),
            Err(error) => Err(error),
        }
    }

    async fn keypair_names(&self) -> CloudResult<Vec<String>> {
        let mut names = Vec::new();
        let mut marker = None;
        for _ in 0..PAGES_MAX {
            let ask = PageAsk {
                limit: None,
                marker,
            };
            let reply = self.ask(Call::ListKeypairs(ask)).await?.reply;
            let Reply::Keypairs(Page { items, next }) = reply else {
                return Err(unexpected(CallKind::ListKeypairs));
            };
            names.extend(items.into_iter().map(|keypair| keypair.name));
            marker = next;
            if marker.is_none() {
                return Ok(names);
            }
        }
        Err(classify::garbage(
            CallKind::ListKeypairs,
            "the pages of the list go in circles",
            None,
        ))
    }

    /// Removes the ports that servers have left, as the real client does: a guarded one loses its
    /// owner first, and only a list that shows none is believed.
    async fn clear_ports(&self, servers: &[String]) -> CloudResult<()> {
        for _ in 0..PORT_LISTS_MAX {
            let call = Call::ListPorts(servers.to_vec());
            let Reply::Ports(Page { items, .. }) = self.ask(call).await?.reply else {
                return Err(unexpected(CallKind::ListPorts));
            };
            let left: Vec<_> = items.into_iter().filter(|it| it.name.is_empty()).collect();
            if left.is_empty() {
                return Ok(());
            }
            for port in left {
                self.clear_port(&port.id).await?;
            }
        }
        let words = "removed ports are still there";
        Err(classify::garbage(CallKind::ListPorts, words, None))
    }

    async fn clear_port(&self, id: &str) -> CloudResult<()> {
        let delete = || self.remove(Call::DeletePort(id.to_owned()), Removal::Gone);
        match delete().await {
            Err(error) if error.class == FailureClass::Forbidden => {
                let own = Call::OwnPort {
                    id: id.to_owned(),
                    owner: String::new(),
                };
                self.remove(own, Removal::Accepted).await?;
                delete().await.map(drop)
            }
            outcome => outcome.map(drop),
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, BTreeMap<Wanted, Arc<Shared>>> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cloud for Client {
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>> {
        Box::pin(async { Ok(self.session().await?.sign_in) })
    }

    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>> {
        Box::pin(async move {
            let shared = Arc::clone(self.cache().entry(wanted.clone()).or_default());
            let found = shared.get_or_init(|| self.find(wanted)).await.clone();
            if found.is_err() {
                self.cache().retain(|_, other| !Arc::ptr_eq(other, &shared));
            }
            found
        })
    }

    fn check_groups<'a>(&'a self, groups: &'a [String]) -> BoxFuture<'a, CloudResult<()>> {
        Box::pin(async move {
            for group in groups {
                let call = Call::ListSecurityGroups(Some(group.clone()));
                let Reply::SecurityGroups(found) = self.ask(call).await?.reply else {
                    return Err(unexpected(CallKind::ListSecurityGroups));
                };
                if !found.contains(group) {
                    return Err(classify::found_out(
                        "find security group",
                        FailureClass::Configuration,
                        format!("there is no security group {group:?}"),
                    ));
                }
            }
            Ok(())
        })
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
        Box::pin(self.servers(since))
    }

    fn get_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<ServerSeen>> {
        Box::pin(async move {
            match self.ask(Call::GetServer(id.to_owned())).await?.reply {
                Reply::Server(server) => Ok(seen(*server)),
                _ => Err(unexpected(CallKind::GetServer)),
            }
        })
    }

    fn delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove(Call::DeleteServer(id.to_owned()), Removal::Accepted))
    }

    fn force_delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove(Call::ForceDeleteServer(id.to_owned()), Removal::Accepted))
    }

    fn delete_keypair<'a>(&'a self, name: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove(Call::DeleteKeypair(name.to_owned()), Removal::Gone))
    }

    fn remove_ports<'a>(&'a self, servers: &'a [String]) -> BoxFuture<'a, CloudResult<()>> {
        Box::pin(self.clear_ports(servers))
    }

    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>> {
        Box::pin(self.keypair_names())
    }

    fn heard(&self) -> Option<Duration> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|at| at.elapsed())
    }

    fn survey(&self) -> BoxFuture<'_, CloudResult<Survey>> {
        Box::pin(self.take_survey())
    }
}
