//! Where things are on screen: pure geometry that update (how far is a page?) and the views share.

use ratatui::layout::Rect;

use crate::alerts;
use crate::model::Model;
use crate::screen::View;

/// Rows of the header: connection, totals, tabs.
pub const HEADER_ROWS: u16 = 3;
/// Rows of the key hints or of the filter's line.
pub const FOOTER_ROWS: u16 = 1;
/// From this many rows of body on, a detail leaves the table visible above itself.
pub const SPLIT_ROWS: u16 = 28;

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
    /// Accounts with their health.
    pub accounts: Rect,
    /// Entries under way.
    pub active: Rect,
    /// The latest alerts.
    pub alerts: Rect,
}

/// Divides the window.
pub fn areas(model: &Model) -> Areas {
    let (columns, rows) = model.size;
    let footer_rows = FOOTER_ROWS.min(rows);
    let header_rows = HEADER_ROWS.min(rows - footer_rows);
    let body_rows = rows - footer_rows - header_rows;
    let table_rows = match model.detail {
        None => body_rows,
        Some(_) if body_rows >= SPLIT_ROWS => body_rows / 3,
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

/// Divides the overview. Accounts and alerts take what they need up to a third each, the entries
/// the rest; what does not fit even so loses its last part first.
pub fn overview(body: Rect, accounts: usize, alerts: usize) -> Overview {
    let third = (body.height / 3).max(3).min(body.height);
    // A title and headings; a title alone.
    let accounts_rows = clamped(accounts.max(1) + 2).min(third);
    let alerts_rows = clamped(alerts.max(1) + 1).min(third.min(body.height - accounts_rows));
    let active_rows = body.height - accounts_rows - alerts_rows;
    let part = |y, height| Rect {
        y: body.y + y,
        height,
        ..body
    };
    Overview {
        accounts: part(0, accounts_rows),
        active: part(accounts_rows, active_rows),
        alerts: part(accounts_rows + active_rows, alerts_rows),
    }
}

/// How many rows of the open view's table fit.
pub fn table_rows(model: &Model) -> usize {
    let table = areas(model).table;
    let (area, frame) = match model.view {
        View::Overview if table.height > 0 => {
            let alerts = alerts::alerts(&model.world).count();
            let accounts = model.world.accounts().count();
            (overview(table, accounts, alerts).active, 2)
        }
        _ => (table, 1),
    };
    usize::from(area.height.saturating_sub(frame))
}

/// How many lines of a detail fit, its title apart.
pub fn detail_rows(model: &Model) -> usize {
    usize::from(areas(model).detail.height.saturating_sub(1))
}

/// How many lines of help fit.
pub fn help_rows(model: &Model) -> usize {
    let (_, rows) = model.size;
    usize::from(rows.saturating_sub(FOOTER_ROWS + 1))
}

fn clamped(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}
