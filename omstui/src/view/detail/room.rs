//! How much room an account has: a bar a resource, of what is ours, what others have, what is free.

use oms_proto::columns::Share;
use oms_proto::view::{QuotaView, Resource, RoomView};
use ratatui::text::Span;

use super::sheet::Sheet;
use crate::clean;
use crate::tables::share_tone;
use crate::text;
use crate::theme::Tone;

/// Columns of a bar at most.
const BAR: usize = 40;
/// Columns before a bar.
const NAME: usize = 16;

pub(super) fn write(sheet: &mut Sheet<'_>, room: &RoomView) {
    sheet.heading(text::say(text::ROOM));
    for quota in &room.quotas {
        let line = line(sheet, quota);
        sheet.parts(line);
    }
    sheet.past("seen", room.seen);
}

fn line(sheet: &Sheet<'_>, quota: &QuotaView) -> Vec<Span<'static>> {
    let pen = sheet.pen();
    let unit = if quota.resource == Resource::RamMib {
        " MiB"
    } else {
        ""
    };
    let name = quota.resource.as_str().replace('_', " ");
    let mut spans = vec![pen.own(format!("  {name:<14}"), Tone::Dim)];
    let Some(limit) = quota.limit else {
        let used = quota.ours.saturating_add(quota.others);
        spans.push(pen.own(text::no_limit(used, unit), Tone::Plain));
        return spans;
    };
    let left = quota.free().unwrap_or(0);
    let words = text::room(left, limit, quota.ours, quota.others, unit);
    // Figures that are cut are other figures; a bar may go.
    let beside = NAME + 1 + clean::width(&words);
    let width = BAR.min(sheet.width().saturating_sub(beside));
    let share = Share {
        ours: quota.ours,
        others: quota.others,
        limit,
        of: quota.resource.as_str(),
    };
    let tone = share_tone(&share);
    spans.extend([
        pen.own(pen.bar(&share, width), tone),
        pen.own(format!(" {words}"), tone),
    ]);
    spans
}
