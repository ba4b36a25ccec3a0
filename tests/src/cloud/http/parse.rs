//! Bodies of requests, checked as the services check them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::cloud::call::{Attach, Call, NewServer, Proof, Refusal, Service};

/// What may stand in `server` of `POST /servers`.
const SERVER_FIELDS: &[&str] = &[
    "name",
    "imageRef",
    "flavorRef",
    "key_name",
    "networks",
    "metadata",
    "security_groups",
    "availability_zone",
    "user_data",
    "config_drive",
    "tags",
    "description",
    "min_count",
    "max_count",
    "adminPass",
    "hostname",
    "accessIPv4",
    "accessIPv6",
    "OS-DCF:diskConfig",
    "block_device_mapping_v2",
];

/// Reads the body of `POST /v3/auth/tokens`.
pub(super) fn sign_in(body: &Bytes) -> Result<Proof, Refusal> {
    let malformed = |what: &str| {
        Refusal::by(
            Service::Identity,
            400,
            format!(
                "Expecting to find {what} in request body. The server could not comply with the \
                 request since it is either malformed or otherwise incorrect. The client is \
                 assumed to be in error."
            ),
        )
    };
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("valid JSON"))?;
    let auth = body.get("auth").ok_or_else(|| malformed("auth"))?;
    let identity = auth.get("identity").ok_or_else(|| malformed("identity"))?;
    let method = identity.pointer("/methods/0").and_then(Value::as_str);
    let text = |value: &Value, pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let either = |value: &Value, pointer: &str| {
        text(value, &format!("{pointer}/id")).or_else(|| text(value, &format!("{pointer}/name")))
    };
    match method {
        Some("password") => {
            let user = identity.pointer("/password/user");
            let user = user.ok_or_else(|| malformed("password"))?;
            Ok(Proof::Password {
                user: either(user, "").ok_or_else(|| malformed("user"))?,
                password: text(user, "/password").ok_or_else(|| malformed("password"))?,
                project: either(auth, "/scope/project"),
                domain: either(user, "/domain"),
            })
        }
        Some("application_credential") => {
            let given = identity.pointer("/application_credential");
            let given = given.ok_or_else(|| malformed("application_credential"))?;
            Ok(Proof::ApplicationCredential {
                id: text(given, "/id"),
                name: text(given, "/name").zip(either(given, "/user")),
                secret: text(given, "/secret").ok_or_else(|| malformed("secret"))?,
                scoped: auth.get("scope").is_some(),
            })
        }
        Some("token") => Ok(Proof::Token {
            token: text(identity, "/token/id").ok_or_else(|| malformed("token"))?,
            project: either(auth, "/scope/project"),
        }),
        _ => Err(malformed("methods")),
    }
}

/// Reads the body of `POST /os-keypairs`.
pub(super) fn keypair(body: &Bytes) -> Result<Call, Refusal> {
    let body = object(body)?;
    let keypair = field(&body, "keypair")?;
    let text = |name: &str| keypair.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text("name").ok_or_else(|| required("keypair", "name"))?;
    Ok(Call::ImportKeypair {
        name,
        public_key: text("public_key"),
    })
}

/// Reads the body of `PUT /v2.0/ports/ID`, of which only the owner is of use here.
pub(super) fn port(id: String, body: &Bytes) -> Result<Call, Refusal> {
    let body = object(body)?;
    let owner = field(&body, "port")?.get("device_owner");
    let owner = owner.and_then(Value::as_str);
    let owner = owner.ok_or_else(|| required("port", "device_owner"))?;
    let owner = owner.to_owned();
    Ok(Call::OwnPort { id, owner })
}

/// Reads the body of `POST /servers/ID/action`.
pub(super) fn action(id: String, body: &Bytes) -> Result<Call, Refusal> {
    if object(body)?.contains_key("forceDelete") {
        return Ok(Call::ForceDeleteServer(id));
    }
    Err(Refusal::nova(400, "There is no such action"))
}

/// Reads the body of `POST /servers`.
pub(super) fn server(body: &Bytes) -> Result<Call, Refusal> {
    let body = object(body)?;
    let server = field(&body, "server")?;
    if let Some(name) = server
        .keys()
        .find(|name| !SERVER_FIELDS.contains(&name.as_str()))
    {
        return Err(Refusal::nova(
            400,
            format!(
                "Invalid input for field/attribute server. Additional properties are not allowed \
                 ('{name}' was unexpected)"
            ),
        ));
    }
    let text = |name: &str| server.get(name).and_then(Value::as_str).map(str::to_owned);
    let needed = |name: &str| text(name).ok_or_else(|| required("server", name));
    Ok(Call::CreateServer(Box::new(NewServer {
        name: needed("name")?,
        image: image(&needed("imageRef").unwrap_or_default())?,
        flavor: needed("flavorRef")?,
        key_name: text("key_name"),
        networks: networks(server.get("networks"))?,
        security_groups: groups(server.get("security_groups")),
        zone: text("availability_zone"),
        user_data: text("user_data"),
        metadata: metadata(server.get("metadata"))?,
        tags: strings(server.get("tags")),
    })))
}

fn image(id: &str) -> Result<String, Refusal> {
    if id.is_empty() {
        return Err(Refusal::nova(400, "Missing imageRef attribute"));
    }
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Refusal::nova(
            400,
            format!(
                "Invalid input for field/attribute imageRef. Value: {id}. '{id}' is not valid \
                 under any of the given schemas"
            ),
        ));
    }
    Ok(id.to_owned())
}

fn networks(given: Option<&Value>) -> Result<Attach, Refusal> {
    let invalid = |value: &Value| {
        Refusal::nova(
            400,
            format!(
                "Invalid input for field/attribute networks. Value: {value}. {value} is not valid \
                 under any of the given schemas"
            ),
        )
    };
    match given {
        None => Ok(Attach::Unsaid),
        Some(Value::String(word)) if word == "auto" => Ok(Attach::Auto),
        Some(Value::String(word)) if word == "none" => Ok(Attach::Nothing),
        Some(value @ Value::Array(items)) => {
            let ids = items.iter().map(|item| {
                let id = item.get("uuid").and_then(Value::as_str);
                let id = id.filter(|id| uuid::Uuid::try_parse(id).is_ok());
                id.map(str::to_owned).ok_or_else(|| invalid(value))
            });
            ids.collect::<Result<_, _>>().map(Attach::Ids)
        }
        Some(value) => Err(invalid(value)),
    }
}

fn metadata(given: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let none = Map::new();
    let pairs = given.and_then(Value::as_object).unwrap_or(&none);
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        other => Err(Refusal::nova(
            400,
            format!(
                "Invalid input for field/attribute {name}. Value: {other}. {other} is not of type \
                 'string'"
            ),
        )),
    };
    pairs.iter().map(text).collect()
}

fn groups(given: Option<&Value>) -> Vec<String> {
    let items = given.and_then(Value::as_array).map(Vec::as_slice);
    let names = items.unwrap_or_default().iter();
    names
        .filter_map(|item| item.get("name").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}

fn strings(given: Option<&Value>) -> Vec<String> {
    let items = given.and_then(Value::as_array).map(Vec::as_slice);
    let items = items.unwrap_or_default().iter();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Refusal::nova(400, "Malformed request body")),
    }
}

fn field<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Refusal> {
    let found = body.get(name).and_then(Value::as_object);
    found.ok_or_else(|| Refusal::nova(400, format!("'{name}' is a required property")))
}

fn required(of: &str, name: &str) -> Refusal {
    Refusal::nova(
        400,
        format!("Invalid input for field/attribute {of}. '{name}' is a required property"),
    )
}
