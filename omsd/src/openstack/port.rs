//! Neutron: the ports that a server has left behind.
//!
//! Nova makes a server's ports and removes them with it, but where Neutron does not answer just
//! then a port can stay, and it counts against the quota for ever. It carries no mark of ours but
//! its device: the id of a server that we know to be gone.
//!
//! Source: <https://docs.openstack.org/api-ref/network/v2/#ports>.

use http::Method;
use serde_json::json;
use tokio::time::Instant;

use super::address;
use super::bounds::PORTS_A_SERVER;
use super::catalog::Service;
use super::client::OpenStack;
use super::error::{Purpose, failed};
use super::session::{Request, Target};
use super::wire::{Port, PortsBody};
use omsd_domain::ground::failure::FailureClass;

use crate::ports::{CloudError, CloudResult, Swept};

const REMOVE: &str = "remove ports";
/// Lists until one shows none: one to find them, one to see that they are gone, and one more.
const LISTS_MAX: u32 = 3;
/// How Nova, whatever the zone, says that a port is a server's.
const OWNED_BY_NOVA: &str = "compute:";

impl OpenStack {
    pub(super) async fn remove_ports_of(&self, servers: &[String]) -> CloudResult<Swept> {
        let deadline = self.session.deadline();
        let scope = self.session.scope(deadline).await?;
        if scope.catalog.endpoint(Service::Network).is_err() {
            return Ok(Swept::Clean);
        }
        let mut left = Vec::new();
        for _ in 0..LISTS_MAX {
            left = match self.ports_of(servers, deadline).await? {
                Ok(left) if left.is_empty() => return Ok(Swept::Clean),
                Ok(left) => left,
                Err(denial) => return Ok(Swept::Denied(denial)),
            };
            for port in &left {
                tracing::warn!(
                    account.name = self.account(),
                    port.id = &*port.id,
                    server.id = &*port.device_id,
                    "removes a port that its server has left behind"
                );
                self.remove_port(port, deadline).await?;
            }
        }
        let ids: Vec<&str> = left.iter().map(|port| &*port.id).collect();
        let message = format!("removed and still there: {}", ids.join(", "));
        Err(failed(REMOVE, FailureClass::Garbage, message))
    }

    /// The ports that Nova made for these servers and that nobody has made their own, or what the
    /// network service says that denies them.
    async fn ports_of(
        &self,
        servers: &[String],
        deadline: Instant,
    ) -> CloudResult<Result<Vec<Port>, CloudError>> {
        let fields = ["id", "name", "device_id", "device_owner"];
        let mut query: Vec<_> = fields.map(|field| ("fields", field)).into();
        query.extend(servers.iter().map(|server| ("device_id", server.as_str())));
        let request = neutron(Method::GET, Target::Root(&["v2.0", "ports"], &query));
        let ports = match self.session.send(request, deadline).await {
            Ok(answer) => answer.json::<PortsBody>().await?.ports.into_inner(),
            Err(error) if error.class == FailureClass::Forbidden => {
                return Ok(Err(error));
            }
            Err(error) => return Err(error),
        };
        // Filters are asked for but not trusted.
        let left = |port: &Port| address::is_segment(&port.id) && is_left_by(port, servers);
        let left: Vec<_> = ports.into_iter().filter(left).collect();
        if left.len() > PORTS_A_SERVER.saturating_mul(servers.len()) {
            let message = format!("{} ports of {} servers", left.len(), servers.len());
            return Err(failed(REMOVE, FailureClass::Garbage, message));
        }
        Ok(Ok(left))
    }

    async fn remove_port(&self, port: &Port, deadline: Instant) -> CloudResult<()> {
        match self.delete_port(port, deadline).await {
            // Newer policies keep members from a port while a server owns it. Without an owner it
            // may go, and it still tells its device, should we stop in between.
            Err(error) if error.class == FailureClass::Forbidden => {
                let path = ["v2.0", "ports", &port.id];
                let mut request = neutron(Method::PUT, Target::Root(&path, &[]));
                let body = json!({ "port": { "device_owner": "" } });
                request.body = Some(body.to_string().into_bytes());
                match self.session.send(request, deadline).await {
                    Err(error) if error.class == FailureClass::NotFound => Ok(()),
                    Err(error) => Err(error),
                    Ok(_) => self.delete_port(port, deadline).await,
                }
            }
            other => other,
        }
    }

    async fn delete_port(&self, port: &Port, deadline: Instant) -> CloudResult<()> {
        let path = ["v2.0", "ports", &port.id];
        let request = neutron(Method::DELETE, Target::Root(&path, &[]));
        match self.session.send(request, deadline).await {
            Err(error) if error.class != FailureClass::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether Nova made a port for one of these servers. One that somebody has named is somebody's; one that
/// has no owner has lost it to us.
fn is_left_by(port: &Port, servers: &[String]) -> bool {
    let owner = &port.device_owner;
    servers.iter().any(|server| **server == *port.device_id)
        && port.name.is_empty()
        && (owner.is_empty() || owner.starts_with(OWNED_BY_NOVA))
}

fn neutron(method: Method, target: Target<'_>) -> Request<'_> {
    Request {
        operation: REMOVE,
        purpose: Purpose::Object,
        service: Service::Network,
        method,
        target,
        microversion: None,
        body: None,
        hide: Vec::new(),
    }
}
