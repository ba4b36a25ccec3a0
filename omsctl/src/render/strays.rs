//! What `gc` shows of the objects at the clouds.

use oms_proto::Time;
use oms_proto::view::ObjectView;
use serde::Serialize;

use super::record::{Cell, Column, Record, State};

/// An object at an account, or why the account could not be looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GcRow {
    account: String,
    kind: Option<String>,
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    verdict: String,
    entry: Option<String>,
    seen: Option<u32>,
    removable: Option<Time>,
    detail: Option<String>,
}

impl GcRow {
    /// An object.
    pub(crate) fn of(account: &str, object: &ObjectView) -> Self {
        Self {
            account: account.to_owned(),
            kind: Some(object.kind.clone()),
            id: Some(object.id.clone()),
            name: Some(object.name.clone()),
            status: object.status.clone(),
            verdict: object.verdict.clone(),
            entry: object.entry.map(|entry| entry.to_string()),
            seen: object.seen,
            removable: object.removable,
            detail: object.fate.clone(),
        }
    }

    /// An account that could not be looked at.
    pub(crate) fn failed(account: &str, error: &str) -> Self {
        Self {
            account: account.to_owned(),
            kind: None,
            id: None,
            name: None,
            status: None,
            verdict: "not looked at".to_owned(),
            entry: None,
            seen: None,
            removable: None,
            detail: Some(error.to_owned()),
        }
    }

    fn state(&self) -> State {
        match self.verdict.as_str() {
            "owned" => State::Good,
            "unsettled" => State::Busy,
            "other_installation" | "alien" => State::Quiet,
            _ => State::Bad,
        }
    }
}

impl Record for GcRow {
    const COLUMNS: &'static [Column] = &[
        Column::always("ACCOUNT"),
        Column::always("KIND"),
        Column::always("NAME"),
        Column::always("VERDICT"),
        Column::always("ENTRY"),
        Column::wide("ID"),
        Column::wide("STATUS"),
        Column::wide("SEEN"),
        Column::always("REMOVABLE"),
        Column::always("DETAIL"),
    ];

    fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.account.clone())
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(&self.account),
            Cell::maybe(self.kind.as_ref()),
            Cell::maybe(self.name.as_ref()),
            Cell::State(self.state(), self.verdict.clone()),
            Cell::maybe(self.entry.as_ref()),
            Cell::maybe(self.id.as_ref()),
            Cell::maybe(self.status.as_ref()),
            Cell::Text(self.seen.map(|seen| seen.to_string())),
            self.removable.map_or(Cell::Text(None), |at| {
                Cell::Dated(String::new(), at, String::new())
            }),
            Cell::prose(self.detail.as_ref()),
        ]
    }
}
