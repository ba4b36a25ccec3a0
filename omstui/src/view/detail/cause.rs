//! Something that is wrong now.

use super::sheet::Sheet;
use crate::row::Cause;

pub(super) fn write(sheet: &mut Sheet<'_>, cause: &Cause) {
    sheet.toned("what", &cause.key.kind, cause.tone);
    sheet.maybe("account", cause.key.account.as_deref());
    let entry = cause.key.entry.map(|id| id.to_string());
    sheet.maybe("entry", entry.as_deref());
    sheet.field("count", &cause.count.to_string());
    if let Some(since) = cause.since {
        sheet.past("since", since);
    }
    if let Some(until) = cause.until {
        sheet.due("until", until);
    }
    sheet.field("why", &cause.message);
}
