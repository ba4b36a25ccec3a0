//! How long to wait before the next try to connect.

use std::time::Duration;

/// The first wait at most. A restart of the daemon takes about this long.
const FIRST: Duration = Duration::from_millis(200);

/// No wait is longer: a person at a dashboard should see the daemon soon after it is back.
const LONGEST: Duration = Duration::from_secs(5);

/// The wait after so many failures in a row: doubling from [`FIRST`] up to [`LONGEST`], and
/// somewhere between half of that and all of it as `random` says, so that many clients of one
/// daemon do not come back in step.
pub(super) fn delay(failures: u32, random: u32) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let half = doubled.min(LONGEST) / 2;
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_never_overflow() {
        let longest: Vec<_> = [1, 2, 3, 4, 5, 6, 7, u32::MAX]
            .map(|failures| delay(failures, u32::MAX).as_millis())
            .into();
        assert_eq!(longest, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn chance_takes_away_at_most_half() {
        assert_eq!(delay(1, 0), FIRST / 2);
        assert_eq!(delay(99, 0), LONGEST / 2);
    }
}
