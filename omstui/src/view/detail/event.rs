//! An event of the journal.

use oms_proto::view::EventView;

use super::sheet::Sheet;
use crate::tables::tone;

pub(super) fn write(sheet: &mut Sheet<'_>, event: &EventView) {
    let meaning = tone((oms_proto::columns::EVENTS.tone)(event, sheet.pen().now));
    sheet.toned("kind", event.kind.as_str(), meaning);
    sheet.field("severity", event.severity.as_str());
    sheet.past("at", event.at);
    let entry = event.entry.map(|id| id.to_string());
    sheet.maybe("entry", entry.as_deref());
    let attempt = event.attempt.map(|id| id.to_string());
    sheet.maybe("attempt", attempt.as_deref());
    sheet.maybe("account", event.account.as_deref());
    sheet.field("by", &event.by.to_string());
    sheet.field("message", &event.message);
}
