//! Maintenance windows: times in which a person keeps entries away from an account, with a reason.

use oms_proto::Time;
use oms_proto::spec::Window;

/// The window that is in force and ends last.
pub fn in_force(windows: &[Window], now: Time) -> Option<&Window> {
    let in_force = windows.iter().filter(|window| window.covers(now));
    in_force.max_by_key(|window| (window.until.is_none(), window.until))
}

/// Whether a window is in force that moves entries elsewhere.
pub fn drains(windows: &[Window], now: Time) -> bool {
    windows
        .iter()
        .any(|window| window.drain && window.covers(now))
}

/// The windows that are not over, in the order of their begins.
pub fn ahead(windows: &[Window], now: Time) -> Vec<Window> {
    let mut ahead: Vec<_> = windows
        .iter()
        .filter(|window| !window.is_past(now))
        .cloned()
        .collect();
    ahead.sort_by_key(|window| window.from);
    ahead
}

/// When a window next begins or ends.
pub fn next_change(windows: &[Window], now: Time) -> Option<Time> {
    let changes = windows
        .iter()
        .flat_map(|window| [Some(window.from), window.until]);
    changes.flatten().filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: i64, until: Option<i64>, drain: bool) -> Window {
        Window {
            from: Time(from),
            until: until.map(Time),
            drain,
            reason: String::new(),
        }
    }

    #[test]
    fn the_window_in_force_is_the_one_that_ends_last() {
        let windows = [
            window(10, Some(20), false),
            window(12, Some(14), true),
            window(18, None, false),
        ];
        let at = |now| in_force(&windows, Time(now));
        assert_eq!(at(9), None);
        assert_eq!(at(10), Some(&windows[0]));
        assert_eq!(at(12), Some(&windows[0]));
        assert!(drains(&windows, Time(12)) && !drains(&windows, Time(14)));
        assert_eq!(at(14), Some(&windows[0]));
        assert_eq!(at(19), Some(&windows[2]));
        assert_eq!(at(99), Some(&windows[2]));
        assert_eq!(
            ahead(&windows, Time(14)),
            [windows[0].clone(), windows[2].clone()]
        );
        assert_eq!(next_change(&windows, Time(0)), Some(Time(10)));
        assert_eq!(next_change(&windows, Time(12)), Some(Time(14)));
        assert_eq!(next_change(&windows, Time(20)), None);
    }
}
