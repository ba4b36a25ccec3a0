//! How much room an account has: a bar a resource, of what is ours, what others have, what is free.

use oms_proto::view::{QuotaView, Resource, RoomView};
use ratatui::text::Span;

use super::sheet::Sheet;
use crate::clean;
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
    let (ours, others) = (
        part(quota.ours, limit, width),
        part(quota.others, limit, width),
    );
    let others = others.min(width.saturating_sub(ours));
    let free = width.saturating_sub(ours + others);
    let (full, empty) = pen.glyphs.bar();
    let tone = match left {
        0 => Tone::Bad,
        left if left.saturating_mul(10) <= limit => Tone::Warn,
        _ => Tone::Good,
    };
    spans.extend([
        pen.own(full.repeat(ours), tone),
        pen.own(pen.glyphs.others().repeat(others), Tone::Dim),
        pen.own(empty.repeat(free), Tone::Dim),
        pen.own(format!(" {words}"), tone),
    ]);
    spans
}

/// How many columns of a bar something takes; what is there at all takes one.
fn part(amount: u64, limit: u64, width: usize) -> usize {
    let columns = u64::try_from(width).unwrap_or(u64::MAX);
    let filled = amount
        .saturating_mul(columns)
        .checked_div(limit)
        .unwrap_or(columns);
    let filled = usize::try_from(filled).unwrap_or(width).min(width);
    filled.max(usize::from(amount > 0)).min(width)
}
