//! The REST interface for people: its `OpenAPI` document as a page.

use askama::Template;
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Map, Value};

use super::reply::page;
use super::shell::Shell;
use super::site::Site;

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    shell: Shell,
    place: String,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

struct Group {
    name: String,
    calls: Vec<Call>,
}

struct Call {
    method: String,
    path: String,
    summary: String,
    role: Option<String>,
    params: Vec<Param>,
    body: Option<Form>,
    status: String,
    answer: Form,
}

struct Param {
    name: String,
    place: String,
    form: String,
    about: String,
}

struct Shape {
    name: String,
    about: String,
    form: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    form: Form,
    about: String,
}

/// What something is, as words and names of shapes that are described below.
pub(super) struct Form(Vec<Piece>);

enum Piece {
    Word(String),
    Shape(String),
}

impl Form {
    /// As pieces with whether each is the name of a shape.
    pub(super) fn pieces(&self) -> Vec<(&str, bool)> {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Word(word) => (word.as_str(), false),
            Piece::Shape(name) => (name.as_str(), true),
        });
        pieces.collect()
    }
}

/// The page of a document, for a request that went to `place`.
pub fn show(site: &Site, parts: &Parts, place: &str, document: &Value) -> Response {
    let mut groups: Vec<Group> = Vec::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let name = string(operation.pointer("/tags/0"));
            let call = call(method, path, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.calls.push(call),
                None => groups.push(Group {
                    name,
                    calls: vec![call],
                }),
            }
        }
    }
    let shapes = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    page(&Docs {
        shell: Shell::of(site, parts),
        place: place.to_owned(),
        groups,
        shapes: shapes.into_iter().flatten().map(shape).collect(),
    })
}

fn call(method: &str, path: &str, operation: &Value) -> Call {
    let params = operation.get("parameters").and_then(Value::as_array);
    let responses = operation.get("responses").and_then(Value::as_object);
    let good =
        responses.and_then(|responses| responses.iter().find(|(status, _)| *status != "default"));
    let (status, answer) = match good {
        Some((status, answer)) => (status.clone(), content(answer)),
        None => (String::new(), None),
    };
    Call {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: string(operation.get("summary")),
        role: operation.get("x-role").map(|role| string(Some(role))),
        params: params.into_iter().flatten().map(param).collect(),
        body: operation.get("requestBody").and_then(content),
        status,
        answer: answer.unwrap_or_else(|| Form(vec![Piece::Word("-".to_owned())])),
    }
}

fn content(of: &Value) -> Option<Form> {
    let content = of.get("content")?.as_object()?;
    let (kind, media) = content.iter().next()?;
    let mut pieces = vec![Piece::Word(format!("{kind}: "))];
    write(media.get("schema")?, &mut pieces);
    Some(Form(pieces))
}

fn param(param: &Value) -> Param {
    let mut pieces = Vec::new();
    if let Some(schema) = param.get("schema") {
        write(schema, &mut pieces);
    }
    Param {
        name: string(param.get("name")),
        place: string(param.get("in")),
        form: Form(pieces)
            .pieces()
            .iter()
            .map(|(text, _)| *text)
            .collect(),
        about: string(param.get("description")),
    }
}

fn shape((name, schema): (&String, &Value)) -> Shape {
    let none = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let fields = properties.iter().map(|(name, schema)| {
        let mut pieces = Vec::new();
        write(schema, &mut pieces);
        Field {
            name: name.clone(),
            form: Form(pieces),
            about: string(schema.get("description")),
        }
    });
    let mut pieces = Vec::new();
    write(schema, &mut pieces);
    Shape {
        name: name.clone(),
        about: string(schema.get("description")),
        form: Form(pieces)
            .pieces()
            .iter()
            .map(|(text, _)| *text)
            .collect(),
        fields: fields.collect(),
    }
}

/// What a schema allows, in words.
fn write(schema: &Value, pieces: &mut Vec<Piece>) {
    let word = |text: &str| Piece::Word(text.to_owned());
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or_default();
        pieces.push(Piece::Shape(name.to_owned()));
        return;
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(all) = schema.get(key).and_then(Value::as_array) {
            for (at, one) in all.iter().enumerate() {
                if at > 0 {
                    pieces.push(word(" | "));
                }
                write(one, pieces);
            }
            return;
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words.iter().map(|one| string(Some(one))).collect();
        pieces.push(Piece::Word(words.join(" | ")));
        return;
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().map(|kind| string(Some(kind))).collect(),
        Some(kind) => vec![string(Some(kind))],
        None => vec!["any".to_owned()],
    };
    let mut kinds = kinds.join(" | ");
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        kinds = format!("{kinds} ({format})");
    }
    pieces.push(Piece::Word(kinds));
    if let Some(items) = schema.get("items") {
        pieces.push(word(" of "));
        write(items, pieces);
    }
}

fn string(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
