//! One row of the table of paths: what is asked, who may, what goes in and what comes out. The router,
//! the list of paths and the `OpenAPI` document are all drawn from it.

use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use oms_proto::request::{Asked, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::Shared;
use super::auth::door;

/// Draws the schema of a type.
pub(super) type Draw = fn(&mut SchemaGenerator) -> Schema;

/// One method of one path.
pub struct Route {
    /// The method. `GET` answers `HEAD` too.
    pub method: Method,
    /// The path, its variable parts in braces.
    pub path: &'static str,
    /// The request that it comes to, by name; `None` where nothing is asked.
    pub request: Option<&'static str>,
    /// The weakest role that may; `None` for everybody.
    pub role: Option<Role>,
    /// What it is for, in a line.
    pub summary: &'static str,
    pub(super) params: &'static [Param],
    pub(super) body: Option<Draw>,
    pub(super) gives: Gives,
    handler: fn() -> MethodRouter<Shared>,
}

/// Something of the query or of the head that a path takes.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) form: Form,
    pub(super) about: &'static str,
}

/// Where a parameter stands.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Query,
    Header,
}

/// What a parameter may be.
pub(super) enum Form {
    /// A whole number within bounds, both included.
    Number(u64, u64),
    /// One of some words.
    Word(&'static [&'static str]),
    /// Some of some words, behind commas.
    Words(&'static [&'static str]),
    /// A text that a regular expression describes.
    Text(&'static str),
}

/// What comes out where all goes well.
pub(super) enum Gives {
    /// JSON of a type.
    Json(u16, Draw),
    /// A list, or a page of it.
    List(Draw),
    /// Nothing.
    Nothing,
    /// A text of a media type.
    Text(&'static str),
    /// Server-sent events, or the same as a list where that is asked for.
    Events(Draw),
}

/// A row of the table, as it is shown.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    method: &'a str,
    path: &'a str,
    /// What logs and the other transport call it.
    request: Option<&'a str>,
    /// `null` for everybody.
    role: Option<&'a str>,
    summary: &'a str,
}

fn draw<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Param {
    pub(super) const fn query(name: &'static str, form: Form, about: &'static str) -> Self {
        Self {
            name,
            place: Place::Query,
            form,
            about,
        }
    }

    pub(super) const fn header(name: &'static str, form: Form, about: &'static str) -> Self {
        Self {
            name,
            place: Place::Header,
            form,
            about,
        }
    }
}

impl Route {
    pub(super) const fn asks<A: Asked>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handler: fn() -> MethodRouter<Shared>,
    ) -> Self {
        Self {
            method,
            path,
            request: Some(A::NAME),
            role: Some(A::ROLE),
            summary,
            params: &[],
            body: None,
            gives: Gives::Nothing,
            handler,
        }
    }

    pub(super) const fn open(
        path: &'static str,
        summary: &'static str,
        handler: fn() -> MethodRouter<Shared>,
    ) -> Self {
        Self {
            method: Method::GET,
            path,
            request: None,
            role: None,
            summary,
            params: &[],
            body: None,
            gives: Gives::Text("text/html"),
            handler,
        }
    }

    /// With these in the query or in the head.
    pub(super) const fn with(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }

    /// With a body.
    pub(super) const fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(draw::<T>);
        self
    }

    /// Answers with JSON.
    pub(super) const fn gives<T: JsonSchema>(mut self, status: u16) -> Self {
        self.gives = Gives::Json(status, draw::<T>);
        self
    }

    /// Answers with a list, or a page of it.
    pub(super) const fn lists<T: JsonSchema>(mut self) -> Self {
        self.gives = Gives::List(draw::<T>);
        self
    }

    /// Answers with a text.
    pub(super) const fn gives_text(mut self, media_type: &'static str) -> Self {
        self.gives = Gives::Text(media_type);
        self
    }

    /// Answers with a stream of events.
    pub(super) const fn gives_events<T: JsonSchema>(mut self) -> Self {
        self.gives = Gives::Events(draw::<T>);
        self
    }

    /// The row as it is shown.
    pub(super) fn line(&self) -> Line<'_> {
        Line {
            method: self.method.as_str(),
            path: self.path,
            request: self.request,
            role: self.role.map(Role::as_str),
            summary: self.summary,
        }
    }

    /// The handler behind its door.
    pub(super) fn methods(&self, shared: &Shared) -> MethodRouter<Shared> {
        match self.role {
            Some(role) => {
                let door = from_fn_with_state((Shared::clone(shared), role), door);
                (self.handler)().route_layer(door)
            }
            None => (self.handler)(),
        }
    }
}
