//! An account: health, blocks, the last failure, how it signs in and what entries get there.

use oms_proto::columns::account_word;
use oms_proto::spec::Window;
use oms_proto::view::{AccountView, BlockView, LessonsView};
use ratatui::text::Span;

use super::attempt::failure_words;
use super::room;
use super::sheet::Sheet;
use crate::pen::Pen;
use crate::tables::accounts::tone;
use crate::text;
use crate::theme::{Tone, status_tone};
use crate::world::World;

/// Entries of an account that are told one by one.
const ENTRIES_MAX: usize = 10;

pub(super) fn title(
    pen: &Pen<'_>,
    name: &str,
    account: Option<&AccountView>,
) -> Vec<Span<'static>> {
    let mut title = vec![
        pen.own(text::titled("Account", ""), Tone::Title),
        pen.foreign(name, Tone::Title),
    ];
    if let Some(account) = account {
        let tone = tone(account, pen.now);
        let word = account_word(account, pen.now);
        title.push(pen.own(format!("  {} {word}", pen.glyphs.tone(tone)), tone));
    }
    title
}

pub(super) fn write(sheet: &mut Sheet<'_>, account: &AccountView, world: &World) {
    if let Some(reason) = &account.reason {
        let now = sheet.pen().now;
        sheet.toned("reason", reason, tone(account, now));
    }
    sheet.field(
        "servers",
        &format!(
            "{} building, {} running, {} being removed",
            account.building, account.running, account.removing
        ),
    );
    let boot = account.boot_seconds.map(|seconds| format!("{seconds} s"));
    sheet.field(
        "boot time",
        boot.as_deref().unwrap_or(text::say(text::NOT_KNOWN)),
    );
    match account.last_success {
        Some(at) => sheet.past("last success", at),
        None => sheet.field("last success", text::say(text::NEVER)),
    }
    if let Some(it) = &account.room {
        room::write(sheet, it);
    }
    entries(sheet, account, world);
    if !account.blocks.is_empty() {
        sheet.heading(text::say(text::BLOCKS));
        // What still stands comes first.
        let now = sheet.pen().now;
        let mut blocks: Vec<&BlockView> = account.blocks.iter().collect();
        blocks.sort_by_key(|block| (block.until <= now, block.until));
        for block in blocks {
            let over = block.until <= now;
            let tone = if over { Tone::Dim } else { Tone::Warn };
            sheet.toned("scope", &block.scope, tone);
            if over {
                sheet.field("until", text::say(text::BLOCK_OVER));
            } else {
                sheet.due("until", block.until);
            }
            sheet.field("failures", &block.failures.to_string());
            sheet.field("reason", &block.reason);
        }
    }
    for window in &account.maintenance {
        maintenance(sheet, window);
    }
    if !account.offerings.is_empty() {
        sheet.heading(text::say(text::LEARNED));
        for it in &account.offerings {
            let zone = it.availability_zone.as_deref().unwrap_or("any");
            sheet.field(
                &format!("{zone}/{}", crate::clean::clean(&it.flavor)),
                &learned(it),
            );
        }
    }
    if let Some(failure) = &account.last_failure {
        sheet.heading(text::say(text::LAST_FAILURE));
        sheet.past("at", failure.at);
        sheet.paragraph(2, &failure_words(failure), Tone::Bad);
    }
    sign_in(sheet, account);
    sheet.heading(text::say(text::DEFAULTS));
    // Without these two no entry that leaves them out is placed there.
    let defaults = &account.defaults;
    for (label, value) in [("image", &defaults.image), ("flavor", &defaults.flavor)] {
        if value.is_none() {
            sheet.field(label, text::NONE);
        }
    }
    sheet.machine(defaults);
}

/// The latest entries there, with what they got.
fn entries(sheet: &mut Sheet<'_>, account: &AccountView, world: &World) {
    let all = [account.building, account.running, account.removing];
    let all: usize = all
        .into_iter()
        .filter_map(|it| usize::try_from(it).ok())
        .sum();
    let entries = world.entries_at(&account.name, ENTRIES_MAX);
    if entries.is_empty() {
        return;
    }
    sheet.heading(text::say(text::ENTRIES_HERE));
    for entry in &entries {
        let pen = sheet.pen();
        let instance = entry.instance.as_ref();
        let name = instance.map(|it| &it.name).or(entry.name.as_ref());
        let address = instance.and_then(|it| it.ip_addr.as_deref());
        let sign = pen.glyphs.status(entry.status);
        let parts = vec![
            pen.own(format!("  {:>6} ", entry.id), Tone::Dim),
            pen.own(
                format!("{sign} {:<8} ", entry.status.as_str()),
                status_tone(entry.status),
            ),
            pen.own(format!("{:>6} ", pen.age(entry.changed)), Tone::Dim),
            pen.foreign(name.map_or(text::NONE, String::as_str), Tone::Plain),
            pen.own("  ", Tone::Plain),
            pen.foreign(address.unwrap_or_default(), Tone::Dim),
        ];
        sheet.parts(parts);
    }
    if let Some(more) = all.checked_sub(entries.len()).filter(|more| *more > 0) {
        let more = format!(
            "{}  {}",
            text::and_more(more),
            text::say(text::ENTER_FOR_ALL)
        );
        sheet.paragraph(2, &more, Tone::Dim);
    }
}

fn sign_in(sheet: &mut Sheet<'_>, account: &AccountView) {
    sheet.heading(text::say(text::SIGN_IN));
    sheet.field("provider", &account.provider);
    sheet.field("auth URL", &account.auth_url);
    sheet.maybe("region", account.region_name.as_deref());
    sheet.field("by", account.auth_type.as_str());
    sheet.maybe("user", account.username.as_deref());
    sheet.maybe("user id", account.user_id.as_deref());
    sheet.maybe("credential", account.application_credential.as_deref());
    sheet.maybe("project", account.tenant_name.as_deref());
    sheet.maybe("project id", account.tenant_id.as_deref());
    sheet.field("interface", account.interface.as_str());
    sheet.field("trusts", account.trust.as_str());
    sheet.maybe("proxy", account.proxy.as_deref());
    sheet.maybe("compute at", account.endpoints.compute.as_deref());
    sheet.maybe("image at", account.endpoints.image.as_deref());
    sheet.maybe("network at", account.endpoints.network.as_deref());
    if account.client_certificate {
        sheet.field("shows", text::say(text::CLIENT_CERTIFICATE));
    }
    sheet.field("identity API", &account.version.to_string());
    sheet.field("priority", &account.priority.to_string());
}

fn maintenance(sheet: &mut Sheet<'_>, window: &Window) {
    sheet.heading(text::say(text::MAINTENANCE));
    let now = sheet.pen().now;
    if window.covers(now) {
        sheet.toned("in force", "takes no entries", Tone::Warn);
        sheet.past("since", window.from);
    } else {
        sheet.due("from", window.from);
    }
    match window.until {
        Some(until) => sheet.due("until", until),
        None => sheet.field("until", text::say(text::UNTIL_ENDED)),
    }
    if window.drain {
        sheet.field("drains", text::say(text::DRAINS));
    }
    if !window.reason.is_empty() {
        sheet.field("reason", &window.reason);
    }
}

/// What the launches of an offering have taught, in one sentence.
fn learned(offering: &LessonsView) -> String {
    let mut parts = vec![text::boots(offering.boots)];
    if let Some(median) = offering.boot_seconds {
        parts.push(format!("median {median} s"));
    }
    if let Some(slow) = offering.slow_boot_seconds {
        parts.push(format!("p95 {slow} s"));
    }
    if let Some(budget) = offering.budget {
        parts.push(format!("{budget} at once after failures"));
    }
    parts.join(", ")
}
