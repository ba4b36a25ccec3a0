//! What `gc` shows of the objects at the clouds.

use oms_proto::Time;
use oms_proto::view::{ObjectKind, ObjectView, Verdict};
use serde::Serialize;

use super::record::{Cell, Column, Record, State};

/// An object at an account, or why the account could not be looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GcRow {
    account: String,
    kind: Option<ObjectKind>,
    id: Option<String>,
    name: Option<String>,
    status: Option<String>,
    verdict: &'static str,
    #[serde(skip)]
    state: State,
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
            kind: Some(object.kind),
            id: Some(object.id.clone()),
            name: Some(object.name.clone()),
            status: object.status.clone(),
            verdict: object.verdict.as_str(),
            state: state(object.verdict),
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
            verdict: "not looked at",
            state: State::Bad,
            entry: None,
            seen: None,
            removable: None,
            detail: Some(error.to_owned()),
        }
    }
}

/// What a verdict means, for its colour.
const fn state(verdict: Verdict) -> State {
    match verdict {
        Verdict::Owned => State::Good,
        Verdict::Unsettled => State::Busy,
        Verdict::OtherInstallation | Verdict::Alien => State::Quiet,
        Verdict::Stray
        | Verdict::FromAhead
        | Verdict::Stranger
        | Verdict::Missing
        | Verdict::Unknown => State::Bad,
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
            Cell::Text(self.kind.map(|kind| kind.to_string())),
            Cell::maybe(self.name.as_ref()),
            Cell::State(self.state, self.verdict.to_owned()),
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
