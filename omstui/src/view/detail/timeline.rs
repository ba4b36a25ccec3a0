//! An entry's attempts as bars on one line of time, so that one sees where the time went, and below
//! them what each was and why it failed.

use oms_proto::Time;
use oms_proto::view::{AttemptState, AttemptView, EntryView};

use super::attempt;
use super::sheet::Sheet;
use crate::clean;
use crate::text;
use crate::theme::Tone;

/// Columns for an account's name.
const ACCOUNT: usize = 18;
/// Columns before and after the bar: clock, account, sign and state, seconds.
const BESIDE: usize = 4 + ACCOUNT + 1 + 12 + 9;
/// Attempts that have a bar; the first ones of very many have none.
const BARS_MAX: usize = 24;

pub(super) fn write(sheet: &mut Sheet<'_>, entry: &EntryView, attempts: &[AttemptView]) {
    if attempts.is_empty() {
        return sheet.own(text::say(text::NO_ATTEMPTS), Tone::Dim);
    }
    bars(sheet, entry, attempts);
    for it in attempts {
        attempt::write(sheet, it);
    }
}

fn bars(sheet: &mut Sheet<'_>, entry: &EntryView, attempts: &[AttemptView]) {
    let pen = sheet.pen();
    let width = sheet.width().saturating_sub(BESIDE).min(80);
    if width < 10 {
        return;
    }
    let begin = entry.regist_datetime;
    let ends = attempts.iter().map(|it| end(it, pen.now));
    let last = ends.max().unwrap_or(begin).max(begin.plus(SECOND));
    let whole = last.since(begin).as_millis().max(1);
    let column = |at: Time| {
        let part = at.since(begin).as_millis().min(whole);
        let columns = u128::try_from(width).unwrap_or(0);
        usize::try_from(part * columns / whole).unwrap_or(width)
    };
    let (full, empty) = pen.glyphs.bar();
    let skipped = attempts.len().saturating_sub(BARS_MAX);
    for it in attempts.iter().skip(skipped) {
        let from = column(it.started).min(width - 1);
        let to = column(end(it, pen.now)).clamp(from + 1, width);
        let tone = attempt::tone(it);
        let state = attempt::word(it);
        let account = clean::fit(&clean::clean(&it.account), ACCOUNT, pen.glyphs.cut());
        let padding = ACCOUNT.saturating_sub(clean::width(&account)) + 1;
        let seconds = attempt::seconds(pen, it);
        sheet.parts(vec![
            pen.own(format!("  {account}{}", " ".repeat(padding)), Tone::Accent),
            pen.own(format!("{} {state:<10}", pen.glyphs.tone(tone)), tone),
            pen.own(empty.repeat(from), Tone::Dim),
            pen.own(full.repeat(to - from), tone),
            pen.own(empty.repeat(width - to), Tone::Dim),
            pen.own(format!(" {seconds:>5} s"), Tone::Plain),
        ]);
    }
    sheet.gap();
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

/// When an attempt ended, or now.
fn end(attempt: &AttemptView, now: Time) -> Time {
    let seconds = std::time::Duration::from_secs(attempt.seconds.into());
    match attempt.state {
        _ if attempt.failure.is_some() => attempt.started.plus(seconds),
        AttemptState::Launching | AttemptState::InDoubt | AttemptState::Building => now,
        _ => attempt.started.plus(seconds),
    }
}
