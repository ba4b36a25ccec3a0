//! Where things are on screen: pure geometry that update (how far is a page?) and the views share.

use oms_proto::view::Status;
use ratatui::layout::Rect;

use crate::model::Model;
use crate::screen::View;

/// Rows of the header: connection, totals, tabs.
pub const HEADER_ROWS: u16 = 3;
/// Rows of the key hints or of the filter's line.
pub const FOOTER_ROWS: u16 = 1;
/// From this many rows of body on, a detail leaves the table visible above itself.
pub const SPLIT_ROWS: u16 = 28;

/// From this many columns on, columns are shown that are for whoever wants much.
pub const WIDE_COLUMNS: u16 = 180;

/// The parts of the window. Any of them may be empty in a small one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// Connection, totals, tabs.
    pub header: Rect,
    /// The open view's table, headings included.
    pub table: Rect,
    /// The detail, empty unless one is open.
    pub detail: Rect,
    /// Key hints or the filter's line.
    pub footer: Rect,
}

/// The parts of the overview's body, title and headings included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview {
    /// How often things happened lately; empty in a low window.
    pub rates: Rect,
    /// What is wrong now.
    pub causes: Rect,
    /// Accounts with their health.
    pub accounts: Rect,
    /// Entries under way.
    pub active: Rect,
    /// What failed last.
    pub failed: Rect,
}

/// Divides the window.
pub fn areas(model: &Model) -> Areas {
    let (columns, rows) = model.size;
    let footer_rows = FOOTER_ROWS.min(rows);
    let header_rows = HEADER_ROWS.min(rows - footer_rows);
    let body_rows = rows - footer_rows - header_rows;
    let table_rows = match model.detail {
        None => body_rows,
        // No more than there are rows, so that none of it is empty.
        Some(_) if body_rows >= SPLIT_ROWS => {
            let rows = clamped(model.pane().rows.len().max(1) + 1);
            rows.min(body_rows / 3)
        }
        Some(_) => 0,
    };
    let part = |y, height| Rect::new(0, y, columns, height);
    Areas {
        header: part(0, header_rows),
        table: part(header_rows, table_rows),
        detail: part(header_rows + table_rows, body_rows - table_rows),
        footer: part(header_rows + body_rows, footer_rows),
    }
}

/// How many rows each part of the overview would show if there were room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wants {
    /// Things that are wrong now.
    pub causes: usize,
    /// Accounts.
    pub accounts: usize,
    /// Entries under way.
    pub active: usize,
    /// Entries that failed.
    pub failed: usize,
}

impl Wants {
    /// What there is.
    pub fn of(model: &Model) -> Self {
        Self {
            causes: model.causes.len(),
            accounts: model.world.accounts().count(),
            active: model.panes.get(View::Overview).rows.len(),
            failed: model.world.total(Status::Failed).min(FAILED_MAX),
        }
    }
}

/// From this many rows of body on, the overview has a line of rates.
const RATES_ROWS: u16 = 16;

/// Failed entries that the overview shows at most; the queue has them all.
pub const FAILED_MAX: usize = 8;

/// Divides the overview. Each part takes what it needs, up to a fair share of what is left; what
/// the others leave over goes to who needs it, and the rest to the entries under way. Parts for
/// which nothing is left, or which have nothing to show, are empty; of those only the accounts and
/// the entries under way say so.
pub fn overview(body: Rect, wants: Wants) -> Overview {
    let rates = Rect {
        height: u16::from(body.height >= RATES_ROWS),
        ..body
    };
    let body = Rect {
        y: body.y + rates.height,
        height: body.height - rates.height,
        ..body
    };
    // A title, and headings where it is a table.
    let frames = [
        u16::from(wants.causes != 0),
        2,
        2,
        u16::from(wants.failed != 0),
    ];
    let needs = [
        wants.causes,
        wants.accounts.max(1),
        wants.active.max(1),
        wants.failed,
    ];
    let needs: Vec<u16> = needs.iter().map(|rows| clamped(*rows)).collect();
    let mut rows = [0_u16; 4];
    let mut left = body.height.saturating_sub(frames.iter().sum());
    // A row at a time to whoever has least of what still needs one: a small part is whole before
    // a large one takes more than its share.
    while left > 0 {
        let wanting = (0..4).filter(|part| rows.get(*part) < needs.get(*part));
        let Some(least) = wanting.min_by_key(|part| rows.get(*part)) else {
            break;
        };
        if let Some(rows) = rows.get_mut(least) {
            *rows += 1;
        }
        left -= 1;
    }
    let [_, _, active, _] = &mut rows;
    *active += left;
    let mut y = 0;
    let mut part = |rows: u16, frame: u16| {
        let height = rows + frame;
        let height = height.min(body.height.saturating_sub(y));
        let part = Rect {
            y: body.y + y,
            height,
            ..body
        };
        y += height;
        part
    };
    let [causes, accounts, active, failed] = rows;
    let [causes_frame, accounts_frame, active_frame, failed_frame] = frames;
    Overview {
        rates,
        causes: part(causes, causes_frame),
        accounts: part(accounts, accounts_frame),
        active: part(active, active_frame),
        failed: part(failed, failed_frame),
    }
}

/// How many rows of the open view's table fit.
pub fn table_rows(model: &Model) -> usize {
    let table = areas(model).table;
    let (area, frame) = match model.view {
        View::Overview if table.height > 0 => (overview(table, Wants::of(model)).active, 2),
        _ => (table, 1),
    };
    usize::from(area.height.saturating_sub(frame))
}

/// Whether columns are shown that are for whoever wants much: asked for, or there is room.
pub fn is_wide(model: &Model) -> bool {
    model.pane().wide || model.size.0 >= WIDE_COLUMNS
}

/// How many lines of a detail fit, its title apart.
pub fn detail_rows(model: &Model) -> usize {
    usize::from(areas(model).detail.height.saturating_sub(1))
}

/// How many lines of a page over the whole window fit.
pub fn page_rows(model: &Model) -> usize {
    let (_, rows) = model.size;
    usize::from(rows.saturating_sub(FOOTER_ROWS + 1))
}

/// How many columns of such a page there are for text.
pub fn page_columns(model: &Model) -> usize {
    let (columns, _) = model.size;
    usize::from(columns).saturating_sub(2)
}

fn clamped(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}
