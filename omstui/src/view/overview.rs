//! The whole at a glance: accounts and their health, entries under way, the latest alerts.

use oms_proto::view::{AccountView, AlertView, EventView};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::table::{self, Window};
use super::{cut, line, queue, row_number, rule};
use crate::alerts;
use crate::clean;
use crate::layout;
use crate::model::Model;
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::{ACCOUNTS, QUEUE, events};
use crate::text;
use crate::theme::Tone;

/// Standing alerts shown at most, so that they leave room for what happens.
const STANDING_MAX: usize = 4;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let alerts: Vec<&EventView> = alerts::alerts(&model.world).collect();
    // What is in trouble comes first, since not all may fit.
    let mut accounts: Vec<&AccountView> = model.world.accounts().collect();
    accounts.sort_by_key(|account| !(ACCOUNTS.is_problem)(account));

    // What stands now comes before what happened.
    let standing = model.status.iter().flat_map(|status| &status.alerts);
    let standing: Vec<&AlertView> = standing.take(STANDING_MAX).collect();
    let areas = layout::overview(area, accounts.len(), standing.len() + alerts.len());
    draw_accounts(pen, buffer, areas.accounts, accounts);
    draw_active(model, pen, buffer, areas.active);
    draw_alerts(pen, buffer, areas.alerts, &standing, &alerts);
}

fn draw_accounts(pen: &Pen<'_>, buffer: &mut Buffer, area: Rect, mut accounts: Vec<&AccountView>) {
    let below = below(area);
    let all = accounts.len();
    accounts.truncate(table::rows_in(below));
    title(pen, buffer, area, text::ACCOUNTS, accounts.len(), all);
    let window = Window {
        items: accounts,
        cursor: None,
        sort: None,
        empty: text::NO_ACCOUNTS,
    };
    table::draw(pen, buffer, below, &ACCOUNTS, &window);
}

fn draw_active(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    let below = below(area);
    let pane = model.panes.get(View::Overview);
    let items = queue::entries(model, pane, table::rows_in(below));
    title(pen, buffer, area, text::ACTIVE, items.len(), pane.all);
    let window = Window::of(pane, items, text::NOTHING_ACTIVE);
    table::draw(pen, buffer, below, &QUEUE, &window);
}

fn draw_alerts(
    pen: &Pen<'_>,
    buffer: &mut Buffer,
    area: Rect,
    standing: &[&AlertView],
    alerts: &[&EventView],
) {
    let all = standing.len() + alerts.len();
    let shown = all.min(usize::from(below(area).height));
    title(pen, buffer, area, text::ALERTS, shown, shown);
    if all == 0 {
        let nothing = format!("  {}", text::NO_ALERTS);
        line(buffer, area, 1, pen.own(nothing, Tone::Dim).into());
    }
    let standing = standing.iter().map(|it| stands(pen, area, it));
    let happened = alerts.iter().map(|event| alert(pen, area, event));
    for (index, it) in standing.chain(happened).enumerate() {
        line(buffer, area, row_number(index + 1), it);
    }
}

/// An alert that stands until what it tells of is over.
fn stands(pen: &Pen<'_>, area: Rect, alert: &AlertView) -> Line<'static> {
    let tone = Tone::Bad;
    let age = alert
        .since
        .map_or_else(|| text::NONE.to_owned(), |at| pen.age(at));
    let start = format!("  {} {age:>6} ", pen.glyphs.tone(tone));
    let place = cut(pen, alert.account.as_deref().unwrap_or(text::NONE), 20);
    let used = clean::width(&start) + clean::width(&place) + 2;
    let room = usize::from(area.width).saturating_sub(used);
    Line::from(vec![
        pen.own(start, tone),
        pen.own(place, Tone::Accent),
        Span::raw("  "),
        pen.own(cut(pen, &alert.message, room), Tone::Plain),
    ])
}

fn alert(pen: &Pen<'_>, area: Rect, event: &EventView) -> Line<'static> {
    let tone = events::tone(event);
    let place = match (event.entry, &event.account) {
        (Some(entry), Some(account)) => format!("{entry} {account}"),
        (Some(entry), None) => entry.to_string(),
        (None, Some(account)) => account.clone(),
        (None, None) => text::NONE.to_owned(),
    };
    let start = format!("  {} {:>6} ", pen.glyphs.tone(tone), pen.age(event.at));
    let place = cut(pen, &place, 20);
    let used = clean::width(&start) + clean::width(&place) + 2;
    let room = usize::from(area.width).saturating_sub(used);
    Line::from(vec![
        pen.own(start, tone),
        pen.own(place, Tone::Accent),
        Span::raw("  "),
        pen.own(cut(pen, &event.message, room), Tone::Plain),
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
