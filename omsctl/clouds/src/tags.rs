//! Tags that are not YAML's own, such as Ansible's `!vault`: what stands behind them is not the
//! value but something to make it of, so the file cannot be read without the program that can.

use granit_parser::{Parser, Tag};

/// Where YAML's own tags live.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// YAML's own tags.
const OWN: [&str; 12] = [
    "binary",
    "bool",
    "float",
    "int",
    "map",
    "merge",
    "null",
    "seq",
    "str",
    "timestamp",
    "value",
    "",
];

/// Looks for foreign tags. Text that is no YAML has none: it is refused by whoever parses it.
///
/// # Errors
/// A sentence that names the first one and its line.
pub(super) fn check(text: &str) -> Result<(), String> {
    for next in Parser::new_from_str(text) {
        let Ok((event, span)) = next else {
            return Ok(());
        };
        if let Some(tag) = event.tag().filter(|tag| !is_own(tag)) {
            // A block of text begins on the line below its tag.
            let line = span.tag_start.unwrap_or(span.start).line();
            return Err(foreign(&tag.original(), line));
        }
    }
    Ok(())
}

fn is_own(tag: &Tag) -> bool {
    // `!` alone says that the value is the text as it stands.
    let plain = tag.handle() == "!" && tag.suffix().is_empty();
    let own = tag.suffix_in_namespace(NAMESPACE);
    plain || own.is_some_and(|suffix| OWN.contains(&suffix.as_ref()))
}

fn foreign(tag: &str, line: usize) -> String {
    if tag.contains("vault") {
        return format!(
            "line {line}: {tag} is text that Ansible Vault has encrypted, which OMS cannot open; \
             leave the value out and set OS_PASSWORD (or OS_APPLICATION_CREDENTIAL_SECRET) \
             instead, or import the file that 'ansible-vault' has decrypted"
        );
    }
    format!("line {line}: {tag} is no tag of YAML's own, so the value behind it cannot be read")
}
