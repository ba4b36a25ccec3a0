//! The daemon's `Cloud` on a simulated one: signs in when needed, pages, caches ids, and
//! classifies, as the real client does.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use oms_proto::Time;
use oms_proto::spec::Credentials;
use omsd::domain::failure::{FailureClass, Fault};
use omsd::ports::{
    Cloud, CloudResult, CreateServer, Limits, Listing, Mark, OpenAccount, Removal, Resolved,
    ServerSeen, SignIn, Wanted,
};

use super::wire::{Received, exchange};
use super::{Deadlines, classify};
use crate::cloud::call::{
    Attach, Call, CallKind, Grant, NewServer, Page, PageAsk, Proof, Reply, Request, ServerQuery,
    ServerShown, Service,
};
use crate::cloud::sim::SimCloud;

/// The microversion that the client knows; it asks for the lower of this and the cloud's.
const MINOR_KNOWN: u16 = 93;
/// A token with less left is renewed before it is used.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// More pages than any project has; beyond it the list goes in circles.
const PAGES_MAX: usize = 1_000;

pub(super) struct Client {
    cloud: Option<SimCloud>,
    account: OpenAccount,
    deadlines: Deadlines,
    session: Mutex<Option<Session>>,
    /// Held while signing in, so that many calls make one sign-in.
    renewal: tokio::sync::Mutex<()>,
    resolved: Mutex<BTreeMap<Wanted, Resolved>>,
}

#[derive(Clone)]
struct Session {
    grant: Grant,
    sign_in: SignIn,
    minor: u16,
    renew_at: Time,
}

impl Client {
    pub(super) fn new(cloud: Option<SimCloud>, account: OpenAccount, deadlines: Deadlines) -> Self {
        Self {
            cloud,
            account,
            deadlines,
            session: Mutex::new(None),
            renewal: tokio::sync::Mutex::new(()),
            resolved: Mutex::new(BTreeMap::new()),
        }
    }

    /// Sends a call with a token; once more with a new token if it turned out to be expired.
    async fn ask(&self, call: Call) -> CloudResult<Received> {
        let session = self.session().await?;
        match self.send(&session, call.clone()).await {
            Err(error) if error.class == FailureClass::Unauthorized => {
                self.forget(&session);
                let session = self.session().await?;
                self.send(&session, call).await
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
        exchange(cloud, request, deadline).await
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
        let mut network_ids = Vec::new();
        for name in &wanted.networks {
            network_ids.push(self.find_network(name).await?);
        }
        Ok(Resolved {
            image_id: self.find_image(&wanted.image).await?,
            flavor_id: self.find_flavor(&wanted.flavor).await?,
            network_ids,
            security_groups: wanted.security_groups.clone(),
            availability_zone: wanted.availability_zone.clone(),
        })
    }

    async fn find_image(&self, name: &str) -> CloudResult<String> {
        let mut found = Vec::new();
        if let Reply::Images(page) = self.ask(Call::ListImages(None, all())).await?.reply {
            found.extend(page.items.into_iter().map(|image| (image.id, image.name)));
        }
        only("image", name, found)
    }

    async fn find_flavor(&self, name: &str) -> CloudResult<String> {
        let mut found = Vec::new();
        if let Reply::Flavors(page) = self.ask(Call::ListFlavors(all())).await?.reply {
            found.extend(
                page.items
                    .into_iter()
                    .map(|flavor| (flavor.id, flavor.name)),
            );
        }
        only("flavor", name, found)
    }

    async fn find_network(&self, name: &str) -> CloudResult<String> {
        let mut found = Vec::new();
        if let Reply::Networks(page) = self.ask(Call::ListNetworks(None, all())).await?.reply {
            found.extend(
                page.items
                    .into_iter()
                    .map(|network| (network.id, network.name)),
            );
        }
        only("network", name, found)
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
        match self.ask(Call::GetKeypair(name.to_owned())).await?.reply {
            Reply::Keypair(keypair) if same_key(&keypair.public_key, public_key) => Ok(()),
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

    fn cache(&self) -> std::sync::MutexGuard<'_, BTreeMap<Wanted, Resolved>> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cloud for Client {
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>> {
        Box::pin(async { Ok(self.session().await?.sign_in) })
    }

    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>> {
        Box::pin(async move {
            let known = self.cache().get(wanted).cloned();
            if let Some(resolved) = known {
                return Ok(resolved);
            }
            let resolved = self.find(wanted).await?;
            self.cache().insert(wanted.clone(), resolved.clone());
            Ok(resolved)
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

    fn delete_keypair<'a>(&'a self, name: &'a str) -> BoxFuture<'a, CloudResult<Removal>> {
        Box::pin(self.remove(Call::DeleteKeypair(name.to_owned()), Removal::Gone))
    }

    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>> {
        Box::pin(self.keypair_names())
    }

    fn limits(&self) -> BoxFuture<'_, CloudResult<Limits>> {
        Box::pin(async move {
            let Reply::Limits(shown) = self.ask(Call::Limits).await?.reply else {
                return Err(unexpected(CallKind::Limits));
            };
            let used = |figure: i64| u32::try_from(figure.max(0)).unwrap_or(u32::MAX);
            let max = |figure: i64| u32::try_from(figure).ok();
            Ok(Limits {
                instances_max: max(shown.instances.0),
                instances_used: used(shown.instances.1),
                cores_max: max(shown.cores.0),
                cores_used: used(shown.cores.1),
                ram_mib_max: max(shown.ram_mib.0),
                ram_mib_used: used(shown.ram_mib.1),
                keypairs_max: max(shown.keypairs),
            })
        })
    }
}

fn proof(credentials: &Credentials) -> Proof {
    match credentials {
        Credentials::Password(given) => Proof::Password {
            user: given.username.clone(),
            password: given.password.expose().to_owned(),
            project: given
                .tenant_id
                .clone()
                .or_else(|| given.tenant_name.clone()),
            domain: given
                .user_domain_id
                .clone()
                .or_else(|| given.user_domain_name.clone()),
        },
        Credentials::ApplicationCredential(given) => Proof::ApplicationCredential {
            id: given.id.clone(),
            name: given.name.clone().zip(given.username.clone()),
            secret: given.secret.expose().to_owned(),
            scoped: false,
        },
    }
}

/// Picks what has this id, or else the only one that has this name.
fn only(what: &str, name: &str, found: Vec<(String, String)>) -> CloudResult<String> {
    if found.iter().any(|(id, _)| id == name) {
        return Ok(name.to_owned());
    }
    let mut named = found.into_iter().filter(|(_, other)| other == name);
    let problem = match (named.next(), named.next()) {
        (Some((id, _)), None) => return Ok(id),
        (None, _) => format!("there is no {what} {name}"),
        (Some(_), Some(_)) => format!("there is more than one {what} {name}"),
    };
    Err(classify::found_out(
        "resolve",
        FailureClass::Configuration,
        problem,
    ))
}

fn seen(server: ServerShown) -> ServerSeen {
    ServerSeen {
        mark: Mark::read(&server.metadata),
        id: server.id,
        name: server.name,
        status: server.status.to_owned(),
        task_state: server.task_state.map(str::to_owned),
        fault: server.fault.map(|fault| Fault {
            code: fault.code,
            message: fault.message,
        }),
        addresses: server.addresses.into_iter().map(|a| a.addr).collect(),
        created: Some(server.created),
    }
}

/// Whether two lines of OpenSSH hold one key; the comment does not count.
fn same_key(one: &str, other: &str) -> bool {
    let key = |line: &str| {
        line.split_whitespace()
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    key(one) == key(other)
}

fn all() -> PageAsk {
    PageAsk::default()
}

fn unexpected(kind: CallKind) -> omsd::ports::CloudError {
    classify::garbage(kind, "the answer is to another question", None)
}

fn in_base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
