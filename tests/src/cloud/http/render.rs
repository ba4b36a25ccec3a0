//! Good answers as the JSON of each service.

use std::collections::BTreeMap;

use http::{HeaderMap, Uri};
use oms_proto::Time;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::address::Addresses;
use super::body::Response;
use super::document::document;
use super::objects::{
    flavor_body, group_json, image_json, keypair_json, keypair_whole, limits_json, network_json,
    network_quota_json, port_json,
};
use super::route::{Asked, query_pairs, service_of};
use super::server::{Named, server_body};
use crate::cloud::call::{Grant, Reply, Service};
use crate::cloud::dice::stable_uuid;
use crate::cloud::identity::domain_id;
use crate::cloud::scenario::ImageSpec;

/// What a caller likes to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accept {
    Html,
    Json,
    Neither,
}

/// Where an object is.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    rel: &'static str,
    href: String,
}

/// What an answer needs to know of its request and of the cloud.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    addresses: &'a Addresses,
    service: Option<Service>,
    path: String,
    query: Vec<(String, String)>,
    project_id: String,
    pub(super) accept: Accept,
    pub(super) minor: u16,
    pub(super) minor_max: u16,
}

impl<'a> Frame<'a> {
    pub(super) fn new(
        addresses: &'a Addresses,
        mount: Option<Service>,
        minor_max: u16,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let accept = headers.get("accept").and_then(|value| value.to_str().ok());
        let (service, path) = service_of(mount, uri.path());
        Self {
            addresses,
            service,
            path,
            query: query_pairs(uri),
            project_id: String::new(),
            accept: match accept {
                Some(accept) if accept.contains("html") || accept.contains("*/*") => Accept::Html,
                Some(accept) if accept.contains("json") => Accept::Json,
                _ => Accept::Neither,
            },
            minor: super::route::minor_of(headers, minor_max).unwrap_or(1),
            minor_max,
        }
    }

    /// The same for a caller of this project.
    pub(super) fn within(mut self, project_id: Option<String>) -> Self {
        self.project_id = project_id.unwrap_or_default();
        self
    }

    pub(super) fn is_compute(&self) -> bool {
        self.service == Some(Service::Compute)
    }

    pub(super) fn root(&self, service: Service) -> &str {
        self.addresses.root(service)
    }

    pub(super) fn identity_endpoint(&self) -> String {
        self.addresses.endpoint(Service::Identity, "")
    }

    /// The two links that Nova gives with every object.
    pub(super) fn links(&self, collection: &str, id: &str) -> [Link; 2] {
        let own = self.addresses.endpoint(Service::Compute, &self.project_id);
        let href = format!("{own}/{collection}/{id}");
        [Link { rel: "self", href }, self.bookmark(collection, id)]
    }

    pub(super) fn bookmark(&self, collection: &str, id: &str) -> Link {
        let bookmark = self.addresses.bookmark(&self.project_id);
        let href = format!("{bookmark}/{collection}/{id}");
        Link {
            rel: "bookmark",
            href,
        }
    }

    /// This request's query with another marker.
    fn query_after(&self, marker: &str) -> String {
        let kept = self.query.iter().filter(|(name, _)| name != "marker");
        form(kept, Some(marker))
    }

    fn next_link(&self, marker: &str) -> Link {
        let root = self.service.map(|service| self.root(service));
        let (root, query) = (root.unwrap_or_default(), self.query_after(marker));
        let href = format!("{root}{}?{query}", self.path);
        Link { rel: "next", href }
    }
}

fn form<'a>(query: impl Iterator<Item = &'a (String, String)>, marker: Option<&str>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(query);
    form.extend_pairs(marker.map(|marker| ("marker", marker)));
    form.finish()
}

/// Puts a good answer into its service's JSON.
pub(super) fn answer_of(frame: &Frame<'_>, asked: &Asked, reply: &Reply) -> Response {
    match reply {
        Reply::Versions => match asked.document {
            Some(which) => document(frame, which),
            None => Response::empty(200),
        },
        Reply::Granted(grant) => {
            Response::json(201, &token(frame, grant)).with("x-subject-token", &grant.token)
        }
        Reply::Flavors(page) => {
            let items = page.items.iter();
            let items = items.map(|flavor| flavor_body(frame, flavor, asked.detail));
            list(frame, "flavors", items, page.next.as_deref())
        }
        Reply::Flavor(flavor) => one(200, "flavor", &flavor_body(frame, flavor, true)),
        Reply::Images(page) => images(frame, &page.items, page.next.as_deref()),
        Reply::Image(image) => Response::json(200, &image_json(image)),
        Reply::Zones(names) => {
            let zones = names.iter().map(
                |name| json!({"zoneName": name, "zoneState": {"available": true}, "hosts": null}),
            );
            let zones: Vec<Value> = zones.collect();
            Response::json(200, &json!({"availabilityZoneInfo": zones}))
        }
        Reply::Limits(limits) => Response::json(200, &limits_json(frame, limits)),
        Reply::KeypairDeleted => Response::empty(if frame.minor < 2 { 202 } else { 204 }),
        Reply::ForceDeleteAccepted => Response::empty(202),
        Reply::DeleteAccepted | Reply::Revoked | Reply::PortDeleted => Response::empty(204),
        Reply::KeypairImported(keypair) => {
            let status = if frame.minor < 2 { 200 } else { 201 };
            Response::json(status, &json!({"keypair": keypair_json(frame, keypair)}))
        }
        Reply::Keypair(keypair) => {
            Response::json(200, &json!({"keypair": keypair_whole(frame, keypair)}))
        }
        Reply::Keypairs(page) => {
            let items = page.items.iter();
            let items = items.map(|keypair| json!({"keypair": keypair_json(frame, keypair)}));
            list(frame, "keypairs", items, page.next.as_deref())
        }
        Reply::Created { .. } | Reply::Servers(_) | Reply::Server(_) => {
            servers(frame, asked, reply)
        }
        _ => network(frame, asked, reply),
    }
}

/// What Neutron says.
fn network(frame: &Frame<'_>, asked: &Asked, reply: &Reply) -> Response {
    match reply {
        Reply::Networks(page) => {
            let items = page.items.iter();
            let items = items.map(|network| picked(network_json(network), &asked.fields));
            list(frame, "networks", items, page.next.as_deref())
        }
        Reply::Network(network) => {
            let network = picked(network_json(network), &asked.fields);
            Response::json(200, &json!({"network": network}))
        }
        Reply::SecurityGroups(names) => {
            let groups = names
                .iter()
                .map(|name| picked(group_json(name), &asked.fields));
            let groups: Vec<Value> = groups.collect();
            Response::json(200, &json!({"security_groups": groups}))
        }
        Reply::Ports(page) => {
            let ports = page.items.iter();
            let ports = ports.map(|port| picked(port_json(port), &asked.fields));
            list(frame, "ports", ports, page.next.as_deref())
        }
        Reply::Port(port) => Response::json(200, &json!({"port": port_json(port)})),
        Reply::NetworkQuota(quota) => Response::json(200, &network_quota_json(quota)),
        _ => Response::empty(500),
    }
}

fn servers(frame: &Frame<'_>, asked: &Asked, reply: &Reply) -> Response {
    match reply {
        Reply::Created {
            id,
            security_groups,
        } => {
            let links = frame.links("servers", id);
            let location = links.first().map(|own| own.href.clone());
            let groups = security_groups.iter();
            let body = Created {
                id,
                links,
                disk_config: "MANUAL",
                security_groups: groups.map(|name| Named { name }).collect(),
                admin_pass: "aDminPa55w0rd",
            };
            one(202, "server", &body).with("location", &location.unwrap_or_default())
        }
        Reply::Servers(page) => {
            let (items, next) = (page.items.iter(), page.next.as_deref());
            if asked.detail {
                let items = items.map(|server| server_body(frame, server));
                return list(frame, "servers", items, next);
            }
            let items = items.map(|server| Brief {
                id: &server.id,
                name: &server.name,
                links: frame.links("servers", &server.id),
            });
            list(frame, "servers", items, next)
        }
        Reply::Server(server) => one(200, "server", &server_body(frame, server)),
        _ => Response::empty(500),
    }
}

/// What Nova says of a server that it has just taken.
#[derive(Serialize)]
struct Created<'a> {
    id: &'a str,
    links: [Link; 2],
    #[serde(rename = "OS-DCF:diskConfig")]
    disk_config: &'static str,
    security_groups: Vec<Named<'a>>,
    #[serde(rename = "adminPass")]
    admin_pass: &'static str,
}

/// A server in a list without details.
#[derive(Serialize)]
struct Brief<'a> {
    id: &'a str,
    name: &'a str,
    links: [Link; 2],
}

/// One object below its name.
fn one(status: u16, name: &str, object: &impl Serialize) -> Response {
    Response::json(status, &BTreeMap::from([(name, object)]))
}

/// A page of a list, with the way to the next one.
fn list<T: Serialize>(
    frame: &Frame<'_>,
    name: &str,
    items: impl Iterator<Item = T>,
    next: Option<&str>,
) -> Response {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Part<T> {
        Items(Vec<T>),
        Links([Link; 1]),
    }
    let mut body = BTreeMap::from([(name.to_owned(), Part::Items(items.collect()))]);
    if let Some(marker) = next {
        let links = Part::Links([frame.next_link(marker)]);
        body.insert(format!("{name}_links"), links);
    }
    Response::json(200, &body)
}

fn images(frame: &Frame<'_>, items: &[ImageSpec], next: Option<&str>) -> Response {
    let items: Vec<Value> = items.iter().map(image_json).collect();
    // Glance's links are paths within itself, without what is mounted above them.
    let kept = frame.query.iter().filter(|(name, _)| name != "marker");
    let first = form(kept, None);
    let mark = if first.is_empty() { "" } else { "?" };
    let mut body = json!({
        "images": items,
        "first": format!("/v2/images{mark}{first}"),
        "schema": "/v2/schemas/images",
    });
    if let (Some(marker), Some(fields)) = (next, body.as_object_mut()) {
        let next = format!("/v2/images?{}", frame.query_after(marker));
        fields.insert("next".to_owned(), json!(next));
    }
    Response::json(200, &body)
}

/// Only the fields asked for; all, if none was named.
fn picked(object: Value, fields: &[String]) -> Value {
    match object {
        Value::Object(all) if !fields.is_empty() => all
            .into_iter()
            .filter(|(name, _)| fields.contains(name))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn token(frame: &Frame<'_>, grant: &Grant) -> Value {
    let catalog: Vec<Value> = grant
        .services
        .iter()
        .map(|service| {
            let (kind, name) = match service {
                Service::Identity => ("identity", "keystone"),
                Service::Compute => ("compute", "nova"),
                Service::Network => ("network", "neutron"),
                Service::Image => ("image", "glance"),
            };
            let url = frame.addresses.endpoint(*service, &grant.project_id);
            let endpoints = ["public", "internal", "admin"].map(|interface| {
                json!({
                    "id": stable_uuid(&["endpoint", kind, interface]),
                    "interface": interface,
                    "region_id": grant.region,
                    "region": grant.region,
                    "url": url,
                })
            });
            let id = stable_uuid(&["service", kind]);
            json!({"type": kind, "name": name, "id": id, "endpoints": endpoints})
        })
        .collect();
    let domain = json!({"id": domain_id(&grant.domain), "name": grant.domain});
    json!({"token": {
        "methods": [grant.method],
        "user": {
            "domain": domain, "id": grant.user_id, "name": grant.user_name,
            "password_expires_at": null,
        },
        "audit_ids": [grant.token.get(8..30)],
        "expires_at": grant.expires.to_string(),
        "issued_at": grant.issued.to_string(),
        "project": {"domain": domain, "id": grant.project_id, "name": grant.project_name},
        "is_domain": false,
        "roles": [{"id": stable_uuid(&["role", "member"]), "name": "member"}],
        "catalog": catalog,
    }})
}

/// A time as Nova writes most of them: whole seconds with a `Z`.
pub(super) fn zulu(at: Time) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as Nova writes the others: with six digits and no zone.
pub(super) fn naive(at: Time) -> String {
    at.to_string().trim_end_matches('Z').to_owned()
}
