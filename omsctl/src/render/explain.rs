//! How an entry came to stand as it does, told for people.

use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::view::{AttemptState, AttemptView, EntryView, ExplanationView, FailureView, Status};

use super::{Style, human, rows};

/// The whole story: the entry, what was asked, every attempt, every account passed over.
pub(crate) fn explain(story: &ExplanationView, style: &Style) -> String {
    let mut lines = vec![headline(&story.entry)];
    lines.extend(times(&story.entry, style));
    if let Some(reason) = &story.entry.reason {
        lines.push(format!("  reason:   {}", human::clean(reason)));
    }
    lines.extend(asked(&story.spec));
    lines.push(String::new());
    if story.attempts.is_empty() {
        lines.push("No attempt yet.".to_owned());
    } else {
        lines.push("Attempts:".to_owned());
    }
    for (index, tried) in story.attempts.iter().enumerate() {
        lines.extend(attempt(index.saturating_add(1), tried, story, style));
    }
    lines.push(String::new());
    if story.passed_over.is_empty() {
        lines.push("No account was passed over.".to_owned());
    } else {
        lines.push("Passed over:".to_owned());
        let widest = story
            .passed_over
            .iter()
            .map(|other| other.account.chars().count());
        let width = widest.max().unwrap_or(0);
        for other in &story.passed_over {
            let account = human::clean(&other.account);
            lines.push(format!(
                "  {account:width$}  {}",
                human::clean(&other.reason)
            ));
        }
    }
    lines
        .iter()
        .map(|line| human::wrapped(line.trim_end(), style.width) + "\n")
        .collect()
}

fn headline(entry: &EntryView) -> String {
    let name = entry
        .name
        .as_ref()
        .map(|name| format!(" \"{}\"", human::clean(name)))
        .unwrap_or_default();
    let account = entry.account.as_deref().map(human::clean);
    let at = account
        .map(|account| format!(" at {account}"))
        .unwrap_or_default();
    let tries = human::count(u64::from(entry.attempts), "attempt");
    let address = entry
        .instance
        .as_ref()
        .and_then(|instance| instance.ip_addr.as_deref())
        .map(|address| format!(", {}", human::clean(address)))
        .unwrap_or_default();
    format!(
        "Entry {}{name}: {}{at}{address}, {tries}",
        entry.id, entry.status
    )
}

fn times(entry: &EntryView, style: &Style) -> Vec<String> {
    let accepted = human::stamp(entry.regist_datetime, &style.zone);
    let mut lines = vec![format!("  accepted: {accepted}")];
    if entry.held {
        let release = format!("omsctl queue release {}", entry.id);
        lines.push(format!("  held:     it is not removed until: {release}"));
    }
    let after = human::span(entry.changed.since(entry.regist_datetime).as_secs());
    match entry.status {
        Status::Run => lines.push(format!("  running:  {after} after that")),
        Status::Failed => lines.push(format!("  failed:   {after} after that")),
        Status::Destroy | Status::Unknown => {}
        Status::Request | Status::Recive | Status::Boot => {
            let stamp = human::stamp(entry.deadline, &style.zone);
            let distance = human::distance(entry.deadline, style.now);
            lines.push(format!("  deadline: {stamp} ({distance})"));
        }
    }
    lines
}

/// What was asked, where it was more than the accounts' defaults.
fn asked(spec: &EntrySpec) -> Option<String> {
    let list = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.join(", "));
    // Taken apart in whole, so that a new field finds its place here.
    let EntrySpec {
        // The entry's own lines show it.
        name: _,
        machine,
        user_data,
        metadata,
        public_key,
        key_type,
        accounts,
        avoid_accounts,
        // Shown as the time at which it ends.
        deadline_seconds: _,
    } = spec;
    let size = user_data.as_ref().map(|text| {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        human::bytes(bytes)
    });
    let pairs = metadata.as_ref().map(|metadata| {
        let pairs: Vec<String> = metadata.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(", ")
    });
    let machine = machine
        .fields()
        .map(|(name, said)| (human::words(name), said.joined()));
    let others = [
        ("user data", size),
        ("metadata", pairs),
        ("key", public_key.as_ref().map(|_| "your own".to_owned())),
        ("key type", key_type.map(|kind| kind.to_string())),
        ("accounts", list(accounts)),
        ("not at", list(avoid_accounts)),
    ];
    let others = others.map(|(what, value)| (what.to_owned(), value));
    let said: Vec<String> = machine
        .chain(others)
        .filter_map(|(what, value)| Some(format!("{what} {}", human::clean(&value?))))
        .collect();
    (!said.is_empty()).then(|| format!("  asked:    {}", said.join("; ")))
}

fn attempt(
    number: usize,
    tried: &AttemptView,
    story: &ExplanationView,
    style: &Style,
) -> Vec<String> {
    let spent = human::span(u64::from(tried.seconds));
    let outcome = match &tried.failure {
        Some(failure) if tried.state == AttemptState::InDoubt => format!(
            "not known after {spent}: {}; looked for until that is settled",
            human::words(failure.class.as_str())
        ),
        Some(failure) => format!(
            "FAILED after {spent}: {}",
            human::words(failure.class.as_str())
        ),
        None if tried.state == AttemptState::Ready => format!("ready after {spent}"),
        None if matches!(tried.state, AttemptState::Removing | AttemptState::Gone) => {
            format!("given up after {spent}{}", given_up(tried, story))
        }
        None => format!("{} for {spent}", human::words(tried.state.as_str())),
    };
    let account = human::clean(&tried.account);
    let mut lines = vec![format!("  {number}. {account}: {outcome}")];
    if let Some(failure) = &tried.failure {
        lines.extend(failed(failure));
    }
    let zone = tried
        .availability_zone
        .as_ref()
        .map(|zone| format!(", zone {zone}"))
        .unwrap_or_default();
    let what = format!("image {}, flavor {}{zone}", tried.image, tried.flavor);
    lines.push(format!("     {}", human::clean(&what)));
    let id = tried
        .instance_id
        .as_ref()
        .map(|id| format!(" ({id})"))
        .unwrap_or_default();
    let server = human::clean(&format!("{}{id}", tried.server_name));
    let began = human::stamp(tried.started, &style.zone);
    lines.push(format!(
        "     attempt {}, server {server}, began {began}",
        tried.id
    ));
    lines.extend(beside(tried, story));
    lines.extend(removal(tried));
    lines
}

/// Why an attempt was given up that had not failed.
fn given_up(tried: &AttemptView, story: &ExplanationView) -> String {
    let mut others = story.attempts.iter().filter(|other| other.id != tried.id);
    match others.find(|other| other.state == AttemptState::Ready) {
        Some(ready) => format!(": attempt {} was ready first", ready.id),
        None if story.entry.status == Status::Destroy => ": the entry is to be removed".to_owned(),
        None => String::new(),
    }
}

/// Beside which attempt that still built another was begun, where it was.
fn beside(tried: &AttemptView, story: &ExplanationView) -> Option<String> {
    let built = |other: &&AttemptView| {
        let ended = other
            .started
            .plus(Duration::from_secs(other.seconds.into()));
        other.id < tried.id && other.instance_id.is_some() && ended > tried.started
    };
    let other = story.attempts.iter().find(built)?;
    let account = human::clean(&other.account);
    Some(format!(
        "     begun beside attempt {}, which {account} still built: it was slow, or drained",
        other.id
    ))
}

fn failed(failure: &FailureView) -> Vec<String> {
    let mut lines = vec![format!("     {}", human::clean(&rows::failed(failure)))];
    lines.extend(
        failure
            .request_id
            .as_ref()
            .map(|id| format!("     request id {}", human::clean(id))),
    );
    lines
}

/// What became of the failed attempt's server and key.
fn removal(tried: &AttemptView) -> Vec<String> {
    match (tried.state, &tried.removal_failure) {
        (AttemptState::Gone, _) => vec!["     nothing of it is left there".to_owned()],
        (AttemptState::Removing, None) => vec!["     being removed".to_owned()],
        (_, Some(failure)) => {
            let mut lines = vec!["     not removed yet; OMS goes on trying:".to_owned()];
            lines.extend(failed(failure));
            lines
        }
        _ => Vec::new(),
    }
}
