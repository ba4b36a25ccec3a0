//! The whole at a glance: what is wrong now, accounts and their health, entries under way, what
//! failed last.

use std::borrow::Cow;

use oms_proto::view::{AccountView, EntryView, Status};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::stroke::{cut, line, row_number, rule};
use super::table::{self, Window};
use crate::clean;
use crate::layout::{self, FAILED_MAX, Wants};
use crate::model::Model;
use crate::pen::Pen;
use crate::rates;
use crate::row::Cause;
use crate::rows;
use crate::screen::View;
use crate::tables::{ACCOUNTS, QUEUE};
use crate::text;
use crate::theme::Tone;

/// Columns for what a cause or a failure is about.
const PLACE: usize = 24;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let areas = layout::overview(area, Wants::of(model));
    draw_rates(model, pen, buffer, areas.rates);
    draw_causes(model, pen, buffer, areas.causes);
    draw_accounts(model, pen, buffer, areas.accounts);
    draw_active(model, pen, buffer, areas.active);
    draw_failed(model, pen, buffer, areas.failed);
}

/// A small bar a minute for what happened lately.
fn draw_rates(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let heights = pen.glyphs.heights();
    let lately = format!(" {} ", text::say(text::LATELY));
    let rates = rates::rates(&model.world, pen.now);
    if rates.iter().any(|rate| rate.total() > 0) {
        pen.again_in(rates::next_minute(pen.now));
    }
    let words = rates
        .iter()
        .map(|rate| format!("  {} {} ", text::say(rate.word), rate.total()));
    let words: Vec<String> = words.collect();
    let taken: usize = words.iter().map(|word| clean::width(word)).sum();
    let room = usize::from(area.width).saturating_sub(clean::width(&lately) + taken + 1);
    // The latest minutes are what fits.
    let shown = (room / rates.len()).min(rates::MINUTES);
    let mut spans = vec![pen.own(lately, Tone::Dim)];
    for (rate, words) in rates.iter().zip(words) {
        let highest = rate.minutes.iter().copied().max().unwrap_or(0).max(1);
        let bar = |count: &u32| {
            let height = usize::try_from(count * 7 / highest).unwrap_or(7);
            heights.get(height).copied().unwrap_or_default()
        };
        let tone = match (rate.total(), rate.bad) {
            (0, _) => Tone::Dim,
            (_, true) => Tone::Bad,
            (_, false) => Tone::Good,
        };
        let minutes = rate.minutes.iter().skip(rates::MINUTES - shown);
        let bars: String = minutes.map(bar).collect();
        spans.push(pen.own(words, Tone::Plain));
        spans.push(pen.own(bars, tone));
    }
    line(buffer, area, 0, Line::from(spans));
}

fn draw_causes(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let all = model.causes.len();
    let shown = all.min(usize::from(below(area).height));
    title(pen, buffer, area, text::say(text::CAUSES), shown, all);
    for (index, cause) in model.causes.iter().take(shown).enumerate() {
        line(
            buffer,
            area,
            row_number(index + 1),
            stands(pen, area, cause),
        );
    }
}

/// Something that is wrong: what it is about, how often, how long still, why.
fn stands(pen: &Pen<'_>, area: Rect, cause: &Cause) -> Line<'static> {
    let left = match (cause.until, cause.since) {
        (Some(until), _) => text::left(&pen.until(until)),
        (None, Some(since)) => text::since(&pen.age(since)),
        (None, None) => String::new(),
    };
    let place = match (&cause.key.account, cause.key.entry) {
        (Some(account), _) => format!("{account} {}", cause.key.kind),
        (None, Some(entry)) => format!("entry {entry} {}", cause.key.kind),
        (None, None) => cause.key.kind.clone(),
    };
    let count = match cause.count {
        0 | 1 => String::new(),
        more => text::times(more),
    };
    let sign = pen.glyphs.tone(cause.tone);
    let start = format!("  {sign} {left:>10} {count:>5} ");
    told(pen, area, start, &place, &cause.message, cause.tone)
}

fn draw_accounts(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    // What is in trouble comes first, since not all may fit.
    let mut accounts: Vec<&AccountView> = model.world.accounts().collect();
    accounts.sort_by_key(|account| !ACCOUNTS.is_problem(account, pen.now));
    let below = below(area);
    let all = accounts.len();
    let mut seen = Vec::new();
    let scratch = pen.scratch();
    for account in &accounts {
        rows::measure(&mut seen, &ACCOUNTS, account, &scratch);
    }
    accounts.truncate(table::rows_in(below));
    title(
        pen,
        buffer,
        area,
        text::say(text::ACCOUNTS),
        accounts.len(),
        all,
    );
    let window = Window {
        lasts: accounts
            .iter()
            .map(|account| rows::account_lasts(account, pen.now))
            .collect(),
        marked: Vec::new(),
        items: accounts.into_iter().map(Cow::Borrowed).collect(),
        cursor: None,
        sort: None,
        seen,
        shift: 0,
        wide: false,
        empty: text::say(text::NO_ACCOUNTS).to_owned(),
    };
    table::draw(pen, buffer, below, &ACCOUNTS, &window);
}

fn draw_active(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let below = below(area);
    let pane = model.panes.get(View::Overview);
    let visible = table::rows_in(below);
    let entry = |row: &_| rows::entry_of(model, row);
    let window = Window::of(
        model,
        pane,
        visible,
        entry,
        false,
        text::say(text::NOTHING_ACTIVE),
    );
    title(
        pen,
        buffer,
        area,
        text::say(text::ACTIVE),
        window.items.len(),
        pane.all(),
    );
    table::draw(pen, buffer, below, &QUEUE, &window);
}

fn draw_failed(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let shown = FAILED_MAX.min(usize::from(below(area).height));
    let all = model.world.total(Status::Failed);
    title(
        pen,
        buffer,
        area,
        text::say(text::FAILED),
        shown.min(all),
        all,
    );
    for (index, entry) in model.world.failed().take(shown).enumerate() {
        line(
            buffer,
            area,
            row_number(index + 1),
            failed(pen, area, &entry),
        );
    }
}

fn failed(pen: &Pen<'_>, area: Rect, entry: &EntryView) -> Line<'static> {
    let sign = pen.glyphs.tone(Tone::Bad);
    let age = text::since(&pen.age(entry.changed));
    let start = format!("  {sign} {age:>10} {:>5} ", "");
    let name = entry.name.as_deref().unwrap_or(text::NONE);
    let place = format!("entry {} {name}", entry.id);
    let reason = entry.reason.as_deref().unwrap_or(text::NONE);
    told(pen, area, start, &place, reason, Tone::Bad)
}

fn told(
    pen: &Pen<'_>,
    area: Rect,
    start: String,
    place: &str,
    message: &str,
    tone: Tone,
) -> Line<'static> {
    let width = PLACE.min(usize::from(area.width) / 3);
    let place = cut(pen, place, width);
    let padding = width.saturating_sub(clean::width(&place)) + 1;
    let used = clean::width(&start) + width + 1;
    let room = usize::from(area.width).saturating_sub(used);
    Line::from(vec![
        pen.own(start, tone),
        pen.own(place, Tone::Accent),
        Span::raw(" ".repeat(padding)),
        pen.own(cut(pen, message, room), Tone::Plain),
    ])
}

fn title(
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    area: Rect,
    words: &'static str,
    shown: usize,
    all: usize,
) {
    let title = vec![
        pen.own(words, Tone::Title),
        pen.own(format!(" {}", text::shown_of(shown, all)), Tone::Dim),
    ];
    rule(buffer, area, 0, pen, title);
}

fn below(area: Rect) -> Rect {
    let title = area.height.min(1);
    Rect {
        y: area.y + title,
        height: area.height - title,
        ..area
    }
}
