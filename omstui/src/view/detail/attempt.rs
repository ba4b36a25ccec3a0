//! One attempt in an entry's timeline.

use oms_proto::view::{AttemptState, AttemptView, FailureView};

use super::sheet::Sheet;
use crate::pen::Pen;
use crate::theme::Tone;

/// Columns before what is told about an attempt.
const INDENT: usize = 6;

pub(super) fn write(sheet: &mut Sheet<'_>, attempt: &AttemptView) {
    let pen = sheet.pen();
    let tone = tone(attempt);
    let seconds = seconds(pen, attempt);
    let state = word(attempt);
    sheet.parts(vec![
        pen.own(format!("  {}  ", pen.clock(attempt.started)), Tone::Dim),
        pen.own(format!("{} {state:<10}", pen.glyphs.tone(tone)), tone),
        pen.own(format!("{seconds:>5} s  "), Tone::Plain),
        pen.foreign(&attempt.account, Tone::Accent),
        pen.own(format!("  attempt {}", attempt.id), Tone::Dim),
    ]);
    let zone = attempt.availability_zone.as_deref().unwrap_or("any");
    let asked = format!(
        "server {}, image {}, flavor {}, zone {zone}",
        attempt.server_name, attempt.image, attempt.flavor
    );
    sheet.paragraph(INDENT, &asked, Tone::Dim);
    if let Some(id) = &attempt.instance_id {
        sheet.paragraph(INDENT, &format!("at the cloud: {id}"), Tone::Dim);
    }
    if let Some(failure) = &attempt.failure {
        sheet.paragraph(INDENT, &failure_words(failure), Tone::Bad);
    }
    if let Some(failure) = &attempt.removal_failure {
        let words = format!("removal: {}", failure_words(failure));
        sheet.paragraph(INDENT, &words, Tone::Warn);
    }
}

/// A failure in one sentence.
pub(super) fn failure_words(failure: &FailureView) -> String {
    let status = failure.http_status.map(|it| format!(", HTTP {it}"));
    let request = failure.request_id.as_ref().map(|it| format!(" ({it})"));
    format!(
        "{}: {}{}: {}{}",
        failure.class,
        failure.operation,
        status.unwrap_or_default(),
        failure.message,
        request.unwrap_or_default()
    )
}

/// How long it took, or has taken so far.
pub(super) fn seconds(pen: &Pen<'_>, attempt: &AttemptView) -> u64 {
    let runs = matches!(
        attempt.state,
        AttemptState::Launching | AttemptState::InDoubt | AttemptState::Building
    );
    if runs && attempt.failure.is_none() {
        pen.seconds_since(attempt.started)
    } else {
        attempt.seconds.into()
    }
}

/// How it stands, in a word; that one has failed says more than that it is gone.
pub(super) fn word(attempt: &AttemptView) -> &'static str {
    match attempt.state {
        AttemptState::Gone if attempt.failure.is_some() => "failed",
        state => state.as_str(),
    }
}

/// What its state means.
pub(super) fn tone(attempt: &AttemptView) -> Tone {
    match attempt.state {
        _ if attempt.failure.is_some() => Tone::Bad,
        AttemptState::Ready => Tone::Good,
        AttemptState::Launching | AttemptState::Building => Tone::Busy,
        AttemptState::InDoubt => Tone::Warn,
        AttemptState::Removing | AttemptState::Gone | AttemptState::Unknown => Tone::Dim,
    }
}
