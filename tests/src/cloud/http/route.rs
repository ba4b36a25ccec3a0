//! Method, path and query to what is asked of the model.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use oms_proto::Time;
use percent_encoding::percent_decode_str;

use super::address::Addresses;
use super::document::Document;
use super::error::no_route;
use super::parse;
use crate::cloud::call::{Call, PageAsk, Refusal, Request, ServerQuery, Service};

/// How the answer is to be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) document: Option<Document>,
    pub(super) detail: bool,
    pub(super) fields: Vec<String>,
}

/// A request that leads somewhere.
#[derive(Debug)]
pub(super) struct Routed {
    pub(super) asked: Asked,
    pub(super) request: Request,
}

/// From this microversion on Nova refuses query strings that it does not know.
const STRICT_QUERY_MINOR: u16 = 102;
/// The query strings of `GET /servers` that are known here.
const SERVER_QUERY: &[&str] = &[
    "limit",
    "marker",
    "changes-since",
    "changes-before",
    "name",
    "status",
    "sort_key",
    "sort_dir",
    "flavor",
    "image",
    "ip",
    "tags",
    "key_name",
    "all_tenants",
];

/// Finds out what is asked.
pub(super) fn route(
    mount: Option<Service>,
    minor_max: u16,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Routed, Refusal> {
    let (service, path) = service_of(mount, uri.path());
    let service = service.ok_or_else(|| no_route(Service::Identity))?;
    let minor = match service {
        Service::Compute => minor_of(headers, minor_max)?,
        _ => 1,
    };
    let query = Query(query_pairs(uri));
    // Unescaped first, as the real ones do: no escape hides a slash.
    let path = unescaped(&path);
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut asked = Asked {
        fields: query.all("fields"),
        ..Asked::default()
    };
    let call = match service {
        Service::Identity => identity(method, &segments, headers, body, &mut asked)?,
        Service::Network => network(method, &segments, &query, body, &mut asked)?,
        Service::Image => image(method, &segments, &query, &mut asked)?,
        Service::Compute => {
            let ask = Compute {
                method,
                query: &query,
                body,
                minor,
                minor_max,
            };
            ask.call(&segments, &mut asked)?
        }
    };
    let token = headers
        .get("x-auth-token")
        .and_then(|value| value.to_str().ok());
    let request = Request {
        token: token.map(str::to_owned),
        minor,
        call,
    };
    Ok(Routed { asked, request })
}

/// The service that a path leads to, and the path within it.
pub(super) fn service_of(mount: Option<Service>, path: &str) -> (Option<Service>, String) {
    if mount.is_some() {
        return (mount, path.to_owned());
    }
    let bare = path.trim_start_matches('/');
    let (first, rest) = bare.split_once('/').unwrap_or((bare, ""));
    (Addresses::mounted(first), format!("/{rest}"))
}

/// The minor part of the microversion that the headers ask for.
pub(super) fn minor_of(headers: &HeaderMap, max: u16) -> Result<u16, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let asked = text("x-openstack-nova-api-version").or_else(|| {
        let service = text("openstack-api-version")?;
        service.strip_prefix("compute ")
    });
    let Some(asked) = asked else { return Ok(1) };
    if asked == "latest" {
        return Ok(max);
    }
    let minor = asked
        .strip_prefix("2.")
        .and_then(|minor| minor.parse().ok());
    minor.ok_or_else(|| {
        Refusal::nova(
            400,
            format!(
                "API Version String {asked} is of invalid format. Must be of format \
                 MajorNum.MinorNum."
            ),
        )
    })
}

/// Name and value of each part of the query.
pub(super) fn query_pairs(uri: &Uri) -> Vec<(String, String)> {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Undoes percent escapes; what is not one stays as it is.
fn unescaped(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

struct Query(Vec<(String, String)>);

impl Query {
    fn get(&self, name: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    }

    fn all(&self, name: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).collect()
    }

    fn page(&self) -> Result<PageAsk, Refusal> {
        let limit = self.get("limit").map(|text| {
            text.parse().map_err(|_| {
                bad_query(
                    "limit",
                    &text,
                    &format!("'{text}' does not match '^[0-9]*$'"),
                )
            })
        });
        Ok(PageAsk {
            limit: limit.transpose()?,
            marker: self.get("marker"),
        })
    }
}

fn bad_query(name: &str, value: &str, reason: &str) -> Refusal {
    Refusal::nova(
        400,
        format!("Invalid input for query parameters {name}. Value: {value}. {reason}"),
    )
}

fn identity(
    method: &Method,
    segments: &[&str],
    headers: &HeaderMap,
    body: &Bytes,
    asked: &mut Asked,
) -> Result<Call, Refusal> {
    match (method.as_str(), segments) {
        ("GET", []) => discover(asked, Document::IdentityRoot),
        ("GET", ["v3"]) => discover(asked, Document::Identity),
        ("POST", ["v3", "auth", "tokens"]) => parse::sign_in(body).map(Call::SignIn),
        ("DELETE", ["v3", "auth", "tokens"]) => {
            let token = headers
                .get("x-subject-token")
                .and_then(|value| value.to_str().ok());
            Ok(Call::RevokeToken(token.unwrap_or_default().to_owned()))
        }
        _ => Err(no_route(Service::Identity)),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "reads as an arm of the routes that can fail"
)]
fn discover(asked: &mut Asked, document: Document) -> Result<Call, Refusal> {
    asked.document = Some(document);
    Ok(Call::Discover)
}

fn network(
    method: &Method,
    segments: &[&str],
    query: &Query,
    body: &Bytes,
    asked: &mut Asked,
) -> Result<Call, Refusal> {
    match (method.as_str(), segments) {
        ("GET", []) => discover(asked, Document::NetworkRoot),
        ("GET", ["v2.0", "networks"]) => Ok(Call::ListNetworks(query.get("name"), query.page()?)),
        ("GET", ["v2.0", "networks", id]) => Ok(Call::GetNetwork((*id).to_owned())),
        // Both forms are served alike.
        ("GET", ["v2.0", "quotas", project, "details" | "details.json"]) => {
            Ok(Call::NetworkQuota((*project).to_owned()))
        }
        ("GET", ["v2.0", "ports"]) => Ok(Call::ListPorts(query.all("device_id"))),
        ("PUT", ["v2.0", "ports", id]) => parse::port((*id).to_owned(), body),
        ("DELETE", ["v2.0", "ports", id]) => Ok(Call::DeletePort((*id).to_owned())),
        ("GET", ["v2.0", "security-groups"]) => Ok(Call::ListSecurityGroups(query.get("name"))),
        _ => Err(no_route(Service::Network)),
    }
}

fn image(
    method: &Method,
    segments: &[&str],
    query: &Query,
    asked: &mut Asked,
) -> Result<Call, Refusal> {
    match (method.as_str(), segments) {
        ("GET", []) => discover(asked, Document::ImageRoot),
        ("GET", ["v2", "images"]) => Ok(Call::ListImages(query.get("name"), query.page()?)),
        ("GET", ["v2", "images", id]) => Ok(Call::GetImage((*id).to_owned())),
        _ => Err(no_route(Service::Image)),
    }
}

struct Compute<'a> {
    method: &'a Method,
    query: &'a Query,
    body: &'a Bytes,
    minor: u16,
    minor_max: u16,
}

impl Compute<'_> {
    fn call(&self, segments: &[&str], asked: &mut Asked) -> Result<Call, Refusal> {
        let rest = match segments {
            [] => return discover(asked, Document::ComputeRoot),
            ["v2.1"] => return discover(asked, Document::Compute),
            ["v2.1", project] if is_project(project) => {
                return discover(asked, Document::Compute);
            }
            // The project's id, where the catalogue has it.
            ["v2.1", project, rest @ ..] if is_project(project) => rest,
            ["v2.1", rest @ ..] => rest,
            _ => return Err(no_route(Service::Compute)),
        };
        asked.detail = rest.last() == Some(&"detail");
        match (self.method.as_str(), rest) {
            ("GET", ["flavors"] | ["flavors", "detail"]) => {
                Ok(Call::ListFlavors(self.query.page()?))
            }
            ("GET", ["flavors", id]) => Ok(Call::GetFlavor((*id).to_owned())),
            ("GET", ["limits"]) => Ok(Call::Limits),
            ("GET", ["os-availability-zone"]) => Ok(Call::ListZones),
            ("GET", ["os-keypairs"]) => Ok(Call::ListKeypairs(self.query.page()?)),
            ("POST", ["os-keypairs"]) => parse::keypair(self.body),
            ("GET", ["os-keypairs", name]) => Ok(Call::GetKeypair((*name).to_owned())),
            ("DELETE", ["os-keypairs", name]) => Ok(Call::DeleteKeypair((*name).to_owned())),
            ("GET", ["servers"] | ["servers", "detail"]) => {
                Ok(Call::ListServers(self.server_query()?))
            }
            ("POST", ["servers"]) => parse::server(self.body),
            ("GET", ["servers", id]) => Ok(Call::GetServer((*id).to_owned())),
            ("POST", ["servers", id, "action"]) => parse::action((*id).to_owned(), self.body),
            ("DELETE", ["servers", id]) => Ok(Call::DeleteServer((*id).to_owned())),
            _ => Err(no_route(Service::Compute)),
        }
    }

    fn server_query(&self) -> Result<ServerQuery, Refusal> {
        if (STRICT_QUERY_MINOR..=self.minor_max).contains(&self.minor) {
            let known = |name: &str| SERVER_QUERY.contains(&name) || name.starts_with('_');
            if let Some((name, _)) = self.query.0.iter().find(|(name, _)| !known(name)) {
                let reason = format!("'{name}' does not match any of the regexes: '^_'");
                return Err(Refusal::nova(400, reason));
            }
        }
        let since = self.query.get("changes-since").map(|text| {
            time(&text).ok_or_else(|| {
                bad_query(
                    "changes-since",
                    &text,
                    &format!("'{text}' is not a 'date-time'"),
                )
            })
        });
        Ok(ServerQuery {
            page: self.query.page()?,
            changes_since: since.transpose()?,
            name: self.query.get("name"),
            status: self.query.get("status"),
        })
    }
}

fn is_project(segment: &str) -> bool {
    segment.len() == 32 && segment.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A time with or without a zone; UTC without.
fn time(text: &str) -> Option<Time> {
    let zoned = text.parse::<jiff::Timestamp>();
    let zoned = zoned.or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>());
    zoned.ok().map(Time::from)
}
