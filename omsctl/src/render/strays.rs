//! What `gc` shows of the objects at the clouds.

use oms_proto::Time;
use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use oms_proto::view::{ObjectKind, ObjectView, Verdict};
use serde::Serialize;

use super::record::Record;

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
    tone: Tone,
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
            tone: tone(object.verdict),
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
            tone: Tone::Bad,
            entry: None,
            seen: None,
            removable: None,
            detail: Some(error.to_owned()),
        }
    }
}

/// What a verdict means, for its colour.
const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Owned => Tone::Good,
        Verdict::Unsettled => Tone::Busy,
        Verdict::OtherInstallation | Verdict::Alien => Tone::Quiet,
        Verdict::Stray
        | Verdict::FromAhead
        | Verdict::Stranger
        | Verdict::Missing
        | Verdict::Unknown => Tone::Bad,
    }
}

/// A column of its table.
type Row = Column<GcRow>;

impl Record for GcRow {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Row::new("account", "ACCOUNT", Kind::Text, |it, _| {
                Value::text(&it.account)
            }),
            Row::new("kind", "KIND", Kind::Text, |it, _| {
                Value::Text(it.kind.map(|kind| kind.as_str().into()))
            }),
            Row::new("name", "NAME", Kind::Text, |it, _| {
                Value::maybe(it.name.as_ref())
            }),
            Row::new("verdict", "VERDICT", Kind::State, |it, _| {
                Value::state(it.tone, 0, it.verdict)
            }),
            Row::new("entry", "ENTRY", Kind::Text, |it, _| {
                Value::maybe(it.entry.as_ref())
            }),
            Row::new("id", "ID", Kind::Text, |it, _| Value::maybe(it.id.as_ref())).wide(),
            Row::new("status", "STATUS", Kind::Text, |it, _| {
                Value::maybe(it.status.as_ref())
            })
            .wide(),
            Row::new("seen", "SEEN", Kind::Number, |it, _| {
                Value::Number(it.seen.map(Into::into))
            })
            .wide(),
            Row::new("removable", "REMOVABLE", Kind::Age, |it, _| {
                Value::Age(it.removable)
            })
            .spare(1),
            Row::new("detail", "DETAIL", Kind::Prose, |it, _| {
                Value::prose(it.detail.as_ref())
            }),
        ],
        tone: |it, _| it.tone,
    };

    fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| self.account.clone())
    }
}
