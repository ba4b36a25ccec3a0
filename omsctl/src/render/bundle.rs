//! How a report for a provider's support desk reads. All times are UTC: whoever reads it is elsewhere.

use jiff::tz::TimeZone;
use oms_proto::Time;
use oms_proto::view::{AttemptView, EventView};
use serde::Serialize;

use super::human;

/// A report on the attempts at one account.
#[derive(Debug, Serialize)]
pub(crate) struct Bundle {
    /// What wrote it.
    pub(crate) program: &'static str,
    /// When.
    pub(crate) written: Time,
    /// Where the attempts were made.
    pub(crate) place: BundlePlace,
    /// The attempts.
    pub(crate) attempts: Vec<AttemptView>,
    /// What happened with them.
    pub(crate) events: Vec<EventView>,
}

/// Where attempts were made, in the provider's own words.
#[derive(Debug, Default, Serialize)]
pub(crate) struct BundlePlace {
    /// The provider.
    pub(crate) provider: Option<String>,
    /// The region.
    pub(crate) region_name: Option<String>,
    /// The project by name.
    pub(crate) project_name: Option<String>,
    /// The project by id.
    pub(crate) project_id: Option<String>,
    /// Keystone's address.
    pub(crate) auth_url: Option<String>,
}

/// The report as text.
pub(super) fn text(bundle: &Bundle) -> String {
    let mut lines = vec![
        format!(
            "{} reports on servers asked for; times are UTC.",
            bundle.program
        ),
        format!("written {}", stamp(bundle.written)),
    ];
    let place = &bundle.place;
    for (label, said) in [
        ("provider", &place.provider),
        ("region", &place.region_name),
        ("project", &place.project_name),
        ("project id", &place.project_id),
        ("Keystone", &place.auth_url),
    ] {
        lines.extend(
            said.as_ref()
                .map(|said| format!("{label} {}", human::clean(said))),
        );
    }
    for attempt in &bundle.attempts {
        lines.push(String::new());
        lines.extend(attempt_lines(attempt));
    }
    if !bundle.events.is_empty() {
        lines.extend([String::new(), "What happened:".to_owned()]);
    }
    for event in &bundle.events {
        let message = human::clean(&event.message);
        lines.push(format!("  {}  {}  {message}", stamp(event.at), event.kind));
    }
    lines.join("\n") + "\n"
}

fn attempt_lines(attempt: &AttemptView) -> Vec<String> {
    let zone = attempt.availability_zone.as_deref().unwrap_or("any");
    let mut lines = vec![
        format!(
            "Server {} asked for at {}: {} after {}",
            human::clean(&attempt.server_name),
            stamp(attempt.started),
            attempt.state,
            human::span(attempt.seconds.into())
        ),
        format!(
            "  image {}, flavor {}, availability zone {}",
            human::clean(&attempt.image),
            human::clean(&attempt.flavor),
            human::clean(zone)
        ),
    ];
    if let Some(id) = &attempt.instance_id {
        lines.push(format!("  server id {}", human::clean(id)));
    }
    for failure in [&attempt.failure, &attempt.removal_failure]
        .into_iter()
        .flatten()
    {
        let status = failure.http_status.map(|status| format!(", HTTP {status}"));
        let request = failure.request_id.as_deref().unwrap_or("none given");
        lines.push(format!(
            "  {} failed at {}{}, request id {}",
            human::clean(&failure.operation),
            stamp(failure.at),
            status.unwrap_or_default(),
            human::clean(request)
        ));
        lines.push(format!("    {}", human::clean(&failure.message)));
    }
    lines
}

fn stamp(time: Time) -> String {
    human::stamp(time, &TimeZone::UTC)
}
