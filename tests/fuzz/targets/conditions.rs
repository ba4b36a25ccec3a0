//! Conditions on rows, as people type them into filters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oms_proto::columns::{ACCOUNTS, Condition, ENTRIES, EVENTS, INSTANCES};

fuzz_target!(|text: &str| {
    drop(Condition::read(text, &ENTRIES));
    drop(Condition::read(text, &INSTANCES));
    drop(Condition::read(text, &ACCOUNTS));
    drop(Condition::read(text, &EVENTS));
});
