//! Names that stand in the messages of a check.

/// Names offered in a message.
const OFFERED_MAX: usize = 20;

/// The names that somebody could have meant.
pub(super) fn offered<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.take(OFFERED_MAX + 1).collect();
    if names.is_empty() {
        return "there is none yet".to_owned();
    }
    if names.len() > OFFERED_MAX {
        names.truncate(OFFERED_MAX);
        names.push("...");
    }
    format!("there are: {}", names.join(", "))
}
