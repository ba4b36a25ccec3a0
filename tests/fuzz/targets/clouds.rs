//! Files that people import accounts from: clouds.yaml, and openrc, which is read and never run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oms_clouds::{Document, openrc};

fuzz_target!(|text: &str| {
    drop(Document::parse("clouds.yaml", text));
    drop(openrc::parse("openrc", text));
});
