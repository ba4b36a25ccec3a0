//! Seeds, and the points of a sweep: which ones a run takes, and the line that replays one.

/// One point of so many is taken where nothing else is said. A prime, so that no part of a call
/// is left out: each has three.
const STRIDE: u64 = 17;

/// The seeds of a run: `OMS_SEED` alone if it is set (decimal or 0x hexadecimal), else `count`
/// of them (or `OMS_SEEDS`), from a fixed beginning.
pub fn seeds(count: u64) -> Vec<u64> {
    match number("OMS_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("OMS_SEEDS").unwrap_or(count)).collect(),
    }
}

/// Which points of a sweep a run takes, counted from one: `OMS_POINT` alone if it is set, else
/// every `OMS_STRIDE`th, all of them where it says 1.
pub fn taken(point: u64) -> bool {
    match number("OMS_POINT") {
        Some(only) => point == only,
        None => point.is_multiple_of(number("OMS_STRIDE").unwrap_or(STRIDE).max(1)),
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    match text.trim().strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.trim().parse().ok(),
    }
}

/// How to run one seed of a test again.
pub fn replay_line(test: &str, seed: u64) -> String {
    format!("OMS_SEED={seed:#x} cargo sim {test}")
}

/// How to run one point of the sweep in this test again.
pub fn replay_point(point: u64) -> String {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    format!("OMS_POINT={point} cargo sim --exact {test}")
}
