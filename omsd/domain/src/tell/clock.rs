//! Times in words.

use oms_proto::Time;

/// A time to the second.
pub fn clock(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.')
        .map_or_else(|| text.clone(), |(second, _)| format!("{second}Z"))
}
