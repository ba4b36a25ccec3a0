//! What the service refuses, allows and shows, rule by rule. How the parts work together is
//! tested from outside, in `tests/suites/service`.

mod accounts;
mod entries;
pub(in crate::service) mod samples;
mod tables;
mod views;
mod waits;

use oms_proto::WireError;

/// The messages of a refusal by field, one on a line.
fn told(result: Result<(), WireError>) -> String {
    match result {
        Ok(()) => "fine".to_owned(),
        Err(error) => error
            .fields
            .iter()
            .flat_map(|(field, messages)| messages.iter().map(move |m| format!("{field}: {m}")))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}
