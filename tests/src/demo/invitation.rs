//! What the demo says to try: lines that work as they are printed.

use oms_proto::EntryId;

use super::stage::Stage;

/// Each thing to try, and the command for it.
pub(super) fn lines(stage: &Stage, id: EntryId) -> Vec<(&'static str, String)> {
    let socket = stage.socket();
    let socket = quoted(&socket.to_string_lossy());
    let omsctl = |rest: &str| format!("cargo run -q -p omsctl -- --socket {socket} {rest}");
    let header = quoted(&format!("@{}", stage.auth_header().to_string_lossy()));
    let queues = format!("http://{}/api/queues/", stage.rest().address());
    let curl = |rest: &str| format!("curl -s -H {header} {rest}");
    vec![
        (
            "why the instance is where it is",
            omsctl(&format!("queue explain {id}")),
        ),
        (
            "the live dashboard",
            format!("cargo run -q -p omstui -- --socket {socket}"),
        ),
        ("another instance", omsctl("queue create --wait")),
        (
            "the accounts, and what is blocked there",
            omsctl("account list"),
        ),
        ("the same by REST", curl(&format!("-X POST {queues}"))),
        ("", curl(&queues)),
        ("", curl(&format!("-X DELETE {queues}{id}/"))),
    ]
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
