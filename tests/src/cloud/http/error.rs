//! Refusals in the shape that each service gives them.

use serde_json::json;

use super::body::Response;
use super::render::{Accept, Frame};
use crate::cloud::call::{Refusal, Service};

/// What a service says to a path that leads nowhere.
pub(super) const NO_ROUTE: &str = "The resource could not be found.";

const KEYSTONE_NO_ROUTE: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>\n";
const GLANCE_UNAUTHORIZED: &str = "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.";

/// A path that leads nowhere.
pub(super) fn no_route(service: Service) -> Refusal {
    Refusal::by(service, 404, NO_ROUTE)
}

/// Puts a refusal into the words and headers of its service.
pub(super) fn refusal_of(frame: &Frame<'_>, refusal: &Refusal) -> Response {
    let status = refusal.status;
    let response = match refusal.service {
        // Nothing behind the gateway has seen these.
        _ if matches!(status, 502 | 504) => page(frame, refusal),
        Service::Image if status == 401 => {
            let message = GLANCE_UNAUTHORIZED.to_owned();
            page(
                frame,
                &Refusal {
                    message,
                    ..refusal.clone()
                },
            )
        }
        Service::Image => page(frame, refusal),
        Service::Identity if refusal.message == NO_ROUTE => {
            Response::new(status, "text/html; charset=utf-8", KEYSTONE_NO_ROUTE)
        }
        Service::Compute if refusal.message == NO_ROUTE => page(frame, refusal),
        _ if status == 401 => keystone(refusal),
        Service::Identity => keystone(refusal),
        Service::Compute => nova(refusal),
        Service::Network => neutron(refusal),
    };
    let response = match refusal.retry_after_s {
        Some(seconds) => response.with("retry-after", &seconds.to_string()),
        None => response,
    };
    if status == 401 {
        let realm = format!("Keystone uri=\"{}\"", frame.identity_endpoint());
        return response.with("www-authenticate", &realm);
    }
    response
}

/// What an ingress says that does not find the service.
pub(super) fn gateway_page(status: u16) -> Response {
    let title = title(status);
    let page = format!(
        "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n\
         <center><h1>{status} {title}</h1></center>\r\n<hr><center>ingress</center>\r\n\
         </body>\r\n</html>\r\n"
    );
    Response::new(status, "text/html", page)
}

fn keystone(refusal: &Refusal) -> Response {
    let body = json!({"error": {
        "code": refusal.status,
        "message": refusal.message,
        "title": title(refusal.status),
    }});
    Response::json(refusal.status, &body)
}

fn nova(refusal: &Refusal) -> Response {
    let key = match refusal.status {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 | 429 => "overLimit",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
    let mut fault = json!({"code": refusal.status, "message": refusal.message});
    if let (Some(seconds), Some(fields)) = (refusal.retry_after_s, fault.as_object_mut()) {
        fields.insert("retryAfter".to_owned(), json!(seconds.to_string()));
    }
    let body = json!({ key: fault });
    Response::new(
        refusal.status,
        "application/json; charset=UTF-8",
        body.to_string(),
    )
}

fn neutron(refusal: &Refusal) -> Response {
    let kind = match refusal.status {
        404 if refusal.message == NO_ROUTE => "HTTPNotFound",
        404 if refusal.message.starts_with("Port ") => "PortNotFound",
        404 => "NetworkNotFound",
        403 => "PolicyNotAuthorized",
        409 => "OverQuota",
        _ => "HTTPInternalServerError",
    };
    let body = json!({"NeutronError": {
        "type": kind,
        "message": refusal.message,
        "detail": "",
    }});
    Response::json(refusal.status, &body)
}

/// What `WebOb` makes of an exception, by what the caller accepts.
fn page(frame: &Frame<'_>, refusal: &Refusal) -> Response {
    let (status, title) = (refusal.status, title(refusal.status));
    let words = &refusal.message;
    match frame.accept {
        Accept::Html => Response::new(
            status,
            "text/html; charset=UTF-8",
            format!(
                "<html>\n <head>\n  <title>{status} {title}</title>\n </head>\n <body>\n  \
                 <h1>{status} {title}</h1>\n  {words}<br /><br />\n\n\n\n </body>\n</html>"
            ),
        ),
        Accept::Json => {
            let body = json!({
                "message": format!("{words}<br /><br />\n\n\n"),
                "code": format!("{status} {title}"),
                "title": title,
            });
            Response::json(status, &body)
        }
        Accept::Neither => Response::text(status, &format!("{status} {title}\n\n{words}\n\n   ")),
    }
}

fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}
