//! Times in words.

use std::time::Duration;

use oms_proto::Time;

/// A time to the second.
pub fn clock(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.')
        .map_or_else(|| text.clone(), |(second, _)| format!("{second}Z"))
}

/// How long something lasts, in its largest unit but for what a smaller one tells better. It stands in
/// texts in place of a time of day: those who read them have clocks of their own, in their own zone.
pub fn span(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = duration.as_secs();
    let rounded = |unit: u64| seconds.saturating_add(unit / 2) / unit;
    if seconds < 2 * MINUTE {
        format!("{seconds} s")
    } else if seconds < 2 * HOUR {
        format!("{} m", rounded(MINUTE))
    } else if seconds < 2 * DAY {
        format!("{} h", rounded(HOUR))
    } else {
        format!("{} d", rounded(DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_the_unit_that_tells_it_best() {
        let told = [0, 30, 119, 120, 151, 7_199, 7_200, 172_799, 172_800];
        let told = told.map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(
            told,
            [
                "0 s", "30 s", "119 s", "2 m", "3 m", "120 m", "2 h", "48 h", "2 d"
            ]
        );
        assert_eq!(span(Duration::MAX), "213503982334601 d");
    }
}
