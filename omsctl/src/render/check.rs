//! What `doctor` shows of each thing that it looked at.

use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use serde::Serialize;

use super::record::Record;

/// What was found of one thing.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    #[serde(rename = "check")]
    what: &'static str,
    result: &'static str,
    detail: String,
    advice: Option<String>,
}

impl Check {
    /// It is as it should be.
    pub(crate) fn ok(what: &'static str, detail: impl Into<String>) -> Self {
        Self::new(what, "ok", detail, "")
    }

    /// Somebody may want to look.
    pub(crate) fn warn(what: &'static str, detail: impl Into<String>, advice: &str) -> Self {
        Self::new(what, "warn", detail, advice)
    }

    /// It is to be mended.
    pub(crate) fn bad(what: &'static str, detail: impl Into<String>, advice: &str) -> Self {
        Self::new(what, "BAD", detail, advice)
    }

    fn new(
        what: &'static str,
        result: &'static str,
        detail: impl Into<String>,
        advice: &str,
    ) -> Self {
        Self {
            what,
            result,
            detail: detail.into(),
            advice: Some(advice.to_owned()).filter(|advice| !advice.is_empty()),
        }
    }

    /// This and what else was found of the same thing, as one row.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if severity(other.result) > severity(self.result) {
            self.result = other.result;
        }
        self.detail = format!("{}; {}", self.detail, other.detail);
        let advice: Vec<String> = self.advice.into_iter().chain(other.advice).collect();
        self.advice = Some(advice.join("; ")).filter(|advice| !advice.is_empty());
        self
    }

    /// Whether it is to be mended.
    pub(crate) fn is_bad(&self) -> bool {
        self.tone() == Tone::Bad
    }

    fn tone(&self) -> Tone {
        match self.result {
            "ok" => Tone::Good,
            "warn" => Tone::Warn,
            _ => Tone::Bad,
        }
    }
}

/// How much is to be done about it.
fn severity(result: &str) -> u8 {
    match result {
        "ok" => 0,
        "warn" => 1,
        _ => 2,
    }
}

/// A column of its table.
type Row = Column<Check>;

impl Record for Check {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Row::new("check", "CHECK", Kind::Text, |it, _| Value::text(it.what)),
            Row::new("result", "RESULT", Kind::State, |it, _| {
                Value::state(it.tone(), 0, it.result)
            }),
            Row::new("detail", "DETAIL", Kind::Prose, |it, _| {
                let advice = it.advice.iter().map(|advice| format!("; {advice}"));
                Value::Prose(Some(
                    format!("{}{}", it.detail, advice.collect::<String>()).into(),
                ))
            }),
        ],
        tone: |it, _| it.tone(),
    };

    const IS_READ: bool = true;

    fn name(&self) -> String {
        self.what.to_owned()
    }
}
