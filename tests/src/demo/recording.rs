//! A recording of what the daemon tells a dashboard, which tests of the dashboard play again.
//!
//! A line an item: when it came, in microseconds since 1970, and its bytes as on the wire, in base64.
//! Private keys are left out: they open nothing that there is, but a key in a file is a key in a file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oms_proto::client::Subscription;
use oms_proto::{Change, StreamItem, codec};
use omstui::kept::without_key;
use omstui::runtime::wall_clock;
use tokio::task::JoinHandle;

/// Writes down what comes from now on, until the daemon ends.
pub(super) fn begin(mut news: Subscription, path: &Path) -> anyhow::Result<JoinHandle<()>> {
    let file = File::create(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(tokio::spawn(async move {
        while let Some(Ok(item)) = news.next().await {
            let Ok(bytes) = codec::encode(&keyless(item)) else {
                break;
            };
            let line = format!("{} {}\n", wall_clock().0, STANDARD.encode(bytes));
            if file.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
    }))
}

fn keyless(item: StreamItem) -> StreamItem {
    let change = |change| match change {
        Change::Entry(entry) => Change::Entry(Box::new(without_key(*entry))),
        other => other,
    };
    match item {
        StreamItem::Snapshot(mut snapshot) => {
            snapshot.entries = snapshot.entries.into_iter().map(without_key).collect();
            StreamItem::Snapshot(snapshot)
        }
        StreamItem::Event(mut told) => {
            told.change = told.change.map(change);
            StreamItem::Event(told)
        }
        StreamItem::Changed(changed) => StreamItem::Changed(change(changed)),
        other => other,
    }
}
