//! Refusals of the model as the errors that the real client would make of them.

use std::time::Duration;

use omsd::ports::CloudError;
use omsd_domain::ground::failure::FailureClass;

use crate::cloud::call::{CallKind, Refusal};

/// An error without an answer.
pub(super) fn broken(
    kind: CallKind,
    class: FailureClass,
    message: &str,
    maybe_done: bool,
) -> CloudError {
    CloudError {
        maybe_done: maybe_done && kind == CallKind::CreateServer,
        ..CloudError::new(class, operation(kind), message)
    }
}

/// An answer that is not what was promised.
pub(super) fn garbage(kind: CallKind, message: &str, request_id: Option<String>) -> CloudError {
    CloudError {
        http_status: Some(200),
        request_id,
        ..broken(kind, FailureClass::Garbage, message, true)
    }
}

/// An error of our own finding, such as a name that is not there.
pub(super) fn found_out(
    operation: &'static str,
    class: FailureClass,
    message: String,
) -> CloudError {
    CloudError::new(class, operation, message)
}

/// A refusal.
pub(super) fn refused(kind: CallKind, refusal: &Refusal, request_id: String) -> CloudError {
    let retry_after = refusal.retry_after_s.map(Duration::from_secs);
    let class = class(kind, refusal);
    CloudError {
        http_status: Some(refusal.status),
        request_id: Some(request_id),
        retry_after,
        // Whoever answers 5xx may have lost the real answer on the way back.
        maybe_done: refusal.status >= 500 && kind == CallKind::CreateServer,
        ..CloudError::new(class, operation(kind), refusal.message.as_str())
    }
}

/// A second 401, with a token that was just given, is trouble of the service.
pub(super) fn distrusted(error: CloudError) -> CloudError {
    match error.class {
        FailureClass::Unauthorized => CloudError {
            class: FailureClass::ServerError,
            ..error
        },
        _ => error,
    }
}

fn class(kind: CallKind, refusal: &Refusal) -> FailureClass {
    let resolves = kind.resolves();
    let words = refusal.message.to_ascii_lowercase();
    match refusal.status {
        400 if kind == CallKind::ImportKeypair => FailureClass::Rejected,
        400 if kind == CallKind::CreateServer && words.contains("field/attribute") => {
            FailureClass::Rejected
        }
        400 => FailureClass::Configuration,
        403 if words.contains("metadata items") => FailureClass::Rejected,
        401 => FailureClass::Unauthorized,
        403 if words.contains("quota")
            || words.contains("exceed")
            || words.contains("too many") =>
        {
            FailureClass::Quota
        }
        403 => FailureClass::Forbidden,
        404 if resolves => FailureClass::Configuration,
        404 => FailureClass::NotFound,
        409 if words.contains("multiple possible networks") => FailureClass::Configuration,
        409 => FailureClass::Conflict,
        413 | 429 => FailureClass::Throttled,
        503 if refusal.retry_after_s.is_some() => FailureClass::Throttled,
        500..=599 => FailureClass::ServerError,
        _ => FailureClass::Garbage,
    }
}

pub(super) const fn operation(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Discover => "discover versions",
        CallKind::SignIn => "sign in",
        CallKind::RevokeToken => "revoke token",
        CallKind::ListFlavors | CallKind::GetFlavor => "find flavor",
        CallKind::ListImages | CallKind::GetImage => "find image",
        CallKind::ListNetworks | CallKind::GetNetwork => "find network",
        CallKind::ListSecurityGroups => "find security group",
        CallKind::ListZones => "list availability zones",
        CallKind::CreateServer => "create server",
        CallKind::ListServers => "list servers",
        CallKind::GetServer => "get server",
        CallKind::DeleteServer | CallKind::ForceDeleteServer => "delete server",
        CallKind::ImportKeypair | CallKind::GetKeypair => "import key pair",
        CallKind::DeleteKeypair => "delete key pair",
        CallKind::ListKeypairs => "list key pairs",
        CallKind::Limits | CallKind::NetworkQuota => "survey",
        CallKind::ListPorts | CallKind::OwnPort | CallKind::DeletePort => "remove ports",
    }
}
