//! Nova's servers: create, build, list, delete, and the quota they count against.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::Time;
use omsd::ports::Mark;

use super::call::{
    Address, Attach, FaultShown, LimitsShown, NetworkQuotaShown, NewServer, Page, Refusal, Reply,
    ServerQuery, ServerShown, Service,
};
use super::faults::Fault;
use super::identity::Who;
use super::ledger::Creation;
use super::model::{BuildEnd, Due, Model};
use super::scenario::{FlavorSpec, NetworkSpec};
use super::server::{Moment, Server, Status, millis, whole_seconds};

/// How long the scheduler takes to find out that there is no host.
const NO_HOST_MS: u64 = 300;
/// Neutron's default quota.
const FLOATING_IPS_MAX: i64 = 50;
const NO_HOST_WORDS: &str = "No valid host was found. ";

impl Model {
    pub(super) fn create_server(
        &mut self,
        who: &Who,
        new: &NewServer,
        minor: u16,
        fate: Option<&Fault>,
    ) -> Result<Reply, Refusal> {
        new.check()?;
        let flavor = self.flavor_for(new)?;
        self.check_image(new)?;
        self.check_references(who, new)?;
        let networks = self.networks_for(new, minor)?;
        self.check_quota(who, &flavor)?;
        self.check_ports(who, networks.len())?;
        let id = self.dice.uuid();
        self.serial += 1;
        let number = self.serial;
        let addresses = networks
            .iter()
            .flat_map(|network| addresses(network, number))
            .collect();
        let now = self.time();
        self.ledger.creations.push(Creation {
            at: now,
            id: id.clone(),
            name: new.name.clone(),
            account: who.account.name.clone(),
            mark: Mark::read(&new.metadata),
        });
        self.schedule_build(number, &flavor, fate);
        let mut security_groups = new.security_groups.clone();
        if security_groups.is_empty() {
            security_groups.push("default".to_owned());
        }
        let zone = new
            .zone
            .clone()
            .or_else(|| self.spec.zones.first().cloned());
        let mut server = Server {
            id: id.clone(),
            name: new.name.clone(),
            account: who.account.name.clone(),
            project_id: who.project_id.clone(),
            user_id: who.user_id.clone(),
            image_id: new.image.clone(),
            flavor,
            key_name: new.key_name.clone(),
            user_data: new.user_data.clone(),
            metadata: new.metadata.clone(),
            tags: new.tags.clone(),
            security_groups: security_groups.clone(),
            zone: zone.unwrap_or_default(),
            addresses,
            ports: Vec::new(),
            leaves_ports: false,
            address_after: millis(self.spec.address_ms),
            created: now,
            launched: None,
            terminated: None,
            deletes: 0,
            moments: vec![Moment {
                at: now,
                status: Status::Build,
                task: Some("spawning"),
                fault: None,
                wired: false,
            }],
        };
        server.ports = self.wire(&server, &networks);
        self.server_numbers.insert(id.clone(), number);
        self.servers.insert(number, server);
        Ok(Reply::Created {
            id,
            security_groups,
        })
    }

    pub(super) fn list_servers(
        &mut self,
        who: &Who,
        query: &ServerQuery,
        view: Option<&Fault>,
    ) -> Result<Reply, Refusal> {
        let at = match view {
            Some(Fault::Stale { ms }) => self.time().minus(millis(*ms)),
            _ => self.time(),
        };
        let repeat = matches!(view, Some(Fault::RepeatPages));
        let marker = query.page.marker.as_ref().filter(|_| !repeat);
        let before = match marker {
            Some(marker) => *self
                .server_numbers
                .get(marker)
                .ok_or_else(|| Refusal::nova(400, format!("marker [{marker}] not found")))?,
            None => u64::MAX,
        };
        let name = match &query.name {
            Some(pattern) => Some(
                regex_lite::Regex::new(pattern)
                    .map_err(|_| Refusal::nova(400, format!("Invalid filter name: {pattern}")))?,
            ),
            None => None,
        };
        let asked = query.page.limit.filter(|limit| *limit > 0);
        let length = asked.unwrap_or(usize::MAX).min(self.spec.page_max);
        let mut items: Vec<ServerShown> = Vec::new();
        // Newest first, as Nova sorts.
        for server in self.servers.range(..before).rev().map(|(_, server)| server) {
            let Some(moment) = server.then(at) else {
                continue;
            };
            let fits = server.project_id == who.project_id
                && match query.changes_since {
                    Some(since) => self.shown_time(moment.at) >= since,
                    None => match moment.status {
                        Status::Deleted => !self.forgotten(server, at),
                        Status::SoftDeleted => false,
                        _ => true,
                    },
                }
                && query
                    .status
                    .as_ref()
                    .is_none_or(|s| s == moment.status.as_str())
                && name.as_ref().is_none_or(|name| name.is_match(&server.name));
            if !fits {
                continue;
            }
            if let Some(Fault::Omit { probability }) = view
                && self.dice.chance(*probability)
            {
                continue;
            }
            let forgotten = self.forgotten(server, at);
            let mut shown = server.shown(moment, at, forgotten, |at| self.shown_time(at));
            let no_host = |fault: &FaultShown| fault.message == NO_HOST_WORDS;
            if self.spec.list_hides_no_host && shown.fault.as_ref().is_some_and(no_host) {
                shown.fault = None;
            }
            items.push(shown);
            if items.len() == length {
                break;
            }
        }
        let full = items.len() == length || repeat;
        if matches!(view, Some(Fault::Doubled)) {
            items = items.into_iter().flat_map(|it| [it.clone(), it]).collect();
        }
        let next = items
            .last()
            .filter(|_| full)
            .map(|server| server.id.clone());
        Ok(Reply::Servers(Page { items, next }))
    }

    pub(super) fn get_server(&self, who: &Who, id: &str) -> Result<Reply, Refusal> {
        let server = self
            .server_of(who, id)
            .filter(|server| !self.forgotten(server, self.time()));
        let server = server.ok_or_else(|| no_server(id))?;
        let shown = server.shown(server.now(), self.time(), false, |at| self.shown_time(at));
        Ok(Reply::Server(Box::new(shown)))
    }

    pub(super) fn delete_server(
        &mut self,
        who: &Who,
        id: &str,
        fate: Option<&Fault>,
    ) -> Result<Reply, Refusal> {
        let found = self
            .server_of(who, id)
            .filter(|server| !self.forgotten(server, self.time()));
        let number = found.and_then(|server| self.server_numbers.get(&server.id).copied());
        let now = self.time();
        let server = number.and_then(|number| self.servers.get_mut(&number));
        let (Some(number), Some(server)) = (number, server) else {
            return Err(no_server(id));
        };
        // As Nova answers, which then does nothing.
        if !server.is_live() || server.now().status == Status::SoftDeleted {
            return Ok(Reply::DeleteAccepted);
        }
        server.deletes += 1;
        server.leaves_ports |= matches!(fate, Some(Fault::LeavePorts));
        let delete = server.deletes;
        let before = server.now().clone();
        server.turn(Moment {
            at: now,
            task: Some("deleting"),
            ..before
        });
        self.ledger.deletions.push(id.to_owned());
        let end = now.plus(millis(self.spec.delete_ms));
        match fate {
            Some(Fault::DeleteStuck) => {}
            Some(Fault::DeleteFails { message }) => {
                let message = message.clone();
                self.put(
                    end,
                    Due::DeleteFailed {
                        server: number,
                        delete,
                        message,
                    },
                );
            }
            _ => self.put(
                end,
                Due::Deleted {
                    server: number,
                    delete,
                },
            ),
        }
        Ok(Reply::DeleteAccepted)
    }

    /// Ends a server whatever state it is in.
    pub(super) fn force_delete_server(&mut self, who: &Who, id: &str) -> Result<Reply, Refusal> {
        let found = self
            .server_of(who, id)
            .filter(|server| !self.forgotten(server, self.time()));
        let number = found.and_then(|server| self.server_numbers.get(&server.id).copied());
        let number = number.ok_or_else(|| no_server(id))?;
        let end = self.time().plus(millis(self.spec.delete_ms));
        self.ledger.deletions.push(id.to_owned());
        self.put(end, Due::Vanished { server: number });
        Ok(Reply::ForceDeleteAccepted)
    }

    pub(super) fn limits(&self, who: &Who) -> Reply {
        let (instances, cores, ram_mib) = self.used(who);
        Reply::Limits(LimitsShown {
            instances: (who.account.quota_instances, instances),
            cores: (who.account.quota_cores, cores),
            ram_mib: (who.account.quota_ram_mib, ram_mib),
            keypairs: who.account.quota_keypairs,
        })
    }

    /// Neutron's quotas; a project sees those of no other.
    pub(super) fn network_quota(&self, who: &Who, project: &str) -> Result<Reply, Refusal> {
        if project != who.project_id {
            return Err(Refusal::by(
                Service::Network,
                403,
                "(rule:get_quota) is disallowed by policy",
            ));
        }
        Ok(Reply::NetworkQuota(NetworkQuotaShown {
            ports: (who.account.quota_ports, self.ports_used(who)),
            floating_ips: (FLOATING_IPS_MAX, 0),
        }))
    }

    /// Makes a server for the first account without a request.
    pub(super) fn plant(
        &mut self,
        now: Time,
        name: &str,
        metadata: BTreeMap<String, String>,
    ) -> Option<String> {
        self.advance(now);
        let account = self.spec.accounts.first()?.clone();
        let who = Who {
            user_id: account.user_id(&self.spec.name),
            project_id: account.project_id(&self.spec.name),
            account,
        };
        let new = NewServer {
            name: name.to_owned(),
            image: self.spec.images.first()?.id.clone(),
            flavor: self.spec.flavors.first()?.id.clone(),
            key_name: None,
            networks: Attach::Nothing,
            security_groups: Vec::new(),
            zone: None,
            user_data: None,
            metadata,
            tags: Vec::new(),
        };
        match self.create_server(&who, &new, self.spec.microversion_max, None) {
            Ok(Reply::Created { id, .. }) => Some(id),
            _ => None,
        }
    }

    /// A build comes to its end, unless somebody wants the server gone.
    pub(super) fn built(&mut self, number: u64, end: BuildEnd) {
        let now = self.time();
        let Some(server) = self.servers.get_mut(&number) else {
            return;
        };
        if server.now().status != Status::Build || server.now().task == Some("deleting") {
            return;
        }
        server.turn(match end {
            BuildEnd::Status(status) => Moment {
                at: now,
                status,
                task: None,
                fault: None,
                wired: true,
            },
            BuildEnd::Error(fault) => Moment {
                at: now,
                status: Status::Error,
                task: None,
                fault: fault.map(|(code, message)| FaultShown {
                    code,
                    message,
                    created: now,
                }),
                wired: false,
            },
        });
    }

    /// A delete comes to its end; so it does if a later one was asked for meanwhile.
    pub(super) fn deleted(&mut self, number: u64, delete: u32) {
        let asked = self
            .servers
            .get(&number)
            .is_some_and(|s| s.deletes >= delete);
        if !asked {
            return;
        }
        let kept = Duration::from_secs(self.spec.reclaim_s);
        let now = self.time();
        match self.servers.get_mut(&number) {
            Some(server) if !kept.is_zero() && server.is_live() => {
                let before = server.now().clone();
                server.turn(Moment {
                    at: now,
                    status: Status::SoftDeleted,
                    task: None,
                    ..before
                });
                self.put(now.plus(kept), Due::Vanished { server: number });
            }
            _ => self.vanished(number),
        }
    }

    pub(super) fn delete_failed(&mut self, number: u64, delete: u32, message: String) {
        let now = self.time();
        let Some(server) = self.servers.get_mut(&number) else {
            return;
        };
        if !server.is_live() || server.deletes != delete {
            return;
        }
        let wired = server.now().wired;
        server.turn(Moment {
            at: now,
            status: Status::Error,
            task: None,
            fault: Some(FaultShown {
                code: 500,
                message,
                created: now,
            }),
            wired,
        });
    }

    /// A server is gone.
    pub(super) fn vanished(&mut self, number: u64) {
        let now = self.time();
        let Some(server) = self.servers.get_mut(&number) else {
            return;
        };
        if !server.is_live() {
            return;
        }
        server.turn(Moment {
            at: now,
            status: Status::Deleted,
            task: None,
            fault: None,
            wired: false,
        });
        if !server.leaves_ports {
            for port in &server.ports {
                self.ports.remove(port);
            }
        }
        let listed = Duration::from_secs(self.spec.deleted_listed_s);
        self.put(now.plus(listed), Due::Forgotten { server: number });
    }

    pub(super) fn forget(&mut self, number: u64) {
        if let Some(server) = self.servers.remove(&number) {
            self.server_numbers.remove(&server.id);
        }
    }

    fn schedule_build(&mut self, number: u64, flavor: &FlavorSpec, fate: Option<&Fault>) {
        let jitter = self.dice.within(millis(self.spec.build_jitter_ms));
        let usual = millis(self.spec.build_ms) + jitter;
        let no_host = || BuildEnd::Error(Some((500, NO_HOST_WORDS.to_owned())));
        let (wait, end) = match fate {
            _ if flavor.fits_nowhere => (millis(NO_HOST_MS), no_host()),
            Some(Fault::BuildForever) => return,
            Some(Fault::NoValidHost { ms }) => (millis(*ms), no_host()),
            Some(Fault::BuildError { ms, code, message }) => {
                (millis(*ms), BuildEnd::Error(Some((*code, message.clone()))))
            }
            Some(Fault::BuildErrorSilent { ms }) => (millis(*ms), BuildEnd::Error(None)),
            Some(Fault::BuildEnds { ms, status }) => (millis(*ms), BuildEnd::Status(*status)),
            Some(Fault::SlowBuild { ms }) => (millis(*ms), BuildEnd::Status(Status::Active)),
            _ if self.spec.cores > 0 => return self.builds(number, usual),
            _ => (usual, BuildEnd::Status(Status::Active)),
        };
        let now = self.time();
        if let Some(Fault::Vanish { ms }) = fate {
            self.put(now.plus(millis(*ms)), Due::Vanished { server: number });
        }
        self.put(
            now.plus(wait),
            Due::Built {
                server: number,
                end,
            },
        );
    }

    /// Whether a server has been deleted for so long that only lists of changes show it. For a
    /// moment before that, Nova goes on showing it, as deleted and with its metadata.
    fn forgotten(&self, server: &Server, at: Time) -> bool {
        let shown = millis(self.spec.deleted_found_ms);
        server
            .terminated
            .is_some_and(|terminated| at >= terminated.plus(shown))
    }

    fn server_of(&self, who: &Who, id: &str) -> Option<&Server> {
        let server = self.servers.get(self.server_numbers.get(id)?)?;
        (server.project_id == who.project_id).then_some(server)
    }

    /// A time of the model as the cloud shows it.
    fn shown_time(&self, at: Time) -> Time {
        whole_seconds(self.skewed(at))
    }
}

fn no_server(id: &str) -> Refusal {
    Refusal::nova(404, format!("Instance {id} could not be found."))
}

/// The addresses that a server has in a network, in Nova's order: by fixed address, each with the
/// floating one that leads to it.
fn addresses(network: &NetworkSpec, number: u64) -> Vec<Address> {
    let (high, low) = (number / 250 % 250, number % 250 + 1);
    let address = |addr: String, kind| Address {
        network: network.name.clone(),
        addr,
        kind,
        mac: format!("fa:16:3e:00:{high:02x}:{low:02x}"),
    };
    let ipv6 = (network.ipv6).then(|| address(format!("2001:db8::{high:x}:{low:x}"), "fixed"));
    let fixed = address(format!("{}.{high}.{low}", network.prefix), "fixed");
    let outer = network.floating.as_ref();
    let floating = outer.map(|prefix| address(format!("{prefix}.{high}.{low}"), "floating"));
    ipv6.into_iter().chain([fixed]).chain(floating).collect()
}
