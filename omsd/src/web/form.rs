//! Reads what a form has sent: bounded in size and time, from somebody who is known, and with the
//! key that only a page of ours can have put into it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use oms_proto::{ErrorCode, WireError};
use sha2::{Digest, Sha256};

use super::reply::refused;
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;

/// The largest form: user data, or a clouds.yaml with its certificates, and what escaping makes of it.
const FORM_MAX_BYTES: usize = 512 * 1024;

/// How long a form may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(30);

/// Fields in a form; ours have some twenty.
const FIELDS_MAX: usize = 100;

/// What a form has sent, or what it shows before.
#[derive(Debug, Default, Clone)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// A field without the white space around it; empty where there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field as it was sent.
    pub(super) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A field that says something.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|text| !text.is_empty())
    }

    /// What is between the commas of a field that says something.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let text = self.text(name)?;
        let parts = text.split(',').map(str::trim);
        Some(
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// A number; a text that is none is at fault.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, WireError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text.parse().map(Some);
        number.map_err(|_| WireError::field(name, format!("{text:?} is no whole number")))
    }

    /// The same without some fields.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(key, _)| !names.contains(&key.as_str()));
        self
    }

    fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes).into_owned();
        Self(fields.take(FIELDS_MAX).collect())
    }
}

/// The fields of a body, whoever sends it.
pub(super) async fn read(request: Request) -> Result<Form, WireError> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(WireError::new(ErrorCode::Invalid, "this is no form"));
    }
    let body = Limited::new(request.into_body(), FORM_MAX_BYTES);
    let read = tokio::time::timeout(FORM_TIMEOUT, body.collect()).await;
    match read {
        Ok(Ok(collected)) => Ok(Form::parse(&collected.to_bytes())),
        Ok(Err(_)) => {
            let detail = format!("the form broke off, or is larger than {FORM_MAX_BYTES} bytes");
            Err(WireError::new(ErrorCode::TooLarge, detail))
        }
        Err(_elapsed) => {
            let detail = "the form did not arrive in time";
            Err(WireError::new(ErrorCode::Timeout, detail))
        }
    }
}

/// A form from somebody who is known.
pub(super) struct Sent {
    pub(super) shell: Shell,
    pub(super) form: Form,
}

impl FromRequest<Arc<Site>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let shell = Shell::of(site, &parts);
        if let Err(stop) = shell.caller() {
            return Err(stop.into_response());
        }
        let form = match read(Request::from_parts(parts, body)).await {
            Ok(form) => form,
            Err(error) => return Err(refused(shell, Stop::Refused(error))),
        };
        let key = shell.visitor.as_ref().map(|known| known.form_key.as_str());
        if !is_same(key.unwrap_or_default(), form.get("csrf")) {
            let error = WireError::new(ErrorCode::Forbidden, shell.l.stale_form.to_owned());
            return Err(refused(shell, Stop::Refused(error)));
        }
        Ok(Self { shell, form })
    }
}

/// Whether two keys are one, in a time that does not tell where they differ.
fn is_same(ours: &str, theirs: &str) -> bool {
    !ours.is_empty() && Sha256::digest(ours) == Sha256::digest(theirs)
}
