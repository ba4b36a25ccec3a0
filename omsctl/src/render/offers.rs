//! What the cloud of an account offers, a row a thing.

use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use oms_proto::view::OffersView;
use serde::Serialize;

use super::record::Record;

/// One thing that there is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OfferRow {
    kind: &'static str,
    name: String,
}

impl OfferRow {
    /// All of them, kind by kind.
    pub(super) fn of(offers: &OffersView) -> Vec<Self> {
        let OffersView {
            account: _,
            images,
            flavors,
            networks,
            security_groups,
            availability_zones,
        } = offers;
        let kinds = [
            ("image", images),
            ("flavor", flavors),
            ("network", networks),
            ("security-group", security_groups),
            ("zone", availability_zones),
        ];
        let rows = kinds.into_iter().flat_map(|(kind, names)| {
            let names = names.iter().cloned();
            names.map(move |name| Self { kind, name })
        });
        rows.collect()
    }
}

/// A column of its table.
type Row = Column<OfferRow>;

impl Record for OfferRow {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Row::new("kind", "KIND", Kind::Text, |it, _| Value::text(it.kind)),
            Row::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name)).width(8, 255),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.name.clone()
    }
}
