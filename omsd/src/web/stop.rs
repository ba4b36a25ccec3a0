//! Why a page is not shown as it was asked for, and where the browser is sent instead.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use oms_proto::WireError;

use crate::service::http_status;

/// Why a page is not shown as it was asked for.
pub(super) enum Stop {
    /// Somewhere else is to be looked at first.
    Elsewhere(Box<Response>),
    /// It is refused.
    Refused(WireError),
}

impl Stop {
    /// The refusal, for a form that shows it beside what was sent. Nobody gets so far who is sent
    /// elsewhere, for a form is read from those alone who are known.
    pub(super) fn into_wire(self) -> Option<WireError> {
        match self {
            Self::Elsewhere(_) => None,
            Self::Refused(error) => Some(error),
        }
    }
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Refused(error)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(response) => *response,
            Self::Refused(error) => {
                let status = http_status(error.code);
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, error.detail).into_response()
            }
        }
    }
}

/// Sends the browser to another place of this page.
pub(super) fn redirect(place: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// A place of this page out of what somebody sent: never another host.
pub(super) fn place_of(text: &str) -> &str {
    let here =
        text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '\r', '\n']);
    if here { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert_eq!(place_of("/queue/?status=RUN"), "/queue/?status=RUN");
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "queue",
        ] {
            assert_eq!(place_of(bad), "/", "{bad}");
        }
    }
}
