//! Whether what is there can be used for a server: a create alone would tell otherwise, and so only a
//! test of the account asks. What a cloud does not show of a thing is taken to be well.
//!
//! Sources: nova's `nova/network/neutron.py` (which networks servers are attached to) and
//! `nova/compute/api.py` (a disabled flavor is as one that is not there).

use http::Method;
use tokio::time::Instant;

use super::client::OpenStack;
use super::compute::nova;
use super::error::Purpose;
use super::lookup::{RESOLVE, wrong};
use super::session::Target;
use super::wire::{FlavorBody, Place, PlacesBody};
use crate::ports::{CloudError, CloudResult};

/// What of a network is asked for.
const FIELDS: [&str; 7] = [
    "id",
    "name",
    "shared",
    "router:external",
    "admin_state_up",
    "project_id",
    "subnets",
];

impl OpenStack {
    /// Looks for a network that servers can be attached to.
    pub(super) async fn usable_network(
        &self,
        wanted: &str,
        deadline: Instant,
    ) -> CloudResult<String> {
        let id = self.network(wanted, deadline).await?;
        let shown = unless_lacking(self.places(&[("id", id.as_str())], deadline).await)?;
        let shown = shown.unwrap_or_default();
        if let Some(place) = shown.iter().find(|it| *it.id == *id) {
            let scope = self.session.scope(deadline).await?;
            if let Some(why) = closed(place, &scope.project.id, scope.is_admin) {
                return Err(wrong(format!(
                    "network {wanted:?} of account {:?} {why}",
                    self.account()
                )));
            }
        }
        Ok(id)
    }

    /// Whether Nova can choose a network where none is named.
    pub(super) async fn network_to_choose(&self, deadline: Instant) -> CloudResult<()> {
        let Some(shown) = unless_lacking(self.places(&[], deadline).await)? else {
            return Ok(());
        };
        let scope = self.session.scope(deadline).await?;
        let open: Vec<&Place> = shown
            .iter()
            .filter(|place| is_to_choose(place, &scope.project.id))
            .collect();
        if open.len() < 2 {
            return Ok(());
        }
        let names: Vec<&str> = open
            .iter()
            .map(|place| &*place.name)
            .take(NAMES_MAX)
            .collect();
        Err(wrong(format!(
            "account {:?} has {} networks to choose from, and Nova chooses none of several; name one, \
             such as: {}",
            self.account(),
            open.len(),
            names.join(", ")
        )))
    }

    /// Looks for a flavor that servers are made of.
    pub(super) async fn usable_flavor(
        &self,
        wanted: &str,
        deadline: Instant,
    ) -> CloudResult<String> {
        let id = self.flavor(wanted, deadline).await?;
        let path = ["flavors", id.as_str()];
        let mut request = nova(RESOLVE, Method::GET, Target::Endpoint(&path, &[]));
        request.purpose = Purpose::Resolve;
        let shown = async {
            let answer = self.nova(request, deadline).await?;
            answer.json::<FlavorBody>().await
        };
        let shown = unless_lacking(shown.await)?;
        if shown.is_some_and(|shown| shown.flavor.disabled == Some(true)) {
            return Err(wrong(format!(
                "flavor {wanted:?} of account {:?} is disabled, so no servers are made of it",
                self.account()
            )));
        }
        Ok(id)
    }

    async fn places(&self, filter: &[(&str, &str)], deadline: Instant) -> CloudResult<Vec<Place>> {
        let body: PlacesBody = self.listed("networks", &FIELDS, filter, deadline).await?;
        Ok(body.networks.into_inner())
    }
}

/// Names told of those to choose from.
const NAMES_MAX: usize = 5;

/// What was answered; nothing where the cloud does not tell, which no launch asks for.
fn unless_lacking<T>(answer: CloudResult<T>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(told) => Ok(Some(told)),
        Err(error) if error.lack.is_some() => Err(error),
        Err(error) => {
            tracing::debug!(%error, "the cloud does not tell what it has");
            Ok(None)
        }
    }
}

/// Why servers of a project cannot be attached to a network. Administrators may attach to any.
fn closed(place: &Place, project: &str, is_admin: bool) -> Option<&'static str> {
    let is_foreign = place
        .project_id
        .as_deref()
        .is_some_and(|owner| owner != project);
    let is_open = is_admin || place.shared == Some(true);
    if !is_open && place.external == Some(true) {
        return Some(
            "leads outside (router:external), and servers cannot be attached to it; name the one \
             inside, from which a router leads there",
        );
    }
    if !is_open && is_foreign {
        return Some("is of another project and not shared, so servers cannot be attached to it");
    }
    if place.admin_state_up == Some(false) {
        return Some("is switched off (admin_state_up), so servers there have no network");
    }
    if place
        .subnets
        .as_ref()
        .is_some_and(|subnets| subnets.is_empty())
    {
        return Some("has no subnet, so no servers are attached to it");
    }
    None
}

/// Whether Nova counts a network among those to choose from where none is named: the project's own, and
/// shared ones. One of an unknown project that leads outside is somebody else's.
fn is_to_choose(place: &Place, project: &str) -> bool {
    place.shared == Some(true)
        || match place.project_id.as_deref() {
            Some(owner) => owner == project,
            None => place.external != Some(true),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(json: &str) -> Place {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_network_takes_servers_unless_nova_says_otherwise() {
        for (json, member, admin) in [
            (r#"{"id": "n"}"#, None, None),
            (
                r#"{"id": "n", "project_id": "p", "subnets": ["s"]}"#,
                None,
                None,
            ),
            (
                r#"{"id": "n", "router:external": true}"#,
                Some("leads outside"),
                None,
            ),
            (
                r#"{"id": "n", "router:external": true, "project_id": "p"}"#,
                Some("leads outside"),
                None,
            ),
            (
                r#"{"id": "n", "router:external": true, "shared": true}"#,
                None,
                None,
            ),
            (
                r#"{"id": "n", "project_id": "other"}"#,
                Some("another project"),
                None,
            ),
            (
                r#"{"id": "n", "project_id": "other", "shared": true}"#,
                None,
                None,
            ),
            (
                r#"{"id": "n", "admin_state_up": false}"#,
                Some("switched off"),
                Some("switched off"),
            ),
            (
                r#"{"id": "n", "subnets": []}"#,
                Some("no subnet"),
                Some("no subnet"),
            ),
            (
                r#"{"id": "n", "subnets": null, "shared": null}"#,
                None,
                None,
            ),
        ] {
            let begins = |why: Option<&str>, expected: Option<&str>| match (why, expected) {
                (Some(why), Some(expected)) => why.contains(expected),
                (why, expected) => why == expected,
            };
            let network = place(json);
            assert!(begins(closed(&network, "p", false), member), "{json}");
            assert!(begins(closed(&network, "p", true), admin), "{json}");
        }
    }

    #[test]
    fn nova_chooses_among_the_project_s_own_and_the_shared() {
        for (json, is_one) in [
            (r#"{"id": "n", "project_id": "p"}"#, true),
            (r#"{"id": "n", "project_id": "other"}"#, false),
            (
                r#"{"id": "n", "project_id": "other", "shared": true}"#,
                true,
            ),
            (r#"{"id": "n"}"#, true),
            (r#"{"id": "n", "router:external": true}"#, false),
        ] {
            assert_eq!(is_to_choose(&place(json), "p"), is_one, "{json}");
        }
    }
}
