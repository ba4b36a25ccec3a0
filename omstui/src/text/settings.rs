//! Texts about the file of keys and colours, and about terminals.

/// A file of settings that cannot be used.
pub fn bad_settings(path: &std::path::Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}
/// A file without end.
pub const TOO_LONG: &str = "it is longer than any file of settings";
/// A key that cannot be pressed.
pub fn no_such_press(name: &str, key: &str) -> String {
    format!(
        "keys.{name}: there is no key {key}; they are written as in help: x, gg, Ctrl-x, F5, Del"
    )
}
/// A colour that nobody knows.
pub fn no_such_colour(name: &str) -> String {
    format!("there is no colour {name}; there are red, lightred, ..., 0 to 255, and #RRGGBB")
}
/// A terminal that draws nothing.
pub const DUMB: &str = "TERM=dumb: this terminal cannot draw a screen; use `omsctl status` \
     and `omsctl queue list`, or set TERM to what the terminal is";
/// A command that cannot be bound.
pub fn no_such_binding(name: &str) -> String {
    format!("keys: there is no command {name}; help has their names")
}
/// A key that is another's.
pub fn key_is_taken(key: &str, name: &str, other: &str) -> String {
    format!("{key} for {name} is the key of {other} already")
}
