//! Nova: servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Method;
use oms_proto::Time;
use omsd_domain::ground::failure::FailureClass;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::bounds::{NAME_CHARS_MAX, PAGE_SERVERS, SERVERS_MAX};
use super::catalog::Service;
use super::client::OpenStack;
use super::discovery::{Microversion, Negotiated, choose_microversion};
use super::error::{Purpose, failed, named};
use super::fetch::Freshness;
use super::limits::{
    CLOCK_SKEW, LIST_RESTARTS_MAX, METADATA_CHARS_MAX, METADATA_ITEMS_MAX, USER_DATA_CHARS_MAX,
};
use super::pages::{Next, Pages};
use super::server::{is_id, seen};
use super::session::{Request, Target, within};
use super::wire::{CreatedBody, ServerBody, ServersBody, VersionsBody};
use super::{address, message, when};
use crate::ports::{CloudError, CloudResult, CreateServer, Listing, Removal, ServerSeen};

const CREATE: &str = "create server";
const LIST: &str = "list servers";

impl OpenStack {
    /// The compute microversion in use; found out once for each sign-in.
    pub(super) async fn compute_version(&self, deadline: Instant) -> CloudResult<Negotiated> {
        let generation = self.session.scope(deadline).await?.generation();
        let freshness = |held: &Negotiated| {
            let holds = held.until.is_none_or(|until| Instant::now() < until);
            Freshness::fresh_if(held.generation >= generation && holds)
        };
        let fetch = || async {
            let request = nova("find the compute version", Method::GET, Target::VersionPage);
            let (microversion, is_told) = match self.session.send_once(request, deadline).await {
                Ok(answer) => {
                    let versions = answer.json::<VersionsBody>().await;
                    let is_told = versions.is_ok();
                    let versions = versions.map(VersionsBody::all);
                    let chosen = choose_microversion(&versions.unwrap_or_default())
                        .map_err(|it| failed(CREATE, FailureClass::Configuration, it))?;
                    (chosen, is_told)
                }
                // What hides or breaks the page need not hide the service: without a header Nova
                // answers as 2.1, and calls that matter tell for themselves what is wrong.
                Err(error)
                    if error.http_status.is_some() && error.class != FailureClass::Throttled =>
                {
                    (None, false)
                }
                Err(error) => return Err(error),
            };
            Ok(Negotiated {
                generation,
                microversion,
                until: (!is_told).then(|| Instant::now() + self.ttl()),
            })
        };
        within(deadline, self.compute.get(freshness, fetch)).await
    }

    /// Sends a request to Nova in the agreed microversion.
    pub(super) async fn nova(
        &self,
        request: Request<'_>,
        deadline: Instant,
    ) -> CloudResult<super::answer::Answer> {
        let agreed = self.compute_version(deadline).await?;
        let microversion = agreed.microversion.map(|it| it.to_string());
        let result = self
            .session
            .send(
                Request {
                    microversion,
                    ..request
                },
                deadline,
            )
            .await;
        if let Err(error) = &result
            && error.http_status == Some(406)
        {
            // The cloud went back to an older release behind our back.
            self.compute
                .forget_if(|it| it.generation == agreed.generation);
        }
        result
    }

    pub(super) async fn create(&self, create: &CreateServer) -> CloudResult<String> {
        let deadline = self.session.deadline();
        check(create)?;
        let agreed = self.compute_version(deadline).await?.microversion;
        let user_data = create
            .user_data
            .as_ref()
            .map(|it| BASE64.encode(it.expose()));
        let body = create_body(create, user_data.as_deref(), agreed);
        let mut request = nova(CREATE, Method::POST, Target::Endpoint(&["servers"], &[]));
        request.purpose = Purpose::Create;
        request.body = Some(body.to_string().into_bytes());
        request.hide.extend(user_data.as_deref());
        // What looks into requests quotes what it dislikes, a line perhaps.
        let clear = create.user_data.as_ref().map(oms_proto::Secret::expose);
        request
            .hide
            .extend(clear.into_iter().flat_map(message::lines));
        let answer = match self.nova(request, deadline).await {
            Err(error) => {
                if error.class == FailureClass::Configuration {
                    // An id that we remember may be of an image or flavor that was replaced.
                    self.lookups.clear();
                }
                let named = named(&error, &create.resolved);
                return Err(CloudError { named, ..error });
            }
            Ok(answer) => answer,
        };
        let id = answer.json::<CreatedBody>().await?.server.id;
        if !is_id(&id) {
            return Err(answer.garbage("the new server's id is none"));
        }
        Ok(id.into())
    }

    pub(super) async fn list(&self, since: Option<Time>) -> CloudResult<Listing> {
        let deadline = self.session.deadline();
        let since = since.and_then(when::for_nova);
        let mut restarts = 0;
        loop {
            match self.list_once(since.as_deref(), deadline).await {
                // The server that marked the page went away in between.
                Err((true, error))
                    if error.http_status == Some(400) && restarts < LIST_RESTARTS_MAX =>
                {
                    restarts += 1;
                }
                Err((_, error)) => return Err(error),
                Ok(mut listing) => {
                    self.add_faults(&mut listing, deadline).await;
                    return Ok(listing);
                }
            }
        }
    }

    /// Reads all pages; an error comes with whether it was of a later page than the first.
    async fn list_once(
        &self,
        since: Option<&str>,
        deadline: Instant,
    ) -> Result<Listing, (bool, CloudError)> {
        let limit = PAGE_SERVERS.to_string();
        let mut listing = Listing::default();
        let mut pages = Pages::new(PAGE_SERVERS, SERVERS_MAX);
        let mut marker: Option<String> = None;
        loop {
            let later = marker.is_some();
            let mut query = vec![("limit", limit.as_str())];
            query.extend(since.map(|since| ("changes-since", since)));
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let target = Target::Endpoint(&["servers", "detail"], &query);
            let request = nova(LIST, Method::GET, target);
            let answer = self
                .nova(request, deadline)
                .await
                .map_err(|it| (later, it))?;
            if !later {
                // `Date` is when the answer was written; the list is as old as the question.
                listing.as_of = answer
                    .date()
                    .map(|it| it.minus(answer.elapsed + CLOCK_SKEW));
            }
            let page: ServersBody = answer.json().await.map_err(|it| (later, it))?;
            let ids = page.servers.iter().map(|it| &*it.id);
            let (fresh, next) = pages.take(ids, &page.servers_links, answer.size());
            if let Next::Endless(message) = next {
                return Err((false, answer.garbage(message)));
            }
            let servers = page.servers.into_inner().into_iter().zip(fresh);
            for (server, _) in servers.filter(|(_, fresh)| *fresh) {
                let server = seen(server).ok_or_else(|| {
                    (later, answer.garbage("the list has a server without an id"))
                })?;
                listing.servers.push(server);
            }
            match next {
                Next::After(last) => marker = Some(last),
                Next::Done | Next::Endless(_) => return Ok(listing),
            }
        }
    }

    pub(super) async fn server(&self, id: &str, deadline: Instant) -> CloudResult<ServerSeen> {
        let operation = "get server";
        let path = ["servers", one_segment(operation, id)?];
        let request = nova(operation, Method::GET, Target::Endpoint(&path, &[]));
        let answer = self.nova(request, deadline).await?;
        let server = answer.json::<ServerBody>().await?.server;
        match seen(server) {
            Some(server) if server.id == id => Ok(server),
            _ => Err(answer.garbage("the answer is about another server")),
        }
    }

    pub(super) async fn remove_server(&self, id: &str) -> CloudResult<Removal> {
        let operation = "delete server";
        let Ok(id) = one_segment(operation, id) else {
            return Ok(Removal::Gone);
        };
        let path = ["servers", id];
        let request = nova(operation, Method::DELETE, Target::Endpoint(&path, &[]));
        match self.nova(request, self.session.deadline()).await {
            Ok(_) => Ok(Removal::Accepted),
            Err(error) if error.class == FailureClass::NotFound => Ok(Removal::Gone),
            Err(error) => Err(error),
        }
    }

    /// A delete of a server that the cloud keeps after its deletion is answered with 204 and does
    /// nothing (seen on Zed and 2026.2); this ends it.
    pub(super) async fn end_server(&self, id: &str) -> CloudResult<Removal> {
        let operation = "force the deletion of the server";
        let Ok(id) = one_segment(operation, id) else {
            return Ok(Removal::Gone);
        };
        let path = ["servers", id, "action"];
        let mut request = nova(operation, Method::POST, Target::Endpoint(&path, &[]));
        request.body = Some(json!({ "forceDelete": null }).to_string().into_bytes());
        match self.nova(request, self.session.deadline()).await {
            Ok(_) => Ok(Removal::Accepted),
            Err(error) if error.class == FailureClass::NotFound => Ok(Removal::Gone),
            Err(error) => Err(error),
        }
    }
}

/// A request to Nova.
pub(super) fn nova<'a>(operation: &'static str, method: Method, target: Target<'a>) -> Request<'a> {
    Request {
        operation,
        purpose: Purpose::Object,
        service: Service::Compute,
        method,
        target,
        microversion: None,
        body: None,
        hide: Vec::new(),
    }
}

/// An id or name that can be part of a path; nothing else can be an object's.
pub(super) fn one_segment<'a>(operation: &'static str, text: &'a str) -> CloudResult<&'a str> {
    if !address::is_segment(text) {
        let message = format!("{text:?} is no id");
        return Err(failed(operation, FailureClass::NotFound, message));
    }
    Ok(text)
}

/// Nova's own limits, checked before it is asked, so that the words are clear.
fn check(create: &CreateServer) -> CloudResult<()> {
    let wrong = |message: String| Err(failed(CREATE, FailureClass::Rejected, message));
    let length = create.name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX {
        return wrong(format!(
            "a server's name has 1 to {NAME_CHARS_MAX} characters, not {length}"
        ));
    }
    if create.metadata.len() > METADATA_ITEMS_MAX {
        let count = create.metadata.len();
        return wrong(format!(
            "a server has at most {METADATA_ITEMS_MAX} metadata items, not {count}"
        ));
    }
    for (key, value) in &create.metadata {
        if key.is_empty() || key.len() > METADATA_CHARS_MAX || value.len() > METADATA_CHARS_MAX {
            return wrong(format!(
                "metadata keys have 1 to {METADATA_CHARS_MAX} bytes and values at most that; \
                 see {:?}",
                key.chars().take(40).collect::<String>()
            ));
        }
    }
    let user_data = create
        .user_data
        .as_ref()
        .map_or(0, |it| it.expose().len().div_ceil(3) * 4);
    if user_data > USER_DATA_CHARS_MAX {
        return wrong(format!(
            "user data has at most {USER_DATA_CHARS_MAX} characters in base64, not {user_data}"
        ));
    }
    Ok(())
}

fn create_body(
    create: &CreateServer,
    user_data: Option<&str>,
    agreed: Option<Microversion>,
) -> Value {
    let wanted = &create.resolved;
    let mut server = Map::new();
    server.insert("name".to_owned(), create.name.as_str().into());
    server.insert("imageRef".to_owned(), wanted.image_id.as_str().into());
    server.insert("flavorRef".to_owned(), wanted.flavor_id.as_str().into());
    server.insert("metadata".to_owned(), json!(create.metadata));
    if !create.key_name.is_empty() {
        server.insert("key_name".to_owned(), create.key_name.as_str().into());
    }
    if let Some(user_data) = user_data {
        server.insert("user_data".to_owned(), user_data.into());
    }
    if !wanted.network_ids.is_empty() {
        let networks: Vec<Value> = wanted
            .network_ids
            .iter()
            .map(|it| json!({ "uuid": it }))
            .collect();
        server.insert("networks".to_owned(), networks.into());
    } else if agreed.is_some_and(Microversion::requires_networks) {
        server.insert("networks".to_owned(), "auto".into());
    }
    if !wanted.security_groups.is_empty() {
        let groups: Vec<Value> = wanted
            .security_groups
            .iter()
            .map(|it| json!({ "name": it }))
            .collect();
        server.insert("security_groups".to_owned(), groups.into());
    }
    if let Some(zone) = &wanted.availability_zone {
        server.insert("availability_zone".to_owned(), zone.as_str().into());
    }
    json!({ "server": server })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use oms_proto::Secret;

    use super::*;
    use crate::ports::Resolved;

    fn create() -> CreateServer {
        CreateServer {
            name: "oms-1".into(),
            resolved: Resolved {
                image_id: "i".into(),
                flavor_id: "f".into(),
                ..Resolved::default()
            },
            key_name: "k".into(),
            user_data: None,
            metadata: BTreeMap::from([("a".into(), "b".into())]),
        }
    }

    #[test]
    fn networks_are_left_out_where_nova_allows_it_and_auto_where_it_does_not() {
        let version = |text: &str| text.parse().ok();
        let plain = create();
        assert_eq!(
            create_body(&plain, None, version("2.36")).pointer("/server/networks"),
            None
        );
        assert_eq!(
            create_body(&plain, None, None).pointer("/server/networks"),
            None
        );
        let auto = create_body(&plain, None, version("2.37"));
        assert_eq!(auto.pointer("/server/networks"), Some(&json!("auto")));
        let mut named = create();
        named.resolved.network_ids = vec!["n".into()];
        named.resolved.security_groups = vec!["g".into()];
        named.resolved.availability_zone = Some("z".into());
        insta::assert_snapshot!(create_body(&named, Some("aGk="), version("2.36")));
    }

    #[test]
    fn what_nova_would_refuse_for_its_size_is_refused_here_in_clear_words() {
        assert_eq!(check(&create()), Ok(()));
        let mut long = create();
        long.name = "\u{e4}".repeat(NAME_CHARS_MAX);
        assert_eq!(check(&long), Ok(()));
        long.name.push('x');
        assert!(check(&long).unwrap_err().message.contains("not 256"));
        let mut many = create();
        many.metadata = (0..=METADATA_ITEMS_MAX)
            .map(|n| (n.to_string(), String::new()))
            .collect();
        assert!(check(&many).unwrap_err().message.contains("not 129"));
        let mut wide = create();
        wide.metadata = BTreeMap::from([("k".into(), "v".repeat(256))]);
        assert_eq!(check(&wide).unwrap_err().class, FailureClass::Rejected);
        let mut data = create();
        data.user_data = Some(Secret::new("x".repeat(49_149)));
        assert_eq!(check(&data), Ok(()));
        data.user_data = Some(Secret::new("x".repeat(49_152)));
        assert!(!check(&data).unwrap_err().maybe_done);
    }
}
