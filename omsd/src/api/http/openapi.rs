//! The `OpenAPI` 3.1 document, drawn from the table of paths and from the types that go in and come
//! out, so that it cannot say anything else than what is served.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::route::{Form, Gives, Param, Place, Route};

/// Where components of the document stand.
const COMPONENTS: &str = "/components/schemas";

/// The document.
pub(super) fn document(routes: &[Route]) -> Value {
    let given = SchemaSettings::draft2020_12().for_deserialize();
    let shown = SchemaSettings::draft2020_12().for_serialize();
    let mut drawing = Drawing {
        given: generator(given),
        shown: generator(shown),
        paths: Map::new(),
    };
    for route in routes {
        drawing.route(route);
    }
    let Drawing {
        given,
        shown,
        mut paths,
    } = drawing;
    let (schemas, renamed) = components(given, shown);
    for operation in operations(&mut paths) {
        if let Some(body) = operation.get_mut("requestBody") {
            rename(body, &renamed);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenMultiStack",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "One place to ask several OpenStack clouds for an instance.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Refusal": refusal() },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "oms-session",
                    "description": "The session of the web page; it may read and no more.",
                },
            },
        },
    })
}

fn generator(mut settings: SchemaSettings) -> SchemaGenerator {
    settings.definitions_path = COMPONENTS.into();
    settings.meta_schema = None;
    settings.into_generator()
}

struct Drawing {
    given: SchemaGenerator,
    shown: SchemaGenerator,
    paths: Map<String, Value>,
}

impl Drawing {
    fn route(&mut self, route: &Route) {
        let mut operation = json!({
            "operationId": operation_id(route),
            "summary": route.summary,
            "tags": [tag(route.path)],
            "parameters": parameters(route),
            "responses": self.responses(route),
        });
        if let Some(role) = route.role {
            set(&mut operation, "x-role", role.as_str());
        } else {
            set(&mut operation, "security", json!([]));
        }
        if let Some(draw) = route.body {
            let schema = draw(&mut self.given);
            // An entry asks for nothing in particular by saying nothing.
            let required = !matches!(route.request, Some("EntryCreate" | "EntryPreview"));
            let body = json!({
                "required": required,
                "content": { "application/json": { "schema": schema } },
            });
            set(&mut operation, "requestBody", body);
        }
        let path = self.paths.entry(route.path).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_ascii_lowercase();
        set(path, &method, operation);
    }

    fn responses(&mut self, route: &Route) -> Value {
        let (status, answer) = match &route.gives {
            Gives::Nothing => (204, json!({ "description": "Done." })),
            Gives::Json(status, draw) => {
                let schema = draw(&mut self.shown);
                let mut answer = json!({
                    "description": if *status == 201 { "Made." } else { "What was asked for." },
                    "content": { "application/json": { "schema": schema } },
                });
                if *status == 201 {
                    let place = json!({ "schema": { "type": "string" }, "required": true });
                    set(&mut answer, "headers", json!({ "Location": place }));
                }
                (*status, answer)
            }
            Gives::List(draw) => (200, listed(&draw(&mut self.shown))),
            Gives::Text(media_type) => (
                200,
                json!({
                    "description": "What was asked for.",
                    "content": { *media_type: { "schema": { "type": "string" } } },
                }),
            ),
            Gives::Events(draw) => {
                let schema = draw(&mut self.shown);
                (
                    200,
                    json!({
                        "description": "A stream, or a list where JSON alone is accepted.",
                        "content": {
                            "text/event-stream": { "schema": { "type": "string" } },
                            "application/json": { "schema": schema },
                        },
                    }),
                )
            }
        };
        json!({
            status.to_string(): answer,
            "default": { "$ref": "#/components/responses/Refusal" },
        })
    }
}

/// Sets a member of an object.
fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

/// What a path takes beside its body.
fn parameters(route: &Route) -> Vec<Value> {
    let named = route.path.split('{').skip(1);
    let named = named.filter_map(|rest| rest.split('}').next());
    let mut parameters: Vec<_> = named
        .map(|name| {
            json!({
                "name": name, "in": "path", "required": true,
                "schema": of_path(route.path, name),
            })
        })
        .collect();
    parameters.extend(route.params.iter().map(parameter));
    parameters
}

/// A list, or a page of it where the query asks for one.
fn listed(item: &Schema) -> Value {
    let all = json!({ "type": "array", "items": item });
    let page = json!({
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {
            "count": { "type": "integer", "minimum": 0 },
            "next": { "type": ["string", "null"] },
            "previous": { "type": ["string", "null"] },
            "results": all,
        },
        "additionalProperties": false,
    });
    json!({
        "description": "All as one array, or a page where the query asks for one.",
        "content": { "application/json": { "schema": { "anyOf": [all, page] } } },
    })
}

/// `getApiQueues` of `GET /api/queues/`.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for part in route.path.split('/').filter(|part| !part.is_empty()) {
        let part = part.trim_matches(['{', '}']);
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            id.push(first.to_ascii_uppercase());
            id.push_str(letters.as_str());
        }
    }
    id
}

/// What a path is about, for people who read on.
fn tag(path: &str) -> &str {
    let rest = path.strip_prefix("/api/").unwrap_or_default();
    match rest.split('/').next() {
        Some(noun) if !noun.is_empty() => noun,
        _ => "daemon",
    }
}

fn of_path(path: &str, name: &str) -> Value {
    match name {
        "id" if !path.starts_with("/api/gc/") => {
            json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX })
        }
        "kind" => json!({ "type": "string", "enum": oms_proto::view::ObjectKind::WORDS }),
        "id" => json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
        _ => json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
    }
}

fn parameter(param: &Param) -> Value {
    let schema = match &param.form {
        Form::Number(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Form::Word(words) => json!({ "type": "string", "enum": words }),
        Form::Words(words) => json!({
            "type": "array", "items": { "type": "string", "enum": words }, "minItems": 1,
        }),
        Form::Text(pattern) => json!({ "type": "string", "pattern": pattern }),
    };
    let mut drawn = json!({
        "name": param.name,
        "in": match param.place { Place::Query => "query", Place::Header => "header" },
        "description": param.about,
        "schema": schema,
    });
    if matches!(param.form, Form::Words(_)) {
        set(&mut drawn, "style", "form");
        set(&mut drawn, "explode", false);
    }
    drawn
}

/// What every path may answer.
fn refusal() -> Value {
    json!({
        "description": "A refusal: `detail` and `code`, or the fields at fault with status 400. \
            With `Accept: application/problem+json` as RFC 9457 has it.",
        "content": {
            "application/json": { "schema": { "anyOf": [
                {
                    "type": "object", "required": ["detail", "code"],
                    "properties": { "detail": { "type": "string" }, "code": { "type": "string" } },
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "additionalProperties": { "type": "array", "items": { "type": "string" } },
                },
            ] } },
            "application/problem+json": { "schema": {
                "type": "object", "required": ["type", "title", "status", "detail", "code"],
                "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" },
                    "status": { "type": "integer" }, "detail": { "type": "string" },
                    "code": { "type": "string" },
                    "errors": {
                        "type": "object",
                        "additionalProperties": { "type": "array", "items": { "type": "string" } },
                    },
                },
            } },
        },
    })
}

/// The schemas of both directions together, and those that had to take another name: what is read
/// may leave out what is always written.
fn components(
    mut given: SchemaGenerator,
    mut shown: SchemaGenerator,
) -> (Map<String, Value>, BTreeSet<String>) {
    let mut given = given.take_definitions(true);
    let mut all = shown.take_definitions(true);
    let renamed: BTreeSet<String> = given
        .iter()
        .filter(|(name, schema)| all.get(*name).is_some_and(|other| other != *schema))
        .map(|(name, _)| name.clone())
        .collect();
    for schema in given.values_mut() {
        rename(schema, &renamed);
    }
    for (name, schema) in given {
        let name = if renamed.contains(&name) {
            format!("{name}Given")
        } else {
            name
        };
        all.insert(name, schema);
    }
    (all, renamed)
}

/// Points every reference to one of these at its other name.
fn rename(value: &mut Value, renamed: &BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        let last = target.rsplit('/').next().unwrap_or_default();
                        if renamed.contains(last) {
                            target.push_str("Given");
                        }
                    }
                    member => rename(member, renamed),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}

fn operations(paths: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
}
