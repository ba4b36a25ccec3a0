//! A handle on a simulated cloud that outlives the engine on top of it: the model behind a lock,
//! the clock, the bound on concurrent requests, and what tests ask and change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oms_proto::Secret;
use oms_proto::Time;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{
    AccountSpec, ApplicationCredential, Credentials, Endpoints, Interface, PasswordCredentials,
};
use omsd::ports::{Clock, Mark, OpenAccount, OpenReach};
use tokio::sync::Semaphore;

use super::call::{CallKind, Request, Service};
use super::faults::{FaultPlan, Rule};
use super::ledger::{Creation, LiveServer};
use super::model::{Admission, Answer, Model};
use super::scenario::{AccountSeed, CloudSpec};

/// One simulated cloud. Clones are the same cloud.
#[derive(Clone)]
pub struct SimCloud {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    auth_url: Mutex<String>,
    model: Mutex<Model>,
    clock: Arc<dyn Clock>,
    workers: Semaphore,
}

/// Which kind of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInWith {
    /// User, password and project.
    Password,
    /// An application credential by id.
    ApplicationCredential,
}

impl SimCloud {
    /// Starts a cloud. `seed` is the scenario's.
    pub fn start(spec: CloudSpec, seed: u64, clock: Arc<dyn Clock>) -> Self {
        let name = spec.name.clone();
        let workers = Semaphore::new(spec.concurrency.max(1));
        let model = Model::new(spec, seed, clock.now());
        Self {
            shared: Arc::new(Shared {
                auth_url: Mutex::new(format!("http://{name}.sim/v3")),
                name,
                model: Mutex::new(model),
                clock,
                workers,
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Where its Keystone is. `http://NAME.sim/v3`, or `https`, unless an HTTP face has been put on it.
    pub fn auth_url(&self) -> String {
        lock(&self.shared.auth_url).clone()
    }

    pub(super) fn set_auth_url(&self, auth_url: String) {
        *lock(&self.shared.auth_url) = auth_url;
    }

    /// How it was described.
    pub fn spec(&self) -> CloudSpec {
        self.model().spec.clone()
    }

    /// The minor part of its newest compute microversion.
    pub(super) fn microversion_max(&self) -> u16 {
        self.model().spec.microversion_max
    }

    /// All that a client needs to use an account of this cloud; the first one for `None`.
    pub fn open_account(&self, account: Option<&str>, with: SignInWith) -> OpenAccount {
        let spec = self.spec();
        let seed = match account {
            Some(name) => spec.accounts.iter().find(|seed| seed.name == name),
            None => spec.accounts.first(),
        };
        let seed = seed
            .cloned()
            .unwrap_or_else(|| AccountSeed::named(&spec.name));
        OpenAccount {
            name: seed.name.clone(),
            auth_url: self.auth_url(),
            region_name: Some(spec.region_name()),
            interface: Interface::Public,
            credentials: credentials(&spec, &seed, with),
            ca_pem: None,
            pinned_cert_pem: None,
            reach: OpenReach::default(),
        }
    }

    /// The first account as people would register it, with defaults that every cloud here has.
    pub fn account_spec(&self) -> AccountSpec {
        let spec = self.spec();
        let open = self.open_account(None, SignInWith::Password);
        let mut networks = spec.networks.iter().filter(|network| !network.external);
        AccountSpec {
            name: open.name,
            provider: Some(spec.name.clone()),
            auth_url: open.auth_url,
            region_name: open.region_name,
            interface: open.interface,
            credentials: open.credentials,
            defaults: MachineSpec {
                image: spec.images.first().map(|image| image.name.clone()),
                flavor: spec.flavors.first().map(|flavor| flavor.name.clone()),
                networks: networks.next().map(|network| vec![network.name.clone()]),
                security_groups: spec.security_groups.first().map(|it| vec![it.clone()]),
                availability_zone: None,
                address_type: None,
                address_family: None,
            },
            ca_pem: None,
            pinned_cert_pem: None,
            priority: 0,
            enabled: true,
            endpoints: Endpoints::default(),
            proxy: None,
            client_cert_pem: None,
            client_key_pem: None,
        }
    }

    /// Adds a rule to the fault plan. Its window counts from the cloud's start.
    pub fn add_fault(&self, rule: Rule) {
        self.model().faults.add(rule);
    }

    /// Takes all rules away, those of the scenario too.
    pub fn clear_faults(&self) {
        self.model().faults = FaultPlan::default();
    }

    /// Ends all tokens.
    pub fn expire_tokens(&self) {
        self.model().tokens.revoke_all();
    }

    /// A token of an account, as somebody got it elsewhere.
    pub fn token_of(&self, account: &str, with: SignInWith) -> Option<String> {
        let method = match with {
            SignInWith::Password => "password",
            SignInWith::ApplicationCredential => "application_credential",
        };
        self.model().token_of(account, method)
    }

    /// Ends one token.
    pub fn revoke_token(&self, token: &str) {
        self.model().tokens.revoke(token);
    }

    /// Changes an account: password, quota and so on.
    pub fn change_account(&self, account: &str, change: impl FnOnce(&mut AccountSeed)) {
        let mut model = self.model();
        if let Some(seed) = model
            .spec
            .accounts
            .iter_mut()
            .find(|seed| seed.name == account)
        {
            change(seed);
        }
    }

    /// Changes pace and contents.
    pub fn change(&self, change: impl FnOnce(&mut CloudSpec)) {
        change(&mut self.model().spec);
    }

    /// All servers that are there, those in ERROR too, by order of creation.
    pub fn live_servers(&self) -> Vec<LiveServer> {
        let model = self.model_now();
        let live = model.servers.values().filter(|server| server.is_live());
        live.map(|server| LiveServer {
            id: server.id.clone(),
            name: server.name.clone(),
            account: server.account.clone(),
            status: server.now().status.as_str(),
            deleting: server.now().task == Some("deleting"),
            mark: Mark::read(&server.metadata),
            key_name: server.key_name.clone(),
            user_data: server.user_data.clone(),
            metadata: server.metadata.clone(),
        })
        .collect()
    }

    /// All key pairs that are there, as (user id, name).
    pub fn keypairs(&self) -> Vec<(String, String)> {
        self.model_now().keypairs.keys().cloned().collect()
    }

    /// The public halves of all key pairs that are there.
    pub fn public_keys(&self) -> Vec<String> {
        let model = self.model_now();
        let keypairs = model.keypairs.values();
        keypairs.map(|keypair| keypair.public_key.clone()).collect()
    }

    /// All ports that are there, as (id, id of the server).
    pub fn ports(&self) -> Vec<(String, String)> {
        let model = self.model_now();
        let ports = model.ports.values();
        ports
            .map(|port| (port.id.clone(), port.device_id.clone()))
            .collect()
    }

    /// Every server that was ever made, in order.
    pub fn creations(&self) -> Vec<Creation> {
        self.model_now().ledger.creations.clone()
    }

    /// When each server that is there, or was there lately, became ACTIVE, by its id.
    pub fn launched(&self) -> BTreeMap<String, Time> {
        let model = self.model_now();
        let launched = model.servers.values();
        launched
            .filter_map(|server| Some((server.id.clone(), server.launched?)))
            .collect()
    }

    /// Ids of servers whose delete was accepted, in order, repeats included.
    pub fn deletions(&self) -> Vec<String> {
        self.model_now().ledger.deletions.clone()
    }

    /// How often each call arrived, refused connections included.
    pub fn calls(&self) -> BTreeMap<CallKind, u64> {
        self.model().ledger.calls.clone()
    }

    /// How many calls arrived.
    pub fn calls_total(&self) -> u64 {
        self.model().ledger.calls.values().sum()
    }

    /// Most calls that were under way at once, queued ones included.
    pub fn peak_concurrency(&self) -> usize {
        self.model().ledger.peak
    }

    /// Requests that are still to be carried out although nobody waits for them.
    pub fn unfinished(&self) -> usize {
        self.model_now().unfinished()
    }

    /// When the next thing happens in the cloud by itself.
    pub fn next_due(&self) -> Option<Time> {
        self.model().next_due()
    }

    /// Makes a server that no installation of ours has made, as somebody with the same project
    /// might; with a mark if `metadata` has one. Gives its id.
    pub fn plant_server(&self, name: &str, metadata: BTreeMap<String, String>) -> Option<String> {
        let now = self.shared.clock.now();
        self.model().plant(now, name, metadata)
    }

    /// Names of the ports that tell a server as their device, by id.
    pub fn ports_of(&self, device_id: &str) -> BTreeMap<String, String> {
        let model = self.model_now();
        let ports = model.ports.values().filter(|it| it.device_id == device_id);
        ports.map(|it| (it.id.clone(), it.name.clone())).collect()
    }

    /// Makes a port with a server's id as its device and that name. Gives its id.
    pub fn plant_port(&self, device_id: &str, name: &str) -> Option<String> {
        self.model_now().plant_port(device_id, name)
    }

    /// Removes a server behind everybody's back.
    pub fn lose_server(&self, id: &str) {
        let mut model = self.model_now();
        if let Some(number) = model.server_numbers.get(id).copied() {
            model.vanished(number);
        }
    }

    pub(super) fn admit(&self, request: &Request) -> Admission {
        self.model().admit(self.shared.clock.now(), request)
    }

    pub(super) fn act(&self, request: &Request, admission: &Admission) -> Answer {
        self.model()
            .act(self.shared.clock.now(), request, admission)
    }

    pub(super) fn slice(&self, work: Duration) -> (Duration, Duration) {
        self.model().slice(work)
    }

    pub(super) fn abandon(&self, request: &Request, admission: &Admission) {
        self.model()
            .abandon(self.shared.clock.now(), request, admission);
    }

    pub(super) fn left(&self) {
        self.model().ledger.left();
    }

    /// The true time, as this cloud's clock source has it.
    pub fn time(&self) -> Time {
        self.shared.clock.now()
    }

    pub(super) fn workers(&self) -> &Semaphore {
        &self.shared.workers
    }

    /// The project of a request's token.
    pub(super) fn project_of(&self, request: &Request) -> Option<String> {
        let model = self.model();
        let who = model.who(request.token.as_deref(), Service::Compute).ok()?;
        Some(who.project_id)
    }

    /// Request id and date for an answer that the model is not asked for.
    pub(super) fn stamp(&self) -> (String, Time) {
        let mut model = self.model_now();
        (format!("req-{}", model.dice.uuid()), model.date())
    }

    /// Whether the cloud's ports have lost TLS.
    pub(super) fn tls_off(&self) -> bool {
        let now = self.shared.clock.now();
        self.model().tls_off(now)
    }

    pub(super) fn door_closed(&self) -> bool {
        let now = self.shared.clock.now();
        self.model().door_closed(now)
    }

    fn model_now(&self) -> MutexGuard<'_, Model> {
        let now = self.shared.clock.now();
        let mut model = self.model();
        model.advance(now);
        model
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        lock(&self.shared.model)
    }
}

impl std::fmt::Debug for SimCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimCloud")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

/// A lock that a panicking test cannot spoil for the checks after it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn credentials(spec: &CloudSpec, seed: &AccountSeed, with: SignInWith) -> Credentials {
    match with {
        SignInWith::Password => Credentials::Password(PasswordCredentials {
            username: seed.name.clone(),
            user_domain_name: Some(seed.domain.clone()),
            user_domain_id: None,
            password: Secret::new(seed.password()),
            tenant_name: Some(seed.name.clone()),
            tenant_id: None,
            project_domain_name: Some(seed.domain.clone()),
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }),
        SignInWith::ApplicationCredential => {
            Credentials::ApplicationCredential(ApplicationCredential {
                id: Some(seed.application_credential_id(&spec.name)),
                name: None,
                username: None,
                user_domain_name: None,
                user_domain_id: None,
                secret: Secret::new(seed.application_credential_secret()),
                user_id: None,
            })
        }
    }
}
