//! The version documents that the services give without a token.

use serde_json::{Value, json};

use super::body::Response;
use super::render::Frame;
use crate::cloud::call::Service;

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    IdentityRoot,
    Identity,
    ComputeRoot,
    Compute,
    NetworkRoot,
    ImageRoot,
}

pub(super) fn document(frame: &Frame<'_>, which: Document) -> Response {
    match which {
        Document::IdentityRoot => {
            let body = json!({"versions": {"values": [identity(frame)]}});
            let location = format!("{}/v3/", frame.root(Service::Identity));
            Response::json(300, &body).with("location", &location)
        }
        Document::Identity => Response::json(200, &json!({"version": identity(frame)})),
        Document::ComputeRoot => {
            let body = json!({"versions": [
                {
                    "id": "v2.0", "status": "DEPRECATED", "version": "", "min_version": "",
                    "updated": "2011-01-21T11:33:21Z",
                    "links": [link(frame, Service::Compute, "/v2/")],
                },
                {
                    "id": "v2.1", "status": "CURRENT", "version": maximum(frame),
                    "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
                    "links": [link(frame, Service::Compute, "/v2.1/")],
                },
            ]});
            Response::json(200, &body)
        }
        Document::Compute => {
            let body = json!({"version": {
                "id": "v2.1", "status": "CURRENT", "version": maximum(frame),
                "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
                "links": [link(frame, Service::Compute, "/v2.1/")],
                "media-types": [{
                    "base": "application/json",
                    "type": "application/vnd.openstack.compute+json;version=2.1",
                }],
            }});
            Response::json(200, &body)
        }
        Document::NetworkRoot => {
            let body = json!({"versions": [{
                "id": "v2.0", "status": "CURRENT",
                "links": [link(frame, Service::Network, "/v2.0/")],
            }]});
            Response::json(200, &body)
        }
        Document::ImageRoot => {
            let version = |id: &str, status: &str| {
                let links = [link(frame, Service::Image, "/v2/")];
                json!({"id": id, "status": status, "links": links})
            };
            let body = json!({"versions": [
                version("v2.15", "CURRENT"),
                version("v2.13", "SUPPORTED"),
                version("v2.0", "SUPPORTED"),
            ]});
            Response::json(300, &body)
        }
    }
}

fn identity(frame: &Frame<'_>) -> Value {
    json!({
        "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
        "links": [link(frame, Service::Identity, "/v3/")],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.identity-v3+json",
        }],
    })
}

fn maximum(frame: &Frame<'_>) -> String {
    format!("2.{}", frame.minor_max)
}

fn link(frame: &Frame<'_>, service: Service, path: &str) -> Value {
    json!({"rel": "self", "href": format!("{}{path}", frame.root(service))})
}
