//! Seeds, and the points of a sweep: which ones a run takes, and the line that replays one.

/// The seeds of a run: `OMS_SEED` alone if it is set (decimal or 0x hexadecimal), else `count`
/// of them (or `OMS_SEEDS`), from a fixed beginning.
pub fn seeds(count: u64) -> Vec<u64> {
    match number("OMS_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("OMS_SEEDS").unwrap_or(count)).collect(),
    }
}

/// The only point that a sweep is to take: `OMS_POINT`.
pub fn one_point() -> Option<u64> {
    number("OMS_POINT")
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
