//! The store through its door: round trips, frozen bytes, power cuts, files that are not right.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "test code outside of test functions"
)]

mod bad_files;
mod copies;
mod disk;
mod frozen;
mod holds;
mod power;
mod round_trip;
mod worlds;

use std::path::PathBuf;

use omsd::store::StoreOptions;
use tempfile::TempDir;

const INSTALLATION: &str = "5f0c8a3e-6f1d-4a0e-9a51-0d8e4d3c2b1a";

/// A path where a database may be made; it goes away with the directory.
fn database() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("omsd.redb");
    (home, path)
}

fn options() -> StoreOptions {
    StoreOptions::new(INSTALLATION, *b"check")
}
