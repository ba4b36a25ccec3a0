//! How lists are cut into pages.

/// How many items are shown: as many as were asked for, and no more than fit.
pub(super) fn limit(asked: Option<u32>, most: usize) -> usize {
    let asked = asked.and_then(|asked| usize::try_from(asked).ok());
    asked.map_or(most, |asked| asked.min(most))
}

/// Cuts what was read, one more than is shown where there are more, and tells whether there are.
pub(super) fn cut<T>(read: &mut Vec<T>, limit: usize) -> bool {
    let more = read.len() > limit;
    read.truncate(limit);
    more
}
