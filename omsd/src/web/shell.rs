//! What every page has around it: who looks, in which language, what was just done or refused; and
//! the small words that many pages use.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use oms_proto::actor::HttpUser;
use oms_proto::columns::INSTANCES;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_proto::view::AccountView;
use oms_proto::{Actor, EventKind, Role, Time, WireError};

use super::site::Site;
use super::stop::{Stop, redirect};
use super::text::{self, Text};
use crate::access::{Acquaintance, Known, peer};
use crate::service::Caller;

/// What every page has around it.
pub(super) struct Shell {
    pub(super) l: &'static Text,
    pub(super) visitor: Option<Known>,
    pub(super) done: Option<String>,
    pub(super) wrong: Option<WireError>,
    pub(super) now: Time,
    pub(super) uri: Uri,
    /// The parameters of the query, in order.
    query: Vec<(String, String)>,
}

/// What may be said to have been done, by the name of its text. The query of an address is anybody's
/// to write, so it names a text and cannot say anything else.
const DONE: [&str; 11] = [
    "launched",
    "deleted",
    "registered",
    "edited",
    "removed",
    "maintained",
    "copied",
    "stale_form",
    "revoked",
    "user_added",
    "user_removed",
];

/// The longest name or number that such a text takes.
const DONE_NAME_MAX: usize = 64;

impl Shell {
    /// The shell of a request, whoever asks.
    pub(super) fn of(site: &Site, parts: &Parts) -> Self {
        let query = Query::try_from_uri(&parts.uri);
        let query = query.map_or_else(|_| Vec::new(), |Query(query)| query);
        let mut shell = Self {
            l: text::wanted(&parts.headers),
            visitor: site.access.visitor(&parts.headers, peer(&parts.extensions)),
            done: None,
            wrong: None,
            now: site.clock.now(),
            uri: parts.uri.clone(),
            query,
        };
        if shell.visitor.as_ref().is_some_and(|known| known.signed_in) {
            Acquaintance::note(&parts.extensions);
        }
        shell.done = shell.said();
        shell
    }

    fn said(&self) -> Option<String> {
        let name = self.param("done");
        let text = DONE.contains(&name).then(|| self.l.named(name)).flatten()?;
        let n: String = self.param("n").chars().take(DONE_NAME_MAX).collect();
        Some(text::with(text, n))
    }

    /// A parameter of the query; empty where there is none.
    pub(super) fn param(&self, name: &str) -> &str {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Who looks.
    ///
    /// # Errors
    /// Nobody that is known; they are sent to sign in.
    pub(super) fn caller(&self) -> Result<&Caller, Stop> {
        let Some(known) = &self.visitor else {
            let place = format!("/sign-in/?back={}", self.back());
            return Err(Stop::Elsewhere(Box::new(redirect(&place))));
        };
        Ok(&known.caller)
    }

    fn role(&self) -> Option<Role> {
        self.visitor.as_ref().map(|known| known.caller.role)
    }

    pub(super) fn may_write(&self) -> bool {
        self.role().is_some_and(|it| it.may(Role::Operator))
    }

    pub(super) fn may_admin(&self) -> bool {
        self.role().is_some_and(|it| it.may(Role::Admin))
    }

    /// Who looks, in words.
    pub(super) fn who(&self) -> String {
        match &self.visitor {
            Some(known) if known.signed_in => {
                // Where they are is nothing new to them.
                let actor = match &known.caller.actor {
                    Actor::Http(user) => Actor::Http(HttpUser {
                        address: None,
                        ..user.clone()
                    }),
                    other => other.clone(),
                };
                format!("{actor} ({})", known.caller.role)
            }
            _ => self.l.anonymous.to_owned(),
        }
    }

    /// Where to come back to, for an address.
    pub(super) fn back(&self) -> String {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        form_urlencoded::byte_serialize(path.as_bytes()).collect()
    }

    /// The places of the menu.
    pub(super) fn places(&self) -> Vec<(&'static str, &str)> {
        let mut places = vec![
            ("/", self.l.overview),
            ("/queue/", self.l.queue),
            ("/instances/", self.l.instances),
            ("/accounts/", self.l.accounts),
            ("/events/", self.l.events),
        ];
        if self.may_admin() {
            places.extend([
                ("/tokens/", self.l.tokens),
                ("/users/", self.l.users),
                ("/audit/", self.l.audit),
            ]);
        }
        places
    }

    /// A text with a name in it.
    #[expect(clippy::unused_self, reason = "templates ask the shell")]
    pub(super) fn with(&self, text: &str, n: &str) -> String {
        text::with(text, n)
    }

    /// Whether the page is at a place of the menu.
    pub(super) fn is_at(&self, place: &str) -> bool {
        let path = self.uri.path();
        if place == "/" {
            path == "/"
        } else {
            path.starts_with(place) || (place == "/queue/" && path == "/launch/")
        }
    }

    #[expect(clippy::unused_self, reason = "templates ask the shell")]
    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The kinds of events, for the script that listens.
    #[expect(clippy::unused_self, reason = "templates ask the shell")]
    pub(super) fn kinds(&self) -> String {
        let mut kinds: Vec<_> = EventKind::WORDS.to_vec();
        kinds.push("missed");
        kinds.join(" ")
    }

    /// The text that is called so; its name where there is none.
    pub(super) fn word<'a>(&'a self, name: &'a str) -> &'a str {
        self.l.named(name).unwrap_or(name)
    }

    /// Whether a field is at fault.
    pub(super) fn is_wrong(&self, name: &str) -> bool {
        let wrong = self.wrong.as_ref();
        wrong.is_some_and(|wrong| {
            let mut fields = wrong.fields.keys();
            fields.any(|field| field.rsplit('.').next() == Some(name))
        })
    }

    /// How long ago something was, or how soon it is.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they borrow"
    )]
    pub(super) fn ago(&self, at: &Time) -> String {
        let seconds = self.now.since(*at).as_secs();
        let (text, n) = match seconds {
            0 if at.since(self.now).as_secs() >= 60 => {
                (self.l.in_future, at.since(self.now).as_secs() / 60)
            }
            0..=4 => (self.l.now, 0),
            5..=119 => (self.l.seconds_ago, seconds),
            120..=7199 => (self.l.minutes_ago, seconds / 60),
            7200..=172_799 => (self.l.hours_ago, seconds / 3600),
            _ => (self.l.days_ago, seconds / 86_400),
        };
        text::with(text, n)
    }

    /// A point in time to the minute, UTC.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self,
        reason = "templates ask the shell, and pass what they borrow"
    )]
    pub(super) fn moment(&self, at: &Time) -> String {
        let text = at.to_string();
        let cut = text.get(..16).unwrap_or(&text);
        format!("{} UTC", cut.replace('T', " "))
    }

    /// What an entry asks for, field by field.
    pub(super) fn asked(&self, spec: &EntrySpec) -> Vec<(String, String)> {
        let mut rows = self.machine(&spec.machine);
        for (name, list) in [
            ("only_at", &spec.accounts),
            ("not_at", &spec.avoid_accounts),
        ] {
            if let Some(list) = list {
                rows.push((self.word(name).to_owned(), list.join(", ")));
            }
        }
        rows
    }

    /// An account's defaults, field by field.
    pub(super) fn defaults(&self, account: &AccountView) -> Vec<(String, String)> {
        self.machine(&account.defaults)
    }

    fn machine(&self, machine: &MachineSpec) -> Vec<(String, String)> {
        let said = machine.fields();
        said.filter_map(|(name, said)| Some((self.word(name).to_owned(), said.joined()?)))
            .collect()
    }

    /// The orders that instances come in: by every column that is shown.
    pub(super) fn instance_sorts(&self) -> Vec<(String, String)> {
        let newest = ("-id".to_owned(), self.l.newest.to_owned());
        let columns = INSTANCES.columns.iter().filter(|column| !column.wide);
        let by = columns.map(|column| (column.key.to_owned(), self.word(column.key).to_owned()));
        std::iter::once(newest).chain(by).collect()
    }
}

/// The shell of a page that takes somebody who is known.
impl FromRequestParts<Arc<Site>> for Shell {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Stop> {
        let shell = Self::of(site, parts);
        shell.caller()?;
        Ok(shell)
    }
}
