//! Seeds: which ones a run takes, and the line that replays one.

/// The seeds of a run: `OMS_SEED` alone if it is set (decimal or 0x hexadecimal), else `count`
/// of them (or `OMS_SEEDS`), from a fixed beginning.
pub fn seeds(count: u64) -> Vec<u64> {
    let number = |text: String| {
        let text = text.trim().to_owned();
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    };
    if let Some(seed) = std::env::var("OMS_SEED").ok().and_then(number) {
        return vec![seed];
    }
    let count = std::env::var("OMS_SEEDS")
        .ok()
        .and_then(number)
        .unwrap_or(count);
    (1..=count).collect()
}

/// How to run one seed of a test again.
pub fn replay_line(test: &str, seed: u64) -> String {
    format!("OMS_SEED={seed:#x} cargo sim {test}")
}
