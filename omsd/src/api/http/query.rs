//! Reads what the path and the query of a request say. Parameters that nobody knows are left alone, as the 2016
//! interface did; known ones must be good.

use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;

use oms_proto::Time;

use super::answer::Refusal;

/// The parameters in order.
pub(super) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(params)| Self(params))
            .map_err(|_| Refusal::invalid("the query cannot be read"))
    }
}

/// The part of a path that names something; one that is no text names nothing.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(name)| Self(name))
            .map_err(|_| Refusal::not_found())
    }
}

impl Params {
    /// Every value of a parameter; commas part values too.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
    }

    /// Every value of a parameter whose values may have commas.
    pub(super) fn each(&self, name: &str) -> impl Iterator<Item = &str> {
        let given = self.0.iter().filter(move |(key, _)| key == name);
        given.map(|(_, value)| value.as_str())
    }

    /// All but some, as a query that is ready for more.
    pub(super) fn others(&self, but: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            self.0
                .iter()
                .filter(|(key, _)| !but.contains(&key.as_str())),
        );
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("{query}&")
        }
    }

    /// A text; the last one given.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().rev().find(|(key, _)| key == name);
        given.map(|(_, value)| value.as_str())
    }

    /// A time as it is written in answers; the last one given.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Refusal> {
        let read = |text: &str| {
            text.parse().map_err(|_| {
                let expected = "expected a time such as 2026-01-31T23:59:59Z";
                Refusal::field(name, format!("{expected}, not {text:?}"))
            })
        };
        self.last(name).map(read).transpose()
    }

    /// A whole number within a range; the last one given.
    pub(super) fn number<N>(
        &self,
        name: &str,
        range: RangeInclusive<N>,
    ) -> Result<Option<N>, Refusal>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        match digits(text).filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(Refusal::field(
                name,
                format!(
                    "expected a whole number from {} to {}, not {text:?}",
                    range.start(),
                    range.end()
                ),
            )),
        }
    }
}

/// A number in digits only; `parse` alone would take a sign as well.
pub(super) fn digits<N: FromStr>(text: &str) -> Option<N> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
