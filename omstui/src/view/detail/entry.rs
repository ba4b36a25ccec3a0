//! An entry: why it stands as it does, its attempts, its instance, who was passed over, what was
//! asked.

use oms_proto::EntryId;
use oms_proto::spec::EntrySpec;
use oms_proto::view::{EntryView, ExplanationView, Status, WaitView};
use ratatui::text::Span;

use super::sheet::Sheet;
use super::{instance, timeline};
use crate::model::Detail;
use crate::pen::Pen;
use crate::text;
use crate::theme::{Tone, status_tone};
use crate::world::World;

pub(super) fn title(pen: &Pen<'_>, id: EntryId, entry: Option<&EntryView>) -> Vec<Span<'static>> {
    let mut title = vec![pen.own(text::titled("Entry", &id.to_string()), Tone::Title)];
    if let Some(entry) = entry {
        let sign = pen.glyphs.status(entry.status);
        title.push(pen.own(
            format!("  {sign} {}", entry.status),
            status_tone(entry.status),
        ));
    }
    title
}

pub(super) fn write(
    sheet: &mut Sheet<'_>,
    entry: &EntryView,
    world: &World,
    detail: &Detail,
    asking: bool,
) {
    let explanation = detail.explanation.as_deref();
    if let Some(reason) = &entry.reason {
        let failed = entry.status == Status::Failed;
        let tone = if failed { Tone::Bad } else { Tone::Warn };
        sheet.toned("reason", reason, tone);
    }
    for wait in &entry.waits {
        waits(sheet, world, wait);
    }
    if !entry.status.is_settled() {
        sheet.due("deadline", entry.deadline);
    }
    // Where the time went is what one comes for.
    sheet.heading(text::say(text::ATTEMPTS));
    if let Some(error) = &detail.error {
        sheet.paragraph(2, error, Tone::Bad);
    }
    match explanation {
        Some(explanation) => timeline::write(sheet, entry, &explanation.attempts),
        None if asking => sheet.own(text::say(text::ASKING), Tone::Dim),
        None => {}
    }
    if let Some(it) = &entry.instance {
        sheet.heading(text::say(text::INSTANCE));
        instance::write(sheet, it);
    }
    if let Some(explanation) = explanation {
        explain(sheet, explanation);
    }
    sheet.heading(text::say(text::ENTRY));
    sheet.maybe("name", entry.name.as_deref());
    sheet.maybe("account", entry.account.as_deref());
    sheet.field("attempts", &entry.attempts.to_string());
    if entry.held {
        sheet.toned("held", text::say(text::IS_HELD), Tone::Warn);
    }
    sheet.past("accepted", entry.regist_datetime);
    sheet.past("changed", entry.changed);
}

/// What keeps it from an account, and for how long still.
fn waits(sheet: &mut Sheet<'_>, world: &World, wait: &WaitView) {
    let count = || text::and_more(usize::try_from(wait.count).unwrap_or(usize::MAX));
    let who = wait.account.as_deref().map_or_else(count, str::to_owned);
    let pen = sheet.pen();
    let words = match world.end_of(wait, pen.now).filter(|end| *end > pen.now) {
        Some(end) => format!("{} ({})", wait.message, text::left(&pen.until(end))),
        None => wait.message.clone(),
    };
    sheet.field(&crate::clean::clean(&who), &words);
}

fn explain(sheet: &mut Sheet<'_>, explanation: &ExplanationView) {
    if !explanation.passed_over.is_empty() {
        sheet.heading(text::say(text::PASSED_OVER));
        for it in &explanation.passed_over {
            sheet.field(&crate::clean::clean(&it.account), &it.reason);
        }
    }
    if explanation.spec != EntrySpec::default() {
        sheet.heading(text::say(text::ASKED_FOR));
        asked(sheet, &explanation.spec);
    }
}

fn asked(sheet: &mut Sheet<'_>, spec: &EntrySpec) {
    sheet.maybe("name", spec.name.as_deref());
    sheet.machine(&spec.machine);
    // User data often holds passwords; that it is there is enough.
    let user_data = spec.user_data.as_ref().map(|data| text::bytes(data.len()));
    sheet.maybe("user data", user_data.as_deref());
    for (key, value) in spec.metadata.iter().flatten() {
        sheet.field("metadata", &format!("{key} = {value}"));
    }
    sheet.maybe("public key", spec.public_key.as_deref());
    let key_type = spec.key_type.map(|it| it.to_string());
    sheet.maybe("key type", key_type.as_deref());
    sheet.list(
        "only accounts",
        spec.accounts.as_deref().unwrap_or_default(),
    );
    sheet.list(
        "not accounts",
        spec.avoid_accounts.as_deref().unwrap_or_default(),
    );
    let deadline = spec.deadline_seconds.map(|it| format!("{it} s"));
    sheet.maybe("deadline", deadline.as_deref());
}
